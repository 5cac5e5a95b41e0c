"""The confusion matrix and its scores, against loops over pixels and other people's numbers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segformer_gui.core.images import read_labels
from segformer_gui.core.metrics.confusion import MAX_CLASSES, ConfusionMatrix


def slow_scores(pairs, num_classes: int) -> dict[str, object]:
    """Scores by sets of pixels, one class after the other; no matrix anywhere."""
    pixels = [
        (int(t), int(p))
        for truth, prediction in pairs
        for t, p in zip(truth.ravel(), prediction.ravel(), strict=True)
        if t < num_classes
    ]
    ious, recalls, present, weighted = [], [], [], 0.0
    for index in range(num_classes):
        truth = {i for i, (t, _) in enumerate(pixels) if t == index}
        predicted = {i for i, (_, p) in enumerate(pixels) if p == index}
        if truth | predicted:
            iou = len(truth & predicted) / len(truth | predicted)
            ious.append(iou)
            weighted += len(truth) * iou
        else:
            ious.append(math.nan)
        if truth:
            present.append(iou)
            recalls.append(len(truth & predicted) / len(truth))

    def mean(values) -> float:
        values = [value for value in values if not math.isnan(value)]
        return sum(values) / len(values) if values else math.nan

    return {
        "class_iou": ious,
        "miou": mean(ious),
        "miou_present_classes": mean(present),
        "pixel_accuracy": mean([t == p for t, p in pixels]),
        "mean_accuracy": mean(recalls),
        "fw_iou": weighted / len(pixels) if pixels else math.nan,
        "pixels": len(pixels),
    }


def assert_same_scores(scores, expected) -> None:
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(scores, name), value, rtol=1e-12, err_msg=name)


@st.composite
def label_maps(draw):
    """Class count and pairs of ground truth and prediction, with 255 and other ids in both."""
    count = draw(st.integers(1, 6))
    ids = st.sampled_from([*range(count + 2), 255])
    shapes = draw(st.lists(hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), max_size=3))
    kinds = st.sampled_from([np.uint8, np.uint16])
    pairs = [
        (
            draw(hnp.arrays(np.uint8, shape, elements=ids)),
            draw(hnp.arrays(draw(kinds), shape, elements=ids)),
        )
        for shape in shapes
    ]
    return count, pairs


@given(label_maps())
@settings(deadline=None)
def test_scores_of_a_set_are_those_of_all_its_pixels(case):
    count, pairs = case
    matrix = ConfusionMatrix.empty(count)
    for truth, prediction in pairs:
        matrix += ConfusionMatrix.of_image(truth, prediction, count)
    scores = matrix.scores([str(index) for index in range(count)])
    assert scores.images == len(pairs)
    assert_same_scores(scores, slow_scores(pairs, count))


@given(label_maps(), st.integers(0, 3))
@settings(deadline=None)
def test_parts_of_a_set_add_up_in_any_order(case, cut):
    count, pairs = case
    matrices = [ConfusionMatrix.of_image(truth, prediction, count) for truth, prediction in pairs]
    forward = sum(matrices, ConfusionMatrix.empty(count))
    halves = [
        sum(reversed(part), ConfusionMatrix.empty(count))
        for part in (matrices[:cut], matrices[cut:])
    ]
    backward = halves[1] + halves[0]
    np.testing.assert_array_equal(forward.counts, backward.counts)
    assert forward.images == backward.images == len(pairs)


@pytest.mark.parametrize("count", [1, 2, 19, 150, MAX_CLASSES])
def test_counts_of_every_pair_of_ids(count):
    truth, prediction = (grid.astype(np.uint8) for grid in np.mgrid[:256, :256])
    matrix = ConfusionMatrix.of_image(truth, prediction, count)
    expected = np.ones((count, count + 1), np.int64)
    expected[:, -1] = 256 - count
    np.testing.assert_array_equal(matrix.counts, expected)
    assert matrix.counts.dtype == np.int64


def test_16_bit_predictions_beyond_the_classes_are_no_class():
    truth = np.zeros((1, 3), np.uint8)
    matrix = ConfusionMatrix.of_image(truth, np.array([[0, 256, 65535]], np.uint16), 2)
    np.testing.assert_array_equal(matrix.counts, [[1, 0, 2], [0, 0, 0]])


def test_no_prediction_is_wrong_everywhere_but_nobodys_false_positive():
    truth = np.array([[0, 1, 255]], np.uint8)
    matrix = ConfusionMatrix.of_image(truth, None, 2)
    np.testing.assert_array_equal(matrix.counts, [[0, 0, 1], [0, 0, 1]])
    assert matrix.scores("ab").miou == 0


def test_a_class_only_ever_predicted_counts_as_zero_unless_present_classes_are_asked_for():
    truth = np.array([[0, 0, 0, 0]], np.uint8)
    scores = ConfusionMatrix.of_image(truth, np.array([[0, 0, 0, 1]], np.uint8), 3).scores("abc")
    assert scores.class_iou[:2] == (0.75, 0.0)
    assert math.isnan(scores.class_iou[2])
    assert scores.miou == 0.375
    assert scores.miou_present_classes == 0.75


def test_json_has_names_and_null_for_what_was_not_measured():
    truth = np.array([[0, 0, 255]], np.uint8)
    scores = ConfusionMatrix.of_image(truth, truth, 2).scores(["road", "sky"])
    document = json.loads(json.dumps(scores.to_json(), allow_nan=False))
    assert "confusion matrix" in document.pop("rule")
    assert document == {
        "miou": 1.0,
        "miou_present_classes": 1.0,
        "pixel_accuracy": 1.0,
        "mean_accuracy": 1.0,
        "fw_iou": 1.0,
        "per_class": {"road": 1.0, "sky": None},
        "images": 1,
        "pixels": 2,
    }


def test_nothing_at_all_scores_nothing():
    scores = ConfusionMatrix.empty(2).scores("ab")
    document = scores.to_json()
    assert document["miou"] is document["pixel_accuracy"] is document["fw_iou"] is None
    assert document["images"] == document["pixels"] == 0


@given(label_maps())
@settings(deadline=None)
def test_trimming_leaves_every_score_as_it_is(case):
    count, pairs = case
    matrix = ConfusionMatrix.empty(50)
    for truth, prediction in pairs:
        matrix += ConfusionMatrix.of_image(truth, prediction, 50)
    trimmed = matrix.trimmed()
    size = len(trimmed.counts)
    assert 1 <= size <= count + 2
    assert size == 1 or trimmed.counts[-1].any() or trimmed.counts[:, -2].any()
    before, after = matrix.scores(range(50)), trimmed.scores(range(size))
    expected = {name: value for name, value in vars(before).items() if "class_" not in name}
    assert_same_scores(after, expected)


@pytest.mark.shared_data
def test_bdd100k_numbers_of_its_own_tool(shared_data):
    folder = shared_data / "metrics" / "bdd100k_seg"
    truth, prediction = read_labels(folder / "gt/a.png"), read_labels(folder / "pred/a.png")
    matrix = ConfusionMatrix.of_image(truth, prediction, 19)
    scores = matrix.scores(range(19))
    assert 100 * scores.miou == pytest.approx(61.7346938776)
    assert 100 * scores.pixel_accuracy == pytest.approx(95.0)
    assert 100 * scores.fw_iou == pytest.approx(90.9183673469)
    # What that tool calls mean accuracy divides by the predicted pixels: it is mean precision. Ours
    # divides by those of the ground truth, as the field does.
    hits, predicted = matrix.counts.diagonal()[:2], matrix.counts[:, :2].sum(0)
    assert 100 * (hits / predicted).mean() == pytest.approx(81.2714776632)
    assert scores.mean_accuracy == pytest.approx((93 / 94 + 2 / 6) / 2)


@pytest.mark.shared_data
def test_bdd100k_numbers_with_a_missing_prediction(shared_data):
    folder = shared_data / "metrics" / "bdd100k_seg"
    matrix = ConfusionMatrix.empty(19)
    matrix += ConfusionMatrix.of_image(
        read_labels(folder / "gt+/a.png"), read_labels(folder / "pred/a.png"), 19
    )
    matrix += ConfusionMatrix.of_image(read_labels(folder / "gt+/b.png"), None, 19)
    scores = matrix.scores(range(19))
    assert 100 * scores.miou == pytest.approx(31.9110576923)
    assert 100 * scores.pixel_accuracy == pytest.approx(47.5)
