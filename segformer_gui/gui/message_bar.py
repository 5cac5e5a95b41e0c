"""One message at a time above the canvas: what happened, what to do, and more on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.gui import theme

Kind = Literal["error", "warning", "success"]
_SUCCESS_SHOWN_MS = 15_000


class MessageBar(QFrame):
    """Hidden while there is nothing to say; never takes the focus or blocks the window.

    A success goes by itself, unless the mouse is on it; what went wrong waits to be closed.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("message_bar")
        self._kind: Kind = "error"
        self.expiry = QTimer(self, singleShot=True, interval=_SUCCESS_SHOWN_MS)
        self.expiry.timeout.connect(self._expire)
        self._icon = QLabel(self)
        self.sentence = QLabel(self)
        self.hint = QLabel(self)
        for label in (self.sentence, self.hint):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.details = QPlainTextEdit(self)
        self.details.setReadOnly(True)
        self.details.setAccessibleName(self.tr("Details"))
        self.more = QPushButton(self.tr("Details"), self)
        self.more.setCheckable(True)
        self.more.toggled.connect(self.details.setVisible)
        self.action = QPushButton(self)
        self.action.clicked.connect(lambda: self._do())
        self._do: Callable[[], object] = lambda: None
        self.close_button = QToolButton(self)
        self.close_button.setAccessibleName(self.tr("Close the message"))
        self.close_button.setToolTip(self.tr("Close the message"))
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.clicked.connect(self.hide)
        layout = QGridLayout(self)
        layout.setContentsMargins(14, 10, 10, 10)
        layout.setHorizontalSpacing(10)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.sentence)
        texts.addWidget(self.hint)
        layout.addWidget(self._icon, 0, 0)
        layout.addLayout(texts, 0, 1)
        for column, button in enumerate((self.action, self.more, self.close_button), 2):
            layout.addWidget(button, 0, column)
        layout.addWidget(self.details, 1, 1, 1, 4)
        layout.setColumnStretch(1, 1)
        self.hide()

    def show_message(
        self, kind: Kind, sentence: str, hint: str = "", details: str = "", expanded: bool = False
    ) -> None:
        """Replace the message; `details` open by a button, or at once where `expanded`."""
        self._kind = kind
        self.sentence.setText(sentence)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.details.setPlainText(details)
        lines = min(10, details.count("\n") + 1)
        self.details.setFixedHeight((lines + 1) * self.fontMetrics().lineSpacing() + 12)
        self.more.setVisible(bool(details))
        self.more.setChecked(bool(details) and expanded)
        self.details.setVisible(bool(details) and expanded)
        self.action.hide()
        self.retint()
        self.show()
        self.expiry.stop()
        if kind == "success":
            self.expiry.start()

    def offer(self, text: str, do: Callable[[], object]) -> None:
        """Add a button to the message that is shown."""
        self._do = do
        self.action.setText(text)
        self.action.show()

    def _expire(self) -> None:
        if self.underMouse():
            self.expiry.start()
        else:
            self.hide()

    def retint(self) -> None:
        """Take the theme's colours."""
        colors = theme.colors()
        tint = {"error": colors.error, "warning": colors.warning, "success": colors.good}
        color = tint[self._kind]
        name = "success" if self._kind == "success" else "error"
        self._icon.setPixmap(theme.pixmap(name, color, 24))
        self.close_button.setIcon(theme.icon("close"))
        self.setStyleSheet(
            f"#message_bar {{ background: {colors.raised}; border: none;"
            f" border-left: 4px solid {color}; border-bottom: 1px solid {colors.border}; }}"
        )
        self.sentence.setStyleSheet("font-weight: 600;")
        self.hint.setStyleSheet(f"color: {colors.muted};")
