"""The time line of a video: pictures, where the mask flickers, marks, and where one is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPolygon
from PySide6.QtWidgets import QSizePolicy, QWidget

from segformer_gui.gui import theme

_PICTURES_PX, _STRIP_PX, _MARKS_PX = 34, 12, 8
_FULL_RATE = 0.05  # Flips that fill the strip's height: a twentieth of the pixels.


class Timeline(QWidget):
    """Click or drag to go to a frame."""

    sought = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._count = 0
        self._number = 0
        self._range = (0, 0)
        self._flips: NDArray[np.float64] = np.zeros(0)
        self._marks: dict[int, bool] = {}
        self._pictures: dict[int, QImage] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Time line"))
        self.setToolTip(
            self.tr(
                "Click or drag to go to a frame.\nThe bars show how many pixels changed class "
                "since the frame before.\nMarks are frames in the project: filled where corrected."
            )
        )

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(400, _MARKS_PX + _PICTURES_PX + _STRIP_PX)

    def show_video(self, count: int) -> None:
        """Another video, of so many frames."""
        self._count = count
        self._pictures.clear()
        self.update()

    def show_state(
        self,
        number: int,
        marked: tuple[int, int],
        flips: NDArray[np.float64],
        marks: dict[int, bool],
    ) -> None:
        """Where one is, what is played, flip rates 0..1 (not-a-number: unknown), frames kept."""
        self._number, self._range, self._flips, self._marks = number, marked, flips, marks
        self.update()

    def add_picture(self, number: int, pixels: NDArray[np.uint8]) -> None:
        """A small picture (H, W, 3) uint8 RGB of a frame."""
        height, width = pixels.shape[:2]
        image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        self._pictures[number] = image.copy()
        self.update()

    def wanted_pictures(self) -> list[int]:
        """The frames whose pictures fill the line."""
        places = max(1, self.width() // 60)
        return sorted({round(n * (self._count - 1) / places) for n in range(places)})

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Pictures, strip, marks, and the line where one is."""
        painter, colors = QPainter(self), theme.colors()
        painter.fillRect(event.rect(), QColor(colors.window))
        if self._count == 0:
            return
        pictures = QRect(0, _MARKS_PX, self.width(), _PICTURES_PX)
        painter.fillRect(pictures, QColor(colors.canvas))
        for number, image in sorted(self._pictures.items()):
            width = image.width() * _PICTURES_PX // max(1, image.height())
            painter.drawImage(QRect(self._x(number), _MARKS_PX, width, _PICTURES_PX), image)
        self._paint_strip(painter, colors)
        shade = QColor(colors.window)
        shade.setAlpha(190)
        first, last = (self._x(number) for number in self._range)
        painter.fillRect(QRect(0, _MARKS_PX, first, _PICTURES_PX), shade)
        painter.fillRect(QRect(last + 1, _MARKS_PX, self.width(), _PICTURES_PX), shade)
        for number, corrected in self._marks.items():
            self._paint_mark(painter, self._x(number), QColor(colors.good), corrected)
        x = self._x(self._number)
        painter.fillRect(QRect(x - 1, 0, 3, self.height()), QColor(colors.accent))

    def _paint_strip(self, painter: QPainter, colors: theme.Colors) -> None:
        top = _MARKS_PX + _PICTURES_PX
        painter.fillRect(QRect(0, top, self.width(), _STRIP_PX), QColor(colors.base))
        # As one image: a clip of an hour has more bars than there is time for at each repaint.
        known = np.flatnonzero(~np.isnan(self._flips))
        left = np.rint(known * (self.width() - 1) / max(1, self._count - 1)).astype(int)
        rates = np.full(self.width(), np.nan)
        for beside in range(max(1, self.width() // self._count)):
            np.fmax.at(rates, np.minimum(left + beside, self.width() - 1), self._flips[known])
        heights = np.clip(np.rint(rates / _FULL_RATE * _STRIP_PX), 1, _STRIP_PX)
        bars = np.where(
            rates > _FULL_RATE / 2, QColor(colors.error).rgba(), QColor(colors.warning).rgba()
        )
        rows = np.arange(_STRIP_PX, 0, -1)[:, None]
        image = np.where(rows <= heights, bars, 0).astype(np.uint32)  # Nowhere where not-a-number.
        shape = (self.width(), _STRIP_PX, 4 * self.width())
        painter.drawImage(0, top, QImage(image.tobytes(), *shape, QImage.Format.Format_ARGB32))

    def _paint_mark(self, painter: QPainter, x: int, color: QColor, filled: bool) -> None:
        painter.setPen(color)
        painter.setBrush(color if filled else Qt.BrushStyle.NoBrush)
        reach = _MARKS_PX // 2
        points = [QPoint(x - reach, 0), QPoint(x + reach, 0), QPoint(x, _MARKS_PX - 1)]
        painter.drawPolygon(QPolygon(points))

    def _x(self, number: int) -> int:
        return round(number * (self.width() - 1) / max(1, self._count - 1))

    def _go(self, event: QMouseEvent) -> None:
        if self._count:
            part = event.position().x() / max(1, self.width() - 1)
            self.sought.emit(max(0, min(round(part * (self._count - 1)), self._count - 1)))
