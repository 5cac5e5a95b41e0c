"""What stands on pavements, verges, islands and reservations, drawn from random numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from segformer_gui.core.scenes.canvas import Color, scaled
from segformer_gui.core.scenes.furniture.barriers import random_fence
from segformer_gui.core.scenes.furniture.blocks import Bin, Block, Seats, Shelter
from segformer_gui.core.scenes.furniture.posts import (
    POLES,
    Bollard,
    keep_left,
    random_lamps,
    random_light,
)
from segformer_gui.core.scenes.furniture.signs import (
    Plate,
    Sign,
    random_board,
    random_nameplate,
    random_plate,
    random_poster,
    random_sign,
)
from segformer_gui.core.scenes.ground.street import Street, Thing
from segformer_gui.core.scenes.people.cyclists import parked_bicycles


def pavement_things(
    rng: np.random.Generator, street: Street, side: int, built_up: bool
) -> list[Thing]:
    """All that stands beside the road on one side; less where there is no pavement."""
    walked = street.pavement(side) > 0
    line = street.kerb(side) + side * (rng.uniform(0.3, 0.6) if walked else rng.uniform(0.8, 1.8))
    things: list[Thing] = [*roadside(rng, street, side, line)]
    if not walked:
        if rng.random() < 0.6:
            things += _crash_barrier(rng, street, side)
        return things
    if rng.random() < 0.4:
        things += _fences(rng, street, side)
    if street.zebra is not None:
        things += _at_crossing(rng, street, side, street.zebra)
    if built_up:
        things += _beside_fronts(rng, street, side)
        things += _along_kerb(rng, street, side, line)
    return things


def roadside(rng: np.random.Generator, street: Street, side: int, line: float) -> list[Thing]:
    """Lamps, signs, lights and bollards on `line`."""
    step = rng.uniform(14, 36)
    spots = [float(z) for z in np.arange(rng.uniform(6, 26), 130, step)]
    things: list[Thing] = []
    if rng.random() < 0.9:
        back = street.front(side) - side * 0.3 if rng.random() < 0.2 else line
        things += random_lamps(rng, back, -side, spots)
    if rng.random() < 0.3:  # a post right beside us, taller than the picture
        s, z = line + side * rng.uniform(0, 0.5), rng.uniform(3.6, 7)
        things += random_lamps(rng, s, -side, [z])
    for _ in range(rng.integers(1, 6)):
        things.append(random_sign(rng, line + side * rng.uniform(0, 0.3), rng.uniform(5, 45)))
    if rng.random() < 0.4:
        widest = min(3.0, max(0.8, abs(street.front(side) - line) * 1.2))
        board = random_board(rng, line + side * widest * 0.45, rng.uniform(9, 40), widest)
        things.append(board)
    if street.signals is not None:
        things.append(random_light(rng, line, street.signals + rng.uniform(0, 1.5)))
        things.append(random_light(rng, line, street.signals + rng.uniform(11, 16), side > 0))
    elif rng.random() < 0.15:
        things.append(random_light(rng, line, rng.uniform(10, 40), bool(rng.random() < 0.4)))
    if rng.random() < 0.35 and street.pavement(side) > 0:
        start, kind = rng.uniform(4, 20), str(rng.choice(["plain", "banded", "marker"]))
        color = scaled(POLES[rng.integers(len(POLES))], rng.uniform(0.5, 1.1))
        height, radius = rng.uniform(0.7, 1.2), rng.uniform(0.04, 0.11)
        for z in np.arange(start, start + rng.uniform(4, 20), rng.uniform(1.2, 2.4)):
            things.append(Bollard(line, float(z), kind, height, color, radius))
    return [thing for thing in things if street.is_clear(side, thing.z, thing.z)]


def middle_things(rng: np.random.Generator, street: Street) -> list[Thing]:
    """What stands on traffic islands and on the reservation."""
    things: list[Thing] = []
    for near, far in street.islands:
        things += _on_island(rng, street.middle, near, far)
    if street.median:
        things += _on_median(rng, street, street.middle)
    return things


def _on_island(rng: np.random.Generator, s: float, near: float, far: float) -> list[Thing]:
    things: list[Thing] = [keep_left(rng, s, near + 0.5)]
    if rng.random() < 0.5:
        things.append(keep_left(rng, s, far - 0.5))
    if rng.random() < 0.5:
        plate = Plate("blue", 1.9, (0.6, 0.6), text="l")
        things.append(Sign(s, (near + far) / 2, 2.2, (plate,)))
    if rng.random() < 0.3:
        things += random_lamps(rng, s, 1, [far - 0.8])
    if rng.random() < 0.35:
        for edge in (s - 0.55, s + 0.55):
            things += random_fence(rng, "guard", (edge, near + 0.4), (edge, far - 0.4))
    return things


def _on_median(rng: np.random.Generator, street: Street, s: float) -> list[Thing]:
    things: list[Thing] = []
    if street.signals is not None:
        things.append(random_light(rng, s, street.signals + 0.5))
    if rng.random() < 0.6:
        kind = "beam" if street.kind == "highway" else str(rng.choice(["guard", "beam", "pipes"]))
        near = rng.uniform(2.5, 9)
        things += random_fence(rng, kind, (s, near), (s, near + rng.uniform(20, 70)))
    if rng.random() < 0.5:
        spots = [float(z) for z in np.arange(rng.uniform(8, 20), 120, rng.uniform(20, 35))]
        things += random_lamps(rng, s, 1, spots)
    if rng.random() < 0.5:
        things.append(random_sign(rng, s, rng.uniform(8, 40)))
    return things


def _crash_barrier(rng: np.random.Generator, street: Street, side: int) -> list[Thing]:
    s = street.kerb(side) + side * rng.uniform(0.3, 0.7)
    near = rng.uniform(2.5, 14)
    kind = str(rng.choice(["beam", "beam", "beam", "mesh", "picket"]))
    fence = random_fence(rng, kind, (s, near), (s, near + rng.uniform(15, 70)), 0.0)
    return [p for p in fence if street.is_clear(side, p.z, p.z + 2)]


def _fences(rng: np.random.Generator, street: Street, side: int) -> list[Thing]:
    """A fence along the kerb or along the front, short or long; or road works."""
    kinds = ["guard", "pipes", "mesh", "lattice", "net", "boards", "picket", "spikes"]
    kind = str(rng.choice(kinds, p=[0.5, 0.06, 0.08, 0.05, 0.06, 0.09, 0.06, 0.1]))
    near = rng.uniform(3, 16)
    far = near + rng.choice([rng.uniform(5, 12), rng.uniform(20, 40)])
    s = street.kerb(side) + side * 0.22
    if kind in ("mesh", "lattice", "picket", "spikes"):
        s = street.front(side) - side * 0.15
    elif kind in ("boards", "net"):
        return _works(rng, street, side, kind, near)
    fence = random_fence(rng, kind, (s, near), (s, far))
    zebra = -99.0 if street.zebra is None else street.zebra
    return [
        panel
        for panel in fence
        if street.is_clear(side, panel.z, panel.z + 2.5)
        and not (abs(s - street.kerb(side)) < 1 and zebra - 2.5 < panel.z < zebra + 3)
    ]


def _works(
    rng: np.random.Generator, street: Street, side: int, kind: str, near: float
) -> list[Thing]:
    """Road works at the kerb: a pen of barriers, and a sign before it."""
    outer = street.kerb(side) + side * min(1.0, street.pavement(side) * 0.5)
    inner = street.kerb(side) - side * rng.choice([0.0, 0.3])
    near, far = near + 3, near + 3 + rng.uniform(3, 9)
    corners = ((outer, far), (inner, far), (inner, near), (outer, near), (outer, far))
    things: list[Thing] = []
    for a, b in pairwise(corners):
        things += random_fence(rng, kind, a, b, 0.05)
    plate = Plate("works", 0.75, (1.0, 0.85), text="!")
    things.append(Sign(outer, near - 2, 0.5, (plate,), (60, 60, 60), 0.03, 0.5))
    return things


def _at_crossing(rng: np.random.Generator, street: Street, side: int, z: float) -> list[Thing]:
    """Beacons or lights at both ends of a pedestrian crossing."""
    s = street.kerb(side) + side * 0.5
    if rng.random() < 0.6:
        color: Color = (36, 36, 38)
        return [Bollard(s, z - 0.3, "beacon", rng.uniform(2.4, 3.1), color, 0.07)]
    return [random_light(rng, s, z - 0.4), random_light(rng, s, z + 3.2, away=True)]


def _beside_fronts(rng: np.random.Generator, street: Street, side: int) -> list[Thing]:
    """Bins, posters, tables and plates near the walls."""
    back = street.front(side)
    room = street.pavement(side)
    choices: Sequence[tuple[float, Callable[[float], list[Thing]]]] = (
        (0.3, lambda z: [Bin(back - side * 0.5, z, *_bin(rng))]),
        (
            0.3,
            lambda z: [random_poster(rng, back - side * rng.uniform(0.4, max(0.5, room * 0.6)), z)],
        ),
        (0.2, lambda z: [random_nameplate(rng, back - side * 0.3, z)]),
        (0.25, lambda z: [_flag(rng, back - side * 0.55, z)]),
    )
    things: list[Thing] = []
    for chance, make in choices:
        if rng.random() < chance:
            things += make(rng.uniform(5, 28))
    if room > 3.2 and rng.random() < 0.35:
        color = scaled(((110, 84, 60), (60, 62, 64), (170, 172, 170))[rng.integers(3)], 1.0)
        start = rng.uniform(6, 18)
        for i in range(int(rng.integers(1, 6))):
            s = back - side * rng.uniform(0.9, min(2.4, room * 0.6))
            things.append(Seats(s, start + 1.9 * i, bool(rng.random() < 0.7), color))
    if room > 1.8 and rng.random() < 0.3:
        things += parked_bicycles(
            rng, back - side * 1.0, rng.uniform(5, 20), int(rng.integers(2, 9))
        )
    return [thing for thing in things if street.is_clear(side, thing.z - 2, thing.z + 2)]


def _flag(rng: np.random.Generator, s: float, z: float) -> Sign:
    """A shop's sign that juts out of the wall; its post is the wall's bracket."""
    y = rng.uniform(2.6, 3.6)
    plate = random_plate(rng, y)
    color: Color = (rng.uniform(20, 225), rng.uniform(20, 225), rng.uniform(20, 225))
    text = str(rng.choice(["CAFE", "PUB", "TAXI", "BANK", "DELI", "24H"]))
    size = (rng.uniform(0.5, 0.9), rng.uniform(0.5, 1.0))
    shop = Plate("board", y, size, color, text)
    return Sign(s, z, y, (shop if rng.random() < 0.7 else plate,), (50, 50, 52), 0.04)


def _bin(rng: np.random.Generator) -> tuple[Color, float]:
    kinds = (((168, 30, 32), 1.5), ((36, 40, 42), 1.0), ((40, 70, 52), 1.1), ((120, 122, 124), 1.2))
    return kinds[rng.integers(len(kinds))]


def _along_kerb(rng: np.random.Generator, street: Street, side: int, line: float) -> list[Thing]:
    """A bus stop, phone boxes, cabinets, planters, skips, columns and stands for bicycles."""
    room, things = street.pavement(side), list[Thing]()
    inside = street.kerb(side) + side * (street.verge(side) + 0.7)
    if room > 2.6 and rng.random() < 0.22:
        near, back = rng.uniform(7, 30), inside + side * min(1.6, room - 1.2)
        color = scaled(POLES[rng.integers(len(POLES))], 0.9)
        things.append(Shelter(back, near, near + rng.uniform(3, 5), -side * 1.3, color))
        plate = Plate("board", 2.5, (0.45, 0.5), (200, 40, 40), "BUS")
        things.append(Sign(line, near - 1, 2.8, (plate,)))
    blocks: Sequence[tuple[float, str, tuple[float, float, float], tuple[Color, ...]]] = (
        (0.14, "phone", (0.9, 2.4, 0.9), ((176, 28, 30), (40, 42, 44))),
        (0.22, "cabinet", (0.9, 1.3, 0.45), ((50, 80, 62), (120, 124, 120), (70, 72, 74))),
        (0.14, "planter", (1.2, 0.6, 1.0), ((120, 110, 100), (70, 62, 56), (150, 148, 140))),
        (0.05, "skip", (1.7, 1.2, 3.2), ((200, 170, 40), (60, 80, 130))),
        (0.08, "column", (1.1, 3.0, 1.1), ((190, 180, 150), (60, 110, 90))),
    )
    for chance, kind, size, colors in blocks:
        if rng.random() < chance and room > size[0] + 0.8:
            stretch = rng.uniform(0.85, 1.2)
            size = (size[0] * stretch, size[1], size[2] * stretch)
            color = scaled(colors[rng.integers(len(colors))], rng.uniform(0.8, 1.1))
            things.append(Block(inside, rng.uniform(5, 35), kind, size, color))
    if room > 2.4 and rng.random() < 0.15:
        things += parked_bicycles(rng, inside + side * 0.3, rng.uniform(4, 18), 5)
    return [thing for thing in things if street.is_clear(side, thing.z - 2, thing.z + 4)]
