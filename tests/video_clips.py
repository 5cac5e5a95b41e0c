"""Clips that tests make for themselves, and FFmpeg's plain way through them as an oracle."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np

from segformer_gui.core.images import write_png

MS = Fraction(1, 1000)


def moving_scene(number: int, height: int = 48, width: int = 64) -> np.ndarray:
    """(H, W, 3): smooth colours that move 2 px a frame to the right, and the frame's number."""
    y, x = np.mgrid[:height, :width]
    x = x - 2 * number
    picture = np.stack(
        [128 + 100 * np.sin(x / 9), 128 + 90 * np.cos(y / 7 + x / 15), y * 4], axis=2
    )
    picture[:8, : 8 + number % 40] = 255
    return np.clip(picture, 0, 255).astype(np.uint8)


def write_clip(
    path: Path,
    codec: str = "libx264",
    frames: int = 30,
    *,
    size: tuple[int, int] = (48, 64),
    pixels: str = "yuv420p",
    stamps: Sequence[int] | None = None,
    b_frames: int = 0,
    key_every: int = 10,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    rotation: int = 0,
    sound: str | None = None,
) -> Path:
    """A clip of `moving_scene`; `stamps` are milliseconds, else 25 frames a second."""
    height, width = size
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.codec_context.gop_size = key_every
        stream.codec_context.time_base = MS if stamps else Fraction(1, 25)
        if b_frames:
            stream.codec_context.max_b_frames = b_frames
        if rotation:
            stream.set_display_rotation(rotation)
        track = container.add_stream(sound, rate=48000) if sound else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(moving_scene(number, height, width))
            frame.pts = stamps[number] if stamps else number
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if track is not None:
            _write_sound(container, track, frames / 25)
    return path


def _write_sound(container, track, length_s: float) -> None:
    step = track.codec_context.frame_size or 1024
    for start in range(0, int(length_s * 48000), step):
        wave = 0.3 * np.sin(np.arange(start, start + step) * 2 * np.pi * 440 / 48000)
        layout, form = track.layout.name, track.format.name
        tracks = np.tile(wave, (track.layout.nb_channels, 1)).astype(np.float32)
        if form == "s16":
            tracks = (tracks.T.reshape(1, -1) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(tracks), form, layout)
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        container.mux(track.encode(frame))
    container.mux(track.encode(None))


def write_sequence(folder: Path, frames: int) -> Path:
    """A folder of `moving_scene` as `frame_0.png` on."""
    for number in range(frames):
        write_png(folder / f"frame_{number}.png", moving_scene(number))
    return folder


@contextmanager
def streamed(clip: Path) -> Iterator[tuple[str, dict[str, bool]]]:
    """A web server that sends the clip once a request, while `up`: its address, and that state."""
    data, state = clip.read_bytes(), {"up": True}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not state["up"]:
                self.send_error(503)
                return
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):  # Whoever reads it may leave early.
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/{clip.name}", state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def played_through(path: Path) -> list[str]:
    """Hash of every frame as FFmpeg gives them from first to last."""
    with av.open(str(path)) as container:
        return [hashed(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def hashed(pixels: np.ndarray) -> str:
    return hashlib.sha1(np.ascontiguousarray(pixels).tobytes()).hexdigest()
