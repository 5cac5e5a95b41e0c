"""Files that are no images, or no longer: each gives one error, and none takes memory or time."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from segformer_gui.core import images
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, read_labels, read_size
from tests.errors import code_of
from tests.image_files import HEIGHT, PHOTO, RNG, WIDTH, as_pillow_sees, encode, in_mode, saved


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
    for read in (read_labels, read_size):
        assert code_of(read, path) == "image_too_large"


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
