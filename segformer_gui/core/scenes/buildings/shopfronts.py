"""Shops at street level: glass and what is behind and mirrored in it, fascias, shutters."""

from __future__ import annotations

import numpy as np

from segformer_gui.core.scenes.buildings.elevation import Elevation, random_color, random_name
from segformer_gui.core.scenes.canvas import Color, scaled

_PAINTS: tuple[Color, ...] = (
    (34, 52, 44), (110, 34, 34), (30, 40, 70), (48, 46, 46), (142, 132, 110), (24, 70, 66),
    (150, 96, 34), (92, 40, 72), (18, 18, 20), (232, 230, 224), (196, 30, 34), (240, 200, 40),
    (28, 90, 170), (60, 130, 70), (226, 120, 30),
)  # fmt: skip


def random_paint(rng: np.random.Generator) -> Color:
    """The colour of a shop front or a door."""
    return scaled(_PAINTS[rng.integers(len(_PAINTS))], rng.uniform(0.75, 1.1))


def paint_shops(
    rng: np.random.Generator, elevation: Elevation, width: float, height: float = 3.15
) -> None:
    """Fill the lowest `height` metres of a front with one shop or more."""
    shops = max(1, round(width / rng.uniform(4.2, 9)))
    each = width / shops
    for i in range(shops):
        _shop(rng, elevation, i * each, each, height)


def _shop(
    rng: np.random.Generator, elevation: Elevation, x: float, width: float, height: float
) -> None:
    paint = random_paint(rng)
    fascia = rng.uniform(0.35, 0.9)
    top = height - fascia
    riser = float(rng.choice([0.05, 0.3, 0.6]))
    elevation.box(x, 0, width, height, paint)
    elevation.box(x + 0.2, 0.05, width - 0.4, riser, scaled(paint, rng.uniform(0.5, 1.2)))
    left, right = x + 0.25, x + width - 0.25
    if rng.random() < 0.12:
        _shutter(rng, elevation, left, right - left, top)
    else:
        _glazing(rng, elevation, left, right, riser + 0.05, top)
    _fascia(rng, elevation, x, width, top, fascia, paint)
    for edge in (x, x + width - 0.2):  # pilasters
        elevation.box(edge, 0, 0.2, height, scaled(paint, rng.uniform(0.6, 1.2)))


def _glazing(
    rng: np.random.Generator,
    elevation: Elevation,
    left: float,
    right: float,
    low: float,
    top: float,
) -> None:
    frame = (
        random_paint(rng) if rng.random() < 0.4 else scaled((200, 202, 204), rng.uniform(0.2, 1))
    )
    elevation.box(left, low, right - left, top - low, frame)
    panes = max(1, round((right - left) / rng.uniform(1.0, 2.8)))
    step = (right - left) / panes
    door = int(rng.integers(panes)) if rng.random() < 0.85 else -1
    inside = rng.uniform(8, 70)
    warm = rng.random() < 0.4
    for pane in range(panes):
        x, w, y = left + pane * step + 0.04, step - 0.08, low
        if pane == door:
            y = 0.1
        tone = inside * rng.uniform(0.6, 1.4)
        elevation.box(x, y, w, top - y - 0.05, (tone, tone * 0.98, tone * (0.85 if warm else 1.05)))
        if rng.random() < 0.6:
            _display(rng, elevation, x, y, w, top)
        if rng.random() < 0.25:
            elevation.person(rng, x + w * rng.uniform(0.2, 0.8), rng.uniform(0, 0.4))
        if rng.random() < 0.65:
            elevation.reflect(rng, x, y, w, top - y - 0.05)
        if rng.random() < 0.25:
            h = min(rng.uniform(0.5, 1.5), top - y - 0.3)
            elevation.poster(rng, x + 0.1, y + 0.25, min(w - 0.2, h * 0.75), h)
        if rng.random() < 0.06:  # neon
            neon = scaled(random_color(rng), 2)
            elevation.text(random_name(rng)[: max(1, int(w / 0.3))], x + 0.1, 1.7, 0.25, neon)
        if pane == door:
            elevation.box(x, y, 0.07, top - y - 0.5, frame)
            elevation.box(x + min(w, 1.1), y, 0.07, top - y, frame)
            elevation.box(x, y + 2.05, w, 0.08, frame)
            if rng.random() < 0.4:  # set back in shadow, or open
                elevation.box(x + 0.1, 0.05, min(w, 1.1) - 0.1, 2.0, (14, 14, 15))


def _display(
    rng: np.random.Generator, elevation: Elevation, x: float, y: float, w: float, top: float
) -> None:
    """Goods, shelves and lamps behind the pane."""
    for _ in range(rng.integers(2, 7)):
        size = rng.uniform(0.15, 0.6)
        spot = x + rng.uniform(0, max(w - size, 0.05))
        low = y + rng.uniform(0, 0.9)
        elevation.box(spot, low, size, min(rng.uniform(0.1, 0.9), top - low), random_color(rng))
    if rng.random() < 0.5:
        glow = rng.uniform(170, 255)
        for spot in np.arange(x + 0.2, x + w - 0.1, 0.5):
            elevation.ellipse(spot, top - 0.35, 0.06, 0.05, (glow, glow * 0.95, glow * 0.75))


def _shutter(
    rng: np.random.Generator, elevation: Elevation, x: float, w: float, top: float
) -> None:
    color = (
        random_color(rng) if rng.random() < 0.3 else scaled((150, 152, 156), rng.uniform(0.5, 1.2))
    )
    elevation.box(x, 0.05, w, top - 0.1, color)
    for y in np.arange(0.1, top - 0.1, 0.16):
        elevation.box(x, y, w, 0.05, scaled(color, 0.8))
    if rng.random() < 0.5:  # graffiti
        words, size = random_name(rng), rng.uniform(0.4, 0.9)
        words = words[: max(1, int(w / size))]
        elevation.text(words, x + 0.2, rng.uniform(0.4, 1), size, random_color(rng))


def _fascia(
    rng: np.random.Generator,
    elevation: Elevation,
    x: float,
    width: float,
    y: float,
    height: float,
    paint: Color,
) -> None:
    board = paint if rng.random() < 0.5 else random_paint(rng)
    elevation.box(x, y, width, height, board)
    ink: Color = (244, 240, 228) if sum(board) < 380 else scaled(random_color(rng), 0.5)
    if rng.random() < 0.3:
        ink = random_color(rng)
    size = min(height * rng.uniform(0.4, 0.85), 0.7)
    words = random_name(rng)
    room = width - 0.5
    if rng.random() < 0.3:
        words = f"{words} {random_name(rng)}"
    size = min(size, max(room / len(words), 0.12))
    words = words[: max(1, int(room / size))]
    left = x + 0.25 + rng.choice([0, 0.5]) * max(room - size * len(words), 0)
    elevation.text(words, left, y + (height - size) / 2, size, ink)
    elevation.box(x, y + height - 0.07, width, 0.07, scaled(board, 0.5))
    elevation.box(x, y - 0.05, width, 0.05, scaled(board, 1.3))
