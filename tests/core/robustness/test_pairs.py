"""Two predictions of one image: scores and maps, against loops over pixels."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segformer_gui.core.classes import ClassSet, class_set_of_count, known_class_set
from segformer_gui.core.evaluation import match_classes
from segformer_gui.core.ground_truth import GroundTruth
from segformer_gui.core.robustness.pairs import (
    BORDER_GONE,
    BORDER_KEPT,
    BORDER_NEW,
    ERROR_BOTH,
    ERROR_MENDED,
    ERROR_NEW,
    borders,
    boundary_kinds,
    boundary_shift,
    compare_labels,
    compare_models,
    confidence_drop,
    error_kinds,
    flips,
)

NAMES = ("a", "b", "c", "d")


def truth_of(labels: np.ndarray, classes: ClassSet) -> GroundTruth:
    return GroundTruth(Path("truth.png"), labels, match_classes(classes, classes))


def class_set(*names: str) -> ClassSet:
    return ClassSet("test", names, ((0, 0, 0),) * len(names))


def maps(count: int = 2, highest: int = 3):
    shape = st.tuples(st.integers(1, 9), st.integers(1, 9))
    return shape.flatmap(
        lambda size: st.tuples(
            *(hnp.arrays(np.uint8, size, elements=st.integers(0, highest)) for _ in range(count))
        )
    )


@given(maps())
def test_consistency_is_the_mean_of_set_overlaps(pair) -> None:
    base, other = pair
    scores = compare_labels(base, other, NAMES)

    expected = []
    for class_id in range(4):
        ours, theirs = set(np.flatnonzero(base == class_id)), set(np.flatnonzero(other == class_id))
        expected.append(len(ours & theirs) / len(ours | theirs) if ours | theirs else math.nan)
    assert scores.class_consistency == pytest.approx(expected, nan_ok=True)
    assert scores.consistency == pytest.approx(np.nanmean(expected))
    assert scores.agreement == pytest.approx((base == other).mean())
    assert scores.score == scores.consistency
    assert scores.miou_change is None


@given(maps())
def test_a_map_is_consistent_with_itself_and_both_directions_score_alike(pair) -> None:
    base, other = pair
    same = compare_labels(base, base, NAMES)
    assert (same.agreement, same.consistency) == (1, 1)
    assert set(same.class_losses.values()) == {0}
    there, back = compare_labels(base, other, NAMES), compare_labels(other, base, NAMES)
    assert there.consistency == pytest.approx(back.consistency)


def test_with_ground_truth_the_score_is_true_miou() -> None:
    classes = class_set(*NAMES)
    truth = truth_of(np.array([[0, 0, 1, 1, 255, 2]], np.uint8), classes)
    base = np.array([[0, 0, 1, 1, 3, 2]], np.uint8)
    other = np.array([[0, 1, 1, 1, 0, 0]], np.uint8)

    scores = compare_labels(base, other, classes.names, truth)

    assert scores.base_truth.class_iou[:3] == (1, 1, 1)
    assert scores.other_truth.class_iou[:3] == pytest.approx((1 / 3, 2 / 3, 0))
    assert scores.score == pytest.approx(1 / 3)
    assert scores.miou_change == pytest.approx(-2 / 3)
    # The ignored pixel's "d" is scored nowhere; losses come in their order.
    assert scores.class_losses == pytest.approx({"c": 1, "a": 2 / 3, "b": 1 / 3})
    assert list(scores.class_losses) == ["c", "a", "b"]


def test_a_class_out_of_nowhere_had_no_true_iou_to_lose() -> None:
    classes = class_set(*NAMES)
    truth = truth_of(np.zeros((1, 4), np.uint8), classes)
    scores = compare_labels(
        np.zeros((1, 4), np.uint8), np.array([[0, 0, 0, 3]], np.uint8), classes.names, truth
    )
    assert scores.class_losses == pytest.approx({"a": 0.25, "d": 0})


def test_more_than_255_classes_are_compared() -> None:
    rng = np.random.default_rng(0)
    base = rng.integers(0, 300, (300, 50)).astype(np.uint16)
    other = np.where(rng.random(base.shape) < 0.5, base, 299).astype(np.uint16)

    scores = compare_labels(base, other, class_set_of_count(300).names)

    assert scores.agreement == pytest.approx((base == other).mean())
    kept = (other == 7) & (base == 7)
    assert scores.class_consistency[7] == pytest.approx(kept.sum() / (base == 7).sum())
    assert flips(base, other)[base == other].min() == 65535


def test_models_are_compared_over_the_classes_that_both_have() -> None:
    ours, theirs = class_set("road", "car", "pole"), class_set("sky", "Car", "road")
    base = np.array([[0, 0, 1, 1, 2]], np.uint8)
    other = np.array([[2, 1, 1, 0, 0]], np.uint8)

    scores = compare_models(base, ours, other, theirs)

    assert scores.class_names == ("road", "car")
    assert scores.agreement == pytest.approx(2 / 4)  # "pole" is left out, "sky" is a difference.
    assert scores.class_consistency == pytest.approx((1 / 2, 1 / 3))


@given(maps())
def test_flips_name_the_new_class_where_it_changed(pair) -> None:
    base, other = pair
    flipped = flips(base, other)
    assert np.array_equal(flipped[base != other], other[base != other])
    assert (flipped[base == other] == 255).all()


def test_confidence_drop_is_centred_and_signed() -> None:
    base = np.array([[0, 255, 255, 200, 90]], np.uint8)
    other = np.array([[255, 0, 255, 100, 190]], np.uint8)
    assert confidence_drop(base, other)[0].tolist() == pytest.approx([0, 255, 128, 178, 78], abs=1)


def brute_distances(found: np.ndarray) -> np.ndarray:
    y, x = np.nonzero(found)
    rows, columns = np.mgrid[: found.shape[0], : found.shape[1]]
    return np.sqrt(((rows[..., None] - y) ** 2 + (columns[..., None] - x) ** 2).min(-1))


@settings(max_examples=60)
@given(maps(highest=1))
def test_boundary_shift_is_the_mean_distance_of_border_pixels(pair) -> None:
    base, other = pair
    ours, theirs = borders(base), borders(other)
    shift = boundary_shift(base, other)
    if not ours.any() or not theirs.any():
        assert shift == 0 if ours.any() == theirs.any() else math.isnan(shift)
        return
    distances = [*brute_distances(theirs)[ours], *brute_distances(ours)[theirs]]
    assert shift == pytest.approx(np.mean(distances), rel=1e-4)


def test_a_border_that_moves_by_so_much_is_shifted_by_so_much() -> None:
    base, other = np.zeros((2, 40, 60), np.uint8)
    base[:, 20:] = 1
    other[:, 27:] = 1
    assert boundary_shift(base, other) == pytest.approx(7)
    assert boundary_shift(base, base) == 0

    kinds = boundary_kinds(base, other)
    assert set(kinds[:, 19]) == {BORDER_GONE}
    assert set(kinds[:, 26]) == {BORDER_NEW}
    assert (kinds != 255).sum() == 2 * 40
    within = boundary_kinds(base, other, tolerance_px=7)
    assert set(within[:, 26]) == {BORDER_KEPT}
    assert (within[:, 19] == 255).all()


def test_borders_are_all_new_where_there_were_none() -> None:
    base, other = np.zeros((2, 10, 10), np.uint8)
    other[5:] = 1
    assert set(np.unique(boundary_kinds(base, other))) == {BORDER_NEW, 255}
    assert set(np.unique(boundary_kinds(other, base))) == {BORDER_GONE, 255}


def test_errors_are_new_mended_or_in_both() -> None:
    classes = known_class_set("camvid")
    truth = truth_of(np.array([[0, 0, 0, 0, 255]], np.uint8), classes)
    base = np.array([[0, 0, 1, 1, 1]], np.uint8)
    other = np.array([[0, 1, 0, 2, 2]], np.uint8)
    kinds = error_kinds(base, other, truth)
    assert kinds[0].tolist() == [255, ERROR_NEW, ERROR_MENDED, ERROR_BOTH, 255]
