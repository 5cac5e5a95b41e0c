"""Outlines hold the pixels whose centres they go around."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from skimage.measure import points_in_poly

from segformer_gui.core.annotation.region import Box
from segformer_gui.core.annotation.shapes import polygon, rectangle
from tests.core.annotation.conftest import whole

SIZE = (43, 57)


def star(rng: np.random.Generator, corners: int) -> np.ndarray:
    """A polygon that does not cross itself: points at random distances around a centre."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = rng.uniform(2, 40, corners)
    return np.stack([30 + radii * np.cos(angles), 20 + radii * np.sin(angles)], axis=1)


@pytest.mark.parametrize("seed", range(40))
def test_a_polygon_holds_the_centres_inside_of_it(seed):
    rng = np.random.default_rng(seed)
    points = star(rng, int(rng.integers(3, 30)))
    if seed % 2:
        points = points[::-1]
    inside = whole(polygon(points, SIZE), SIZE)

    centres = np.argwhere(np.ones(SIZE))[:, ::-1] + 0.5
    expected = points_in_poly(centres, points).reshape(SIZE)
    assert np.array_equal(inside, expected)


@pytest.mark.parametrize("seed", range(20))
def test_a_polygon_is_opencvs_but_for_its_outline(seed):
    """OpenCV takes all the pixels that the outline touches as well."""
    points = np.round(star(np.random.default_rng(seed), 9))
    inside = whole(polygon(points + 0.5, SIZE), SIZE)

    filled, outline = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    cv2.fillPoly(filled, [points.astype(np.int32)], 1)
    cv2.polylines(outline, [points.astype(np.int32)], True, 1, thickness=3)
    differing = inside != filled.astype(bool)
    assert not differing[outline == 0].any()


@settings(max_examples=60, deadline=None)
@example([(83, 1), (0, 85), (1, 83), (0, 0)])
@example([(42, -1), (0, 84), (-1, 85), (0, 0)])
@given(st.lists(st.tuples(st.integers(-20, 140), st.integers(-20, 110)), min_size=4, max_size=4))
def test_polygons_that_share_an_edge_share_no_pixel_and_leave_none_out(corners):
    a, b, c, d = [(x / 2, y / 2) for x, y in corners]
    first, second = polygon([a, b, c], SIZE), polygon([a, c, d], SIZE)
    if _turn(a, c, b) * _turn(a, c, d) >= 0:
        return  # Both lie on one side of the edge: they may overlap.
    assert not (whole(first, SIZE) & whole(second, SIZE)).any()
    joined = whole(first, SIZE) | whole(second, SIZE)
    assert np.array_equal(joined, whole(polygon([a, b, c, d], SIZE), SIZE))


def _turn(a, b, c) -> float:
    """On which side of the line from a to b lies c."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def test_what_a_lasso_goes_around_twice_is_inside():
    turn = np.linspace(0, 4 * np.pi, 100)
    lasso = np.stack([28 + 15 * np.cos(turn), 21 + 15 * np.sin(turn)], axis=1)
    once = np.stack([28 + 15 * np.cos(turn / 2), 21 + 15 * np.sin(turn / 2)], axis=1)
    twice = polygon(lasso, SIZE)
    assert twice.pixels > 600
    assert whole(twice, SIZE)[21, 28]
    assert abs(twice.pixels - polygon(once, SIZE).pixels) < 20


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(3, 3)],
        [(3, 3), (10, 10)],
        [(3.1, 3.1), (3.2, 3.2), (3.1, 3.3)],
        [(-9, -9), (-5, -9), (-5, -2)],
        [(100, 3), (120, 3), (110, 40)],
        [(5, 5), (20, 5), (40, 5)],
    ],
)
def test_outlines_around_no_pixel_are_nothing(points):
    region = polygon(points, SIZE)
    assert not region
    assert region.pixels == 0
    assert not region.filled(1).region.box


def test_a_polygon_beyond_the_border_is_cut_there():
    region = polygon([(-50, -50), (200, -50), (200, 200), (-50, 200)], SIZE)
    assert region.box == Box(0, 0, *SIZE)
    assert region.inside.all()


def test_a_rectangle_takes_the_pixels_that_it_cuts():
    assert rectangle((3.2, 4.9), (7.1, 6), SIZE).box == Box(4, 3, 6, 8)
    assert rectangle((7.1, 6), (3.2, 4.9), SIZE).box == Box(4, 3, 6, 8)
    assert rectangle((-4, -4), (2, 2), SIZE).box == Box(0, 0, 2, 2)
    assert not rectangle((80, 80), (90, 90), SIZE)
    assert rectangle((3.2, 4.9), (7.1, 6), SIZE).inside.all()
