"""Lorries: a cab before a box, curtains, a tipper's body, a skip or a flat bed."""

from __future__ import annotations

import numpy as np

from segformer_gui.core.scenes.canvas import Color, scaled
from segformer_gui.core.scenes.vehicles.heavy import (
    Heavy,
    Mark,
    Solid,
    box,
    lamps,
    lettering,
    pick,
    plate,
)

_GLASS: Color = (30, 36, 40)
_CABS: tuple[Color, ...] = (
    (206, 208, 208), (190, 28, 30), (30, 78, 150), (214, 176, 30), (34, 100, 62), (44, 46, 52),
    (206, 104, 30), (150, 156, 162), (24, 44, 84),
)  # fmt: skip
_BOXES: tuple[Color, ...] = (
    (212, 214, 214), (206, 208, 206), (190, 192, 192), (176, 34, 34), (34, 88, 160), (36, 112, 70),
    (224, 186, 40), (50, 54, 62), (208, 196, 170), (120, 160, 196),
)  # fmt: skip
_INKS: tuple[Color, ...] = (
    (24, 40, 110), (186, 24, 30), (30, 34, 38), (232, 232, 226), (24, 110, 60), (230, 180, 30),
)  # fmt: skip
_LOADS: tuple[Color, ...] = ((120, 96, 70), (104, 100, 96), (150, 132, 104), (92, 74, 60))


def random_lorry(rng: np.random.Generator) -> Heavy:
    """A lorry of random kind and size."""
    kinds = ["box", "curtains", "articulated", "tipper", "skip", "flat"]
    kind = str(rng.choice(kinds, p=[0.4, 0.14, 0.12, 0.14, 0.08, 0.12]))
    length = 14.5 if kind == "articulated" else rng.uniform(6.4, 9.2)
    cab_length = rng.uniform(1.6, 2.0) if length < 8 else rng.uniform(1.9, 2.3)
    half = 1.1 if length < 7.2 else 1.24
    paint = pick(rng, _CABS)
    cab_height = rng.uniform(2.35, 2.7) if length < 7.5 else rng.uniform(2.7, 3.3)
    cab = _cab(rng, length, cab_length, half - 0.03, cab_height, paint)
    end = length - cab_length - rng.uniform(0.15, 0.4)
    bed, height = rng.uniform(0.98, 1.15), cab_height
    if kind in ("box", "curtains", "articulated"):
        height = rng.uniform(3.0, 3.5) if length < 8 else rng.uniform(3.6, 4.0)
        solids = [_hold(rng, end, half, bed, height, kind != "box")]
    else:
        solids = _open_body(rng, kind, end, half, bed, paint)
    solids.append(cab)
    wheels = [length - 1.35, 1.6]
    if kind == "articulated":
        wheels = [length - 1.35, length - 5.0, 1.4, 2.6, 3.8]
    elif length > 8.4:
        wheels.append(2.8)
    dirt = rng.random() < 0.5
    return Heavy(
        length, half * 2, height, tuple(solids), tuple(wheels), 0.46,
        rng.uniform(0, 0.08) if dirt else rng.uniform(0, 0.3), rng.uniform(0.05, 0.5),
        (length - 0.25, cab_height * 0.72), _frame(rng, end + 1.0, half, bed),
    )  # fmt: skip


