"""Vehicles of the synthetic streets: labelled as cars, where geometry says, at any distance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from segformer_gui.core.scenes import Label
from segformer_gui.core.scenes.canvas import Camera, Canvas, Light
from segformer_gui.core.scenes.ground.street import random_street
from segformer_gui.core.scenes.vehicles.bonnet import draw_own_bonnet, random_bonnet
from segformer_gui.core.scenes.vehicles.buses import random_bus
from segformer_gui.core.scenes.vehicles.cars import Car, Make, random_model
from segformer_gui.core.scenes.vehicles.heavy import Heavy
from segformer_gui.core.scenes.vehicles.lorries import random_lorry
from segformer_gui.core.scenes.vehicles.motorcycles import random_motorcycle
from segformer_gui.core.scenes.vehicles.traffic import Traffic

HEADINGS = (0.0, np.pi, np.pi / 2, -np.pi / 2, 0.9, np.pi - 0.6)
Maker = Callable[[np.random.Generator], Make]
MAKERS: tuple[Maker, ...] = (random_bus, random_lorry, random_model)


def empty() -> Canvas:
    # One metre is 100 canvas pixels at 10 m; the road's points at 10 m are in row 450 of 600.
    camera = Camera(focal=1000, center=400, horizon=300, height=1.5, bend=0)
    light = Light((0.5, 0.7, -0.5), 0.6, 0.6, (240, 240, 240), 1e9)
    canvas = Canvas(300, 400, camera, light)
    canvas.pixels[..., 3] = Label.ROAD
    return canvas


def drawn(car: Car) -> np.ndarray:
    """Where the car was drawn, on the supersampled canvas."""
    canvas = empty()
    car.draw(canvas)
    labels = canvas.pixels[..., 3]
    assert set(np.unique(labels)) <= {Label.ROAD, Label.CAR}
    return labels == Label.CAR


@pytest.mark.parametrize("maker", MAKERS)
def test_a_vehicle_lies_within_its_box(maker: Maker):
    for seed in range(12):
        make = maker(np.random.default_rng(seed))
        for heading in HEADINGS:
            car = Car(0.5, 14.0, make, heading)
            mask = drawn(car)
            sin, cos = np.sin(heading), np.cos(heading)
            middle = car.z + car.length / 2
            # Mirrors stand out at the sides, and so does what a roof carries.
            ahead, right = make.length / 2 + 0.05, make.width / 2 + 0.3
            box = [
                (car.s + a * sin + r * cos, y, middle + a * cos - r * sin)
                for a in (-ahead, ahead)
                for r in (-right, right)
                for y in (-0.05, make.roof[0] + 0.5)
            ]
            outline = empty().camera.project(box)
            rows, columns = np.nonzero(mask)
            low, high = outline.min(axis=0) - 1, outline.max(axis=0) + 1
            assert low[0] <= columns.min()
            assert columns.max() <= high[0]
            assert low[1] <= rows.min()
            assert rows.max() <= high[1]
            # It fills most of the middle of the box that it stands in.
            left, right_edge = np.clip(outline[:, 0].min(), 0, 799), outline[:, 0].max()
            assert columns.max() - columns.min() > 0.6 * (min(right_edge, 799) - left)


@pytest.mark.parametrize("maker", MAKERS)
def test_the_rear_of_a_vehicle_ahead_is_as_wide_as_it_is(maker: Maker):
    for seed in range(8):
        make = maker(np.random.default_rng(seed))
        mask = drawn(Car(0.0, 10.0, make))
        # 0.7 m above the road: below the shoulder of a car, at a lorry's lamps.
        columns = np.nonzero(mask[380])[0]
        assert columns.min() == pytest.approx(400 - 50 * make.width, abs=14)
        assert columns.max() == pytest.approx(400 + 50 * make.width, abs=14)
        assert mask[380, columns.min() : columns.max()].all()


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("z", [-6.0, 0.3, 1.3, 2.5, 60.0, 119.0])
def test_any_distance_works(maker: Maker, z: float):
    for heading in HEADINGS:
        for s in (-2.6, 0.0, 3.2):
            mask = drawn(Car(s, z, maker(np.random.default_rng(3)), heading))
            if z > 2:
                assert mask.any() or abs(s) > 0.4 * z


@pytest.mark.parametrize("ridden", [True, False])
def test_a_rider_counts_with_the_motorcycle_and_a_parked_one_does_not_count(ridden: bool):
    canvas = empty()
    Car(0.0, 8.0, random_motorcycle(np.random.default_rng(2), ridden), 0.3).draw(canvas)
    expected = Label.BICYCLIST if ridden else Label.IGNORE
    assert set(np.unique(canvas.pixels[..., 3])) == {Label.ROAD, expected}
    rows = np.nonzero((canvas.pixels[..., 3] == expected).any(axis=1))[0]
    # At 9 m, 111 pixels a metre: tyres on the road; a rider's head or else the handlebars on top.
    assert rows.max() == pytest.approx(300 + 111 * 1.5, abs=20)
    assert rows.min() == pytest.approx(300 + 111 * (1.5 - (1.74 if ridden else 1.05)), abs=20)


def test_what_crosses_shows_its_flank():
    make = random_bus(np.random.default_rng(1))
    across, away = Car(0.0, 15.0, make, np.pi / 2), Car(0.0, 15.0, make)
    assert across.width == pytest.approx(make.length)
    assert across.length == pytest.approx(make.width)
    assert drawn(across).sum() > 2.5 * drawn(away).sum()


def test_own_bonnet_covers_the_bottom_and_no_more_than_it_should():
    for seed in range(20):
        canvas = empty()
        bonnet = random_bonnet(np.random.default_rng(seed))
        bonnet.draw(canvas)
        covered = canvas.pixels[..., 3] == Label.CAR
        rows = np.nonzero(covered.any(axis=1))[0]
        assert rows.max() == len(covered) - 1
        assert covered[-1].mean() > 0.3
        assert rows.min() == pytest.approx(len(covered) * (1 - bonnet.height), abs=3)
        assert covered.mean() < 0.13


def test_some_scenes_show_the_own_bonnet():
    rng = np.random.default_rng(5)
    shown = 0
    for _ in range(200):
        canvas = Canvas(30, 40, empty().camera, empty().light)
        draw_own_bonnet(canvas, rng)
        shown += bool((canvas.pixels[..., 3] == Label.CAR).any())
    assert 15 <= shown <= 50


def test_traffic_varies_and_does_not_collide():
    counts: list[int] = []
    large = near = turned = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        cars = Traffic(rng, random_street(rng)).fill()
        counts.append(len(cars))
        large += any(isinstance(car.make, Heavy) for car in cars)
        near += any(isinstance(car.make, Heavy) and car.z < 16 for car in cars)
        turned += any(abs(np.sin(car.heading)) > 0.5 for car in cars)
        for i, one in enumerate(cars):
            for other in cars[:i]:
                apart = abs(one.z + one.length / 2 - other.z - other.length / 2)
                beside = abs(one.s - other.s)
                assert (
                    apart > (one.length + other.length) / 2
                    or beside > (one.width + other.width) / 2
                )
    assert min(counts) < 8
    assert max(counts) > 30
    assert large > 20
    assert near > 5
    assert turned > 10
