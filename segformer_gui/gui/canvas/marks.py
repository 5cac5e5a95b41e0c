"""What is drawn over the image and is no part of it: grid, scale of colours, badge, error."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QImage,
    QLinearGradient,
    QPainter,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from segformer_gui.core.classes import Color
from segformer_gui.gui import theme

_BACKDROP = QColor(16, 18, 22, 200)
_ON_BACKDROP = QColor("#ffffff")
_INSET_PX = 12
_BAR_WIDTH_PX = 150
_HANDLE_PX = 5.0


def paint_grid(painter: QPainter, part: QRectF, origin: QPointF, scale: float) -> None:
    """Lines of one screen pixel between the image pixels within `part` of the canvas.

    Dark and light dashes take turns, so that one of them is seen on any ground.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setBrushOrigin(origin)
    dashes = QBrush(_dashes())
    left, top = _first(part.left(), origin.x(), scale), _first(part.top(), origin.y(), scale)
    for step in range(math.ceil((part.right() - left) / scale) + 1):
        x = math.floor(left + step * scale + 0.5)  # round() would take every other half down.
        painter.fillRect(QRectF(x, part.top(), 1, part.height()), dashes)
    for step in range(math.ceil((part.bottom() - top) / scale) + 1):
        y = math.floor(top + step * scale + 0.5)
        painter.fillRect(QRectF(part.left(), y, part.width(), 1), dashes)
    painter.restore()


def paint_color_bar(
    painter: QPainter,
    canvas: QWidget,
    title: str,
    colors: NDArray[np.uint8],
    ends: tuple[str, str] = ("0", "1"),
    right: bool = False,
) -> None:
    """A measure's name, its colours, and what the first and the last mean, in a lower corner."""
    metrics = canvas.fontMetrics()
    line = metrics.height()
    texts = max(metrics.horizontalAdvance(title), metrics.horizontalAdvance("   ".join(ends)))
    width = max(_BAR_WIDTH_PX, texts) + 24
    height = 2 * line + 30
    box = _corner(canvas, width, height, right)
    _paint_backdrop(painter, box)
    inner = box.adjusted(12, 6, -12, -6)
    painter.drawText(inner, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, title)
    bar = QRect(inner.left(), inner.top() + line + 4, inner.width(), 10)
    gradient = QLinearGradient(bar.left(), 0, bar.right(), 0)
    for step in range(0, 256, 15):
        gradient.setColorAt(step / 255, QColor(*map(int, colors[step])))
    painter.fillRect(bar, gradient)
    sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)
    for text, side in zip(ends, sides, strict=True):
        painter.drawText(inner, Qt.AlignmentFlag.AlignBottom | side, text)


def paint_key(
    painter: QPainter,
    canvas: QWidget,
    title: str,
    kinds: Sequence[tuple[Color, str]],
    right: bool = False,
) -> None:
    """What the colours of a map mean, in a lower corner."""
    metrics = canvas.fontMetrics()
    line = metrics.height() + 4
    widest = max(metrics.horizontalAdvance(text) for text in (title, *(t for _, t in kinds)))
    height = line * (len(kinds) + 1) + 14
    box = _corner(canvas, widest + 46, height, right)
    _paint_backdrop(painter, box)
    row = QRect(box.left() + 12, box.top() + 7, box.width() - 24, line)
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.drawText(row, middle, title)
    for color, text in kinds:
        row.translate(0, line)
        painter.fillRect(QRect(row.left(), row.center().y() - 5, 12, 12), QColor(*color))
        painter.drawText(row.adjusted(22, 0, 0, 0), middle, text)


def paint_badge(
    painter: QPainter, canvas: QWidget, lines: Sequence[str], right: bool = False
) -> None:
    """Words about what is shown and what goes on, in the upper left or right corner."""
    metrics = canvas.fontMetrics()
    most = canvas.width() - 2 * _INSET_PX - 24
    elided = [metrics.elidedText(line, Qt.TextElideMode.ElideRight, most) for line in lines]
    width = max(metrics.horizontalAdvance(line) for line in elided) + 24
    height = metrics.lineSpacing() * len(lines) + 12
    left = canvas.width() - width - _INSET_PX if right else _INSET_PX
    box = QRect(left, _INSET_PX, width, height)
    _paint_backdrop(painter, box)
    inner = box.adjusted(12, 6, -12, -6)
    for line in elided:
        painter.drawText(inner, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, line)
        inner.translate(0, metrics.lineSpacing())


