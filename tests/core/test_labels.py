"""Reading class ids from image files."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from segformer_gui.core.images import (
    read_labels,
)
from tests.errors import code_of
from tests.image_files import (
    ALPHA,
    GREY_16,
    HEIGHT,
    RNG,
    WIDTH,
    encode,
    in_mode,
    saved,
)


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
