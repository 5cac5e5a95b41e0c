"""Every frame of the current video: exported, measured; with progress, and cancelled at will."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.video.video import open_video
from segformer_gui.core.video.work import VideoFiles, VideoWork
from segformer_gui.gui.session.batch import Progress
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Engine, Job, Lanes
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.video import Player

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from segformer_gui.core.inference.prediction import Prediction
    from segformer_gui.core.video.export import VideoSummary


class VideoExport(QObject):
    """Runs in a thread of its own, with the model that is ready; looking at images goes on."""

    progress_changed = Signal()
    finished = Signal(object, object)  # The `VideoFiles` and the `VideoSummary`.
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        engine: Engine,
        models: Models,
        player: Player,
        segmentation: Segmentation,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._engine = engine
        self._models = models
        self._player = player
        self._segmentation = segmentation
        self.progress: Progress | None = None
        # Another model, or other options, in the middle of a video would be nobody's wish.
        models.ready_changed.connect(self.cancel)

    def start(self, work: VideoWork, files: VideoFiles) -> None:
        """Process the current video."""
        playing, ready = self._player.video, self._models.ready
        if playing is None or ready is None or self.progress is not None:
            return
        path, rate = playing.path, float(playing.rate)
        options, model = self._segmentation.options, ready.request.spec
        height, width = playing.size
        work = replace(work, at_once=self._engine.images_at_once(height * width))
        way = self._player.way(work.condition, work.moving, work.smoothing)

        def process(job: Job) -> VideoSummary:
            from segformer_gui.core.video.export import process_video

            def segment(image: NDArray[np.uint8]) -> Prediction:
                return self._engine.predict(image, options, job.cancelled)

            def report(done: int, _total: int) -> None:
                job.report(self._count, done)

            video = open_video(path, rate)
            try:
                return process_video(video, segment, model, work, files, report, job.cancelled)
            finally:
                video.close()

        def done(summary: VideoSummary) -> None:
            self._end()
            if summary.steadiness is not None and self._player.path == path:
                self._player.set_flips(work.start, summary.steadiness.flip_rates, way)
            self.finished.emit(files, summary)

        def failed(error: Exception) -> None:
            self._end()
            self.failed.emit(error)

        self.progress = Progress(len(work.frames(playing)))
        self.progress_changed.emit()
        self._lanes.video.submit(process, done, failed, "process")

    def cancel(self) -> None:
        """Stop; nothing is left of it."""
        if self.progress is not None:
            self._lanes.video.cancel("process")
            self._end()

    def _count(self, done: int) -> None:
        if self.progress is not None:
            self.progress.done = done
            self.progress_changed.emit()

    def _end(self) -> None:
        self.progress = None
        self.progress_changed.emit()
