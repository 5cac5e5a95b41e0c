"""Files through FFmpeg, which PyAV brings: opened safely, decoded past damage, as RGB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import av
import av.container
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error

# A clip from anywhere may name other files and addresses; only files of its own are followed.
_OPTIONS = {"protocol_whitelist": "file"}


def open_container(path: Path) -> av.container.InputContainer:
    """Open a clip. Raises `UserError` `video_broken`, `file_missing`, `no_permission`, ..."""
    try:
        # By a file object: a name with a percent sign or colon would mean something to FFmpeg.
        path.open("rb").close()
        container = av.open(f"file:{path}", options=_OPTIONS)
    except av.error.FFmpegError as error:
        raise UserError("video_broken", path=str(path)) from error
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error
    for stream in container.streams.video[:1]:
        stream.thread_type = "AUTO"
    return container


def decoded(container: av.container.InputContainer) -> Iterator[av.VideoFrame]:
    """Frames from where the container is, in the order of their times; damaged packets are left
    out. Where reading on fails they end. Raises FFmpeg's ExitError when the time to wait is up.
    """
    packets = container.demux(container.streams.video[0])
    while True:
        try:
            packet = next(packets, None)
        except av.error.ExitError:
            raise
        except av.error.FFmpegError:
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        yield from frames


def rgb_pixels(
    frame: av.VideoFrame, size: tuple[int, int], reformatter: VideoReformatter
) -> NDArray[np.uint8]:
    """A frame as (H, W, 3) uint8 RGB of `size` (W, H), turned as its metadata says.

    Frames of one source share a `reformatter`: to set one up takes longer than to use it.
    """
    # In one thread: a pool of them costs more than it gains, and the network wants the cores.
    rgb = reformatter.reformat(frame, *size, format="rgb24", threads=1)
    pixels = cast("NDArray[np.uint8]", rgb.to_ndarray())
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarters)) if quarters else pixels
