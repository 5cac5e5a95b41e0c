"""Motorcycles and scooters: with a rider one thing with them, as a bicycle is; parked ignored."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from segformer_gui.core.scenes.canvas import Color, Label, scaled
from segformer_gui.core.scenes.vehicles.heavy import pick
from segformer_gui.core.scenes.vehicles.pose import BodyPoint, Pose

_PAINTS: tuple[Color, ...] = (
    (24, 25, 28), (170, 26, 28), (30, 60, 140), (196, 198, 200), (40, 110, 60), (214, 120, 30),
)  # fmt: skip
_CLOTHES: tuple[Color, ...] = (
    (26, 27, 30),
    (40, 42, 50),
    (60, 40, 30),
    (196, 206, 40),
    (90, 26, 28),
)
_DARK: Color = (26, 26, 28)
_LENGTH = 2.0


@dataclass(frozen=True)
class Motorcycle:
    """A motorcycle, or a `scooter` with its shield; without a `rider` it is parked."""

    paint: Color
    scooter: bool
    rider: tuple[Color, Color] | None  # coat and helmet
    lit: bool = False

    @property
    def length(self) -> float:
        """Metres from tyre to tyre."""
        return _LENGTH

    @property
    def width(self) -> float:
        """Metres, at the handlebars."""
        return 0.75

    @property
    def roof(self) -> tuple[float, float, float]:
        """Height of what casts a shadow, and where it begins and ends as shares of the length."""
        return (1.6 if self.rider else 1.05), 0.3, 0.6

    def draw(self, pose: Pose) -> None:
        """Wheels, engine and seat, then the rider."""
        radius = 0.22 if self.scooter else 0.31
        for along in sorted((radius, _LENGTH - radius), key=lambda a: -abs(a - pose.eye_along)):
            self._wheel(pose, along, radius)
        tail, lamp = (0.15, 0.0, 0.82), (1.68, 0.0, 0.88)
        fork = (_LENGTH - radius, 0.0, radius)
        self._rod(pose, (radius + 0.1, 0, 0.4), (1.2, 0, 0.4), 0.17, _DARK)
        self._rod(pose, fork, (1.58, 0, 0.92), 0.04, (120, 122, 124))
        if self.scooter:
            self._rod(pose, (1.5, 0, 0.35), (1.6, 0, 0.85), 0.17, self.paint)
            self._rod(pose, (0.25, 0, 0.55), (0.9, 0, 0.5), 0.19, self.paint)
        else:
            self._rod(pose, (0.95, 0, 0.75), (1.4, 0, 0.8), 0.17, self.paint)
            self._rod(pose, (0.6, 0.16, 0.36), (0.1, 0.18, 0.42), 0.06, (150, 152, 154))
        self._rod(pose, tail, (0.95, 0, 0.76), 0.11, _DARK)
        self._rod(
            pose, lamp, (1.74, 0, 0.88), 0.1, (255, 252, 236) if self.lit else (150, 152, 154)
        )
        self._rod(pose, (0.08, 0, 0.72), (0.1, 0, 0.74), 0.06, (200, 34, 28))
        self._rod(pose, (1.5, -0.34, 1.02), (1.5, 0.34, 1.02), 0.025, _DARK)
        if self.rider:
            self._rider(pose, *self.rider)

    @property
    def _label(self) -> Label:
        return Label.BICYCLIST if self.rider else Label.IGNORE

    def _rod(self, pose: Pose, a: BodyPoint, b: BodyPoint, radius: float, color: Color) -> None:
        lit = scaled(color, pose.light(0, 0.5, 0.4))
        ends = pose.world(a), pose.world(b)
        pose.canvas.capsule(ends, (radius, radius), lit, self._label)

    def _wheel(self, pose: Pose, along: float, radius: float) -> None:
        # Rods around the rim: a tyre has width also from straight behind.
        rim = [
            (along + 0.85 * radius * float(np.cos(a)), 0.0, radius * (1 + 0.85 * float(np.sin(a))))
            for a in np.linspace(0, 2 * np.pi, 17)
        ]
        disc = [pose.world(point) for point in rim]
        pose.canvas.polygon(disc, scaled((92, 94, 98), pose.light(0, 1, 0)), self._label)
        for a, b in pairwise(rim):
            self._rod(pose, a, b, 0.055, (24, 24, 26))

    def _rider(self, pose: Pose, coat: Color, helmet: Color) -> None:
        for side in (-1, 1):  # the far side first: across is positive towards the camera
            knee = (1.2, 0.24 * side, 0.82)
            self._rod(pose, (0.7, 0.1 * side, 0.9), knee, 0.095, (34, 36, 44))
            self._rod(pose, knee, (0.95, 0.22 * side, 0.38), 0.07, (34, 36, 44))
            self._rod(pose, (0.9, 0.22 * side, 0.34), (1.12, 0.22 * side, 0.32), 0.05, _DARK)
            shoulder, elbow = (0.86, 0.2 * side, 1.38), (1.1, 0.32 * side, 1.14)
            self._rod(pose, shoulder, elbow, 0.075, scaled(coat, 0.9))
            self._rod(pose, elbow, (1.46, 0.3 * side, 1.06), 0.055, scaled(coat, 0.9))
            if side < 0:
                for right in (-0.08, 0.08):
                    self._rod(pose, (0.64, right, 0.9), (0.84, 1.3 * right, 1.36), 0.15, coat)
        self._rod(pose, (0.9, 0, 1.58), (0.94, 0, 1.6), 0.14, helmet)
        if pose.shows_front:
            self._rod(pose, (1.03, 0, 1.57), (1.05, 0, 1.57), 0.075, (24, 26, 30))


def random_motorcycle(rng: np.random.Generator, ridden: bool) -> Motorcycle:
    """A motorcycle or scooter of random colour."""
    rider = (pick(rng, _CLOTHES), pick(rng, _PAINTS)) if ridden else None
    return Motorcycle(
        pick(rng, _PAINTS), bool(rng.random() < 0.4), rider, ridden and bool(rng.random() < 0.6)
    )
