"""Regions that belong together: flood fill, magic wand, a region of the prediction."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.region import NOWHERE, Box, Region

_STRIP_ROWS = 256


def flood(values: NDArray[np.uint8], x: float, y: float) -> Region:
    """The pixels of `values` (H, W) uint8 that are as the one at (x, y) and connected with it.

    Connected are pixels that share an edge. Outside of the map there is nothing.
    """
    height, width = values.shape
    column, row = int(x // 1), int(y // 1)
    if not (0 <= row < height and 0 <= column < width):
        return Region(NOWHERE, np.zeros((0, 0), np.bool_))
    marked = np.zeros((height + 2, width + 2), np.uint8)
    source = values if values.flags.writeable else values.copy()  # It is not written to, though.
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    _, _, _, (left, top, w, h) = cv2.floodFill(source, marked, (column, row), 0, flags=flags)
    inside = marked[1 + top : 1 + top + h, 1 + left : 1 + left + w].view(np.bool_)
    return Region(Box(top, left, top + h, left + w), inside)


def wand(
    image: NDArray[np.uint8], x: float, y: float, tolerance: float, contiguous: bool = True
) -> Region:
    """The pixels of an image (H, W, 3) uint8 RGB that look like the one at (x, y).

    `tolerance` is the largest distance in CIE Lab (Delta E of 1976; 2 is just seen). `contiguous`:
    only what is connected with (x, y).
    """
    height, width = image.shape[:2]
    column, row = int(x // 1), int(y // 1)
    if not (0 <= row < height and 0 <= column < width):
        return Region(NOWHERE, np.zeros((0, 0), np.bool_))
    target = _lab(image[row : row + 1, column : column + 1])
    alike = np.empty((height, width), np.bool_)
    # In strips: Lab of a large image would take twelve bytes a pixel.
    for top in range(0, height, _STRIP_ROWS):
        away = _lab(image[top : top + _STRIP_ROWS]) - target
        alike[top : top + _STRIP_ROWS] = np.einsum("hwc,hwc->hw", away, away) <= tolerance**2
    return flood(alike.view(np.uint8), x, y) if contiguous else Region.of(alike)


def runner_up_region(
    logits: NDArray[np.float32], size: tuple[int, int], x: float, y: float, slack: float = 0.0
) -> tuple[Region, int]:
    """The region where a model's second choice at (x, y) is about to win, and that class.

    It is connected with (x, y), and nowhere in it does the class trail the likeliest one by more
    than at (x, y) plus `slack`, in logits. `logits` (C, h, w) span the image of `size` (H, W); they
    are compared on their own grid and the difference is enlarged. (x, y) must be inside. With a
    single class it is that one, everywhere.
    """
    _, rows, columns = logits.shape
    cell = int(y * rows / size[0]), int(x * columns / size[1])
    class_id = int(np.argsort(logits[:, *cell])[-min(2, len(logits))])
    behind = logits.max(axis=0) - logits[class_id]
    enlarged = cv2.resize(behind, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    close = enlarged <= enlarged[int(y), int(x)] + slack
    return flood(close.view(np.uint8), x, y), class_id


def _lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """CIE Lab (D65) of sRGB: L from 0 to 100."""
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)  # pyright: ignore
