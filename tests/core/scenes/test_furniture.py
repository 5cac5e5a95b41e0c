"""What stands in and lies on synthetic streets: each kind has its label, at any distance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from segformer_gui.core.scenes import Label
from segformer_gui.core.scenes.canvas import Camera, Canvas, Light
from segformer_gui.core.scenes.furniture.barriers import random_fence
from segformer_gui.core.scenes.furniture.blocks import Bin, Block, Seats, Shelter
from segformer_gui.core.scenes.furniture.furnishing import middle_things, pavement_things
from segformer_gui.core.scenes.furniture.posts import Bollard, keep_left, random_lamps, random_light
from segformer_gui.core.scenes.furniture.signs import (
    random_board,
    random_nameplate,
    random_poster,
    random_sign,
)
from segformer_gui.core.scenes.ground.ground import draw_ground
from segformer_gui.core.scenes.ground.street import Street, Thing, random_street
from segformer_gui.core.scenes.people.crowd import riders, walkers
from segformer_gui.core.scenes.people.cyclists import parked_bicycles, random_cyclist
from segformer_gui.core.scenes.people.person import random_person

_UNTOUCHED = 77
_Make = Callable[[np.random.Generator, float, float], Sequence[Thing]]
FENCES = ("guard", "mesh", "lattice", "net", "boards", "beam", "picket", "spikes", "pipes",
          "planks")  # fmt: skip
THINGS: dict[str, tuple[_Make, set[int]]] = {
    "sign": (lambda rng, s, z: [random_sign(rng, s, z)], {Label.SIGN, Label.POLE}),
    "board": (lambda rng, s, z: [random_board(rng, s, z)], {Label.SIGN, Label.POLE}),
    "poster": (lambda rng, s, z: [random_poster(rng, s, z)], {Label.SIGN, Label.POLE}),
    "nameplate": (lambda rng, s, z: [random_nameplate(rng, s, z)], {Label.SIGN, Label.POLE}),
    "light": (lambda rng, s, z: [random_light(rng, s, z)], {Label.SIGN, Label.POLE}),
    "keep left": (lambda rng, s, z: [keep_left(rng, s, z)], {Label.SIGN, Label.POLE}),
    "lamps": (lambda rng, s, z: random_lamps(rng, s, 1, [z, z + 20, z + 40]), {Label.POLE}),
    "beacon": (lambda _, s, z: [Bollard(s, z, "beacon", 2.6, (40, 40, 40))], {Label.POLE}),
    "bollard": (lambda _, s, z: [Bollard(s, z, "banded", 1.0, (40, 40, 40))], {Label.POLE}),
    "bin": (lambda _, s, z: [Bin(s, z, (160, 30, 30), 1.2)], {Label.IGNORE}),
    "seats": (lambda _, s, z: [Seats(s, z, True, (90, 90, 90))], {Label.IGNORE}),
    "phone": (lambda _, s, z: [Block(s, z, "phone", (0.9, 2.4, 0.9), (170, 30, 30))],
              {Label.IGNORE}),
    "column": (lambda _, s, z: [Block(s, z, "column", (1, 3, 1), (90, 90, 90))], {Label.SIGN}),
    "planter": (lambda _, s, z: [Block(s, z, "planter", (1.2, 0.6, 1), (90, 90, 90))],
                {Label.IGNORE, Label.TREE}),
    "shelter": (lambda _, s, z: [Shelter(s, z, z + 4, 1.3, (90, 90, 90))], {Label.IGNORE}),
    "bicycles": (lambda rng, s, z: parked_bicycles(rng, s, z, 3), {Label.IGNORE}),
    "person": (lambda rng, s, z: [random_person(rng, s, z)], {Label.PEDESTRIAN}),
    "cyclist": (lambda rng, s, z: [random_cyclist(rng, s, z, False)], {Label.BICYCLIST}),
} | {
    kind: (lambda rng, s, z, kind=kind: random_fence(rng, kind, (s, z), (s, z + 5)), {Label.FENCE})
    for kind in FENCES
}  # fmt: skip


def empty_canvas() -> Canvas:
    camera = Camera(focal=480, center=240, horizon=180, height=1.5, bend=0.0005)
    canvas = Canvas(180, 240, camera, Light((0.5, 0.7, -0.5), 0.6, 0.6, (230, 235, 240), 500))
    canvas.pixels[..., 3] = _UNTOUCHED
    return canvas


def drawn(things: Sequence[Thing]) -> np.ndarray:
    canvas = empty_canvas()
    for thing in sorted(things, key=lambda thing: -thing.z):
        thing.draw(canvas)
    return canvas.pixels[..., 3]


@pytest.mark.parametrize("name", THINGS)
def test_each_thing_has_the_labels_of_its_kind(name):
    make, expected = THINGS[name]
    found: set[int] = set()
    for seed in range(12):
        found |= set(np.unique(drawn(make(np.random.default_rng(seed), -2.0, 7.0))).tolist())
    assert found - {_UNTOUCHED} == expected


@pytest.mark.parametrize("name", THINGS)
@pytest.mark.parametrize("z", [1.3, 2.5, 12.0, 140.0])
def test_any_distance_works(name, z):
    make, expected = THINGS[name]
    for seed, s in enumerate((-3.0, 0.4, 5.0)):
        things = make(np.random.default_rng(seed), s, z)
        assert set(np.unique(drawn(things)).tolist()) <= expected | {_UNTOUCHED}
        for thing in things:
            assert len({point[::2] for point in thing.corners()}) >= 3  # a shadow has an area


def test_a_person_stands_where_they_are_put_and_a_child_is_small():
    labels = drawn([random_person(np.random.default_rng(seed), 0.0, 9.6) for seed in range(5)])
    rows, columns = np.nonzero(labels == Label.PEDESTRIAN)
    # 50 pixels are a metre there; their feet are 75 below the horizon, their middle at 240.
    assert abs(rows.max() - (180 + 75)) < 8
    assert abs(columns.mean() - 240) < 15
    heights = [random_person(np.random.default_rng(seed), 0, 9).height for seed in range(60)]
    assert min(heights) < 1.4 < 1.6 < max(heights)


def ground_labels(street: Street, seed: int) -> tuple[Canvas, np.ndarray]:
    canvas = empty_canvas()
    draw_ground(canvas, np.random.default_rng(seed), street, [], [])
    return canvas, canvas.pixels[..., 3]


@pytest.mark.parametrize("seed", range(40))
def test_markings_stay_road_and_pavements_pavement(seed):
    street = random_street(np.random.default_rng(seed))
    canvas, labels = ground_labels(street, seed)

    def label_at(s: float, z: float) -> int:
        x, y = canvas.camera.project([(s, 0.0, z)])[0].astype(int)
        return int(labels[y, x]) if 0 <= x < labels.shape[1] and y < labels.shape[0] else -1

    lane = {label_at(s, z) for s in np.linspace(-1.1, 1.1, 9) for z in np.linspace(4, 30, 60)}
    assert lane <= {Label.ROAD, -1}
    for side in (-1, 1):
        kerb, front = street.kerb(side), street.front(side)
        for z in (6.0, 11.0):
            if not street.is_clear(side, z - 3, z + 3) or abs(front - kerb) < 0.9:
                continue
            behind = label_at(front - side * 0.25 * abs(front - kerb), z)
            grass = street.pavement(side) < abs(front - kerb) * 0.5
            assert behind in ({Label.TREE, Label.PAVEMENT, -1} if grass else {Label.PAVEMENT, -1})


def test_islands_and_reservations_are_not_road():
    island = Street(-2, 6, 2.2, -5, 9, (), True, islands=((8.0, 12.0),))
    median = Street(-2, 9, 3.2, -5, 12, (), True, kind="highway", lanes=2, median=3.0)
    for street, s in ((island, 2.2), (median, 3.2)):
        canvas, labels = ground_labels(street, 3)
        x, y = canvas.camera.project([(s, 0.11, 10.0)])[0].astype(int)
        assert labels[y, x] in {Label.PAVEMENT, Label.TREE}


def test_a_car_park_behind_the_pavement_is_road():
    for lots, expected in (((False, True), Label.ROAD), ((False, False), Label.PAVEMENT)):
        street = Street(-2, 6, 1.6, -5, 9, (), False, lots=lots)
        canvas, labels = ground_labels(street, 3)
        spots = canvas.camera.project([(s, 0.0, 25.0) for s in (11.0, 12.0)]).astype(int)
        assert {int(labels[y, x]) for x, y in spots} == {expected}


def test_streets_vary_and_keep_their_order():
    streets = [random_street(np.random.default_rng(seed)) for seed in range(300)]
    for street in streets:
        assert street.left_front < street.left < -1 < 1 < street.middle + street.lane
        assert street.middle < street.right < street.right_front
        # Neither an island nor the reservation reaches into our lane or the oncoming one.
        taken = max(street.median, 1.5 if street.islands else 0.0) / 2
        assert street.middle - taken > 1.0
    assert {street.kind for street in streets} == {
        "street", "one-way", "arterial", "highway", "country", "yard",
    }  # fmt: skip
    pavements = [street.pavement(side) for street in streets for side in (-1, 1)]
    assert sum(pavement == 0 for pavement in pavements) > 60
    assert min(pavement for pavement in pavements if pavement) > 0.9
    assert max(pavements) > 6
    assert any(street.islands for street in streets)
    assert any(street.zebra for street in streets)
    assert any(street.signals for street in streets)


def test_some_streets_are_empty_and_some_crowded():
    counts: list[int] = []
    cyclists = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        street = random_street(rng)
        counts.append(len(walkers(rng, street)))
        cyclists += len(riders(rng, street, []))
    assert min(counts) == 0
    assert max(counts) > 15
    assert cyclists > 80


def test_furniture_leaves_side_roads_and_our_lane_free():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        street = random_street(rng)
        things = [*middle_things(rng, street)]
        for side in (-1, 1):
            things += pavement_things(rng, street, side, built_up=True)
        for thing in things:
            low = min(y for _, y, _ in thing.corners())
            feet = [s for s, y, _ in thing.corners() if y == low]
            assert min(map(abs, feet)) > 1.0, thing