def paint_error(painter: QPainter, canvas: QWidget, sentence: str, hint: str) -> None:
    """Why there is no image, in its place."""
    chosen = theme.colors()
    middle = canvas.rect().center()
    icon = theme.pixmap("error", chosen.error, 48)
    painter.drawPixmap(middle.x() - 24, middle.y() - 80, icon)
    box = canvas.rect().adjusted(40, 0, -40, 0)
    box.setTop(middle.y() - 18)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    bold = QFont(canvas.font())
    bold.setBold(True)
    painter.setFont(bold)
    painter.setPen(QColor(chosen.text))
    used = painter.drawText(box, flags, _breakable(sentence))
    box.setTop(used.bottom() + 8)
    painter.setFont(canvas.font())
    painter.setPen(QColor(chosen.muted))
    painter.drawText(box, flags, hint)


def _paint_backdrop(painter: QPainter, box: QRect) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_BACKDROP)
    painter.drawRoundedRect(box, 6, 6)
    painter.setPen(_ON_BACKDROP)


def _corner(canvas: QWidget, width: int, height: int, right: bool) -> QRect:
    """A box in the lower left or right corner."""
    left = canvas.width() - width - _INSET_PX if right else _INSET_PX
    return QRect(left, canvas.height() - height - _INSET_PX, width, height)


def _first(edge: float, origin: float, scale: float) -> float:
    """The first border between image pixels at or after `edge`."""
    return origin + math.ceil((edge - origin) / scale) * scale


def _dashes() -> QImage:
    """Squares of two pixels, dark and light by turns."""
    tile = QImage(4, 4, QImage.Format.Format_ARGB32_Premultiplied)
    for y in range(4):
        for x in range(4):
            light = (x // 2 + y // 2) % 2
            tile.setPixelColor(x, y, QColor(255, 255, 255, 90) if light else QColor(0, 0, 0, 90))
    return tile


def _breakable(text: str) -> str:
    """Let long paths break at their separators: a zero-width space after each."""
    return text.replace("/", "/\u200b").replace("\\", "\\\u200b")


def paint_outline(
    painter: QPainter, points: Sequence[QPointF], color: QColor, handles: bool
) -> None:
    """A line over the image that can be seen on any ground, filled lightly, with its corners."""
    shape = QPolygonF(list(points))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill = QColor(color)
    fill.setAlpha(70)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawPolygon(shape)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(0, 0, 0, 190), 3), QPen(QColor("#ffffff"), 1)):
        painter.setPen(pen)
        painter.drawPolyline(shape)
    if not handles:
        return
    for index, point in enumerate(points):
        size = _HANDLE_PX + (2 if index == 0 else 0)
        painter.setPen(QPen(QColor(0, 0, 0, 190), 1))
        painter.setBrush(QColor("#ffffff") if index else color)
        painter.drawEllipse(point, size, size)


def paint_frame(painter: QPainter, box: QRectF) -> None:
    """A rectangle that can be seen on any ground."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(0, 0, 0, 190), 4), QPen(QColor("#ffffff"), 2)):
        painter.setPen(pen)
        painter.drawRect(box)


def paint_brush(painter: QPainter, centre: QPointF, diameter: float, square: bool) -> None:
    """The rim of the brush, seen on any ground."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = diameter / 2
    for pen, grown in ((QPen(QColor(0, 0, 0, 190), 1), 1.0), (QPen(QColor("#ffffff"), 1), 0.0)):
        painter.setPen(pen)
        r = radius + grown
        if square:
            painter.drawRect(
                int(centre.x() - r), int(centre.y() - r), max(1, int(2 * r)), max(1, int(2 * r))
            )
        else:
            painter.drawEllipse(centre, r, r)
