"""Maps over a result: how sure it is, and where its regions end.

They are made when a view first asks, and kept as long as the result is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.inference.options import Measure
from segformer_gui.core.render import outlines
from segformer_gui.gui.session.pictures import image_levels
from segformer_gui.gui.session.ports import Job, Labels, Lane, Lanes, Result

if TYPE_CHECKING:
    from segformer_gui.gui.session.source import Source


@dataclass(frozen=True, eq=False)
class MeasureMap:
    """A measure at each pixel, in 256 steps from 0 to 1: `levels` (H, W) uint8, as a picture's.

    `histogram` (256,) int64: pixels of each step.
    """

    levels: tuple[NDArray[np.uint8], ...]
    histogram: NDArray[np.int64]


class Maps(QObject):
    """What the views ask for is computed in the worker; `changed` tells when it is there."""

    changed = Signal()
    # The result is an old one, of which only the labels were kept; whether the mouse asked.
    logits_missing = Signal(bool)
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes, source: Source, name: str) -> None:
        """`name` tells this source's jobs from those of others in the same lanes."""
        super().__init__()
        self._lanes = lanes
        self._source = source
        self._name = name
        self._measures: dict[Measure, MeasureMap] = {}
        self._outlines: tuple[Labels, ...] | None = None
        self._under_way: dict[str, Lane] = {}
        source.changed.connect(self._start_afresh)

    def measure(self, measure: Measure) -> MeasureMap | None:
        """A measure of the current result; None without a result, and until it is computed."""
        result = self._source.result
        self.ask_for_logits()
        if result is not None and result.logits is not None and measure not in self._measures:

            def done(made: MeasureMap) -> None:
                self._measures[measure] = made

            # Where torch runs anyway: two threads of it would slow each other down.
            lane = self._lanes.inference
            self._make(lane, measure, lambda job: _measure_map(result, measure, job), done)
        return self._measures.get(measure)

    def ask_for_logits(self, by_mouse: bool = False) -> None:
        """Have the current result's logits made again if only its labels were kept."""
        result = self._source.result
        if result is not None and result.logits is None:
            self.logits_missing.emit(by_mouse)

    def outlines(self) -> tuple[Labels, ...] | None:
        """Levels as the result's, 255 or 65535 but at the borders of regions; None as above."""
        result = self._source.result
        if result is not None and self._outlines is None:

            def done(made: tuple[Labels, ...]) -> None:
                self._outlines = made

            # Of each level, so that the borders are a screen pixel wide however far one is away.
            lane = self._lanes.decode
            self._make(lane, "outlines", lambda _job: tuple(map(outlines, result.levels)), done)
        return self._outlines

    def _make(
        self, lane: Lane, key: str, work: Callable[[Job], Any], done: Callable[[Any], None]
    ) -> None:
        if key in self._under_way:
            return

        def landed(made: object) -> None:
            del self._under_way[key]
            done(made)
            self.changed.emit()

        self._under_way[key] = lane
        lane.submit(work, landed, self.failed.emit, f"map {self._name} {key}")

    def _start_afresh(self) -> None:
        for key, lane in self._under_way.items():
            lane.cancel(f"map {self._name} {key}")
        self._under_way.clear()
        self._measures.clear()
        self._outlines = None


def _measure_map(result: Result, measure: Measure, job: Job) -> MeasureMap:
    # Imported here: torch comes with the first model, when the window is there.
    from segformer_gui.core.inference.prediction import quantized_measure

    assert result.logits is not None, "a result without logits is asked for nothing"
    height, width = result.labels.shape
    steps = quantized_measure(result.logits, (height, width), measure, job.cancelled)
    histogram = cv2.calcHist([steps], [0], None, [256], [0, 256])
    return MeasureMap(image_levels(steps), cast("Any", histogram).ravel().astype(np.int64))
