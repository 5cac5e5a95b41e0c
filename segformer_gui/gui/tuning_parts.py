"""The window's part of fine-tuning: its docks, what its actions do, and what closing asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox

from segformer_gui.core.errors import Note
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.docks.tuning import TuningDock
from segformer_gui.gui.docks.versions import VersionsDock
from segformer_gui.gui.message_bar import MessageBar
from segformer_gui.gui.messages import note_sentence
from segformer_gui.gui.session.session import Session


class TuningParts(QObject):
    """Docks of fine-tuning, added to a window; its actions work from then on."""

    def __init__(
        self, session: Session, actions: Actions, messages: MessageBar, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._session = session
        self._actions = actions
        self._messages = messages
        self._window = window
        self._asked = False
        self.dock = TuningDock(session, window)
        self.versions = VersionsDock(session, actions, window)
        self.docks = (self.dock, self.versions)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.versions)
        runs = session.runs
        handlers: dict[str, Callable[[], object]] = {
            "fine_tune": self.show,
            "pause_run": runs.pause_or_go_on,
            "stop_run": runs.stop,
            "follow_run": self._follow,
            "roll_back": session.versions.roll_back,
        }
        for action_id, handler in handlers.items():
            actions[action_id].triggered.connect(lambda _=False, do=handler: do())
        for signal in (runs.changed, session.versions.changed, session.models.ready_changed):
            signal.connect(self._update)
        runs.finished.connect(self._finished)
        runs.adopted.connect(self._adopted)
        session.versions.exported.connect(self._exported)
        self._update()

    def retint(self) -> None:
        """Take the theme's colours."""
        self.dock.retint()

    def show(self) -> None:
        """Bring the dock to the front, with what has been corrected by now."""
        self.dock.show()
        self.dock.raise_()
        if not self._session.tuning.reading:
            self._session.tuning.read()

    def asks_before_closing(self) -> bool:
        """Whether the window has to wait for an answer: a run goes on."""
        if self._asked or not self._session.runs.live:
            return False
        question = QMessageBox(self._window)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle(self.tr("Close"))
        question.setText(self.tr("A model is being trained."))
        question.setInformativeText(
            self.tr(
                "The training does not need the window. It can go on, and be followed when the"
                " window is opened again."
            )
        )
        keep = question.addButton(self.tr("Keep running"), QMessageBox.ButtonRole.AcceptRole)
        stop = question.addButton(self.tr("Stop it"), QMessageBox.ButtonRole.DestructiveRole)
        stop.setToolTip(self.tr("After its step, with a checkpoint to go on from"))
        question.addButton(QMessageBox.StandardButton.Cancel)
        question.setDefaultButton(keep)
        keep.clicked.connect(self._close)
        stop.clicked.connect(lambda: self._session.runs.stop(self._close))
        question.open()
        return True

    def _close(self) -> None:
        self._asked = True
        self._window.close()

    def _update(self) -> None:
        runs = self._session.runs
        state = runs.progress.state if runs.progress else None
        can_go_on = state in ("paused", "stopped", "failed", "killed")
        enabled = {
            "pause_run": state in ("training", "proving") or can_go_on,
            "stop_run": runs.live,
            "roll_back": self._session.versions.can_roll_back,
        }
        for action_id, on in enabled.items():
            self._actions[action_id].setEnabled(on)

    def _follow(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Folder of a run"))
        if folder:
            self._session.runs.attach(Path(folder))
            self.show()

    # Messages -----------------------------------------------------------------------------------

    def _finished(self) -> None:
        proof = self._session.runs.proof
        sentence, kind = self.tr("The training is finished."), "success"
        hint = ""
        if proof is not None:
            hint = note_sentence(Note(proof["verdict"], proof["parameters"]))
            kind = "success" if proof["verdict"] == "proof_better" else "warning"
        self._messages.show_message(kind, sentence, hint)
        self._messages.offer(self.tr("Show the result"), self.show)

    def _adopted(self, name: str) -> None:
        sentence = self.tr("{name} is kept, and in use.").format(name=name)
        self._messages.show_message("success", sentence)
        self._messages.offer(self.tr("Versions"), self._show_versions)

    def _show_versions(self) -> None:
        self.versions.show()
        self.versions.raise_()

    def _exported(self, path: Path, difference: float | None) -> None:
        hint = ""
        if difference is not None:
            hint = self.tr(
                "Its logits in onnxruntime differ from the network's by {difference:.1g} at most."
            ).format(difference=difference)
        sentence = self.tr("{path} was written.").format(path=path)
        self._messages.show_message("success", sentence, hint)
