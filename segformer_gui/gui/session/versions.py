"""The versions that were kept: used, taken back, compared, exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.catalogue import ModelEntry, find_model
from segformer_gui.core.training.versions import (
    Version,
    list_versions,
    parent_of,
    write_notes,
)
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Lanes

if TYPE_CHECKING:
    from segformer_gui.core.network.write import Format


class Versions(QObject):
    """All of them are listed again whenever the list of models is."""

    changed = Signal()
    exported = Signal(Path, object)  # Where to, and how far an ONNX graph is from the network.
    compare = Signal(ModelEntry)  # With the model in use.
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes, models: Models) -> None:
        super().__init__()
        self._lanes = lanes
        self._models = models
        self.versions: list[Version] = []
        models.entries_changed.connect(self.read)
        models.ready_changed.connect(self.changed)

    def read(self) -> None:
        """List them."""

        def done(found: list[Version]) -> None:
            self.versions = found
            self.changed.emit()

        self._submit(list_versions, done, "versions")

    @property
    def used(self) -> str:
        """The id of the model in use, a version or not."""
        ready = self._models.ready
        return ready.request.spec if ready else ""

    @property
    def can_roll_back(self) -> bool:
        """Whether the model in use is a version, which has a parent."""
        return any(version.name == self.used for version in self.versions)

    def roll_back(self) -> None:
        """Use the model again that the one in use was trained from."""
        used = self.used
        self._submit(lambda: parent_of(used), self._models.choose, "roll back")

    def use(self, name: str) -> None:
        """Use a version, or its parent."""
        self._submit(lambda: find_model(name), self._models.choose, "use")

    def compare_with(self, name: str) -> None:
        """Show a version beside the model in use."""
        self._submit(lambda: find_model(name), self.compare.emit, "compare")

    def write_notes(self, name: str, notes: str) -> None:
        """Remember something about a version."""
        self._submit(lambda: write_notes(name, notes), lambda _: self.read(), f"notes {name}")

    def export(self, name: str, out: Path, format_: Format) -> None:
        """Write it for other programs."""

        def work() -> float | None:
            from segformer_gui.core.network.write import write_model

            return write_model(name, out, format_)

        self._submit(work, lambda difference: self.exported.emit(out, difference), "export")

    def _submit(self, work: Callable[[], Any], done: Callable[[Any], None], key: str) -> None:
        self._lanes.runs.submit(lambda _job: work(), done, self.failed.emit, f"version {key}")
