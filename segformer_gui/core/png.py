"""PNG files piece by piece, of images of any size: no second copy of one is ever in memory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_STRIP_BYTES = 1 << 22
_GREY, _RGB = 0, 2
_SUB = 1  # Each byte less that of the pixel before it.


def png_pieces(image: NDArray[np.uint8] | NDArray[np.uint16]) -> Iterator[bytes]:
    """The PNG file of (H, W) or (H, W, 3) RGB, in pieces.

    Filter, level and strategy are those of OpenCV's encoder, and so are time and size. That one
    hands over the whole file in a copy that holds up every other Python thread.
    """
    height, width = image.shape[:2]
    color = _RGB if image.ndim == 3 else _GREY
    pixel = image[:1, :1].nbytes
    yield b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", width, height, 8 * image.itemsize, color, 0, 0, 0)
    yield _chunk(b"IHDR", header)
    packer = zlib.compressobj(1, strategy=zlib.Z_RLE)
    strip = max(1, _STRIP_BYTES // (width * pixel))
    for top in range(0, height, strip):
        part = np.ascontiguousarray(image[top : top + strip], image.dtype.newbyteorder(">"))
        plain = part.view(np.uint8).reshape(len(part), width * pixel)
        rows = np.empty((len(part), 1 + width * pixel), np.uint8)
        rows[:, 0] = _SUB
        rows[:, 1 : 1 + pixel] = plain[:, :pixel]
        np.subtract(plain[:, pixel:], plain[:, :-pixel], out=rows[:, 1 + pixel :])
        if packed := packer.compress(rows.data):
            yield _chunk(b"IDAT", packed)
    yield _chunk(b"IDAT", packer.flush())
    yield _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", checksum)
