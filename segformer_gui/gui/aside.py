"""Text at the right of a list's rows."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem


def paint_aside(
    painter: QPainter, option: QStyleOptionViewItem, text: str, color: str, margin_px: int = 10
) -> None:
    """Draw over a row that is painted already, `margin_px` from its right end."""
    rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
    painter.save()
    painter.setPen(QColor(color))
    flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(rect.adjusted(0, 0, -margin_px, 0), flags, text)
    painter.restore()
