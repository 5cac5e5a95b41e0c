"""Correcting masks: the document of the current image, what is done to it, and that it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from segformer_gui.core.annotation.brush import Stroke
from segformer_gui.core.annotation.mask import FREE, Mask, Rules
from segformer_gui.core.annotation.patch import Patch
from segformer_gui.core.annotation.predicted import accepted, in_classes
from segformer_gui.core.annotation.region import Box, Change, Region
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import UserError
from segformer_gui.core.project.document import Document
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import Status
from segformer_gui.gui.session.images import Images
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Job, Lanes, Result
from segformer_gui.gui.session.projects import Projects, ids_of
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.tools import Tools

_AUTOSAVE_MS = 2000
_MANY_TILES = 64  # A patch of more is undone in a worker.

Work = Callable[[Mask, Job], Change | None]


@dataclass(frozen=True, eq=False)
class Opened:
    """A document that a worker has opened."""

    path: Path
    project: Project
    document: Document


class Editing(QObject):
    """The mask of the current image, while a tool is in hand; the one way to change it.

    `document` is None while nothing is edited. While `busy`, a worker has the mask.
    """

    document_changed = Signal()
    mask_changed = Signal(object)  # A Box: what may have other class ids.
    history_changed = Signal()
    busy_changed = Signal()
    preview_changed = Signal()
    status_changed = Signal(Path)
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        images: Images,
        segmentation: Segmentation,
        models: Models,
        projects: Projects,
        tools: Tools,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._images = images
        self._segmentation = segmentation
        self._models = models
        self._projects = projects
        self._tools = tools
        self._path: Path | None = None
        self._stroke: Stroke | None = None
        self._ids: dict[Path, str] = {}
        self.document: Document | None = None
        self.preview: Region | None = None
        self.preview_class = 0
        self.on = False
        self.busy = False
        self._autosave = QTimer(self, singleShot=True, interval=_AUTOSAVE_MS)
        self._autosave.timeout.connect(self.save)
        tools.changed.connect(self._tool_changed)
        images.pixels_changed.connect(self._image_changed)
        images.current_changed.connect(self._image_changed)
        segmentation.changed.connect(self._prediction_came)
        models.ready_changed.connect(self._image_changed)
        projects.changed.connect(self._project_changed)

    # What is edited -----------------------------------------------------------------------------

    @property
    def classes(self) -> ClassSet | None:
        """What the ids in the mask mean."""
        project = self._projects.project
        return project.classes if project is not None else None

    @property
    def mask(self) -> Mask | None:
        """The mask, to be looked at."""
        return self.document.mask if self.document else None

    @property
    def ready(self) -> bool:
        """Whether an edit can begin now."""
        return self.document is not None and not self.busy and self._stroke is None

    @property
    def unsaved(self) -> bool:
        """Whether there is work that no file holds but the journal."""
        project = self._projects.project
        return project is not None and bool(project.unsaved)

    def set_on(self, on: bool) -> None:
        """Show and edit masks, or look at predictions."""
        if on != self.on:
            self.on = on
            if not on:
                self._tools.choose("look")
                self.save()
                self._close_document()
            self._image_changed()
            self.document_changed.emit()

    def status(self, path: Path) -> Status | None:
        """How far the mask of an image is; None where it has none."""
        project, image = self._projects.project, self.image_of(path)
        if project is None or image is None:
            return None
        status = project.images[image].status
        return None if status == "open" else status

    def image_of(self, path: Path) -> str | None:
        """The project's id of an image; None where it is not in it."""
        project, image = self._projects.project, self._ids.get(path)
        return image if project is not None and image in project.images else None

    def set_checked(self, checked: bool) -> None:
        """Say that the current mask is right, or that it is not yet."""
        document, project = self.document, self._projects.project
        if document is None or project is None or self._path is None:
            return
        touched = bool(document.mask.touched.any())
        status: Status = "checked" if checked else "corrected" if touched else "predicted"
        self._try(lambda: project.update(document.image, status=status))
        self.status_changed.emit(self._path)
        self.save()

    # Strokes ------------------------------------------------------------------------------------

    def begin_stroke(self, class_id: int) -> bool:
        """Begin to draw; False where that cannot be now."""
        if not self.ready or self.document is None:
            return False
        if not self._writable():
            return False
        settings = self._tools.settings
        self._stroke = Stroke(self.document.mask, settings.brush, class_id, settings.rules)
        return True

    def stroke_to(self, x: float, y: float, diameter_px: int | None = None) -> None:
        """Draw on to a place in the image."""
        if self._stroke is not None:
            self.mask_changed.emit(self._stroke.move(x, y, diameter_px))

    def stroke_over(self, region: Region) -> None:
        """Add a region to the stroke."""
        if self._stroke is not None:
            self.mask_changed.emit(self._stroke.paint(region))

    def end_stroke(self, name: str) -> None:
        """Let go: what was drawn can be undone as one."""
        if self._stroke is not None:
            patch, self._stroke = self._stroke.end(), None
            self._commit(patch, name)

    def cancel_stroke(self) -> bool:
        """Take the stroke that is being drawn back; False where there is none."""
        if self._stroke is None:
            return False
        box, self._stroke = self._stroke.cancel(), None
        self.mask_changed.emit(box)
        return True

    # Other edits --------------------------------------------------------------------------------

    def fill(self, region: Region, name: str, class_id: int | None = None) -> None:
        """Give a region the class in hand."""
        chosen = self._tools.settings.class_id if class_id is None else class_id
        change = region.filled(chosen)
        self.edit(lambda _mask, _job: change, name)

    def edit(self, work: Work, name: str, touch: bool = True, rules: Rules | None = None) -> None:
        """Find a change and make it, in a worker; `rules` are those of the tools unless given."""
        document = self.document
        if document is None or not self.ready or not self._writable():
            return
        allowed = self._tools.settings.rules if rules is None else rules

        def carry_out(job: Job) -> Patch | None:
            change = work(document.mask, job)
            return None if change is None else document.mask.edit(change, allowed, touch)

        def done(patch: Patch | None) -> None:
            self._set_busy(False)
            self.clear_preview()
            if patch is not None:
                self._announce(document, patch.box)
            self._commit(patch, name, document)

        def failed(error: Exception) -> None:
            self._set_busy(False)
            self.failed.emit(error)

        self._set_busy(True)
        self._lanes.editing.submit(carry_out, done, failed)

    def accept(self, class_id: int | None = None, region: Region | None = None) -> None:
        """Take the prediction over: whole, one class of it, or what lies in a region."""
        prediction = self._segmentation.result
        classes = self.classes
        if prediction is None or classes is None:
            return

        def change(mask: Mask, _job: Job) -> Change:
            found = accepted(mask, in_classes(prediction.labels, prediction.classes, classes))
            if class_id is not None:
                labels = found.labels
                inside = found.region.inside & (labels == class_id)
                found = Change(Region(found.region.box, inside), labels)
            return found if region is None else found.within(region)

        self.edit(change, "accept", touch=False, rules=FREE)

    def predicted(self) -> NDArray[np.uint8] | None:
        """The prediction in the ids of the mask; a worker's."""
        result, classes = self._segmentation.result, self.classes
        if result is None or classes is None:
            return None
        return in_classes(result.labels, result.classes, classes)

    @property
    def prediction(self) -> Result | None:
        """What the model sees in the current image."""
        return self._segmentation.result

    def undo(self) -> None:
        """Take the latest edit back."""
        document = self.document
        if document is not None and self.ready:
            edit = document.history.to_undo
            if edit is not None:
                self._revise(document, edit.patch, document.undo)

    def redo(self) -> None:
        """Make what was undone again."""
        document = self.document
        if document is not None and self.ready:
            edit = document.history.to_redo
            if edit is not None:
                self._revise(document, edit.patch, document.redo)

    def _revise(self, document: Document, patch: Patch, revise: Callable[[], Box]) -> None:
        if not self._writable():
            return

        def done(box: Box) -> None:
            self._set_busy(False)
            self._announce(document, box)
            self._edited()

        def failed(error: Exception) -> None:
            self._set_busy(False)
            self._announce(document, patch.box)
            self._edited()
            self.failed.emit(error)

        if len(patch.tiles) > _MANY_TILES:
            self._set_busy(True)
            self._lanes.editing.submit(lambda _job: revise(), done, failed)
            return
        try:
            done(revise())
        except UserError as error:
            failed(error)

    # Previews -----------------------------------------------------------------------------------

    def show_preview(self, work: Callable[[Mask, Job], Region | None], class_id: int) -> None:
        """Show what an edit would change, as soon as a worker has found it; the latest wins."""
        document = self.document
        if document is None or not self.ready:
            return
        rules = self._tools.settings.rules

        def find(job: Job) -> Region | None:
            region = work(document.mask, job)
            if region is None:
                return None
            return document.mask.affected(region.filled(class_id), rules)

        def found(region: Region | None) -> None:
            if document is self.document:
                self.preview, self.preview_class = region, class_id
                self.preview_changed.emit()

        self._lanes.editing.submit(find, found, self.failed.emit, "edit preview")

    def clear_preview(self) -> None:
        """Show none."""
        self._lanes.editing.cancel("edit preview")
        if self.preview is not None:
            self.preview = None
            self.preview_changed.emit()

    # Keeping ------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write what is unsaved, in a worker."""
        project = self._projects.project
        if project is None or project.read_only is not None:
            return

        def write(_job: Job) -> None:
            for image in project.unsaved:
                project.save(image)
            project.store()

        def done(_: None) -> None:
            self.history_changed.emit()

        self._autosave.stop()
        self._lanes.files.submit(write, done, self.failed.emit, "save masks")

    def close(self) -> None:
        """Save before the window goes. Raises `UserError`: then what is left is in the journal."""
        self.cancel_stroke()
        project = self._projects.project
        if project is None or project.read_only is not None:
            return
        for image in project.unsaved:
            project.save(image)
        project.store()

    def discard_recovered(self, images: list[str]) -> None:
        """Throw away what an earlier run could not save."""
        project = self._projects.project
        if project is not None:
            self._lanes.files.submit(
                lambda _job: [project.discard(image) for image in images],
                lambda _: self._reopen(),
                self.failed.emit,
            )

    # How it hangs together ----------------------------------------------------------------------

    def _tool_changed(self) -> None:
        self.cancel_stroke()
        self.clear_preview()
        if self._tools.name != "look":
            self.set_on(True)

    def _project_changed(self) -> None:
        project = self._projects.project
        self._ids = ids_of(project) if project else {}
        self._reopen()

    def _reopen(self) -> None:
        self._close_document()
        self._image_changed()

    def _close_document(self) -> None:
        self.cancel_stroke()
        self.clear_preview()
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
            image = next(reversed(project.images))
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
        if self.classes is not None and self._tools.settings.class_id >= len(self.classes):
            self._tools.set(class_id=0)
        self.document_changed.emit()
        self.history_changed.emit()
        self.status_changed.emit(opened.path)
        self._prediction_came()

    def _prediction_came(self) -> None:
        """A mask that nobody has worked on begins with what the model sees."""
        document, project = self.document, self._projects.project
        if document is None or project is None or not self.ready or project.read_only is not None:
            return
        pristine = not len(document.history) and not project.has_mask(document.image)
        if pristine and self._segmentation.result is not None and self._shared_classes():
            self.accept()

    def _shared_classes(self) -> bool:
        result, classes = self._segmentation.result, self.classes
        try:
            if result is not None and classes is not None:
                in_classes(np.zeros((1, 1), np.uint8), result.classes, classes)
        except UserError:
            return False
        return True

    def _writable(self) -> bool:
        project = self._projects.project
        return project is not None and self._try(project.check_writable)

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except UserError as error:
            self.failed.emit(error)
            return False
        return True

    def _commit(self, patch: Patch | None, name: str, document: Document | None = None) -> None:
        target = document or self.document
        if target is not None and patch is not None:
            self._try(lambda: target.commit(patch, name))
            self._edited()

    def _announce(self, document: Document, box: Box) -> None:
        if document is self.document:
            self.mask_changed.emit(box)

    def _edited(self) -> None:
        project = self._projects.project
        if project is not None and self.document is not None and self._path is not None:
            row = project.images[self.document.image]
            if row.status in ("open", "predicted"):
                self.status_changed.emit(self._path)
        self.history_changed.emit()
        self._autosave.start()

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        self.busy_changed.emit()
