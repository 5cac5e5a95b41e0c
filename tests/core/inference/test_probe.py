"""One pixel's probabilities against the whole maps of a prediction."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from segformer_gui.core.classes import class_set_of_count
from segformer_gui.core.inference.options import MEASURES
from segformer_gui.core.inference.prediction import Prediction, Timings, argmax_labels
from segformer_gui.core.inference.probe import class_probabilities, measure_of


@given(
    grid=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    size=st.tuples(st.integers(1, 130), st.integers(1, 130)),
    classes=st.integers(1, 7),
    seed=st.integers(0, 1000),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_a_pixel_has_the_measures_of_the_whole_map(grid, size, classes, seed, data):
    logits = 3 * torch.randn(classes, *grid, generator=torch.Generator().manual_seed(seed))
    y, x = (data.draw(st.integers(0, length - 1)) for length in size)

    probabilities = class_probabilities(logits.numpy(), size, x, y)

    prediction = Prediction(
        argmax_labels(logits, size),
        logits,
        class_set_of_count(classes),
        Timings(1, 2, 3),
        "cpu",
        "float32",
    )
    whole = F.interpolate(logits[None], size, mode="bilinear")[0].softmax(0)
    assert probabilities.shape == (classes,)
    assert np.allclose(probabilities, whole[:, y, x], atol=1e-5)
    for measure in MEASURES:
        expected = prediction.measured(measure)[y, x]
        assert abs(measure_of(probabilities, measure) - expected) < 1e-5


def test_extreme_logits_give_probabilities():
    logits = np.array([1e4, -1e4, 0], np.float32).reshape(3, 1, 1)

    probabilities = class_probabilities(logits, (4, 4), 3, 3)

    assert probabilities.tolist() == [1, 0, 0]
    assert [measure_of(probabilities, measure) for measure in MEASURES] == [1, 0, 1]
