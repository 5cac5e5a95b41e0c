"""Severity curves and breaking points, of a model whose breaking is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.evaluation import match_classes
from segformer_gui.core.ground_truth import GroundTruth
from segformer_gui.core.robustness import breaking
from segformer_gui.core.robustness.breaking import (
    STEP,
    BreakingPoints,
    Subject,
    every_condition,
    find_breaking_points,
    severity_curve,
    sweep,
)

CLASSES = ClassSet("test", ("left", "right"), ((0, 0, 0), (9, 9, 9)))
CLEAN = np.repeat(np.array([[0, 1]], np.uint8), 100, 0)
FOG = Condition((Step("fog", 3),))


def last(steps) -> BreakingPoints:
    *_, result = steps
    return result


@pytest.fixture(autouse=True)
def severity_as_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """Corrupting an image gives one that says how much it was corrupted: no model need guess."""
    monkeypatch.setattr(
        breaking.Condition,
        "apply",
        lambda condition, image: np.full_like(
            image, round(sum(step.severity for step in condition.steps) * 32)
        ),
    )


def subject(lost: Callable[[float], tuple[float, float]], **fields) -> Subject:
    """Keeps the left and the right class but for the shares that are `lost` at a severity."""

    def segment(image: np.ndarray) -> np.ndarray:
        severity = image[0, 0, 0] / 32
        labels = CLEAN.copy()
        for column, share in enumerate(lost(severity)):
            labels[: round(100 * share), column] = 255
        return labels

    image = np.zeros((100, 2, 3), np.uint8)
    return Subject(image, CLEAN, CLASSES.names, segment, **fields)


def test_a_curve_has_severities_1_to_5_at_one_place_of_the_stack() -> None:
    stack = Condition((Step("snow", 2), Step("fog", 0.5)), seed=7)
    curve = severity_curve(stack, 1)
    assert [str(condition) for condition in curve] == [f"snow:2 + fog:{s}" for s in range(1, 6)]
    assert {condition.seed for condition in curve} == {7}


def test_every_condition_is_95_single_ones() -> None:
    grid = every_condition(replace(FOG, seed=3))
    assert len(set(grid)) == 95
    assert all(condition.on_protocol and condition.seed == 3 for condition in grid)
    assert [condition.steps[0].name for condition in grid[::5]] == list(NAMES)


def test_a_sweep_reads_one_condition_a_step() -> None:
    asked = []

    def lost(severity: float) -> tuple[float, float]:
        asked.append(severity)
        return severity / 10, 0

    steps = sweep(subject(lost), severity_curve(FOG, 0))
    reading = next(steps)
    assert asked == [1]
    assert reading.condition == Condition((Step("fog", 1),))
    assert reading.scores.class_consistency == pytest.approx((0.9, 1))
    assert [r.scores.consistency for r in steps] == pytest.approx([0.9, 0.85, 0.8, 0.75])


def test_a_clean_condition_is_not_segmented_again() -> None:
    def never(_: float) -> tuple[float, float]:
        raise AssertionError

    assert subject(never).read(Condition()).scores.consistency == 1


@settings(max_examples=80, deadline=None)
@given(breaks=st.floats(0.02, 4.98), threshold=st.floats(0.05, 0.95))
def test_a_steady_fall_is_found_to_within_a_step(breaks, threshold) -> None:
    points = last(
        find_breaking_points(
            subject(lambda s: (float(s > breaks), float(s > breaks))), FOG, 0, threshold
        )
    )
    for crossing in (points.overall, points.classes["left"], points.classes["right"]):
        assert crossing.above <= breaks
        assert crossing.below >= breaks - 1 / 64  # Severities come in steps of 1/32 here.
        assert crossing.below - crossing.above == STEP


def test_classes_break_each_at_its_own_severity_or_not_at_all() -> None:
    def lost(severity: float) -> tuple[float, float]:
        return (1.0 if severity >= 2.5 else 0.0), 0.1 * severity

    points = last(find_breaking_points(subject(lost), FOG, 0, 0.4))
    assert set(points.classes) == {"left"}
    assert points.classes["left"].below == 2.5
    assert (points.overall.above, points.overall.below) == (2.375, 2.5)
    assert {0, 1, 2, 3, 4, 5} < set(points.readings)


def test_the_first_of_several_crossings_counts_and_everything_scanned_is_told() -> None:
    def lost(severity: float) -> tuple[float, float]:
        dip = 1.0 if 1 < severity < 3 else 0.0
        return dip, dip

    points = last(find_breaking_points(subject(lost), FOG, 0, 0.5))
    assert (points.overall.above, points.overall.below) == (1, 1.125)
    assert sorted(points.readings) == [0, 1, 1.125, 1.25, 1.5, 2, 3, 4, 5]


def test_what_is_never_below_has_no_breaking_point() -> None:
    points = last(find_breaking_points(subject(lambda _: (0, 0)), FOG, 0, 0.5))
    assert points.overall is None
    assert points.classes == {}
    assert sorted(points.readings) == [0, 1, 2, 3, 4, 5]


def test_with_ground_truth_the_clean_image_can_be_below_already() -> None:
    labels = CLEAN.copy()
    labels[:60, 0] = 1
    truth = GroundTruth(Path("t.png"), labels, match_classes(CLASSES, CLASSES))
    points = last(
        find_breaking_points(subject(lambda _: (0, 0), truth=truth), FOG, 0, threshold=0.5)
    )
    assert points.classes["left"].above is None
    assert points.classes["left"].below == 0


def test_the_reference_engine_is_asked_for_whole_severities_only() -> None:
    steps = find_breaking_points(
        subject(lambda s: (s / 5, s / 5)), replace(FOG, engine="reference"), 0, 0.5
    )
    points = last(steps)
    assert sorted(points.readings) == [0, 1, 2, 3, 4, 5]
    assert (points.overall.above, points.overall.below) == (2, 3)


def test_each_step_tells_what_is_known_so_far() -> None:
    steps = find_breaking_points(subject(lambda s: (s / 5, s / 5)), FOG, 0, 0.5)
    first = next(steps)
    assert (list(first.readings), first.overall) == ([0], None)
    counts = [len(points.readings) for points in steps]
    assert counts == list(range(2, len(counts) + 2))
