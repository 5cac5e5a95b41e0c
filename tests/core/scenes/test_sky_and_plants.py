"""Daylight, sky and plants of synthetic scenes."""

from __future__ import annotations

import numpy as np
import pytest

from segformer_gui.core.scenes import Label
from segformer_gui.core.scenes.canvas import Camera, Canvas, Light
from segformer_gui.core.scenes.ground.street import Street
from segformer_gui.core.scenes.plants.pictures import tree_sprites
from segformer_gui.core.scenes.plants.planting import plant
from segformer_gui.core.scenes.sky import daylight, draw_sky

NOON = Light((0.0, 1.0, 0.0), 0.6, 0.6, (240, 240, 240), 500)


def test_days_differ_from_dusk_to_glare():
    days = [daylight(np.random.default_rng(seed)) for seed in range(200)]
    for light, sky in days:
        assert np.linalg.norm(light.to_sun) == pytest.approx(1)
        assert light.to_sun[1] > 0
        assert 0 < light.ambient <= 1.1
        assert 0 <= sky.cover <= 1
    ambient = [light.ambient for light, _ in days]
    assert min(ambient) < 0.3
    assert max(ambient) > 0.95
    sunny = sum(light.direct > 0 for light, _ in days)
    assert 60 < sunny < 140


def test_dusk_darkens_the_street_and_leaves_the_sky_bright():
    dusks = [
        (light, sky)
        for light, sky in (daylight(np.random.default_rng(seed)) for seed in range(200))
        if light.direct == 0 and light.ambient < 0.5
    ]
    assert dusks
    for light, _ in dusks:
        assert np.mean(light.haze) > 2 * 110 * light.ambient * 0.8  # twice as bright as tarmac


@pytest.mark.parametrize("seed", range(6))
def test_the_sky_fills_the_picture(seed):
    rng = np.random.default_rng(seed)
    light, sky = daylight(rng)
    canvas = Canvas(120, 160, Camera(300, 160, 120, 1.5, 0.0), light)
    draw_sky(canvas, rng, sky)
    assert (canvas.pixels[..., 3] == Label.SKY).all()
    assert canvas.pixels[:200, :, :3].std() > 0  # it is no plain colour


@pytest.mark.parametrize("bare", [False, True])
def test_a_tree_counts_where_it_is_seen_and_in_its_small_gaps(bare):
    for seed in range(4):
        for sprite in tree_sprites(np.random.default_rng(seed), NOON, bare):
            opaque = sprite.picture[..., 3] > 127
            covered = sprite.covers > 127
            assert covered[opaque].all()
            assert 0.04 < covered.mean() < 0.7
            assert covered.sum() < opaque.sum() * (6 if bare else 2)


def test_trees_have_different_forms():
    """Round crowns, poplars and conifers differ in how wide they are for their height."""
    shapes: list[float] = []
    for seed in range(12):
        for sprite in tree_sprites(np.random.default_rng(seed), NOON, bare=False):
            rows, columns = np.nonzero(sprite.covers > 127)
            width = np.subtract(*np.percentile(columns, [95, 5]))
            shapes.append(float(width / (rows.max() - rows.min())))
    assert min(shapes) < 0.4
    assert max(shapes) > 0.7


def test_plants_keep_off_the_road_and_out_of_side_roads():
    street = Street(-3.0, 6.0, 1.6, -6.0, 9.0, ((1, 20.0, 27.0),), lawn=True)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        for thing in plant(rng, street, NOON, {-1: "park", 1: "suburb"}):
            feet = [(s, z) for s, y, z in thing.corners() if y == 0]
            middle = np.mean(feet, axis=0)
            if middle[1] > 150:  # the woods that close the view
                continue
            assert not street.left < middle[0] < street.right
            if 0 < middle[0] < 40:
                assert not 20 < middle[1] < 27


@pytest.mark.parametrize(("lanes", "ours"), [(1, 1), (2, 2), (3, 3)])
def test_lanes_lie_between_kerb_and_reservation(lanes, ours):
    lane, median = 3.2, 1.0
    middle = lane * 0.5 + median / 2
    left = -lane * (lanes - 0.5) - 0.4
    street = Street(
        left, 2 * middle - left, middle, left - 3, 2 * middle - left + 3, (), True, "highway",
        lane, lanes, median,
    )  # fmt: skip
    ahead, coming = street.lane_centers(oncoming=False), street.lane_centers(oncoming=True)
    assert len(ahead) == len(coming) == ours
    assert ahead[0] == 0.0
    assert coming[0] == 2 * middle
    assert all(street.left < s < middle for s in ahead)
    assert all(middle < s < street.right for s in coming)
    assert np.diff(sorted(ahead)) == pytest.approx(lane)
