"""Street furniture: bins, boxes, shelters, seats and planters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.canvas import (
    Canvas,
    Color,
    Label,
    Point,
    across_street,
    along_street,
    scaled,
)
from segformer_gui.core.scenes.furniture.signs import Face
from segformer_gui.core.scenes.ground.glyphs import box, ring
from segformer_gui.core.scenes.ground.street import KERB

_GLASS: Color = (120, 136, 144)


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


@dataclass(frozen=True)
class Block:
    """A box with its near end at `z`; `kind` is cabinet, phone, skip, planter or column.

    A planter's plants are `TREE`, a column of advertisements is `SIGN`, the rest `IGNORE`.
    """

    s: float
    z: float
    kind: str
    size: Point  # across, up, ahead
    color: Color

    def corners(self) -> list[Point]:
        """The box's corners, for the shadow."""
        wide, high, long = self.size
        return [
            (self.s + a * wide / 2, y, self.z + b)
            for y in (0.0, high)
            for a in (-1, 1)
            for b in (0, long)
        ]

    def draw(self, canvas: Canvas) -> None:
        """Its faces, and what its kind adds to the one that faces us."""
        if self.kind == "column":
            self._column(canvas)
            return
        wide, high, _ = self.size
        self._faces(canvas, self.color)
        face = Face(canvas, (self.s, KERB, self.z))
        if self.kind == "phone":
            for row in range(5):
                low = 0.5 + row * (high - 1.0) / 5
                panes = [
                    box(x, x + wide * 0.22, low, low + (high - 1.0) / 5 - 0.06)
                    for x in (-wide * 0.37, -wide * 0.11, wide * 0.15)
                ]
                face.fill(panes, scaled(_GLASS, 0.7), Label.IGNORE)
            sign = box(-wide * 0.4, wide * 0.4, high - 0.3, high - 0.15)
            face.fill([sign], (222, 220, 212), Label.IGNORE)
        elif self.kind == "cabinet":
            face.fill([box(-0.01, 0.01, 0.1, high - 0.1)], scaled(self.color, 0.5), Label.IGNORE)
        elif self.kind == "planter":
            self._plants(canvas)

    def _faces(self, canvas: Canvas, color: Color) -> None:
        wide, high, long = self.size
        left, right = self.s - wide / 2, self.s + wide / 2
        low, top, light = 0.05, KERB + high, canvas.light
        inner, outward = (left, -1) if self.s > 0 else (right, 1)
        beside = along_street(inner, self.z, self.z + long, low, top)
        canvas.polygon(beside, scaled(color, light.on((outward, 0, 0))), Label.IGNORE)
        if top < canvas.camera.height:
            lid = [(left, top, self.z), (right, top, self.z), (right, top, self.z + long),
                   (left, top, self.z + long)]  # fmt: skip
            bright = light.on((0, 1, 0)) * (0.45 if self.kind == "skip" else 1)
            canvas.polygon(lid, scaled(color, bright), Label.IGNORE)
        facing = across_street(left, right, self.z, low, top)
        canvas.polygon(facing, scaled(color, light.on((0, 0, -1))), Label.IGNORE)

    def _plants(self, canvas: Canvas) -> None:
        """A clump of round leaves, darker at the back."""
        wide, high, long = self.size
        for i in range(14):
            turn = i * 2.4  # the golden angle spreads them evenly
            shift = np.sqrt(i / 14) * np.array([np.cos(turn), np.sin(turn)])
            at = (
                self.s + shift[0] * wide * 0.4,
                KERB + high + 0.1 + 0.12 * (i % 3),
                self.z + long * 0.5 + shift[1] * long * 0.3,
            )
            leaf = scaled((58, 84, 40), canvas.light.on((0, 0.6, -0.4)) * (0.75 + 0.1 * (i % 5)))
            canvas.capsule((at, at), (0.17, 0.17), leaf, Label.TREE)

    def _column(self, canvas: Canvas) -> None:
        wide, high, _ = self.size
        face = Face(canvas, (self.s, 0.0, self.z))
        for left, right, bright in ((-0.5, 0.5, 0.7), (-0.4, 0.42, 0.9), (-0.2, 0.3, 1.05)):
            body = box(wide * left, wide * right, 0.05, high)
            face.fill([body], scaled(self.color, bright))
        face.fill([box(-wide * 0.56, wide * 0.56, high, high + 0.25)], scaled(self.color, 0.5))
        for i, tone in enumerate(((0.5, 0.9, 1.4), (1.3, 0.6, 0.5), (1.2, 1.2, 0.4))):
            low = 0.5 + i * (high - 0.8) / 3
            poster = box(-wide * 0.3, wide * 0.3, low, low + (high - 0.9) / 3.3)
            r, g, b = (min(255.0, c * t) for c, t in zip(self.color, tone, strict=True))
            face.fill([poster], (r, g, b))


