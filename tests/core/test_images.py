"""Reading and writing images, against Pillow and plain numpy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from segformer_gui.core.images import read_image, read_labels, write_index_png, write_png
from tests.image_files import (
    ALPHA,
    COLOR_16,
    GREY_16,
    HEIGHT,
    PHOTO,
    RNG,
    WIDTH,
    as_pillow_sees,
    encode,
    in_mode,
    saved,
)

ORIENTED = {  # EXIF orientation -> what the stored pixels look like when shown.
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels, 1),
}


@pytest.mark.parametrize(
    ("file_format", "mode"),
    [
        *[("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1")],
        *[("TIFF", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK")],
        *[("BMP", mode) for mode in ("RGB", "RGBA", "L", "P", "1")],
        *[("WEBP", mode) for mode in ("RGB", "RGBA", "L")],
        *[("JPEG", mode) for mode in ("RGB", "L", "CMYK")],
    ],
)
def test_every_format_and_mode_gives_the_colours_that_pillow_sees(tmp_path, file_format, mode):
    data = encode(in_mode(mode), file_format)
    image = read_image(saved(tmp_path, data))
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image.dtype == np.uint8
    # CMYK is converted by two libraries that round differently.
    tolerance = 1 if mode == "CMYK" else 0
    np.testing.assert_allclose(image.astype(int), as_pillow_sees(data), atol=tolerance)


@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        ("JPEG", {"progressive": True}),
        ("JPEG", {"subsampling": 0, "quality": 100}),
        ("PNG", {"interlace": 1}),
        ("WEBP", {"lossless": True}),
        *[("TIFF", {"compression": name}) for name in ("tiff_lzw", "tiff_deflate", "jpeg")],
    ],
)
def test_variants_of_a_format_give_the_colours_that_pillow_sees(tmp_path, file_format, options):
    data = encode(Image.fromarray(PHOTO), file_format, **options)
    np.testing.assert_array_equal(read_image(saved(tmp_path, data)), as_pillow_sees(data))


@pytest.mark.parametrize("transparency", [3, bytes(range(0, 160, 10))])
def test_transparent_palette_entries_keep_their_colour(tmp_path, transparency):
    data = encode(in_mode("P"), "PNG", transparency=transparency)
    np.testing.assert_array_equal(read_image(saved(tmp_path, data)), as_pillow_sees(data))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("pixels", [GREY_16, COLOR_16, np.dstack([COLOR_16, GREY_16])])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_16_bit_channels_are_scaled_to_8(tmp_path, suffix, pixels):
    rgb = np.dstack([pixels] * 3) if pixels.ndim == 2 else pixels[:, :, :3]
    stored = pixels if pixels.ndim == 2 else pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    encoded = cv2.imencode(suffix, stored)[1].tobytes()
    image = read_image(saved(tmp_path, encoded))
    assert image.dtype == np.uint8
    # A colour TIFF comes through Pillow, which takes the high byte: up to one level below.
    np.testing.assert_allclose(image, rgb / 257, atol=0.5 if suffix == ".png" else 1)


def test_float_tiff_is_read_as_0_to_1(tmp_path):
    values = np.array([[0, 0.25, 1], [-3, 7, np.nan]], np.float32)
    image = read_image(saved(tmp_path, encode(Image.fromarray(values), "TIFF")))
    np.testing.assert_array_equal(image[:, :, 0], [[0, 64, 255], [0, 255, 0]])
    np.testing.assert_array_equal(image[:, :, 0], image[:, :, 2])


def test_32_bit_tiff_is_clipped_to_16_bit(tmp_path):
    values = np.array([[-5, 0, 257, 65535, 70000]], np.int32)
    image = read_image(saved(tmp_path, encode(Image.fromarray(values), "TIFF")))
    np.testing.assert_array_equal(image[0, :, 0], [0, 0, 1, 255, 255])


@pytest.mark.parametrize("orientation", ORIENTED)
@pytest.mark.parametrize(
    ("file_format", "options"), [("PNG", {}), ("JPEG", {}), ("TIFF", {}), ("WEBP", {})]
)
def test_exif_orientation_is_applied(tmp_path, file_format, options, orientation):
    upright = read_image(saved(tmp_path, encode(Image.fromarray(PHOTO), file_format, **options)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(PHOTO), file_format, exif=exif, **options)
    image = read_image(saved(tmp_path, data))
    np.testing.assert_array_equal(image, ORIENTED[orientation](upright))


def test_16_bit_tiff_is_turned_too(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(Image.fromarray(GREY_16), "TIFF", exif=exif)
    image = read_image(saved(tmp_path, data))
    np.testing.assert_array_equal(image[:, :, 1], np.rint(np.rot90(GREY_16, -1) / 257))


def test_first_picture_of_several_is_read(tmp_path):
    pictures = [Image.fromarray(PHOTO), Image.fromarray(255 - PHOTO)]
    for file_format in ("TIFF", "WEBP", "PNG", "MPO"):
        data = encode(pictures[0], file_format, save_all=True, append_images=pictures[1:])
        image = read_image(saved(tmp_path, data))
        np.testing.assert_array_equal(image, as_pillow_sees(data), err_msg=file_format)


@pytest.mark.parametrize("name", ["größe 写真 🚗.png", "with spaces #1%.png", "x" * 250 + ".png"])
def test_odd_and_long_names_are_read_and_written(tmp_path, name):
    write_png(tmp_path / name, PHOTO)
    np.testing.assert_array_equal(read_image(tmp_path / name), PHOTO)


@pytest.mark.parametrize(
    "pixels", [PHOTO, ALPHA, GREY_16, PHOTO[::2, ::-1], PHOTO[:1, :1], np.tile(ALPHA, (300, 60))]
)
def test_png_is_written_as_pillow_reads_it(tmp_path, pixels):
    path = tmp_path / "new folder" / "out.png"
    write_png(path, pixels)
    with Image.open(path) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.array(image), pixels)


@pytest.mark.parametrize("size", [(1, 1), (24, 40), (7, 300)])
def test_masks_are_written_as_ids_with_the_colours_of_their_classes(tmp_path, size):
    ids = RNG.integers(0, 256, size, np.uint8)
    palette = RNG.integers(0, 256, (256, 3), np.uint8)
    write_index_png(tmp_path / "mask.png", ids, palette)
    assert np.array_equal(read_labels(tmp_path / "mask.png"), ids)
    assert np.array_equal(read_image(tmp_path / "mask.png"), palette[ids])
    write_index_png(tmp_path / "flags.png", ids > 99)
    assert np.array_equal(read_labels(tmp_path / "flags.png"), ids > 99)
