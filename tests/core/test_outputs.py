"""What mask files hold, and that no file is written twice or over an input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segformer_gui.core.classes import class_set_of_names, known_class_set
from segformer_gui.core.errors import UserError
from segformer_gui.core.outputs import encode_labels, plan_outputs
from segformer_gui.core.render import colorize


def test_cityscapes_ids_are_found_by_name_and_the_rest_is_unlabeled() -> None:
    classes = class_set_of_names(["lake", "Traffic_Light", "car"])
    labels = np.array([[0, 1, 2, 255]], np.uint8)

    assert encode_labels(labels, classes, "trainIds").tolist() == [[255, 6, 13, 255]]
    assert encode_labels(labels, classes, "labelIds").tolist() == [[0, 19, 26, 0]]


def test_cityscapes_own_ids_are_the_official_ones() -> None:
    classes = known_class_set("cityscapes")
    labels = np.arange(19, dtype=np.uint8)[None]

    official = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
    assert encode_labels(labels, classes, "labelIds").tolist() == [official]
    assert np.array_equal(encode_labels(labels, classes, "trainIds"), labels)


def test_index_keeps_ids_above_255_and_color_is_the_palettes() -> None:
    classes = class_set_of_names([f"c{i}" for i in range(300)])
    labels = np.array([[0, 299]], np.uint16)

    assert encode_labels(labels, classes, "index") is labels
    assert np.array_equal(encode_labels(labels, classes, "color"), colorize(labels, classes))


def test_a_model_without_any_cityscapes_class_cannot_write_its_ids() -> None:
    classes = class_set_of_names(["liver", "kidney"])

    with pytest.raises(UserError, match="format_needs_cityscapes"):
        encode_labels(np.zeros((1, 1), np.uint8), classes, "labelIds")


def test_each_image_gets_its_files_by_stem(tmp_path: Path) -> None:
    images = [Path("a/x.jpg"), Path("b/y.tar.png")]

    plan = plan_outputs(images, tmp_path, ["", "_overlay"])

    assert [[file.name for file in files] for files in plan.values()] == [
        ["x.png", "x_overlay.png"],
        ["y.tar.png", "y.tar_overlay.png"],
    ]


_part = st.sampled_from(["a", "b", "A", "x", "x_color", "x_overlay", "a_x", "x_2"])
_paths = st.builds(
    lambda parts, suffix: Path("/", *parts[:-1], parts[-1] + suffix),
    st.lists(_part, min_size=1, max_size=4),
    st.sampled_from([".png", ".jpg"]),
)


@given(
    images=st.lists(_paths, unique=True, max_size=12),
    endings=st.sampled_from([[""], ["", "_overlay"], ["", "_color", "_overlay"]]),
)
def test_no_two_images_share_a_file_even_where_case_is_ignored(
    images: list[Path], endings: list[str]
) -> None:
    plan = plan_outputs(images, Path("/nowhere"), endings)

    files = [str(file).casefold() for files in plan.values() for file in files]
    assert len(set(files)) == len(images) * len(endings)
    assert list(plan) == images


def test_images_of_one_name_are_told_apart_by_their_folders() -> None:
    images = [Path("run/a/x.png"), Path("run/b/x.png"), Path("./y.png")]

    plan = plan_outputs(images, Path("out"), [""])

    assert [files[0].name for files in plan.values()] == ["a_x.png", "b_x.png", "y.png"]


def test_writing_over_an_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="output_is_input"):
        plan_outputs([tmp_path / "sub" / ".." / "x.png"], tmp_path, [""])
