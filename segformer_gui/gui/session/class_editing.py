"""Editing the classes of the project; its undo joins that of the strokes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.classes import IGNORE, Color
from segformer_gui.core.project.class_edits import ClassEdits
from segformer_gui.core.project.project import Project
from segformer_gui.gui.session.batch import Progress
from segformer_gui.gui.session.editing import Editing
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.ports import Job, Lanes
from segformer_gui.gui.session.projects import Projects
from segformer_gui.gui.session.tools import Tools


class ClassEditing(QObject):
    """Adds, renames, recolours, merges and deletes classes, in a worker.

    Merging and deleting go through all masks; `progress` counts them, and cancelling takes
    everything back.
    """

    progress_changed = Signal()
    done = Signal(str, int)  # Name of the edit, and how many masks it has changed.
    failed = Signal(Exception)

    def __init__(
        self, lanes: Lanes, projects: Projects, masks: Masks, editing: Editing, tools: Tools
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._projects = projects
        self._masks = masks
        self._editing = editing
        self._tools = tools
        self._stopped = False
        self.progress: Progress | None = None

    def add(self, name: str, color: Color) -> None:
        """Add a class."""
        self._run("add", lambda edits: edits.add(name, color))

    def change(self, class_id: int, name: str, color: Color) -> None:
        """Give a class another name or colour."""
        classes = self._masks.classes
        if classes is None:
            return
        if color != classes.colors[class_id]:
            self._run("recolor", lambda edits: edits.recolor(class_id, color))
        if name != classes.names[class_id]:
            self._run("rename", lambda edits: edits.rename(class_id, name), queued=True)

    def merge(self, source: int, target: int) -> None:
        """Give all pixels of a class to another one, and end it."""
        self._run("merge", lambda edits: edits.merge(source, target))

    def delete(self, class_id: int) -> None:
        """Unlabel all pixels of a class and end it."""
        self._run("delete", lambda edits: edits.delete(class_id))

    @property
    def can_undo(self) -> bool:
        """Whether Undo may be about the classes."""
        project = self._projects.project
        return project is not None and project.class_edits.to_undo is not None

    @property
    def can_redo(self) -> bool:
        """Whether Redo may be about the classes."""
        project = self._projects.project
        return project is not None and project.class_edits.to_redo is not None

    def undo(self) -> bool:
        """Undo the latest edit of the classes; False where something else is the latest edit."""
        project, document = self._projects.project, self._masks.document
        edit = project.class_edits.to_undo if project else None
        if project is None or edit is None:
            return False
        top = document.history.to_undo if document else None
        if top is not None and top.class_edit is None:
            # A class that was added stays while other masks may have it; strokes go all the same.
            newest = max(project.history(image).newest for image in project.images)
            if top.serial > edit.serial or (edit.name == "add" and newest > edit.serial):
                return False
        self._run("undo", lambda edits: edits.undo())
        return True

    def redo(self) -> bool:
        """Make the edit of the classes again that was undone last; False where that is another."""
        project, document = self._projects.project, self._masks.document
        edit = project.class_edits.to_redo if project else None
        if edit is None:
            return False
        top = document.history.to_redo if document else None
        if top is not None and top.class_edit is None and top.serial < edit.serial:
            return False
        self._run("redo", lambda edits: edits.redo())
        return True

    def cancel(self) -> None:
        """Stop; what was done so far is taken back."""
        self._stopped = True

    def _run(self, name: str, begin: Callable[[ClassEdits], Any], queued: bool = False) -> None:
        """Carry an edit out; a `queued` one follows another that is under way."""
        project = self._projects.project
        if project is None or not (self._editing.ready or queued) or not self._masks.writable():
            return
        self._stopped = False

        def work(job: Job) -> int:
            steps = begin(project.class_edits)
            if not isinstance(steps, Generator):
                return 0
            return self._carry_out(steps, lambda: job.report(self._count, None))

        def ended(images: int) -> None:
            self._end(project, bool(images))
            if not self._stopped:
                self.done.emit(name, images)

        def failed(error: Exception) -> None:
            self._end(project, True)
            self.failed.emit(error)

        self._editing.set_busy(True)
        self.progress = Progress(sum(map(project.has_mask, project.images)))
        self.progress_changed.emit()
        self._lanes.editing.submit(work, ended, failed)

    def _carry_out(self, steps: Generator[str, None, None], report: Callable[[], object]) -> int:
        images = 0
        for _ in steps:
            images += 1
            report()
            if self._stopped:
                steps.close()
        return images

    def _count(self, _: None) -> None:
        if self.progress is not None:
            self.progress.done += 1
            self.progress_changed.emit()

    def _end(self, project: Project, in_masks: bool) -> None:
        self.progress = None
        self.progress_changed.emit()
        self._editing.set_busy(False)
        self._put_ended_classes_away(project)
        self._projects.classes_changed.emit()
        if in_masks and self._masks.mask is not None:
            self._editing.mask_changed.emit(self._masks.mask.box)
        self._editing.history_changed.emit()
        self._masks.status_changed.emit()

    def _put_ended_classes_away(self, project: Project) -> None:
        """No tool has a class in hand, or locked, that there is no more."""
        ids, settings = project.classes.ids, self._tools.settings
        if not ids:
            return
        chosen = settings.class_id if settings.class_id in (*ids, IGNORE) else ids[0]
        only = settings.only_over if settings.only_over in ids else ids[0]
        self._tools.set(class_id=chosen, only_over=only, locked=settings.locked & {*ids})
