"""Traffic signs, direction boards, street name plates and advertisements on posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Floats, Label, Point, scaled
from segformer_gui.core.scenes.ground.glyphs import arrow, box, fill_all, letters, ring

RED: Color = (186, 30, 36)
WHITE: Color = (228, 228, 224)
BLUE: Color = (28, 68, 150)
YELLOW: Color = (232, 196, 40)
_GREEN: Color = (20, 92, 62)
_BLACK: Color = (24, 24, 26)
_GREY: Color = (128, 130, 132)
_NAMES = (
    "CITY CENTRE", "STATION", "NORWICH A14", "P & R", "RIVERSIDE", "ELY 12", "HOSPITAL", "MUSEUM",
    "LONDON M11", "MARKET", "AIRPORT", "ALL ROUTES", "MILL RD", "UNIVERSITY",
)  # fmt: skip
_SMALL = ("NO|LOADING", "PAY|HERE", "BUS|1 7 9", "CCTV", "TOW|AWAY", "FOOTPATH")
_TRIANGLE = np.array([(-0.42, -0.28), (0.42, -0.28), (0.0, 0.45)])
_KINDS = (
    "limit", "limit", "forbidden", "warning", "warning", "entry", "blue", "parking", "small",
    "diamond", "give way", "bus", "back", "back", "end", "works", "chevron",
)  # fmt: skip


@dataclass(frozen=True)
class Plate:
    """One plate of a sign; `y` is its middle's height, `size` its width and height."""

    kind: str
    y: float
    size: tuple[float, float] = (0.6, 0.6)
    color: Color = WHITE
    text: str = ""


@dataclass(frozen=True)
class Sign:
    """Plates on one post, or on two when `apart` > 0; `turn` is how far they face aside."""

    s: float
    z: float
    height: float
    plates: tuple[Plate, ...]
    color: Color = _GREY
    radius: float = 0.04
    apart: float = 0.0
    turn: float = 0.0

    def corners(self) -> list[Point]:
        """The outline of posts and plates, for the shadow."""
        half = max(self.apart / 2, self.radius)
        return [(self.s + a * half, y, self.z + b * self.radius) for a, y, b in _cube(self.height)]

    def draw(self, canvas: Canvas) -> None:
        """Posts first, then the plates on them."""
        color = scaled(self.color, canvas.light.on((0, 0.3, -0.6)) * 1.1)
        for shift in (-self.apart / 2, self.apart / 2) if self.apart else (0.0,):
            s = self.s + shift
            ends = ((s, 0.05, self.z), (s, self.height, self.z))
            canvas.capsule(ends, (self.radius, self.radius), color, Label.POLE)
        for plate in self.plates:
            Face(canvas, (self.s, plate.y, self.z - 0.05), self.turn).draw(plate)


def _cube(height: float) -> list[Point]:
    return [(a, y, b) for y in (0.0, height) for a in (-1.0, 1.0) for b in (-1.0, 1.0)]


