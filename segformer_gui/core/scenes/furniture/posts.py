"""Lamp posts, telegraph poles with wires, traffic lights, bollards and beacons."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Label, Point, fixed_point, scaled
from segformer_gui.core.scenes.furniture.signs import BLUE, WHITE, YELLOW, Face
from segformer_gui.core.scenes.ground.glyphs import arrow, box, moved, ring

POLES: tuple[Color, ...] = (
    (92, 96, 98), (38, 40, 44), (48, 70, 58), (196, 196, 192), (140, 144, 148), (112, 82, 64),
    (120, 122, 122), (60, 62, 66),
)  # fmt: skip
_WOOD: Color = (96, 80, 64)


@dataclass(frozen=True)
class Lamp:
    """A lamp post; `design` is arm, curved, double, lantern, straight or wood."""

    s: float
    z: float
    height: float
    design: str
    color: Color
    radius: float = 0.09
    toward: float = 1.0  # where its arm points: -1 left, 1 right

    def corners(self) -> list[Point]:
        """The post's outline, for the shadow."""
        return post_corners(self.s, self.z, self.height, 0.07)

    def draw(self, canvas: Canvas) -> None:
        """The post, then what its design puts on top."""
        top, design = self.height, self.design
        self._rod(canvas, (0, 0.05), (0, top), (self.radius, self.radius * 0.65))
        if design != "wood":
            foot = self.radius * 1.45
            self._rod(canvas, (0, 0.05), (0, min(1.3, top / 3)), (foot, foot))
        thin = (self.radius * 0.55, self.radius * 0.55)
        if design in ("arm", "double"):
            for side in (1, -1) if design == "double" else (1,):
                self._rod(canvas, (0, top), (side * 1.1, top + 0.25), thin)
                self._rod(canvas, (side * 1.0, top + 0.25), (side * 1.7, top + 0.3), (0.1, 0.08))
        elif design == "curved":
            turns = np.linspace(0, np.pi / 2, 6)
            bow = [(1.3 * (1 - np.cos(t)), top + 0.9 * np.sin(t)) for t in turns]
            for a, b in pairwise(bow):
                self._rod(canvas, a, b, thin)
            self._rod(canvas, bow[-1], (bow[-1][0] + 0.6, top + 0.88), (0.1, 0.08))
        elif design == "lantern":
            self._rod(canvas, (-0.28, top - 0.35), (0.28, top - 0.35), (0.02, 0.02))
            face = Face(canvas, (self.s, top, self.z))
            glass = np.array([(-0.12, 0), (0.12, 0), (0.22, 0.42), (-0.22, 0.42)])
            face.fill([glass], (206, 206, 190), Label.POLE)
            cap = np.array([(-0.25, 0.42), (0.25, 0.42), (0.08, 0.6), (0, 0.72), (-0.08, 0.6)])
            face.fill([cap], scaled(self.color, 0.8), Label.POLE)
        elif design == "wood":
            for y in (top - 0.3, top - 0.8):
                self._rod(canvas, (-0.7, y), (0.7, y), (0.05, 0.05))

    def _rod(
        self,
        canvas: Canvas,
        a: tuple[float, float],
        b: tuple[float, float],
        radii: tuple[float, float],
    ) -> None:
        color = scaled(self.color, canvas.light.on((0, 0.3, -0.6)) * 1.1)
        ends = tuple((self.s + x * self.toward, y, self.z) for x, y in (a, b))
        canvas.capsule((ends[0], ends[1]), radii, color, Label.POLE)


def random_lamps(
    rng: np.random.Generator, line: float, toward: float, spots: list[float]
) -> list[Lamp | Wires]:
    """A row of equal lamp posts at the distances `spots` along `line`, perhaps with wires."""
    designs = ["arm", "curved", "double", "lantern", "straight", "wood"]
    design = str(rng.choice(designs, p=[0.34, 0.24, 0.08, 0.14, 0.08, 0.12]))
    color = scaled(POLES[rng.integers(len(POLES))], rng.uniform(0.8, 1.15))
    height = rng.uniform(3.2, 4.5) if design == "lantern" else rng.uniform(5.5, 10)
    radius = rng.uniform(0.05, 0.12)
    if design == "wood":
        color, radius = scaled(_WOOD, rng.uniform(0.7, 1.2)), rng.uniform(0.11, 0.16)
    lamps: list[Lamp | Wires] = [
        Lamp(line, z, height, design, color, radius, toward) for z in spots
    ]
    if design == "wood" and len(spots) > 1:
        lamps.append(Wires(line, tuple(spots), height - 0.25))
    return lamps


