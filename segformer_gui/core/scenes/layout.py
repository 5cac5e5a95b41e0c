"""What stands where: the plan of a street, drawn from random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from segformer_gui.core.scenes.buildings import Building
from segformer_gui.core.scenes.canvas import Canvas, Color, Image, Light, Point, scaled
from segformer_gui.core.scenes.furniture import Bin, Post, Railing
from segformer_gui.core.scenes.ground import Street
from segformer_gui.core.scenes.people import Cyclist, random_cyclist, random_person
from segformer_gui.core.scenes.plants import Hedge, Tree, leaf_texture, tree_sprites
from segformer_gui.core.scenes.vehicles import Car, random_car

_END = 150.0  # metres; the street is built up to here
_CHARACTERS = ("terrace", "high street", "offices", "suburb", "park")
_KINDS = {
    "terrace": ("house",),
    "high street": ("shop", "shop", "shop", "house"),
    "offices": ("office", "office", "shop"),
    "suburb": ("house",),
    "park": ("house", "office"),
}


class Thing(Protocol):
    """Anything that stands in the street; `z` is its distance for drawing far to near."""

    @property
    def z(self) -> float: ...

    def corners(self) -> list[Point]:
        """Corners of its convex outline, for its shadow."""
        ...

    def draw(self, canvas: Canvas) -> None:
        """Draw it over what stands behind it."""
        ...


def plan_street(rng: np.random.Generator) -> Street:
    """Widths, kerbs and side roads."""
    lane = rng.uniform(2.9, 3.5)
    left = -lane / 2 - rng.choice([0.2, 2.2]) - rng.uniform(0, 0.4)
    right = lane * 1.5 + rng.choice([0.2, 2.2]) + rng.uniform(0, 0.4)
    crossings = []
    for side in (-1, 1):
        if rng.random() < 0.45:
            near = rng.uniform(14, 45)
            crossings.append((side, near, near + rng.uniform(6, 9)))
    return Street(
        left,
        right,
        lane / 2,
        left - rng.uniform(2.2, 4.0),
        right + rng.uniform(2.2, 4.0),
        tuple(crossings),
        bool(rng.random() < 0.6),
    )


def plan_sides(rng: np.random.Generator) -> dict[int, str]:
    """What the left (-1) and the right (1) side of the street are like."""
    weights = [0.27, 0.27, 0.14, 0.18, 0.14]
    first = str(rng.choice(_CHARACTERS, p=weights))
    # A park has houses opposite.
    second = str(rng.choice(_CHARACTERS[:4])) if first == "park" or rng.random() < 0.6 else first
    order = rng.permutation([-1, 1])
    return {int(order[0]): first, int(order[1]): second}


def build_row(
    rng: np.random.Generator, street: Street, side: int, character: str
) -> list[Building]:
    """The buildings along one side; none where a side road leaves."""
    front = street.front(side)
    if character == "park":
        front, start = front + side * 22, 30.0
    else:
        start = rng.uniform(-6, 2)
    if character == "suburb":
        front += side * rng.uniform(3, 5)
    row: list[Building] = []
    storeys = int(rng.integers(2, 4))
    while start < _END:
        width = rng.uniform(8, 20) if character != "suburb" else rng.uniform(8, 12)
        blocked = [
            b
            for s, a, b in street.crossings
            if s == side and a - 2 < start + width and b + 2 > start
        ]
        if blocked:
            a = next(a for s, a, b in street.crossings if s == side and b == blocked[0])
            width = a - 2.5 - start
        if width > 4:
            kind = str(rng.choice(_KINDS[character]))
            floors = (
                int(rng.integers(3, 6)) if kind == "office" else storeys + int(rng.random() < 0.25)
            )
            if start + width > 3:
                row.append(Building(front, start, start + width, kind, floors))
        gap = rng.uniform(2, 5) if character in ("suburb", "park") else rng.choice([0, 0, 0, 1.2])
        start = blocked[0] + 2.5 if blocked else start + width + gap
    return row


def park_and_drive(rng: np.random.Generator, street: Street) -> list[Car]:
    """Cars parked at the kerbs, ahead in our lane, and coming towards us."""
    cars: list[Car] = []
    for side, kerb in ((-1, street.left), (1, street.right)):
        edge = kerb - side * 1.1
        room = abs(kerb) > (3.4 if side < 0 else street.middle + 5)
        z = rng.uniform(4.5, 14)
        while room and z < 90:
            if rng.random() < 0.72 and street.is_clear(side, z - 2, z + 7):
                cars.append(random_car(rng, edge + rng.normal(0, 0.08), z, side > 0, parked=True))
            z += rng.uniform(5.4, 7.5)
    z = rng.uniform(9, 30)
    while z < 110:
        cars.append(random_car(rng, rng.normal(0.0, 0.15), z, oncoming=False))
        z += rng.uniform(9, 60)
    z = rng.uniform(7, 40)
    lane = street.middle * 2
    while z < 120:
        cars.append(random_car(rng, lane + rng.normal(0, 0.15), z, oncoming=True))
        z += rng.uniform(12, 55)
    return cars


def plant(
    rng: np.random.Generator, street: Street, light: Light, sides: dict[int, str]
) -> list[Thing]:
    """Trees, hedges and garden fences, and the woods that close the view."""
    sprites = tree_sprites(rng, light, bare=bool(rng.random() < 0.3))
    leaves = leaf_texture(rng)
    plants: list[Thing] = []
    spots: list[tuple[float, float, float]] = []  # s, z, height
    for side, near, far in street.crossings:  # what a side road leads to
        for _ in range(14):
            z = rng.uniform(near - 2, far + 40)
            spots.append((side * rng.uniform(45, 80), z, rng.uniform(8, 14)))
    for side, character in sides.items():
        spots += _tree_spots(rng, street, side, character)
        if character in ("suburb", "park"):
            plants += _borders(rng, street, side, street.front(side) + side * 0.15, leaves)
    for _ in range(34):
        z = rng.uniform(_END + 5, _END + 50)
        spots.append((rng.uniform(-95, 95), z, rng.uniform(8, 15)))
    return plants + [Tree(*spot, sprites[rng.integers(len(sprites))]) for spot in spots]


def _tree_spots(
    rng: np.random.Generator, street: Street, side: int, character: str
) -> list[tuple[float, float, float]]:
    """Trees of a park, of front gardens, and along the kerb: s, z, height."""
    kerb, front = street.kerb(side), street.front(side)
    spots: list[tuple[float, float, float]] = []
    if character == "park":
        for z in rng.uniform(9, 120, 16):
            spots.append((front + side * rng.uniform(2, 18), z, rng.uniform(7, 13)))
    elif character == "suburb":
        for z in rng.uniform(10, 100, 7):
            spots.append((front + side * rng.uniform(1, 2.5), z, rng.uniform(4.5, 8)))
    if character in ("terrace", "offices", "park") and rng.random() < 0.5:
        for z in np.arange(rng.uniform(9, 22), 110, rng.uniform(9, 20)):
            spots.append((kerb + side * 0.7, z, rng.uniform(5.5, 8.5)))
    return [spot for spot in spots if street.is_clear(side, spot[1] - 3, spot[1] + 3)]


def _borders(
    rng: np.random.Generator, street: Street, side: int, line: float, leaves: Image
) -> list[Thing]:
    """Hedges, railings and boarded fences in front of gardens and parks."""
    borders: list[Thing] = []
    z = 3.0
    while z < 90:
        far = z + rng.uniform(5, 14)
        if street.is_clear(side, z, far):
            what = rng.choice(["hedge", "railing", "boards"], p=[0.4, 0.35, 0.25])
            if what == "hedge":
                borders.append(Hedge(line, z, far - 0.6, rng.uniform(0.9, 1.7), leaves))
            else:
                bars = what == "railing"
                color: Color = (
                    (42, 46, 46) if bars else scaled((128, 104, 80), rng.uniform(0.7, 1.1))
                )
                borders.append(Railing(line, z, far - 0.4, rng.uniform(1.0, 1.7), bars, color))
        z = far
    return borders


def furnish(rng: np.random.Generator, street: Street, sides: dict[int, str]) -> list[Thing]:
    """Lamps, signs, bollards, railings and bins on both pavements."""
    things: list[Thing] = []
    for side, character in sides.items():
        line = street.kerb(side) + side * 0.45
        things += _posts(rng, street, side, line)
        if rng.random() < 0.3 and street.is_clear(side, 8, 24):
            start = rng.uniform(8, 14)
            far = start + rng.uniform(5, 10)
            things.append(Railing(line - side * 0.1, start, far, 1.1, True, (104, 108, 110)))
        if rng.random() < 0.35 and character != "park":
            color, height = (((168, 30, 32), 1.5), ((36, 40, 42), 1.0))[rng.integers(2)]
            s = street.front(side) - side * 0.5
            things.append(Bin(s, rng.uniform(8, 25), color, height))
    return things


def _posts(rng: np.random.Generator, street: Street, side: int, line: float) -> list[Thing]:
    posts: list[Post] = []
    for z in np.arange(rng.uniform(8, 26), 130, rng.uniform(22, 34)):
        posts.append(Post(line, float(z), "lamp", rng.uniform(6.5, 9)))
    for i in range(rng.integers(1, 4)):
        kind = str(rng.choice(["speed", "warning", "entry", "parking"]))
        posts.append(Post(line, rng.uniform(7, 16) + 14 * i, kind, rng.uniform(2.4, 2.9)))
    if rng.random() < 0.35:
        posts.append(Post(line, rng.uniform(11, 30), "light", 3.0, (40, 42, 44)))
    if rng.random() < 0.3:
        start = rng.uniform(6, 20)
        for z in np.arange(start, start + 9, 1.5):
            posts.append(Post(line, float(z), "bollard", 1.0, (44, 44, 46)))
    return [post for post in posts if street.is_clear(side, post.z, post.z)]


def place_people(rng: np.random.Generator, street: Street, cars: Sequence[Car]) -> list[Thing]:
    """Pedestrians on the pavements, cyclists on the road."""
    people: list[Thing] = []
    for side in (-1, 1):
        low, high = sorted((street.kerb(side) + side * 0.7, street.front(side) - side * 0.6))
        for _ in range(rng.integers(1, 6)):
            s, z = rng.uniform(low, high), rng.uniform(7, 50)
            people.append(random_person(rng, s, z))
            if rng.random() < 0.3:
                people.append(random_person(rng, float(np.clip(s + 0.6, low, high)), z + 0.2))
    cyclists: list[Cyclist] = []
    if rng.random() < 0.65:
        near = street.left + (0.9 if street.left > -3 else 2.7)
        cyclists.append(random_cyclist(rng, near, rng.uniform(6.5, 22), oncoming=False))
    if rng.random() < 0.3:
        cyclists.append(random_cyclist(rng, street.middle + 0.9, rng.uniform(9, 30), oncoming=True))
    return people + [cyclist for cyclist in cyclists if not any(map(cyclist.meets, cars))]
