"""Correcting the open mask: strokes and other edits, undo, previews; the one way to change it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.annotation.brush import Stroke
from segformer_gui.core.annotation.mask import FREE, Mask, Rules
from segformer_gui.core.annotation.patch import Patch
from segformer_gui.core.annotation.predicted import accepted, class_ids, in_classes
from segformer_gui.core.annotation.region import Box, Change, Region
from segformer_gui.core.classes import IGNORE
from segformer_gui.core.errors import UserError
from segformer_gui.core.project.document import Document
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.ports import Job, Lanes, Result
from segformer_gui.gui.session.projects import Projects
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.tools import Tools

_MANY_TILES = 64  # A patch of more is undone in a worker.

Work = Callable[[Mask, Job], Change | None]


class Editing(QObject):
    """Edits the mask that is open. While `busy`, a worker has it."""

    mask_changed = Signal(object)  # A Box: what may have other class ids.
    history_changed = Signal()
    busy_changed = Signal()
    preview_changed = Signal()
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        segmentation: Segmentation,
        projects: Projects,
        masks: Masks,
        tools: Tools,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._segmentation = segmentation
        self._projects = projects
        self._masks = masks
        self._tools = tools
        self._stroke: Stroke | None = None
        self._drawn_on: Document | None = None
        self.preview: Region | None = None
        self.preview_class = 0
        self.busy = False
        tools.changed.connect(self._tool_changed)
        masks.document_changed.connect(self._document_changed)
        segmentation.changed.connect(self._prediction_came)

    @property
    def ready(self) -> bool:
        """Whether an edit can begin now."""
        return self._masks.document is not None and not self.busy and self._stroke is None

    # Strokes ------------------------------------------------------------------------------------

    def begin_stroke(self, class_id: int) -> bool:
        """Begin to draw; False where that cannot be now."""
        document = self._masks.document
        if document is None or not self.ready or not self._masks.writable():
            return False
        settings = self._tools.settings
        self._drawn_on = document
        self._stroke = Stroke(document.mask, settings.brush, class_id, settings.rules)
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
        if self._stroke is not None and self._drawn_on is not None:
            patch, self._stroke = self._stroke.end(), None
            self._commit(self._drawn_on, patch, name)

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
        document = self._masks.document
        if document is None or not self.ready or not self._masks.writable():
            return
        allowed = self._tools.settings.rules if rules is None else rules

        def carry_out(job: Job) -> Patch | None:
            change = work(document.mask, job)
            return None if change is None else document.mask.edit(change, allowed, touch)

        def done(patch: Patch | None) -> None:
            self.set_busy(False)
            self.clear_preview()
            if patch is not None:
                self._announce(document, patch.box)
            self._commit(document, patch, name, touch)

        def failed(error: Exception) -> None:
            self.set_busy(False)
            self.failed.emit(error)

        self.set_busy(True)
        self._lanes.editing.submit(carry_out, done, failed)

    def accept(self, class_id: int | None = None, region: Region | None = None) -> None:
        """Take the prediction over: whole, one class of it, or what lies in a region.

        Corrections stay, but for those in a region: who draws around them means them.
        """

        def change(mask: Mask, _job: Job) -> Change | None:
            prediction = self.predicted()
            if prediction is None:
                return None
            found = accepted(mask, prediction, class_id, over_touched=region is not None)
            return found if region is None else found.within(region)

        self.edit(change, "accept", touch=False, rules=FREE)

    def predicted(self) -> NDArray[np.uint8] | None:
        """The prediction in the ids of the mask; a worker's."""
        result, classes = self._segmentation.result, self._masks.classes
        if result is None or classes is None:
            return None
        return in_classes(result.labels, result.classes, classes)

    @property
    def prediction(self) -> Result | None:
        """What the model sees in the current image."""
        return self._segmentation.result

    def undo(self) -> None:
        """Take the latest edit back."""
        document = self._masks.document
        if document is not None and self.ready:
            edit = document.history.to_undo
            if edit is not None:
                self._revise(document, edit.patch, document.undo)

    def redo(self) -> None:
        """Make what was undone again."""
        document = self._masks.document
        if document is not None and self.ready:
            edit = document.history.to_redo
            if edit is not None:
                self._revise(document, edit.patch, document.redo)

    def _revise(self, document: Document, patch: Patch, revise: Callable[[], Box]) -> None:
        if not self._masks.writable():
            return

        def done(box: Box) -> None:
            self.set_busy(False)
            self._announce(document, box)
            self._edited(document, by_person=False)

        def failed(error: Exception) -> None:
            self.set_busy(False)
            self._announce(document, patch.box)
            self._edited(document, by_person=False)
            self.failed.emit(error)

        if len(patch.tiles) > _MANY_TILES:
            self.set_busy(True)
            self._lanes.editing.submit(lambda _job: revise(), done, failed)
            return
        try:
            done(revise())
        except UserError as error:
            failed(error)

    # Previews -----------------------------------------------------------------------------------

    def show_preview(self, work: Callable[[Mask, Job], Region | None], class_id: int) -> None:
        """Show what an edit would change, as soon as a worker has found it; the latest wins."""
        document = self._masks.document
        if document is None or not self.ready:
            return
        rules = self._tools.settings.rules

        def find(job: Job) -> Region | None:
            region = work(document.mask, job)
            if region is None:
                return None
            return document.mask.affected(region.filled(class_id), rules)

        def found(region: Region | None) -> None:
            if document is self._masks.document:
                self.preview, self.preview_class = region, class_id
                self.preview_changed.emit()

        self._lanes.editing.submit(find, found, self.failed.emit, "edit preview")

    def clear_preview(self) -> None:
        """Show none."""
        self._lanes.editing.cancel("edit preview")
        if self.preview is not None:
            self.preview = None
            self.preview_changed.emit()

    # How it hangs together ----------------------------------------------------------------------

    def set_busy(self, busy: bool) -> None:
        """A worker takes the mask, or gives it back."""
        self.busy = busy
        self.busy_changed.emit()

    def _tool_changed(self) -> None:
        self.cancel_stroke()
        self.clear_preview()
        if self._tools.name != "look":
            self._masks.set_on(True)

    def _document_changed(self) -> None:
        self.cancel_stroke()
        self.clear_preview()
        if not self._masks.on:
            self._tools.choose("look")
        classes, chosen = self._masks.classes, self._tools.settings.class_id
        if classes is not None and len(classes) <= chosen < IGNORE:
            self._tools.set(class_id=0)
        self.history_changed.emit()
        self._prediction_came()

    def _prediction_came(self) -> None:
        """A mask that nobody has worked on begins with what the model sees."""
        document, project = self._masks.document, self._projects.project
        if document is None or project is None or not self.ready or project.read_only is not None:
            return
        pristine = not len(document.history) and not project.has_mask(document.image)
        if pristine and self._segmentation.result is not None and self._shared_classes():
            self.accept()

    def _shared_classes(self) -> bool:
        result, classes = self._segmentation.result, self._masks.classes
        if result is None or classes is None:
            return False
        return set(class_ids(result.classes, classes)) != {IGNORE}

    def _commit(
        self, document: Document, patch: Patch | None, name: str, touch: bool = True
    ) -> None:
        if patch is not None:
            try:
                document.commit(patch, name)
            except UserError as error:
                self.failed.emit(error)
            self._edited(document, touch)

    def _announce(self, document: Document, box: Box) -> None:
        if document is self._masks.document:
            self.mask_changed.emit(box)

    def _edited(self, document: Document, by_person: bool) -> None:
        if document is self._masks.document:
            self._masks.edited(by_person)
        self.history_changed.emit()
