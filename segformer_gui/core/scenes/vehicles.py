"""Cars and vans: which there are, and where one stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Point, scaled
from segformer_gui.core.scenes.car_body import Body, Shape

_PAINTS: tuple[Color, ...] = (
    (150, 154, 160), (172, 174, 176), (96, 100, 106), (38, 40, 46), (26, 28, 32), (32, 44, 78),
    (120, 28, 30), (190, 192, 192), (36, 62, 52), (70, 92, 124), (150, 142, 122), (60, 64, 72),
)  # fmt: skip


SHAPES = {
    "hatchback": Shape(
        "hatchback",
        3.9,
        1.68,
        ((0, 0.78), (0.12, 0.9), (1.0, 0.96), (2.75, 0.92), (3.45, 0.8), (3.8, 0.66), (3.9, 0.5)),
        (0.12, 0.55, 1.9, 2.85),
        1.46,
        (0.55, 1.45),
    ),
    "saloon": Shape(
        "saloon",
        4.5,
        1.74,
        ((0, 0.78), (0.1, 0.92), (0.9, 0.97), (3.1, 0.93), (4.0, 0.8), (4.4, 0.66), (4.5, 0.5)),
        (0.55, 1.25, 2.5, 3.3),
        1.43,
        (1.1, 2.0),
    ),
    "estate": Shape(
        "estate",
        4.6,
        1.76,
        ((0, 0.8), (0.1, 0.94), (1.0, 0.98), (3.2, 0.94), (4.1, 0.82), (4.5, 0.66), (4.6, 0.5)),
        (0.08, 0.4, 2.5, 3.35),
        1.5,
        (0.4, 1.35, 2.2),
    ),
    "van": Shape(
        "van",
        4.9,
        1.9,
        ((0, 1.02), (0.05, 1.12), (1.0, 1.15), (3.9, 1.1), (4.5, 0.95), (4.8, 0.75), (4.9, 0.55)),
        (0.03, 0.12, 3.2, 4.0),
        2.1,
        (3.05,),
    ),
}


@dataclass(frozen=True)
class Car:
    """A car whose middle is at `s` and nearest end at `z`; it drives away, or `oncoming`."""

    s: float
    z: float
    shape: str
    color: Color
    oncoming: bool = False
    braking: bool = False

    @property
    def length(self) -> float:
        """Metres from bumper to bumper."""
        return SHAPES[self.shape].length

    def corners(self) -> list[Point]:
        """Corners of a box around it, for its shadow."""
        shape = SHAPES[self.shape]
        half = shape.width / 2 - 0.05
        return [
            (self.s + side * half * narrow, y, self.z + along)
            for side in (-1, 1)
            for y, narrow, ends in (
                (0.1, 1, (0, 1)),
                (0.9, 1, (0, 1)),
                (shape.roof, 0.75, (0.2, 0.6)),
            )
            for along in (
                e * self.length if not self.oncoming else (1 - e) * self.length for e in ends
            )
        ]

    def draw(self, canvas: Canvas) -> None:
        """Draw what the camera sees of it."""
        body = Body(canvas, SHAPES[self.shape], self.s, self.z, self.color, self.oncoming)
        body.draw(self.braking)


def random_car(
    rng: np.random.Generator, s: float, z: float, oncoming: bool, parked: bool = False
) -> Car:
    """A car of random make; one that drives ahead may be braking."""
    shape = str(rng.choice(["hatchback", "saloon", "estate", "van"], p=[0.42, 0.26, 0.22, 0.1]))
    color = scaled(_PAINTS[rng.integers(len(_PAINTS))], rng.uniform(0.85, 1.1))
    if shape == "van" and rng.random() < 0.6:
        color = (200.0, 202.0, 202.0)
    return Car(s, z, shape, color, oncoming, not (oncoming or parked) and rng.random() < 0.4)
