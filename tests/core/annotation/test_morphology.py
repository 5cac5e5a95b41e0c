"""Tidying up, against scikit-image and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage import morphology as skimage_morphology
from skimage.measure import label

from segformer_gui.core.annotation import morphology
from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.annotation.region import Change
from tests.core.annotation.conftest import blobs

SIZE = (60, 80)


def edited(labels: np.ndarray, change: Change) -> np.ndarray:
    mask = Mask(labels.copy(), np.zeros(labels.shape, np.bool_))
    mask.edit(change)
    return mask.labels


def is_nearest(labels: np.ndarray, result: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Whether each pixel's class in `result` is that of a source about as near as any."""
    nearest = ndimage.distance_transform_edt(~sources)
    close = np.zeros(labels.shape, np.bool_)
    for class_id in np.unique(labels[sources]):
        away = ndimage.distance_transform_edt(~(sources & (labels == class_id)))
        close |= (result == class_id) & (away <= nearest * 1.03 + 1e-6)
    return close


@pytest.mark.parametrize("radius", [1, 2, 4.5, 9])
@pytest.mark.parametrize("seed", range(4))
def test_opening_and_closing_by_a_disc(seed, radius):
    labels = blobs(seed, SIZE, classes=3)
    inside = labels == 1
    disc = skimage_morphology.disk(radius) if radius % 1 == 0 else None
    if disc is None:
        reach = int(radius)
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        disc = (x**2 + y**2 <= radius**2).astype(np.uint8)

    opened = edited(labels, morphology.opened(labels, 1, radius))
    closed = edited(labels, morphology.closed(labels, 1, radius))

    def without_border(operation, values):
        """Of both steps the border is neutral: the least for a dilation, the most for an erosion.

        scikit-image's own modes treat it otherwise, so each step gets a wide margin.
        """
        wide = 2 * int(radius) + 2
        for step in operation:
            margin = step is ndimage.binary_erosion
            padded = np.pad(values, wide, constant_values=margin)
            values = step(padded, disc, border_value=margin)[wide:-wide, wide:-wide]
        return values

    kept = without_border((ndimage.binary_erosion, ndimage.binary_dilation), inside)
    grown = without_border((ndimage.binary_dilation, ndimage.binary_erosion), inside)
    assert np.array_equal(opened == 1, kept)
    assert np.array_equal(opened[~inside], labels[~inside])
    removed = inside & ~kept
    assert is_nearest(labels, opened, ~inside)[removed].all()
    assert np.array_equal(closed, np.where(grown, 1, labels))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("classes", [2, 4])
def test_holes_are_what_scipy_fills(seed, classes):
    labels = blobs(seed, SIZE, classes, grain=5)
    filled = edited(labels, morphology.holes_filled(labels, 1))
    expected = ndimage.binary_fill_holes(labels == 1)
    assert np.array_equal(filled, np.where(expected, 1, labels))


def test_holes_up_to_a_size_only():
    labels = np.ones((40, 40), np.uint8)
    labels[5:8, 5:8] = 0
    labels[20:30, 20:30] = 2
    filled = edited(labels, morphology.holes_filled(labels, 1, max_px=9))
    assert (filled[5:8, 5:8] == 1).all()
    assert (filled[20:30, 20:30] == 2).all()
    assert (edited(labels, morphology.holes_filled(labels, 1)) == 1).all()


@pytest.mark.parametrize("smallest", [2, 10, 60])
@pytest.mark.parametrize("seed", range(4))
def test_islands_are_the_small_components_of_every_class(seed, smallest):
    labels = blobs(seed, SIZE)
    labels[:10, :10] = UNLABELLED
    labels[40, 40] = UNLABELLED
    cleaned = edited(labels, morphology.islands_removed(labels, smallest))

    small = np.zeros(SIZE, np.bool_)
    for class_id in range(4):
        components = label(labels == class_id, connectivity=2)
        areas = np.bincount(components.ravel())
        small |= (areas < smallest)[components] & (components > 0)
    assert np.array_equal(cleaned[~small], labels[~small])
    assert is_nearest(labels, cleaned, ~small)[small].all()


def test_islands_of_chosen_classes_only():
    labels = np.zeros((30, 30), np.uint8)
    labels[5, 5], labels[20, 20] = 1, 2
    cleaned = edited(labels, morphology.islands_removed(labels, 5, classes=[2, 7]))
    assert (cleaned[5, 5], cleaned[20, 20]) == (1, 0)


def test_a_map_of_nothing_but_islands_stays():
    labels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert np.array_equal(edited(labels, morphology.islands_removed(labels, 5)), labels)


@pytest.mark.parametrize("seed", range(5))
def test_gaps_get_the_nearest_class(seed):
    labels = blobs(seed, SIZE)
    gaps = np.random.default_rng(seed).random(SIZE) < 0.4
    gaps[10:40, 20:60] = True
    labels[gaps] = UNLABELLED
    filled = edited(labels, morphology.gaps_filled(labels))
    assert np.array_equal(filled[~gaps], labels[~gaps])
    assert is_nearest(labels, filled, ~gaps)[gaps].all()


def test_where_nothing_is_labelled_gaps_stay():
    labels = np.full(SIZE, UNLABELLED, np.uint8)
    assert not morphology.gaps_filled(labels).region
    assert not morphology.gaps_filled(np.zeros(SIZE, np.uint8)).region


@pytest.mark.parametrize("class_id", [1, 9])
def test_a_class_that_is_everywhere_or_nowhere_changes_nothing(class_id):
    labels = np.ones((20, 20), np.uint8)
    assert not morphology.opened(labels, class_id, 3).region
    assert not morphology.closed(labels, class_id, 3).region
    assert not morphology.holes_filled(labels, class_id).region
