"""Small pictures of the current image under each corruption, made in a worker."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.corruption.corrupt import corrupt
from segformer_gui.gui.session.ports import Job, Lanes
from segformer_gui.gui.session.source import Source

WIDTH_PX, HEIGHT_PX = 168, 112


class CorruptionThumbnails(QObject):
    """The middle of the image, corrupted as small as it is: what a corruption looks like.

    Radii and grains are those of a small image, so everything looks stronger than it will be.
    Making them also loads what the kernels keep, such as the photographs of frost.
    """

    made = Signal(str)  # The corruption's name.

    def __init__(self, lanes: Lanes, current: Source) -> None:
        super().__init__()
        self._lanes = lanes
        self._current = current
        self._made: dict[str, NDArray[np.uint8]] = {}
        self._of: tuple[object, float, int] | None = None

    def get(self, name: str) -> NDArray[np.uint8] | None:
        """(HEIGHT_PX, WIDTH_PX, 3) uint8 RGB, None until it is made."""
        return self._made.get(name)

    def make(self, severity: float, seed: int) -> None:
        """Make them anew, unless they are of this image, severity and seed already."""
        picture = self._current.picture
        wanted = picture, severity, seed
        if picture is None or wanted == self._of:
            return
        self._of = wanted
        smallest = picture.levels[-1]

        def work(job: Job) -> None:
            small = _cut(smallest)
            for name in NAMES:
                if job.cancelled():
                    return
                job.report(keep, (name, corrupt(small, name, severity, seed)))

        def keep(made: tuple[str, NDArray[np.uint8]]) -> None:
            name, self._made[name] = made
            self.made.emit(name)

        self._lanes.thumbnails.submit(work, lambda _: None, lambda _: None, "corruptions")


def _cut(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of an image, in the proportions and the size of a thumbnail."""
    height, width = pixels.shape[:2]
    kept_width = max(1, min(width, round(height * WIDTH_PX / HEIGHT_PX)))
    kept_height = max(1, min(height, round(width * HEIGHT_PX / WIDTH_PX)))
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    middle = pixels[top : top + kept_height, left : left + kept_width]
    return cv2.resize(middle, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)  # pyright: ignore
