"""Flood fill, magic wand and the model's region, against scikit-image and plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.color import rgb2lab
from skimage.segmentation import flood as skimage_flood

from segformer_gui.core.annotation.connected import flood, runner_up_region, wand
from segformer_gui.core.images import read_image
from segformer_gui.core.paths import shipped
from tests.core.annotation.conftest import blobs, whole


@pytest.mark.parametrize("seed", range(20))
def test_flood_takes_what_is_equal_and_connected(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 60)), int(rng.integers(1, 60))
    labels = blobs(seed, size, classes=3)
    row, column = int(rng.integers(size[0])), int(rng.integers(size[1]))

    region = flood(labels, column + 0.7, row + 0.2)

    expected = skimage_flood(labels, (row, column), connectivity=1)
    assert np.array_equal(whole(region, size), expected)
    assert region.inside.any(axis=0).all() or region.box.shape[1] > 0
    assert region.inside[0].any()
    assert region.inside[:, -1].any()


def test_flood_leaves_its_map_alone_even_a_protected_one():
    labels = blobs(1, (30, 30))
    before = labels.copy()
    flood(labels, 3, 3)
    labels.flags.writeable = False
    assert flood(labels, 3, 3)
    assert np.array_equal(labels, before)


@pytest.mark.parametrize("place", [(-0.1, 5), (5, -3), (20, 5), (5, 30)])
def test_outside_there_is_nothing_to_flood(place):
    assert not flood(np.zeros((30, 20), np.uint8), *place)
    assert not wand(np.zeros((30, 20, 3), np.uint8), *place, tolerance=10)


@pytest.fixture(scope="module")
def street() -> np.ndarray:
    return read_image(shipped("resources", "samples", "street_01.png"))[200:500:2, 100:700:2].copy()


@pytest.mark.parametrize("tolerance", [0, 2.5, 10, 30])
@pytest.mark.parametrize("place", [(20.5, 30.5), (200, 100), (280, 20)])
def test_the_wand_takes_what_looks_alike_in_lab(street, tolerance, place):
    lab = rgb2lab(street)
    row, column = int(place[1]), int(place[0])
    away = np.linalg.norm(lab - lab[row, column], axis=2)

    everywhere = whole(wand(street, *place, tolerance, contiguous=False), street.shape[:2])

    # OpenCV's Lab of a colour and scikit-image's are up to 0.55 apart; 2 is just seen.
    assert everywhere[away < tolerance - 1.1].all()
    assert not everywhere[away > tolerance + 1.1].any()
    assert everywhere[row, column]
    connected = whole(wand(street, *place, tolerance), street.shape[:2])
    expected = skimage_flood(everywhere.astype(np.uint8), (row, column), connectivity=1)
    assert np.array_equal(connected, expected)


def test_the_runner_up_region_is_where_the_class_is_as_close_to_winning_as_at_the_click():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (5, 12, 16)).astype(np.float32)
    logits[2, 3:8, 4:9] += 3  # The class that wins there, and the one that nearly does.
    logits[4, 3:8, 4:9] += 2.5
    size = (96, 128)
    x, y = 6.5 * 8, 5.5 * 8

    region, class_id = runner_up_region(logits, size, x, y)

    cell = logits[:, 5, 6]
    assert class_id == np.argsort(cell)[-2]
    behind = torch.from_numpy(logits.max(axis=0) - logits[class_id])[None, None]
    enlarged = F.interpolate(behind, size, mode="bilinear")[0, 0].numpy()
    inside = whole(region, size)
    assert inside[int(y), int(x)]
    assert (enlarged[inside] <= enlarged[int(y), int(x)] + 1e-4).all()
    larger, _ = runner_up_region(logits, size, x, y, slack=0.5)
    assert larger.pixels > region.pixels
    assert (whole(larger, size) >= inside).all()


def test_a_model_of_one_class_has_no_second_choice():
    region, class_id = runner_up_region(np.zeros((1, 4, 4), np.float32), (16, 16), 3, 3)
    assert (class_id, region.pixels) == (0, 256)
