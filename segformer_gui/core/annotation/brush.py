"""Brush strokes: thick straight segments from one place of the mouse to the next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.mask import FREE, Mask, Rules
from segformer_gui.core.annotation.patch import Patch
from segformer_gui.core.annotation.region import NOWHERE, Box, Region

BrushShape = Literal["round", "square"]
MAX_DIAMETER_PX = 512

# A long segment is drawn in pieces: the boxes of the pieces hold less than the box of the whole.
_PIECE_PX = 256
_ROUNDING = 1e-9

Point = tuple[float, float]


@dataclass(frozen=True)
class Brush:
    """A round or square brush, 1 to 512 px wide."""

    diameter_px: int
    shape: BrushShape = "round"


class Stroke:
    """One stroke of a brush, from the press to the release. 255 as the class erases.

    Nothing in here touches more of the mask than lies under the brush.
    """

    def __init__(self, mask: Mask, brush: Brush, class_id: int, rules: Rules = FREE) -> None:
        self._brush = brush
        self._class_id = class_id
        self._size = mask.size
        self._last: Point | None = None
        self._recording = mask.begin(rules)

    def move(self, x: float, y: float, diameter_px: int | None = None) -> Box:
        """Draw on to (x, y), or begin there; returns what may have changed.

        `diameter_px` is the width of this segment, for pens that feel pressure.
        """
        diameter = min(max(1, diameter_px or self._brush.diameter_px), MAX_DIAMETER_PX)
        start, end = _snapped(self._last or (x, y), diameter), _snapped((x, y), diameter)
        self._last = (x, y)
        pieces = max(1, math.ceil(math.dist(start, end) / _PIECE_PX))
        drawn = NOWHERE
        for piece in range(pieces):
            begin = _between(start, end, piece / pieces)
            until = _between(start, end, (piece + 1) / pieces)
            drawn |= self.paint(segment(begin, until, diameter, self._brush.shape, self._size))
        return drawn

    def paint(self, region: Region) -> Box:
        """Add a region, such as the superpixel under the mouse; returns what may have changed."""
        return self._recording.paint(region.filled(self._class_id))

    def end(self) -> Patch | None:
        """The stroke as a patch; None where it changed nothing."""
        return self._recording.end()

    def cancel(self) -> Box:
        """Give the mask back as it was; returns what may have changed."""
        return self._recording.cancel()


def segment(
    start: Point, end: Point, diameter: float, shape: BrushShape, size: tuple[int, int]
) -> Region:
    """What a brush covers that goes straight from `start` to `end`, on a map of `size` (H, W).

    Round: all pixels whose centre lies within half a diameter of the line. Square: those within
    half a diameter of one of its points in both x and y.
    """
    radius = diameter / 2
    (x0, y0), (x1, y1) = start, end
    top = max(0, math.floor(min(y0, y1) - radius))
    bottom = min(size[0], math.ceil(max(y0, y1) + radius))
    left = max(0, math.floor(min(x0, x1) - radius))
    right = min(size[1], math.ceil(max(x0, x1) + radius))
    box = Box(top, left, bottom, right)
    if not box:
        return Region(NOWHERE, np.zeros((0, 0), np.bool_))
    # Both are convex: of each row of pixels they cover one span.
    rows = np.arange(top + 0.5, bottom, dtype=np.float64)
    spans = _round_spans if shape == "round" else _square_spans
    begins, ends = spans(start, end, radius, rows)
    columns = np.arange(left + 0.5, right, dtype=np.float64)
    first = np.searchsorted(columns, begins - _ROUNDING)[:, None]
    last = np.searchsorted(columns, ends + _ROUNDING, side="right")[:, None]
    numbers = np.arange(right - left)
    return Region(box, (numbers >= first) & (numbers < last))


def _round_spans(
    start: Point, end: Point, radius: float, rows: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each row's span begins and ends, in x: between the outermost of two discs and the two
    lines that touch them both.
    """
    begins, ends = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    for x, y in (start, end):
        height = np.abs(rows - y)
        half = np.sqrt(np.maximum(0, radius**2 - height**2))
        reached = height <= radius
        np.minimum(begins, x - half, out=begins, where=reached)
        np.maximum(ends, x + half, out=ends, where=reached)
    dx, dy = end[0] - start[0], end[1] - start[1]
    if dy == 0:  # The touching lines are level: the discs reach as far.
        return begins, ends
    length = math.hypot(dx, dy)
    for side in (-radius / length, radius / length):
        x, y = start[0] - side * dy, start[1] + side * dx
        along = (rows - y) / dy
        crossed = (along >= 0) & (along <= 1)
        np.minimum(begins, x + along * dx, out=begins, where=crossed)
        np.maximum(ends, x + along * dx, out=ends, where=crossed)
    return begins, ends


def _square_spans(
    start: Point, end: Point, radius: float, rows: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each row's span begins and ends, in x: around the part of the line that is close
    enough in y.
    """
    dx, dy = end[0] - start[0], end[1] - start[1]
    lowest, highest = np.zeros(len(rows)), np.ones(len(rows))
    if dy != 0:
        bounds = np.sort([(rows - radius - start[1]) / dy, (rows + radius - start[1]) / dy], axis=0)
        lowest, highest = np.clip(bounds, 0, 1)
    sides = np.sort([start[0] + lowest * dx, start[0] + highest * dx], axis=0)
    reached = (rows >= min(start[1], end[1]) - radius) & (rows <= max(start[1], end[1]) + radius)
    sides[:, ~reached] = [[np.inf], [-np.inf]]
    return sides[0] - radius, sides[1] + radius


def _snapped(point: Point, diameter: int) -> Point:
    """The nearest place where the brush covers whole pixels: centres for odd diameters, corners
    for even ones.
    """
    if diameter % 2:
        return math.floor(point[0]) + 0.5, math.floor(point[1]) + 0.5
    return float(math.floor(point[0] + 0.5)), float(math.floor(point[1] + 0.5))


def _between(start: Point, end: Point, share: float) -> Point:
    if share == 1:
        return end
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
