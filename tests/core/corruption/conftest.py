"""An image, and the random numbers of the original."""

from __future__ import annotations

import cv2
import numpy as np
import pytest


class OriginalNumbers:
    """Stands for numpy's `Generator` and gives the numbers that the original would draw.

    The original draws from the stream of `RandomState`; a kernel that asks for the same numbers in
    the same order must then make the same image.
    """

    def __init__(self, seed: int) -> None:
        self.stream = np.random.RandomState(seed)
        self.bit_generator = self

    @property
    def state(self):
        return self.stream.get_state()

    @state.setter
    def state(self, state):
        self.stream.set_state(state)

    def standard_normal(self, shape, dtype):
        return self.stream.standard_normal(shape).astype(dtype)

    def random(self, shape, dtype):
        return self.stream.random_sample(shape).astype(dtype)

    def uniform(self, low, high):
        return self.stream.uniform(low, high)

    def integers(self, low, high):
        return self.stream.randint(low, high)


@pytest.fixture
def original_numbers() -> type[OriginalNumbers]:
    return OriginalNumbers


@pytest.fixture(scope="session")
def image() -> np.ndarray:
    """(96, 160, 3): colour gradients, shapes with hard edges, texture, pure black, white, grey."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:96, :160]
    picture = np.stack([x * 1.5, 255 - 2.5 * y, 128 + 60 * np.sin(x / 7)], axis=2)
    picture += rng.normal(0, 12, picture.shape) * (x > 80)[..., None]
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    cv2.circle(picture, (40, 40), 20, (230, 40, 20), -1)
    cv2.rectangle(picture, (90, 20), (130, 60), (10, 90, 200), -1)
    for index, level in enumerate((0, 255, 128)):
        picture[70:90, 10 + 30 * index : 35 + 30 * index] = level
    return picture
