"""Running bins of confidence, against the textbook's loop over the bins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segformer_gui.core.metrics.calibration import BINS, Calibration

PIXELS = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), max_size=60)


def textbook(confidence: np.ndarray, correct: np.ndarray) -> float:
    """ECE as Guo et al. print it: bins (m / M, (m + 1) / M], weighted by their share."""
    error = 0.0
    for index in range(BINS):
        low, high = index / BINS, (index + 1) / BINS
        inside = (confidence > low) & (confidence <= high)
        if index == 0:
            inside |= confidence == 0
        if inside.any():
            gap = abs(correct[inside].mean() - confidence[inside].mean())
            error += inside.mean() * gap
    return error


@given(PIXELS)
def test_the_error_is_the_textbooks(pixels):
    confidence = np.array([c for c, _ in pixels])
    correct = np.array([r for _, r in pixels], bool)
    measured = Calibration.of_pixels(confidence, correct).error
    if pixels:
        assert measured == pytest.approx(textbook(confidence, correct), abs=1e-9)
    else:
        assert math.isnan(measured)


@given(PIXELS, st.integers(0, 60))
def test_parts_add_up(pixels, cut):
    confidence = np.array([c for c, _ in pixels])
    correct = np.array([r for _, r in pixels], bool)
    parts = [
        Calibration.of_pixels(confidence[part], correct[part])
        for part in (slice(None, cut), slice(cut, None))
    ]
    whole, sum_ = Calibration.of_pixels(confidence, correct), sum(parts, Calibration.empty())
    np.testing.assert_array_equal(sum_.pixels, whole.pixels)
    np.testing.assert_array_equal(sum_.correct, whole.correct)
    np.testing.assert_allclose(sum_.confidence, whole.confidence)


def test_a_model_that_is_right_as_often_as_it_says_has_no_error():
    confidence = np.repeat([0.5, 0.75], 100)
    correct = np.concatenate([np.arange(100) < 50, np.arange(100) < 75])
    assert Calibration.of_pixels(confidence, correct).error == pytest.approx(0)
    assert Calibration.of_pixels(confidence, ~correct).error == pytest.approx(0.25)
