"""Many conditions of the current image, one after the other: curve, heat map, breaking points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.corruption.condition import Condition
from segformer_gui.core.robustness.breaking import (
    BreakingPoints,
    Reading,
    Subject,
    every_condition,
    find_breaking_points,
    severity_curve,
    sweep,
    with_severity,
)
from segformer_gui.gui.session.pair import Pair
from segformer_gui.gui.session.ports import Engine, Labels, Lanes
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.source import Source

SweepKind = Literal["curve", "grid", "breaking"]


class Sweep(QObject):
    """Reads one condition a job, so that a request for the mask never waits behind two of them.

    `curve` are readings by severity of the condition in `curve_of`, at the place given there;
    `grid` those by condition. They are of one image, model and ground truth, and go with them.
    """

    changed = Signal()  # Readings or progress.
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        engine: Engine,
        current: Source,
        segmentation: Segmentation,
        pair: Pair,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._engine = engine
        self._current = current
        self._segmentation = segmentation
        self._pair = pair
        self._condition = Condition()
        self.running: SweepKind | None = None
        self.done = 0
        self.total: int | None = None  # Unknown of a search.
        self.curve: dict[float, Reading] = {}
        self.curve_of: tuple[Condition, int] | None = None
        self.grid: dict[Condition, Reading] = {}
        self.points: BreakingPoints | None = None
        self.searched: tuple[Condition, int] | None = None  # What `points` are of.
        for signal in (current.picture_changed, current.changed, pair.truth_changed):
            signal.connect(self.clear)

    @property
    def can_start(self) -> bool:
        """Whether there is a result to compare with."""
        return self._current.result is not None and self.running is None

    def start(
        self, kind: SweepKind, condition: Condition, place: int, threshold: float = 0.5
    ) -> None:
        """Read all that the kind asks for; `place` is the step whose severity moves."""
        subject = self._subject()
        if subject is None or self.running is not None:
            return
        self.done, self.total, self.running = 0, None, kind
        if kind == "curve":
            self.curve, self.curve_of = {}, (condition, place)
            conditions = [with_severity(condition, place, 0), *severity_curve(condition, place)]
            self.total = len(conditions)
            self._advance(sweep(subject, conditions))
        elif kind == "grid":
            self.grid = {}
            conditions = every_condition(condition)
            self.total = len(conditions)
            self._advance(sweep(subject, conditions))
        else:
            self.points, self.searched = None, (condition, place)
            self._advance(find_breaking_points(subject, condition, place, threshold))

    def cancel(self) -> None:
        """Stop; what has been read stays."""
        self._lanes.inference.cancel("sweep")
        self._finish()

    def clear(self) -> None:
        """Forget everything: it was of something else."""
        self.cancel()
        self.curve, self.curve_of, self.grid = {}, None, {}
        self.points = self.searched = None
        self.changed.emit()

    def follow(self, condition: Condition) -> None:
        """With another seed or engine the readings are of other images."""
        before, self._condition = self._condition, condition
        if (before.seed, before.engine) != (condition.seed, condition.engine):
            self.clear()

    def _subject(self) -> Subject | None:
        picture, result = self._current.picture, self._current.result
        options = self._segmentation.options
        if picture is None or result is None:
            return None

        def segment(image: NDArray[np.uint8]) -> Labels:
            return self._engine.segment(image, options, lambda: False).labels

        return Subject(
            image=picture.pixels,
            labels=result.labels,
            class_names=result.classes.names,
            segment=segment,
            truth=self._pair.ground_truth,
        )

    def _advance(self, steps: Iterator[Reading] | Iterator[BreakingPoints]) -> None:
        def done(step: Reading | BreakingPoints | None) -> None:
            if step is None:
                self._finish()
                return
            self.done += 1
            self._take(step)
            self.changed.emit()
            self._advance(steps)

        def failed(error: Exception) -> None:
            self._finish()
            self.failed.emit(error)

        self.changed.emit()
        self._lanes.inference.submit(lambda _job: next(steps, None), done, failed, "sweep")

    def _take(self, step: Reading | BreakingPoints) -> None:
        if isinstance(step, BreakingPoints):
            self.points = step
        elif self.running == "curve" and self.curve_of is not None:
            _, place = self.curve_of
            self.curve[step.condition.steps[place].severity] = step
        else:
            self.grid[step.condition] = step

    def _finish(self) -> None:
        if self.running is not None:
            self.running = None
            self.changed.emit()