def _cab(
    rng: np.random.Generator, length: float, deep: float, half: float, high: float, paint: Color
) -> Solid:
    belt, top = high * 0.5, high - rng.uniform(0.3, 0.5)
    mirror = rng.uniform(0.0, 0.35) if rng.random() < 0.5 else rng.uniform(0.35, 0.8)
    rear = length - deep
    marks = [
        Mark("front", -half + 0.06, half - 0.06, belt, top, (24, 26, 29)),
        Mark("front", -half + 0.1, half - 0.1, belt + 0.04, top - 0.04, _GLASS, mirror),
        Mark("side", rear + deep * 0.3, length - 0.3, belt + 0.05, top, _GLASS, mirror * 0.6),
        Mark("side", rear + deep * 0.27, rear + deep * 0.285, 0.6, top, scaled(paint, 0.55)),
        Mark("side", length - 0.36, length - 0.34, 0.75, belt, scaled(paint, 0.55)),
        Mark("front", -half * 0.62, half * 0.62, 0.78, belt - 0.16, (30, 31, 34)),
        Mark("front", -half, half, 0.4, 0.7, pick(rng, ((54, 56, 60), (150, 152, 154), paint))),
        Mark("side", rear, length - 0.1, 0.42, 0.6, (44, 45, 48)),
    ]
    for y in np.arange(0.84, belt - 0.2, 0.12):
        marks.append(Mark("front", -half * 0.6, half * 0.6, y, y + 0.04, (104, 106, 108)))
    lamp: Color = (255, 253, 240) if rng.random() < 0.4 else (186, 190, 192)
    marks += lamps("front", half - 0.06, 0.5, 0.66, half - 0.42, lamp)
    marks += plate("front", 0.44, (214, 214, 208))
    if rng.random() < 0.5:
        ink = pick(rng, _INKS)
        marks += lettering(rng, "front", -half * 0.7, top + 0.07, 0.18, 10, ink)
    return Solid(
        ((rear, 0.45), (rear, high)),
        ((length - 0.06, 0.4), (length, belt), (length - 0.2, top), (length - 0.5, high)),
        half,
        paint,
        tuple(marks),
    )


def _frame(rng: np.random.Generator, front: float, half: float, bed: float) -> Solid:
    """Beams below the bed, with mudguards, lamps, bumper and number plate behind."""
    marks = [Mark("rear", -half, half, bed - 0.5, bed - 0.3, (58, 60, 62))]
    marks += lamps("rear", half, 0.3, bed - 0.05, half - 0.5, (22, 22, 24))  # mudguards
    red: Color = (250, 52, 40) if rng.random() < 0.5 else (134, 24, 24)
    marks += lamps("rear", half - 0.05, bed - 0.22, bed - 0.08, half - 0.45, red)
    marks += lamps("rear", half - 0.46, bed - 0.22, bed - 0.08, half - 0.6, (206, 120, 40))
    if rng.random() < 0.5:  # red and yellow boards
        for side in (-1, 1):
            for i in range(4):
                color: Color = (196, 40, 34) if i % 2 else (228, 206, 60)
                a, b = sorted((side * (half - 0.12 * i), side * (half - 0.12 * (i + 1))))
                marks.append(Mark("rear", a, b, bed - 0.5, bed - 0.3, color))
    marks += plate("rear", bed - 0.46, (206, 176, 44))
    marks.append(Mark("side", 2.4, front - 1.6, 0.5, bed - 0.2, (70, 72, 74)))  # side guards
    return box(0.0, front, half, bed - 0.5, bed, (30, 31, 33), marks)


def _hold(
    rng: np.random.Generator, front: float, half: float, bed: float, height: float, soft: bool
) -> Solid:
    """A box with doors behind, or with `soft` curtains at its sides."""
    color, ink = pick(rng, _BOXES), pick(rng, _INKS)
    edge = scaled(color, 0.7) if rng.random() < 0.6 else (150.0, 152.0, 154.0)
    marks: list[Mark] = []
    for face, a, b in (("side", 0.0, front), ("rear", -half, half)):
        marks.append(Mark(face, a, b, bed, bed + 0.12, edge))
        marks.append(Mark(face, a, b, height - 0.12, height, edge))
        for x in (a, b - 0.1):
            marks.append(Mark(face, x, x + 0.1, bed, height, edge))
    # Rain leaves dirt at the foot.
    marks.append(Mark("side", 0.1, front - 0.1, bed + 0.12, bed + 0.35, scaled(color, 0.88)))
    if soft:
        for x in np.arange(0.5, front - 0.3, rng.uniform(0.6, 0.9)):
            marks.append(Mark("side", x, x + 0.06, bed - 0.05, bed + 0.5, (48, 50, 54)))
            marks.append(Mark("side", x, x + 0.25, bed + 0.5, height - 0.12, scaled(color, 0.93)))
    if rng.random() < 0.75:
        high = rng.uniform(0.35, 0.9)
        count = max(3, int((front - 1) / high / 0.8))
        low = rng.uniform(bed + 0.7, height - high - 0.3)
        if rng.random() < 0.4:
            marks.append(
                Mark("side", 0.1, front - 0.1, low - 0.2, low + high + 0.2, pick(rng, _BOXES))
            )
        marks += lettering(rng, "side", 0.5, low, high, min(count, 12), ink)
        marks += lettering(rng, "side", 0.6, low - 0.42, 0.2, 14, ink)
        marks += lettering(rng, "rear", 0.2 - half, low, 0.28, 9, ink)
    marks += _doors(rng, half, bed, height, color)
    return box(0.0, front, half, bed, height, color, marks)


