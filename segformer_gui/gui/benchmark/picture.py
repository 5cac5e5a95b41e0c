"""A drawing of the report as a widget: the same shapes, in the theme's colours."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from segformer_gui.core.robustness.report.drawing import (
    INK,
    LINE,
    MARGIN_PX,
    PAPER,
    SOFT,
    Area,
    Circle,
    Drawing,
    Line,
    Rectangle,
    Shape,
    Text,
)
from segformer_gui.gui import theme

_LARGEST = 1.4  # Times its own size.
_ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}


class Picture(QWidget):
    """Shows a drawing as large as fits; tips of its shapes show under the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.drawing: Drawing | None = None
        self.setMinimumSize(320, 240)

    def show_drawing(self, drawing: Drawing | None) -> None:
        """Show another drawing, or nothing."""
        self.drawing = drawing
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """Paint the shapes, the later ones on top."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.colors().base))
        if self.drawing is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale, corner = self._placement(self.drawing)
        painter.translate(corner)
        painter.scale(scale, scale)
        for shape in self.drawing.shapes:
            _paint(painter, shape, self.font())

    def event(self, event: QEvent) -> bool:
        """Tell what is under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            tip = self.tip_at(QPointF(event.pos()))
            if tip:
                QToolTip.showText(event.globalPos(), tip, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def tip_at(self, place: QPointF) -> str:
        """What the topmost shape there tells, if any does."""
        if self.drawing is None:
            return ""
        scale, corner = self._placement(self.drawing)
        x, y = ((place - corner) / scale).toTuple()
        tips = (_tip(shape, x, y) for shape in reversed(self.drawing.shapes))
        return next((tip for tip in tips if tip), "")

    def _placement(self, drawing: Drawing) -> tuple[float, QPointF]:
        """How much it is enlarged, and where its origin is."""
        width, height = drawing.width + 2 * MARGIN_PX, drawing.height + 2 * MARGIN_PX
        scale = min(self.width() / width, self.height() / height, _LARGEST)
        left = (self.width() - scale * width) / 2 + scale * MARGIN_PX
        return scale, QPointF(left, scale * MARGIN_PX)


def _paint(painter: QPainter, shape: Shape, font: QFont) -> None:
    color = _color(shape.color)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    match shape:
        case Text():
            _write(painter, shape, color, font)
        case Rectangle(x, y, width, height):
            painter.drawRect(QRectF(x, y, width, height))
        case Line(points, _, width, dashed):
            pen = QPen(color, width)
            if dashed:
                pen.setDashPattern([4 / width, 3 / width])
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF([QPointF(*point) for point in points]))
        case Area(points, _, opacity):
            color.setAlphaF(opacity)
            painter.setBrush(color)
            painter.drawPolygon(QPolygonF([QPointF(*point) for point in points]))
        case Circle(x, y, radius, _, _, hollow):
            if hollow:
                painter.setPen(QPen(color, 1))
                painter.setBrush(_color(PAPER))
            painter.drawEllipse(QPointF(x, y), radius, radius)


def _write(painter: QPainter, text: Text, color: QColor, font: QFont) -> None:
    font = QFont(font)
    font.setPixelSize(round(text.size))
    font.setWeight(QFont.Weight.DemiBold if text.bold else QFont.Weight.Normal)
    painter.save()
    painter.setPen(color)
    painter.setFont(font)
    painter.translate(text.x, text.y)
    painter.rotate(text.turned)
    width = painter.fontMetrics().horizontalAdvance(text.content)
    painter.drawText(QPointF(-width * _ANCHORS[text.anchor], 0), text.content)
    painter.restore()


def _color(name: str) -> QColor:
    colors = theme.colors()
    named = {INK: colors.text, SOFT: colors.muted, LINE: colors.border, PAPER: colors.base}
    return QColor(named.get(name, name))


def _tip(shape: Shape, x: float, y: float) -> str:
    match shape:
        case Rectangle(left, top, width, height, _, tip):
            return tip if 0 <= x - left <= width and 0 <= y - top <= height else ""
        case Circle(cx, cy, radius, _, tip):
            reach = max(radius, 5)
            return tip if (x - cx) ** 2 + (y - cy) ** 2 <= reach**2 else ""
        case _:
            return ""
