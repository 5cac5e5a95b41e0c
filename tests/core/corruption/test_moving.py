"""Corruptions of a video: seeded, coherent from frame to frame, and the same as an image's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.corruption.common import Moving, drifted, rounded
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.corruption.corrupt import corrupt

GREY = np.full((128, 160, 3), 110, np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_every_frame_can_be_made_again_by_itself(name: str, image: np.ndarray) -> None:
    frames = [corrupt(image, name, 3, 4, frame=frame) for frame in (0, 9, 9)]

    assert np.array_equal(frames[1], frames[2])
    assert all(frame.shape == image.shape for frame in frames)


@pytest.mark.parametrize("name", ["fog", "snow", "spatter", "elastic_transform"])
def test_patterns_begin_as_they_stand_still(name: str, image: np.ndarray) -> None:
    assert np.array_equal(corrupt(image, name, 3, 4, frame=0), corrupt(image, name, 3, 4))


@pytest.mark.parametrize("name", ["gaussian_noise", "impulse_noise", "shot_noise", "speckle_noise"])
def test_noise_is_new_in_each_frame(name: str) -> None:
    first, second = (corrupt(GREY, name, 2, 1, frame=n).astype(float) for n in (3, 4))

    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05
    assert not np.array_equal(corrupt(GREY, name, 2, 2, frame=3), first)


def test_fog_drifts_and_snow_falls() -> None:
    for name, down, right in (("fog", 0, 0.006), ("snow", 0.03, 0.006)):
        before, later = (corrupt(GREY, name, 3, 7, frame=n)[..., 0] for n in (0, 10))
        shift = (round(right * 128 * 10), round(down * 128 * 10))
        matrix = np.float32([[1, 0, shift[0]], [0, 1, shift[1]]])
        moved = cv2.warpAffine(before, matrix, (160, 128))
        inside = np.s_[shift[1] + 2 : -2, shift[0] + 2 : -2]
        assert np.abs(moved[inside].astype(int) - later[inside]).mean() < 4, name
        assert not np.array_equal(before, later)


def test_what_sits_on_the_lens_or_in_the_file_stays(image: np.ndarray) -> None:
    for name in ("frost", "motion_blur", "glass_blur", "contrast", "jpeg_compression"):
        assert np.array_equal(corrupt(image, name, 3, 4, frame=5), corrupt(image, name, 3, 4))


def test_a_condition_moves_as_a_whole_and_the_reference_moves_its_noise(image: np.ndarray) -> None:
    stack = Condition((Step("gaussian_noise", 1), Step("fog", 2)), seed=3)
    expected = corrupt(corrupt(image, "gaussian_noise", 1, 3, frame=6), "fog", 2, 4, frame=6)
    reference = Condition((Step("gaussian_noise", 1),), seed=3, engine="reference")

    assert np.array_equal(stack.apply(image, 6), expected)
    assert not np.array_equal(reference.apply(image, 1), reference.apply(image, 2))
    assert np.array_equal(reference.apply(image, 2), reference.apply(image, 2))


@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    speed=st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
    frame=st.integers(0, 40),
    data=st.data(),
)
def test_a_drifting_pattern_comes_around(
    shape: tuple[int, int], speed: tuple[float, float], frame: int, data: st.DataObject
) -> None:
    height, width = (data.draw(st.integers(1, side)) for side in shape)
    pattern = np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)

    part = drifted(pattern, Moving(0, frame), *speed, (height, width))

    shift = tuple(rounded(px * frame) for px in speed)
    assert np.array_equal(part, np.roll(pattern, shift, (0, 1))[:height, :width])
