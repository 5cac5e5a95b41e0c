"""Breaking points as strips from severity 0 to where each class falls below the threshold."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from segformer_gui.core.classes import Color
from segformer_gui.core.corruption.catalogue import MAX_SEVERITY
from segformer_gui.core.robustness.breaking import Crossing
from segformer_gui.gui import theme

_ROW_PX = 22
_BAR_PX = 10


@dataclass(frozen=True)
class Strip:
    """A row: what it is of, its colour, and where it breaks, if it does."""

    name: str
    color: Color
    crossing: Crossing | None


class BreakingStrip(QWidget):
    """A bar as long as the score holds; beside it the severity at which it has broken."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._strips: list[Strip] = []
        self._scanned: list[float] = []
        self.setAccessibleName(self.tr("Breaking points"))

    def sizeHint(self) -> QSize:
        """A line a row, and the scale."""
        return QSize(260, _ROW_PX * (len(self._strips) + 1) + 8)

    def show_strips(self, strips: list[Strip], scanned: list[float]) -> None:
        """Rows, and the severities that were looked at."""
        self._strips, self._scanned = strips, scanned
        self.setMinimumHeight(self.sizeHint().height())
        self.setAccessibleDescription(
            "\n".join(f"{strip.name}: {self._told(strip.crossing)}" for strip in strips)
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names, bars and the scale below them."""
        if not self._strips:
            return
        painter = QPainter(self)
        colors, metrics = theme.colors(), self.fontMetrics()
        names = max(metrics.horizontalAdvance(strip.name) for strip in self._strips)
        left = min(names + 12, self.width() // 2)
        right = self.width() - metrics.horizontalAdvance(self._told(None)) - 14
        step = (right - left) / MAX_SEVERITY
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, strip in enumerate(self._strips):
            line = QRect(0, row * _ROW_PX, self.width(), _ROW_PX)
            name = QRect(line)
            name.setWidth(left - 8)
            elided = metrics.elidedText(strip.name, Qt.TextElideMode.ElideRight, name.width())
            painter.setPen(QColor(colors.text))
            painter.drawText(name, middle | Qt.AlignmentFlag.AlignRight, elided)
            crossing = strip.crossing
            held = MAX_SEVERITY if crossing is None else crossing.below
            top = line.center().y() - _BAR_PX // 2
            painter.fillRect(QRect(left, top, round(right - left), _BAR_PX), QColor(colors.hover))
            painter.fillRect(QRect(left, top, round(held * step), _BAR_PX), QColor(*strip.color))
            told = QRect(right + 8, line.top(), self.width() - right - 8, _ROW_PX)
            painter.setPen(QColor(colors.muted if crossing is None else colors.text))
            painter.drawText(told, middle, self._told(crossing))
        bottom = len(self._strips) * _ROW_PX
        painter.setPen(QColor(colors.muted))
        for severity in self._scanned:
            x = round(left + severity * step)
            painter.drawLine(QPoint(x, bottom), QPoint(x, bottom + 4))
        for severity in range(MAX_SEVERITY + 1):
            x = round(left + severity * step)
            box = QRect(x - 10, bottom + 5, 20, _ROW_PX - 2)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(severity))

    def _told(self, crossing: Crossing | None) -> str:
        if crossing is None:
            return self.tr("holds")
        return f"{crossing.below:g}"
