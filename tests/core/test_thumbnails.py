"""Thumbnails: the right pixels, kept on the disk, made anew when the file changes."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from segformer_gui.core import thumbnails
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, read_reduced, write_png
from segformer_gui.core.paths import user_cache_dir
from segformer_gui.core.thumbnails import drop_old_thumbnails, read_thumbnail


def smooth(height: int, width: int) -> np.ndarray:
    """A gradient in both directions, which survives JPEG and any way of reducing."""
    y, x = np.mgrid[0:height, 0:width]
    return np.dstack([x * 255 / width, y * 255 / height, x * 0 + 90]).astype(np.uint8)


def kept() -> list:
    return sorted((user_cache_dir() / "thumbnails").glob("*"))


@pytest.mark.parametrize("size", [(96, 128), (400, 300), (1000, 1700), (2100, 3000), (50, 2000)])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_reduced_image_is_what_pillow_reduces_it_to(tmp_path, name, size):
    path = tmp_path / name
    Image.fromarray(smooth(*size)).save(path)
    reduced = read_reduced(path, 128, 96)
    height, width = reduced.shape[:2]
    assert (width <= 128, height <= 96) == (True, True)
    assert width == 128 or height == 96
    with Image.open(path) as image:
        oracle = np.array(image.convert("RGB").resize((width, height), Image.Resampling.BOX))
    assert np.abs(reduced.astype(int) - oracle).mean() < 3


def test_small_image_is_not_enlarged(tmp_path):
    write_png(tmp_path / "a.png", smooth(7, 9))
    assert np.array_equal(read_reduced(tmp_path / "a.png", 128, 96), smooth(7, 9))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_a_reduced_photograph(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.jpg"
    Image.fromarray(smooth(800, 1200)).save(path, exif=exif)
    whole = Image.fromarray(read_image(path))
    reduced = read_reduced(path, 128, 96)
    oracle = np.array(whole.resize((reduced.shape[1], reduced.shape[0]), Image.Resampling.BOX))
    assert np.abs(reduced.astype(int) - oracle).mean() < 3


def test_thumbnail_is_kept_and_read_back(tmp_path, monkeypatch):
    path = tmp_path / "größe.jpg"
    Image.fromarray(smooth(600, 800)).save(path)
    first = read_thumbnail(path)
    assert len(kept()) == 1
    monkeypatch.setattr(thumbnails, "read_reduced", None)  # Decoding again would fail.
    assert np.array_equal(read_thumbnail(path), first)


def test_file_that_changes_gets_another_thumbnail(tmp_path):
    path = tmp_path / "a.png"
    write_png(path, smooth(300, 400))
    read_thumbnail(path)
    write_png(path, 255 - smooth(300, 400))
    os.utime(path, (1, 1))
    assert read_thumbnail(path)[0, 0, 2] == 255 - 90
    assert len(kept()) == 2


def test_cache_that_cannot_be_written_or_read_is_no_error(tmp_path):
    path = tmp_path / "a.png"
    write_png(path, smooth(300, 400))
    folder = user_cache_dir() / "thumbnails"
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    assert read_thumbnail(path).shape == (96, 128, 3)
    folder.unlink()
    read_thumbnail(path)
    kept()[0].write_bytes(b"damaged")
    assert read_thumbnail(path).shape == (96, 128, 3)


@pytest.mark.parametrize(("content", "code"), [(None, "file_missing"), (b"x", "image_broken")])
def test_what_is_no_image_has_no_thumbnail(tmp_path, content, code):
    path = tmp_path / "a.jpg"
    if content:
        path.write_bytes(content)
    with pytest.raises(UserError, match=code):
        read_thumbnail(path)


def test_oldest_thumbnails_go_first(tmp_path, monkeypatch):
    monkeypatch.setattr(thumbnails, "_MOST_FILES", 2)
    drop_old_thumbnails()  # Nothing there yet.
    for place in range(4):
        path = tmp_path / f"{place}.png"
        write_png(path, smooth(10, 10 + place))
        read_thumbnail(path)
        new = next(file for file in kept() if read_image(file).shape[1] == 10 + place)
        os.utime(new, (1000 + place, 1000 + place))
    drop_old_thumbnails()
    assert sorted(read_image(file).shape[1] for file in kept()) == [12, 13]
