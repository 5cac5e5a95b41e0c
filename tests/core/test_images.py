"""Reading, finding and writing images, against Pillow and plain numpy."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from segformer_gui.core import images
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import (
    find_images,
    natural_key,
    read_image,
    read_labels,
    write_index_png,
    write_png,
)

RNG = np.random.default_rng(0)
HEIGHT, WIDTH = 24, 40
# Smooth, so that JPEG keeps it; every channel and corner differs, so that mix-ups show.
PHOTO = cv2.resize(RNG.integers(0, 256, (3, 5, 3), np.uint8), (WIDTH, HEIGHT))
ALPHA = RNG.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
GREY_16 = RNG.integers(0, 65536, (HEIGHT, WIDTH)).astype(np.uint16)
COLOR_16 = RNG.integers(0, 65536, (HEIGHT, WIDTH, 3)).astype(np.uint16)

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


def encode(image: Image.Image, file_format: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def in_mode(mode: str) -> Image.Image:
    image = Image.fromarray(PHOTO)
    if mode == "P":
        return image.quantize(16)
    if mode in ("RGBA", "LA"):
        image = image.convert(mode.removesuffix("A"))
        image.putalpha(Image.fromarray(ALPHA))
    return image.convert(mode)


def as_pillow_sees(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        if image.mode == "P":
            image.info.pop("transparency", None)
        return np.array(image.convert("RGB"))


def saved(folder: Path, data: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def code_of(read, path: Path) -> str:
    with pytest.raises(UserError) as error:
        read(path)
    return error.value.code


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


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.9, 0.999])
@pytest.mark.parametrize(
    ("file_format", "options"),
    [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("BMP", {}),
     ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_file_cut_short_is_broken_and_nothing_is_printed(
    tmp_path, capfd, file_format, options, keep
):
    noise = RNG.integers(0, 256, (300, 400, 3), np.uint8)  # Large: more than one read buffer.
    data = encode(Image.fromarray(noise), file_format, **options)
    path = saved(tmp_path, data[: int(len(data) * keep)])
    assert code_of(read_image, path) == "image_broken"
    assert capfd.readouterr().err == ""


def test_a_photograph_with_a_thumbnail_cut_short_is_broken(tmp_path):
    # The thumbnail inside has an end marker of its own, which must not be taken for the image's.
    exif = Image.Exif()
    thumbnail = encode(Image.fromarray(PHOTO), "JPEG")
    exif[0x927C] = thumbnail
    data = encode(Image.fromarray(PHOTO), "JPEG", exif=exif)
    assert data.count(b"\xff\xd9") == 2
    np.testing.assert_array_equal(read_image(saved(tmp_path, data)), as_pillow_sees(data))
    assert code_of(read_image, saved(tmp_path, data[:-60])) == "image_broken"


def test_bytes_behind_the_image_do_no_harm(tmp_path):
    for file_format in ("PNG", "JPEG", "WEBP", "BMP", "TIFF"):
        data = encode(Image.fromarray(PHOTO), file_format)
        image = read_image(saved(tmp_path, data + b"\xff\xda trailing \x00"))
        np.testing.assert_array_equal(image, as_pillow_sees(data), err_msg=file_format)


def test_a_png_with_a_wrong_checksum_is_broken(tmp_path, capfd):
    data = bytearray(encode(Image.fromarray(PHOTO), "PNG"))
    data[data.index(b"IDAT") + 20] ^= 1
    assert code_of(read_image, saved(tmp_path, bytes(data))) == "image_broken"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("content", [b"", b"Dear diary,\n" * 50, b"\x89PNG\r\n\x1a\n", b"\xff\xd8"])
def test_what_is_no_image_is_broken(tmp_path, content):
    path = saved(tmp_path, content, "picture.png")
    assert code_of(read_image, path) == "image_broken"
    assert code_of(read_labels, path) == "image_broken"


def test_a_folder_or_nothing_in_place_of_a_file(tmp_path):
    for read in (read_image, read_labels):
        assert code_of(read, tmp_path) == "file_unreadable"
        assert code_of(read, tmp_path / "absent.png") == "file_missing"
        assert code_of(read, tmp_path / ("x" * 300 + ".png")) == "file_unreadable"


def test_a_file_without_permission(tmp_path, error_without_permission):
    path = saved(tmp_path, encode(Image.fromarray(PHOTO), "PNG"))
    path.chmod(0)
    assert error_without_permission("images.read_image(path)", path) == "no_permission"
    tmp_path.chmod(0)
    assert error_without_permission("images.find_images([path])", path) == "no_permission"
    assert error_without_permission("images.find_images([path.parent])", path) == "no_permission"
    tmp_path.chmod(0o700)


def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(tmp_path):
    size = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    header = b"IHDR" + size
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    data += struct.pack(">I", zlib.crc32(header))
    data += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    data += struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    path = saved(tmp_path, data)
    with pytest.raises(UserError) as error:
        read_image(path)
    assert error.value.code == "image_too_large"
    assert error.value.parameters == {"path": str(path), "width": 100_000, "height": 100_000}
    assert code_of(read_labels, path) == "image_too_large"


def test_limit_of_size_is_inclusive(tmp_path, monkeypatch):
    path = saved(tmp_path, encode(Image.fromarray(PHOTO), "PNG"))
    monkeypatch.setattr(images, "MAX_PIXELS", HEIGHT * WIDTH)
    assert read_image(path).shape == PHOTO.shape
    monkeypatch.setattr(images, "MAX_PIXELS", HEIGHT * WIDTH - 1)
    assert code_of(read_image, path) == "image_too_large"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "file"


_WHOLE = [
    encode(Image.fromarray(PHOTO), file_format, **options)
    for file_format, options in [
        ("PNG", {}), ("JPEG", {}), ("WEBP", {}), ("BMP", {}), ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ]
] + [encode(in_mode("P"), "PNG")]  # fmt: skip


@given(
    data=st.sampled_from(_WHOLE),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
)
@settings(deadline=None, max_examples=150)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_files_give_pixels_or_a_user_error(scratch, data, edits, keep):
    damaged = bytearray(data)
    for place, value in edits:
        damaged[int(place * len(damaged))] = value
    scratch.write_bytes(damaged[: int(len(damaged) * keep)])
    allowed = {"image_broken", "image_too_large", "labels_not_indexed"}
    for read in (read_image, read_labels):
        try:
            outcome = read(scratch).dtype.name
        except UserError as error:
            outcome = error.code
        assert outcome in {"uint8", "uint16", *allowed}


def test_a_damaged_tiff_is_reported_once_and_not_on_the_terminal(tmp_path):
    data = encode(Image.fromarray(PHOTO), "TIFF", compression="tiff_lzw")
    path = saved(tmp_path, data[:-1])
    with pytest.warns(UserWarning, match="Truncated"), pytest.raises(OSError, match="identify"):
        Image.open(path)
    program = (
        "import sys; from pathlib import Path; from segformer_gui.core import images, errors\n"
        "try: images.read_image(Path(sys.argv[1]))\n"
        "except errors.UserError as error: print(error.code)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.strip(), done.stderr) == ("image_broken", "")


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


def test_folders_are_searched_in_natural_order_and_hidden_ones_left_out(tmp_path):
    for name in (
        "frame_10.png", "frame_2.PNG", "b/1.jpeg", "b/.hidden.png", ".cache/x.png",
        "a/notes.txt", "a/2.webp", "a/10.tif",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_images([tmp_path])]
    assert found == ["frame_2.PNG", "frame_10.png", "a/2.webp", "a/10.tif", "b/1.jpeg"]


@pytest.mark.parametrize(
    ("files", "images"),
    [
        (("leftImg8bit/val/a.png", "gtFine/val/a.png"), ("leftImg8bit/val/a.png",)),
        (("val/a.png", "valannot/a.png"), ("val/a.png",)),
        (("images/a.jpg", "labels/a.png", "masks/a.png"), ("images/a.jpg",)),
        (("labels/a.png", "gtFine/a.png"), ("gtFine/a.png", "labels/a.png")),
    ],
)  # fmt: skip
def test_labels_beside_images_are_no_images(tmp_path, files, images):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_images([tmp_path])]
    assert found == list(images)


def test_named_files_are_kept_whatever_their_suffix_and_only_once(tmp_path):
    odd = saved(tmp_path, b"", "picture.dat")
    image = saved(tmp_path, b"", "a.png")
    assert find_images([odd, tmp_path, image]) == [odd, image]


def test_nothing_found_is_an_error(tmp_path):
    assert code_of(lambda path: find_images([path]), tmp_path) == "no_images"
    assert code_of(lambda path: find_images([path]), tmp_path / "absent") == "file_missing"
    too_long = tmp_path / ("x" * 300)
    assert code_of(lambda path: find_images([path]), too_long) == "file_unreadable"


@given(st.lists(st.text(alphabet="aB019_/²٣", max_size=8)))
def test_natural_keys_can_always_be_compared(names):
    keys = [natural_key(Path(name)) for name in names]
    assert sorted(keys) == sorted(reversed(keys))


@given(st.lists(st.integers(0, 10**6), unique=True))
def test_numbered_files_come_in_the_order_of_their_numbers(numbers):
    paths = [Path(f"frame_{number}.png") for number in numbers]
    assert sorted(paths, key=natural_key) == [Path(f"frame_{n}.png") for n in sorted(numbers)]
