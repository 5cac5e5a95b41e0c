"""Which part of an image is looked at: one for each canvas, or one that several share."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Signal


class Viewport(QObject):
    """Scale and centre of a view; canvases that share one zoom and move together.

    `scale` is screen pixels an image pixel, `centre` the image position in the middle of the
    canvas. While `fitted`, canvases keep the whole image in sight when their size changes.
    `image_size` is (W, H) of the image that was last looked at.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scale = 1.0
        self.centre = QPointF()
        self.fitted = True
        self.image_size: tuple[int, int] = (0, 0)

    def move(self, scale: float, centre: QPointF, fitted: bool = False) -> None:
        """Look somewhere else."""
        if (scale, centre, fitted) != (self.scale, self.centre, self.fitted):
            self.scale, self.centre, self.fitted = scale, centre, fitted
            self.changed.emit()
