"""Buildings of all kinds along and across the street: solids with painted walls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.buildings.elevation import Glass, random_glass
from segformer_gui.core.scenes.buildings.fittings import fit_out
from segformer_gui.core.scenes.buildings.fronts import STOREY, front_texture
from segformer_gui.core.scenes.buildings.landmarks import draw_battlements, draw_tower
from segformer_gui.core.scenes.buildings.solids import (
    Face,
    Frame,
    end_face,
    front_face,
    paint_box,
    roof_faces,
)
from segformer_gui.core.scenes.buildings.walls import lit, party_wall, roof_texture, wall_color
from segformer_gui.core.scenes.canvas import Canvas, Color, Image, Point, scaled

_ROOFS: tuple[Color, ...] = (
    (72, 70, 74), (92, 66, 56), (64, 58, 56), (84, 80, 80), (136, 74, 52), (120, 92, 74),
    (50, 50, 54), (110, 112, 116),
)  # fmt: skip
_OPEN = 12.0  # metres from the street's middle; beyond, nothing opposite shades a front


@dataclass(frozen=True)
class Building:
    """A block `width` wide and `depth` deep behind its front; `kind` is a key of `STOREY`."""

    frame: Frame
    width: float
    kind: str
    storeys: int
    depth: float = 9.0
    roof: str = "gable"  # or "street gable", "hip", "mansard", "flat"
    rise: float = 2.4  # the roof's, metres

    @property
    def side(self) -> int:
        """-1 left of the street, 1 right of it, 0 across its end."""
        return -round(float(np.sin(self.frame.angle)))

    @property
    def near(self) -> float:
        """The nearer end of its front, metres ahead."""
        return min(self.frame.z, self.frame.at(self.width, 0, 0)[2])

    @property
    def far(self) -> float:
        """The farther end of its front, metres ahead."""
        return max(self.frame.z, self.frame.at(self.width, 0, 0)[2])

    @property
    def eaves(self) -> float:
        """Height of the wall in metres."""
        return self.storeys * STOREY[self.kind] + 0.5

    def corners(self) -> list[Point]:
        """The solid's corners, for its shadow."""
        ridge = 0.0 if self.roof == "flat" else self.rise * 0.8
        return [
            self.frame.at(x, y, d)
            for d, top in ((0.0, self.eaves), (self.depth, self.eaves + ridge))
            for y in (0.0, top)
            for x in (0.0, self.width)
        ]

    def draw(self, canvas: Canvas, rng: np.random.Generator, shaded_below: float) -> None:
        """Draw walls, roof and what hangs on them; a shadow reaches up to `shaded_below` metres."""
        if not self._in_view(canvas):
            return
        light, wall, glass = canvas.light, wall_color(rng, self.kind), random_glass(rng)
        # Soot and shade make some walls dark; some glare in the sun.
        low, high = ((0.22, 0.7), (0.82, 1.08), (1.1, 1.5))[rng.choice(3, p=[0.12, 0.7, 0.18])]
        gain = rng.uniform(low, high)
        if self.side == 0 or abs(self.frame.s) > _OPEN:
            shaded_below = rng.uniform(0, 5) if rng.random() < 0.2 else 0.0
        closeness = 1.3 * canvas.camera.focal / max(self.near, 6.0)
        density = float(np.clip(closeness, 10, 40 if self.side == 0 else 50))
        top = self.eaves
        for left, x in ((True, 0.0), (False, self.width)):
            end = end_face(x, (0, top), (0, self.depth), left)
            if end.is_seen(canvas, self.frame) and self.near > 2:
                texture = self._end_texture(rng, min(density, 30), wall, glass)
                lit(texture, gain * end.brightness(canvas, self.frame), light, 0, 1)
                end.paint(canvas, self.frame, texture)
        if self.roof != "flat" and self.kind != "church":
            self._draw_chimneys(canvas, rng, wall)
        front = front_face((0, self.width), (0, top), 0)
        if front.is_seen(canvas, self.frame):
            size = (self.width, top)
            texture = front_texture(rng, self.kind, self.storeys, wall, size, density, glass)
            brightness = gain * front.brightness(canvas, self.frame)
            lit(texture, brightness, light, shaded_below * density, top * density)
            front.paint(canvas, self.frame, texture)
        self._draw_roof(canvas, rng, wall, gain)
        if self.kind == "college" and self.roof == "flat":
            draw_battlements(canvas, self.frame, self.width, top, scaled(wall, gain))
        if self.kind == "church":
            draw_tower(canvas, rng, self.frame, self.width, top, wall)
        self._fit_out(canvas, rng, wall, glass)

    def _end_texture(
        self, rng: np.random.Generator, density: float, wall: Color, glass: Glass
    ) -> Image:
        """At a corner the front goes on round it; else the end is nearly bare."""
        size = (self.depth, self.eaves)
        if rng.random() < 0.4:
            return front_texture(rng, self.kind, self.storeys, wall, size, density, glass)
        return party_wall(rng, *size, density, wall, self.kind)

    def _in_view(self, canvas: Canvas) -> bool:
        x = canvas.camera.project(self.corners())[:, 0]
        return bool(x.max() > 0 and x.min() < canvas.pixels.shape[1])

    def _fit_out(self, canvas: Canvas, rng: np.random.Generator, wall: Color, glass: Glass) -> None:
        if self.near < 70:
            roofed = self.roof in ("gable", "mansard")
            fit_out(
                canvas, rng, self.frame, self.kind, (self.width, self.eaves), wall, glass, roofed
            )

    def _draw_roof(
        self, canvas: Canvas, rng: np.random.Generator, wall: Color, gain: float
    ) -> None:
        top, light = self.eaves, canvas.light
        if self.roof == "flat":
            if rng.random() < 0.3 and self.near > 12:  # the lift's housing
                x = rng.uniform(0, self.width * 0.6)
                high = top + rng.uniform(1, 2.5)
                paint_box(canvas, self.frame, (x, x + 4), (top, high), (2, 5), scaled(wall, 0.8))
            return
        color = scaled(_ROOFS[rng.integers(len(_ROOFS))], rng.uniform(0.75, 1.15))
        for face in roof_faces(self.roof, self.width, self.depth, top, self.rise):
            if not face.is_seen(canvas, self.frame):
                continue
            if len(face.corners) == 3 or (self.roof == "gable" and face.normal[1] <= 0):
                face.paint(canvas, self.frame, wall, gain=gain)
                if len(face.corners) == 3 and rng.random() < 0.6:
                    self._draw_loft(canvas, rng, face)
            else:
                tiles = scaled(color, light.on(self.frame.direction(*face.normal)))
                face.paint(canvas, self.frame, roof_texture(rng, self.width, 5.0, tiles))
        if self.roof == "gable" and self.near < 25:
            gutter = front_face((0, self.width), (top - 0.25, top - 0.1), -0.3)
            gutter.paint(canvas, self.frame, scaled((60, 60, 60), light.ambient))

    def _draw_loft(self, canvas: Canvas, rng: np.random.Generator, gable: Face) -> None:
        """Barge boards and a window in a gable that faces the street."""
        (x, high, _), (right, low, _), _ = gable.corners
        board = scaled((214, 210, 200), float(rng.choice([0.3, 1.0])))
        for edge in (0.0, right):
            inner = x + (edge - x) * 0.9
            corners = [(x, high, 0), (edge, low, 0), (inner, low, 0), (x, high - 0.35, 0)]
            Face(corners if edge else corners[::-1], (0, 0, -1)).paint(canvas, self.frame, board)
        pane = front_face((x - 0.5, x + 0.5), (low + 0.2, low + min(1.3, self.rise * 0.6)), 0)
        pane.paint(canvas, self.frame, scaled((36, 38, 42), rng.uniform(0.5, 3)))

    def _draw_chimneys(self, canvas: Canvas, rng: np.random.Generator, wall: Color) -> None:
        ridge, middle = self.eaves + self.rise, self.depth / 2
        clay = scaled((120, 74, 56), rng.uniform(0.7, 1.3))
        for x in (0.2, self.width - 1.3):
            spot = self.frame.at(x, 0, 0)
            if rng.random() > 0.65 or spot[2] < 5 or self.roof in ("street gable", "hip"):
                continue
            high, wide = ridge + rng.uniform(0.7, 2.2), rng.uniform(0.6, 1.3)
            stack = (middle - wide / 2, middle + wide / 2)
            paint_box(canvas, self.frame, (x, x + 0.9), (ridge - 1.2, high), stack, wall)
            cap = (stack[0] - 0.07, stack[1] + 0.07)
            paint_box(canvas, self.frame, (x - 0.07, x + 0.97), (high, high + 0.15), cap, wall)
            for pot in np.arange(stack[0] + 0.15, stack[1], 0.35):
                tall = rng.uniform(0.3, 0.7)
                pot_x = (x + 0.35, x + 0.55)
                paint_box(canvas, self.frame, pot_x, (high, high + tall), (pot, pot + 0.2), clay)
