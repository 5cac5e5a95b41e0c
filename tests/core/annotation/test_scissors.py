"""Intelligent scissors follow edges, wherever they are sent."""

from __future__ import annotations

import numpy as np
import pytest

from segformer_gui.core.annotation.scissors import REACH_PX, Scissors


@pytest.fixture
def disc() -> np.ndarray:
    """A bright disc of radius 60 px at (250, 200) on a dark ground."""
    y, x = np.mgrid[:400, :500] + 0.5
    inside = np.hypot(x - 250, y - 200) < 60
    image = np.where(inside[..., None], np.uint8(200), np.uint8(40))
    return np.ascontiguousarray(np.broadcast_to(image, (400, 500, 3)))


def test_a_path_follows_the_edge_between_two_places_on_it(disc):
    scissors = Scissors(disc)
    scissors.set_anchor(250, 140)
    path = scissors.path(310, 200)
    radii = np.hypot(path[:, 0] - 250, path[:, 1] - 200)
    assert np.abs(radii - 60).max() < 3
    assert len(path) > 60
    assert path[0].tolist() == [250.5, 140.5]
    assert path[-1].tolist() == [310.5, 200.5]
    assert (np.abs(np.diff(path, axis=0)).max(axis=1) == 1).all()


def test_an_anchor_can_be_set_anew(disc):
    scissors = Scissors(disc)
    for x, y in ((250, 140), (310, 200), (250, 260)):
        scissors.set_anchor(x, y)
        assert scissors.path(x, y).tolist() == [[x + 0.5, y + 0.5]]
    assert scissors.path(190, 200)[0].tolist() == [250.5, 260.5]


@pytest.mark.parametrize("anchor", [(-50, -50), (0, 0), (499.9, 399.9), (9000, 10)])
def test_anchors_outside_are_taken_to_the_nearest_pixel(disc, anchor):
    scissors = Scissors(disc)
    scissors.set_anchor(*anchor)
    for x, y in ((-10, -10), (5, 5), (1e6, 1e6), (250, -3), (-3, 250)):
        path = scissors.path(x, y)
        assert path.shape[1] == 2
        assert (path >= 0).all()
        assert (path <= (500, 400)).all()
        start = np.clip(np.floor(anchor), 0, (499, 399)) + 0.5
        assert path[0].tolist() == start.tolist()


def test_paths_end_where_the_reach_does():
    image = np.random.default_rng(0).integers(0, 256, (900, 900, 3), np.uint8)
    scissors = Scissors(image)
    scissors.set_anchor(450, 450)
    path = scissors.path(900, 450)
    assert path[-1][0] == 450 + REACH_PX + 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 2)])
def test_the_smallest_images_have_paths(size):
    scissors = Scissors(np.zeros((*size, 3), np.uint8))
    scissors.set_anchor(0, 0)
    assert len(scissors.path(size[1], size[0])) >= 1


def test_a_part_of_an_image_will_do(disc):
    part = disc[100:300, 150:350]
    scissors = Scissors(part)
    scissors.set_anchor(100, 40)
    assert len(scissors.path(160, 100)) > 60
