"""Cameras and streams: always the newest frame, and back again by itself when it was lost."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import av
import av.container
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from segformer_gui.core.errors import UserError
from segformer_gui.core.video.container import decoded, rgb_pixels

_OPTIONS = {
    # An address shall not make FFmpeg read files of this machine.
    "protocol_whitelist": "http,https,httpproxy,tcp,tls,udp,rtp,rtsp,rtmp,hls,crypto",
    "rtsp_transport": "tcp",
    "seekable": "0",  # A live stream has no other place to go to, whatever its server says.
}
_CAMERA_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
_TIMEOUT_S = 5.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 8.0

LiveState = Literal["connecting", "playing", "lost"]


@dataclass(frozen=True)
class LiveFrame:
    """`pixels` (H, W, 3) uint8 RGB; `number` counts what the source sent, seen or not."""

    number: int
    pixels: NDArray[np.uint8]


class LiveSource:
    """Reads `address` in a thread of its own: `rtsp://...`, `http://...`, or `camera:0`.

    `tell(state, error)` is called from that thread; the error is None but for "lost", which comes
    with `UserError` `live_unreachable` as long as no picture has come, `live_no_picture`,
    `live_silent`, `live_ended` or `live_lost`. The source is then tried again after 0.5 s, then
    after twice as long each time, up to 8 s, until `close`.
    """

    def __init__(
        self,
        address: str,
        tell: Callable[[LiveState, UserError | None], None] = lambda state, error: None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self.address = address
        self._tell = tell
        self._timeout_s = timeout_s
        self._closed = threading.Event()
        self._changed = threading.Condition()
        self._newest: tuple[int, av.VideoFrame] | None = None
        self._count = 0
        self._reformatter = VideoReformatter()
        self._thread = threading.Thread(target=self._run, name="live source", daemon=True)
        self._thread.start()

    def newest(self, after: int = -1, timeout_s: float = 0) -> LiveFrame | None:
        """The newest frame if it came after the one numbered `after`; waits for one if asked."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed.is_set() or self._has(after), timeout_s)
            found = self._newest if self._has(after) else None
        if found is None:
            return None
        # Only what is looked at is converted: reading keeps up with a source that is too fast.
        number, frame = found
        return LiveFrame(number, rgb_pixels(frame, (frame.width, frame.height), self._reformatter))

    def close(self, timeout_s: float = 0) -> None:
        """Stop reading; the thread ends by itself within its time-out."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(timeout_s)

    def _has(self, after: int) -> bool:
        return self._newest is not None and self._newest[0] > after

    def _run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._closed.is_set():
            self._tell("connecting", None)
            before, began = self._count, time.monotonic()
            code, reason = "live_ended", ""
            try:
                self._read()
                if self._count == before:
                    code = "live_no_picture"
            except av.error.ExitError:  # How FFmpeg calls it when the time is up.
                code = "live_silent"
            except (av.error.FFmpegError, OSError, ValueError) as error:
                code = "live_lost" if self._count else "live_unreachable"
                reason = getattr(error, "strerror", None) or str(error)
                # That nothing came in time is invalid data to FFmpeg's reader of RTSP.
                invalid = isinstance(error, av.error.InvalidDataError) and self._count == before
                if invalid and time.monotonic() - began >= self._timeout_s:
                    code = "live_silent"
            if self._closed.is_set():
                return
            self._tell("lost", UserError(code, address=self.address, reason=reason))
            wait_s = _FIRST_WAIT_S if self._count > before else min(wait_s * 2, _LONGEST_WAIT_S)
            self._closed.wait(wait_s)

    def _read(self) -> None:
        with self._open() as container:
            if not container.streams.video:
                return
            playing = False
            for frame in decoded(container):
                if self._closed.is_set():
                    return
                if frame.is_corrupt:
                    continue
                with self._changed:
                    self._newest = self._count, frame
                    self._count += 1
                    self._changed.notify_all()
                if not playing:
                    playing = True
                    self._tell("playing", None)

    def _open(self) -> av.container.InputContainer:
        timeout = (self._timeout_s, self._timeout_s)
        kind, _, place = self.address.partition(":")
        if kind != "camera":
            return av.open(self.address, options=_OPTIONS, timeout=timeout)
        if sys.platform == "linux" and place.isdecimal():
            place = f"/dev/video{place}"
        return av.open(place, format=_CAMERA_FORMATS.get(sys.platform, "v4l2"), timeout=timeout)
