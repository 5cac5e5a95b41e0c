"""The window's part of the mask editor: its dock, and what its actions do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QMainWindow

from segformer_gui.core.annotation.mask import FREE, UNLABELLED, Mask
from segformer_gui.core.annotation.morphology import (
    closed,
    gaps_filled,
    holes_filled,
    islands_removed,
    opened,
)
from segformer_gui.core.annotation.predicted import class_ids, copied, gaps_predicted
from segformer_gui.core.annotation.region import Change
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.canvas.view import Canvas
from segformer_gui.gui.class_parts import ClassParts
from segformer_gui.gui.docks.mask import MaskDock
from segformer_gui.gui.message_bar import MessageBar
from segformer_gui.gui.session.ports import Job
from segformer_gui.gui.session.review import DOUBTS, Visit
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.tools import TOOLS

_BRUSH_STEP = 1.25
_LARGEST_SCALE = 8.0
_SHOWN_MS = 5000


class EditParts(QObject):
    """The dock of the mask editor, added to a window; its actions work from then on."""

    def __init__(
        self,
        session: Session,
        actions: Actions,
        canvas: Canvas,
        messages: MessageBar,
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._actions = actions
        self._canvas = canvas
        self._messages = messages
        self._window = window
        self._told: object = None  # Which classes were said to be unknown.
        self.dock = MaskDock(session, actions, window)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock)
        self._classes = ClassParts(session, actions, messages, window)
        self._connect_actions()
        editing, masks = session.editing, session.masks
        for signal in (
            masks.document_changed,
            editing.history_changed,
            editing.busy_changed,
            masks.status_changed,
            session.tools.changed,
            session.images.pixels_changed,
            session.segmentation.changed,
            session.models.ready_changed,
            session.projects.changed,
            session.projects.classes_changed,
            session.lab.corrupted.changed,
            session.lab.rival.clean.changed,
        ):
            signal.connect(self._update)
        session.tools.changed.connect(self._tool_changed)
        session.projects.restorable.connect(self._offer_to_discard)
        session.projects.follows_model.connect(self._tell_of_other_project)
        session.masks.found_again.connect(self._tell_of_found)
        session.masks.document_changed.connect(self._tell_of_unknown_classes)
        session.models.ready_changed.connect(self._tell_of_unknown_classes)
        session.projects.images_found.connect(self._open_images)
        session.review.found.connect(self._fly_to)
        session.review.nothing_found.connect(self._tell_of_no_doubt)
        self._update()

    def retint(self) -> None:
        """Take the theme's colours."""
        self.dock.retint()

    def cancel(self) -> bool:
        """Escape: give up what the tool does, or put it away; False where there was none."""
        if self._canvas.cancel_tool():
            return True
        if self._session.tools.name != "look":
            self._session.tools.choose("look")
            return True
        return False

    @property
    def can_cancel(self) -> bool:
        """Whether Escape has anything to do here."""
        return self._session.tools.name != "look"

    def _connect_actions(self) -> None:
        session, tools = self._session, self._session.tools
        editing, masks = session.editing, session.masks
        self._actions.handle(
            {
                "undo": lambda: session.class_editing.undo() or editing.undo(),
                "redo": lambda: session.class_editing.redo() or editing.redo(),
                "new_project": self._new_project,
                "open_project": self._open_project,
                "save_masks": masks.save,
                "edit_masks": lambda: masks.set_on(not masks.on),
                "brush_larger": lambda: tools.resize_brush(_BRUSH_STEP),
                "brush_smaller": lambda: tools.resize_brush(1 / _BRUSH_STEP),
                "class_next": partial(self._step_class, 1),
                "class_previous": partial(self._step_class, -1),
                "lock_class": lambda: tools.toggle_lock(tools.settings.class_id),
                "accept": editing.accept,
                "accept_class": lambda: editing.accept(tools.settings.class_id),
                "copy_mask": self._copy_previous,
                "next_suspect": session.review.go_on,
                "previous_suspect": session.review.go_back,
                "hold_out": self._set_hold_out,
                **{f"doubt_{doubt}": partial(session.review.set_doubt, doubt) for doubt in DOUBTS},
                "checked": self._set_checked,
                "next_unchecked": self._next_unchecked,
                **{f"tool_{name}": partial(tools.choose, name) for name in TOOLS},
                **{name: partial(self._tidy, name) for name in _TIDY},
            }
        )
        for number in range(10):
            key = QShortcut(QKeySequence(str(number)), self._window)
            key.activated.connect(partial(self._pick_class, number))

    def _update(self) -> None:
        session, editing, masks = self._session, self._session.editing, self._session.masks
        document, ready = masks.document, editing.ready
        shown = session.images.picture is not None
        predicted = session.segmentation.result is not None
        history = document.history if document else None
        current = session.images.current
        row = masks.row(current) if current else None
        enabled = {
            "undo": ready and bool((history and history.to_undo) or session.class_editing.can_undo),
            "redo": ready and bool((history and history.to_redo) or session.class_editing.can_redo),
            "new_project": masks.classes is not None or session.models.ready is not None,
            "save_masks": session.projects.project is not None,
            "edit_masks": shown,
            "accept": ready and predicted,
            "accept_class": ready and predicted,
            "copy_mask": ready and session.images.neighbour(-1) is not None,
            "next_suspect": ready and predicted,
            "previous_suspect": ready and predicted,
            "hold_out": row is not None,
            **{f"doubt_{doubt}": session.review.can(doubt) for doubt in DOUBTS},
            "checked": ready,
            "next_unchecked": bool(session.images.listed),
            **{f"tool_{name}": shown for name in TOOLS},
            **dict.fromkeys(_TIDY, ready),
            "gaps_predicted": ready and predicted,
        }
        for action_id, on in enabled.items():
            self._actions[action_id].setEnabled(on)
        self._actions["edit_masks"].setChecked(masks.on)
        self._actions[f"doubt_{session.review.doubt}"].setChecked(True)
        self._actions["checked"].setChecked(row is not None and row.status == "checked")
        self._actions["hold_out"].setChecked(row is not None and row.hold_out)

    def _tool_changed(self) -> None:
        if self._session.tools.name == "look":
            return
        # Masks are those of the clean image, alone.
        if self._canvas.isHidden():
            self._session.view.set_arrangement("single")
            self._session.lab.clear()
        if self.dock.isHidden():
            self.dock.show()
        self.dock.raise_()

    # Classes ------------------------------------------------------------------------------------

    def _step_class(self, by: int) -> None:
        classes = self._session.masks.classes
        if classes is None:
            return
        ids = classes.ids
        now = self._session.tools.settings.class_id
        place = ids.index(now) + by if now in ids else 0
        self._session.tools.set(class_id=ids[place % len(ids)])

    def _pick_class(self, number: int) -> None:
        classes = self._session.masks.classes
        if classes is not None and number <= len(classes.ids):
            class_id = classes.ids[number - 1] if number else UNLABELLED
            self._session.tools.set(class_id=class_id)

    def _set_checked(self) -> None:
        current = self._session.images.current
        if current is not None:
            self._session.masks.set_checked([current], self._actions["checked"].isChecked())

    def _set_hold_out(self) -> None:
        current = self._session.images.current
        if current is not None:
            self._session.masks.set_hold_out([current], self._actions["hold_out"].isChecked())

    # Whole masks --------------------------------------------------------------------------------

    def _tidy(self, name: str) -> None:
        settings, editing = self._session.tools.settings, self._session.editing
        chosen, radius, island = settings.class_id, settings.radius_px, settings.island_px

        def change(mask: Mask, _job: Job) -> Change | None:
            if name == "gaps_predicted":
                prediction = editing.predicted()
                return None if prediction is None else gaps_predicted(mask, prediction)
            makers: dict[str, Callable[[], Change]] = {
                "gaps_nearest": lambda: gaps_filled(mask.labels),
                "holes": lambda: holes_filled(mask.labels, chosen),
                "islands": lambda: islands_removed(mask.labels, island),
                "opened": lambda: opened(mask.labels, chosen, radius),
                "closed": lambda: closed(mask.labels, chosen, radius),
            }
            return makers[name]()

        editing.edit(change, name, touch=name != "gaps_predicted")

    def _copy_previous(self) -> None:
        """The labels of the image before."""
        session = self._session
        path = session.images.neighbour(-1)
        project = session.projects.project
        if path is None or project is None:
            return
        row = session.masks.row(path)

        def change(mask: Mask, _job: Job) -> Change | None:
            return copied(mask, project.document(row.id).mask.labels) if row else None

        session.editing.edit(change, "copy_mask", rules=FREE)

    def _next_unchecked(self) -> None:
        """The next image of the list that is not checked, from the current one on, and around."""
        images, masks = self._session.images, self._session.masks
        row = images.row(images.current)
        start = 0 if row is None else row + 1
        for path in [*images.listed[start:], *images.listed[:start]]:
            if masks.status(path) != "checked":
                images.select(path)
                return
        self._window.statusBar().showMessage(self.tr("All images are checked"), _SHOWN_MS)

    def _fly_to(self, visit: Visit) -> None:
        """Show a region, with some of what is around it."""
        canvas, box = self._canvas, visit.box
        text = self.tr("Doubtful region {number}, {left} more")
        text = text.format(number=visit.number, left=visit.left)
        self._window.statusBar().showMessage(text, _SHOWN_MS)
        height, width = box.shape
        room = 0.5 * min(canvas.width() / max(1, width), canvas.height() / max(1, height))
        centre = QPointF((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        canvas.look_at(centre, min(room, _LARGEST_SCALE))

    def _tell_of_no_doubt(self) -> None:
        text = self.tr("No region is in doubt that you have not corrected")
        self._window.statusBar().showMessage(text, _SHOWN_MS)

    # Projects -----------------------------------------------------------------------------------

    def _new_project(self) -> None:
        ready = self._session.models.ready
        classes = self._session.masks.classes or (ready.classes if ready else None)
        folder = QFileDialog.getExistingDirectory(
            self._window,
            self.tr("Folder of the new project"),
            self._session.settings.open_folder,
        )
        if folder and classes is not None:
            self._session.projects.create(Path(folder), classes, self._session.images.paths)

    def _open_project(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self._window, self.tr("Open project"), self._session.settings.open_folder
        )
        if folder:
            self._session.projects.open(Path(folder))

    def _open_images(self, paths: list[Path]) -> None:
        def found(there: list[Path]) -> None:
            if there:
                self._session.images.open(there)
            gone = [path for path in paths if path not in set(there)]
            if gone:
                text = self.tr("{count} images of the project are not where they were.")
                hint = self.tr("Open the folder that they are in now: they are found again.")
                lines = "\n".join(map(str, gone))
                self._messages.show_message("warning", text.format(count=len(gone)), hint, lines)

        self._session.prepare(lambda: [path for path in paths if path.exists()], found)

    def _tell_of_found(self, count: int) -> None:
        text = self.tr("{count} images of the project were found at their new place.")
        self._messages.show_message("success", text.format(count=count))

    def _tell_of_other_project(self) -> None:
        text = self.tr("This model has other classes: its corrections are kept apart.")
        hint = self.tr("Those made before come back with their model.")
        self._messages.show_message("success", text, hint)

    def _tell_of_unknown_classes(self) -> None:
        """A project of a person's own may lack classes of the model, or call them otherwise."""
        projects, ready = self._session.projects, self._session.models.ready
        project = projects.project
        if project is None or ready is None or projects.is_own or not self._session.masks.on:
            return
        told = project.folder, ready.classes.names, project.classes.names
        ids = class_ids(ready.classes, project.classes)
        unknown = [
            name
            for name, class_id in zip(ready.classes.names, ids, strict=True)
            if class_id == UNLABELLED
        ]
        if not unknown or told == self._told:
            return
        self._told = told
        text = self.tr("{count} of the model's {total} classes are not in the project.").format(
            count=len(unknown), total=len(ids)
        )
        hint = self.tr("What is predicted as one of them stays unlabelled; classes go by name.")
        self._messages.show_message("warning", text, hint, ", ".join(unknown))

    def _offer_to_discard(self, images: list[str]) -> None:
        """Work that was not saved comes back by itself; a person may not want it."""
        sentence = self.tr(
            "Corrections of {count} images that were not saved have been brought back."
        ).format(count=len(images))
        hint = self.tr("You see them when you edit these images; then they are saved, too.")
        self._messages.show_message("warning", sentence, hint, ", ".join(images))
        self._messages.offer(self.tr("Discard them"), lambda: self._discard(images))

    def _discard(self, images: list[str]) -> None:
        self._session.masks.discard_recovered(images)
        self._messages.hide()


_TIDY = ("gaps_nearest", "gaps_predicted", "holes", "islands", "opened", "closed")
