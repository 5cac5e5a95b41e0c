"""Paint on the road: lines, crossings, arrows, lettering, boxes and lanes of another colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segformer_gui.core.scenes.canvas import Color, Floats, Label, scaled
from segformer_gui.core.scenes.ground.glyphs import arrow, bicycle, box, letters, moved, ring
from segformer_gui.core.scenes.ground.paint import WHITE, Ground

_YELLOW: Color = (206, 176, 88)
_RHYTHMS = ((4, 2), (2, 4), (4, 5), (1, 5), (2, 7), (6, 3), (1, 1), (3, 9))
_WORDS = (
    "SLOW", "STOP", "KEEP CLEAR", "BUS STOP", "SCHOOL", "TAXI", "AHEAD", "LOOK RIGHT", "20", "30",
    "40", "NO ENTRY", "COACHES", "A14", "CITY", "ONLY", "KEEP LEFT",
)  # fmt: skip


def draw_markings(ground: Ground, rng: np.random.Generator) -> None:
    """Paint the road as its kind asks for, worn more or less; a few streets have no paint."""
    street = ground.street
    ground = replace(ground, worn=rng.uniform(0.4, 0.97))
    if rng.random() < 0.45:
        _coloured_lane(ground, rng)
    if street.kind == "yard":
        _bays(ground, rng)
    if rng.random() > 0.06:
        _lines(ground, rng)
    for side, near, far in street.crossings:
        _give_way(ground, side, near, far)
        if rng.random() < 0.3:
            _yellow_box(ground, near, far)
    if street.zebra is not None:
        _zebra(ground, rng, street.zebra)
    if street.signals is not None:
        _stop_line(ground, rng, street.signals)
    _symbols(ground, rng)
    for near, far in street.islands:
        _hatching(ground, rng, near - rng.uniform(4, 10), near, far)
    _wear(ground, rng)


def _lines(ground: Ground, rng: np.random.Generator) -> None:
    street, lane = ground.street, ground.street.lane
    rhythm = _RHYTHMS[rng.integers(len(_RHYTHMS))]
    width = rng.uniform(0.08, 0.16)
    if not street.median and street.kind != "one-way":
        _centre_line(ground, rng, width, rhythm)
    edge = street.middle - street.median / 2
    for i in range(1, street.lanes + (street.lanes > 1)):
        for s in (edge - i * lane, 2 * street.middle - edge + i * lane):
            if street.left + 0.6 < s < street.right - 0.6 and abs(s) > 0.8:
                ground.dashes(s, width, rhythm, WHITE)
    if street.median:
        for s in (edge - 0.35, 2 * street.middle - edge + 0.35):
            ground.patch(s - 0.06, s + 0.06, 1.5, 150, _YELLOW if rng.random() < 0.1 else WHITE)
    for side in (-1, 1):
        _edge(ground, rng, side)


def _centre_line(
    ground: Ground, rng: np.random.Generator, width: float, rhythm: tuple[float, float]
) -> None:
    middle, style = ground.street.middle, rng.random()
    paint = _YELLOW if rng.random() < 0.05 else WHITE
    if style < 0.7:
        ground.dashes(middle, width, rhythm, paint)
    elif style < 0.9:
        for s in (-0.12, 0.12) if style < 0.82 else (0.0,):
            ground.patch(middle + s - 0.05, middle + s + 0.05, 1.5, 150, paint)


def _edge(ground: Ground, rng: np.random.Generator, side: int) -> None:
    """What runs along a kerb: yellow or red lines, a white one, bays, or nothing."""
    street, kerb = ground.street, ground.street.kerb(side) - side * 0.14
    white = 0.75 if street.kind in ("highway", "country", "arterial") else 0.18
    what = rng.random()
    if what < white:
        s, half = kerb - side * rng.uniform(0.15, 0.5), rng.uniform(0.05, 0.1)
        if rng.random() < 0.7:
            ground.patch(s - half, s + half, 1.5, 150)
        else:
            ground.dashes(s, half * 2, (1, 1), WHITE)
    elif what < white + 0.4 * (1 - white):
        paint = (190, 60, 50) if rng.random() < 0.08 else _YELLOW
        for step in (0.22, 0.42) if rng.random() < 0.75 else (0.25,):
            s = kerb - side * step
            ground.patch(s - 0.045, s + 0.045, 1.5, 150, paint)
    elif what < white + 0.75 * (1 - white) and abs(kerb) > street.lane / 2 + 2:
        s = kerb - side * rng.uniform(1.9, 2.2)
        ground.dashes(s, 0.08, (0.6, 0.6) if rng.random() < 0.5 else (1, 0.5), WHITE)
        for z in np.arange(rng.uniform(2, 6), 70, 6):
            ground.patch(min(s, kerb), max(s, kerb), z, z + 0.09)


def _bays(ground: Ground, rng: np.random.Generator) -> None:
    """Bay lines across both edges of an open yard."""
    street, wide = ground.street, rng.uniform(2.3, 2.7)
    for side in (-1, 1):
        kerb = street.kerb(side) - side * 0.14
        long = min(rng.uniform(4.4, 5), abs(kerb) - 1.8 - (street.lane if side > 0 else 0))
        for z in np.arange(rng.uniform(2, 4), 80, wide):
            ends = sorted((kerb, kerb - side * long))
            ground.patch(ends[0], ends[1], z, z + 0.1)


def _coloured_lane(ground: Ground, rng: np.random.Generator) -> None:
    """A bicycle or bus lane in red, green or bare tarmac along the left kerb."""
    street, outer = ground.street, ground.street.left + 0.14
    bus = street.lanes > 1 and street.left < -street.lane and rng.random() < 0.6
    width = street.lane if bus else rng.uniform(1.1, 1.7)
    if outer + width > -0.2:
        return
    paints: tuple[Color, ...] = ((150, 62, 52), (64, 112, 74), (128, 70, 62), (60, 96, 120))
    start, end = (2.0, 150.0) if rng.random() < 0.5 else (rng.uniform(2, 9), rng.uniform(18, 60))
    if rng.random() < 0.6:
        ground.patch(outer, outer + width, start, end, paints[rng.integers(len(paints))])
    line = outer + width
    if rng.random() < 0.6:
        ground.patch(line - 0.06, line + 0.1 * bus + 0.06, start, end)
    else:
        ground.dashes(line, 0.12, (2, 2), WHITE)
    for z in np.arange(rng.uniform(4, 9), 60, rng.uniform(9, 20)):
        if bus:
            _word(ground, "BUS LANE", outer + width / 2, float(z), width * 0.7, WHITE)
        else:
            size = (0.55, rng.uniform(1.5, 2.4))
            ground.flat_shapes(bicycle(), outer + width / 2, z, size, ground.ink(WHITE))


def _word(
    ground: Ground,
    text: str,
    s: float,
    z: float,
    width: float,
    paint: Color,
    turned: bool = False,
    height: float = 2.2,
) -> None:
    """Lettering to be read from a car, its words one behind the other, the first the nearest."""
    for i, word in enumerate(text.split()):
        shapes = letters(word, 9)
        extent = 2 * max(float(np.abs(shape[:, 0]).max()) for shape in shapes)
        size = (min(width / extent, 0.9), height)
        at = z + i * height * 1.4
        ground.flat_shapes(shapes, s, at, size, ground.ink(paint), turned)


def _symbols(ground: Ground, rng: np.random.Generator) -> None:
    """Arrows and words in the lanes, ours and theirs."""
    street = ground.street
    lanes = [0.0, 2 * street.middle]
    lanes += [-street.lane * i for i in range(1, 3) if -street.lane * (i + 0.4) > street.left]
    for s in lanes:
        what, z, turned = rng.random(), rng.uniform(3.5, 20), s > street.middle
        if street.zebra is not None and abs(z - street.zebra) < 5:
            continue
        if what < 0.28:
            kinds = ("a", "l", "r", "al", "ar", "lr", "alr")
            shapes = arrow(kinds[rng.integers(len(kinds))])
            size = (rng.uniform(1.4, 2.2), rng.uniform(2.5, 4.5))
            for step in (0, rng.uniform(11, 18)):
                ground.flat_shapes(shapes, s, z + step, size, ground.ink(WHITE), turned)
        elif what < 0.52:
            text = _WORDS[rng.integers(len(_WORDS))]
            paint = _YELLOW if text == "BUS STOP" else WHITE
            if rng.random() < 0.15:  # on a red or buff ground
                ground.patch(s - 1.3, s + 1.3, z - 1, z + 3.5, (150, 62, 52))
            width, height = rng.uniform(1.5, 2.5), rng.uniform(1.4, 3)
            _word(ground, text, s, z, width, paint, turned, height)
        elif what < 0.58:  # a limit in a ring
            for radius, paint in ((1.0, (176, 50, 44)), (0.8, WHITE)):
                shape = ring(radius)
                ground.flat_shapes([shape], s, z + 2.2, (0.9, 2.0), ground.ink(paint))
            _word(ground, ("20", "30")[rng.integers(2)], s, z + 1.5, 0.9, (40, 40, 42), height=1.5)


def _zebra(ground: Ground, rng: np.random.Generator, z: float) -> None:
    street, step = ground.street, rng.uniform(0.9, 1.3)
    if rng.random() < 0.25:  # a crossing with lights: studs and stop lines
        for s in np.arange(street.left + 0.4, street.right - 0.4, 0.5):
            for edge in (z, z + 2.7):
                ground.patch(s, s + 0.12, edge, edge + 0.12)
    else:
        for s in np.arange(street.left + 0.4, street.right - 0.6, step):
            ground.patch(s, s + step / 2, z, z + 2.8)
    ground.patch(street.left + 0.3, street.middle - 0.1, z - 1.2, z - 0.95)
    ground.patch(street.middle + 0.1, street.right - 0.3, z + 3.9, z + 4.15)
    if rng.random() < 0.6:  # zigzags before and after it
        lines = [street.left + 0.35, street.middle, street.right - 0.35]
        if street.kind == "one-way":
            lines.pop(1)
        for s in lines:
            for start in (z - 9.5, z + 4.5):
                steps = np.arange(5)
                path = np.stack([s + 0.18 * (-1.0) ** steps, start + 2 * steps], axis=1)
                if start > 1.5:
                    outline = np.concatenate([path, moved(path[::-1], 0.11, 0.0)])
                    face = np.insert(outline, 1, 0.0, axis=1)
                    ground.fill([face], ground.ink(WHITE), Label.ROAD)


def _stop_line(ground: Ground, rng: np.random.Generator, z: float) -> None:
    street = ground.street
    edge = street.middle - street.median / 2 - 0.1
    ground.patch(street.left + 0.3, edge, z, z + 0.3)
    if rng.random() < 0.4 and z > 9:  # bicycles wait before the cars
        ground.patch(street.left + 0.3, edge, z - 4.3, z - 4)
        if rng.random() < 0.5:
            ground.patch(street.left + 0.3, edge, z - 4, z, (140, 66, 56))
        ground.flat_shapes(bicycle(), 0, z - 3.2, (0.8, 2.4), ground.ink(WHITE))
    if rng.random() < 0.5:
        for s in np.arange(street.left + 0.4, street.right - 0.4, 0.6):
            for far in (z + 2.0, z + 4.8):
                ground.patch(s, s + 0.15, far, far + 0.12)


def _yellow_box(ground: Ground, near: float, far: float) -> None:
    street = ground.street
    low, high = street.left + 0.3, street.right - 0.3
    wide, long = high - low, far - near
    ground.patch(low, high, near, near + 0.12, _YELLOW)
    ground.patch(low, high, far - 0.12, far, _YELLOW)
    for direction in (-1, 1):
        lines: list[Floats] = []
        for start in np.arange(-long, wide, 1.6):
            first, last = max(0.0, -start), min(long, wide - start)
            if last - first < 0.4:
                continue
            ends = np.array([(start + first, first), (start + last, last)])
            ends[:, 0] = low + ends[:, 0] if direction > 0 else high - ends[:, 0]
            ends[:, 1] += near
            outline = np.concatenate([ends, moved(ends[::-1], 0.14, 0.0)])
            lines.append(np.insert(outline, 1, 0.0, axis=1))
        ground.fill(lines, ground.ink(_YELLOW), Label.ROAD)


def _hatching(
    ground: Ground, rng: np.random.Generator, start: float, near: float, far: float
) -> None:
    """Stripes between two lines that lead to an island, and lines along it."""
    s, half = ground.street.middle, rng.uniform(0.5, 0.7)
    start = max(start, 1.6)
    for edge in (-half, half):
        ground.patch(s + edge - 0.06, s + edge + 0.06, start, far)
    stripes = [
        np.array([(s - half, 0, z), (s + half, 0, z + 1), (s + half, 0, z + 1.4),
                  (s - half, 0, z + 0.4)])
        for z in np.arange(start, near - 1.4, 1.8)
    ]  # fmt: skip
    ground.fill(stripes, ground.ink(WHITE), Label.ROAD)


def _give_way(ground: Ground, side: int, near: float, far: float) -> None:
    s = ground.street.kerb(side) + side * 0.1
    for z in np.arange(near + 0.3, far - 0.5, 0.9):
        for step in (0, 0.35):
            edges = sorted((s + side * step, s + side * (step + 0.2)))
            ground.patch(edges[0], edges[1], z, z + 0.6)


def _wear(ground: Ground, rng: np.random.Generator) -> None:
    """Where paint has gone, and where a repair has cut it."""
    street = ground.street
    chips = [
        np.insert(box(-1, 1, -1, 1) * rng.uniform(0.01, 0.1, 2)
                  + (rng.uniform(street.left + 0.4, street.right - 0.4), rng.uniform(2.5, 25)),
                  1, 0.0, axis=1)
        for _ in range(rng.integers(0, 160))
    ]  # fmt: skip
    for chip in chips:
        chip[:, 0] += rng.normal(0, 0.02, 4)
    ground.fill(chips, ground.tarmac, Label.ROAD)
    if rng.random() < 0.4:
        s, z = rng.uniform(street.left + 0.3, street.right - 2), rng.uniform(3, 20)
        ground.area(s, s + 0.7, z, z + rng.uniform(2, 8), scaled(ground.tarmac, 0.88), Label.ROAD)
