"""The bar under the canvas that plays a video: time line, buttons, speed, input size."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.errors import UserError
from segformer_gui.core.video.video import open_video, reduced
from segformer_gui.gui import theme
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.session.ports import Job
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.video import SPEEDS
from segformer_gui.gui.still_label import StillLabel
from segformer_gui.gui.timeline import Timeline

_BUTTONS = (
    *("video_back", "video_play", "video_on", "video_loop"),
    *("video_first", "video_last", "video_smooth"),
)
_SIZES = ("256", "320", "384", "512", "720")
_PICTURE_PX = (96, 34)
_BUTTON_PX = 32  # The style would give 38, which the text beside them needs more.
_LEAST_PX = 56  # What a label or a choice can be pressed to before the window has to grow.


class _Place(QLabel):
    """One line that ends in dots where the bar is too narrow for it."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The text, as far as there is room."""
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        QPainter(self).drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)


class VideoBar(QWidget):
    """Shown while the current entry of the list is a video."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._actions = actions
        self.timeline = Timeline(self)
        self.timeline.sought.connect(session.player.seek)
        self.place = StillLabel(self, _Place())
        self.speed = QComboBox(self)
        self.speed.setAccessibleName(self.tr("Speed"))
        self.speed.setToolTip(self.tr("Seconds of the video a second"))
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}x", speed)
        self.speed.activated.connect(lambda row: session.player.set_speed(self.speed.itemData(row)))
        self.size_choice = QComboBox(self)
        self.size_choice.setAccessibleName(self.tr("Input size"))
        self.size_choice.setToolTip(
            self.tr("Shorter side of the network's input in px: smaller is faster")
        )
        self.size_choice.addItem(self.tr("Model's size"), "model")
        for size in _SIZES:
            self.size_choice.addItem(f"{size} px", size)
        self.size_choice.addItem(self.tr("Native size"), "native")
        self.size_choice.activated.connect(
            lambda row: session.change_settings(short_side=self.size_choice.itemData(row))
        )
        # Of all in the row, it gives way first.
        self.place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.rate = StillLabel(self)
        for widget in (self.place, self.speed, self.size_choice, self.rate):
            widget.setMinimumWidth(_LEAST_PX)
        self.rate.setToolTip(self.tr("Frames a second with their masks, as measured"))
        row = QHBoxLayout()
        row.setSpacing(3)
        for name in _BUTTONS:
            row.addWidget(self._button(name))
        row.addSpacing(4)
        row.addWidget(self.place, 1)
        for widget in (self.speed, self.size_choice, self.rate):
            row.addWidget(widget)
        for name in ("video_correct", "video_export"):
            row.addWidget(self._button(name))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(3)
        layout.addWidget(self.timeline)
        layout.addLayout(row)
        player = session.player
        player.changed.connect(self._show_video)
        player.frame_changed.connect(self._show_frame)
        for signal in (player.state_changed, session.frames.changed, session.settings_changed):
            signal.connect(self.show_state)
        self._show_video()

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(self._actions[name])
        button.setIconSize(QSize(20, 20))
        button.setFixedWidth(_BUTTON_PX)
        button.setAccessibleName(self._actions[name].text().replace("&", "").rstrip("…"))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def retint(self) -> None:
        """Take the theme's colours."""
        self.show_state()
        self.timeline.update()

    def show_state(self) -> None:
        """All but the pictures."""
        player = self._session.player
        self._show_frame()
        self.speed.setCurrentIndex(self.speed.findData(player.speed))
        size = self._session.settings.short_side
        self.size_choice.setCurrentIndex(self.size_choice.findData(size))
        self._actions["video_play"].setIcon(theme.icon("pause" if player.playing else "play"))

    def _show_frame(self) -> None:
        """What is another one with each frame."""
        player = self._session.player
        if player.video is None:
            return
        marks = (player.first, player.last)
        self.timeline.show_state(player.number, marks, player.flips, self._session.frames.marks())
        time_s = float(player.times[player.number])
        minutes, seconds = divmod(time_s, 60)
        text = self.tr("{number} / {count}   {minutes}:{seconds:05.2f}").format(
            number=player.number + 1,
            count=len(player.times),
            minutes=int(minutes),
            seconds=seconds,
        )
        if player.dropped:
            dropped = self.tr("{count} dropped").format(count=player.dropped)
            text = f"{text}   {dropped}"
        self.place.setText(text)
        tip = self.tr("Frame and time; the frames that were dropped")
        self.place.setToolTip(f"{tip}:\n{text}")  # The bar may be too narrow for it.
        frame_s = player.frame_s
        self.rate.setText(self.tr("{fps:.1f} fps").format(fps=1 / frame_s) if frame_s else "")

    def _show_video(self) -> None:
        player = self._session.player
        self.setVisible(player.video is not None)
        self.timeline.show_video(player.video.count if player.video else 0)
        self.show_state()
        if player.path is None or player.video is None:
            return
        path, numbers = player.path, self.timeline.wanted_pictures()

        def work(job: Job) -> None:
            # A reader of its own: the other one belongs to the thread that decodes for the canvas.
            video = open_video(path)
            try:
                for number in numbers:
                    if job.cancelled():
                        return
                    with suppress(UserError):  # It is told when one comes to it.
                        job.report(add, (number, reduced(video.frame(number), *_PICTURE_PX)))
            finally:
                video.close()

        def add(picture: tuple[int, object]) -> None:
            if self._session.player.path == path:
                self.timeline.add_picture(*picture)  # pyright: ignore[reportArgumentType]

        self._session.lanes.thumbnails.submit(work, lambda _: None, lambda _: None, "time line")
