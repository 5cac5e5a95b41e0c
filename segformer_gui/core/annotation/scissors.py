"""Intelligent scissors: an outline that snaps to the edges of the image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.region import Box

REACH_PX = 192
_CANNY = (32, 100)
_STEEPEST = 200  # Gradients above it are edges like any other.


class Scissors:
    """Paths along edges, from an anchor to wherever the mouse is, on an image (H, W, 3) uint8 RGB.

    Mortensen and Barrett, "Intelligent scissors for image composition", 1995, by OpenCV.
    """

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self._image = image
        self._tool = cv2.segmentation.IntelligentScissorsMB()
        self._tool.setEdgeFeatureCannyParameters(*_CANNY)
        self._tool.setGradientMagnitudeMaxLimit(_STEEPEST)
        self._box: Box | None = None

    def set_anchor(self, x: float, y: float) -> None:
        """Begin at (x, y), the nearest pixel of it; a worker's: it takes a tenth of a second.

        Paths are known as far as `REACH_PX` from there: the time grows with the area.
        """
        height, width = self._image.shape[:2]
        row, column = _inside(y, 0, height), _inside(x, 0, width)
        around = Box(row - REACH_PX, column - REACH_PX, row + REACH_PX + 1, column + REACH_PX + 1)
        box = around & Box(0, 0, height, width)
        # OpenCV takes any anchor, also one outside, without a word.
        self._tool.applyImage(np.ascontiguousarray(self._image[box.slices]))
        self._tool.buildMap((column - box.left, row - box.top))
        self._box = box

    def path(self, x: float, y: float) -> NDArray[np.float64]:
        """The path from the anchor to (x, y), or the nearest pixel within reach: (N, 2), x and y
        of pixel centres, with both ends.
        """
        assert self._box is not None, "there is no anchor yet"
        box = self._box
        target = _inside(x, box.left, box.right), _inside(y, box.top, box.bottom)
        path = self._tool.getContour((target[0] - box.left, target[1] - box.top))
        corner = np.array([box.left, box.top])
        return np.asarray(path.reshape(-1, 2) + corner + 0.5, np.float64)


def _inside(value: float, first: int, end: int) -> int:
    return min(max(int(value // 1), first), end - 1)