@dataclass(frozen=True)
class Face:
    """A plate's front around the point `at`, to draw on; it faces us but for `turn`."""

    canvas: Canvas
    at: Point
    turn: float = 0.0

    def fill(self, shapes: Sequence[Floats], color: Color, label: int = Label.SIGN) -> None:
        """Fill outlines (N, 2) in metres around the middle."""
        bright = self.canvas.light.on((0, 0, -1)) * 1.1
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        faces = [
            np.stack([x * cos, y, x * sin], axis=1) + self.at for x, y in (o.T for o in shapes)
        ]
        fill_all(self.canvas, faces, scaled(color, bright), label)

    def write(self, text: str, middle: tuple[float, float], height: float, color: Color) -> None:
        """Lettering centred at `middle`; left out where it would be a blur."""
        if text and height * self.canvas.camera.scale(self.at[2]) > 5:
            self.fill(
                [o * height + (middle[0], middle[1] - height / 2) for o in letters(text)], color
            )

    def draw(self, plate: Plate) -> None:
        """Draw the plate by its kind."""
        half, tall = plate.size[0] / 2, plate.size[1] / 2
        kind, text = plate.kind, plate.text
        if kind in ("limit", "forbidden", "entry", "blue", "end"):
            self._round(plate, half)
        elif kind in ("warning", "works", "give way"):
            upright = _TRIANGLE * (half / 0.42) * (-1 if kind == "give way" else 1)
            self.fill([upright], RED)
            self.fill([upright * 0.66], YELLOW if kind == "works" else WHITE)
            if kind != "give way":
                self.write(text, (0, -0.02), half * 0.6, _BLACK)
        elif kind == "diamond":
            self.fill([ring(half, 4)], WHITE)
            self.fill([ring(half * 0.8, 4)], YELLOW)
        elif kind == "back":
            shape = {"": ring(half), "t": _TRIANGLE * (half / 0.42)}.get(text)
            self.fill([box(-half, half, -tall, tall) if shape is None else shape], plate.color)
        elif kind == "chevron":
            self.fill([box(-half, half, -tall, tall)], _BLACK)
            marks = np.array([(-0.5, -0.8), (-0.1, -0.8), (0.5, 0), (-0.1, 0.8), (-0.5, 0.8),
                              (0.1, 0)])  # fmt: skip
            self.fill([marks * (half, tall)], WHITE)
        elif kind == "picture":
            self._picture(plate, half, tall)
        else:
            self._board(plate, half, tall)

    def _round(self, plate: Plate, radius: float) -> None:
        kind, text = plate.kind, plate.text
        rim = {"limit": RED, "forbidden": RED, "entry": RED, "blue": BLUE, "end": WHITE}[kind]
        self.fill([ring(radius)], WHITE if kind in ("entry", "blue") else rim)
        self.fill([ring(radius * (0.94 if kind in ("entry", "blue") else 0.77))],
                  rim if kind in ("entry", "blue", "end") else WHITE)  # fmt: skip
        if kind == "entry":
            self.fill([box(-0.7, 0.7, -0.17, 0.17) * radius], WHITE)
        elif kind == "end":
            self.fill([np.array([(-0.7, -0.6), (-0.6, -0.7), (0.7, 0.6), (0.6, 0.7)]) * radius],
                      _BLACK)  # fmt: skip
        elif kind == "blue":
            self.fill([(o - (0, 0.5)) * radius * 1.5 for o in arrow(text)], WHITE)
        else:
            self.write(text, (0, 0), radius * 0.75, _BLACK)
        if kind == "forbidden":
            cross = np.array([(-0.6, 0.5), (-0.5, 0.6), (0.6, -0.5), (0.5, -0.6)])
            self.fill([cross * radius], RED)

    def _board(self, plate: Plate, half: float, tall: float) -> None:
        """A board with a border and lines of lettering, `|` between them."""
        dark = sum(plate.color) < 400
        ink = WHITE if dark else _BLACK
        border = min(half, tall) * 0.08
        self.fill([box(-half, half, -tall, tall)], ink)
        self.fill([box(border - half, half - border, border - tall, tall - border)], plate.color)
        lines = plate.text.split("|")
        step = 2 * (tall - 2 * border) / len(lines)
        for i, line in enumerate(lines):
            height = min(step * 0.6, 2.0 * half / (0.95 * len(line) + 0.6))
            self.write(line, (0, tall - 2 * border - step * (i + 0.5)), height, ink)

    def _picture(self, plate: Plate, half: float, tall: float) -> None:
        """A poster: a frame, a coloured ground, a shape and lettering."""
        self.fill([box(-half, half, -tall, tall)], (60, 62, 64))
        self.fill([box(0.06 - half, half - 0.06, 0.06 - tall, tall - 0.06)], plate.color)
        other = (plate.color[2], plate.color[0], plate.color[1])
        self.fill([ring(0.55) * min(half, tall) + (0.2 * half, 0.3 * tall)], other)
        self.write(plate.text, (0, -0.45 * tall), half * 1.5 / (len(plate.text) + 1), WHITE)


