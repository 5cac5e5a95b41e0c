"""The body of a car, face by face, in the car's own coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.scenes.canvas import Canvas, Color, Label, Point, scaled

_GLASS: Color = (34, 40, 46)
_TYRE: Color = (20, 20, 22)
_UNDERSIDE: Color = (14, 14, 15)

CarPoint = tuple[float, float, float]  # along from the rear, across to the visible side, height


@dataclass(frozen=True)
class Shape:
    """Profile of a car; metres, lengths measured from its rear."""

    name: str
    length: float
    width: float
    deck: tuple[tuple[float, float], ...]  # top of the lower body: (along, height)
    cabin: tuple[float, float, float, float]  # rear base, roof rear, roof front, windscreen base
    roof: float
    pillars: tuple[float, ...]  # along


class Body:
    """Draws a car of `shape` whose middle is at `s` and whose nearest end is at `z`."""

    def __init__(
        self, canvas: Canvas, shape: Shape, s: float, z: float, color: Color, oncoming: bool
    ) -> None:
        self.canvas, self.shape, self.color = canvas, shape, color
        self.s, self.z, self.oncoming = s, z, oncoming
        # The line of sight, relative to a street that bends: which flank the camera sees.
        self.offset = s - canvas.camera.bend * z**2
        self.side = -1.0 if self.offset > 0 else 1.0
        along, top = np.array(shape.deck).T
        self.stations: NDArray[np.float64] = np.linspace(0, shape.length, 22)
        self.top: NDArray[np.float64] = np.interp(self.stations, along, top)
        self.near = shape.length if oncoming else 0.0  # the end that the camera sees

    def draw(self, braking: bool) -> None:
        """Draw the faces that look at the camera, those behind first."""
        self._underneath()
        # A car straight ahead shows its end alone.
        if abs(self.offset) > self.shape.width / 2:
            self._flank()
            self._wheels()
            if self.z < 35:
                self._seams()
        self._deck()
        self._near_end()
        if self.oncoming:
            self._nose()
        else:
            self._tail((226, 40, 30) if braking else (128, 24, 24))
        self._mirrors()
        self._cabin()

    def _face(self, corners: list[CarPoint], color: Color) -> None:
        world: list[Point] = []
        for along, across, y in corners:
            z = self.shape.length - along if self.oncoming else along
            world.append((self.s + across * self.side, y, self.z + z))
        self.canvas.polygon(world, color, Label.CAR)

    def _end_box(
        self, along: float, left: float, right: float, low: float, high: float, color: Color
    ) -> None:
        """An upright rectangle across the car."""
        self._face(
            [(along, left, low), (along, right, low), (along, right, high), (along, left, high)],
            color,
        )

    def _side_box(
        self, rear: float, front: float, across: float, low: float, high: float, color: Color
    ) -> None:
        """An upright rectangle along the car."""
        self._face(
            [
                (rear, across, low),
                (front, across, low),
                (front, across, high),
                (rear, across, high),
            ],
            color,
        )

    def _light(self, along: float, across: float, up: float) -> float:
        """Light on a face with this normal, with some gloss from the sky on what looks up."""
        normal = np.array([across * self.side, up, -along if self.oncoming else along])
        normal /= np.linalg.norm(normal)
        return self.canvas.light.on(normal) * (0.9 + 0.35 * max(0.0, float(normal[1])))

    def _half(self, along: float) -> float:
        """Half width in plan: rounded towards both ends."""
        end = min(along, self.shape.length - along)
        return self.shape.width / 2 * (1 - 0.13 * float(np.exp(-end / 0.22)))

    def _belt(self, along: float) -> float:
        """Height of the lower body's top."""
        return float(np.interp(along, self.stations, self.top))

    def _inward(self, distance: float) -> float:
        """Position along the car `distance` from the near end."""
        return abs(self.near - distance)

    def _underneath(self) -> None:
        half = self.shape.width / 2
        for along in (0.75, self.shape.length - 0.75):
            near = along + (0.25 if self.oncoming else -0.25)
            for left, right in ((0.05 - half, 0.27 - half), (half - 0.27, half - 0.05)):
                self._end_box(near, left, right, 0.02, 0.4, _TYRE)
        self._end_box(self._inward(0.1), 0.08 - half, half - 0.08, 0.17, 0.4, _UNDERSIDE)
        self._side_box(0.05, self.shape.length - 0.05, half - 0.08, 0.17, 0.4, _UNDERSIDE)

    def _flank(self) -> None:
        """The side towards the camera, in strips that curve: sill, doors, shoulder."""
        strips = (
            (0.0, 0.3, 0.05, 0.0, -0.35), (0.3, 0.62, 0.0, 0.0, 0.05),
            (0.62, 0.86, 0.0, 0.02, 0.22), (0.86, 1.0, 0.02, 0.07, 0.7),
        )  # fmt: skip
        for (a, top_a), (b, top_b) in pairwise(zip(self.stations, self.top, strict=True)):
            turn = (self._half(a) - self._half(b)) / (b - a)
            for low, high, tuck_low, tuck_high, up in strips:
                quad = [
                    (at, self._half(at) - tuck, 0.24 + (top - 0.24) * share)
                    for at, top, tuck, share in (
                        (a, top_a, tuck_low, low), (a, top_a, tuck_high, high),
                        (b, top_b, tuck_high, high), (b, top_b, tuck_low, low),
                    )
                ]  # fmt: skip
                self._face(quad, scaled(self.color, self._light(turn, 1.0, up)))

    def _deck(self) -> None:
        """Bonnet and boot lid, far to near."""
        parts = list(pairwise(zip(self.stations, self.top, strict=True)))
        for (a, top_a), (b, top_b) in parts if self.oncoming else reversed(parts):
            half_a, half_b = self._half(a) - 0.07, self._half(b) - 0.07
            quad = [
                (a, -half_a, top_a),
                (b, -half_b, top_b),
                (b, half_b, top_b),
                (a, half_a, top_a),
            ]
            shade = self._light((top_a - top_b) / (b - a), 0.0, 1.0)
            self._face(quad, scaled(self.color, shade * 0.95))

    def _near_end(self) -> None:
        """The panels of tail or nose, and the bumper."""
        at, half = self.near, self._half(self.near)
        facing = 1.0 if self.oncoming else -1.0
        edges = (0.22, 0.42, 0.6, self._belt(at))
        for (low, high), up in zip(pairwise(edges), (-0.3, 0.25, 0.1), strict=True):
            self._end_box(
                at, -half, half, low, high, scaled(self.color, self._light(facing, 0, up))
            )
        self._end_box(at, -half, half, 0.22, 0.3, (24, 24, 26))
        self._end_box(at, -half, half, 0.41, 0.44, scaled(self.color, 0.45))

    def _nose(self) -> None:
        at, half, reach = self.near, self._half(self.near), self._inward(0.35)
        self._end_box(at, -half * 0.45, half * 0.45, 0.3, 0.4, (16, 16, 18))
        grille = [
            (at, -half * 0.42, 0.46),
            (at, half * 0.42, 0.46),
            (self._inward(0.06), half * 0.48, 0.6),
            (self._inward(0.06), -half * 0.48, 0.6),
        ]
        self._face(grille, (20, 21, 23))
        for edge in (-half, half):
            lamp = [
                (self._inward(0.03), edge * 0.55, 0.52),
                (self._inward(0.06), edge * 0.97, 0.54),
                (reach, edge * 1.02, self._belt(reach) - 0.06),
                (self._inward(0.16), edge * 0.6, 0.66),
            ]
            self._face(lamp, (176, 182, 188))
            inner = [
                (self._inward(0.03), edge * 0.66, 0.55),
                (self._inward(0.05), edge * 0.84, 0.56),
                (self._inward(0.12), edge * 0.86, 0.65),
                (self._inward(0.1), edge * 0.68, 0.64),
            ]
            self._face(inner, (236, 238, 232))
        self._plate((214, 214, 208), 0.4)

    def _tail(self, glow: Color) -> None:
        half, edge = self._half(0), self._half(0.12)
        high = self._belt(0) + (0.25 if self.shape.name == "van" else 0.1)
        for side in (-1, 1):
            lamp = [
                (0, side * half * 0.72, 0.6),
                (0, side * half, 0.6),
                (0.12, side * edge, high),
                (0.1, side * edge * 0.78, high),
            ]
            self._face(lamp, glow)
            self._end_box(0, side * half * 0.76, side * half, 0.68, 0.73, (196, 150, 110))
        self._plate((196, 166, 40), 0.56)

    def _plate(self, color: Color, height: float) -> None:
        self._end_box(self.near, -0.28, 0.28, height - 0.075, height + 0.075, (40, 40, 40))
        self._end_box(self.near, -0.26, 0.26, height - 0.055, height + 0.055, color)
        for i in (0, 1, 2, 3, 5, 6):
            x = -0.21 + i * 0.065
            self._end_box(self.near, x, x + 0.035, height - 0.035, height + 0.035, (34, 34, 34))

    def _cabin_point(self, along: float, up: float) -> CarPoint:
        """On the cabin's side: `up` is 0 at the belt and 1 at the roof, which is narrower."""
        belt = self._belt(along)
        lean = 0.1 if self.shape.name == "van" else 0.16
        half = self._half(along) - 0.09 - lean * up
        return along, half, belt + (self.shape.roof - belt) * up

    def _slope(self, up: float) -> tuple[float, float]:
        """Where the cabin begins and ends at height share `up`."""
        rear, roof_rear, roof_front, front = self.shape.cabin
        return rear + (roof_rear - rear) * up, front + (roof_front - front) * up

    def _cabin(self) -> None:
        (start, end), (top_start, top_end) = self._slope(0), self._slope(1)
        outline = ((start, 0), (end, 0), (top_end, 1), (top_start, 1))
        side = [self._cabin_point(along, up) for along, up in outline]
        self._face(side, scaled(self.color, self._light(0, 1.0, 0.3)))
        self._side_glass()
        half = self._cabin_point(top_start, 1)[1]
        for left, right in pairwise(np.linspace(-1, 1, 7)):
            low, high = (self.shape.roof + 0.055 * (1 - e**2) for e in (left, right))
            strip = [
                (top_start, left * half, low),
                (top_end, left * half, low),
                (top_end, right * half, high),
                (top_start, right * half, high),
            ]
            self._face(strip, scaled(self.color, self._light(0, (left + right) * 0.2, 1.0)))
        self._end_glass()

    def _side_glass(self) -> None:
        low, middle, high = 0.06, 0.47, 0.88
        (rear_low, front_low), (rear_high, front_high) = self._slope(low), self._slope(high)
        pillars = [p for p in self.shape.pillars if p > rear_low + 0.3]
        # Each pane's edges at its foot and at its head; a van has none behind its doors.
        edges = [(p, p) for p in pillars] + [(front_low - 0.15, front_high - 0.05)]
        if self.shape.name != "van":
            edges.insert(0, (rear_low + 0.13, rear_high + 0.09))
        shade = self._light(0, 1, 0.3)
        for (a_low, a_high), (b_low, b_high) in pairwise(edges):
            a_low, a_high, b_low, b_high = a_low + 0.05, a_high + 0.05, b_low - 0.05, b_high - 0.05
            a_middle, b_middle = (a_low + a_high) / 2, (b_low + b_high) / 2
            pane = ((a_low, low), (b_low, low), (b_high, high), (a_high, high))
            self._face([self._cabin_point(*p) for p in pane], scaled(_GLASS, shade))
            gleam = ((a_middle, middle), (b_middle, middle), (b_high, high), (a_high, high))
            self._face([self._cabin_point(*p) for p in gleam], scaled((66, 74, 82), shade))

    def _end_glass(self) -> None:
        """Rear window or windscreen, with the brighter reflection of the sky in its upper half."""
        index, facing = (1, 1) if self.oncoming else (0, -1)
        base, top = self._slope(0)[index], self._slope(1)[index]
        _, base_half, belt = self._cabin_point(base, 0)
        roof_half = self._cabin_point(top, 1)[1]
        tilt = self._light(facing, 0, abs(top - base) / (self.shape.roof - belt))

        def band(low: float, high: float, inset: float, color: Color) -> None:
            corners: list[CarPoint] = []
            for up, side in ((low, -1), (low, 1), (high, 1), (high, -1)):
                half = base_half + (roof_half - base_half) * up - inset
                height = belt + (self.shape.roof - belt) * up
                corners.append((base + (top - base) * up, side * half, height))
            self._face(corners, scaled(color, tilt))

        band(0, 1, 0, self.color)
        if self.shape.name == "van" and not self.oncoming:
            band(0.35, 0.88, base_half * 0.55, _GLASS)
            return
        band(0.04 if self.oncoming else 0.14, 0.9, 0.07, _GLASS)
        band(0.5, 0.9, 0.07, (58, 66, 74))
        band(0.74, 0.9, 0.07, (88, 98, 106))
        at = base + (top - base) * 0.4
        for middle in (-0.36 * base_half / 0.9, 0.36 * base_half / 0.9):  # head rests
            self._end_box(at, middle - 0.1, middle + 0.1, belt + 0.1, belt + 0.28, (22, 24, 26))

    def _wheels(self) -> None:
        for along in (0.75, self.shape.length - 0.8):
            across = self._half(along) + 0.005
            for radius, height, color in (
                (0.37, 0.33, (12, 12, 13)), (0.31, 0.31, _TYRE), (0.215, 0.31, (118, 120, 124)),
                (0.18, 0.31, (84, 86, 90)), (0.06, 0.31, (140, 142, 146)),
            ):  # fmt: skip
                turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
                self._face(_on_circle(along, across, height, radius, turn), color)
            for spoke in range(5):
                turn = np.array([-0.16, 0.16]) + 2 * np.pi * spoke / 5 + along
                tip = _on_circle(along, across, 0.31, 0.19, turn)
                self._face([(along, across, 0.31), *tip], (128, 130, 134))

    def _seams(self) -> None:
        """Door seams and handles."""
        dark = scaled(self.color, 0.5)
        for along in (*self.shape.pillars[-2:], self.shape.cabin[3] - 0.25):
            if along < 0.9:
                continue
            half, top = self._half(along) + 0.004, self._belt(along) - 0.04
            seam = [
                (along, half, 0.34),
                (along + 0.018, half, 0.34),
                (along + 0.018, half - 0.05, top),
                (along, half - 0.05, top),
            ]
            self._face(seam, dark)
            self._side_box(along + 0.07, along + 0.24, half - 0.01, top - 0.16, top - 0.12, dark)

    def _mirrors(self) -> None:
        at, half = self.shape.cabin[3] - 0.35, self.shape.width / 2
        height, color = self._belt(at) + 0.1, scaled(self.color, 0.7)
        for side in (-1, 1):
            inner, outer = side * (half - 0.06), side * (half + 0.14)
            self._end_box(at, inner, outer, height - 0.07, height + 0.07, color)


def _on_circle(
    along: float, across: float, height: float, radius: float, turn: NDArray[np.float64]
) -> list[CarPoint]:
    """Points of an upright circle along the car."""
    return [
        (along + radius * float(np.cos(a)), across, height + radius * float(np.sin(a)))
        for a in turn
    ]
