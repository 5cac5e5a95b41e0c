"""A video file: any frame by its number, exactly the one that playing it through would show."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.video.container import decoded, open_container, rgb_pixels
from segformer_gui.core.video.index import ClipIndex, read_index

_CACHE_BYTES = 256 << 20
# Frames before the one asked for that are kept, too: stepping back is then no new seek each time.
_KEPT_BEFORE = 8


class Clip:
    """Decodes with FFmpeg. Use from one thread at a time.

    Rotation from the metadata is applied; every pixel format becomes 8-bit RGB; where the size
    changes midway, later frames are scaled to the first one's. Raises `UserError` as `read_index`.
    """

    def __init__(self, path: Path, index: ClipIndex | None = None) -> None:
        self.path = path
        self.index = index or read_index(path)
        self._container = open_container(path)
        self._frames: Iterator[av.VideoFrame] = decoded(self._container)
        self._next = 0  # The number of the frame that decoding comes to next, if all goes well.
        self._cache: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()
        self._damaged: set[int] = set()
        self._size: tuple[int, int] | None = None
        self._reformatter = VideoReformatter()
        try:
            height, width = self.frame(0).shape[:2]
            self.size: tuple[int, int] = height, width
        except UserError:
            self.close()
            raise

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.index.stamps)

    @property
    def rate(self) -> Fraction:
        """Frames a second: the mean where it varies."""
        return self.index.rate

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds from the first frame to each, (N,)."""
        return self.index.times

    @property
    def notes(self) -> tuple[Note, ...]:
        """What to know about the file, such as that it is cut short."""
        return self.index.notes

    def frame(self, number: int) -> NDArray[np.uint8]:
        """Frame `number`, from 0, as (H, W, 3) uint8 RGB, not to be written to.

        Raises `UserError` `video_frame_damaged` where it cannot be decoded, `IndexError` beyond the
        ends.
        """
        if not 0 <= number < self.count:
            raise IndexError(number)
        if number in self._cache:
            self._cache.move_to_end(number)
            return self._cache[number]
        if number not in self._damaged:
            found = self._decode(number)
            if found is not None:
                return found
            self._damaged.add(number)
        time = f"{self.times[number]:.2f}"
        raise UserError("video_frame_damaged", path=str(self.path), number=number + 1, time=time)

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()
        self._cache.clear()

    def _decode(self, number: int) -> NDArray[np.uint8] | None:
        """The frame by decoding on, or else from a keyframe at or before it; None if damaged."""
        place = int(np.searchsorted(self.index.keys, number, side="right")) - 1
        key = int(self.index.keys[place]) if place >= 0 else 0
        if key <= self._next <= number and (found := self._decode_on(number)) is not None:
            return found
        # Some containers seek only roughly: further back then, at last to the beginning.
        for back in (0, 1, 2, 4, 8):
            if self.index.seekable and place - back > 0:
                self._seek(place - back)
                if (found := self._decode_on(number)) is not None:
                    return found
        self._start_over()
        return self._decode_on(number)

    def _decode_on(self, number: int) -> NDArray[np.uint8] | None:
        """Decode up to the frame; None where it does not come, as after a seek too far."""
        for frame in self._frames:
            at = self._number(frame)
            if at is None:
                continue
            self._next = at + 1
            if at > number:
                return None
            if number - at <= _KEPT_BEFORE and not frame.is_corrupt:
                self._keep(at, frame)
            if at == number:
                return self._cache.get(number)
        self._next = self.count  # Decoding has come to the end.
        return None

    def _number(self, frame: av.VideoFrame) -> int | None:
        if not self.index.seekable:
            return self._next
        if frame.pts is None:
            return None
        stamps = self.index.stamps
        at = int(np.searchsorted(stamps, frame.pts))
        # AVI may give two frames one time: the second is the one after the first.
        if at < self._next < self.count and stamps[self._next] == frame.pts:
            at = self._next
        return at if at < self.count and stamps[at] == frame.pts else None

    def _keep(self, number: int, frame: av.VideoFrame) -> None:
        self._size = self._size or (frame.width, frame.height)
        pixels = rgb_pixels(frame, self._size, self._reformatter)
        pixels.flags.writeable = False
        self._cache[number] = pixels
        self._cache.move_to_end(number)
        while len(self._cache) > max(_KEPT_BEFORE + 1, _CACHE_BYTES // pixels.nbytes):
            self._cache.popitem(last=False)

    def _seek(self, place: int) -> None:
        dts = int(self.index.key_dts[place])
        try:
            self._container.seek(dts, stream=self._container.streams.video[0])
        except av.error.FFmpegError:
            self._start_over()
            return
        self._frames = decoded(self._container)
        self._next = int(self.index.keys[place])

    def _start_over(self) -> None:
        self._container.close()
        self._container = open_container(self.path)
        self._frames = decoded(self._container)
        self._next = 0
