"""Image files in their order as a video."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.images import find_images, read_image, read_size

_CACHED = 16


class ImageSequence:
    """The images of a folder, in natural order, at a rate of one's choice.

    `rate` is in frames a second. All must have the size of the first. Use from one thread at a
    time. Raises `UserError` as `find_images` and `read_size`.
    """

    notes: tuple[Note, ...] = ()

    def __init__(self, path: Path, rate: float) -> None:
        self.path = path
        self.rate = Fraction(rate).limit_denominator(1001)
        self.files: Sequence[Path] = find_images([path])
        self._cache: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()
        self.size: tuple[int, int] = read_size(self.files[0])

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.files)

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds from the first frame to each, (N,)."""
        return np.arange(self.count) / float(self.rate)

    def frame(self, number: int) -> NDArray[np.uint8]:
        """Frame `number`, from 0, as (H, W, 3) uint8 RGB, not to be written to.

        Raises `UserError` `video_size_changes` or as `read_image`, `IndexError` beyond the ends.
        """
        if not 0 <= number < self.count:
            raise IndexError(number)
        if number not in self._cache:
            pixels = read_image(self.files[number])
            if pixels.shape[:2] != self.size:
                raise UserError("video_size_changes", path=str(self.files[number]))
            pixels.flags.writeable = False
            self._cache[number] = pixels
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        self._cache.move_to_end(number)
        return self._cache[number]

    def close(self) -> None:
        """Forget the images."""
        self._cache.clear()
