"""The window's part of editing classes: what its actions ask for and tell."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.classes import distinct_color
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.class_dialogs import ClassDialog, MergeDialog
from segformer_gui.gui.message_bar import MessageBar
from segformer_gui.gui.session.session import Session


class ClassParts(QObject):
    """Makes the actions of the class list work; they are about the class in hand."""

    def __init__(
        self, session: Session, actions: Actions, messages: MessageBar, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._session = session
        self._actions = actions
        self._messages = messages
        self._window = window
        actions.handle(
            {
                "class_add": self._add,
                "class_edit": self._edit,
                "class_merge": self._merge,
                "class_delete": lambda: session.class_editing.delete(
                    session.tools.settings.class_id
                ),
            }
        )
        for signal in (
            session.masks.document_changed,
            session.editing.busy_changed,
            session.tools.settings_changed,
            session.projects.classes_changed,
        ):
            signal.connect(self._update)
        session.class_editing.done.connect(self._tell)
        self._update()

    def _update(self) -> None:
        session = self._session
        classes, chosen = session.masks.classes, session.tools.settings.class_id
        ready = session.editing.ready
        of_one = ready and classes is not None and chosen in classes.ids
        self._actions["class_add"].setEnabled(ready)
        self._actions["class_edit"].setEnabled(of_one)
        for action_id in ("class_merge", "class_delete"):
            several = classes is not None and len(classes.ids) > 1
            self._actions[action_id].setEnabled(of_one and several)

    def _add(self) -> None:
        session, classes = self._session, self._session.masks.classes
        if classes is None:
            return
        color = distinct_color(len(classes))
        palette = session.view.palette
        dialog = ClassDialog(self.tr("Add class"), "", color, palette, self._window)
        dialog.accepted.connect(
            lambda: session.class_editing.add(dialog.name.text().strip(), dialog.color)
        )
        dialog.open()

    def _edit(self) -> None:
        session, classes = self._session, self._session.masks.classes
        chosen = session.tools.settings.class_id
        if classes is None or chosen == UNLABELLED:
            return
        name, color = classes.names[chosen], classes.colors[chosen]
        palette = session.view.palette
        dialog = ClassDialog(self.tr("Name and colour"), name, color, palette, self._window)
        dialog.accepted.connect(
            lambda: session.class_editing.change(chosen, dialog.name.text().strip(), dialog.color)
        )
        dialog.open()

    def _merge(self) -> None:
        session, classes = self._session, self._session.masks.classes
        chosen = session.tools.settings.class_id
        if classes is None or chosen == UNLABELLED:
            return
        dialog = MergeDialog(classes, chosen, self._window)
        dialog.accepted.connect(
            lambda: session.class_editing.merge(chosen, dialog.target.currentData())
        )
        dialog.open()

    def _tell(self, name: str, images: int) -> None:
        """Merging and deleting reach masks that are not seen."""
        if name not in ("merge", "delete"):
            return
        sentence = self.tr("The class was deleted. Masks that changed: {count}")
        if name == "merge":
            sentence = self.tr("The two classes are one now. Masks that changed: {count}")
        self._messages.show_message("success", sentence.format(count=images))
        self._messages.offer(self.tr("Undo"), self._actions["undo"].trigger)
