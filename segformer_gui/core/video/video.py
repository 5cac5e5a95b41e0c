"""What everything that plays, measures or exports frames knows of a video."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.errors import Note
from segformer_gui.core.images import is_folder

RATE = 25.0  # Frames a second of an image sequence of which nobody has said it.
RATES = (0.1, 1000.0)  # The lowest and the highest that may be asked for.


class Video(Protocol):
    """Frames by number. Use from one thread at a time."""

    @property
    def path(self) -> Path:
        """The file, or the folder of images."""
        ...

    @property
    def count(self) -> int:
        """How many frames there are."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of every frame."""
        ...

    @property
    def rate(self) -> Fraction:
        """Frames a second: the mean where it varies."""
        ...

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds from the first frame to each, (N,)."""
        ...

    @property
    def notes(self) -> tuple[Note, ...]:
        """What to know about it, such as that it is cut short."""
        ...

    def frame(self, number: int) -> NDArray[np.uint8]:
        """Frame `number`, from 0: (H, W, 3) uint8 RGB, not to be written to."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


def reduced(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A frame (H, W, 3) reduced to fit into `width` x `height` px."""
    scale = min(width / pixels.shape[1], height / pixels.shape[0], 1)
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # pyright: ignore


def first_frame_reduced(path: Path, width: int, height: int) -> NDArray[np.uint8]:
    """What stands for a video in a list. Errors as `open_video`."""
    video = open_video(path)
    try:
        return reduced(video.frame(0), width, height)
    finally:
        video.close()


def open_video(path: Path, rate: float = RATE) -> Video:
    """A clip, or a folder of images to be shown at `rate` frames a second.

    Errors as `Clip` and `ImageSequence`.
    """
    # FFmpeg's libraries are loaded where they are needed.
    if is_folder(path):
        from segformer_gui.core.video.sequence import ImageSequence

        return ImageSequence(path, rate)
    from segformer_gui.core.video.clip import Clip

    return Clip(path)
