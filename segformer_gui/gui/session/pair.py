"""Two results of one image, clean and corrupted: how far apart they are, and maps of where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.datasets import Dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.ground_truth import GroundTruth, read_ground_truth
from segformer_gui.core.robustness.pairs import (
    BORDER_TOLERANCE_PX,
    PairScores,
    boundary_kinds,
    boundary_shift,
    compare_labels,
    confidence_drop,
    error_kinds,
    flips,
)
from segformer_gui.gui.session.pictures import image_levels, label_levels
from segformer_gui.gui.session.ports import Labels, Lanes, Result
from segformer_gui.gui.session.source import Source
from segformer_gui.gui.session.truth import Truth
from segformer_gui.gui.session.view import PairMapKind

# In the order of the core's `BORDER_...` and `ERROR_...`; colours that all eyes tell apart.
BORDER_KINDS = ClassSet(
    "borders", ("kept", "gone", "new"), ((235, 235, 235), (86, 180, 233), (230, 159, 0))
)
ERROR_KINDS = ClassSet(
    "errors", ("new", "mended", "in both"), ((213, 94, 0), (0, 158, 115), (150, 150, 150))
)


@dataclass(frozen=True, eq=False)
class PairMap:
    """A map of a pair: ids of `classes`, 255 or 65535 where nothing is to be seen.

    Without `classes` it is a loss of confidence as `confidence_drop` gives it. `levels` as those of
    a result or a measure.
    """

    levels: tuple[Labels, ...]
    classes: ClassSet | None


class Pair(QObject):
    """Scores are computed whenever both results are there, a map when somebody asks for it."""

    changed = Signal()  # Scores or maps.
    truth_changed = Signal()
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes, base: Source, other: Source, truth: Truth, name: str) -> None:
        super().__init__()
        self._lanes = lanes
        self._base = base
        self._other = other
        self._truth = truth
        self._name = name
        self._maps: dict[PairMapKind, PairMap] = {}
        self._asked: set[PairMapKind] = set()
        self._read: tuple[Dataset | None, ClassSet | None] = (None, None)
        self.ground_truth: GroundTruth | None = None
        self.scores: PairScores | None = None
        self.shift_px: float | None = None
        base.changed.connect(self._start_afresh)
        other.changed.connect(self._start_afresh)
        truth.changed.connect(self._start_afresh)
        for source in (base, other):
            source.maps.changed.connect(self._make_confidence_drop)

    @property
    def comparable(self) -> bool:
        """Whether both results are there, and not the same."""
        return self._results() is not None

    def has(self, kind: PairMapKind) -> bool:
        """Whether there can be such a map: errors need ground truth."""
        return kind != "errors" or self.ground_truth is not None

    def map(self, kind: PairMapKind) -> PairMap | None:
        """A map of the two results; None until they and it are there."""
        known = kind in self._maps or kind in self._asked
        if not known and self.has(kind) and self.comparable:
            self._asked.add(kind)
            if kind == "confidence_drop":
                self._make_confidence_drop()
            else:
                self._make(kind)
        return self._maps.get(kind)

    def _results(self) -> tuple[Result, Result] | None:
        """Both results, unless they are the same one: nothing is corrupted."""
        base, other = self._base.result, self._other.result
        if base is None or other is None or base is other:
            return None
        comparable = base.classes == other.classes and base.labels.shape == other.labels.shape
        return (base, other) if comparable else None

    def _start_afresh(self) -> None:
        for job in ("scores", "truth", *self._asked):
            self._lanes.decode.cancel(f"{self._name} {job}")
        self._maps.clear()
        self._asked.clear()
        self.scores = self.shift_px = None
        self.changed.emit()
        base = self._base.result
        if base is None:
            return
        wanted = self._truth.dataset, base.classes
        if wanted != self._read:
            self._read_truth(wanted, base)
        else:
            self._score()

    def _read_truth(self, wanted: tuple[Dataset | None, ClassSet], base: Result) -> None:
        dataset, classes = wanted
        height, width = base.labels.shape

        def read(truth: GroundTruth | None) -> None:
            self._read = wanted
            if truth is not self.ground_truth:
                self.ground_truth = truth
                self.truth_changed.emit()
            self._score()

        def failed(error: Exception) -> None:
            read(None)
            # Two class sets without a name in common is no mistake of anybody's.
            if not (isinstance(error, UserError) and error.code == "evaluation_no_shared_classes"):
                self.failed.emit(error)

        if dataset is None:
            read(None)
            return
        self._submit(
            "truth", lambda: read_ground_truth(dataset, classes, (height, width)), read, failed
        )

    def _score(self) -> None:
        results, truth = self._results(), self.ground_truth
        if results is None:
            return
        base, other = results

        def work() -> tuple[PairScores, float]:
            scores = compare_labels(base.labels, other.labels, base.classes.names, truth)
            return scores, boundary_shift(base.labels, other.labels)

        def scored(found: tuple[PairScores, float]) -> None:
            self.scores, self.shift_px = found
            self.changed.emit()

        self._submit("scores", work, scored, self.failed.emit)

    def _make(self, kind: PairMapKind) -> None:
        results, truth = self._results(), self.ground_truth
        if results is None:
            return
        base, other = results

        def work() -> PairMap | None:
            if kind == "flips":
                return PairMap(label_levels(flips(base.labels, other.labels)), other.classes)
            if kind == "borders":
                return PairMap(_border_levels(base, other), BORDER_KINDS)
            if truth is not None:
                kinds = error_kinds(base.labels, other.labels, truth)
                return PairMap(label_levels(kinds), ERROR_KINDS)
            return None

        self._submit(kind, work, lambda made: self._keep(kind, made), self.failed.emit)

    def _make_confidence_drop(self) -> None:
        """As soon as the confidence of both is there."""
        kind: PairMapKind = "confidence_drop"
        if kind not in self._asked or kind in self._maps or self._results() is None:
            return
        base, other = (source.maps.measure("confidence") for source in (self._base, self._other))
        if base is None or other is None:
            return

        def work() -> PairMap:
            drop = confidence_drop(base.levels[0], other.levels[0])
            return PairMap(image_levels(drop), None)

        self._submit(kind, work, lambda made: self._keep(kind, made), self.failed.emit)

    def _keep(self, kind: PairMapKind, made: PairMap | None) -> None:
        if made is not None:
            self._maps[kind] = made
            self.changed.emit()

    def _submit(
        self,
        job: str,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._lanes.decode.submit(lambda _job: work(), done, failed, f"{self._name} {job}")


def _border_levels(base: Result, other: Result) -> tuple[NDArray[np.uint8], ...]:
    """Of each level, so that lines are a screen pixel wide however far one is away."""
    return tuple(
        boundary_kinds(ours, theirs, BORDER_TOLERANCE_PX / 2**level)
        for level, (ours, theirs) in enumerate(zip(base.levels, other.levels, strict=True))
    )
