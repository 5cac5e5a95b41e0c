"""Predictions averaged with the mirrored image and over several input sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny_model import NATIVE, model_of

from segformer_gui.core.inference import segmenter as module
from segformer_gui.core.inference.options import SegmentOptions, parsed_scales, scales_text
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.network.segformer import SegFormer


def test_mirroring_averages_probabilities(network: SegFormer, image: NDArray[np.uint8]) -> None:
    segmenter = Segmenter(model_of(network), "cpu")

    both = segmenter.segment(image, SegmentOptions(short_side=None, flip=True)).logits.softmax(0)

    plain = segmenter.segment(image, NATIVE).logits.softmax(0)
    mirrored = segmenter.segment(image[:, ::-1], NATIVE).logits.softmax(0).flip(-1)
    assert torch.allclose(both, (plain + mirrored) / 2, atol=1e-5)


def test_mirroring_makes_the_result_symmetric(network: SegFormer, image: NDArray[np.uint8]) -> None:
    segmenter = Segmenter(model_of(network), "cpu")
    options = SegmentOptions(short_side=None, flip=True)

    one = segmenter.segment(image, options).confidence()
    other = segmenter.segment(image[:, ::-1], options).confidence()

    assert np.allclose(one, other[:, ::-1], atol=1e-4)


def test_scales_average_probabilities_on_the_finest_grid(
    network: SegFormer, image: NDArray[np.uint8]
) -> None:
    segmenter = Segmenter(model_of(network, 64), "cpu")

    together = segmenter.segment(image, SegmentOptions(scales=(1.0, 1.5, 0.75), flip=True))

    alone = [
        segmenter.segment(image, SegmentOptions(short_side=side, flip=True)).logits.softmax(0)
        for side in (64, 96, 48)
    ]
    finest = alone[1].shape[1:]
    expected = sum(F.interpolate(p[None], finest, mode="bilinear")[0] for p in alone) / 3
    assert torch.allclose(together.logits.softmax(0), expected, atol=1e-5)
    assert together.labels.shape == image.shape[:2]


@pytest.mark.parametrize("options", [NATIVE, SegmentOptions(short_side=64)])
def test_one_scale_is_another_size(
    network: SegFormer, image: NDArray[np.uint8], options: SegmentOptions
) -> None:
    segmenter = Segmenter(model_of(network), "cpu")
    side = 2 * (options.short_side or min(image.shape[:2]))

    scaled = segmenter.segment(image, replace(options, scales=(2.0,)))

    assert torch.equal(
        scaled.logits, segmenter.segment(image, SegmentOptions(short_side=side)).logits
    )


def test_what_the_largest_scale_needs_is_cut_into_windows(
    network: SegFormer, image: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WHOLE_PIXELS", image[..., 0].size // 2)
    segmenter = Segmenter(model_of(network), "cpu")

    assert not segmenter.segment(image, replace(NATIVE, scales=(0.25, 0.5))).notes
    (note,) = segmenter.segment(image, replace(NATIVE, scales=(0.5, 1))).notes
    assert note.code == "image_tiled"


@given(st.lists(st.floats(0.25, 4), min_size=1, max_size=8, unique=True))
def test_scales_are_read_as_they_are_written(scales: list[float]) -> None:
    assert parsed_scales(scales_text(tuple(scales))) == tuple(scales)


@pytest.mark.parametrize(
    "text", ["", "1,", "big", "0.1", "5", "nan", "inf", "-1", "1,2,3,4,0.5,0.6,0.7,0.8,0.9"]
)
def test_other_scales_are_none(text: str) -> None:
    assert parsed_scales(text) is None
