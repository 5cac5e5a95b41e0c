"""Where an image lies on a widget: zoom, pan, and the way between their coordinates."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from segformer_gui.gui.canvas.viewport import Viewport

_LARGEST_SCALE = 256.0
_MARGIN_PX = 16


class Zoomable(QWidget):
    """Looks at an image through a viewport that others may share."""

    def __init__(self, parent: QWidget | None, viewport: Viewport | None) -> None:
        super().__init__(parent)
        self.viewport = viewport or Viewport(self)

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(W, H) in pixels of the image that is shown; None without one."""
        raise NotImplementedError

    @property
    def scale(self) -> float:
        """Widget units an image pixel; a sharp screen has several pixels in one of them."""
        return self.viewport.scale

    def fit(self) -> None:
        """Show the whole image, as large as it goes; small ones at most four times."""
        size = self.image_size
        if size is None:
            return
        width, height = size
        room = QSize(self.width() - 2 * _MARGIN_PX, self.height() - 2 * _MARGIN_PX)
        largest = min(room.width() / width, room.height() / height, 4.0)
        self.viewport.move(max(largest, 0.001), QPointF(width / 2, height / 2), fitted=True)

    def set_scale(self, scale: float) -> None:
        """Zoom about the middle."""
        self.zoom(scale, self._middle())

    def show_actual_size(self) -> None:
        """Zoom to one pixel of the screen for each of the image."""
        self.set_scale(1 / self.devicePixelRatioF())

    def zoom_by(self, factor: float) -> None:
        """Zoom in or out about the middle."""
        self.set_scale(self.scale * factor)

    def zoom(self, scale: float, fixed: QPointF) -> None:
        """Zoom so that what lies under `fixed`, in widget coordinates, stays there."""
        size = self.image_size
        if size is None:
            return
        smallest = min(1.0, 32 / max(size))
        scale = max(smallest, min(scale, _LARGEST_SCALE))
        self.look_at(self.image_position(fixed) + (self._middle() - fixed) / scale, scale)

    def look_at(self, centre: QPointF, scale: float) -> None:
        """Show a place of the image in the middle, as near as can be.

        An image that is smaller than the widget is centred; beside a larger one no gap opens.
        """
        size = self.image_size
        if size is not None:
            x = _within(centre.x(), size[0], self.width() / scale)
            y = _within(centre.y(), size[1], self.height() / scale)
            self.viewport.move(scale, QPointF(x, y))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted image stays fitted."""
        if self.viewport.fitted:
            self.fit()
        else:
            self.look_at(self.viewport.centre, self.scale)

    def origin(self) -> QPointF:
        """Where the image begins on the widget; at 100 % its pixels are those of the screen."""
        origin = self._middle() - self.viewport.centre * self.scale
        ratio = self.devicePixelRatioF()
        if not math.isclose(self.scale * ratio, 1):
            return origin
        return QPointF((origin * ratio).toPoint()) / ratio

    def image_position(self, position: QPointF) -> QPointF:
        """Widget coordinates as image coordinates; pixel (0, 0) reaches from 0 to 1."""
        return (position - self.origin()) / self.scale

    def widget_position(self, position: QPointF) -> QPointF:
        """Image coordinates as widget coordinates."""
        return position * self.scale + self.origin()

    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)


def _within(centre: float, length: float, room: float) -> float:
    """A centre from which `room` shows nothing beyond `length`, if that can be."""
    if length <= room:
        return length / 2
    return max(room / 2, min(centre, length - room / 2))
