"""Reading class ids from image files."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from segformer_gui.core.images import read_labels
from tests.errors import code_of
from tests.image_files import ALPHA, GREY_16, HEIGHT, RNG, WIDTH, encode, in_mode, saved


def test_palette_labels_are_indices(tmp_path):
    ids = RNG.integers(0, 16, (HEIGHT, WIDTH), np.uint8)
    palette = Image.frombytes("P", (WIDTH, HEIGHT), ids.tobytes())
    palette.putpalette(RNG.integers(0, 256, 768, np.uint8).tobytes())
    for file_format, bits in (("PNG", {}), ("PNG", {"bits": 4}), ("TIFF", {}), ("BMP", {})):
        labels = read_labels(saved(tmp_path, encode(palette, file_format, **bits)))
        assert labels.dtype == np.uint8
        np.testing.assert_array_equal(labels, ids)


def test_grey_and_16_bit_and_bilevel_labels_are_ids_as_they_are(tmp_path):
    np.testing.assert_array_equal(
        read_labels(saved(tmp_path, encode(Image.fromarray(ALPHA), "PNG"))), ALPHA
    )
    for suffix in (".png", ".tiff"):
        labels = read_labels(saved(tmp_path, cv2.imencode(suffix, GREY_16)[1].tobytes()))
        assert labels.dtype == np.uint16
        np.testing.assert_array_equal(labels, GREY_16)
    bilevel = read_labels(saved(tmp_path, encode(Image.fromarray(ALPHA > 99), "PNG")))
    assert bilevel.dtype == np.uint8
    np.testing.assert_array_equal(bilevel, ALPHA > 99)


def packed(ids: np.ndarray, bits: int) -> bytes:
    """Rows (H, W) of `bits` a pixel, each beginning at a byte."""
    single = np.unpackbits(ids[..., None], axis=-1)[..., 8 - bits :].reshape(len(ids), -1)
    return np.packbits(single, axis=1).tobytes()


def grey_png(ids: np.ndarray, bits: int, kind: int = 0) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    size = struct.pack(">IIBBBBB", ids.shape[1], ids.shape[0], bits, kind, 0, 0, 0)
    rows = b"".join(b"\0" + packed(row[None], bits) for row in ids)
    palette = chunk(b"PLTE", bytes(range(3 << bits))) if kind == 3 else b""
    pieces = chunk(b"IHDR", size), palette, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(pieces)


def grey_tiff(ids: np.ndarray, bits: int) -> bytes:
    data = packed(ids, bits)
    height, width = ids.shape
    fields = {
        256: width,
        257: height,
        258: bits,
        259: 1,
        262: 1,
        273: 8,
        278: height,
        279: len(data),
    }
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields.items())
    directory = struct.pack("<H", len(fields)) + entries + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("width", [16, 7])
def test_grey_of_few_bits_is_ids_and_no_shades(tmp_path, bits, width):
    ids = (np.arange(3 * width).reshape(3, width) % 2**bits).astype(np.uint8)
    for name, data in {
        "grey.png": grey_png(ids, bits),
        "palette.png": grey_png(ids, bits, kind=3),
        "grey.tif": grey_tiff(ids, bits),
    }.items():
        assert np.array_equal(read_labels(saved(tmp_path, data, name)), ids), name


def test_32_bit_ids_that_do_not_fit_are_no_small_ids(tmp_path):
    ids = np.array([[0, 3, 65534, 65536, -1]], np.int32)
    labels = read_labels(saved(tmp_path, encode(Image.fromarray(ids), "TIFF")))
    np.testing.assert_array_equal(labels, [[0, 3, 65534, 65535, 65535]])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_colour_pictures_are_no_labels(tmp_path, mode):
    path = saved(tmp_path, encode(in_mode(mode), "PNG"))
    assert code_of(read_labels, path) == "labels_not_indexed"


def test_labels_cut_short_are_broken(tmp_path):
    data = encode(Image.fromarray(ALPHA), "PNG")
    assert code_of(read_labels, saved(tmp_path, data[: len(data) // 2])) == "image_broken"
