"""What lies on the canvas: the image, and the coloured maps over it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, qRgba

from segformer_gui.core.annotation.region import Box
from segformer_gui.core.classes import ClassSet, Color
from segformer_gui.core.render import outlines
from segformer_gui.gui.session.pictures import label_levels
from segformer_gui.gui.session.ports import Labels

_SMOOTH_BELOW = 2.0  # Screen pixels an image pixel; above it the pixels themselves are of interest.


class Layer:
    """An image in several sizes, each half of the one before, painted part by part."""

    def __init__(self, levels: Sequence[QImage]) -> None:
        self._levels = list(levels)
        self.width = levels[0].width()
        self.height = levels[0].height()

    def paint(self, painter: QPainter, exposed: QRectF, origin: QPointF, scale: float) -> None:
        """Paint the part within `exposed` of the layer that begins at `origin`, `scale` large.

        `scale` is in units of the painter; a sharp screen has several pixels in one of them.
        """
        index = 0
        density = scale * painter.device().devicePixelRatioF()
        if density < 1:
            index = min(int(math.log2(1 / density)), len(self._levels) - 1)
        level = self._levels[index]
        # Levels of odd sizes are not exactly half as large: each direction has its own step.
        step_x = self.width * scale / level.width()
        step_y = self.height * scale / level.height()
        # Whole pixels of the level, with two more around for the smoothing's sake.
        left = max(0, math.floor((exposed.left() - origin.x()) / step_x) - 2)
        top = max(0, math.floor((exposed.top() - origin.y()) / step_y) - 2)
        right = min(level.width(), math.ceil((exposed.right() - origin.x()) / step_x) + 2)
        bottom = min(level.height(), math.ceil((exposed.bottom() - origin.y()) / step_y) + 2)
        if left >= right or top >= bottom:
            return
        source = QRectF(left, top, right - left, bottom - top)
        target = QRectF(
            origin.x() + left * step_x,
            origin.y() + top * step_y,
            source.width() * step_x,
            source.height() * step_y,
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, density < _SMOOTH_BELOW)
        painter.drawImage(target, level, source)


class PictureLayer(Layer):
    """An RGB image; it shares its pixels with the arrays that it is made of."""

    def __init__(self, levels: Sequence[NDArray[np.uint8]]) -> None:
        self._arrays = levels  # The QImages do not own their pixels.
        super().__init__([_qimage(level, QImage.Format.Format_RGB888) for level in levels])


class MeasureLayer(Layer):
    """A map of 256 steps in `colors`, (256, 3) uint8 RGB or (256, 4) with an alpha."""

    def __init__(self, levels: Sequence[NDArray[np.uint8]], colors: NDArray[np.uint8]) -> None:
        self._arrays = levels
        images = [_qimage(level, QImage.Format.Format_Indexed8) for level in levels]
        table = [qRgba(*map(int, color), *([255] * (4 - len(color)))) for color in colors]
        for image in images:
            image.setColorTable(table)
        super().__init__(images)


class LabelLayer(Layer):
    """A class map; hiding a class changes a colour table and touches no pixel.

    Ids that are no class, such as the 255 between outlines, are transparent.
    """

    def __init__(self, levels: Sequence[Labels]) -> None:
        self._arrays = levels
        # Above 255 classes there is no indexed format: those are looked up in `set_colors`.
        self._indexed = levels[0].dtype == np.uint8
        self._looked_up: list[NDArray[np.uint8]] = []
        self._colors: list[int] = []
        height, width = levels[0].shape
        images = [QImage(width, height, QImage.Format.Format_ARGB32)]
        if self._indexed:
            images = [_qimage(level, QImage.Format.Format_Indexed8) for level in levels]
        super().__init__(images)

    def set_colors(self, classes: ClassSet, shows: Callable[[int], bool]) -> None:
        """Colour the classes that `shows` tells, and make the others transparent."""
        count = len(classes)
        colors = [
            qRgba(*classes.colors[class_id], 255) if shows(class_id) else 0
            for class_id in range(count)
        ]
        if colors == self._colors:
            return
        self._colors = colors
        if self._indexed:
            table = colors + [0] * (256 - count)
            for level in self._levels:
                level.setColorTable(table)
            return
        palette = np.zeros(1 << 16, np.uint32)
        palette[:count] = colors
        self._looked_up = [palette[level].view(np.uint8) for level in self._arrays]
        self._levels = [
            _qimage(level.reshape(*array.shape, 4), QImage.Format.Format_ARGB32)
            for level, array in zip(self._looked_up, self._arrays, strict=True)
        ]


class MaskLayer(LabelLayer):
    """The class ids (H, W) of a mask that is being edited, or `outlined` the borders of regions.

    To make one of a large mask takes a while, and is a worker's; then `update` takes what changes
    over, part by part. Of regions the largest level is the mask itself.
    """

    def __init__(self, labels: NDArray[np.uint8], outlined: bool) -> None:
        self.outlined = outlined
        self._labels = labels
        levels = label_levels(labels)
        super().__init__([outlines(level) for level in levels] if outlined else levels)

    def update(self, box: Box) -> None:
        """The labels in `box` have changed."""
        if not box:
            return
        source: Labels = self._labels
        # Whether a pixel is at a border depends on its neighbours, too.
        margin = 1 if self.outlined else 0
        top, left = max(0, box.top - margin), max(0, box.left - margin)
        bottom, right = box.bottom + margin, box.right + margin
        for number, level in enumerate(self._arrays):
            if number:
                # Every other id of the level before, as in `label_levels`.
                top, left = (top + 1) // 2, (left + 1) // 2
                bottom, right = (bottom + 1) // 2, (right + 1) // 2
                source = source[::2, ::2]
                top, left = max(0, top - margin), max(0, left - margin)
                bottom, right = bottom + margin, right + margin
            if level is source:
                continue
            part = source[top:bottom, left:right]
            if self.outlined:
                y, x = max(0, top - 1), max(0, left - 1)
                lines = outlines(source[y : bottom + 1, x : right + 1])[top - y :, left - x :]
                part = lines[: part.shape[0], : part.shape[1]]
            level[top : top + part.shape[0], left : left + part.shape[1]] = part


class RegionLayer(Layer):
    """The pixels `inside` (H, W) in one colour, the others transparent."""

    def __init__(self, inside: NDArray[np.bool_], color: Color) -> None:
        self._pixels = np.ascontiguousarray(inside).view(np.uint8)
        image = _qimage(self._pixels, QImage.Format.Format_Indexed8)
        image.setColorTable([0, qRgba(*color, 255)])
        super().__init__([image])


def _qimage(pixels: NDArray[np.generic], kind: QImage.Format) -> QImage:
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, pixels.strides[0], kind)  # pyright: ignore
