"""Superpixels: an image in patches of one look, for a brush that paints whole ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.region import NOWHERE, Box, Region

_BLOCK_PX = 1024  # Side of what is computed at once: bounds memory, and how soon one can stop.
_COMPACTNESS = 10.0  # As scikit-image has it; less follows edges further, with ragged outlines.
_ROUNDS = 5


class Superpixels:
    """A partition of (a part of) an image; `ids` (H, W) int32 count from 0, `box` is its place."""

    def __init__(self, ids: NDArray[np.int32], box: Box) -> None:
        self.ids = ids
        self.box = box
        self._boxes = _boxes(ids)

    def at(self, x: float, y: float) -> Region:
        """The superpixel at (x, y), in the image's pixels; nothing outside of `box`."""
        row, column = int(y // 1), int(x // 1)
        if not self.box & Box(row, column, row + 1, column + 1):
            return Region(NOWHERE, np.zeros((0, 0), np.bool_))
        number = int(self.ids[row - self.box.top, column - self.box.left])
        top, left, bottom, right = (int(side) for side in self._boxes[number])
        inside = self.ids[top:bottom, left:right] == number
        return Region.of(inside, self.box.top + top, self.box.left + left)


def find_superpixels(
    image: NDArray[np.uint8],
    side_px: int,
    box: Box | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Superpixels | None:
    """Cut an image (H, W, 3) uint8 RGB into superpixels of about `side_px` squared, by SLIC.

    Only what lies in `box`, if that is given. None once `cancelled`, which is asked about once a
    second. Takes 0.6 s a megapixel.
    """
    from skimage.segmentation import slic

    box = (box or Box(0, 0, *image.shape[:2])) & Box(0, 0, *image.shape[:2])
    ids = np.zeros(box.shape, np.int32)
    count = 0
    for top in range(0, ids.shape[0], _BLOCK_PX):
        for left in range(0, ids.shape[1], _BLOCK_PX):
            if cancelled():
                return None
            part = np.s_[top : top + _BLOCK_PX, left : left + _BLOCK_PX]
            block = image[box.slices][part]
            wanted = max(1, round(block.shape[0] * block.shape[1] / side_px**2))
            found = slic(
                block,
                n_segments=wanted,
                compactness=_COMPACTNESS,
                max_num_iter=_ROUNDS,
                start_label=0,
                channel_axis=-1,
            )
            ids[part] = found + count
            count += int(found.max()) + 1
    return Superpixels(ids, box)


def _boxes(ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """The smallest box of each id: (N, 4) top, left, bottom, right."""
    count = int(ids.max()) + 1 if ids.size else 0
    boxes = np.zeros((count, 4), np.int32)
    boxes[:, :2] = max(ids.shape)
    for row, line in enumerate(ids):
        # Of each run of equal ids: cheaper than of each pixel.
        begins = np.flatnonzero(np.diff(line, prepend=-1))
        ends = np.append(begins[1:], len(line))
        numbers = line[begins]
        boxes[numbers, 0] = np.minimum(boxes[numbers, 0], row)
        boxes[numbers, 2] = row + 1
        np.minimum.at(boxes[:, 1], numbers, begins.astype(np.int32))
        np.maximum.at(boxes[:, 3], numbers, ends.astype(np.int32))
    return boxes
