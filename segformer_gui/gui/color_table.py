"""A table of coloured cells with numbers in them; a click or a key chooses one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, qGray
from PySide6.QtWidgets import QToolTip, QWidget

from segformer_gui.gui import theme

_DARK, _LIGHT = QColor("#10131a"), QColor("#ffffff")
_MOVES = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
_ROW_PX = 15  # The least that a row needs.

Place = tuple[int, int]


@dataclass(frozen=True)
class TableCell:
    """What a cell shows; without a colour it has no value."""

    text: str
    color: QColor | None = None
    tip: str = ""


class ColorTable(QWidget):
    """Rows and columns of cells by (row, column); `chosen` tells which one was clicked.

    With `upright` the heads of the columns are written from below upwards.
    """

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget, upright: bool = False) -> None:
        super().__init__(parent)
        self._upright = upright
        self._rows: tuple[str, ...] = ()
        self._columns: tuple[str, ...] = ()
        self._cells: dict[Place, TableCell] = {}
        self._current: Place | None = None
        self._widest = self._highest = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        """Room for the rows with their text."""
        return QSize(self._widest + 8 + 40 * len(self._columns), 20 * (len(self._rows) + 1))

    def set_heads(self, rows: Sequence[str], columns: Sequence[str]) -> None:
        """Name rows and columns; the cells stay."""
        self._rows, self._columns = tuple(rows), tuple(columns)
        self._measure()
        self.setMinimumHeight(self._highest + _ROW_PX * len(rows))
        self.updateGeometry()
        self.update()

    def show_cells(self, cells: Mapping[Place, TableCell]) -> None:
        """Show cells; places without one are empty."""
        self._cells = dict(cells)
        self.update()

    def mark(self, place: Place | None) -> None:
        """Put a frame around a cell."""
        self._current = place
        self.update()

    def shown(self, row: int, column: int) -> TableCell | None:
        """What a place shows."""
        return self._cells.get((row, column))

    def cell(self, row: int, column: int) -> QRect:
        """Where a cell lies."""
        columns, rows = max(1, len(self._columns)), max(1, len(self._rows))
        head = self._highest if self._upright else self.height() / (rows + 1)
        width = (self.width() - self._left()) / columns
        height = (self.height() - head) / rows
        left, top = self._left() + column * width, head + row * height
        return QRect(
            QPoint(round(left), round(top)),
            QPoint(round(left + width) - 1, round(top + height) - 1),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint heads and cells."""
        painter = QPainter(self)
        colors = theme.colors()
        painter.setPen(QColor(colors.muted))
        for column, text in enumerate(self._columns):
            self._paint_head(painter, column, text)
        painter.setPen(QColor(colors.text))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row, text in enumerate(self._rows):
            title = self.cell(row, 0)
            title.setLeft(0)
            title.setRight(self._left() - 6)
            elided = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, title.width()
            )
            painter.drawText(title, side, elided)
        for place in ((r, c) for r in range(len(self._rows)) for c in range(len(self._columns))):
            self._paint_cell(painter, place)
        if self._current is not None:
            painter.setPen(QColor(colors.text))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.cell(*self._current)).adjusted(0, 0, -1, -1))

    def _paint_head(self, painter: QPainter, column: int, text: str) -> None:
        head = self.cell(0, column)
        if not self._upright:
            head.moveBottom(head.top() - 1)
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, text)
            return
        painter.save()
        painter.translate(head.center().x(), head.top() - 5)
        painter.rotate(-90)
        height = painter.fontMetrics().height()
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(0, -height // 2, self._highest, height), side, text)
        painter.restore()

    def _paint_cell(self, painter: QPainter, place: Place) -> None:
        cell = self._cells.get(place)
        inner = self.cell(*place).adjusted(1, 1, -1, -1)
        colors = theme.colors()
        fill = cell.color if cell and cell.color else QColor(colors.hover)
        painter.fillRect(inner, fill)
        if cell is None or not cell.text:
            return
        ink = _DARK if qGray(fill.rgb()) > 125 else _LIGHT
        painter.setPen(ink if cell.color else QColor(colors.muted))
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, cell.text)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell more of the cell under the mouse."""
        at = self._at(event.position().toPoint())
        cell = self._cells.get(at) if at else None
        self.setCursor(Qt.CursorShape.PointingHandCursor if at else Qt.CursorShape.ArrowCursor)
        QToolTip.showText(event.globalPosition().toPoint(), cell.tip if cell else "", self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a cell."""
        if at := self._at(event.position().toPoint()):
            self.chosen.emit(*at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk from cell to cell."""
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
            return
        row, column = self._current or (0, -move[1])
        row, column = row + move[0], column + move[1]
        if row in range(len(self._rows)) and column in range(len(self._columns)):
            self.chosen.emit(row, column)

    def changeEvent(self, event: QEvent) -> None:
        """Another font, or another theme's."""
        super().changeEvent(event)
        self._measure()

    def _measure(self) -> None:
        metrics = self.fontMetrics()
        self._widest = max(map(metrics.horizontalAdvance, self._rows), default=0)
        self._highest = metrics.height() + 4
        if self._upright:
            self._highest = max(map(metrics.horizontalAdvance, self._columns), default=0) + 10

    def _left(self) -> int:
        """Where the cells begin: as far as the longest name needs, but no more than half."""
        return min(self._widest + 8, self.width() // 2)

    def _at(self, position: QPoint) -> Place | None:
        for row in range(len(self._rows)):
            for column in range(len(self._columns)):
                if self.cell(row, column).contains(position):
                    return row, column
        return None
