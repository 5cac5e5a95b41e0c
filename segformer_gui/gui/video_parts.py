"""The window's part of videos: the bar under the canvas, and what its actions do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QInputDialog, QMainWindow, QMessageBox

from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.video.work import VideoFiles, VideoWork
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.message_bar import MessageBar
from segformer_gui.gui.messages import note_sentence, sentence_and_hint
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.smoothing import STRENGTHS
from segformer_gui.gui.video_bar import VideoBar
from segformer_gui.gui.video_dialog import VideoExportDialog

if TYPE_CHECKING:
    from segformer_gui.core.video.steadiness import Steadiness

PROPOSED_FRAMES = 10


class VideoParts(QObject):
    """The bar of videos; its actions work from then on."""

    def __init__(
        self, session: Session, actions: Actions, messages: MessageBar, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._session = session
        self._actions = actions
        self._messages = messages
        self._window = window
        self.bar = VideoBar(session, actions, window)
        self._connect_actions()
        player = session.player
        for signal in (
            player.changed,
            player.state_changed,
            session.models.ready_changed,
            session.video_export.progress_changed,
            session.masks.document_changed,
            session.images.current_changed,
        ):
            signal.connect(self._update)
        session.tools.changed.connect(self._tool_changed)
        player.noted.connect(self._show_note)
        session.live.told.connect(self._show_live_state)
        session.frames.proposed.connect(self._proposed)
        session.video_export.finished.connect(self._finished)
        self._update()

    def retint(self) -> None:
        """Take the theme's colours."""
        self.bar.retint()

    def _connect_actions(self) -> None:
        player, frames = self._session.player, self._session.frames
        handlers: dict[str, Callable[[], object]] = {
            "video_live": self._open_live,
            "video_play": player.toggle,
            "video_on": partial(player.step, 1),
            "video_back": partial(player.step, -1),
            "video_on_10": partial(player.step, 10),
            "video_back_10": partial(player.step, -10),
            "video_loop": lambda: player.set_loop(self._actions["video_loop"].isChecked()),
            "video_first": player.mark_first,
            "video_last": player.mark_last,
            "video_unmark": player.unmark,
            "video_moving": lambda: player.set_moving(self._actions["video_moving"].isChecked()),
            "video_smooth": self._smooth,
            **{
                f"video_smooth_{strength:g}": partial(player.set_smoothing, strength)
                for strength in STRENGTHS
            },
            "video_correct": frames.correct,
            "video_propose": partial(frames.propose, PROPOSED_FRAMES),
            "video_measure": self._measure,
            "video_export": self._export,
        }
        for action_id, handler in handlers.items():
            self._actions[action_id].triggered.connect(lambda _=False, do=handler: do())

    def _update(self) -> None:
        session = self._session
        player = session.player
        shown = player.video is not None
        ready = session.models.ready is not None and not session.models.loading
        idle = session.video_export.progress is None
        for action_id in ("play", "on", "back", "on_10", "back_10", "loop", "first", "last"):
            self._actions[f"video_{action_id}"].setEnabled(shown)
        enabled = {
            "unmark": shown and (player.first, player.last) != (0, len(player.times) - 1),
            "moving": shown,
            "smooth": shown,
            **{f"smooth_{strength:g}": shown for strength in STRENGTHS},
            "correct": shown and ready,
            "propose": session.frames.can_propose(),
            "measure": shown and ready and idle,
            "export": shown and ready and idle,
        }
        for action_id, on in enabled.items():
            self._actions[f"video_{action_id}"].setEnabled(on)
        self._actions["video_loop"].setChecked(player.loop)
        self._actions["video_moving"].setChecked(player.moving)
        self._actions["video_smooth"].setChecked(player.smoothing.amount > 0)
        self._actions[f"video_smooth_{player.smoothing.strength:g}"].setChecked(True)

    def _smooth(self) -> None:
        """On, as strong as it was, or off: to see what it does."""
        player = self._session.player
        player.set_smoothing(0 if player.smoothing.amount else player.smoothing.strength)

    def _tool_changed(self) -> None:
        """Who takes a brush in hand wants to correct the frame."""
        if self._session.tools.name != "look" and self._session.player.video is not None:
            self._session.frames.correct()

    def _measure(self) -> None:
        player = self._session.player
        work = VideoWork(
            start=player.first,
            stop=player.last + 1,
            condition=self._session.lab.condition,
            moving=player.moving,
            smoothing=player.smoothing.amount,
            measured=True,
        )
        self._session.video_export.start(work, VideoFiles())

    def _export(self) -> None:
        dialog = VideoExportDialog(self._session, self._window)
        dialog.accepted.connect(lambda: self._start_export(dialog))
        dialog.open()

    def _start_export(self, dialog: VideoExportDialog) -> None:
        path = self._session.player.path
        if path is None:
            return
        files, work = dialog.files(path), dialog.work()
        self._session.change_settings(export_folder=str(dialog.chosen_folder()))
        movies = [file for file in (files.overlay, files.side_by_side) if file]
        existing = [file for file in movies if file.exists()]
        if not existing:
            self._session.video_export.start(work, files)
            return
        question = QMessageBox(self._window)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle(self.tr("Export video"))
        question.setText(self.tr("Files that exist already: {count}").format(count=len(existing)))
        question.setInformativeText("\n".join(file.name for file in existing))
        overwrite = question.addButton(self.tr("Overwrite"), QMessageBox.ButtonRole.AcceptRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        overwrite.clicked.connect(lambda: self._session.video_export.start(work, files))
        question.open()

    def _finished(self, files: VideoFiles, summary: object) -> None:
        from segformer_gui.core.video.export import VideoSummary

        assert isinstance(summary, VideoSummary)
        written = [file for file in (files.overlay, files.side_by_side, files.masks) if file]
        if summary.frames == 1:
            sentence = self.tr("One frame was segmented.")
        else:
            sentence = self.tr("{count} frames were segmented in {seconds:.0f} s.").format(
                count=summary.frames, seconds=summary.seconds
            )
        hints = [note_sentence(note) for note in summary.notes]
        if summary.steadiness is not None:
            hints.append(self._flips(summary.steadiness, summary.unsmoothed))
        kind = "warning" if summary.notes else "success"
        self._messages.show_message(kind, sentence, " ".join(hints))
        if written:
            self._messages.offer(self.tr("Open folder"), partial(_open, written[0].parent))

    def _flips(self, steadiness: Steadiness, unsmoothed: Steadiness | None) -> str:
        plain, moved = map(_percent, steadiness.rates)
        if unsmoothed is None:
            text = self.tr(
                "A pixel changes its class in {plain} of the frames, {moved} without the motion of "
                "the picture."
            )
            return text.format(plain=plain, moved=moved)
        before, moved_before = map(_percent, unsmoothed.rates)
        text = self.tr(
            "Flip rate {plain}, without smoothing {before}. Without the motion of the picture "
            "{moved}, without smoothing {moved_before}."
        )
        return text.format(plain=plain, before=before, moved=moved, moved_before=moved_before)

    def _open_live(self) -> None:
        address, accepted = QInputDialog.getText(
            self._window,
            self.tr("Open camera or stream"),
            self.tr("rtsp://…, http://…, or camera:0 for the first camera"),
            text=self._session.live.address or "camera:0",
        )
        if accepted and address.strip():
            self._session.live.open(address.strip())

    def _show_live_state(self, state: str, error: UserError | None) -> None:
        address = self._session.live.address
        if address is None:
            return
        if error is not None:
            self._messages.show_message("warning", *sentence_and_hint(error))
        elif state == "playing":
            playing = self.tr("{address} is shown as it comes.").format(address=address)
            self._messages.show_message("success", playing)

    def _proposed(self, count: int) -> None:
        if count == 0:
            self._messages.show_message(
                "warning", self.tr("There is no further frame to propose for.")
            )
            return
        sentence = self.tr("Masks were proposed for {count} frames.").format(count=count)
        hint = self.tr("They count as predicted until you correct or check them.")
        self._messages.show_message("success", sentence, hint)

    def _show_note(self, note: Note) -> None:
        self._messages.show_message("warning", note_sentence(note))


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.2f} %"


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
