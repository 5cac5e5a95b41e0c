"""Class sets: the shipped ones, and those made from a model's own names."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segformer_gui.core.classes import (
    KNOWN_CLASS_SETS,
    ClassSet,
    class_set_of_count,
    class_set_of_names,
    distinct_color,
    known_class_set,
    plain_name,
)


@pytest.mark.parametrize(("name", "count"), [("cityscapes", 19), ("camvid", 11), ("ade20k", 150)])
def test_shipped_class_sets_are_complete(name, count):
    classes = known_class_set(name)
    assert classes.name == name
    assert len(classes) == len(classes.colors) == count
    assert len({plain_name(name) for name in classes.names}) == count
    assert all(0 <= channel <= 255 for color in classes.colors for channel in color)
    assert len(classes.label_ids) == (19 if name == "cityscapes" else 0)


def test_cityscapes_ids_and_colours_are_the_official_ones():
    classes = known_class_set("cityscapes")
    rows = zip(classes.names, classes.label_ids, classes.colors, strict=True)
    table = {name: (label_id, color) for name, label_id, color in rows}
    assert table["road"] == (7, (128, 64, 128))
    assert table["traffic light"] == (19, (250, 170, 30))
    assert table["terrain"] == (22, (152, 251, 152))
    assert table["rider"] == (25, (255, 0, 0))
    assert table["train"] == (31, (0, 80, 100))
    assert table["bicycle"] == (33, (119, 11, 32))
    assert list(classes.label_ids) == sorted(classes.label_ids)
    assert not {0, 9, 10, 14, 15, 16, 18, 29, 30} & set(classes.label_ids)  # Not evaluated.


def test_a_class_has_the_same_colour_in_camvid_as_in_cityscapes():
    cityscapes = known_class_set("cityscapes")
    for name, color in zip(
        known_class_set("camvid").names, known_class_set("camvid").colors, strict=True
    ):
        assert color == cityscapes.colors[cityscapes.names.index(name)]


@pytest.mark.shared_data
def test_ade20k_names_are_those_of_the_published_model(shared_data):
    config = json.loads((shared_data / "checkpoints/hf_config/ade_b0_config.json").read_text())
    names = [config["id2label"][str(index)] for index in range(150)]
    assert class_set_of_names(names) is known_class_set("ade20k")


@pytest.mark.parametrize("name", KNOWN_CLASS_SETS)
def test_known_names_are_recognised_however_they_are_spelled(name):
    known = known_class_set(name)
    spelled = [f" {each.title().replace(' ', '_')} " for each in known.names]
    assert class_set_of_names(spelled) is known
    assert class_set_of_names(list(reversed(known.names))) is not known


def test_a_name_that_is_known_brings_its_colour_along():
    classes = class_set_of_names(["Traffic-Light", "hovercraft", "road"], name="mine")
    assert classes.name == "mine"
    assert classes.names == ("Traffic-Light", "hovercraft", "road")
    assert classes.colors[0] == (250, 170, 30)
    assert classes.colors[2] == (128, 64, 128)
    assert classes.colors[1] == distinct_color(1)


def test_given_colours_are_kept():
    assert class_set_of_names(["road", "x"], [(1, 2, 3), (4, 5, 6)]).colors == (
        (1, 2, 3),
        (4, 5, 6),
    )


def test_a_count_alone_names_the_known_sets():
    for name in KNOWN_CLASS_SETS:
        known = known_class_set(name)
        assert class_set_of_count(len(known)) is known
    assert class_set_of_count(3).names == ("class 0", "class 1", "class 2")
    assert len(set(class_set_of_count(3).colors)) == 3


@given(st.integers(0, 400))
def test_neighbouring_distinct_colours_differ_well(index):
    colors = np.array([distinct_color(index + step) for step in range(4)], int)
    distances = np.abs(colors[1:] - colors[0]).sum(1)
    assert distances.min() > 90
    assert colors.min() >= 0
    assert colors.max() <= 255


@given(st.integers(1, 400))
def test_palette_holds_every_colour_and_black_elsewhere(count):
    colors = tuple((index % 256, index // 256, 7) for index in range(count))
    palette = ClassSet("x", tuple(map(str, range(count))), colors).palette()
    assert palette.dtype == np.uint8
    assert palette.shape == (max(256, count), 3)
    np.testing.assert_array_equal(palette[:count], colors)
    assert not palette[count:].any()
