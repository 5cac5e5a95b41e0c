"""Frames as images of the project: corrected by hand, and carried on to the frames after them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import ImageRow
from segformer_gui.core.video.frames import add_frame, frames_of, propose_masks
from segformer_gui.core.video.video import RATE
from segformer_gui.gui.session.images import Images
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Job, Lanes
from segformer_gui.gui.session.projects import Projects
from segformer_gui.gui.session.video import Player


class Frames(QObject):
    """Takes frames out of the current video, and knows which of them were corrected."""

    changed = Signal()  # Which frames of the current video are in the project.
    proposed = Signal(int)  # How many masks were proposed.
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        player: Player,
        images: Images,
        models: Models,
        projects: Projects,
        masks: Masks,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._player = player
        self._images = images
        self._models = models
        self._projects = projects
        self._masks = masks
        masks.status_changed.connect(self.changed)
        projects.changed.connect(self.changed)

    def marks(self) -> dict[int, bool]:
        """Frames of the current video that are in the project; True: a person worked on them."""
        project, path = self._projects.project, self._player.path
        if project is None or path is None:
            return {}
        found = frames_of(project, path)
        return {n: row.status in ("corrected", "checked") for n, row in found.items()}

    def correct(self) -> None:
        """Save the frame that is shown into the project, and open it in the editor."""
        player, ready = self._player, self._models.ready
        player.pause()
        frame, path = player.frame, player.path
        if frame is None or path is None or ready is None:
            return
        time_s = float(player.times[frame.number])

        def work(_job: Job) -> tuple[Project, Path]:
            project = self._projects.for_classes(ready.classes)
            return project, add_frame(project, path, frame.number, time_s, frame.picture.pixels)

        def done(made: tuple[Project, Path]) -> None:
            project, image = made
            self._projects.use_own(project)
            self._projects.changed.emit()  # It has an image more.
            self._masks.set_on(True)
            self._images.open([image], select=image)

        self._lanes.files.submit(work, done, self.failed.emit, "take frame")

    def can_propose(self) -> bool:
        """Whether the current image is a frame whose mask a person has worked on."""
        row = self._row()
        return row is not None and self._masks.document is not None

    def propose(self, count: int) -> None:
        """Carry the mask of the current image on to the next frames of its video, as proposals."""
        project, document, row = self._projects.project, self._masks.document, self._row()
        if project is None or document is None or row is None or row.source is None:
            return
        labels = document.mask.labels.copy()
        rate = self._images.rates.get(Path(row.source.path), RATE)

        def work(job: Job) -> list[Path]:
            return propose_masks(project, row, labels, count, rate, job.cancelled)

        def done(made: list[Path]) -> None:
            self._projects.changed.emit()
            if made:
                self._images.open(made, select=self._images.current)
            self.proposed.emit(len(made))

        self._lanes.video.submit(work, done, self.failed.emit, "propose")

    def _row(self) -> ImageRow | None:
        path = self._images.current
        row = self._masks.row(path) if path else None
        return row if row is not None and row.source is not None else None
