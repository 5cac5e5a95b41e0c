"""Flips are counted as by hand, and motion is taken out of them where it can be."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.inference.prediction import Prediction, Timings, argmax_labels
from segformer_gui.core.video.flow import Motion
from segformer_gui.core.video.smoothing import Smoother
from segformer_gui.core.video.steadiness import Steadiness

CLASSES = ClassSet("three", ("a", "b", "c"), ((0, 0, 0), (9, 9, 9), (99, 9, 9)))


def still(shape: tuple[int, int]) -> Motion:
    texture = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    return Motion(texture, texture)


def textured(height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(3).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


@settings(max_examples=25, deadline=None)
@given(arrays(np.uint8, (3, 16, 16), elements=st.integers(0, 2)))
def test_flips_are_those_counted_pixel_by_pixel(maps: np.ndarray) -> None:
    steadiness, motion = Steadiness(CLASSES), still((16, 16))
    for number, labels in enumerate(maps):
        steadiness.add(labels, motion if number else None)

    steps = list(pairwise(maps))
    pairs = [pair for a, b in steps for pair in zip(a.flat, b.flat, strict=True)]
    assert steadiness.flip_rates == [float((a != b).mean()) for a, b in steps]
    report = steadiness.to_json()
    assert report["flip_rate"] == pytest.approx(sum(a != b for a, b in pairs) / len(pairs))
    for class_id, entry in enumerate(report["classes"]):
        own = [b for a, b in pairs if a == class_id]
        expected = sum(b != class_id for b in own) / len(own) if own else None
        assert entry["flip_rate"] == (None if expected is None else pytest.approx(expected))


def test_what_only_moves_does_not_flip_once_motion_is_compensated() -> None:
    world = textured(200, 400)
    labels = (np.arange(400) // 25 % 3).astype(np.uint8)[None].repeat(200, axis=0)
    steadiness = Steadiness(CLASSES)
    views = [np.s_[:, 6 * number : 6 * number + 300] for number in range(4)]
    steadiness.add(np.ascontiguousarray(labels[views[0]]), None)
    for before, now in pairwise(views):
        motion = Motion(world[before], world[now])
        steadiness.add(np.ascontiguousarray(labels[now]), motion)

    report = steadiness.to_json()
    assert report["flip_rate"] > 0.2
    assert report["flip_rate_motion_compensated"] < 0.01


def test_motion_is_the_shift_that_was_made_and_unknown_where_something_came_in() -> None:
    world = textured(120, 260)
    motion = Motion(world[:, :200], world[:, 8:208])

    x, y = np.meshgrid(np.arange(200), np.arange(120))
    middle = (slice(20, 100), slice(20, 170))
    assert np.abs(motion.x - x - 8)[middle].mean() < 0.3
    assert np.abs(motion.y - y)[middle].mean() < 0.3
    assert motion.known[middle].mean() > 0.98
    assert motion.known[:, 195:].mean() < 0.5


def test_labels_are_carried_along() -> None:
    world = textured(120, 260)
    labels = (world[..., 0] > 128).astype(np.uint8)
    carried = Motion(world[:, :200], world[:, 8:208]).carried(np.ascontiguousarray(labels[:, :200]))

    agree = carried == labels[:, 8:208]
    assert agree[10:-10, 10:-20].mean() > 0.95


def prediction(logits: torch.Tensor) -> Prediction:
    return Prediction(
        argmax_labels(logits, (8, 8)), logits, CLASSES, Timings(0, 0, 0), "cpu", "float32"
    )


def test_smoothing_is_the_mean_that_it_says_and_off_at_zero() -> None:
    frames = [prediction(torch.randn(3, 2, 2, generator=torch.manual_seed(n))) for n in range(4)]
    smoother, off = Smoother(0.6), Smoother(0)
    mean = None
    for frame in frames:
        now = np.exp(frame.logits.numpy()) / np.exp(frame.logits.numpy()).sum(0)
        mean = now if mean is None else 0.6 * mean + 0.4 * now
        smoothed = smoother.smoothed(frame)
        assert np.allclose(smoothed.logits.softmax(0).numpy(), mean, atol=1e-6)
        assert np.array_equal(
            smoothed.labels, argmax_labels(torch.from_numpy(np.log(mean)), (8, 8))
        )
        assert off.smoothed(frame) is frame
