"""Fronts of newer buildings: offices, curtain walls, flats, car parks, sheds, supermarkets."""

from __future__ import annotations

import cv2
import numpy as np

from segformer_gui.core.scenes.buildings.elevation import Elevation, random_color, random_name
from segformer_gui.core.scenes.buildings.shopfronts import paint_shops
from segformer_gui.core.scenes.canvas import Color, clouds, scaled

Size = tuple[float, float]


def paint_office(rng: np.random.Generator, wall: Elevation, storeys: int, size: Size) -> None:
    """Windows in rows or in bands, perhaps shops or columns below."""
    width, height = size
    frame: Color = (206, 204, 198) if rng.random() < 0.5 else (58, 54, 50)
    bays = max(1, int(width / rng.uniform(1.3, 2.4)))
    bay = width / bays
    gap, band = float(rng.choice([0.1, 0.45, 0.8])), rng.uniform(1.5, 2.5)
    spandrel = scaled((120, 118, 114), rng.uniform(0.3, 1.9))
    floor_height = (height - 0.5) / storeys
    for floor in range(storeys):
        y = floor * floor_height + 0.9
        if gap < 0.2:
            wall.box(0, y - 0.2, width, band + 0.4, spandrel)
        for i in range(bays):
            x = i * bay + gap / 2
            if i > 3:
                wall.copy((int(rng.integers(3)) * bay, y), i * bay, y, bay, band)
                continue
            wall.box(x, y, bay - gap, band, frame)
            wall.glass(rng, x + 0.06, y + 0.06, bay - gap - 0.12, band - 0.12)
            if rng.random() < 0.7:
                wall.box(x, y + band * 0.28, bay - gap, 0.06, frame)
    wall.box(0, height - 0.35, width, 0.35, scaled((150, 150, 152), rng.uniform(0.3, 1.5)))
    ground = rng.random()
    if ground < 0.35:
        paint_shops(rng, wall, width, min(floor_height, 3.6))
    elif ground < 0.55:
        _columns(rng, wall, width, floor_height)


def _columns(rng: np.random.Generator, wall: Elevation, width: float, height: float) -> None:
    """An open ground floor behind columns or arches."""
    arches = rng.random() < 0.4
    dark = rng.uniform(14, 60)
    shaft = scaled((190, 186, 178), rng.uniform(0.5, 1.2))
    wall.box(0, 0, width, height, shaft if arches else (dark, dark, dark * 1.05))
    bay = width / max(1, round(width / rng.uniform(2.5, 4)))
    for x in np.arange(0, width - 0.1, bay):
        if arches:
            wall.arch(x + 0.3, 0, bay - 0.6, height - 0.3, (dark, dark, dark), False)
        else:
            wall.reflect(rng, x + 0.4, 0.1, bay * 0.8, height - 0.6)
            wall.box(x, 0, 0.35, height, shaft)


