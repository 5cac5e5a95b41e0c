"""Where a vehicle stands and which way it points: its own coordinates in the street's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Label, Point, scaled

# Along from the rear, across towards the side that the camera sees, height.
BodyPoint = tuple[float, float, float]


class Pose:
    """A vehicle of `length` with its middle at (`s`, `z`); `heading` 0 drives away, pi comes."""

    def __init__(self, canvas: Canvas, s: float, z: float, heading: float, length: float) -> None:
        self.canvas, self.s, self.z, self.length = canvas, s, z, length
        self._ahead = float(np.sin(heading)), float(np.cos(heading))
        # The line of sight, relative to a street that bends, as if from a camera at `eye`.
        eye = canvas.camera.bend * z**2 - s, -z
        sin, cos = self._ahead
        self.eye_along = length / 2 + eye[0] * sin + eye[1] * cos
        across = eye[0] * cos - eye[1] * sin
        self.side = 1.0 if across > 0 else -1.0  # the flank that the camera sees: right or left
        self.eye_across = abs(across)
        self.shows_front = self.eye_along > length / 2
        self.shows_end = not 0 < self.eye_along < length
        self.sky = scaled(canvas.light.haze, 0.94)
        self.scale = canvas.camera.scale(z)

    def world(self, point: BodyPoint) -> Point:
        """A point of the vehicle in the street."""
        along, across, y = point
        ahead, right = along - self.length / 2, across * self.side
        sin, cos = self._ahead
        return self.s + ahead * sin + right * cos, y, self.z + ahead * cos - right * sin

    def sees(self, point: BodyPoint, along: float, up: float) -> bool:
        """Whether the camera is before a face through `point` with this normal."""
        height = self.canvas.camera.height
        return along * (self.eye_along - point[0]) + up * (height - point[2]) > 0

    def face(self, corners: Sequence[BodyPoint], color: Color) -> None:
        """Fill a flat face with the colour that leaves it."""
        self.canvas.polygon([self.world(corner) for corner in corners], color, Label.CAR)

    def end_box(
        self, along: float, left: float, right: float, low: float, high: float, color: Color
    ) -> None:
        """An upright rectangle across the vehicle."""
        self.face(
            [(along, left, low), (along, right, low), (along, right, high), (along, left, high)],
            color,
        )

    def side_box(
        self, rear: float, front: float, across: float, low: float, high: float, color: Color
    ) -> None:
        """An upright rectangle along the vehicle."""
        feet = [(rear, across, low), (front, across, low)]
        self.face([*feet, (front, across, high), (rear, across, high)], color)

    def light(self, along: float, across: float, up: float) -> float:
        """Light on a face with this normal."""
        sin, cos = self._ahead
        right = across * self.side
        normal = np.array([along * sin + right * cos, up, along * cos - right * sin])
        return self.canvas.light.on(normal / np.linalg.norm(normal))

    def lacquer(
        self, color: Color, normal: tuple[float, float, float], gloss: float, depth: float
    ) -> Color:
        """Paint that mirrors the sky where it looks up, by `gloss`; below it is darker, by `depth`.

        What looks sideways or down mirrors the street instead of the sky.
        """
        up = normal[2] / float(np.linalg.norm(normal))
        along, across, _ = normal
        lit = self.light(along, across, normal[2]) * (1 - depth * (1 - up) / 2)
        return mixed(scaled(color, lit), self.sky, gloss * max(0.0, up) ** 1.5)

    def wheel(self, along: float, across: float, radius: float, rim: Color) -> None:
        """A wheel in its arch, seen from the side."""
        for size, height, color in (
            (1.2, 1.07, (12, 12, 13)), (1, 1, (20, 20, 22)), (0.69, 1, rim),
            (0.58, 1, scaled(rim, 0.72)), (0.2, 1, scaled(rim, 1.2)),
        ):  # fmt: skip
            turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
            self.face(_on_circle(along, across, height * radius, size * radius, turn), color)
        if self.scale * radius > 8:
            for spoke in range(5):
                turn = np.array([-0.16, 0.16]) + 2 * np.pi * spoke / 5 + along
                tip = _on_circle(along, across, radius, 0.61 * radius, turn)
                self.face([(along, across, radius), *tip], scaled(rim, 1.08))

    def plate(self, along: float, height: float, color: Color) -> None:
        """A number plate across the vehicle."""
        self.end_box(along, -0.28, 0.28, height - 0.075, height + 0.075, (40, 40, 40))
        self.end_box(along, -0.26, 0.26, height - 0.055, height + 0.055, color)
        if self.scale > 25:
            for i in (0, 1, 2, 3, 5, 6):
                x = -0.21 + i * 0.065
                self.end_box(along, x, x + 0.035, height - 0.035, height + 0.035, (34, 34, 34))


def mixed(first: Color, second: Color, share: float) -> Color:
    """`first` with `share` of `second`."""
    r, g, b = (a + (c - a) * share for a, c in zip(first, second, strict=True))
    return r, g, b


def _on_circle(
    along: float, across: float, height: float, radius: float, turn: np.ndarray
) -> list[BodyPoint]:
    """Points of an upright circle along the vehicle."""
    return [
        (along + radius * float(np.cos(a)), across, height + radius * float(np.sin(a)))
        for a in turn
    ]
