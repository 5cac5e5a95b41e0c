"""Buses: single-deck, double-deck and coaches, in many liveries."""

from __future__ import annotations

import numpy as np

from segformer_gui.core.scenes.canvas import Color, scaled
from segformer_gui.core.scenes.vehicles.heavy import (
    Heavy,
    Mark,
    Solid,
    lamps,
    lettering,
    pick,
    plate,
)

_GLASS: Color = (30, 36, 40)
_RED: Color = (176, 24, 28)
_CREAM: Color = (222, 212, 176)
_WHITE: Color = (214, 216, 216)
# Body, skirt, band below the windows, top.
_LIVERIES: tuple[tuple[Color, Color, Color, Color], ...] = (
    (_RED, _RED, _RED, _RED),
    (_RED, (60, 18, 22), _CREAM, _RED),
    ((30, 112, 70), (24, 84, 56), _CREAM, (30, 112, 70)),
    ((34, 104, 172), (30, 88, 150), _CREAM, _CREAM),
    (_WHITE, (44, 60, 140), (206, 90, 40), _WHITE),
    (_WHITE, _WHITE, (40, 120, 180), _WHITE),
    (_CREAM, (34, 66, 126), (34, 66, 126), _CREAM),
    ((216, 170, 40), (40, 44, 50), (216, 170, 40), (216, 170, 40)),
    ((24, 52, 92), (22, 40, 72), (60, 140, 190), (24, 52, 92)),
    ((124, 60, 128), (90, 40, 96), (224, 222, 220), (124, 60, 128)),
    ((176, 182, 188), (120, 126, 132), (60, 66, 74), (176, 182, 188)),
)
_ADVERTS: tuple[Color, ...] = (
    (226, 190, 40), (206, 44, 50), (40, 96, 176), (232, 232, 228), (40, 150, 90), (28, 30, 36),
    (222, 110, 40), (190, 60, 130),
)  # fmt: skip
_AMBER: Color = (255, 176, 56)


def random_bus(rng: np.random.Generator) -> Heavy:
    """A bus of random kind and livery."""
    kind = str(rng.choice(["single", "double", "coach"], p=[0.45, 0.38, 0.17]))
    length = rng.uniform(9.0, 11.2)
    height = {"single": 2.95, "double": 4.3, "coach": 3.4}[kind] + rng.uniform(-0.08, 0.1)
    decks = [(1.2, 2.3)] if kind != "coach" else [(1.65, 2.75)]
    if kind == "double":
        decks.append((3.0, 3.8))
    body, skirt, band, top = _LIVERIES[rng.integers(len(_LIVERIES))]
    marks: list[Mark] = []
    for face, a, b in (("side", 0.0, length - 0.05), ("front", -1.25, 1.25), ("rear", -1.25, 1.25)):
        marks.append(Mark(face, a, b, 0.3, rng.uniform(0.55, 0.8), skirt))
        low = decks[0][0] - rng.uniform(0.2, 0.5)
        marks.append(Mark(face, a, b, low, decks[0][0] - 0.06, band))
        marks.append(Mark(face, a, b, decks[0][1] + 0.08, decks[0][1] + 0.5, top))
        marks.append(Mark(face, a, b, height - 0.12, height, scaled(top, 0.85)))
    marks += _sides(rng, length, decks, body)
    marks += _front(rng, height, decks, kind)
    marks += _rear(rng, height, decks, kind)
    solid = Solid(
        ((0.06, 0.3), (0.0, 0.8), (0.05, height - 0.3), (0.25, height)),
        ((length - 0.08, 0.3), (length, 0.9), (length - 0.14, height - 0.3),
         (length - 0.35, height)),
        1.25,
        body,
        tuple(marks),
    )  # fmt: skip
    front = length - 2.5 if kind != "coach" else length - 2.3
    return Heavy(
        length, 2.5, height, (solid,), (rng.uniform(2.3, 3.0), front), 0.48,
        rng.uniform(0.0, 0.35), rng.uniform(0.05, 0.5),
        (length - 0.05, rng.uniform(2.0, 2.4)),
    )  # fmt: skip


def _panes(
    rng: np.random.Generator, face: str, a: float, b: float, low: float, high: float, mirror: float
) -> list[Mark]:
    """A row of windows between dark pillars, some with a pane that opens or someone behind it."""
    count = max(1, round((b - a) / rng.uniform(1.1, 1.7)))
    marks = [Mark(face, a - 0.04, b + 0.04, low - 0.04, high + 0.04, (26, 28, 31))]
    wide = (b - a) / count
    opens, lamps_on = rng.random() < 0.5, rng.random() < 0.12
    for i in range(count):
        x = a + i * wide
        shine = float(np.clip(mirror + rng.normal(0, 0.07), 0.0, 0.95))
        inside = scaled((150, 142, 108) if lamps_on else _GLASS, rng.uniform(0.7, 1.7))
        marks.append(Mark(face, x + 0.03, x + wide - 0.03, low, high, inside, shine))
        if opens:
            marks.append(Mark(face, x, x + wide, high - 0.3, high - 0.26, (40, 42, 45)))
        if rng.random() < 0.4:  # a passenger or a seat
            seat = x + rng.uniform(0.15, 0.5) * wide
            tone = rng.uniform(14, 90)
            skin = (tone * 1.1, tone, tone * 0.95)
            marks.append(Mark(face, seat, seat + 0.24, low, low + 0.42 * (high - low), skin))
    return marks


