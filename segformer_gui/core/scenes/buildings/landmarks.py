"""Church towers, battlements, and walls of brick or stone along the pavement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.buildings.elevation import Elevation, Glass
from segformer_gui.core.scenes.buildings.solids import (
    Frame,
    end_face,
    front_face,
    paint_box,
    roof_faces,
)
from segformer_gui.core.scenes.buildings.walls import lit, wall_texture
from segformer_gui.core.scenes.canvas import (
    Canvas,
    Color,
    Image,
    Label,
    Point,
    across_street,
    along_street,
    scaled,
)
from segformer_gui.core.scenes.ground.street import KERB


def draw_battlements(canvas: Canvas, frame: Frame, width: float, top: float, color: Color) -> None:
    """Merlons along the top of a front."""
    for x in np.arange(0, width - 0.3, 1.3):
        face = front_face((float(x), min(float(x) + 0.75, width)), (top, top + 0.7), 0)
        face.paint(canvas, frame, color)


def draw_tower(
    canvas: Canvas,
    rng: np.random.Generator,
    frame: Frame,
    width: float,
    eaves: float,
    wall: Color,
) -> None:
    """A church's tower at one end of its front, with a spire, a low roof or battlements."""
    wide = rng.uniform(3.5, 5.5)
    x = 0.0 if rng.random() < 0.5 else width - wide
    at = frame.at(x, 0, -0.5)
    tower = Frame(at[0], at[2], frame.angle)
    high = eaves + rng.uniform(4, 12)
    density = float(np.clip(1.3 * canvas.camera.focal / max(at[2], 8), 8, 24))
    for face in (
        end_face(0, (0, high), (0, wide), True),
        end_face(wide, (0, high), (0, wide), False),
        front_face((0, wide), (0, high), 0),
    ):
        if not face.is_seen(canvas, tower):
            continue
        texture = wall_texture(rng, wide, high, density, wall, "church")
        stones = Elevation(texture, density, Glass(20, 10, (1, 1, 1), 0))
        for y, h in ((high - 4, 2.8), (high * 0.45, 2.2)):
            for left in (0.2, 0.56):
                stones.arch(wide * left, y, wide * 0.24, h, (30, 30, 32), True)
            stones.box(0, y - 0.6, wide, 0.2, scaled(wall, 1.15))
        stones.box(0, 0, 0.5, high * 0.7, scaled(wall, 0.85))
        stones.box(wide - 0.5, 0, 0.5, high * 0.7, scaled(wall, 0.85))
        if rng.random() < 0.4:
            stones.ellipse(wide / 2, high * 0.68, 0.8, 0.8, (232, 228, 210))
            stones.ellipse(wide / 2, high * 0.68, 0.6, 0.6, (30, 40, 70))
        lit(texture, face.brightness(canvas, tower), canvas.light, 0, 1)
        face.paint(canvas, tower, texture)
    if rng.random() < 0.5:
        rise = rng.uniform(2, 16)
        cover = wall if rng.random() < 0.5 else (74, 78, 82)
        for face in roof_faces("spire", wide, wide, high, rise):
            face.paint(canvas, tower, cover)
    else:
        draw_battlements(canvas, tower, wide, high, wall)
        for corner in (0.0, wide - 0.5):
            tip = (high, high + rng.uniform(1, 2.5))
            paint_box(canvas, tower, (corner, corner + 0.5), tip, (0, 0.5), wall)


@dataclass(frozen=True)
class GardenWall:
    """A piece of wall along the street with its front on the line `s`; it counts as building."""

    s: float
    near: float
    far: float
    height: float
    stones: Image  # unlit
    pillar: bool = False

    @property
    def z(self) -> float:
        """Its far end, so that what stands before it is drawn later."""
        return self.far

    @property
    def top(self) -> float:
        """Height above the road."""
        return KERB + self.height

    def corners(self) -> list[Point]:
        """The solid's corners, for the shadow."""
        back = self.s + np.sign(self.s) * 0.3
        return [
            (s, y, z) for s in (self.s, back) for y in (0, self.top) for z in (self.near, self.far)
        ]

    def draw(self, canvas: Canvas) -> None:
        """Top, near end and front, the coping, perhaps a pillar."""
        side = float(np.sign(self.s))
        back, top, light = self.s + side * 0.3, self.top, canvas.light
        lighted = self.stones.copy()
        lit(lighted, light.on((-side, 0, 0)), light, 0, 1)
        tone: Color = tuple(float(c) for c in self.stones[..., :3].mean(axis=(0, 1)))  # pyright: ignore
        end = across_street(self.s, back, self.near, 0, top)
        canvas.polygon(end, scaled(tone, light.on((0, 0, -1))), Label.BUILDING)
        if top < canvas.camera.height:
            upper = [(s, top, z) for s, z in ((back, self.near), (back, self.far))]
            upper += [(self.s, top, self.far), (self.s, top, self.near)]
            canvas.polygon(upper, scaled(tone, 1.2 * light.on((0, 1, 0))), Label.BUILDING)
        canvas.texture(along_street(self.s, self.near, self.far, 0, top), lighted)
        coping = along_street(self.s - side * 0.04, self.near, self.far, top - 0.09, top)
        canvas.polygon(coping, scaled(tone, 1.15 * light.on((-side, 0, 0))), Label.BUILDING)
        if self.pillar:
            s, z, high = self.s - side * 0.08, self.near, top + 0.3
            face = along_street(s, z, z + 0.5, 0, high)
            canvas.polygon(face, scaled(tone, light.on((-side, 0, 0))), Label.BUILDING)
            end = across_street(s, s + side * 0.5, z, 0, high)
            canvas.polygon(end, scaled(tone, 1.05 * light.on((0, 0, -1))), Label.BUILDING)
