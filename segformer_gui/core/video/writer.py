"""Frames out as an MP4 file, with the sound of the clip that they came from."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import av.container
import av.error
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.errors import Note
from segformer_gui.core.files import whole_or_nothing
from segformer_gui.core.video.container import open_container

_TIME_BASE = Fraction(1, 90_000)  # Fine enough for every frame rate in use.
# What a person sees no difference to, with either encoder.
_QUALITY = {"libx264": {"crf": "18", "preset": "veryfast"}, "mpeg4": {"qscale": "2"}}
# What players find in an MP4 file without trouble.
_SOUND = {"aac", "mp3", "mp2", "ac3", "eac3", "opus", "alac", "flac"}


class Mp4Writer:
    """Frames of one size at times of one's choice. See `writing_mp4`."""

    def __init__(self, stream: BinaryIO, size: tuple[int, int], rate: Fraction) -> None:
        self.notes: list[Note] = []
        self._height, self._width = size
        self._container = av.open(stream, "w", format="mp4")
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        self._video = self._container.add_stream(codec, rate=rate, options=_QUALITY[codec])
        self._video.width, self._video.height = self._width, self._height
        # Halved colour needs even sides; full colour keeps odd ones as they are.
        halved = codec == "mpeg4" or (self._width % 2 == 0 and self._height % 2 == 0)
        self._video.pix_fmt = "yuv420p" if halved else "yuv444p"
        self._video.codec_context.time_base = _TIME_BASE
        self._stamp = -1
        self._source: av.container.InputContainer | None = None
        self._sound: Generator[None] | None = None

    def copy_sound(self, clip: Path, start_s: float, stop_s: float) -> None:
        """Take the sound between two times of a clip over, not encoded anew.

        Where MP4 cannot hold it, it is left out, and `notes` say so. Before the first frame.
        """
        source = self._source = open_container(clip)
        track = source.streams.audio[0]
        if track.codec_context.name not in _SOUND:
            self.notes.append(Note("sound_left_out", {"codec": track.codec_context.name}))
            return
        copy = self._container.add_stream_from_template(track)
        self._sound = self._copied(track, copy, start_s, stop_s)

    def add(self, pixels: NDArray[np.uint8], time_s: float) -> None:
        """One frame (H, W, 3) uint8 RGB; times must not fall."""
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        self._stamp = max(self._stamp + 1, round(time_s / _TIME_BASE))
        frame.pts, frame.time_base = self._stamp, _TIME_BASE
        self._container.mux(self._video.encode(frame))
        self._mux_sound(time_s)

    def finish(self) -> None:
        """Write what encoder and sound still hold back."""
        self._container.mux(self._video.encode(None))
        self._mux_sound(float("inf"))
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._container.close()
        if self._source is not None:
            self._source.close()

    def _mux_sound(self, until_s: float) -> None:
        self._until_s = until_s
        if self._sound is not None:
            next(self._sound, None)

    def _copied(
        self,
        track: av.AudioStream,
        copy: av.AudioStream,
        start_s: float,
        stop_s: float,
    ) -> Generator[None]:
        """Copies sound up to the time of the last frame, then waits for the next one."""
        assert self._source is not None
        assert track.time_base is not None
        first = self._source.streams.video[0].start_time or 0
        zero_s = float(first * (self._source.streams.video[0].time_base or 0)) + start_s
        offset = round(zero_s / track.time_base)
        for packet in self._source.demux(track):
            if packet.dts is None or packet.pts is None:
                continue
            time_s = float(packet.pts * track.time_base) - zero_s
            if time_s < 0 < start_s:  # What comes before the very beginning primes the decoder.
                continue
            if time_s >= stop_s - start_s:
                return
            while time_s > self._until_s:
                yield
            packet.pts, packet.dts = packet.pts - offset, packet.dts - offset
            packet.stream = copy
            self._container.mux(packet)


@contextmanager
def writing_mp4(path: Path, size: tuple[int, int], rate: Fraction) -> Generator[Mp4Writer]:
    """A writer whose file appears at `path` when the block ends without an error, or not at all.

    `size` (H, W). Raises `UserError` as `write_atomically`.
    """
    with whole_or_nothing(path) as stream:
        writer = Mp4Writer(stream, size, rate)
        try:
            yield writer
            writer.finish()
        except BaseException:
            # The first error is the one to be told.
            with suppress(av.error.FFmpegError, OSError, ValueError):
                writer.close()
            raise
