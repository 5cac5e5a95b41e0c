"""What the window shows before any image is open: where to begin."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QIcon,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.gui import theme
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.session.samples import Sample
from segformer_gui.gui.session.session import Session

_THUMBNAIL = QSize(208, 104)
_SAMPLES_SHOWN = 3
_RECENT_SHOWN = 4
_RECENT_WIDTH = 480


class Welcome(QWidget):
    """Headline, the two ways to open something, sample scenes and recent places."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._icon = QLabel(self)
        headline = QLabel(self.tr("Drop images or a folder here"), self)
        headline.setProperty("role", "heading")
        explained = QLabel(
            self.tr(
                "PNG, JPEG, WebP, BMP and TIFF, or a SegFormer checkpoint.\n"
                "Nothing leaves this computer."
            ),
            self,
        )
        explained.setProperty("muted", True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for action_id, primary in (("open_images", True), ("open_folder", False)):
            action = actions[action_id]
            button = QPushButton(action.text().replace("&", ""), self)
            button.setProperty("primary", primary)
            button.setToolTip(action.toolTip())
            button.clicked.connect(action.trigger)
            buttons.addWidget(button)
            self._last_button: QWidget = button
        buttons.addStretch(1)
        self._samples_title = _title(self.tr("Synthetic sample scenes"), self)
        self._samples_title.setToolTip(self.tr("Drawn by this project's own renderer, no photos"))
        self._samples_title.hide()
        self._samples = QHBoxLayout()
        self._samples.setSpacing(12)
        self._recent_title = _title(self.tr("Recent"), self)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)

        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(2)
        for label in (self._icon, headline, explained):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            layout.addWidget(label)
        layout.addSpacing(8)
        layout.addLayout(buttons)
        layout.addSpacing(26)
        layout.addWidget(self._samples_title, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(_centred(self._samples))
        layout.addSpacing(18)
        layout.addWidget(self._recent_title, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(self._recent)
        layout.addStretch(3)
        # Any width will do: `resizeEvent` shows as many samples as there is room for.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(_THUMBNAIL.width() + 40)
        session.samples.found.connect(self._add_sample)
        session.settings_changed.connect(self._list_recent)
        self._list_recent()
        self.retint()

    def retint(self) -> None:
        """Take the theme's colours."""
        self._icon.setPixmap(theme.pixmap("drop", theme.colors().accent, 64))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many samples as there is room for."""
        self._fit_samples()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The canvas's background."""
        QPainter(self).fillRect(event.rect(), QColor(theme.colors().canvas))

    def _add_sample(self, sample: Sample) -> None:
        if self._samples.count() >= _SAMPLES_SHOWN:
            return
        button = QToolButton(self)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIcon(QIcon(_rounded(sample, self.devicePixelRatioF())))
        button.setIconSize(_THUMBNAIL)
        button.setText(sample.title)
        button.setToolTip(self.tr("Open this sample scene"))
        button.clicked.connect(lambda: self._session.open_sample(sample.path))
        self._samples.addWidget(button)
        # Samples come when the rest of the window is there; the Tab key goes on with them here.
        self.setTabOrder(self._last_button, button)
        self._last_button = button
        self._samples_title.show()
        self._fit_samples()

    def _fit_samples(self) -> None:
        room = self.width() // (_THUMBNAIL.width() + 28)
        for place in range(self._samples.count()):
            self._samples.itemAt(place).widget().setVisible(place < room)  # pyright: ignore

    def _list_recent(self) -> None:
        while item := self._recent.takeAt(0):
            item.widget().deleteLater()  # pyright: ignore[reportOptionalMemberAccess]
        recent = [Path(text) for text in self._session.settings.recent[:_RECENT_SHOWN]]
        for path in recent:
            button = QToolButton(self)
            text = f"{path.name}   {path.parent}"
            shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, _RECENT_WIDTH)
            button.setText(shown)
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            button.setToolTip(str(path))
            button.clicked.connect(lambda _=False, path=path: self._session.images.reopen(path))
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._recent_title.setVisible(bool(recent))


def _title(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("muted", True)
    return label


def _centred(inner: QHBoxLayout) -> QHBoxLayout:
    outer = QHBoxLayout()
    outer.addStretch(1)
    outer.addLayout(inner)
    outer.addStretch(1)
    return outer


def _rounded(sample: Sample, ratio: float) -> QPixmap:
    """The thumbnail, cut to the button's shape, with rounded corners."""
    height, width = sample.thumbnail.shape[:2]
    image = QImage(sample.thumbnail.data, width, height, 3 * width, QImage.Format.Format_RGB888)  # pyright: ignore
    picture = QPixmap(_THUMBNAIL * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    target = QRectF(0, 0, _THUMBNAIL.width(), _THUMBNAIL.height())
    kept = width * target.height() / target.width()
    path = QPainterPath()
    path.addRoundedRect(target, 8, 8)
    painter = QPainter(picture)
    painter.setRenderHints(
        QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
    )
    painter.setClipPath(path)
    painter.drawImage(target, image, QRectF(0, (height - kept) / 2, width, kept))
    painter.end()
    return picture
