"""Street furniture: posts with lamps, lights and signs, railings, fences of boards, bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.canvas import (
    Canvas,
    Color,
    Floats,
    Label,
    Point,
    across_street,
    along_street,
    scaled,
)
from segformer_gui.core.scenes.ground import KERB

_STEEL: Color = (92, 96, 98)
_RED: Color = (186, 30, 36)
_WHITE: Color = (228, 228, 224)
_BLUE: Color = (28, 68, 150)


@dataclass(frozen=True)
class Post:
    """Something on a post; `kind` is lamp, light, bollard, speed, warning, entry or parking."""

    s: float
    z: float
    kind: str
    height: float
    color: Color = _STEEL

    def corners(self) -> list[Point]:
        """The post's outline, for the shadow."""
        return [
            (self.s + a, y, self.z + b)
            for y in (0.0, self.height)
            for a in (-0.06, 0.06)
            for b in (-0.06, 0.06)
        ]

    def draw(self, canvas: Canvas) -> None:
        """Post first, then what it carries."""
        color = scaled(self.color, canvas.light.on((0, 0.3, -0.6)) * 1.1)
        radius = {"lamp": 0.085, "light": 0.065, "bollard": 0.09}.get(self.kind, 0.045)
        ends = ((self.s, 0.05, self.z), (self.s, self.height, self.z))
        canvas.capsule(ends, (radius, radius * 0.7), color, Label.POLE)
        if self.kind == "lamp":
            self._lamp(canvas, color)
        elif self.kind == "light":
            self._traffic_light(canvas)
        elif self.kind == "bollard":
            for y in (self.height * 0.72, self.height * 0.86):
                band = ((self.s, y, self.z), (self.s, y + 0.04, self.z))
                canvas.capsule(band, (radius * 0.85, radius * 0.85), _WHITE, Label.POLE)
        else:
            _PLATES[self.kind](canvas, self.s, self.height - 0.32, self.z - 0.05)

    def _lamp(self, canvas: Canvas, color: Color) -> None:
        canvas.capsule(
            ((self.s, 0.05, self.z), (self.s, 1.3, self.z)), (0.12, 0.11), color, Label.POLE
        )
        inward = -np.sign(self.s) * 1.5
        top = self.height
        canvas.capsule(
            ((self.s, top, self.z), (self.s + inward * 0.7, top + 0.3, self.z)),
            (0.06, 0.05),
            color,
            Label.POLE,
        )
        canvas.capsule(
            (
                (self.s + inward * 0.65, top + 0.3, self.z),
                (self.s + inward * 1.1, top + 0.32, self.z),
            ),
            (0.1, 0.08),
            scaled(color, 1.1),
            Label.POLE,
        )

    def _traffic_light(self, canvas: Canvas) -> None:
        brightness = canvas.light.on((0, 0, -1))
        z, top = self.z - 0.1, self.height + 0.12
        _plate(
            canvas, _rectangle(0.27, 0.56), (self.s, top - 0.5, z), scaled(_WHITE, brightness * 0.8)
        )
        _plate(canvas, _rectangle(0.24, 0.53), (self.s, top - 0.5, z), scaled((20, 21, 22), 1.0))
        lit = int(self.z * 10) % 3
        for i, glow in enumerate(((255, 54, 40), (255, 176, 46), (60, 250, 150))):
            lens = glow if i == lit else scaled(glow, 0.16)
            _plate(canvas, _disc(0.1), (self.s, top - 0.16 - 0.34 * i, z), lens)


@dataclass(frozen=True)
class Railing:
    """Railings (`bars`) or a fence of boards on the line `s`."""

    s: float
    near: float
    far: float
    height: float
    bars: bool
    color: Color

    @property
    def z(self) -> float:
        """Its far end, so that what stands before it is drawn later."""
        return self.far

    def corners(self) -> list[Point]:
        """The panel's outline, for the shadow."""
        return [(self.s, y, z) for y in (0.0, self.height) for z in (self.near, self.far)] + [
            (self.s + 0.05, 0.0, self.near)
        ]

    def draw(self, canvas: Canvas) -> None:
        """Boards one by one, or bars between rails; the gaps between bars are the fence's too."""
        light = canvas.light
        color = scaled(self.color, light.on((-np.sign(self.s), 0, 0)))
        outline = self._strip(0.0, self.height, self.near, self.far)
        if self.bars:
            canvas.relabel(canvas.camera.project(outline), Label.FENCE)
        for i, z in enumerate(np.arange(self.far, self.near, -0.14 if self.bars else -0.2)):
            if self.bars:
                wide = 0.045 if i % 14 else 0.09
                corners = self._strip(0.0, self.height * 0.97, z - wide, z)
            else:
                corners = self._strip(0.0, self.height, z - 0.19, z)
            canvas.polygon(corners, scaled(color, 0.86 + 0.07 * ((i * 7) % 5)), Label.FENCE)
        if self.bars:
            for y in (self.height * 0.94, self.height * 0.12):
                canvas.polygon(self._strip(y, y + 0.06, self.near, self.far), color, Label.FENCE)
        else:
            canvas.polygon(
                self._strip(self.height, self.height + 0.08, self.near, self.far),
                scaled(color, 1.2),
                Label.FENCE,
            )

    def _strip(self, low: float, high: float, near: float, far: float) -> list[Point]:
        return along_street(self.s, near, far, KERB + low, KERB + high)


