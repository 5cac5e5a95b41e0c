"""Houses, shops and offices along the street: solids with painted walls."""

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
from segformer_gui.core.scenes.fronts import (
    STOREY,
    front_texture,
    lit,
    roof_texture,
    wall_color,
    wall_texture,
)

_ROOFS: tuple[Color, ...] = ((72, 70, 74), (92, 66, 56), (64, 58, 56), (84, 80, 80))


@dataclass(frozen=True)
class Building:
    """A block with its front on the line `front` from `near` to `far`; it reaches `depth` back."""

    front: float
    near: float
    far: float
    kind: str  # "house", "shop" or "office"
    storeys: int
    depth: float = 9.0

    @property
    def side(self) -> int:
        """-1 left of the street, 1 right of it."""
        return 1 if self.front > 0 else -1

    @property
    def eaves(self) -> float:
        """Height of the wall in metres."""
        return self.storeys * STOREY[self.kind] + 0.5

    def corners(self) -> list[Point]:
        """The solid's corners, for its shadow."""
        back = self.front + self.side * self.depth
        ridge = 0.0 if self.kind == "office" else 2.0
        return [
            (s, y, z)
            for s, top in ((self.front, self.eaves), (back, self.eaves + ridge))
            for y in (0.0, top)
            for z in (self.near, self.far)
        ]

    def draw(self, canvas: Canvas, rng: np.random.Generator, shaded_below: float) -> None:
        """Draw walls, roof and chimneys; a shadow reaches up to `shaded_below` metres on them."""
        light, wall = canvas.light, wall_color(rng, self.kind)
        near = max(self.near, 1.5)
        closeness = 1.3 * canvas.camera.focal / max(near, 6.0)
        density = float(np.clip(closeness, 10, 50))
        front = front_texture(
            rng, self.kind, self.storeys, wall, (self.far - near, self.eaves), density
        )
        brightness = light.on((-self.side, 0, 0))
        lit(front, brightness, light, shaded_below * density, self.eaves * density)
        back, top = self.front + self.side * self.depth, self.eaves
        if near > 4:
            end = wall_texture(rng, self.depth, top, density, wall, self.kind)
            lit(end, light.on((0, 0, -1)), light, 0, 1)
            canvas.texture(across_street(self.front, back, near, 0, top), end)
        if self.kind != "office":
            self._draw_roof(canvas, rng, wall, near)
        # A left front's texture starts near the camera, a right one's far from it.
        first, last = (near, self.far) if self.side < 0 else (self.far, near)
        canvas.texture(along_street(self.front, first, last, 0, top), front)

    def _draw_roof(
        self, canvas: Canvas, rng: np.random.Generator, wall: Color, near: float
    ) -> None:
        light, top, rise = canvas.light, self.eaves, rng.uniform(1.8, 3.0)
        middle = self.front + self.side * self.depth / 2
        eave = self.front - self.side * 0.3
        ridge = top + rise
        roof = _ROOFS[rng.integers(len(_ROOFS))]
        slope = np.array([-self.side * rise, self.depth / 2, 0.0]) / np.hypot(rise, self.depth / 2)
        for z in (self.far - 0.6, near + 0.6):
            if rng.random() < 0.75 and z > 5:
                self._draw_chimney(canvas, wall, middle, ridge, z)
        tiles = roof_texture(rng, self.far - near, 5.0, scaled(roof, light.on(slope)))
        quad = [
            (middle, ridge, near),
            (middle, ridge, self.far),
            (eave, top - 0.1, self.far),
            (eave, top - 0.1, near),
        ]
        canvas.texture(quad, tiles)
        gable = [
            (self.front, top, near),
            (middle, ridge, near),
            (self.front + self.side * self.depth, top, near),
        ]
        canvas.polygon(gable, scaled(wall, light.on((0, 0, -1))), Label.BUILDING)
        if near > 25:
            return
        gutter = along_street(eave, near, self.far, top - 0.25, top - 0.1)
        canvas.polygon(gutter, scaled((60, 60, 60), light.ambient), Label.BUILDING)

    def _draw_chimney(
        self, canvas: Canvas, wall: Color, middle: float, ridge: float, z: float
    ) -> None:
        inner, outer = middle - self.side * 0.5, middle + self.side * 0.5
        low, high = ridge - 1.2, ridge + 1.3
        light = canvas.light
        inside = along_street(inner, z, z + 0.9, low, high)
        canvas.polygon(inside, scaled(wall, light.on((-self.side, 0, 0)) * 0.85), Label.BUILDING)
        facing = across_street(inner, outer, z, low, high)
        canvas.polygon(facing, scaled(wall, light.on((0, 0, -1)) * 0.8), Label.BUILDING)
        for pot in (0.2, 0.7):
            s = inner + self.side * pot
            canvas.capsule(
                ((s, high, z), (s, high + 0.4, z)), (0.12, 0.1), (120, 74, 56), Label.BUILDING
            )
