"""The table of bad and odd images, and what its tests share."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segformer_gui.core.errors import UserError

ROOT = Path(__file__).resolve().parent.parent.parent
NOISE = np.random.default_rng(0).integers(0, 256, (40, 64, 3), np.uint8)


def refused(call: Callable[[], object]) -> UserError:
    """The error that `call` raises."""
    with pytest.raises(UserError) as error:
        call()
    return error.value


def python(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, on this checkout."""
    pytest.importorskip("resource")
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def encoded(file_format: str, image: Image.Image | None = None, **options) -> bytes:
    stream = io.BytesIO()
    (image or Image.fromarray(NOISE)).save(stream, file_format, **options)
    return stream.getvalue()


def _turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded("JPEG", exif=exif)


def _png_bomb() -> bytes:
    def chunk(kind: bytes, content: bytes = b"") -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    size = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT") + chunk(b"IEND")


def _bmp_bomb() -> bytes:
    data = bytearray(encoded("BMP"))
    struct.pack_into("<ii", data, 18, 100_000, 100_000)
    return bytes(data)


def _tiff_bomb() -> bytes:
    data = bytearray(encoded("TIFF"))
    (directory,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, directory)
    for place in range(directory + 2, directory + 2 + 12 * entries, 12):
        (tag,) = struct.unpack_from("<H", data, place)
        if tag in (256, 257, 278):  # Width, height, rows in a strip.
            struct.pack_into("<HHII", data, place, tag, 4, 1, 100_000)
    return bytes(data)


def _jpeg_bomb() -> bytes:
    data = bytearray(encoded("JPEG"))
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, 65_500, 65_500)
    return bytes(data)


def _webp_bomb() -> bytes:
    data = bytearray(encoded("WEBP"))
    struct.pack_into("<HH", data, data.index(b"\x9d\x01\x2a") + 3, 16_383, 16_383)
    return bytes(data)


BOMBS = {
    "bomb.png": (_png_bomb(), "image_too_large"),
    "bomb.bmp": (_bmp_bomb(), "image_too_large"),
    "bomb.tif": (_tiff_bomb(), "image_too_large"),
    "bomb.jpg": (_jpeg_bomb(), "image_too_large"),
    "bomb.webp": (_webp_bomb(), "image_broken"),  # The largest that the format knows.
}
BAD_IMAGES = {
    "empty.png": (b"", "image_broken"),
    "text.png": (b"Dear diary,\n" * 50, "image_broken"),
    "cut.jpg": (encoded("JPEG")[:-200], "image_broken"),
    "cut.png": (encoded("PNG")[:-200], "image_broken"),
    **BOMBS,
}
ODD_IMAGES = {
    "one.png": (encoded("PNG", Image.new("RGB", (1, 1))), (1, 1)),
    "deep.png": (encoded("PNG", Image.fromarray(NOISE[..., 0].astype(np.uint16) * 257)), (40, 64)),
    "palette.png": (encoded("PNG", Image.fromarray(NOISE).quantize(16)), (40, 64)),
    "cmyk.jpg": (encoded("JPEG", Image.fromarray(NOISE).convert("CMYK")), (40, 64)),
    **{f"exif{i}.jpg": (_turned(i), (40, 64) if i < 5 else (64, 40)) for i in range(1, 9)},
    "größe 写真 🚗 [x].png": (encoded("PNG"), (40, 64)),
    "x" * 240 + ".png": (encoded("PNG"), (40, 64)),
}
