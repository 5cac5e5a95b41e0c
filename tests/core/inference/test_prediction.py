"""Strip-wise upsampling against torch's own, and what is derived from it."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from segformer_gui.core.classes import class_set_of_count
from segformer_gui.core.inference.prediction import (
    Prediction,
    Timings,
    argmax_labels,
    confidence_of_every,
    logit_strips,
)


@given(
    grid=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    classes=st.integers(1, 6),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_strips_are_torchs_bilinear_upsampling(
    grid: tuple[int, int], size: tuple[int, int], classes: int, seed: int
) -> None:
    logits = torch.randn(classes, *grid, generator=torch.Generator().manual_seed(seed))

    strips = list(logit_strips(logits, size))

    whole = F.interpolate(logits[None], size, mode="bilinear", align_corners=False)[0]
    assert [top for top, _ in strips] == list(range(0, size[0], 64))
    assert torch.allclose(torch.cat([s for _, s in strips], dim=1), whole, atol=1e-4)


@given(
    size=st.tuples(st.integers(1, 150), st.integers(1, 90)),
    classes=st.sampled_from([1, 2, 19, 255, 256, 300]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=30, deadline=None)
def test_labels_are_the_argmax_of_the_whole_map(
    size: tuple[int, int], classes: int, seed: int
) -> None:
    grid = (-(-size[0] // 4), -(-size[1] // 4))
    logits = torch.randn(classes, *grid, generator=torch.Generator().manual_seed(seed))

    labels = argmax_labels(logits, size)

    whole = F.interpolate(logits[None], size, mode="bilinear", align_corners=False)[0]
    assert labels.dtype == (np.uint8 if classes <= 255 else np.uint16)
    top2 = whole.topk(min(2, classes), dim=0).values
    clear = (top2[0] - top2[-1] > 1e-4).numpy() | (classes == 1)
    assert np.array_equal(labels[clear], whole.argmax(0).numpy()[clear])


def prediction(logits: torch.Tensor, size: tuple[int, int]) -> Prediction:
    return Prediction(
        labels=argmax_labels(logits, size),
        logits=logits,
        classes=class_set_of_count(len(logits)),
        timings=Timings(1, 2, 3),
        device="cpu",
        precision="float32",
    )


def test_confidence_entropy_and_margin_are_those_of_the_softmax() -> None:
    logits = torch.randn(5, 30, 20, generator=torch.Generator().manual_seed(0)) * 3
    result = prediction(logits, (119, 77))

    whole = F.interpolate(logits[None], (119, 77), mode="bilinear", align_corners=False)[0]
    p = whole.double().softmax(0).numpy()
    assert np.allclose(result.confidence(), p.max(0), atol=1e-4)
    assert np.allclose(result.entropy(), -(p * np.log(p)).sum(0) / np.log(5), atol=1e-4)
    second, first = np.sort(p, 0)[-2:]
    assert np.allclose(result.margin(), first - second, atol=1e-4)


@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    step=st.integers(1, 7),
    classes=st.sampled_from([1, 5]),
)
@settings(max_examples=30, deadline=None)
def test_confidence_of_every_few_pixels_is_that_of_the_whole_map(
    size: tuple[int, int], step: int, classes: int
) -> None:
    logits = torch.randn(classes, 9, 7, generator=torch.Generator().manual_seed(0)) * 3

    few = confidence_of_every(logits, size, step)

    assert few.dtype == np.float32
    expected = prediction(logits, size).confidence()[::step, ::step]
    np.testing.assert_allclose(few, expected, atol=1e-5)


def test_certain_and_clueless_predictions_are_at_the_ends_of_the_scale() -> None:
    certain = torch.full((4, 2, 2), -100.0)
    certain[1] = 100.0

    assert np.allclose(prediction(certain, (8, 8)).entropy(), 0)
    assert np.allclose(prediction(certain, (8, 8)).confidence(), 1)
    assert np.allclose(prediction(torch.zeros(4, 2, 2), (8, 8)).entropy(), 1)
    assert np.allclose(prediction(torch.zeros(4, 2, 2), (8, 8)).confidence(), 0.25)
    assert np.allclose(prediction(torch.zeros(1, 2, 2), (8, 8)).entropy(), 0)
    assert np.allclose(prediction(certain, (8, 8)).margin(), 1)
    assert np.allclose(prediction(torch.zeros(4, 2, 2), (8, 8)).margin(), 0)
    assert np.allclose(prediction(torch.zeros(1, 2, 2), (8, 8)).margin(), 1)


def test_mean_confidence_is_close_to_that_of_all_pixels() -> None:
    coarse = torch.randn(1, 5, 8, 6, generator=torch.Generator().manual_seed(0)) * 3
    logits = F.interpolate(coarse, (40, 30), mode="bilinear")[0]
    result = prediction(logits, (160, 120))

    assert abs(result.mean_confidence - result.confidence().mean()) < 0.01
