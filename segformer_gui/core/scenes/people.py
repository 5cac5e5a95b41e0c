"""Pedestrians and cyclists: figures of round limbs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Label, Point, scaled
from segformer_gui.core.scenes.vehicles import Car

_CLOTHES: tuple[Color, ...] = (
    (30, 32, 40), (44, 44, 50), (62, 58, 54), (36, 48, 74), (92, 34, 36), (58, 72, 56),
    (124, 116, 102), (26, 26, 28), (86, 70, 56), (70, 74, 84),
)  # fmt: skip
_TROUSERS: tuple[Color, ...] = ((34, 40, 58), (28, 28, 32), (60, 56, 52), (44, 50, 66))
_SKINS: tuple[Color, ...] = ((196, 152, 128), (168, 120, 96), (120, 84, 66), (86, 60, 48))
_HAIRS: tuple[Color, ...] = (
    (36, 28, 24), (66, 46, 32), (120, 98, 66), (22, 20, 20), (130, 128, 124),
)  # fmt: skip
_BRIGHT: tuple[Color, ...] = ((196, 206, 40), (214, 96, 30), (170, 34, 40), (40, 92, 160))


@dataclass(frozen=True)
class Person:
    """Someone at (`s`, `z`); `heading` 0 walks away from the camera, pi towards it."""

    s: float
    z: float
    heading: float
    height: float
    stride: float  # how far the legs are apart, radians
    coat: Color
    trousers: Color
    skin: Color
    hair: Color
    long_coat: bool = False
    bag: Color | None = None
    label: int = Label.PEDESTRIAN

    def corners(self) -> list[Point]:
        """Corners of a box around them, for the shadow."""
        return [
            (self.s + a, y * self.height, self.z + b)
            for y, r in ((0.02, 0.1), (0.6, 0.2), (1.0, 0.08))
            for a in (-r, r)
            for b in (-r, r)
        ]

    def place(self, ahead: float, right: float, up: float) -> Point:
        """Body coordinates (for a height of 1.75 m) -> world."""
        k = self.height / 1.75
        up -= 0.84 * (1 - np.cos(self.stride)) * (self.label == Label.PEDESTRIAN)  # legs apart
        cos, sin = np.cos(self.heading), np.sin(self.heading)
        return (
            self.s + k * (ahead * sin + right * cos),
            k * up,
            self.z + k * (ahead * cos - right * sin),
        )

    def limb(
        self, canvas: Canvas, ends: tuple[Point, Point], radii: tuple[float, float], color: Color
    ) -> None:
        """A capsule between two points in body coordinates."""
        a, b = (self.place(*end) for end in ends)
        canvas.capsule((a, b), radii, scaled(color, canvas.light.on((0, 0.2, -0.5))), self.label)

    def draw(self, canvas: Canvas) -> None:
        """A walking figure, far limbs first."""
        swing = self.stride
        # The side of the body that is farther away is drawn before the trunk.
        far = 1 if np.sin(self.heading) < 0 else -1
        self._leg(canvas, far, swing)
        self._arm(canvas, far, -swing)
        self._leg(canvas, -far, -swing)
        self._trunk(canvas)
        self._arm(canvas, -far, swing)
        if self.bag is not None:
            self.limb(
                canvas,
                ((-0.05, -far * 0.27, 0.95), (-0.02, -far * 0.27, 0.75)),
                (0.1, 0.12),
                self.bag,
            )

    def _leg(self, canvas: Canvas, side: int, swing: float) -> None:
        hip = (0.0, side * 0.09, 0.9)
        knee = (0.42 * np.sin(swing), side * 0.09, 0.9 - 0.42 * np.cos(swing))
        lower = swing - (0.25 if swing < 0 else 0.0)
        ankle = (knee[0] + 0.42 * np.sin(lower), side * 0.09, knee[2] - 0.4 * np.cos(lower))
        self.limb(canvas, (hip, knee), (0.095, 0.07), self.trousers)
        self.limb(canvas, (knee, ankle), (0.07, 0.05), self.trousers)
        toe = (ankle[0] + 0.16, ankle[1], ankle[2] - 0.03)
        self.limb(canvas, (ankle, toe), (0.05, 0.04), (26, 24, 24))

    def _arm(self, canvas: Canvas, side: int, swing: float) -> None:
        shoulder = (0.0, side * 0.2, 1.42)
        elbow = (0.28 * np.sin(swing * 0.9), side * 0.25, 1.42 - 0.28 * np.cos(swing))
        hand = (elbow[0] + 0.24 * np.sin(swing + 0.35), side * 0.24, elbow[2] - 0.23)
        self.limb(canvas, (shoulder, elbow), (0.065, 0.052), scaled(self.coat, 0.92))
        self.limb(canvas, (elbow, hand), (0.052, 0.04), scaled(self.coat, 0.92))
        self.limb(canvas, (hand, (hand[0], hand[1], hand[2] - 0.06)), (0.038, 0.035), self.skin)

    def _trunk(self, canvas: Canvas) -> None:
        hem = 0.62 if self.long_coat else 0.86
        for right in (-0.07, 0.07):
            self.limb(canvas, ((0, right, hem), (0, right, 1.12)), (0.13, 0.105), self.coat)
            self.limb(canvas, ((0, right, 1.12), (0, right * 1.25, 1.4)), (0.105, 0.11), self.coat)
        self.limb(canvas, ((0, 0, 1.48), (0.01, 0, 1.55)), (0.055, 0.05), self.skin)
        self.draw_head(canvas, (0.015, 0, 1.645))

    def draw_head(self, canvas: Canvas, at: Point) -> None:
        """Face and hair around `at` (body coordinates)."""
        ahead, right, up = at
        self.limb(
            canvas,
            ((ahead + 0.015, right, up - 0.04), (ahead, right, up + 0.02)),
            (0.078, 0.095),
            self.skin,
        )
        facing = np.cos(self.heading) < -0.3
        low = 0.055 if facing else -0.03
        self.limb(
            canvas,
            ((ahead - 0.03, right, up + low), (ahead - 0.015, right, up + 0.055)),
            (0.085, 0.085),
            self.hair,
        )


def random_person(rng: np.random.Generator, s: float, z: float) -> Person:
    """A pedestrian who walks along the street, this way or that, or waits."""
    heading = rng.choice([0.0, np.pi]) + rng.normal(0, 0.45)
    return Person(
        s,
        z,
        float(heading),
        rng.uniform(1.55, 1.88),
        rng.uniform(-0.36, 0.36),
        _pick(rng, _CLOTHES),
        _pick(rng, _TROUSERS),
        _pick(rng, _SKINS),
        _pick(rng, _HAIRS),
        bool(rng.random() < 0.35),
        _pick(rng, _CLOTHES) if rng.random() < 0.4 else None,
    )


@dataclass(frozen=True)
class Cyclist:
    """A rider on a bicycle; the rider's `heading` is the bicycle's."""

    rider: Person
    frame: Color
    helmet: Color | None

    @property
    def z(self) -> float:
        """Distance in metres."""
        return self.rider.z

    def meets(self, car: Car) -> bool:
        """Whether the car stands where the bicycle is."""
        return abs(self.rider.s - car.s) < 1.3 and -1.5 < self.z - car.z < car.length + 1.5

    def corners(self) -> list[Point]:
        """Corners of a prism around it, for the shadow."""
        place = self.rider.place
        return [
            place(a, b, y)
            for a, y in ((-0.85, 0.02), (0.85, 0.02), (-0.2, 1.3), (0.25, 1.7))
            for b in (-0.15, 0.15)
        ]

    def draw(self, canvas: Canvas) -> None:
        """Wheels and frame, then the rider."""
        for ahead in sorted((-0.52, 0.52), key=lambda a: -self.rider.place(a, 0, 0)[2]):
            self._wheel(canvas, ahead)
        crank, seat, head = (-0.08, 0, 0.3), (-0.22, 0, 0.82), (0.36, 0, 0.8)
        rear, front = (-0.52, 0, 0.34), (0.52, 0, 0.34)
        for a, b in (
            (rear, crank),
            (rear, seat),
            (crank, seat),
            (crank, head),
            (seat, head),
            (head, front),
        ):
            self.rider.limb(canvas, (a, b), (0.022, 0.022), self.frame)
        bar = (0.42, 0.0, 0.98)
        self.rider.limb(canvas, (head, bar), (0.018, 0.018), (40, 40, 42))
        self.rider.limb(
            canvas, ((0.42, -0.26, 0.98), (0.42, 0.26, 0.98)), (0.02, 0.02), (30, 30, 32)
        )
        far = 1 if np.sin(self.rider.heading) < 0 else -1
        self._limbs(canvas, far, up=True)
        self._trunk(canvas)
        self._limbs(canvas, -far, up=False)

    def _wheel(self, canvas: Canvas, ahead: float) -> None:
        angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        rim = [
            self.rider.place(ahead + 0.33 * np.cos(a), 0, 0.34 + 0.33 * np.sin(a)) for a in angles
        ]
        # Seen from straight behind the disc has no width: the tyre still has.
        canvas.relabel(canvas.camera.project(rim), self.rider.label)
        outline = canvas.camera.project(rim)
        hub = canvas.camera.project([self.rider.place(ahead, 0, 0.34)])[0]
        tyre = max(1, round(0.045 * canvas.camera.scale(self.rider.z)))
        points = np.round(outline).astype(np.int32)
        if tyre >= 3:
            for spoke in points[::2]:
                cv2.line(
                    canvas.pixels,
                    tuple(map(int, hub)),
                    tuple(map(int, spoke)),
                    (96, 96, 98, self.rider.label),
                    1,
                )
        cv2.polylines(canvas.pixels, [points], True, (22, 22, 23, self.rider.label), tyre)

    def _limbs(self, canvas: Canvas, side: int, up: bool) -> None:
        rider = self.rider
        hip = (-0.24, side * 0.09, 0.95)
        foot = (0.02, side * 0.12, 0.46) if up else (-0.16, side * 0.12, 0.14)
        knee = (0.22, side * 0.13, 0.86) if up else (0.1, side * 0.12, 0.6)
        rider.limb(canvas, (hip, knee), (0.1, 0.07), rider.trousers)
        rider.limb(canvas, (knee, foot), (0.07, 0.045), rider.trousers)
        rider.limb(
            canvas, (foot, (foot[0] + 0.14, foot[1], foot[2] - 0.03)), (0.045, 0.04), (24, 24, 24)
        )
        shoulder, elbow, hand = (
            (0.14, side * 0.19, 1.4),
            (0.2, side * 0.28, 1.16),
            (0.42, side * 0.24, 1.02),
        )
        rider.limb(canvas, (shoulder, elbow), (0.07, 0.055), scaled(rider.coat, 0.9))
        rider.limb(canvas, (elbow, hand), (0.055, 0.04), scaled(rider.coat, 0.9))

    def _trunk(self, canvas: Canvas) -> None:
        rider = self.rider
        for right in (-0.08, 0.08):
            rider.limb(
                canvas, ((-0.24, right, 0.98), (0.1, right * 1.3, 1.4)), (0.13, 0.125), rider.coat
            )
        rider.limb(canvas, ((0.16, 0, 1.48), (0.2, 0, 1.54)), (0.055, 0.05), rider.skin)
        rider.draw_head(canvas, (0.22, 0, 1.63))
        if self.helmet is not None:
            rider.limb(canvas, ((0.12, 0, 1.69), (0.26, 0, 1.7)), (0.09, 0.085), self.helmet)


def random_cyclist(rng: np.random.Generator, s: float, z: float, oncoming: bool) -> Cyclist:
    """A cyclist who rides along the street, perhaps in bright clothes and a helmet."""
    person = random_person(rng, s, z)
    rider = replace(
        person,
        heading=float((np.pi if oncoming else 0.0) + rng.normal(0, 0.22)),
        coat=_pick(rng, _BRIGHT if rng.random() < 0.5 else _CLOTHES),
        label=Label.BICYCLIST,
    )
    helmet = _pick(rng, _BRIGHT + _CLOTHES[:2]) if rng.random() < 0.7 else None
    return Cyclist(rider, _pick(rng, _BRIGHT + _CLOTHES), helmet)


def _pick(rng: np.random.Generator, colors: tuple[Color, ...]) -> Color:
    return scaled(colors[rng.integers(len(colors))], rng.uniform(0.85, 1.15))