def _doors(
    rng: np.random.Generator, half: float, bed: float, height: float, color: Color
) -> list[Mark]:
    """The rear of a box: a shutter or two doors with their bars; perhaps warning stripes."""
    marks: list[Mark] = []
    if rng.random() < 0.3:  # a shutter
        for y in np.arange(bed + 0.2, height - 0.2, 0.16):
            marks.append(Mark("rear", 0.12 - half, half - 0.12, y, y + 0.03, scaled(color, 0.8)))
    else:
        marks.append(Mark("rear", -0.015, 0.015, bed + 0.1, height - 0.1, (50, 52, 54)))
        for x in (-0.55 * half, -0.16, 0.13, 0.52 * half):
            marks.append(Mark("rear", x, x + 0.035, bed + 0.1, height - 0.1, (96, 98, 100)))
            marks.append(Mark("rear", x - 0.02, x + 0.2, bed + 0.6, bed + 0.66, (70, 72, 74)))
    if rng.random() < 0.25:
        for i in range(8):  # stripes of a works vehicle
            tone: Color = (206, 40, 34) if i % 2 else (230, 214, 50)
            a = -half + 0.1 + (2 * half - 0.2) * i / 8
            marks.append(Mark("rear", a, a + (2 * half - 0.2) / 8, bed + 0.15, bed + 0.9, tone))
    return marks


def _open_body(
    rng: np.random.Generator, kind: str, front: float, half: float, bed: float, paint: Color
) -> list[Solid]:
    """What stands on the bed of a tipper, a skip lorry or a flat lorry, rear to front."""
    load = pick(rng, _LOADS)
    if kind == "tipper":
        color, top = pick(rng, (*_CABS, paint)), bed + rng.uniform(0.8, 1.4)
        ribs = [
            Mark("side", x, x + 0.09, bed, top, scaled(color, 0.75))
            for x in np.arange(0.3, front - 0.2, 0.8)
        ]
        ribs += [
            Mark(face, a, b, top - 0.12, top, scaled(color, 1.12))
            for face, a, b in (("side", 0.0, front), ("rear", -half, half))
        ]
        ribs += lettering(rng, "rear", 0.25 - half, bed + 0.35, 0.24, 9, pick(rng, _INKS))
        heap = Solid(
            ((0.3, top), (front * 0.35, top + 0.35)),
            ((front - 0.3, top), (front * 0.65, top + 0.35)),
            half - 0.15,
            load,
        )
        return [box(0.0, front, half, bed, top, color, ribs), heap]
    if kind == "skip":
        color = pick(rng, ((216, 180, 30), (40, 96, 160), (190, 60, 40), (60, 120, 70)))
        top = bed + rng.uniform(1.1, 1.4)
        skip = Solid(
            ((1.1, bed + 0.05), (0.4, top)),
            ((front - 1.2, bed + 0.05), (front - 0.5, top)),
            half - 0.3,
            color,
            (
                Mark("side", 0.6, front - 0.6, top - 0.15, top, scaled(color, 0.75)),
                *lettering(rng, "side", 1.4, bed + 0.5, 0.3, 8, (30, 32, 36)),
            ),
        )
        frame = box(front - 0.25, front, half - 0.1, bed, top + 0.3, pick(rng, _CABS))
        return [skip, frame]
    solids = [box(0.0, front, half, bed, bed + 0.12, (112, 84, 58))]
    at = 0.3
    while at < front - 1.5:
        deep = rng.uniform(0.9, 1.8)
        high = bed + 0.12 + rng.uniform(0.3, 1.3)
        color = pick(rng, (*_LOADS, *_BOXES[:4]))
        solids.append(
            box(
                at,
                min(at + deep, front - 0.2),
                half - rng.uniform(0.1, 0.4),
                bed + 0.12,
                high,
                color,
            )
        )
        at += deep + rng.uniform(0.1, 1.0)
    return [*solids, box(front - 0.1, front, half - 0.1, bed, bed + 1.1, (90, 92, 94))]
