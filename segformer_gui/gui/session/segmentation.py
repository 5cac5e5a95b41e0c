"""What the model sees in the images: one segmentation at a time, the latest request first."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.gui.session.pictures import PackedResult, Picture, RecentlyUsed, pack, unpack
from segformer_gui.gui.session.ports import Engine, Job, Lanes, Result

_CACHE_BYTES = 256 << 20


class Segmentation(QObject):
    """Results by image, all made with the same model and options, and the current one's labels."""

    changed = Signal()  # The current image has another result, or none.
    busy_changed = Signal()
    status_changed = Signal(Path)
    reset = Signal()  # No image has a result any more.
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes, engine: Engine) -> None:
        super().__init__()
        self._lanes = lanes
        self._engine = engine
        self._cache: RecentlyUsed[Result] = RecentlyUsed(_CACHE_BYTES)
        self._packed: dict[Path, PackedResult] = {}
        self._shown: Path | None = None
        self.options = SegmentOptions()
        self.result: Result | None = None
        self.errors: dict[Path, Exception] = {}
        self.busy = False

    def __contains__(self, path: Path) -> bool:
        return path in self._packed

    def count(self) -> int:
        """How many images have a result."""
        return len(self._packed)

    def packed(self, path: Path) -> PackedResult:
        """The result of `path` as it is kept."""
        return self._packed[path]

    def confidence(self, path: Path) -> float | None:
        """Mean confidence of the result of `path`, 0..1; None where there is none."""
        packed = self._packed.get(path)
        return packed.result.mean_confidence if packed else None

    def show(self, path: Path | None) -> None:
        """Make the result of `path` the current one as soon as it is at hand."""

        def unpacked(result: Result) -> None:
            assert path is not None
            self._cache.put(path, result, result.nbytes)
            self._make_current(result)

        self._shown = path
        self.cancel()
        self.result = self._cache.get(path) if path else None
        self.changed.emit()
        packed = self._packed.get(path) if path and self.result is None else None
        if packed is not None:
            self._lanes.decode.submit(
                lambda _job: unpack(packed), unpacked, self.failed.emit, "unpack"
            )

    def run(self, picture: Picture) -> None:
        """Segment an image and show the result; an earlier request that still runs is dropped."""

        options = self.options

        def work(job: Job) -> tuple[Result, PackedResult]:
            result = self._engine.segment(picture.pixels, options, job.cancelled)
            return result, pack(result)

        def done(results: tuple[Result, PackedResult]) -> None:
            self._set_busy(False)
            self.store(picture.path, *results)

        def failed(error: Exception) -> None:
            self._set_busy(False)
            self.fail(picture.path, error)
            self.failed.emit(error)

        self._set_busy(True)
        self._lanes.inference.submit(work, done, failed, "current")

    def cancel(self) -> None:
        """Give up the segmentation that is running for the current image."""
        self._lanes.inference.cancel("current")
        self._lanes.decode.cancel("unpack")
        self._set_busy(False)

    def store(self, path: Path, result: Result, packed: PackedResult) -> None:
        """Keep a result; it is shown if `path` is the current image."""
        self._packed[path] = packed
        self._cache.put(path, result, result.nbytes)
        self.errors.pop(path, None)
        self.status_changed.emit(path)
        if path == self._shown:
            self._make_current(result)

    def present(self, result: Result | None) -> None:
        """Show a result that is not kept: that of a video's frame."""
        self._make_current(result)

    def fail(self, path: Path, error: Exception) -> None:
        """Remember that `path` could not be segmented."""
        self.errors[path] = error
        self.status_changed.emit(path)

    def drop(self, path: Path) -> None:
        """Forget what is known of an image that is no longer open."""
        self._packed.pop(path, None)
        self._cache.drop(path)
        self.errors.pop(path, None)

    def forget(self) -> None:
        """Drop all results: they were made with another model or other options."""
        self.cancel()
        self._packed.clear()
        self._cache.clear()
        self.errors.clear()
        self.result = None
        self.reset.emit()
        self.changed.emit()

    def _make_current(self, result: Result | None) -> None:
        self.result = result
        self.changed.emit()

    def _set_busy(self, busy: bool) -> None:
        if busy != self.busy:
            self.busy = busy
            self.busy_changed.emit()