@dataclass(frozen=True)
class Bin:
    """A litter bin or a pillar box: no class of CamVid's, so it is labelled `IGNORE`."""

    s: float
    z: float
    color: Color
    height: float

    def corners(self) -> list[Point]:
        """Corners of a box around it, for the shadow."""
        return [
            (self.s + a, y, self.z + b)
            for y in (0.0, self.height)
            for a in (-0.22, 0.22)
            for b in (-0.22, 0.22)
        ]

    def draw(self, canvas: Canvas) -> None:
        """A cylinder with a cap and a slot."""
        light = canvas.light.on((0, 0.2, -0.6))
        color = scaled(self.color, light)
        top = self.height
        canvas.capsule(
            ((self.s, 0.22, self.z), (self.s, top - 0.1, self.z)), (0.23, 0.23), color, Label.IGNORE
        )
        canvas.capsule(
            ((self.s - 0.06, top, self.z), (self.s + 0.06, top, self.z)),
            (0.23, 0.23),
            scaled(color, 0.85),
            Label.IGNORE,
        )
        slot = across_street(self.s - 0.13, self.s + 0.13, self.z - 0.2, top - 0.3, top - 0.23)
        canvas.polygon(slot, (14, 14, 14), Label.IGNORE)


def _disc(radius: float) -> Floats:
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _rectangle(half_width: float, half_height: float) -> Floats:
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)
    return corners * (half_width, half_height)


def _plate(canvas: Canvas, outline: Floats, at: Point, color: Color) -> None:
    """A flat sign part that faces the camera, with its outline (N, 2) in metres around `at`."""
    canvas.polygon(np.insert(outline + at[:2], 2, at[2], axis=1), color, Label.SIGN)


def _lit(canvas: Canvas, color: Color) -> Color:
    return scaled(color, canvas.light.on((0, 0, -1)) * 1.1)


def _speed(canvas: Canvas, s: float, y: float, z: float) -> None:
    _plate(canvas, _disc(0.32), (s, y, z), _lit(canvas, _RED))
    _plate(canvas, _disc(0.245), (s, y, z), _lit(canvas, _WHITE))
    ink = _lit(canvas, (24, 24, 26))
    # "20": a 2 of five strokes and a 0 as a ring.
    for x, dy, w, h in (
        (-0.09, 0.09, 0.065, 0.018),
        (-0.043, 0.05, 0.018, 0.05),
        (-0.09, 0.0, 0.065, 0.018),
        (-0.137, -0.05, 0.018, 0.05),
        (-0.09, -0.1, 0.065, 0.018),
    ):
        _plate(canvas, _rectangle(w, h), (s + x, y + dy, z), ink)
    _plate(canvas, _disc(0.11) * (0.68, 1.0), (s + 0.09, y, z), ink)
    _plate(canvas, _disc(0.075) * (0.52, 1.0), (s + 0.09, y, z), _lit(canvas, _WHITE))


def _warning(canvas: Canvas, s: float, y: float, z: float) -> None:
    triangle = np.array([(-0.38, -0.24), (0.38, -0.24), (0.0, 0.42)])
    _plate(canvas, triangle, (s, y, z), _lit(canvas, _RED))
    _plate(canvas, triangle * 0.68, (s, y, z), _lit(canvas, _WHITE))
    _plate(canvas, _rectangle(0.025, 0.09), (s, y + 0.03, z), _lit(canvas, (24, 24, 26)))
    _plate(canvas, _disc(0.03), (s, y - 0.11, z), _lit(canvas, (24, 24, 26)))


def _no_entry(canvas: Canvas, s: float, y: float, z: float) -> None:
    _plate(canvas, _disc(0.34), (s, y, z), _lit(canvas, _WHITE))
    _plate(canvas, _disc(0.32), (s, y, z), _lit(canvas, _RED))
    _plate(canvas, _rectangle(0.23, 0.06), (s, y, z), _lit(canvas, _WHITE))


def _parking(canvas: Canvas, s: float, y: float, z: float) -> None:
    _plate(canvas, _rectangle(0.27, 0.36), (s, y, z), _lit(canvas, _WHITE))
    _plate(canvas, _rectangle(0.25, 0.34), (s, y, z), _lit(canvas, _BLUE))
    _plate(canvas, _rectangle(0.03, 0.2), (s - 0.08, y, z), _lit(canvas, _WHITE))
    _plate(canvas, _disc(0.115), (s + 0.005, y + 0.09, z), _lit(canvas, _WHITE))
    _plate(canvas, _disc(0.06), (s + 0.005, y + 0.09, z), _lit(canvas, _BLUE))


_PLATES = {"speed": _speed, "warning": _warning, "entry": _no_entry, "parking": _parking}
