"""Labels are warped with the image, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segformer_gui.core.classes import IGNORE
from segformer_gui.core.training.augment import augment, crop
from segformer_gui.core.training.recipe import Augmentation


def blocks(rows: int, columns: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """An image of flat blocks, and the labels that say which grey each block has."""
    labels = np.arange(rows * columns, dtype=np.uint8).reshape(rows, columns) % 50
    labels = labels.repeat(side, 0).repeat(side, 1)
    return np.repeat((labels * 5)[..., None], 3, axis=2).astype(np.uint8), labels


@given(
    factor=st.floats(0.4, 3),
    size=st.tuples(st.integers(32, 120), st.integers(32, 120)),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_labels_stay_on_the_pixels_they_belong_to(
    factor: float, size: tuple[int, int], seed: int
) -> None:
    image, labels = blocks(8, 9, 24)

    out, out_labels = crop(image, labels, factor, size, None, np.random.default_rng(seed))

    assert out.shape == (*size, 3)
    assert out_labels.shape == size
    inside = out_labels != IGNORE
    # Wherever the image is flat around a pixel, its grey tells its label: there they must agree.
    grey = out[..., 0].astype(int)
    flat = inside.copy()
    for axis in (0, 1):
        for shift in (-2, -1, 1, 2):
            flat &= np.roll(grey, shift, axis) == grey
            flat &= np.roll(inside, shift, axis)
    assert np.array_equal(grey[flat], out_labels[flat].astype(int) * 5)
    assert flat.sum() > 0.1 * inside.sum()


def test_a_crop_at_its_own_size_is_the_source_itself() -> None:
    image, labels = blocks(4, 4, 16)
    rng = np.random.default_rng(0)

    out, out_labels = crop(image, labels, 1.0, (64, 64), None, rng)
    part, part_labels = crop(image, labels, 1.0, (32, 40), None, rng)

    assert np.array_equal(out, image)
    assert np.array_equal(out_labels, labels)
    windows = np.lib.stride_tricks.sliding_window_view(labels, (32, 40))
    (y, x), *_ = np.argwhere((windows == part_labels).all((2, 3)))
    assert np.array_equal(part, image[y : y + 32, x : x + 40])


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_a_wanted_class_is_in_the_crop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = np.zeros((200, 300, 3), np.uint8)
    labels = np.zeros((200, 300), np.uint8)
    y, x = int(rng.integers(190)), int(rng.integers(290))
    labels[y : y + 8, x : x + 8] = 7

    _, out = augment(image, labels, 200, Augmentation(crop=(64, 64)), rng, wanted=7)

    assert 7 in out


def test_what_lies_outside_is_ignored() -> None:
    image, labels = blocks(2, 2, 20)

    _, out = crop(image, labels, 1.0, (64, 96), None, np.random.default_rng(3))

    assert (out != IGNORE).sum() == 40 * 40


@pytest.mark.parametrize("color", [0.0, 0.5])
def test_the_same_generator_gives_the_same_crop(color: float) -> None:
    image, labels = blocks(8, 8, 20)
    settings_ = Augmentation(crop=(64, 64), color=color)

    one = augment(image, labels, 160, settings_, np.random.default_rng(5))
    two = augment(image, labels, 160, settings_, np.random.default_rng(5))
    other = augment(image, labels, 160, settings_, np.random.default_rng(6))

    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0], other[0])