def paint_curtain(rng: np.random.Generator, wall: Elevation, storeys: int, size: Size) -> None:
    """A curtain wall: glass from end to end that mirrors sky, clouds and what is opposite."""
    width, height = size
    part = wall.region(0, 0, width, height)
    rows, columns = part.shape[:2]
    low, high = rng.uniform(20, 110), rng.uniform(110, 245)
    field = cv2.resize(clouds(rng, 96, 96, 3), (columns, rows))
    ramp = np.linspace(high, low, rows, dtype=np.float32)[:, None]
    tone = ramp * (1 + rng.uniform(0.1, 0.5) * field)
    skyline = rng.uniform(0, 0.8) * rows  # roofs opposite, upside up in the mirror
    edge = skyline + np.repeat(rng.uniform(-0.15, 0.15, columns // 40 + 1) * rows, 40)[:columns]
    tone[np.arange(rows)[:, None] > rows - edge[None]] *= rng.uniform(0.25, 0.7)
    tint = (rng.uniform(0.75, 1), rng.uniform(0.88, 1.02), rng.uniform(0.95, 1.15))
    part[..., :3] = np.clip(tone[..., None] * tint, 0, 255).astype(np.uint8)
    frame = scaled((200, 204, 208), rng.uniform(0.15, 1.1))
    bay, floor = rng.uniform(0.9, 1.8), (height - 0.5) / storeys
    for i in range(int(width / bay) + 1):
        wall.box(i * bay, 0, 0.06, height, frame)
    band = rng.random() < 0.5
    for y in np.arange(floor, height + 0.1, floor):
        wall.box(0, y - 0.1, width, 0.7 if band else 0.12, frame)
    if rng.random() < 0.4:
        paint_shops(rng, wall, width, 3.4)


def paint_flats(rng: np.random.Generator, wall: Elevation, storeys: int, size: Size) -> None:
    """Wide plain windows, coloured or clad panels, garages or an entry below."""
    width, height = size
    floor = (height - 0.5) / storeys
    panel = random_color(rng) if rng.random() < 0.5 else (134, 92, 60)
    bays = max(1, int(width / rng.uniform(2.6, 4)))
    bay = width / bays
    frame = scaled((230, 230, 228), float(rng.choice([0.25, 1.0])))
    clad = rng.random() < 0.5
    for i in range(bays):
        if clad and rng.random() < 0.5:
            wall.box(i * bay, 0, bay, height, panel)
            for y in np.arange(0, height, 0.2):
                wall.box(i * bay, y, bay, 0.03, scaled(panel, 0.75))
    for level in range(storeys):
        for i in range(bays):
            x, y = i * bay, level * floor
            if level == 0 and rng.random() < 0.3:
                _garage(rng, wall, x + 0.2, bay - 0.4)
            elif rng.random() < 0.5:
                wall.box(x + 0.4, y + 0.1, bay - 0.8, 2.2, frame)
                wall.glass(rng, x + 0.48, y + 0.15, bay - 0.96, 2.05)
            else:
                wall.window(rng, x + bay * 0.2, y + 0.9, bay * 0.6, 1.3, frame, (2, 1), panel)


def _garage(rng: np.random.Generator, wall: Elevation, x: float, w: float) -> None:
    color = random_color(rng) if rng.random() < 0.4 else (206, 206, 204)
    wall.box(x, 0, w, 2.2, scaled(color, 0.5))
    wall.box(x + 0.06, 0, w - 0.12, 2.14, color)
    for y in np.arange(0.4, 2.1, 0.45):
        wall.box(x + 0.06, y, w - 0.12, 0.04, scaled(color, 0.7))


def paint_car_park(rng: np.random.Generator, wall: Elevation, storeys: int, size: Size) -> None:
    """Bands of concrete and dark open floors, in which cars stand: all of it the building's."""
    width, height = size
    floor = height / storeys
    for level in range(storeys):
        y = level * floor
        dark = rng.uniform(10, 46)
        wall.box(0, y + 1.1, width, floor - 1.35, (dark, dark, dark))
        for x in np.arange(rng.uniform(0, 2), width, rng.uniform(2.4, 5)):
            if rng.random() < 0.6:
                wall.box(x, y + 1.1, 1.8, 0.3, scaled(random_color(rng), 0.6))
        for x in np.arange(rng.uniform(0, 3), width, 5.0):
            wall.box(x, y, 0.4, floor, scaled((150, 146, 140), 0.8))
            wall.box(x + 1, y + floor - 0.45, 1.4, 0.08, (236, 236, 220))


def paint_shed(rng: np.random.Generator, wall: Elevation, size: Size) -> None:
    """A warehouse of corrugated sheet with a gate and the owner's name."""
    width, height = size
    color = (
        random_color(rng) if rng.random() < 0.5 else scaled((190, 194, 198), rng.uniform(0.5, 1.2))
    )
    wall.box(0, 0, width, height, color)
    for x in np.arange(0, width, 0.3):
        wall.box(x, 0, 0.12, height, scaled(color, 0.86))
    if rng.random() < 0.6:
        wall.box(0, 0, width, rng.uniform(0.8, 2.4), scaled((140, 96, 76), rng.uniform(0.6, 1.2)))
    for x in np.arange(rng.uniform(0.5, 4), width - 3.4, rng.uniform(5, 11)):
        _garage(rng, wall, x, 3.2)
    _big_name(rng, wall, width, height)


def paint_supermarket(rng: np.random.Generator, wall: Elevation, size: Size) -> None:
    """Long low glass under a bright band with the name in large letters."""
    width, height = size
    band = rng.uniform(1.0, 1.8)
    if rng.random() < 0.7:
        paint_shops(rng, wall, width, height - band)
    else:
        wall.box(width * 0.3, 0, width * 0.4, height - band, (24, 26, 28))
        wall.reflect(rng, width * 0.3, 0, width * 0.4, height - band)
    color = (236.0, 236.0, 234.0) if rng.random() < 0.6 else random_color(rng)
    wall.box(0, height - band, width, band, color)
    _big_name(rng, wall, width, height)


def _big_name(rng: np.random.Generator, wall: Elevation, width: float, height: float) -> None:
    words, size = random_name(rng), rng.uniform(0.5, 1.2)
    size = min(size, width * 0.8 / len(words))
    left = rng.uniform(0.2, max(width - size * len(words), 0.3))
    wall.text(words, left, height - size - 0.25, size, random_color(rng))
