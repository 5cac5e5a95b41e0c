"""Which models there are, which one runs, and the downloads."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.catalogue import ModelEntry, find_model, list_models
from segformer_gui.core.download import DownloadProgress, download_model
from segformer_gui.core.errors import UserError
from segformer_gui.core.inference.options import DeviceChoice, PrecisionChoice
from segformer_gui.gui.session.ports import Engine, Job, Lanes, ModelRequest, ReadyModel

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Download:
    """A running download; `progress` is None until the hub has said how much there is."""

    entry: ModelEntry
    progress: DownloadProgress | None = None


class Models(QObject):
    """The catalogue, the chosen entry, and the model that is loaded."""

    entries_changed = Signal()
    chosen_changed = Signal()  # Another entry is looked at; it need not be downloaded yet.
    ready_changed = Signal()  # The model that runs has changed, or loading began or failed.
    download_changed = Signal()
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes, engine: Engine, request: ModelRequest) -> None:
        super().__init__()
        self._lanes = lanes
        self._engine = engine
        self._job: Job | None = None
        self._download_job: Job | None = None
        self.request = request
        self.entries: list[ModelEntry] = []
        self.chosen: ModelEntry | None = None
        self.ready: ReadyModel | None = None
        self.loading = False
        self.download: Download | None = None

    def start(self) -> None:
        """List the models and load the one of the settings, or the first embedded one."""

        spec = self.request.spec

        def work(_job: Job) -> tuple[list[ModelEntry], ModelEntry, UserError | None]:
            entries = list_models()
            try:
                return entries, find_model(spec) if spec else entries[0], None
            except UserError as error:
                return entries, entries[0], error

        def listed(found: tuple[list[ModelEntry], ModelEntry, UserError | None]) -> None:
            entries, entry, error = found
            if error is not None:
                self.failed.emit(error)
            opened = [known for known in self.entries if known.origin == "local"]
            self._set_entries([*entries, *opened])
            if self.ready is None and not self.loading:  # Else a checkpoint was opened meanwhile.
                self.choose(entry)

        self._lanes.files.submit(work, listed, self.failed.emit)

    def list_again(self, choose: str) -> None:
        """List the models anew, and choose the one of this id."""

        def listed(entries: list[ModelEntry]) -> None:
            opened = [known for known in self.entries if known.origin == "local"]
            self._set_entries([*entries, *opened])
            for entry in self.entries:
                if entry.id == choose:
                    self.choose(entry, reload=True)

        self._lanes.files.submit(lambda _job: list_models(), listed, self.failed.emit)

    def ready_title(self) -> str:
        """Name of the model that runs; empty where none is loaded."""
        spec = self.ready.request.spec if self.ready else ""
        return next((entry.title for entry in self.entries if entry.id == spec), spec)

    def choose(self, entry: ModelEntry, reload: bool = False) -> None:
        """Look at an entry, and load it if it is on the disk.

        What is loaded already, or being loaded, is loaded again only by `reload`.
        """
        if entry.origin == "local" and all(entry.id != known.id for known in self.entries):
            self._set_entries([*self.entries, entry])
        self.chosen = entry
        self.chosen_changed.emit()
        here = entry.id == self.request.spec and (self.ready is not None or self.loading)
        if entry.path is not None and (reload or not here):
            serial = self.request.serial + 1
            self._load(replace(self.request, spec=entry.id, serial=serial))

    def open_checkpoint(self, path: Path) -> None:
        """Load a checkpoint file or Hugging Face folder from anywhere on the disk."""
        self.choose(
            ModelEntry(id=str(path), title=path.name, origin="local", path=path), reload=True
        )

    def set_device(self, device: DeviceChoice) -> None:
        """Run on another device; the precision becomes the best one there."""
        self._load(replace(self.request, device=device, precision="auto"))

    def set_precision(self, precision: PrecisionChoice) -> None:
        """Run in another precision."""
        self._load(replace(self.request, precision=precision))

    def start_download(self, entry: ModelEntry) -> None:
        """Fetch a model from the hub, and load it when it is there."""

        def work(job: Job) -> Path:
            def report(progress: DownloadProgress) -> None:
                job.report(reported, progress)

            return download_model(entry, report, job.cancelled)

        def reported(progress: DownloadProgress) -> None:
            self._set_download(Download(entry, progress))

        def done(path: Path) -> None:
            self._set_download(None)
            here = replace(entry, path=path)
            self._set_entries([here if known.id == entry.id else known for known in self.entries])
            if self.chosen and self.chosen.id == entry.id:
                self.choose(here)

        def failed(error: Exception) -> None:
            self._set_download(None)
            self.failed.emit(error)

        self._set_download(Download(entry))
        self._download_job = self._lanes.network.submit(work, done, failed, "download")

    def cancel_download(self) -> None:
        """Stop the download; what has arrived is kept for the next try."""
        if self._download_job is not None:
            self._download_job.cancel()
            self._set_download(None)

    def _load(self, request: ModelRequest) -> None:
        self.request = request
        self.loading = True
        self.ready_changed.emit()

        def done(ready: ReadyModel) -> None:
            self.loading = False
            self.ready = ready
            _log.info("%s runs on %s in %s", request.spec, ready.device, ready.precision)
            self.ready_changed.emit()

        def failed(error: Exception) -> None:
            self.loading = False
            if self.ready is not None:
                # The engine still holds the model that ran before.
                self.request = self.ready.request
                self._choose_again(self.ready.request.spec)
            self.ready_changed.emit()
            self.failed.emit(error)
            embedded = self.entries[0]
            if self.ready is None and embedded.origin == "embedded" and embedded.id != request.spec:
                self.choose(embedded)

        self._lanes.inference.submit(
            lambda _job: self._engine.prepare(request), done, failed, "model"
        )

    def _choose_again(self, spec: str) -> None:
        self.chosen = next((entry for entry in self.entries if entry.id == spec), self.chosen)
        self.chosen_changed.emit()

    def _set_entries(self, entries: list[ModelEntry]) -> None:
        self.entries = entries
        self.entries_changed.emit()

    def _set_download(self, download: Download | None) -> None:
        self.download = download
        self.download_changed.emit()
