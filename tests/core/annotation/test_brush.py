"""Strokes cover the pixels within reach of their lines, and cost what lies under the brush."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segformer_gui.core.annotation.brush import Brush, Stroke, segment
from segformer_gui.core.annotation.mask import UNLABELLED, Mask, Rules
from segformer_gui.core.annotation.region import Box, Region
from tests.core.annotation.conftest import blobs, whole

halves = st.integers(-30, 130).map(lambda number: number / 2)


def distances(size: tuple[int, int], start, end, shape: str) -> np.ndarray:
    """Of every pixel's centre to a line: along it, or the larger of those in x and y."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    dx, dy = end[0] - start[0], end[1] - start[1]
    x, y = x - start[0], y - start[1]
    if shape == "round":
        along = np.clip((x * dx + y * dy) / (dx**2 + dy**2 or 1), 0, 1)
        return np.hypot(x - along * dx, y - along * dy)
    # The larger of two distances is least at an end, where one is zero, or where both are equal.
    candidates = [np.zeros_like(x), np.ones_like(x)]
    for share, whole_ in ((x, dx), (y, dy), (x - y, dx - dy), (x + y, dx + dy)):
        if whole_:
            candidates.append(np.clip(share / whole_, 0, 1))
    return np.minimum.reduce([np.maximum(abs(x - t * dx), abs(y - t * dy)) for t in candidates])


@settings(max_examples=150, deadline=None)
@given(halves, halves, halves, halves, st.integers(1, 40), st.sampled_from(["round", "square"]))
def test_a_segment_holds_the_pixels_within_half_a_diameter(x0, y0, x1, y1, diameter, shape):
    size = (37, 41)
    covered = whole(segment((x0, y0), (x1, y1), diameter, shape, size), size)
    away = distances(size, (x0, y0), (x1, y1), shape)
    assert covered[away < diameter / 2 - 1e-6].all()
    assert not covered[away > diameter / 2 + 1e-6].any()


@pytest.mark.parametrize("diameter", [*range(1, 34), 63, 64, 512])
@pytest.mark.parametrize("shape", ["round", "square"])
def test_a_dab_is_as_wide_as_the_brush_wherever_the_mouse_is(diameter, shape):
    for x, y in itertools.product((300.0, 300.2, 300.5, 300.99), repeat=2):
        mask = Mask.unlabelled(601, 602)
        stroke = Stroke(mask, Brush(diameter, shape), 1)
        box = stroke.move(x, y)
        stroke.end()
        painted = Region.of(mask.labels == 1)
        assert painted.box.shape == (diameter, diameter)
        assert painted.box & box == painted.box
        assert np.array_equal(painted.inside, painted.inside.T)
        assert np.array_equal(painted.inside, painted.inside[::-1, ::-1])
        if shape == "square":
            assert painted.inside.all()
        # The brush is centred on the mouse as well as whole pixels allow.
        centre = (painted.box.left + painted.box.right) / 2
        assert abs(centre - x) <= 0.5


def test_a_line_of_one_pixel_has_no_gaps():
    for x, y in ((50, 13), (50, 50), (3, 50), (50, 0.4), (0.2, 50)):
        mask = Mask.unlabelled(60, 60)
        stroke = Stroke(mask, Brush(1), 1)
        stroke.move(0.5, 0.5)
        stroke.move(x, y)
        stroke.end()
        steps = np.argwhere(mask.labels == 1)
        assert len(steps) >= max(int(x), int(y)) + 1
        for y_, x_ in steps[1:]:
            near = np.abs(steps - (y_, x_)).max(axis=1)
            assert (near == 1).any()


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("shape", ["round", "square"])
@pytest.mark.parametrize("seed", range(5))
def test_a_stroke_is_the_union_of_its_segments_and_undo_restores_what_was_under_it(shape, seed):
    rng = np.random.default_rng(seed)
    labels = blobs(seed, (90, 120))
    mask = Mask(labels.copy(), np.zeros((90, 120), np.bool_))
    diameter = int(rng.integers(1, 25)) * 2 + 1
    points = [(int(x) + 0.5, int(y) + 0.5) for x, y in rng.integers(-30, 150, (12, 2))]
    stroke = Stroke(mask, Brush(diameter, shape), 7)
    drawn = [stroke.move(*point) for point in points]
    patch = stroke.end()

    away = [distances((90, 120), *pair, shape) for pair in itertools.pairwise(points)]
    nearest = np.minimum.reduce(away)
    assert (mask.labels[nearest < diameter / 2 - 1e-6] == 7).all()
    spared = nearest > diameter / 2 + 1e-6
    assert np.array_equal(mask.labels[spared], labels[spared])
    reported = np.zeros((90, 120), np.bool_)
    for box in drawn:
        reported[(box & mask.box).slices] = True
    assert not (mask.labels != labels)[~reported].any()
    assert np.array_equal(mask.touched, mask.labels == 7)

    assert patch is not None
    mask.revert(patch)
    assert np.array_equal(mask.labels, labels)
    assert not mask.touched.any()


