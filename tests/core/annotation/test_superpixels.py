"""Superpixels cover the image, each in one piece that can be had at once."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import label

from segformer_gui.core.annotation.region import Box
from segformer_gui.core.annotation.superpixels import Superpixels, find_superpixels
from segformer_gui.core.images import read_image
from segformer_gui.core.paths import shipped
from tests.core.annotation.conftest import whole


@pytest.fixture(scope="module")
def street() -> np.ndarray:
    return read_image(shipped("resources", "samples", "street_01.png"))[100:400, 100:500]


def test_superpixels_cover_the_image_in_pieces_of_about_the_wanted_size(street):
    found = find_superpixels(street, 20)
    assert found is not None
    assert found.ids.shape == street.shape[:2]
    counts = np.bincount(found.ids.ravel())
    assert counts.min() > 0
    assert 10**2 < np.median(counts) < 30**2
    assert label(found.ids + 1, connectivity=1).max() == len(counts)


def test_the_superpixel_at_a_place_is_all_the_pixels_of_its_number(street):
    found = find_superpixels(street, 25)
    assert found is not None
    for x, y in ((0, 0), (399.9, 299.9), (200, 150), (13.2, 288.8)):
        expected = found.ids == found.ids[int(y), int(x)]
        assert np.array_equal(whole(found.at(x, y), (300, 400)), expected)
    for x, y in ((-0.1, 5), (5, -0.1), (400, 5), (5, 300)):
        assert not found.at(x, y)


def test_superpixels_of_a_part_know_where_it_is(street):
    box = Box(50, 100, 250, 390)
    found = find_superpixels(street, 25, box)
    assert found is not None
    assert found.ids.shape == box.shape
    region = found.at(120.5, 60.5)
    assert region.inside[60 - region.box.top, 120 - region.box.left]
    assert region.box & box == region.box
    assert not found.at(99, 60)


@pytest.mark.parametrize("seed", range(5))
def test_any_partition_is_looked_up_rightly(seed):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 12, (23, 31)).astype(np.int32)
    ids = np.unique(ids, return_inverse=True)[1].reshape(ids.shape).astype(np.int32)
    found = Superpixels(ids, Box(0, 0, 23, 31))
    for y, x in np.argwhere(ids >= 0):
        assert np.array_equal(whole(found.at(x, y), (23, 31)), ids == ids[y, x])


def test_large_images_are_cut_block_by_block_until_cancelled(monkeypatch, street):
    monkeypatch.setattr("segformer_gui.core.annotation.superpixels._BLOCK_PX", 128)
    asked = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 4

    assert find_superpixels(street, 20, cancelled=cancelled) is None
    assert len(asked) == 5
    found = find_superpixels(street, 20)
    assert found is not None
    assert np.bincount(found.ids.ravel()).min() > 0


def test_an_image_of_one_pixel_is_one_superpixel():
    found = find_superpixels(np.zeros((1, 1, 3), np.uint8), 20)
    assert found is not None
    assert found.at(0.5, 0.5).pixels == 1
