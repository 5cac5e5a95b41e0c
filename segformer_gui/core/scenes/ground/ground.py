"""Road and pavements: what every scene has before anything stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segformer_gui.core.scenes.canvas import (
    Canvas,
    Color,
    Floats,
    Label,
    Point,
    scaled,
)
from segformer_gui.core.scenes.ground.glyphs import moved, ring
from segformer_gui.core.scenes.ground.markings import draw_markings
from segformer_gui.core.scenes.ground.paint import Ground
from segformer_gui.core.scenes.ground.street import ISLAND, KERB, Street
from segformer_gui.core.scenes.ground.surface import Paving, finish

_ROADS: tuple[Color, ...] = (
    (106, 109, 113), (106, 109, 113), (152, 150, 144), (70, 72, 76), (120, 102, 96),
    (112, 106, 98), (130, 130, 128), (90, 93, 98),
)  # fmt: skip
_PAVINGS = (
    *(Paving(c, 0.6, 0.6) for c in ((122, 118, 113), (152, 148, 140), (106, 106, 108))),
    Paving((136, 130, 120), 0.45, 0.6, staggered=True, tones=0.07),
    Paving((160, 150, 132), 0.9, 0.6, staggered=True, joint=0.12),
    Paving((138, 90, 74), 0.2, 0.1, staggered=True, tones=0.08),
    Paving((116, 88, 80), 0.1, 0.2, staggered=True, tones=0.08),
    Paving((120, 116, 110), 0.2, 0.1, staggered=True, tones=0.06),
    Paving((88, 90, 95)),
    Paving((104, 104, 106), grit=1.4),
    Paving((66, 68, 72)),
    Paving((166, 156, 138), grit=2.2),
)
_KERBS: tuple[Color, ...] = (
    (178, 176, 170), (150, 148, 142), (150, 148, 142), (108, 108, 108), (74, 74, 76),
)  # fmt: skip
_SETTS = Paving((96, 94, 94), 0.12, 0.2, staggered=True, joint=0.35, tones=0.1)


def draw_ground(
    canvas: Canvas,
    rng: np.random.Generator,
    street: Street,
    cast: Sequence[Sequence[Point]],
    feet: Sequence[Sequence[Point]],
) -> None:
    """Draw all that lies flat, with the shadows that bodies with corners `cast` throw in the sun.

    `feet` are corners of what stands on the road: the sky's light does not reach below them.
    """
    flat = canvas.light.on((0, 1, 0))
    base = Paving(_ROADS[rng.integers(len(_ROADS))], grit=rng.uniform(0.7, 1.6))
    road = _SETTS if rng.random() < 0.05 else base
    tarmac = scaled(road.color, rng.uniform(0.8, 1.1) * flat)
    paving = _PAVINGS[rng.integers(len(_PAVINGS))]
    if not paving.across and rng.random() < 0.4:  # the same tarmac as the road's
        paving = replace(paving, color=road.color)
    paved = scaled(paving.color, rng.uniform(0.8, 1.08) * flat)
    lush = rng.uniform(0.75, 1.1)
    grass = scaled((72.0 + rng.uniform(0, 34), 86.0 + rng.uniform(0, 24), 42.0), lush * flat)
    ground = Ground(canvas, street, tarmac, flat)
    beyond, label = (grass, Label.TREE) if street.lawn else (paved, Label.PAVEMENT)
    ground.strip(-300, 300, beyond, label)
    for side, lot in zip((-1, 1), street.lots, strict=True):
        if lot:
            _lot(ground, rng, side)
    _pavements(ground, rng, paved, grass)
    _kerbs_and_road(ground, rng)
    _repairs(ground, rng)
    draw_markings(ground, rng)
    if street.median:
        _median(ground, rng, paved, grass)
    for near, far in street.islands:
        _island(ground, near, far, paved)
    finish(canvas, rng, street, (road, paving), cast, feet)


def _lot(ground: Ground, rng: np.random.Generator, side: int) -> None:
    """The tarmac of a car park behind the pavement, with the lines of its bays."""
    front = ground.street.front(side)
    ground.strip(front, side * 90, scaled(ground.tarmac, rng.uniform(0.8, 1.15)), Label.ROAD)
    for line in np.arange(rng.uniform(2, 5), 40, rng.uniform(5, 11)):
        s, deep = front + side * line, rng.uniform(4.2, 5)
        for z in np.arange(6, 70, 2.6):
            low, high = sorted((s, s + side * deep))
            ground.patch(low, high, z, z + 0.1)


def _pavements(ground: Ground, rng: np.random.Generator, paved: Color, grass: Color) -> None:
    """Pavements with their repairs and drives, verges, and the corners of side roads."""
    street = ground.street
    for side, near, far in street.crossings:
        kerb, bare = street.kerb(side), street.pavement(side) <= 0
        color, label = (grass, Label.TREE) if bare else (paved, Label.PAVEMENT)
        ground.area(side * 90, kerb, near - 2, far + 2, color, label, 0 if bare else KERB)
    for side in (-1, 1):
        kerb, front, width = street.kerb(side), street.front(side), street.pavement(side)
        if width <= 0:
            ground.strip(kerb - side * 0.2, front, grass, Label.TREE)
            continue
        ground.strip(kerb, front, paved, Label.PAVEMENT, KERB)
        for _ in range(rng.integers(0, 6)):  # mended, or a drive to a garage
            tone = scaled(paved, rng.uniform(0.75, 1.15))
            z, s = rng.uniform(3, 40), kerb + side * rng.uniform(0, 0.6) * width
            long, wide = rng.uniform(0.6, 6), rng.uniform(0.3, 1) * abs(front - s)
            ground.area(s, s + side * wide, z, z + long, tone, Label.PAVEMENT, KERB)
        if rng.random() < 0.2:  # another stone along the fronts
            tone = scaled(_PAVINGS[rng.integers(len(_PAVINGS))].color, ground.flat)
            ground.strip(front - side * 0.35 * width, front, tone, Label.PAVEMENT, KERB)
        if street.verge(side):
            ground.strip(kerb, kerb + side * street.verge(side), grass, Label.TREE, KERB)


def _kerbs_and_road(ground: Ground, rng: np.random.Generator) -> None:
    street, flat = ground.street, ground.flat
    stone = scaled(_KERBS[rng.integers(len(_KERBS))], flat * rng.uniform(0.75, 0.95))
    double, channel = rng.random() < 0.25, rng.random() < 0.25
    edges = {side: 0.14 if street.pavement(side) > 0 else 0.0 for side in (-1, 1)}
    ground.strip(street.left + edges[-1], street.right - edges[1], ground.tarmac, Label.ROAD)
    for side in (-1, 1):
        kerb, inner = street.kerb(side), street.kerb(side) - side * edges[side]
        if not edges[side]:
            continue
        ground.strip(kerb, inner, stone, Label.PAVEMENT, KERB)
        if double:
            ground.strip(kerb + side * 0.13, kerb, scaled(stone, 0.84), Label.PAVEMENT, KERB)
        ground.face(inner, scaled(stone, rng.uniform(0.55, 0.8)), Label.PAVEMENT)
        if channel:  # a row of setts in the gutter
            ground.strip(inner - side * 0.24, inner, scaled(stone, 0.72), Label.ROAD)
        if street.zebra is not None:
            z, slope = street.zebra, inner + side * 0.02
            ground.area(inner, slope, z, z + 2.8, scaled(stone, 0.9), Label.PAVEMENT, KERB * 0.6)
            ground.area(inner, inner, z, z + 2.8, scaled(stone, 0.7), Label.PAVEMENT)
            buff = scaled(((176, 152, 104), (156, 74, 62), (150, 148, 144))[rng.integers(3)], flat)
            wide = min(1.2, street.pavement(side) + street.verge(side))
            ground.area(kerb, kerb + side * wide, z, z + 2.8, buff, Label.PAVEMENT, KERB)
    for side, near, far in street.crossings:
        kerb = street.kerb(side) - side * 0.2
        ground.area(side * 90, kerb, near, far, ground.tarmac, Label.ROAD)


def _median(ground: Ground, rng: np.random.Generator, paved: Color, grass: Color) -> None:
    street = ground.street
    low, high = (street.middle + half * street.median for half in (-0.5, 0.5))
    green = street.median > 1.2 and rng.random() < 0.6
    color, label = (grass, Label.TREE) if green else (paved, Label.PAVEMENT)
    stone = scaled((150.0, 148.0, 142.0), ground.flat * 0.85)
    ground.strip(low, high, stone, Label.PAVEMENT, KERB)
    ground.strip(low + 0.14, high - 0.14, color, label, KERB)
    ground.face(low, scaled(stone, 0.65), Label.PAVEMENT)


def _island(ground: Ground, near: float, far: float, paved: Color) -> None:
    """A traffic island with a kerb, narrower at its nose."""
    low, high = (ground.street.middle + half * ISLAND for half in (-0.5, 0.5))
    stone = scaled((168.0, 166.0, 160.0), ground.flat * 0.9)
    ground.area(low, high, near, far, scaled(stone, 0.6), Label.PAVEMENT)
    ground.area(low, high, near, far, stone, Label.PAVEMENT, KERB)
    ground.area(low + 0.15, high - 0.15, near + 0.15, far - 0.15, paved, Label.PAVEMENT, KERB)
    front = [(low, 0, near), (high, 0, near), (high, KERB, near), (low, KERB, near)]
    ground.fill([np.array(front, np.float64)], scaled(stone, 0.7), Label.PAVEMENT)


def _repairs(ground: Ground, rng: np.random.Generator) -> None:
    """Patches, trenches, seams, cracks and covers of the tarmac."""
    street, tarmac = ground.street, ground.tarmac
    strong = rng.choice([0.06, 0.14, 0.28])
    for _ in range(rng.integers(1, 7)):
        s, z = rng.uniform(street.left + 0.5, street.right - 1.5), rng.uniform(2.5, 40)
        tone = scaled(tarmac, 1 + rng.uniform(-1.3, 0.7) * strong)
        wide, long = ((0.5, 9), (0.9, 2), (1.6, 5), (3.2, 0.6))[rng.integers(4)]
        far = z + long * rng.uniform(0.4, 2)
        wide = min(wide * rng.uniform(0.7, 1.4), street.right - 0.2 - s)
        ground.area(s, s + wide, z, far, tone, Label.ROAD)
    if rng.random() < 0.35:  # from here the road has another surface
        z = rng.uniform(8, 45)
        tone = scaled(tarmac, rng.uniform(0.75, 1.25))
        ground.area(street.left + 0.15, street.right - 0.15, z, z + 60, tone, Label.ROAD)
    dark = scaled(tarmac, 0.72)
    for s in np.arange(-street.lane / 2, street.right - 1, street.lane):
        if rng.random() < 0.3 and s > street.left + 0.5:
            ground.strip(s - 0.02, s + 0.02, dark, Label.ROAD)
    if rng.random() < 0.35:
        ground.fill([_crack(rng, street) for _ in range(rng.integers(2, 9))], dark, Label.ROAD)
    for _ in range(rng.integers(0, 4)):
        s, z = rng.uniform(street.left + 0.6, street.right - 0.6), rng.uniform(4, 26)
        square = rng.random() < 0.4
        for radius, tone in ((0.34, rng.uniform(0.5, 0.8)), (0.28, rng.uniform(0.6, 1.0))):
            outline = ring(radius * 1.3, 4) if square else ring(radius)
            ground.flat_shapes([outline], s, z, (1, 1), scaled(tarmac, tone))


def _crack(rng: np.random.Generator, street: Street) -> Floats:
    """A jagged line of tar as an outline on the ground."""
    steps = int(rng.integers(6, 20))
    turn = rng.normal(0, 0.9)
    path = np.cumsum(rng.normal((np.sin(turn), np.cos(turn)), 0.5, (steps, 2)), axis=0) * 0.4
    path += (rng.uniform(street.left + 1, street.right - 1), rng.uniform(3, 25))
    path[:, 0] = np.clip(path[:, 0], street.left + 0.3, street.right - 0.3)
    outline = np.concatenate([path, moved(path[::-1], rng.uniform(0.015, 0.06), 0.02)])
    return np.insert(np.maximum(outline, (-99, 1.5)), 1, 0.0, axis=1)
