"""Vehicles: which there are, and where one stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Point, scaled
from segformer_gui.core.scenes.vehicles.body import Body, Look, Shape
from segformer_gui.core.scenes.vehicles.pose import Pose

_PAINTS: tuple[Color, ...] = (
    (150, 154, 160), (172, 174, 176), (96, 100, 106), (38, 40, 46), (26, 28, 32), (32, 44, 78),
    (120, 28, 30), (190, 192, 192), (36, 62, 52), (70, 92, 124), (150, 142, 122), (60, 64, 72),
    (158, 162, 168), (204, 204, 202), (20, 21, 24), (44, 60, 108), (74, 18, 24), (84, 90, 98),
)  # fmt: skip
_BRIGHT: tuple[Color, ...] = (
    (186, 26, 28), (214, 176, 30), (120, 160, 196), (202, 92, 28), (30, 84, 168), (34, 116, 96),
    (148, 196, 206), (116, 142, 60), (104, 60, 120),
)  # fmt: skip

SHAPES = {
    "hatchback": Shape(
        3.9,
        1.68,
        ((0, 0.78), (0.12, 0.9), (1.0, 0.96), (2.75, 0.92), (3.45, 0.8), (3.8, 0.66), (3.9, 0.5)),
        (0.12, 0.55, 1.9, 2.85),
        1.46,
        (0.55, 1.45),
    ),
    "saloon": Shape(
        4.5,
        1.74,
        ((0, 0.78), (0.1, 0.92), (0.9, 0.97), (3.1, 0.93), (4.0, 0.8), (4.4, 0.66), (4.5, 0.5)),
        (0.55, 1.25, 2.5, 3.3),
        1.43,
        (1.1, 2.0),
    ),
    "estate": Shape(
        4.6,
        1.76,
        ((0, 0.8), (0.1, 0.94), (1.0, 0.98), (3.2, 0.94), (4.1, 0.82), (4.5, 0.66), (4.6, 0.5)),
        (0.08, 0.4, 2.5, 3.35),
        1.5,
        (0.4, 1.35, 2.2),
    ),
    "small": Shape(  # upright, as built in the eighties
        3.5,
        1.56,
        ((0, 0.8), (0.06, 0.88), (1.0, 0.9), (2.6, 0.88), (3.3, 0.82), (3.45, 0.7), (3.5, 0.5)),
        (0.1, 0.5, 1.7, 2.4),
        1.4,
        (0.5, 1.35),
        0.27,
    ),
    "people carrier": Shape(
        4.5,
        1.8,
        ((0, 0.86), (0.1, 1.0), (1.0, 1.04), (3.5, 1.0), (4.1, 0.88), (4.42, 0.7), (4.5, 0.5)),
        (0.08, 0.35, 2.7, 3.75),
        1.68,
        (0.5, 1.4, 2.3),
    ),
    "off-roader": Shape(
        4.6,
        1.88,
        ((0, 0.95), (0.08, 1.08), (1.0, 1.12), (3.2, 1.1), (4.2, 1.02), (4.52, 0.86), (4.6, 0.6)),
        (0.08, 0.3, 2.4, 3.15),
        1.8,
        (0.5, 1.4, 2.2),
        0.37,
    ),
    "sports": Shape(
        4.2,
        1.76,
        ((0, 0.74), (0.15, 0.84), (0.9, 0.86), (2.6, 0.82), (3.5, 0.72), (4.05, 0.6), (4.2, 0.46)),
        (0.3, 1.15, 1.9, 2.85),
        1.26,
        (1.35,),
    ),
    "taxi": Shape(  # London's black cab
        4.6,
        1.78,
        ((0, 0.86), (0.2, 0.98), (1.0, 1.04), (3.0, 1.02), (4.2, 0.94), (4.52, 0.8), (4.6, 0.5)),
        (0.3, 0.75, 2.4, 3.0),
        1.76,
        (0.9, 1.7),
    ),
    "van": Shape(
        4.9,
        1.9,
        ((0, 1.02), (0.05, 1.12), (1.0, 1.15), (3.9, 1.1), (4.5, 0.95), (4.8, 0.75), (4.9, 0.55)),
        (0.03, 0.12, 3.2, 4.0),
        2.1,
        (3.05,),
        panelled=True,
    ),
    "high van": Shape(
        5.7,
        2.05,
        ((0, 1.1), (0.04, 1.2), (1.0, 1.22), (4.6, 1.16), (5.3, 1.0), (5.6, 0.8), (5.7, 0.55)),
        (0.02, 0.1, 3.9, 4.75),
        2.55,
        (3.75,),
        0.34,
        panelled=True,
    ),
    "minibus": Shape(
        5.6,
        2.0,
        ((0, 1.1), (0.04, 1.2), (1.0, 1.22), (4.5, 1.16), (5.2, 1.0), (5.5, 0.8), (5.6, 0.55)),
        (0.02, 0.1, 3.8, 4.65),
        2.45,
        (0.9, 1.9, 2.9, 3.7),
        0.34,
    ),
}
_CARS = ("hatchback", "saloon", "estate", "small", "people carrier", "off-roader", "sports",
         "taxi", "van", "high van", "minibus")  # fmt: skip
_SHARES = (0.29, 0.17, 0.15, 0.09, 0.07, 0.07, 0.03, 0.03, 0.06, 0.03, 0.01)


class Make(Protocol):
    """What a vehicle is; metres."""

    @property
    def length(self) -> float: ...

    @property
    def width(self) -> float: ...

    @property
    def roof(self) -> tuple[float, float, float]:
        """Height of the roof, and where it begins and ends as shares of the length."""
        ...

    def draw(self, pose: Pose) -> None:
        """Draw what the camera sees of it."""
        ...


@dataclass(frozen=True)
class Model:
    """A car or van of one of the `SHAPES`."""

    shape: str
    look: Look

    @property
    def length(self) -> float:
        """Metres from bumper to bumper."""
        return SHAPES[self.shape].length

    @property
    def width(self) -> float:
        """Metres, without mirrors."""
        return SHAPES[self.shape].width

    @property
    def roof(self) -> tuple[float, float, float]:
        """Height of the roof, and where it begins and ends as shares of the length."""
        shape = SHAPES[self.shape]
        return shape.roof, shape.cabin[1] / shape.length, shape.cabin[2] / shape.length

    def draw(self, pose: Pose) -> None:
        """Draw what the camera sees of it."""
        Body(pose, SHAPES[self.shape], self.look).draw()


@dataclass(frozen=True)
class Car:
    """A vehicle whose middle is at `s` and whose nearest corner is at `z`.

    `heading` 0 drives away, pi comes, pi / 2 crosses to the right.
    """

    s: float
    z: float
    make: Make
    heading: float = 0.0

    @property
    def length(self) -> float:
        """Metres that it takes along the street."""
        return abs(np.cos(self.heading)) * self.make.length + self._turned * self.make.width

    @property
    def width(self) -> float:
        """Metres that it takes across the street."""
        return abs(np.cos(self.heading)) * self.make.width + self._turned * self.make.length

    @property
    def _turned(self) -> float:
        return abs(float(np.sin(self.heading)))

    def corners(self) -> list[Point]:
        """Corners of a box around it, for its shadow."""
        half = self.make.width / 2 - 0.05
        roof, start, end = self.make.roof
        sin, cos = float(np.sin(self.heading)), float(np.cos(self.heading))
        points: list[Point] = []
        boxes = ((0.1, 1.0, (0, 1)), (0.9, 1.0, (0, 1)), (roof, 0.8, (start, end)))
        for y, narrow, ends in boxes:
            for side in (-1, 1):
                for share in ends:
                    ahead, right = (share - 0.5) * self.make.length, side * half * narrow
                    s = self.s + ahead * sin + right * cos
                    points.append((s, y, self.z + self.length / 2 + ahead * cos - right * sin))
        return points

    def draw(self, canvas: Canvas) -> None:
        """Draw what the camera sees of it."""
        middle = self.z + self.length / 2
        self.make.draw(Pose(canvas, self.s, middle, self.heading, self.make.length))


def random_model(rng: np.random.Generator) -> Model:
    """A car of random make, paint and state."""
    shape = str(rng.choice(_CARS, p=_SHARES))
    paints = _BRIGHT if rng.random() < 0.22 else _PAINTS
    color = scaled(paints[rng.integers(len(paints))], rng.uniform(0.8, 1.15))
    on_roof = str(rng.choice(["", "box", "rails"], p=[0.9, 0.03, 0.07]))
    lettered = None
    if shape in ("van", "high van", "minibus", "sports"):
        on_roof = ""
        if shape != "sports" and rng.random() < 0.6:
            color = scaled((204, 206, 206), rng.uniform(0.85, 1.1))
        if shape in ("van", "high van") and rng.random() < 0.5:
            lettered = (30.0, 40.0, 90.0) if sum(color) > 360 else (220.0, 216.0, 200.0)
    elif shape == "taxi" or rng.random() < 0.03:
        on_roof = "taxi"
        if rng.random() < 0.6:
            color = (24, 25, 28)
    dirty = rng.random() < 0.2
    bright = rng.random() < 0.45
    look = Look(
        color,
        rng.uniform(0, 0.12) if dirty else rng.uniform(0.1, 0.65),
        rng.uniform(0.0, 0.6),
        rng.uniform(0.3, 0.85) if bright else rng.uniform(0.02, 0.3),
        rng.uniform(0.0, 0.45) * rng.random(),
        scaled((118, 120, 124), rng.uniform(0.35, 1.5)),
        (206, 176, 44) if rng.random() < 0.75 else (214, 214, 208),
        bool(rng.random() < 0.4),
        bool(rng.random() < 0.35),
        on_roof,
        lettered,
    )
    return Model(shape, look)
