"""How the picture moves from one frame to the next, and maps that move with it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.render import Labels

# Flow is found on a smaller picture: street scenes move smoothly, and it takes a tenth of the time.
_SHORT_SIDE = 270
# Where going there and back again ends this many px of the small picture away, nothing is known:
# something came into sight or went out of it.
_RETURN_PX = 1.0


class Motion:
    """From each pixel of the later of two frames back to the earlier one.

    `x` and `y` (H, W) float32: where in the earlier frame, in px, a pixel of the later one was;
    `known` (H, W) bool: where that can be told.
    """

    def __init__(self, earlier: NDArray[np.uint8], later: NDArray[np.uint8]) -> None:
        """Of two images (H, W, 3) uint8 RGB, by dense inverse search (Kroeger et al., 2016)."""
        height, width = later.shape[:2]
        scale = min(1.0, _SHORT_SIDE / min(height, width))
        size = max(16, round(width * scale)), max(16, round(height * scale))
        first, second = (_grey(image, size) for image in (earlier, later))
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        back = search.calc(second, first, None)  # pyright: ignore
        forth = search.calc(first, second, None)  # pyright: ignore
        x, y = np.meshgrid(
            np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32)
        )
        from_x, from_y = x + back[..., 0], y + back[..., 1]
        returned = cv2.remap(forth, from_x, from_y, cv2.INTER_LINEAR)
        error = np.abs(returned + back).max(axis=-1)
        inside = (from_x >= 0) & (from_x <= size[0] - 1) & (from_y >= 0) & (from_y <= size[1] - 1)
        known = inside & (error <= _RETURN_PX)
        grown = cv2.resize(back, (width, height), interpolation=cv2.INTER_LINEAR)
        grown *= np.array([width / size[0], height / size[1]], np.float32)
        self.x = grown[..., 0] + np.arange(width, dtype=np.float32)
        self.y = grown[..., 1] + np.arange(height, dtype=np.float32)[:, None]
        self.known: NDArray[np.bool_] = cv2.resize(
            known.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
        ).astype(np.bool_)  # pyright: ignore

    def carried(self, labels: Labels) -> Labels:
        """Labels (H, W) of the earlier frame as they would lie in the later one."""
        return cv2.remap(labels, self.x, self.y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)  # pyright: ignore


def _grey(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)  # pyright: ignore
