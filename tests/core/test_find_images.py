"""Which files count as images, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segformer_gui.core.images import find_images, natural_key
from tests.errors import code_of
from tests.image_files import saved


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
