"""The bonnet of the car that carries the camera, at the lower edge of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Floats, Label, scaled
from segformer_gui.core.scenes.vehicles.pose import mixed

_SHARE = 0.15  # of the scenes
_PAINTS: tuple[Color, ...] = (
    (24, 25, 28), (24, 25, 28), (150, 154, 160), (188, 190, 192), (30, 40, 76), (120, 24, 28),
    (34, 60, 50), (86, 92, 100), (206, 206, 204),
)  # fmt: skip
_BANDS = 14


@dataclass(frozen=True)
class Bonnet:
    """Outline in shares of the picture: `height` at `crest`, lower by `fall` half a width away."""

    height: float
    crest: float
    fall: float
    power: float  # 2 is a parabola; more is flatter in the middle
    color: Color
    rim: float  # share of the sky at its far edge
    near: float  # the same at the bottom of the picture
    wipers: bool = False

    def edge(self, x: Floats) -> Floats:
        """How high its upper edge lies at `x` (0..1), 0 at the bottom."""
        away = np.abs(x - self.crest) * 2
        return self.height - self.fall * away**self.power

    def draw(self, canvas: Canvas) -> None:
        """Draw it over all else, as bands from its far edge towards the camera."""
        x = np.linspace(0, 1, 49)
        edge = self.edge(x)
        light = canvas.light
        sky = scaled(light.haze, 0.95)
        paint = scaled(self.color, light.on((0.0, 1.0, 0.0)) * 0.75)
        under = np.full_like(x, -0.02)
        for i in range(_BANDS):
            share = i / _BANDS
            # The far edge curves down: a thin line of it mirrors the dark street.
            dark = 0.55 if i == 0 else 1.0
            sheen = self.near + (self.rim - self.near) * (1 - share) ** 2
            top = edge - self.height * 0.9 * share
            self._fill(canvas, x, top, under, scaled(mixed(paint, sky, sheen), dark))
        if self.wipers:
            for start, end in ((0.12, 0.5), (0.52, 0.9)):
                along = np.linspace(start, end, 9)
                foot = self.height * (0.08 + 0.3 * (along - start))
                self._fill(canvas, along, foot + 0.008, foot, (18, 18, 20))

    def _fill(self, canvas: Canvas, x: Floats, top: Floats, low: Floats, color: Color) -> None:
        height, width = canvas.pixels.shape[:2]
        upper = np.stack([x * width, (1 - np.maximum(top, low)) * height], axis=1)
        lower = np.stack([x * width, (1 - low) * height], axis=1)
        canvas.fill(np.concatenate([upper, lower[::-1]]), color, Label.CAR)


def random_bonnet(rng: np.random.Generator) -> Bonnet:
    """Any paint, a bright or a dark reflection, more of it on one side or the whole width."""
    height = rng.uniform(0.04, 0.12)
    color = _PAINTS[rng.integers(len(_PAINTS))]
    bright = rng.random() < 0.6
    return Bonnet(
        height,
        rng.uniform(0.3, 0.75),
        height * rng.uniform(0.25, 1.3),
        rng.uniform(2.0, 4.0),
        scaled(color, rng.uniform(0.8, 1.1)),
        rng.uniform(0.45, 0.9) if bright else rng.uniform(0.05, 0.4),
        rng.uniform(0.0, 0.25),
        bool(rng.random() < 0.3),
    )


def draw_own_bonnet(canvas: Canvas, rng: np.random.Generator) -> None:
    """In some scenes, draw the bonnet of the camera's own car."""
    if rng.random() < _SHARE:
        random_bonnet(rng).draw(canvas)
