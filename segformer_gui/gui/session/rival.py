"""A second model, which sees the same clean and corrupted image as the first."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.catalogue import ModelEntry
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Engine, Job, Lanes, ReadyModel, Result
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.source import Source


class Rival(QObject):
    """Loads the model that was chosen when it is first looked at, and segments after the first."""

    changed = Signal()  # Another model, or it is loaded, or being loaded.
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        engine: Engine,
        models: Models,
        current: Source,
        corrupted: Source,
        segmentation: Segmentation,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._engine = engine
        self._models = models
        self._segmentation = segmentation
        self._wanted = False
        self._serial = 0
        self.entry: ModelEntry | None = None
        self.ready: ReadyModel | None = None
        self.loading = False
        self.clean = Source(lanes, "rival clean")
        self.corrupted = Source(lanes, "rival corrupted")
        self._origins = {"rival clean": current, "rival corrupted": corrupted}
        self._sources = {"rival clean": self.clean, "rival corrupted": self.corrupted}
        for name, origin in self._origins.items():
            origin.picture_changed.connect(lambda name=name: self._show_picture(name))
            origin.changed.connect(lambda name=name: self._follow(name))
            self._sources[name].maps.failed.connect(self.failed)
        models.ready_changed.connect(self._load)

    def choose(self, entry: ModelEntry) -> None:
        """Take another model; it must be on the disk."""
        self.entry, self._serial = entry, self._serial + 1
        self.changed.emit()
        self._load()

    def set_wanted(self, wanted: bool) -> None:
        """Whether anybody looks."""
        self._wanted = wanted
        self._load()

    def _load(self) -> None:
        if not self._wanted or self.entry is None or self.loading:
            return
        # On the device and in the precision of the first model: else these would be compared.
        request = replace(self._models.request, spec=self.entry.id, serial=self._serial)
        if self.ready is not None and self.ready.request == request:
            self._follow_all()
            return
        self.ready = None
        for name in self._sources:
            self._drop(name)

        def done(ready: ReadyModel) -> None:
            self.loading = False
            self.ready = ready
            self.changed.emit()
            self._load()

        def failed(error: Exception) -> None:
            self.loading = False
            if request.serial == self._serial:
                self.entry = None
            self.changed.emit()
            self.failed.emit(error)
            self._load()

        self.loading = True
        self.changed.emit()
        self._lanes.inference.submit(lambda _job: self._engine.prepare(request), done, failed)

    def _show_picture(self, name: str) -> None:
        self._drop(name)
        origin = self._origins[name]
        self._sources[name].show_picture(origin.picture, origin.error)

    def _follow_all(self) -> None:
        for name in self._sources:
            self._follow(name)

    def _follow(self, name: str) -> None:
        """Segment what the first model has segmented, or forget it with the first."""
        source, origin = self._sources[name], self._origins[name]
        if origin.result is None:
            self._drop(name)
        elif not self._wanted or self.ready is None or source.result is not None:
            return
        elif source is self.corrupted and origin.picture is self.clean.picture:
            source.show_result(self.clean.result)  # Nothing is corrupted.
        else:
            self._segment(name)

    def _segment(self, name: str) -> None:
        source, options = self._sources[name], self._segmentation.options
        picture = source.picture
        if picture is None:
            return

        def work(job: Job) -> Result:
            return self._engine.segment(picture.pixels, options, job.cancelled)

        def done(result: Result) -> None:
            source.set_state(False, False)
            source.show_result(result)
            self._follow_all()

        def failed(error: Exception) -> None:
            source.set_state(False, False)
            self.failed.emit(error)

        source.set_state(False, True)
        self._lanes.inference.submit(work, done, failed, name)

    def _drop(self, name: str) -> None:
        self._lanes.inference.cancel(name)
        self._sources[name].set_state(False, False)
        if self._sources[name].result is not None:
            self._sources[name].show_result(None)
