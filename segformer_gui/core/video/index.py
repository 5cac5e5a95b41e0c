"""When each frame of a clip is shown, and where its decoding can begin: found without decoding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.error
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.video.container import decoded, open_container

_FALLBACK_RATE = Fraction(25)
_SOUND_LONGER_S = 1.0


@dataclass(frozen=True, eq=False)
class ClipIndex:
    """`stamps` (N,) int64: presentation time of each frame in units of `time_base`, ascending.

    `keys` (K,) are the numbers of the frames that decode by themselves, `key_dts` (K,) the decode
    times to seek to for them. Where a stream carries no times, frames are numbered as they come:
    `seekable` is False, and decoding always begins with the first frame.
    """

    stamps: NDArray[np.int64]
    keys: NDArray[np.int64]
    key_dts: NDArray[np.int64]
    time_base: Fraction
    rate: Fraction
    seekable: bool
    has_audio: bool
    notes: tuple[Note, ...] = ()

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds from the first frame to each."""
        return (self.stamps - self.stamps[0]) * float(self.time_base)


def read_index(path: Path) -> ClipIndex:
    """Go through the packets of a clip, which takes about as long as reading the file.

    Raises `UserError` as `open_container`, and `video_empty` where no frame is found.
    """
    with open_container(path) as container:
        if not container.streams.video:
            raise UserError("video_empty", path=str(path))
        stream = container.streams.video[0]
        packets: list[tuple[int, int, bool]] = []
        untimed = 0
        whole = True
        try:
            for packet in container.demux(stream):
                if not packet.size or packet.is_discard:
                    continue
                if packet.pts is None:
                    untimed += 1
                    continue
                dts = packet.pts if packet.dts is None else packet.dts
                packets.append((packet.pts, dts, packet.is_keyframe))
        except av.error.FFmpegError:
            whole = False
        time_base = stream.time_base or Fraction(1, 1000)
        guessed = stream.guessed_rate or stream.average_rate or _FALLBACK_RATE
        has_audio = bool(container.streams.audio)
        if untimed:
            return _untimed_index(path, guessed, has_audio)
        if not packets:
            raise UserError("video_empty", path=str(path))
        packets.sort()
        stamps = np.array([pts for pts, _, _ in packets], np.int64)
        keys = [number for number, (_, _, is_key) in enumerate(packets) if is_key] or [0]
        rate = _mean_rate(stamps, time_base, guessed)
        index = ClipIndex(
            stamps=stamps,
            keys=np.array(keys, np.int64),
            key_dts=np.array([packets[key][1] for key in keys], np.int64),
            time_base=time_base,
            rate=rate,
            seekable=True,
            has_audio=has_audio,
        )
        return _with_damage(index, _missing_s(container, index), whole)


def _mean_rate(stamps: NDArray[np.int64], time_base: Fraction, guessed: Fraction) -> Fraction:
    """Frames a second; the nominal rate where most frames keep to it, since times are rounded."""
    if len(stamps) < 2 or stamps[-1] == stamps[0]:
        return guessed
    typical = float(np.median(np.diff(stamps))) * float(time_base * guessed)
    if abs(typical - 1) < 0.05:
        return guessed
    length = Fraction(int(stamps[-1] - stamps[0])) * time_base
    return ((len(stamps) - 1) / length).limit_denominator(1001)


def _missing_s(container: av.container.InputContainer, index: ClipIndex) -> float:
    """How many seconds of what the header promises are not there, as far as that can be told."""
    stream = container.streams.video[0]
    found_s = float(index.times[-1]) + 1 / float(index.rate)
    if stream.duration is not None and stream.time_base is not None:
        promised_s, slack_s = float(stream.duration * stream.time_base), 2 / float(index.rate)
    else:
        # The length of the whole file: sound may be longer than the picture.
        promised_s = (container.duration or 0) / av.time_base
        slack_s = _SOUND_LONGER_S if index.has_audio else 2 / float(index.rate)
    return promised_s - found_s if promised_s - found_s > slack_s else 0


def _with_damage(index: ClipIndex, missing_s: float, whole: bool) -> ClipIndex:
    if whole and not missing_s:
        return index
    length_s = float(index.times[-1]) + 1 / float(index.rate)
    note = Note(
        "video_cut_short",
        {"found": f"{length_s:.1f}", "promised": f"{length_s + missing_s:.1f}"},
    )
    return replace(index, notes=(note,))


def _untimed_index(path: Path, rate: Fraction, has_audio: bool) -> ClipIndex:
    """Of a stream without times, such as a bare .h264: frames are counted by decoding them."""
    with open_container(path) as container:
        count = sum(1 for _ in decoded(container))
    if not count:
        raise UserError("video_empty", path=str(path))
    return ClipIndex(
        stamps=np.arange(count, dtype=np.int64),
        keys=np.zeros(1, np.int64),
        key_dts=np.zeros(1, np.int64),
        time_base=1 / rate,
        rate=rate,
        seekable=False,
        has_audio=has_audio,
    )
