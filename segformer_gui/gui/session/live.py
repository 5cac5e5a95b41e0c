"""A camera or stream in the window: always its newest frame, with its mask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from segformer_gui.gui.session.frame_view import Frame, FrameView, Results, make_frame
from segformer_gui.gui.session.images import Images
from segformer_gui.gui.session.lab import Lab
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Engine, Job, Lanes

if TYPE_CHECKING:
    from segformer_gui.core.video.live import LiveSource

_WAIT_S = 0.2  # How long a worker waits for a frame before others get its thread.


class Live(QObject):
    """Asks for the newest frame when the last one is shown; it ends when an image is selected."""

    changed = Signal()  # Another source, or none.
    told = Signal(str, object)  # A `LiveState`, and the `UserError` of one that is lost.
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        engine: Engine,
        images: Images,
        models: Models,
        lab: Lab,
        frames: FrameView,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._engine = engine
        self._images = images
        self._models = models
        self._lab = lab
        self._frames = frames
        self._number = -1
        self._source: LiveSource | None = None
        # Not from within: a frame that is there at once would never return.
        self._pull_soon = QTimer(self, singleShot=True, interval=0)
        self._pull_soon.timeout.connect(self._pull)
        # The source tells from its own thread.
        self._heard.connect(self.told, Qt.ConnectionType.QueuedConnection)

    _heard = Signal(str, object)

    @property
    def address(self) -> str | None:
        """What is watched."""
        return self._source.address if self._source else None

    def open(self, address: str) -> None:
        """Watch a source: `rtsp://...`, `http://...`, or `camera:0`."""
        from segformer_gui.core.video.live import LiveSource

        self.close()
        self._images.deselect()
        self._number = -1
        self._source = LiveSource(address, self._heard.emit)
        self._lab.drive(lambda: None)  # The next frame is corrupted in the new way.
        self.changed.emit()
        self._pull_soon.start()

    def close(self) -> None:
        """Watch it no longer."""
        if self._source is None:
            return
        self._source.close()
        self._source = None
        self._pull_soon.stop()
        self._lanes.decode.cancel("live")
        self._lanes.inference.cancel("live")
        self._lab.drive(None)
        self.changed.emit()

    def close_for(self, path: Path | None) -> None:
        """An image or a clip is looked at instead."""
        if path is not None:
            self.close()

    def _pull(self) -> None:
        source, after = self._source, self._number
        if source is None:
            return
        condition, address = self._frames.condition, Path(source.address)

        def work(_job: Job) -> Frame | None:
            found = source.newest(after, _WAIT_S)
            if found is None:
                return None
            return make_frame(found.number, found.pixels, address, condition, moving=True)

        def failed(error: Exception) -> None:
            self.close()
            self.failed.emit(error)

        self._lanes.decode.submit(work, self._have, failed, "live")

    def _have(self, frame: Frame | None) -> None:
        if frame is None:
            self._pull_soon.start()
            return
        self._number = frame.number

        def done(results: Results) -> None:
            self._frames.show(frame, results)
            self._pull_soon.start()

        def failed(error: Exception) -> None:
            self.close()
            self.failed.emit(error)

        if self._models.ready is None or self._models.loading:
            done((None, None))
            return
        work = self._frames.segmenting(self._engine, frame, clean_wanted=True)
        self._lanes.inference.submit(work, done, failed, "live")
