"""Cyclists, and bicycles that stand alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Label, Point, scaled
from segformer_gui.core.scenes.people.person import BRIGHT, CLOTHES, Person, pick, random_person
from segformer_gui.core.scenes.vehicles.cars import Car


@dataclass(frozen=True)
class Cyclist:
    """A rider on a bicycle; the rider's `heading` is the bicycle's."""

    rider: Person
    frame: Color
    helmet: Color | None
    load: Color | None = None  # panniers, or a child's seat when `seat`
    seat: bool = False
    alone: bool = False  # a parked bicycle without a rider

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
        if self.alone:
            self.rider.limb(
                canvas, ((-0.34, 0, 0.88), (-0.1, 0, 0.9)), (0.045, 0.025), (26, 26, 28)
            )
            return
        far = 1 if np.sin(self.rider.heading) < 0 else -1
        self._limbs(canvas, far, up=True)
        if self.load is not None and np.cos(self.rider.heading) < 0:
            self._carry(canvas, self.load)
        self._trunk(canvas)
        self._limbs(canvas, -far, up=False)
        if self.load is not None and np.cos(self.rider.heading) >= 0:
            self._carry(canvas, self.load)

    def _carry(self, canvas: Canvas, color: Color) -> None:
        """A child in its seat, or bags at the rear wheel."""
        limb = self.rider.limb
        if self.seat:
            limb(canvas, ((-0.55, 0, 0.85), (-0.6, 0, 1.15)), (0.16, 0.12), color)
            limb(canvas, ((-0.56, 0, 1.32), (-0.56, 0, 1.36)), (0.11, 0.1), self.frame)
            return
        for right in (-0.14, 0.14):
            limb(canvas, ((-0.6, right, 0.45), (-0.6, right, 0.65)), (0.1, 0.1), color)

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
        if rider.extra == "rucksack":
            rider.limb(canvas, ((-0.26, 0, 1.2), (-0.08, 0, 1.42)), (0.11, 0.1), rider.accent)
        rider.limb(canvas, ((0.16, 0, 1.48), (0.2, 0, 1.54)), (0.055, 0.05), rider.skin)
        rider.draw_head(canvas, (0.22, 0, 1.63))
        if self.helmet is not None:
            rider.limb(canvas, ((0.12, 0, 1.69), (0.26, 0, 1.7)), (0.09, 0.085), self.helmet)


def random_cyclist(
    rng: np.random.Generator, s: float, z: float, oncoming: bool, heading: float | None = None
) -> Cyclist:
    """A cyclist who rides along the street unless told otherwise, perhaps in bright clothes."""
    person = random_person(rng, s, z)
    along = float((np.pi if oncoming else 0.0) + rng.normal(0, 0.22))
    rider = replace(
        person,
        heading=along if heading is None else heading,
        height=max(person.height, 1.5),
        coat=pick(rng, BRIGHT if rng.random() < 0.45 else CLOTHES),
        extra="rucksack" if rng.random() < 0.25 else "",
        label=Label.BICYCLIST,
    )
    helmet = pick(rng, BRIGHT + CLOTHES[:2]) if rng.random() < 0.6 else None
    load = (
        pick(rng, (CLOTHES[:10] if rng.random() < 0.7 else BRIGHT)) if rng.random() < 0.3 else None
    )
    seat = bool(rng.random() < 0.3)
    return Cyclist(rider, pick(rng, BRIGHT + CLOTHES), helmet, load, seat)


def parked_bicycles(rng: np.random.Generator, s: float, z: float, count: int) -> list[Cyclist]:
    """Bicycles at stands along the pavement; no class of CamVid's, so labelled `IGNORE`."""
    turn = rng.uniform(0.9, 1.9)
    bicycles: list[Cyclist] = []
    for i in range(count):
        person = random_person(
            rng, s + rng.normal(0, 0.1), z + 0.55 * i, turn + rng.normal(0, 0.12)
        )
        stand = replace(person, height=1.72, stride=0.0, label=Label.IGNORE)
        bicycles.append(Cyclist(stand, pick(rng, BRIGHT + CLOTHES), None, alone=True))
    return bicycles