@dataclass(frozen=True)
class Shelter:
    """A bus shelter of glass along the pavement, open to the street; `IGNORE` as a whole."""

    s: float  # its back
    near: float
    far: float
    depth: float  # towards the street, with its sign
    color: Color

    @property
    def z(self) -> float:
        """Its far end: people wait before it."""
        return self.far

    def corners(self) -> list[Point]:
        """The roof's and the feet's corners, for the shadow."""
        return [
            (s, y, z)
            for y in (2.2, 2.35)
            for s in (self.s, self.s + self.depth)
            for z in (self.near, self.far)
        ] + [(self.s, 0.0, self.near), (self.s, 0.0, self.far)]

    def draw(self, canvas: Canvas) -> None:
        """Glass keeps the colours of what is behind it."""
        color, front = scaled(self.color, canvas.light.on((0, 0.3, -0.5))), self.s + self.depth
        panes = (
            across_street(self.s, front, self.far, KERB + 0.2, 2.25),
            along_street(self.s, self.near, self.far, KERB + 0.2, 2.25),
        )
        for pane in panes:
            canvas.relabel(canvas.camera.project(pane), Label.IGNORE)
        seat = along_street(self.s + self.depth * 0.3, self.near, self.far, 0.5, 0.6)
        canvas.polygon(seat, color, Label.IGNORE)
        for s, z in ((self.s, self.far), (front, self.far), (self.s, self.near)):
            canvas.capsule(((s, KERB, z), (s, 2.3, z)), (0.04, 0.04), color, Label.IGNORE)
        for z in (self.far, self.near):
            left, right = sorted((self.s, front))
            roof = across_street(left, right, z, 2.25, 2.42)
            canvas.polygon(roof, scaled(color, 0.9), Label.IGNORE)
        edge = along_street(front, self.near, self.far, 2.25, 2.42)
        canvas.polygon(edge, color, Label.IGNORE)


@dataclass(frozen=True)
class Seats:
    """A bench, or a cafe's table with two chairs: `IGNORE`."""

    s: float
    z: float
    table: bool
    color: Color

    def corners(self) -> list[Point]:
        """A box around it, for the shadow."""
        return [
            (self.s + a, y, self.z + b) for y in (0.0, 0.75) for a in (-0.7, 0.7) for b in (0, 0.5)
        ]

    def draw(self, canvas: Canvas) -> None:
        """Legs, then seats and backs or the table's top."""
        color = scaled(self.color, canvas.light.on((0, 0.3, -0.5)))

        def rod(a: Point, b: Point, thick: float) -> None:
            ends = [(self.s + s, KERB + y, self.z + z) for s, y, z in (a, b)]
            canvas.capsule((ends[0], ends[1]), (thick, thick), color, Label.IGNORE)

        for side in (-0.65, 0.65):
            rod((side, 0, 0.4), (side, 0.88, 0.4), 0.025)
            rod((side, 0, 0), (side, 0.44, 0), 0.025)
        if not self.table:
            for y, z in ((0.44, 0), (0.44, 0.2), (0.6, 0.4), (0.8, 0.4)):
                rod((-0.75, y, z), (0.75, y, z), 0.04)
            return
        for side in (-1, 1):
            rod((side * 0.65, 0.44, 0.1), (side * 0.4, 0.44, 0.1), 0.04)
        rod((0, 0, 0.2), (0, 0.72, 0.2), 0.03)
        top = [(x * 0.4 + self.s, KERB + 0.74, y * 0.4 + self.z + 0.2) for x, y in ring(1.0, 14)]
        canvas.polygon(top, scaled(color, 1.2), Label.IGNORE)