@dataclass(frozen=True)
class Wires:
    """Wires from pole to pole; what is behind them keeps its label."""

    s: float
    poles: tuple[float, ...]  # their distances
    height: float

    @property
    def z(self) -> float:
        """Drawn with the nearest pole, over all behind it."""
        return self.poles[0]

    def corners(self) -> list[Point]:
        """Wires throw no shadow: a mere point."""
        return [(self.s + a, 0.0, self.z + b) for a, b in ((0, 0), (0.01, 0), (0, 0.01))]

    def draw(self, canvas: Canvas) -> None:
        """Sagging lines, and those that go on past the camera."""
        mask = np.zeros(canvas.pixels.shape[:2], np.uint8)
        first = 2 * self.poles[0] - self.poles[1]
        share = np.linspace(0, 1, 9)
        for a, b in zip((first, *self.poles), self.poles, strict=False):
            for aside, down in ((-0.6, 0), (0.6, 0), (-0.2, 0), (0.3, 0.5)):
                z = a + (b - a) * share
                y = self.height - down - 2.4 * share * (1 - share)
                path = np.stack([np.full_like(z, self.s + aside), y, z], axis=1)[z > 1.5]
                if len(path) > 1:
                    points = fixed_point(canvas.camera.project(path))
                    cv2.polylines(mask, [points], False, 1, 1, cv2.LINE_8, 4)
        canvas.pixels[..., :3][mask > 0] = (52, 54, 58)


@dataclass(frozen=True)
class TrafficLight:
    """Lights at the middle heights and sides `heads`; `reach` is how far an arm goes (0: none)."""

    s: float
    z: float
    height: float
    color: Color
    lit: int  # 0 red, 1 amber, 2 green
    board: Color | None = None  # of the backing board
    reach: float = 0.0
    walkers: bool = False  # a light for pedestrians below
    away: bool = False  # it faces the others, we see its back

    def corners(self) -> list[Point]:
        """The post's outline, for the shadow."""
        return post_corners(self.s, self.z, self.height, 0.08)

    def draw(self, canvas: Canvas) -> None:
        """Post and arm, then the lights."""
        color = scaled(self.color, canvas.light.on((0, 0.3, -0.6)) * 1.1)
        thick = 0.1 if self.reach else 0.06
        foot, top = (self.s, 0.05, self.z), (self.s, self.height, self.z)
        canvas.capsule((foot, top), (thick, thick * 0.85), color, Label.POLE)
        if self.reach:
            end = (self.s + self.reach, self.height + 0.2, self.z)
            canvas.capsule((top, end), (0.07, 0.05), color, Label.POLE)
            self._head(canvas, (end[0], self.height - 0.1, self.z - 0.15))
        self._head(canvas, (self.s, min(self.height, 3.4) - 0.4, self.z - 0.12))
        if self.walkers:
            at = (self.s + 0.12, 1.9, self.z - 0.1)
            face = Face(canvas, at)
            face.fill([box(-0.14, 0.14, -0.28, 0.28)], (26, 27, 28))
            if not self.away:
                for y, glow in ((0.13, (230, 60, 50)), (-0.13, (60, 220, 150))):
                    on = (y > 0) == (self.lit == 2)
                    face.fill([box(-0.08, 0.08, y - 0.08, y + 0.08)], scaled(glow, on or 0.15))

    def _head(self, canvas: Canvas, at: Point) -> None:
        face = Face(canvas, at)
        if self.board is not None:
            face.fill([box(-0.33, 0.33, -0.65, 0.65)], self.board)
            face.fill([box(-0.29, 0.29, -0.61, 0.61)], (28, 29, 30))
        face.fill([box(-0.17, 0.17, -0.5, 0.5)], (20, 21, 22))
        if self.away:
            face.fill([box(-0.1, 0.1, -0.4, 0.4)], (44, 46, 48))
            return
        for i, glow in enumerate(((255, 54, 40), (255, 176, 46), (60, 250, 150))):
            lens = moved(ring(0.115), 0, 0.32 * (1 - i))
            face.fill([lens], scaled(glow, 1.3 if i == self.lit else 0.16))


