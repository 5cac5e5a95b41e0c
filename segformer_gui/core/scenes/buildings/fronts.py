"""Fronts of buildings of all kinds as flat textures: windows, doors and what dresses them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.buildings.elevation import (
    Elevation,
    Glass,
    random_color,
    random_name,
)
from segformer_gui.core.scenes.buildings.modern import (
    paint_car_park,
    paint_curtain,
    paint_flats,
    paint_office,
    paint_shed,
    paint_supermarket,
)
from segformer_gui.core.scenes.buildings.shopfronts import paint_shops, random_paint
from segformer_gui.core.scenes.buildings.walls import grow_ivy, wall_texture
from segformer_gui.core.scenes.canvas import Color, Image, scaled

STOREY = {  # metres
    "house": 2.95, "shop": 3.1, "office": 3.4, "curtain": 3.6, "flats": 2.9, "car park": 2.9,
    "shed": 6.0, "station": 3.4, "supermarket": 4.6, "college": 3.6, "church": 7.5, "blank": 3.0,
}  # fmt: skip


def front_texture(
    rng: np.random.Generator,
    kind: str,
    storeys: int,
    wall: Color,
    size: tuple[float, float],
    density: float,
    glass: Glass,
) -> Image:
    """A front (h, w, 4) of `size` (width, height) metres at `density` pixels a metre, unlit."""
    width, height = size
    bare = wall_texture(rng, width, height, density, wall, kind)
    elevation = Elevation(bare, density, glass)
    if kind == "office":
        paint_office(rng, elevation, storeys, size)
    elif kind == "curtain":
        paint_curtain(rng, elevation, storeys, size)
    elif kind == "flats":
        paint_flats(rng, elevation, storeys, size)
    elif kind == "car park":
        paint_car_park(rng, elevation, storeys, size)
    elif kind == "shed":
        paint_shed(rng, elevation, size)
    elif kind in ("supermarket", "station"):
        paint_supermarket(rng, elevation, size)
    elif kind in ("church", "college"):
        _gothic(rng, elevation, kind, storeys, size, wall)
    elif kind in ("house", "shop"):
        _house(rng, elevation, kind, storeys, size, wall)
    if kind in ("house", "college", "church", "blank") and rng.random() < 0.1:
        grow_ivy(rng, elevation.pixels)
    return elevation.pixels


def _house(
    rng: np.random.Generator,
    elevation: Elevation,
    kind: str,
    storeys: int,
    size: tuple[float, float],
    wall: Color,
) -> None:
    width, _ = size
    stone = scaled(wall, rng.uniform(0.7, 1.35)) if rng.random() < 0.6 else (200, 196, 184)
    storey, first = STOREY[kind], 1 if kind == "shop" else 0
    _dress(rng, elevation, size, stone, storey)
    if rng.random() < 0.07 and storeys > first:
        _timber(rng, elevation, size, storey)
    style = _random_openings(rng, width, stone)
    for floor in range(first, storeys):
        _open_floor(rng, elevation, style, floor, storey, floor > first)
    if kind == "house" and rng.random() < 0.12 and width > 5:
        elevation.box(0.5, 0, 2.6, 2.2, random_paint(rng))  # a garage
    if kind == "shop":
        paint_shops(rng, elevation, width, rng.uniform(2.9, 3.6))
    _hang_on(rng, elevation, size, storeys, storey)


@dataclass(frozen=True)
class _Openings:
    """Doors and windows of a house, in `bays` bays of `bay` metres."""

    bays: int
    bay: float
    size: tuple[float, float]
    frame: Color
    bars: tuple[int, int]
    stone: Color
    paint: Color
    door: int
    arched: bool


def _random_openings(rng: np.random.Generator, width: float, stone: Color) -> _Openings:
    bays = max(1, int(width / rng.uniform(1.9, 3.4)))
    bay = width / bays
    return _Openings(
        bays,
        bay,
        (min(bay * 0.6, rng.uniform(0.85, 1.7)), rng.uniform(1.2, 1.9)),
        (206, 204, 198) if rng.random() < 0.7 else (58, 54, 50),
        ((2, 2), (2, 3), (1, 2), (3, 4), (1, 1))[rng.integers(5)],
        stone,
        random_paint(rng),
        int(rng.integers(3)) % bays,
        bool(rng.random() < 0.15),
    )


def _open_floor(
    rng: np.random.Generator,
    elevation: Elevation,
    style: _Openings,
    floor: int,
    storey: float,
    repeated: bool,
) -> None:
    """Windows of one floor, and doors on the ground; `repeated` copies what it can, for speed."""
    (wide, high), y = style.size, floor * storey + 0.85
    margin, w, h = 0.12, wide + 0.24, high + 0.45
    for i in range(style.bays):
        x = (i + 0.5) * style.bay - wide / 2
        if floor == 0 and i % 3 == style.door:
            if rng.random() < 0.12:  # a gateway
                elevation.arch(x - 0.3, 0, wide + 0.6, 2.7, (18, 17, 17), False)
            else:
                elevation.door(rng, x, style.paint)
        elif i > 3 and repeated:
            like = (int(rng.integers(3)) + 0.5) * style.bay - wide / 2
            elevation.copy((like - margin, y - 0.2), x - margin, y - 0.2, w, h)
        else:
            if style.arched:
                elevation.arch(x - 0.1, y, wide + 0.2, high + 0.45, style.stone, False)
            elevation.window(rng, x, y, wide, high, style.frame, style.bars, style.stone)


def _hang_on(
    rng: np.random.Generator,
    elevation: Elevation,
    size: tuple[float, float],
    storeys: int,
    storey: float,
) -> None:
    """Letters on the wall, pipes, a dish, the box of an air conditioner."""
    width, height = size
    if rng.random() < 0.08 and storeys > 1:
        elevation.text(random_name(rng), 0.4, 3.7, 0.4, random_color(rng))
    for _ in range(rng.integers(0, 3)):
        pipe = scaled((70, 70, 72), rng.uniform(0.4, 2))
        elevation.box(rng.uniform(0, width), 0, 0.1, height, pipe)
    if rng.random() < 0.2 and storeys > 1:
        elevation.ellipse(rng.uniform(0.5, width), height - 0.9, 0.28, 0.3, (176, 176, 174))
        elevation.box(rng.uniform(0, width), storey + 0.1, 0.8, 0.6, (206, 206, 202))


def _dress(
    rng: np.random.Generator,
    elevation: Elevation,
    size: tuple[float, float],
    stone: Color,
    storey: float,
) -> None:
    """String courses, quoins, a plinth, a painted ground floor, the cornice."""
    width, height = size
    if rng.random() < 0.2:
        elevation.box(0, 0, width, storey, random_color(rng) if rng.random() < 0.3 else stone)
        for y in np.arange(0.4, storey, 0.45):
            elevation.box(0, y, width, 0.03, scaled(stone, 0.7))
    if rng.random() < 0.4:
        for y in np.arange(storey, height - 1, storey):
            elevation.box(0, y - 0.1, width, 0.2, stone)
    if rng.random() < 0.25:
        for i, y in enumerate(np.arange(0, height - 0.3, 0.3)):
            w = 0.45 if i % 2 else 0.28
            elevation.box(0, y, w, 0.28, stone)
            elevation.box(width - w, y, w, 0.28, stone)
    if rng.random() < 0.3:
        elevation.box(0, 0, width, rng.uniform(0.3, 0.8), scaled(stone, 0.5))
    elevation.box(0, height - 0.3, width, 0.3, scaled(stone, rng.uniform(0.6, 1)))
    elevation.box(0, height - 0.12, width, 0.12, scaled((70, 68, 66), rng.uniform(0.5, 3)))


def _timber(
    rng: np.random.Generator, elevation: Elevation, size: tuple[float, float], storey: float
) -> None:
    """Dark beams on light plaster above the ground floor."""
    width, height = size
    beam = scaled((58, 46, 38), rng.uniform(0.5, 1.3))
    elevation.box(0, storey, width, height - storey, scaled((226, 220, 204), rng.uniform(0.8, 1)))
    for x in np.arange(0, width, rng.uniform(0.7, 1.3)):
        elevation.box(x, storey, 0.16, height - storey, beam)
        if rng.random() < 0.4:
            foot = (x + 0.1, storey + 0.1)
            top = (x + 1.0, height - 0.4)
            elevation.polygon([foot, (foot[0] + 0.2, foot[1]), (top[0] + 0.2, top[1]), top], beam)
    for y in np.arange(storey, height, storey / 2):
        elevation.box(0, y, width, 0.18, beam)


def _gothic(
    rng: np.random.Generator,
    elevation: Elevation,
    kind: str,
    storeys: int,
    size: tuple[float, float],
    wall: Color,
) -> None:
    """Pointed or square windows between buttresses, a string course, a gateway."""
    width, height = size
    bays = max(1, int(width / rng.uniform(2.6, 4)))
    bay, stone = width / bays, scaled(wall, rng.uniform(0.85, 1.25))
    church = kind == "church"
    pointed = church or rng.random() < 0.4
    rows = 1 if church else storeys
    storey = (height - 0.6) / rows
    for floor in range(rows):
        elevation.box(0, floor * storey, width, 0.22, scaled(stone, 0.8))
        for i in range(bays):
            w = bay * rng.uniform(0.36, 0.4)
            h, x, y = storey * 0.62, i * bay + bay * 0.3, floor * storey + storey * 0.2
            elevation.arch(x - 0.16, y - 0.16, w + 0.32, h + 0.32, stone, pointed)
            tone = elevation.panes.tone * rng.uniform(0.4, 0.9)
            elevation.arch(x, y, w, h, (tone, tone, tone * 1.1), pointed)
            for share in (0.33, 0.66):
                elevation.box(x + w * share - 0.04, y, 0.08, h * 0.7, stone)
    for i in range(bays + 1):
        elevation.box(i * bay - 0.25, 0, 0.5, height * 0.85, scaled(stone, 0.9))
        elevation.box(i * bay + 0.2, 0, 0.1, height * 0.85, scaled(stone, 0.6))
    if rng.random() < 0.5:
        gate = float(rng.integers(bays)) * bay + 0.2
        elevation.arch(gate, 0, bay * 0.85, 3.4, scaled(stone, 1.1), pointed)
        elevation.arch(gate + 0.3, 0, bay * 0.85 - 0.6, 3.1, (20, 18, 18), pointed)
    elevation.box(0, height - 0.4, width, 0.25, scaled(stone, 1.1))