def random_plate(rng: np.random.Generator, y: float) -> Plate:
    """A traffic sign of any kind whose middle is `y` high."""
    kind = str(rng.choice(_KINDS))
    size = float(rng.uniform(0.5, 0.9))
    if kind == "limit":
        text = str(rng.choice(["20", "30", "30", "40", "50", "7.5T", ""]))
        return Plate(kind, y, (size, size), text=text)
    if kind in ("warning", "works"):
        return Plate(kind, y, (size * 1.2, size), text=str(rng.choice(["!", "i", "Y", "T", "+"])))
    if kind == "blue":
        return Plate(kind, y, (size, size), text=str(rng.choice(["a", "l", "r", "al", "ar"])))
    if kind == "parking":
        color = BLUE if rng.random() < 0.7 else WHITE
        return Plate("board", y, (size, size * rng.uniform(1, 1.5)), color, "P")
    if kind in ("small", "bus"):
        text = str(rng.choice(_SMALL))
        colors = (WHITE, WHITE, YELLOW, BLUE, _GREEN, RED)
        shape = (rng.uniform(0.3, 0.6), rng.uniform(0.3, 0.7))
        return Plate("board", y, shape, colors[rng.integers(6)], text)
    if kind == "back":
        color = scaled(_GREY, rng.uniform(0.35, 1.2))
        return Plate(kind, y, (size, size), color, str(rng.choice(["", "t", "board"])))
    if kind == "forbidden":
        return Plate(kind, y, (size, size), text=str(rng.choice(["", "P", "T", "U"])))
    return Plate(kind, y, (size, size))


def random_sign(rng: np.random.Generator, s: float, z: float) -> Sign:
    """A post with one to three plates, in the grey, black or white of its town."""
    color = scaled(((128, 130, 132), (40, 42, 44), (180, 182, 182))[rng.integers(3)], 1.0)
    top = rng.uniform(2.2, 3.3)
    plates = [random_plate(rng, top - 0.35)]
    while rng.random() < 0.35 and len(plates) < 3:
        last = plates[-1]
        plates.append(random_plate(rng, last.y - last.size[1] / 2 - 0.4))
    turn = rng.normal(0, 0.25) if rng.random() < 0.8 else rng.uniform(-1.3, 1.3)
    return Sign(s, z, top, tuple(plates), color, rng.uniform(0.03, 0.06), 0.0, turn)


def random_board(rng: np.random.Generator, s: float, z: float, widest: float = 3.0) -> Sign:
    """A direction board on two posts, or a smaller one on one."""
    width = rng.uniform(0.6, widest)
    lines = int(rng.integers(1, 5))
    height = float(np.clip(lines * width * rng.uniform(0.16, 0.4), 0.3, 2.6))
    text = "|".join(str(rng.choice(_NAMES)) for _ in range(lines))
    colors = (_GREEN, BLUE, WHITE, YELLOW, (112, 70, 40), WHITE, (190, 90, 30))
    low = rng.choice([0.3, 1.0, 2.1, 2.3])
    plate = Plate("board", low + height / 2, (width, height), colors[rng.integers(7)], text)
    apart = width * 0.65 if width > 1.1 else 0.0
    return Sign(s, z, low + height, (plate,), _GREY, rng.uniform(0.03, 0.07), apart,
                rng.normal(0, 0.15))  # fmt: skip


def random_poster(rng: np.random.Generator, s: float, z: float) -> Sign:
    """A free-standing advertisement: an A-board, a panel on a foot, or a big one on two posts."""
    width, height, low = ((0.6, 1.0, 0.05), (1.2, 1.8, 0.5), (1.3, 2.0, 0.3), (3.0, 2.0, 1.2))[
        rng.choice(4, p=[0.45, 0.25, 0.2, 0.1])
    ]
    color: Color = (rng.uniform(20, 235), rng.uniform(20, 235), rng.uniform(20, 235))
    text = str(rng.choice(["SALE", "NEW", "MENU", "COFFEE", "TONIGHT", "LUNCH 5.00", "OPEN"]))
    plate = Plate("picture", low + height / 2, (width, height), color, text)
    return Sign(s, z, low + height * 0.9, (plate,), (70, 72, 74), 0.05, width * 0.6,
                rng.normal(0, 0.5))  # fmt: skip


def random_nameplate(rng: np.random.Generator, s: float, z: float) -> Sign:
    """A low street name plate on two legs."""
    name = str(rng.choice(["MILL ROAD", "PARK STREET", "STATION ROAD", "HIGH STREET"]))
    width = rng.uniform(0.8, 1.2)
    plate = Plate("board", 0.65, (width, 0.22), WHITE, name)
    return Sign(s, z, 0.7, (plate,), (60, 60, 60), 0.025, width * 0.7, rng.normal(0, 0.5))
