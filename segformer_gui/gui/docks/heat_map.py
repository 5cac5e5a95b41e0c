"""Scores of all corruptions at all severities as a table of colours; a click opens one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, qGray
from PySide6.QtWidgets import QToolTip, QWidget

from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.palettes import measure_colors
from segformer_gui.core.robustness.breaking import SEVERITIES
from segformer_gui.gui import theme
from segformer_gui.gui.messages import corruption_title

_DARK, _LIGHT = QColor("#10131a"), QColor("#ffffff")
_MOVES = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}


class HeatMap(QWidget):
    """One row a corruption, one column a severity; `opened` tells which cell was chosen."""

    opened = Signal(str, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._scores: dict[tuple[str, int], float] = {}
        self._tips: dict[tuple[str, int], str] = {}
        self._current: tuple[int, int] | None = None
        self._widest = self._widest_title()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Scores of all corruptions"))
        self.setMinimumHeight(19 * 15)

    def sizeHint(self) -> QSize:
        """Room for 19 rows of text."""
        return QSize(260, 20 * 20)

    def show_scores(
        self, scores: dict[tuple[str, int], float], tips: dict[tuple[str, int], str]
    ) -> None:
        """Scores in 0..1 by corruption and severity, and what a tool tip says of each."""
        self._scores, self._tips = scores, tips
        self.update()

    def mark(self, name: str, severity: float) -> None:
        """Show which cell is that of the image on the canvas."""
        known = name in NAMES and severity in SEVERITIES
        self._current = (NAMES.index(name), int(severity) - 1) if known else None
        self.update()

    def cell(self, name: str, severity: int) -> QRect:
        """Where a cell lies."""
        return self._cell(NAMES.index(name), severity - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint rows, columns and cells."""
        painter = QPainter(self)
        colors, palette = theme.colors(), measure_colors()
        painter.setPen(QColor(colors.muted))
        centre = Qt.AlignmentFlag.AlignCenter
        for column, severity in enumerate(SEVERITIES):
            head = self._cell(0, column)
            head.moveBottom(head.top() - 1)
            painter.drawText(head, centre, str(severity))
        metrics = painter.fontMetrics()
        for row, name in enumerate(NAMES):
            title = self._cell(row, 0)
            title.setLeft(0)
            title.setRight(self._left() - 6)
            text = corruption_title(name)
            painter.setPen(QColor(colors.text))
            elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, title.width())
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(title, side, elided)
            for column, severity in enumerate(SEVERITIES):
                cell = self._cell(row, column).adjusted(1, 1, -1, -1)
                score = self._scores.get((name, severity))
                if score is None:
                    painter.fillRect(cell, QColor(colors.hover))
                    continue
                fill = QColor(*map(int, palette[min(255, int(score * 256))]))
                painter.fillRect(cell, fill)
                painter.setPen(_DARK if qGray(fill.rgb()) > 105 else _LIGHT)
                painter.drawText(cell, centre, f"{100 * score:.0f}")
        if self._current is not None:
            painter.setPen(QColor(colors.text))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self._cell(*self._current)).adjusted(0, 0, -1, -1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the scores under the mouse."""
        at = self._at(event.position().toPoint())
        tip = self._tips.get((NAMES[at[0]], SEVERITIES[at[1]])) if at else None
        self.setCursor(Qt.CursorShape.PointingHandCursor if at else Qt.CursorShape.ArrowCursor)
        QToolTip.showText(event.globalPosition().toPoint(), tip or "", self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open a cell."""
        if at := self._at(event.position().toPoint()):
            self._open(*at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk from cell to cell."""
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
            return
        row, column = self._current or (0, -move[1])
        row, column = row + move[0], column + move[1]
        if row in range(len(NAMES)) and column in range(len(SEVERITIES)):
            self._open(row, column)

    def _open(self, row: int, column: int) -> None:
        self.opened.emit(NAMES[row], SEVERITIES[column])

    def changeEvent(self, event: QEvent) -> None:
        """Another font, or another theme's."""
        super().changeEvent(event)
        self._widest = self._widest_title()

    def _widest_title(self) -> int:
        return max(self.fontMetrics().horizontalAdvance(corruption_title(n)) for n in NAMES)

    def _left(self) -> int:
        """Where the cells begin: as far as the longest name needs, but no more than half."""
        return min(self._widest + 8, self.width() // 2)

    def _cell(self, row: int, column: int) -> QRect:
        width = (self.width() - self._left()) / len(SEVERITIES)
        height = self.height() / (len(NAMES) + 1)
        left, top = self._left() + column * width, (row + 1) * height
        return QRect(
            QPoint(round(left), round(top)),
            QPoint(round(left + width) - 1, round(top + height) - 1),
        )

    def _at(self, position: QPoint) -> tuple[int, int] | None:
        for row in range(len(NAMES)):
            for column in range(len(SEVERITIES)):
                if self._cell(row, column).contains(position):
                    return row, column
        return None