def _sides(
    rng: np.random.Generator, length: float, decks: list[tuple[float, float]], body: Color
) -> list[Mark]:
    mirror = rng.uniform(0.0, 0.3) if rng.random() < 0.55 else rng.uniform(0.3, 0.75)
    marks: list[Mark] = []
    for low, high in decks:
        marks += _panes(rng, "side", 0.6, length - 0.35, low, high, mirror)
    foot = decks[0][0]
    # The door, on the kerb's side.
    marks.append(Mark("left", length - 1.75, length - 0.5, 0.35, foot + 1.15, (28, 30, 33)))
    for x in (length - 1.7, length - 1.1):
        marks.append(Mark("left", x, x + 0.54, 0.42, foot + 1.08, scaled(_GLASS, 1.2), mirror))
    advert, ink = pick(rng, _ADVERTS), pick(rng, _ADVERTS)
    if len(decks) == 2 and rng.random() < 0.75:
        start, wide = rng.uniform(1.2, 2.2), rng.uniform(4.0, 6.0)
        marks.append(Mark("side", start, start + wide, 2.38, 2.92, advert))
        marks += lettering(rng, "side", start + 0.4, 2.47, 0.34, int(wide / 0.27) - 3, ink)
    elif rng.random() < 0.6:
        color = _WHITE if sum(body) < 380 else (40, 50, 110)
        marks += lettering(rng, "side", rng.uniform(3.2, 4.0), foot - 0.42, 0.28, 11, color)
    for x in np.arange(0.9, length - 2, rng.uniform(1.2, 1.9)):  # panels of the skirt
        marks.append(Mark("side", x, x + 0.025, 0.32, foot - 0.15, scaled(body, 0.6)))
    return marks


def _front(
    rng: np.random.Generator, height: float, decks: list[tuple[float, float]], kind: str
) -> list[Mark]:
    mirror = rng.uniform(0.0, 0.35) if rng.random() < 0.5 else rng.uniform(0.35, 0.8)
    low, high = decks[0][0] - 0.2, decks[0][1] + 0.1
    marks = [Mark("front", -1.18, 1.18, low - 0.04, high + 0.04, (24, 26, 29))]
    for a, b in ((-1.13, -0.02), (0.02, 1.13)):
        marks.append(Mark("front", a, b, low, high, scaled(_GLASS, 1.1), mirror))
    marks.append(Mark("front", 0.3, 0.62, low + 0.05, low + 0.5, (22, 22, 24)))  # the driver
    if kind == "double":
        for a, b in ((-1.13, -0.02), (0.02, 1.13)):
            marks.append(Mark("front", a, b, *decks[1], scaled(_GLASS, 1.1), mirror))
    sign = min(high + 0.08, height - 0.4)
    marks.append(Mark("front", -0.95, 0.95, sign, sign + 0.36, (14, 14, 15)))
    color = _AMBER if rng.random() < 0.75 else (236, 236, 224)
    marks += lettering(rng, "front", -0.85, sign + 0.08, 0.2, 2, color, glows=True)
    marks += lettering(rng, "front", -0.35, sign + 0.08, 0.2, 7, color, glows=True)
    lit = rng.random() < 0.4
    lamp: Color = (255, 253, 240) if lit else (186, 190, 192)
    marks += lamps("front", 1.18, 0.6, 0.78, 0.82, (60, 62, 64))
    marks += lamps("front", 1.1, 0.62, 0.76, 0.9, lamp)
    marks.append(Mark("front", -1.25, 1.25, 0.3, 0.42, (40, 41, 44)))
    return marks + plate("front", 0.46, (214, 214, 208))


def _rear(
    rng: np.random.Generator, height: float, decks: list[tuple[float, float]], kind: str
) -> list[Mark]:
    mirror = rng.uniform(0.0, 0.5)
    marks: list[Mark] = []
    if kind == "double":
        marks.append(Mark("rear", -1.1, 1.1, *decks[1], _GLASS, mirror))
        if rng.random() < 0.7:
            marks.append(Mark("rear", -1.05, 1.05, 1.25, 2.8, pick(rng, _ADVERTS)))
            marks += lettering(rng, "rear", -0.8, 2.2, 0.34, 6, pick(rng, _ADVERTS))
            marks += lettering(rng, "rear", -0.8, 1.7, 0.2, 10, pick(rng, _ADVERTS))
    else:
        low = decks[0][0] + rng.uniform(0.2, 0.45)
        marks.append(Mark("rear", -1.08, 1.08, low - 0.05, height - 0.42, (24, 26, 29)))
        marks.append(Mark("rear", -1.03, 1.03, low, height - 0.46, _GLASS, mirror))
        if rng.random() < 0.6:
            color = (30.0, 34.0, 60.0) if rng.random() < 0.5 else _CREAM
            marks += lettering(rng, "rear", -0.85, low - 0.36, 0.24, 9, color)
    slats = rng.uniform(0.6, 0.8)
    marks.append(Mark("rear", -slats, slats, 0.62, 1.12, (34, 35, 37)))
    for y in np.arange(0.66, 1.1, 0.1):
        marks.append(Mark("rear", -slats + 0.03, slats - 0.03, y, y + 0.04, (70, 72, 74)))
    lit = rng.random() < 0.5
    red: Color = (252, 54, 40) if lit else (132, 24, 24)
    high = rng.uniform(1.0, 1.35)
    marks += lamps("rear", 1.2, 0.62, high, 1.04, red)
    marks += lamps("rear", 1.2, high + 0.03, high + 0.15, 1.04, (206, 120, 40))
    marks += lamps("rear", 1.2, 0.5, 0.58, 1.04, (196, 196, 190))
    marks.append(Mark("rear", -1.25, 1.25, 0.3, 0.42, (36, 37, 40)))
    return marks + plate("rear", 0.45, (206, 176, 44))
