"""A card's results against the processor's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segformer_gui.core.images import read_image
from segformer_gui.core.inference.options import DeviceChoice, PrecisionChoice, SegmentOptions
from segformer_gui.core.inference.prediction import Prediction
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import load_model
from segformer_gui.core.paths import shipped

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")

NATIVE = SegmentOptions(short_side=None)
WINDOWS = replace(NATIVE, sliding=True, crop=256, stride=192, flip=True)


@pytest.fixture(scope="module")
def image() -> NDArray[np.uint8]:
    return read_image(shipped("resources", "samples") / "street_01.png")[:357, :511]


def segment(
    image: NDArray[np.uint8],
    device: DeviceChoice,
    precision: PrecisionChoice,
    options: SegmentOptions,
) -> Prediction:
    return Segmenter(load_model("segformer-b0-camvid"), device, precision).segment(image, options)


@pytest.mark.parametrize("options", [NATIVE, WINDOWS], ids=["whole", "windows"])
def test_float32_is_what_the_processor_computes(
    image: NDArray[np.uint8], options: SegmentOptions
) -> None:
    expected = segment(image, "cpu", "float32", options)
    result = segment(image, "cuda", "float32", options)
    assert (result.device, result.precision) == ("cuda", "float32")
    assert torch.allclose(result.logits.cpu(), expected.logits, atol=1e-4)
    assert np.mean(result.labels == expected.labels) > 0.9999


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_half_precision_changes_few_labels(
    image: NDArray[np.uint8], precision: PrecisionChoice
) -> None:
    expected = segment(image, "cpu", "float32", NATIVE)
    result = segment(image, "cuda", precision, NATIVE)
    assert result.precision == precision
    assert result.logits.dtype == torch.float32
    assert np.mean(result.labels == expected.labels) > 0.98


def test_labels_are_the_largest_of_the_logits_at_full_size(image: NDArray[np.uint8]) -> None:
    result = segment(image, "cuda", "auto", NATIVE)
    whole = torch.nn.functional.interpolate(
        result.logits[None].cpu(), image.shape[:2], mode="bilinear"
    )[0]
    best = whole.topk(2, dim=0).values
    clear = (best[0] - best[1] > 1e-4).numpy()
    assert np.array_equal(result.labels[clear], whole.argmax(0).numpy()[clear])
