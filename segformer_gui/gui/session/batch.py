"""Work over many images: progress, cancel and one list of errors; segment all."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.images import read_image
from segformer_gui.gui.session.pictures import PackedResult, pack
from segformer_gui.gui.session.ports import Engine, Job, Lanes, Result
from segformer_gui.gui.session.segmentation import Segmentation


@dataclass
class Progress:
    """How far a run over many images is."""

    total: int
    done: int = 0
    started: float = field(default_factory=time.monotonic)
    errors: list[tuple[Path, Exception]] = field(default_factory=list)

    def remaining_s(self) -> float | None:
        """Seconds to go at the present pace; None before the first image is done."""
        if not self.done:
            return None
        return (time.monotonic() - self.started) / self.done * (self.total - self.done)


class SegmentAll(QObject):
    """Segments images one after the other; while one is in the network the next is decoded.

    One image is asked for when the last one has landed, so that a request for the current image
    never waits behind more than one of these.
    """

    progress_changed = Signal()
    finished = Signal(Progress)

    def __init__(self, lanes: Lanes, engine: Engine, segmentation: Segmentation) -> None:
        super().__init__()
        self._lanes = lanes
        self._engine = engine
        self._segmentation = segmentation
        self._todo: deque[Path] = deque()
        self._decoded: tuple[Path, NDArray[np.uint8]] | None = None
        self._busy: set[str] = set()
        self.progress: Progress | None = None

    def start(self, images: Sequence[Path]) -> None:
        """Segment the images that have no result yet."""
        if self.progress is not None:
            return
        self._todo = deque(image for image in images if image not in self._segmentation)
        self.progress = Progress(len(self._todo))
        self.progress_changed.emit()
        self._advance()

    def cancel(self) -> None:
        """Stop; what is done stays."""
        if self.progress is None:
            return
        self._lanes.decode.cancel("all")
        self._lanes.inference.cancel("all")
        self._finish()

    def _advance(self) -> None:
        """Give each thread its next image, if it has none and there is one."""
        if self.progress is None:
            return
        if self.progress.done == self.progress.total:
            self._finish()
            return
        if self._decoded is not None and "segment" not in self._busy:
            image, pixels = self._decoded
            self._decoded = None
            self._segment(image, pixels)
        if self._decoded is None and "decode" not in self._busy and self._todo:
            self._decode(self._todo.popleft())

    def _decode(self, image: Path) -> None:
        def done(pixels: NDArray[np.uint8]) -> None:
            self._busy.remove("decode")
            self._decoded = image, pixels
            self._advance()

        self._submit("decode", image, lambda _job: read_image(image), done)

    def _segment(self, image: Path, pixels: NDArray[np.uint8]) -> None:
        options = self._segmentation.options

        def work(job: Job) -> tuple[Result, PackedResult]:
            result = self._engine.segment(pixels, options, job.cancelled)
            return result, pack(result)

        def done(results: tuple[Result, PackedResult]) -> None:
            self._busy.remove("segment")
            self._segmentation.store(image, *results)
            self._count()

        self._submit("segment", image, work, done)

    def _submit(
        self, stage: str, image: Path, work: Callable[[Job], Any], done: Callable[[Any], None]
    ) -> None:
        def failed(error: Exception) -> None:
            self._busy.remove(stage)
            self._segmentation.fail(image, error)
            if self.progress is not None:
                self.progress.errors.append((image, error))
            self._count()

        lane = self._lanes.decode if stage == "decode" else self._lanes.inference
        self._busy.add(stage)
        lane.submit(work, done, failed, "all")

    def _count(self) -> None:
        if self.progress is not None:
            self.progress.done += 1
            self.progress_changed.emit()
        self._advance()

    def _finish(self) -> None:
        progress, self.progress = self.progress, None
        self._todo.clear()
        self._busy.clear()
        self._decoded = None
        self.progress_changed.emit()
        self.finished.emit(progress)
