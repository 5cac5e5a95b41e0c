"""Surfaces on the ground of a street, and paint on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Floats, Label
from segformer_gui.core.scenes.ground.glyphs import fill_all
from segformer_gui.core.scenes.ground.street import KERB, Street

WHITE: Color = (232, 232, 226)
_DISTANCES = np.geomspace(1.5, 400.0, 60)  # dense enough that a bent kerb looks smooth


@dataclass(frozen=True)
class Ground:
    """The ground of a street to paint on; the air and the shadows are added later."""

    canvas: Canvas
    street: Street
    tarmac: Color
    flat: float  # brightness of what lies flat
    worn: float = 0.9  # opacity of paint

    def strip(self, low: float, high: float, color: Color, label: int, y: float = 0.0) -> None:
        """A strip from `low` to `high` (either way round) along the whole street."""
        self._between((low, y), (high, y), _DISTANCES, color, label)

    def face(self, s: float, color: Color, label: int) -> None:
        """The upright face of a kerb."""
        self._between((s, 0.0), (s, KERB), _DISTANCES, color, label)

    def area(
        self,
        low: float,
        high: float,
        near: float,
        far: float,
        color: Color,
        label: int,
        y: float = 0.0,
    ) -> None:
        """A rectangle on the ground, subdivided along the street so that it bends with it."""
        z = np.linspace(near, far, max(2, int((far - near) / 1.5)))
        # An area without width is a face up to the kerb's top.
        top = KERB if low == high else y
        self._between((low, y), (high, top), z, color, label)

    def fill(self, faces: Sequence[Floats], color: Color, label: int) -> None:
        """Fill faces (N, 3)."""
        fill_all(self.canvas, faces, color, label, air=False)

    def flat_shapes(
        self,
        shapes: Sequence[Floats],
        s: float,
        z: float,
        size: tuple[float, float],
        color: Color,
        turned: bool = False,
    ) -> None:
        """Lay shapes (N, 2) down at (`s`, `z`), scaled by `size`; `turned` to be read from afar."""
        scale = np.array(size) * (-1 if turned else 1)
        faces = [np.insert(shape * scale + (s, z), 1, 0.0, axis=1) for shape in shapes]
        if min(float(face[:, 2].min()) for face in faces) > 1.3:
            self.fill(faces, color, Label.ROAD)

    def ink(self, paint: Color, worn: float = 1.0) -> Color:
        """Colour of worn paint in this light."""
        share = self.worn * worn
        r, g, b = (t + (c * self.flat - t) * share for c, t in zip(paint, self.tarmac, strict=True))
        return r, g, b

    def patch(self, low: float, high: float, near: float, far: float, paint: Color = WHITE) -> None:
        """A painted rectangle."""
        self.area(low, high, near, far, self.ink(paint), Label.ROAD)

    def dashes(self, s: float, width: float, rhythm: tuple[float, float], paint: Color) -> None:
        """A broken line along the street."""
        for z in np.arange(2.0, 140, sum(rhythm)):
            self.patch(s - width / 2, s + width / 2, z, z + rhythm[0], paint)

    def _between(
        self,
        a: tuple[float, float],
        b: tuple[float, float],
        z: Floats,
        color: Color,
        label: int,
    ) -> None:
        edges = [np.stack([np.full_like(z, s), np.full_like(z, y), z], axis=1) for s, y in (a, b)]
        outline = np.concatenate([edges[0], edges[1][::-1]])
        self.canvas.fill(self.canvas.camera.project(outline), color, label)
