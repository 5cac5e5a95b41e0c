"""Decoded images and results in memory: as much as fits under a cap. No Qt in here."""

from __future__ import annotations

import math
import zlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.images import is_video, read_image
from segformer_gui.core.outputs import pixels_per_class
from segformer_gui.core.video.video import RATE, Video, open_video
from segformer_gui.gui.session.ports import Labels, Result

if TYPE_CHECKING:
    from segformer_gui.core.inference.prediction import Prediction

_SMALLEST_LEVEL_PX = 256

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded image. `levels` are (H, W, 3) uint8 RGB, each half the size of the one before.

    Of a video it is one frame; `video` is for the decoding thread to read the others from.
    """

    path: Path
    levels: tuple[NDArray[np.uint8], ...]
    video: Video | None = None

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The image in full size, (H, W, 3) uint8 RGB."""
        return self.levels[0]

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return sum(level.nbytes for level in self.levels)


def load_picture(path: Path, rate: float = RATE) -> Picture:
    """Decode an image file, or a video's first frame, and its smaller levels.

    `rate` is that of an image sequence, in frames a second. Errors as `read_image` and
    `open_video`.
    """
    if is_video(path):
        video = open_video(path, rate)
        return Picture(path, image_levels(video.frame(0)), video)
    return Picture(path, image_levels(read_image(path)))


def image_levels(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    """An image (H, W) or (H, W, 3) and smaller levels, each half the size of the one before."""
    levels = [pixels]
    while max(levels[-1].shape[:2]) >= 2 * _SMALLEST_LEVEL_PX:
        height, width = levels[-1].shape[:2]
        size = ((width + 1) // 2, (height + 1) // 2)
        levels.append(cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA))  # pyright: ignore
    return tuple(levels)


def label_levels(labels: Labels) -> tuple[Labels, ...]:
    """Labels (H, W) and smaller levels; ids cannot be averaged, so every other one is kept."""
    levels = [labels]
    while max(levels[-1].shape) >= 2 * _SMALLEST_LEVEL_PX:
        levels.append(levels[-1][::2, ::2])
    # In one piece each, as the canvas needs them.
    return tuple(cast("Labels", np.ascontiguousarray(level)) for level in levels)


def result_of(prediction: Prediction) -> Result:
    """A prediction as the window shows it; a worker's."""
    classes = prediction.classes
    return Result(
        levels=label_levels(prediction.labels),
        counts=pixels_per_class(prediction.labels, len(classes)),
        classes=classes,
        timings=prediction.timings,
        device=prediction.device,
        precision=prediction.precision,
        notes=prediction.notes,
        logits=prediction.logits.cpu().numpy(),
        mean_confidence=prediction.mean_confidence,
    )


@dataclass(frozen=True, eq=False)
class PackedResult:
    """A result whose labels are compressed, some fifty times smaller: every image keeps one."""

    result: Result  # With neither labels nor logits in it.
    shape: tuple[int, ...]
    dtype: np.dtype[np.uint8 | np.uint16]
    data: bytes


def pack(result: Result) -> PackedResult:
    """Compress the labels of a result; 10 ms for two megapixels. The logits are not kept."""
    labels = result.labels
    empty = replace(result, levels=(), logits=None)
    return PackedResult(empty, labels.shape, labels.dtype, zlib.compress(labels.data, 1))


def unpack(packed: PackedResult) -> Result:
    """The result as it was, without its logits."""
    # Of known size: pieces would be joined while every other Python thread waits.
    nbytes = math.prod(packed.shape) * packed.dtype.itemsize
    data = zlib.decompress(packed.data, bufsize=nbytes)
    labels = np.frombuffer(data, packed.dtype).reshape(packed.shape)
    return replace(packed.result, levels=label_levels(cast("Labels", labels)))


class RecentlyUsed(Generic[Value]):
    """The values last used, as many as fit under a cap in bytes; the newest one always stays."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._values: OrderedDict[Path, tuple[Value, int]] = OrderedDict()

    def get(self, path: Path) -> Value | None:
        """The value of `path` if it is still here; it counts as used now."""
        if path not in self._values:
            return None
        self._values.move_to_end(path)
        return self._values[path][0]

    def put(self, path: Path, value: Value, nbytes: int) -> None:
        """Keep `value`, and let go what was not used for longest."""
        self.drop(path)
        self._values[path] = (value, nbytes)
        self._bytes += nbytes
        while self._bytes > self._max_bytes and len(self._values) > 1:
            _, (_, freed) = self._values.popitem(last=False)
            self._bytes -= freed

    def drop(self, path: Path) -> None:
        """Forget the value of `path`, if there is one."""
        _, freed = self._values.pop(path, (None, 0))
        self._bytes -= freed

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()
        self._bytes = 0
