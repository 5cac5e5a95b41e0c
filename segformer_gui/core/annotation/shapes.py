"""Regions that are drawn by their outline: rectangles, polygons and lassos."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.region import NOWHERE, Box, Region


def rectangle(
    corner: tuple[float, float], opposite: tuple[float, float], size: tuple[int, int]
) -> Region:
    """The pixels under a rectangle, those that it cuts too, on a map of `size` (H, W)."""
    (x0, x1), (y0, y1) = sorted((corner[0], opposite[0])), sorted((corner[1], opposite[1]))
    box = Box(math.floor(y0), math.floor(x0), math.ceil(y1), math.ceil(x1)) & Box(0, 0, *size)
    if not box:
        return Region(NOWHERE, np.zeros((0, 0), np.bool_))
    return Region(box, np.ones(box.shape, np.bool_))


def polygon(
    points: Sequence[tuple[float, float]] | NDArray[np.floating], size: tuple[int, int]
) -> Region:
    """The pixels whose centre a closed outline goes around, on a map of `size` (H, W).

    `points` (N, 2) are (x, y). Pixels that it goes around twice, as a lasso does that crosses
    itself, are inside, too. Polygons that share an edge share no pixel.
    """
    vertices = np.asarray(points, np.float64).reshape(-1, 2)
    rows, crossings, turns = _crossings(vertices, size[0])
    if not len(rows):
        return Region(NOWHERE, np.zeros((0, 0), np.bool_))
    # Right of a crossing, the outline has gone around once more, or once less.
    columns = np.clip(np.ceil(crossings - 0.5), 0, size[1]).astype(np.intp)
    top, left = int(rows.min()), int(columns.min())
    steps = np.zeros((int(rows.max()) - top + 1, int(columns.max()) - left + 1), np.int16)
    np.add.at(steps, (rows - top, columns - left), turns)
    around = np.cumsum(steps[:, :-1], axis=1, dtype=np.int16)
    if not around.size:
        return Region(NOWHERE, np.zeros((0, 0), np.bool_))
    return Region.of(around != 0, top, left)


def _crossings(
    vertices: NDArray[np.float64], height: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.int16]]:
    """Where edges cross the middles of rows: row, x, and 1 if downwards or -1 if upwards."""
    following = np.roll(vertices, -1, axis=0)
    (x0, y0), (x1, y1) = vertices.T, following.T
    first = np.clip(np.ceil(np.minimum(y0, y1) - 0.5), 0, height).astype(np.intp)
    last = np.clip(np.ceil(np.maximum(y0, y1) - 0.5), 0, height).astype(np.intp)
    counts = last - first
    edges = np.repeat(np.arange(len(vertices)), counts)
    begins = np.cumsum(counts) - counts
    rows = np.arange(len(edges)) - begins[edges] + first[edges]
    # From the upper end, whichever way the edge is drawn: polygons that share it round alike.
    down = y1 >= y0
    (xa, xb), (ya, yb) = (np.where(down, [a, b], [b, a]) for a, b in ((x0, x1), (y0, y1)))
    along = (rows + 0.5 - ya[edges]) / (yb - ya)[edges]
    crossings = xa[edges] + along * (xb - xa)[edges]
    return rows, crossings, np.sign(y1 - y0)[edges].astype(np.int16)
