"""A label for text that changes with every frame of a video."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget


class StillLabel(QWidget):
    """A `QLabel` in a frame that has its layout done anew only by a text that needs more room.

    A label asks for that with every text, and a window takes milliseconds for it.
    """

    def __init__(self, parent: QWidget, label: QLabel | None = None) -> None:
        super().__init__(parent)
        self.label = label or QLabel()
        self.label.setParent(self)
        self._room = QSize(0, 0)
        self.setSizePolicy(self.label.sizePolicy())

    def sizeHint(self) -> QSize:
        """Room for the widest text so far."""
        return self._room

    def minimumSizeHint(self) -> QSize:
        """All of it, but where `setMinimumWidth` says less."""
        return self._room

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The label fills it."""
        self.label.setGeometry(self.rect())

    def text(self) -> str:
        """What it says."""
        return self.label.text()

    def setText(self, text: str) -> None:
        """Say something else."""
        self.label.setText(text)
        room = self._room.expandedTo(self.label.sizeHint())
        if room != self._room:
            self._room = room
            self.updateGeometry()

    def clear(self) -> None:
        """Say nothing."""
        self.setText("")
