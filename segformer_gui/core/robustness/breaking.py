"""One image under many conditions: severity curves, and where a score breaks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.corruption.catalogue import MAX_SEVERITY, NAMES
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.evaluation import Labels
from segformer_gui.core.ground_truth import GroundTruth
from segformer_gui.core.robustness.pairs import PairScores, compare_labels

STEP = 0.125  # To within this severity a breaking point is found.
SEVERITIES = tuple(range(1, MAX_SEVERITY + 1))


@dataclass(frozen=True, eq=False)
class Subject:
    """An image that is corrupted again and again: (H, W, 3) uint8 RGB, and its clean labels.

    `segment` returns labels (H, W) of a corrupted image, ids of the classes named.
    """

    image: NDArray[np.uint8]
    labels: Labels
    class_names: tuple[str, ...]
    segment: Callable[[NDArray[np.uint8]], Labels]
    truth: GroundTruth | None = None

    def read(self, condition: Condition) -> Reading:
        """Corrupt, segment, compare with the clean labels. Errors as `Condition.apply`."""
        labels = self.labels
        if not condition.is_clean:
            labels = self.segment(condition.apply(self.image))
        return Reading(condition, compare_labels(self.labels, labels, self.class_names, self.truth))


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read in one condition."""

    condition: Condition
    scores: PairScores


def sweep(subject: Subject, conditions: Iterable[Condition]) -> Iterator[Reading]:
    """Read the conditions one after the other; each step takes a segmentation."""
    return map(subject.read, conditions)


def severity_curve(condition: Condition, place: int) -> list[Condition]:
    """The condition with severities 1 to 5 at one of its places."""
    return [with_severity(condition, place, severity) for severity in SEVERITIES]


def every_condition(condition: Condition) -> list[Condition]:
    """All corruptions at all severities, each alone, with the seed and engine of the condition."""
    return [
        replace(condition, steps=(Step(name, severity),))
        for name in NAMES
        for severity in SEVERITIES
    ]


def with_severity(condition: Condition, place: int, severity: float) -> Condition:
    """The condition with another severity at one of its places."""
    steps = list(condition.steps)
    steps[place] = replace(steps[place], severity=severity)
    return replace(condition, steps=tuple(steps))


@dataclass(frozen=True)
class Crossing:
    """The first time that a score falls below the threshold: after `above`, at `below` or before.

    Both are severities; `above` is None where the clean image is below already.
    """

    above: float | None
    below: float


@dataclass(frozen=True, eq=False)
class BreakingPoints:
    """Where the score and those of the classes break, as far as it has been looked for.

    `readings` by severity are all that was scanned. Scores need not fall steadily: beyond a
    crossing a score may be above the threshold again, and between two scanned severities that are
    above it may have been below. `overall` is None, and a class is not in `classes`, where no
    severity up to 5 is below.
    """

    threshold: float
    readings: dict[float, Reading]
    overall: Crossing | None
    classes: dict[str, Crossing]


def find_breaking_points(
    subject: Subject, condition: Condition, place: int, threshold: float
) -> Iterator[BreakingPoints]:
    """Scan severities 0 to 5 at one place of the condition, then halve each first crossing.

    What breaks is `PairScores.score` and `class_scores`, overall and for each class that the clean
    prediction or the ground truth has. Crossings are narrowed down to `STEP`; the reference engine,
    which knows whole severities only, leaves them at 1. Yields after each reading.
    """
    readings: dict[float, Reading] = {}
    wanted: list[float] = [0, *SEVERITIES]
    while wanted:
        for severity in wanted:
            readings[severity] = subject.read(with_severity(condition, place, severity))
            yield _breaking_points(readings, threshold)
        wanted = [] if condition.engine == "reference" else _halves(readings, threshold)


def _halves(readings: dict[float, Reading], threshold: float) -> list[float]:
    """Severities in the middle of the crossings that are wider than `STEP`, each once."""
    points = _breaking_points(readings, threshold)
    crossings = [points.overall, *points.classes.values()]
    middles = {
        (crossing.above + crossing.below) / 2
        for crossing in crossings
        if crossing and crossing.above is not None and crossing.below - crossing.above > STEP
    }
    return sorted(middles)


def _breaking_points(readings: dict[float, Reading], threshold: float) -> BreakingPoints:
    ordered = sorted(readings)
    scores = [readings[severity].scores for severity in ordered]
    clean = scores[0].class_scores
    classes = {
        name: _crossing(ordered, [score.class_scores.get(name, 0.0) for score in scores], threshold)
        for name in clean
    }
    return BreakingPoints(
        threshold=threshold,
        readings=dict(readings),
        overall=_crossing(ordered, [score.score for score in scores], threshold),
        classes={name: crossing for name, crossing in classes.items() if crossing},
    )


def _crossing(severities: list[float], scores: list[float], threshold: float) -> Crossing | None:
    above: float | None = None
    for severity, score in zip(severities, scores, strict=True):
        if score < threshold or math.isnan(score):
            return Crossing(above, severity)
        above = severity
    return None