def test_a_long_segment_in_pieces_is_the_segment_in_one():
    mask = Mask.unlabelled(900, 1500)
    stroke = Stroke(mask, Brush(31), 1)
    stroke.move(20.5, 30.5)
    stroke.move(1470.5, 860.5)
    stroke.end()
    away = distances((900, 1500), (20.5, 30.5), (1470.5, 860.5), "round")
    wrong = (mask.labels == 1) != (away <= 15.5)
    assert (np.abs(away[wrong] - 15.5) < 1e-6).all()


def test_an_eraser_unlabels_and_counts_as_touched():
    mask = Mask(np.full((20, 20), 3, np.uint8), np.zeros((20, 20), np.bool_))
    stroke = Stroke(mask, Brush(5, "square"), UNLABELLED)
    stroke.move(10.5, 10.5)
    assert stroke.end() is not None
    assert (mask.labels == UNLABELLED).sum() == 25
    assert mask.touched.sum() == 25


def test_locked_classes_stay_under_a_stroke():
    labels = blobs(3, (64, 64))
    mask = Mask(labels.copy(), np.zeros((64, 64), np.bool_))
    stroke = Stroke(mask, Brush(40), 9, Rules(locked=frozenset({1, 2})))
    stroke.move(20, 20)
    stroke.move(50, 40)
    stroke.end()
    kept = np.isin(labels, (1, 2))
    assert np.array_equal(mask.labels[kept], labels[kept])
    assert (mask.labels == 9).any()


def test_pressure_changes_the_width_from_segment_to_segment():
    mask = Mask.unlabelled(100, 300)
    stroke = Stroke(mask, Brush(9), 1)
    stroke.move(10.5, 50.5)
    stroke.move(100.5, 50.5, diameter_px=21)
    stroke.move(200.5, 50.5, diameter_px=3)
    stroke.end()
    widths = (mask.labels == 1).sum(axis=0)
    assert widths[50] == 21
    assert widths[150] == 3
    stroke = Stroke(mask, Brush(9), 2)
    stroke.move(150.5, 50.5, diameter_px=100_000)
    stroke.end()
    assert Region.of(mask.labels == 2).box.shape == (100, 300)


def test_a_stroke_outside_of_the_image_changes_nothing():
    mask = Mask.unlabelled(50, 50)
    stroke = Stroke(mask, Brush(10), 1)
    for x, y in ((-100, -100), (-100, 400), (400, 400)):
        assert not stroke.move(x, y)
    assert stroke.end() is None


def test_regions_can_be_part_of_a_stroke():
    mask = Mask.unlabelled(50, 50)
    stroke = Stroke(mask, Brush(1), 4)
    stroke.paint(Region(Box(10, 10, 20, 20), np.ones((10, 10), np.bool_)))
    stroke.paint(Region(Box(15, 15, 25, 25), np.ones((10, 10), np.bool_)))
    patch = stroke.end()
    assert (mask.labels == 4).sum() == 175
    assert patch is not None
    assert patch.box == Box(10, 10, 25, 25)


def test_a_cancelled_stroke_leaves_the_mask_as_it_was():
    mask = Mask.unlabelled(50, 50)
    stroke = Stroke(mask, Brush(10), 1)
    stroke.move(25, 25)
    assert stroke.cancel()
    assert (mask.labels == UNLABELLED).all()
    assert not mask.touched.any()


def test_nothing_in_a_stroke_touches_the_whole_map():
    """A map whose pixels outside of the stroke's surroundings cannot be had at all."""

    class Guarded(np.ndarray):
        def __getitem__(self, key):
            part = super().__getitem__(key)
            assert part.size <= 6 * 256 * 256, "a stroke looked at more than its tiles"
            return part.view(np.ndarray)

    labels = np.full((4320, 7680), UNLABELLED, np.uint8)
    mask = Mask(labels.view(Guarded), np.zeros((4320, 7680), np.bool_).view(Guarded))
    stroke = Stroke(mask, Brush(64), 1)
    for step in range(20):
        stroke.move(2000 + 40 * step, 2000 + 20 * step)
    patch = stroke.end()
    assert patch is not None
    mask.revert(patch)
    assert patch.nbytes < 1 << 16
    assert (labels == UNLABELLED).all()