def random_light(rng: np.random.Generator, s: float, z: float, away: bool = False) -> TrafficLight:
    """A traffic light of any make; on an arm one in five times."""
    reach = -np.sign(s) * rng.uniform(2.5, 4.5) if rng.random() < 0.2 and not away else 0.0
    boards: tuple[Color | None, ...] = (None, WHITE, WHITE, (40, 40, 42))
    return TrafficLight(
        s,
        z,
        rng.uniform(5.2, 6) if reach else rng.uniform(2.9, 3.7),
        scaled(POLES[rng.integers(len(POLES))], rng.uniform(0.7, 1.1)),
        int(rng.integers(3)),
        boards[rng.integers(4)],
        float(reach),
        bool(rng.random() < 0.4),
        away,
    )


@dataclass(frozen=True)
class Bollard:
    """A low post; `kind` is plain, banded, keep-left, beacon or marker."""

    s: float
    z: float
    kind: str
    height: float
    color: Color
    radius: float = 0.08

    def corners(self) -> list[Point]:
        """Its outline, for the shadow."""
        return post_corners(self.s, self.z, self.height, self.radius)

    def draw(self, canvas: Canvas) -> None:
        """A rod, and what its kind adds."""
        color = scaled(self.color, canvas.light.on((0, 0.3, -0.6)) * 1.1)
        if self.kind == "keep-left":
            self._keep_left(canvas)
            return
        self._rod(canvas, 0.0, self.height, color, self.radius)
        bright = scaled(WHITE, canvas.light.on((0, 0.3, -0.6)))
        if self.kind == "banded":
            for share in (0.72, 0.88):
                low = self.height * share
                self._rod(canvas, low, low + 0.05, bright, self.radius * 0.9)
        elif self.kind == "beacon":
            for low in np.arange(0.0, self.height - 0.2, 0.6):
                self._rod(canvas, low, low + 0.25, bright, self.radius)
            self._rod(canvas, self.height + 0.1, self.height + 0.14, (250, 150, 30), 0.17)
        elif self.kind == "marker":
            self._rod(canvas, self.height * 0.6, self.height * 0.75, (190, 40, 36), self.radius)

    def _rod(self, canvas: Canvas, low: float, high: float, color: Color, radius: float) -> None:
        ends = ((self.s, low, self.z), (self.s, high, self.z))
        canvas.capsule(ends, (radius, radius), color, Label.POLE)

    def _keep_left(self, canvas: Canvas) -> None:
        """A lit box with a blue arrow on a base."""
        self._rod(canvas, 0.11, 0.25, (60, 62, 64), 0.16)
        face = Face(canvas, (self.s, 0.25, self.z - 0.1))
        top = self.height - 0.25
        side = Face(canvas, (self.s, 0.25, self.z))
        side.fill([box(-0.23, 0.25, 0, top)], scaled(self.color, 0.75))
        face.fill([box(-0.22, 0.22, 0, top)], self.color)
        disc = moved(ring(0.19), 0, top * 0.68)
        face.fill([disc], BLUE)
        pointer = [(o - (0, 0.5)) @ _LEFT_DOWN * 0.3 + (0, top * 0.68) for o in arrow("a")]
        face.fill(pointer, WHITE)


_LEFT_DOWN = np.array([(-0.7, 0.7), (-0.7, -0.7)])  # turns an upright arrow


def keep_left(rng: np.random.Generator, s: float, z: float) -> Bollard:
    """An island's bollard, yellow or white."""
    return Bollard(s, z, "keep-left", rng.uniform(1.0, 1.4), (YELLOW, WHITE)[rng.integers(2)])


def post_corners(s: float, z: float, height: float, radius: float) -> list[Point]:
    """Corners of an upright box, for a shadow."""
    return [
        (s + a, y, z + b)
        for y in (0.0, height)
        for a in (-radius, radius)
        for b in (-radius, radius)
    ]
