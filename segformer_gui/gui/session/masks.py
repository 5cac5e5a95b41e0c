"""The masks of the open images: which one is open, how far each is, and that they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from segformer_gui.core.annotation.mask import Mask
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import UserError
from segformer_gui.core.project.document import Document
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import ImageRow, Status
from segformer_gui.gui.session.images import Images
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Lanes
from segformer_gui.gui.session.projects import Projects, ids_of

_AUTOSAVE_MS = 2000


@dataclass(frozen=True, eq=False)
class Opened:
    """A document that a worker has opened."""

    path: Path
    project: Project
    document: Document


class Masks(QObject):
    """Opens the mask of the current image while masks are edited, and saves what was edited.

    `document` is None while nothing is edited, and until its files are read.
    """

    document_changed = Signal()
    status_changed = Signal()  # Of one image or more.
    saved = Signal()
    found_again = Signal(int)  # Images that were moved.
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes, images: Images, models: Models, projects: Projects) -> None:
        super().__init__()
        self._lanes = lanes
        self._images = images
        self._models = models
        self._projects = projects
        self._path: Path | None = None
        self._searched: tuple[Project | None, int] = None, 0
        self._ids: dict[Path, str] = {}
        self.document: Document | None = None
        self.on = False
        self._autosave = QTimer(self, singleShot=True, interval=_AUTOSAVE_MS)
        self._autosave.timeout.connect(self.save)
        images.list_changed.connect(self._list_changed)
        images.pixels_changed.connect(self._image_changed)
        images.current_changed.connect(self._image_changed)
        models.ready_changed.connect(self._model_changed)
        projects.leaving.connect(self._leave)
        projects.changed.connect(self._project_changed)

    # What there is ------------------------------------------------------------------------------

    @property
    def classes(self) -> ClassSet | None:
        """What the ids in the masks mean."""
        project = self._projects.project
        return project.classes if project is not None else None

    @property
    def mask(self) -> Mask | None:
        """The mask that is open, to be looked at."""
        return self.document.mask if self.document else None

    @property
    def unsaved(self) -> bool:
        """Whether there is work that no file holds but the journal."""
        project = self._projects.project
        return project is not None and bool(project.unsaved)

    @property
    def any(self) -> bool:
        """Whether any image of the project has a mask."""
        project = self._projects.project
        rows = project.images.values() if project is not None else ()
        return any(row.status != "open" for row in rows)

    def checked_count(self) -> int:
        """How many of the open images have a mask that is right."""
        return sum(self.status(path) == "checked" for path in self._images.paths)

    @property
    def can_write(self) -> bool:
        """Whether the project is not another window's."""
        project = self._projects.project
        return project is not None and project.read_only is None

    def row(self, path: Path) -> ImageRow | None:
        """What the project knows of an image; None where it is not in it."""
        project, image = self._projects.project, self._ids.get(path)
        return project.images.get(image) if project is not None and image else None

    def has_mask(self, path: Path) -> bool:
        """Whether there is anything in the mask of an image, saved or not."""
        project, row = self._projects.project, self.row(path)
        return project is not None and row is not None and project.has_mask(row.id)

    def status(self, path: Path) -> Status | None:
        """How far the mask of an image is; None where it has none."""
        row = self.row(path)
        return None if row is None or row.status == "open" else row.status

    def set_on(self, on: bool) -> None:
        """Show and edit masks, or look at predictions."""
        if on != self.on:
            self.on = on
            if not on:
                self.save()
                self._close_document()
            self._image_changed()
            self.document_changed.emit()

    # What is known of images --------------------------------------------------------------------

    def set_checked(self, paths: Iterable[Path], checked: bool) -> None:
        """Say of masks that they are right, or that they are not yet; without a mask none is."""
        images = [row.id for path in paths if (row := self.row(path))]

        def change(project: Project) -> None:
            for image in filter(project.has_mask, images):
                status: Status = "checked"
                if not checked:
                    touched = project.document(image).mask.touched.any()
                    status = "corrected" if touched else "predicted"
                project.update(image, status=status)

        self._change(change)

    def set_hold_out(self, paths: Iterable[Path], hold_out: bool) -> None:
        """Keep images for scores alone, never for training, or let them be trained on."""
        images = [row.id for path in paths if (row := self.row(path))]
        self._change(lambda project: [project.update(i, hold_out=hold_out) for i in images])

    def set_sequence(self, paths: Iterable[Path], sequence: str) -> None:
        """Say which images may be neighbouring frames of one video."""
        images = [row.id for path in paths if (row := self.row(path))]
        self._change(lambda project: [project.update(i, sequence=sequence) for i in images])

    def _change(self, change: Callable[[Project], object]) -> None:
        """Change what the project knows, and save all of it, in a worker."""
        project = self._projects.project
        if project is None:
            return

        def work(_job: object) -> None:
            project.check_writable()
            change(project)

        self._lanes.files.submit(work, lambda _: self.status_changed.emit(), self.failed.emit)
        self.save()

    # Keeping ------------------------------------------------------------------------------------

    def edited(self, by_person: bool) -> None:
        """The open mask was edited: it is saved in a moment."""
        project, document = self._projects.project, self.document
        if project is None or document is None:
            return
        if by_person and project.images[document.image].status in ("open", "predicted"):
            self._try(lambda: project.update(document.image, status="corrected"))
            self.status_changed.emit()
        self._autosave.start()

    def save(self) -> None:
        """Write what is unsaved, in a worker."""
        project = self._projects.project
        if project is None or project.read_only is not None:
            return

        def done(_: None) -> None:
            self.saved.emit()
            self.status_changed.emit()

        self._autosave.stop()
        # Without a key: a save that waits is of another project, or of a status that was set.
        self._lanes.files.submit(lambda _job: _save_all(project), done, self.failed.emit)

    def close(self) -> None:
        """Save before the window goes. Raises `UserError`: then what is left is in the journal."""
        project = self._projects.project
        if project is not None and project.read_only is None:
            _save_all(project)

    def discard_recovered(self, images: list[str]) -> None:
        """Throw away what an earlier run could not save."""
        project = self._projects.project
        if project is not None:
            self._lanes.files.submit(
                lambda _job: [project.discard(image) for image in images],
                lambda _: self._reopen(),
                self.failed.emit,
            )

    def writable(self) -> bool:
        """Whether edits can be kept; says why not."""
        project = self._projects.project
        return project is not None and self._try(project.check_writable)

    # How it hangs together ----------------------------------------------------------------------

    def _model_changed(self) -> None:
        ready = self._models.ready
        if ready is not None and not self._models.loading:
            self._projects.follow(ready.classes)
        self._image_changed()

    def _list_changed(self) -> None:
        """More images are open: some of the project's that were moved may be among them."""
        project, paths = self._projects.project, list(self._images.paths)
        if project is None or project.read_only is not None:
            return
        if (project, len(paths)) == self._searched:
            return
        self._searched = project, len(paths)

        def found(count: int) -> None:
            if count and project is self._projects.project:
                self._ids = ids_of(project)
                self.status_changed.emit()
                self.found_again.emit(count)

        self._lanes.files.submit(lambda _job: _relocate(project, paths), found, self.failed.emit)

    def _leave(self) -> None:
        """The project goes."""
        self.save()
        self._close_document()

    def _project_changed(self) -> None:
        project = self._projects.project
        self._ids = ids_of(project) if project else {}
        self.status_changed.emit()
        self._list_changed()
        self._reopen()

    def _reopen(self) -> None:
        self._close_document()
        self._image_changed()

    def _close_document(self) -> None:
        self._path = None
        if self.document is not None:
            self.document = None
            self.document_changed.emit()

    def _image_changed(self) -> None:
        """Open the mask of the current image where masks are edited."""
        path = self._images.current
        picture = self._images.picture
        if path != self._path and self.document is not None:
            self.save()
            self._close_document()
        ready = self._models.ready
        if not self.on or path is None or picture is None or self.document is not None:
            return
        if picture.video is not None:
            return  # A frame is corrected as an image of its own: see `Frames`.
        if self._projects.following:
            return  # It comes with `changed`. Opened twice, it would lock itself out.
        if picture.path != path or (ready is None and self._projects.project is None):
            return
        if self._path == path:
            return  # It is being opened.
        self._path = path
        classes = ready.classes if ready else None

        def failed(error: Exception) -> None:
            self.failed.emit(error)

        self._lanes.files.submit(
            lambda _job: self._open(path, classes), self._opened, failed, "open mask"
        )

    def _open(self, path: Path, classes: ClassSet | None) -> Opened:
        project = self._projects.project
        if project is None:
            assert classes is not None, "without a project, the model's classes are taken"
            project = self._projects.for_classes(classes)
        image = ids_of(project).get(path)
        if image is None:
            for _, error in project.add([path]):
                if error is not None:
                    raise error
            image = ids_of(project)[path]  # It may be one that was moved.
            project.store()
        return Opened(path, project, project.document(image))

    def _opened(self, opened: Opened) -> None:
        if self._projects.project is None:
            self._path = None  # `changed` opens again what is open already.
            self._projects.use_own(opened.project)
        if opened.path != self._images.current or opened.project is not self._projects.project:
            return
        self._path, self.document = opened.path, opened.document
        self._ids[opened.path] = opened.document.image
        self.document_changed.emit()
        self.status_changed.emit()

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except UserError as error:
            self.failed.emit(error)
            return False
        return True


def _relocate(project: Project, paths: list[Path]) -> int:
    found = project.relocate(paths)
    if found:
        project.store()
    return found


def _save_all(project: Project) -> None:
    for image in project.unsaved:
        project.save(image)
    project.store()
