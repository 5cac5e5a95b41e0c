"""Colours of measures, and of classes where their own do not serve."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import ClassSet, Color

# "own": the class set's. "colorblind": told apart without red or green cones, too. "contrast": as
# different from each other as colours can be.
Palette = Literal["own", "colorblind", "contrast"]
PALETTES: tuple[Palette, ...] = get_args(Palette)

# Okabe and Ito's, "Color Universal Design", 2008, without black, which means "no class".
_OKABE_ITO: tuple[Color, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
_YELLOW: tuple[Color, ...] = ((255, 225, 25),)
# Linear RGB as people without red or without green cones see it: Vienot, Brettel and Mollon, 1999.
_WITHOUT_RED = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))
_WITHOUT_GREEN = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))
# Linear sRGB to CIE XYZ; the rows' sums are its white.
_XYZ = np.array(
    ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
)
_LIGHTNESS = (20, 97)  # Of L*: neither black nor white, which are much of what images hold.


def painted(classes: ClassSet, palette: Palette) -> ClassSet:
    """The class set in the colours of a palette."""
    if palette == "own":
        return classes
    return replace(classes, colors=_colors(palette, len(classes)))


@cache
def measure_colors() -> NDArray[np.uint8]:
    """Viridis, from dark violet at 0 to yellow at 1: (256, 3) uint8 RGB."""
    steps = np.arange(256, dtype=np.uint8)[:, np.newaxis]
    bgr = cv2.applyColorMap(steps, cv2.COLORMAP_VIRIDIS)
    return np.ascontiguousarray(bgr[:, 0, ::-1], np.uint8)


@cache
def drop_colors() -> NDArray[np.uint8]:
    """Blue where something rose, transparent where it stayed, orange where it fell: (256, 4) RGBA.

    For steps of which 128 means "unchanged"; both colours are told apart by all eyes.
    """
    steps = np.arange(256) - 128
    strength = (np.abs(steps) / 128) ** 0.6  # So that small changes are seen, too.
    rgb = np.where(steps[:, np.newaxis] < 0, (0, 114, 178), (230, 90, 0))
    return np.column_stack([rgb, np.rint(255 * strength)]).astype(np.uint8)


@cache
def _colors(palette: Palette, count: int) -> tuple[Color, ...]:
    """The first colours of an endless row: each as far as can be from all before it."""
    seeds = _OKABE_ITO if palette == "colorblind" else _YELLOW
    levels = np.linspace(0, 255, 12).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    lightness = _lab(grid, np.eye(3))[:, 0]
    grid = grid[(lightness > _LIGHTNESS[0]) & (lightness < _LIGHTNESS[1])]
    colors = np.concatenate([np.array(seeds, np.uint8), grid])
    eyes = [np.eye(3)]
    if palette == "colorblind":
        eyes += [np.array(_WITHOUT_RED), np.array(_WITHOUT_GREEN)]
    seen = [np.ascontiguousarray(_lab(colors, eye).T) for eye in eyes]
    chosen: list[int] = []
    nearest = np.full(len(colors), np.inf, np.float32)
    for place in range(count):
        new = place if place < len(seeds) else int(nearest.argmax())
        chosen.append(new)
        for lab in seen:
            lightness, a, b = lab - lab[:, new, np.newaxis]
            np.minimum(nearest, lightness**2 + a**2 + b**2, out=nearest)
    return tuple((int(r), int(g), int(b)) for r, g, b in colors[chosen])


def _lab(colors: NDArray[np.uint8], eye: NDArray[np.float64]) -> NDArray[np.float32]:
    """CIE L*a*b* (D65) of (N, 3) sRGB as an eye sees them that mixes linear RGB by a matrix."""
    # In numpy: cv2's conversion takes half a second for its tables when it is first called.
    srgb = colors / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    mixed = np.clip(linear @ eye.T, 0, 1)
    relative = mixed @ _XYZ.T / _XYZ.sum(1)
    cubic = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    x, y, z = cubic.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1).astype(np.float32)
