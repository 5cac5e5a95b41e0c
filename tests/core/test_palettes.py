"""Palettes: told apart by every eye, as an independent colour library sees it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import rgb2lab

from segformer_gui.core.classes import class_set_of_count, class_set_of_names
from segformer_gui.core.palettes import PALETTES, measure_colors, painted

# Machado, Oliveira and Fernandes, 2009, for linear RGB; the palettes are made with another model.
WITHOUT_GREEN = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
WITHOUT_RED = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)


def _smallest_distance(colors: tuple, eye: np.ndarray) -> float:
    """The two colours most alike, as CIE76 has it."""
    srgb = np.array(colors) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ eye.T, 0, 1)
    seen = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = rgb2lab(seen[np.newaxis])[0]
    distances = np.linalg.norm(lab[:, np.newaxis] - lab, axis=-1)
    return distances[np.triu_indices(len(colors), 1)].min()


@pytest.mark.parametrize("count", [11, 19])
def test_colour_blind_palette_is_told_apart_by_every_eye(count):
    colors = painted(class_set_of_count(count), "colorblind").colors
    assert _smallest_distance(colors, np.eye(3)) > 20
    assert _smallest_distance(colors, WITHOUT_GREEN) > 15
    assert _smallest_distance(colors, WITHOUT_RED) > 15
    # What it is for: the class set's own colours are not.
    assert _smallest_distance(class_set_of_count(count).colors, WITHOUT_GREEN) < 10


@pytest.mark.parametrize(("count", "distance"), [(11, 50), (19, 40), (150, 14)])
def test_high_contrast_palette_is_far_apart(count, distance):
    colors = painted(class_set_of_count(count), "contrast").colors
    assert _smallest_distance(colors, np.eye(3)) > distance


@given(palette=st.sampled_from(["colorblind", "contrast"]), few=st.integers(1, 30))
def test_the_first_colours_do_not_depend_on_how_many_there_are(palette, few):
    many = painted(class_set_of_names([f"c{i}" for i in range(40)]), palette)
    assert (
        painted(class_set_of_names([f"c{i}" for i in range(few)]), palette).colors
        == (many.colors[:few])
    )


@pytest.mark.parametrize("palette", PALETTES)
def test_only_colours_change(palette):
    classes = class_set_of_count(150)
    same = painted(classes, palette)
    assert (same.name, same.names, same.label_ids) == (
        classes.name,
        classes.names,
        classes.label_ids,
    )
    assert len(same.colors) == 150
    assert (same.colors == classes.colors) == (palette == "own")


def test_measure_colours_grow_brighter_step_by_step():
    colors = measure_colors()
    assert colors.shape == (256, 3)
    assert np.all(np.diff(rgb2lab(colors[np.newaxis])[0, :, 0]) > -0.5)
