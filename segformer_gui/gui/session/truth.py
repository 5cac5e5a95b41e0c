"""The ground truth of the current image: found beside it, or named by a person."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.datasets import Dataset
from segformer_gui.core.ground_truth import find_ground_truth, ground_truth_file
from segformer_gui.gui.session.ports import Lanes
from segformer_gui.gui.session.source import Source


class Truth(QObject):
    """Where the ground truth lies; what it says is read where a model's classes are known."""

    changed = Signal()
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes, current: Source) -> None:
        super().__init__()
        self._lanes = lanes
        self._current = current
        self._known: dict[Path, Dataset | None] = {}
        self.dataset: Dataset | None = None
        current.picture_changed.connect(self._look)

    def open(self, labels: Path) -> None:
        """Take a file as the ground truth of the current image."""
        if self._current.picture is not None:
            image = self._current.picture.path
            self._known[image] = ground_truth_file(image, labels)
            self._look()

    def _look(self) -> None:
        picture = self._current.picture
        if picture is None or picture.path in self._known:
            self._lanes.files.cancel("truth")
            self._set(self._known[picture.path] if picture else None)
            return
        path = picture.path

        def found(dataset: Dataset | None) -> None:
            self._known[path] = dataset
            self._set(dataset)

        self._set(None)
        self._lanes.files.submit(
            lambda _job: find_ground_truth(path), found, self.failed.emit, "truth"
        )

    def _set(self, dataset: Dataset | None) -> None:
        if dataset is not self.dataset:
            self.dataset = dataset
            self.changed.emit()
