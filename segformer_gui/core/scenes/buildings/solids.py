"""Solids in a building's own coordinates: x along its front, y up, d back from the front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.canvas import NEAREST, Canvas, Color, Image, Label, Point, scaled

Span = tuple[float, float]
_ALMOST_ON_EDGE = 1.5  # canvas pixels of area, doubled


@dataclass(frozen=True)
class Frame:
    """Where a front stands: its left end as one looks at it, and the direction it runs in.

    `angle` 0 faces the camera; pi/2 is the left side of the street, -pi/2 the right side.
    """

    s: float
    z: float
    angle: float

    def at(self, x: float, y: float, d: float) -> Point:
        """A point of the building in the world."""
        along, back = np.cos(self.angle), np.sin(self.angle)
        return float(self.s + x * along - d * back), y, float(self.z + x * back + d * along)

    def direction(self, x: float, y: float, d: float) -> Point:
        """A direction of the building's in the world."""
        along, back = np.cos(self.angle), np.sin(self.angle)
        return float(x * along - d * back), y, float(x * back + d * along)


@dataclass(frozen=True)
class Face:
    """A flat face, its corners clockwise as seen from outside, and its normal."""

    corners: Sequence[Point]
    normal: Point

    def paint(
        self,
        canvas: Canvas,
        frame: Frame,
        color: Color | Image,
        label: int = Label.BUILDING,
        gain: float = 1.0,
    ) -> None:
        """Draw it where it looks at the camera: a colour, or four corners with a texture.

        A colour is lit here, a texture is drawn as it is.
        """
        if not self.is_seen(canvas, frame):
            return
        corners = [frame.at(*corner) for corner in self.corners]
        if isinstance(color, np.ndarray):
            canvas.texture(corners, color)
        else:
            canvas.polygon(corners, scaled(color, gain * self.brightness(canvas, frame)), label)

    def is_seen(self, canvas: Canvas, frame: Frame) -> bool:
        """Whether it looks at the camera and is not behind it."""
        corners = [frame.at(*corner) for corner in self.corners]
        if max(corner[2] for corner in corners) <= NEAREST:
            return False
        x, y = canvas.camera.project(corners).T
        area = np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))
        return bool(area > _ALMOST_ON_EDGE)

    def brightness(self, canvas: Canvas, frame: Frame) -> float:
        """The daylight on it."""
        return canvas.light.on(frame.direction(*self.normal))


def front_face(x: Span, y: Span, d: float) -> Face:
    """A rectangle that looks as the front does."""
    return Face([(x[0], y[1], d), (x[1], y[1], d), (x[1], y[0], d), (x[0], y[0], d)], (0, 0, -1))


def end_face(x: float, y: Span, d: Span, left: bool) -> Face:
    """A rectangle that looks along the front, to its left or right."""
    first, second = (d[1], d[0]) if left else (d[0], d[1])
    corners = [(x, y[1], first), (x, y[1], second), (x, y[0], second), (x, y[0], first)]
    return Face(corners, (-1 if left else 1, 0, 0))


def box_faces(x: Span, y: Span, d: Span) -> list[Face]:
    """All faces of a box but its back."""
    top = [(x[0], y[1], d[1]), (x[1], y[1], d[1]), (x[1], y[1], d[0]), (x[0], y[1], d[0])]
    bottom = [(x[0], y[0], d[0]), (x[1], y[0], d[0]), (x[1], y[0], d[1]), (x[0], y[0], d[1])]
    return [
        Face(bottom, (0, -1, 0)),
        Face(top, (0, 1, 0)),
        end_face(x[0], y, d, True),
        end_face(x[1], y, d, False),
        front_face(x, y, d[0]),
    ]


def paint_box(
    canvas: Canvas,
    frame: Frame,
    x: Span,
    y: Span,
    d: Span,
    color: Color,
    label: int = Label.BUILDING,
) -> None:
    """Draw a box of one colour."""
    for face in box_faces(x, y, d):
        face.paint(canvas, frame, color, label)


def roof_faces(shape: str, width: float, depth: float, eaves: float, rise: float) -> list[Face]:
    """Faces of a roof over `width` by `depth`: those that are triangles end a gable or a hip."""
    e, r, m, w = eaves, eaves + rise, depth / 2, width
    steep = np.array([depth / 2, rise]) / np.hypot(rise, depth / 2)
    across = np.array([width / 2, rise]) / np.hypot(rise, width / 2)
    if shape == "street gable":  # the ridge runs back from the street
        h = w / 2
        return [
            Face([(h, r, depth), (h, r, 0), (0, e, 0), (0, e, depth)], (-across[1], across[0], 0)),
            Face([(h, r, 0), (h, r, depth), (w, e, depth), (w, e, 0)], (across[1], across[0], 0)),
            Face([(h, r, 0), (w, e, 0), (0, e, 0)], (0, 0, -1)),
        ]
    # How far the ridge stays behind the ends: a gable's not at all, a spire's to the middle.
    inset = {"gable": 0.0, "mansard": 0.0, "hip": min(m, w / 2), "spire": w / 2}[shape]
    first = 0.9 if shape == "mansard" else m
    last = depth - first
    edge = -0.3 if shape == "gable" else 0.0
    a, b = inset, w - inset
    slope = (0.0, 0.3, -0.95) if shape == "mansard" else (0.0, steep[0], -steep[1])
    return [
        Face([(a, r, last), (a, r, first), (0, e, 0), (0, e, depth)], (-1, 0.3 * (inset > 0), 0)),
        Face([(b, r, first), (b, r, last), (w, e, depth), (w, e, 0)], (1, 0.3 * (inset > 0), 0)),
        Face([(a, r, first), (b, r, first), (w, e - 0.1, edge), (0, e - 0.1, edge)], slope),
    ]
