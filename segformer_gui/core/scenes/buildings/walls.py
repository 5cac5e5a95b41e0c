"""Bare walls and roofs as flat textures: bricks, stains, ivy, adverts; and the light on them."""

from __future__ import annotations

import cv2
import numpy as np

from segformer_gui.core.scenes.buildings.elevation import Elevation, Glass, random_name
from segformer_gui.core.scenes.canvas import Color, Floats, Image, Label, Light, clouds, scaled

_BRICKS: tuple[Color, ...] = (
    (128, 92, 76), (112, 78, 66), (146, 124, 96), (158, 140, 110), (104, 84, 76), (136, 104, 84),
    (150, 74, 54), (92, 58, 48), (84, 72, 62), (176, 150, 104),
)  # fmt: skip
_PLASTERS: tuple[Color, ...] = (
    (196, 192, 182), (178, 170, 152), (160, 154, 146), (186, 178, 164), (140, 134, 124),
    (232, 230, 224), (228, 214, 178), (214, 168, 162), (168, 190, 206), (226, 196, 112),
    (150, 168, 140), (92, 96, 104), (238, 236, 230), (222, 220, 214), (236, 226, 200),
)  # fmt: skip
_CONCRETES: tuple[Color, ...] = (
    (134, 132, 128), (150, 146, 138), (112, 112, 114), (84, 84, 86), (196, 192, 184),
)  # fmt: skip
_STONES: tuple[Color, ...] = ((176, 158, 122), (150, 142, 126), (120, 114, 104), (196, 182, 150))
_BRICK = (0.22, 0.075)  # metres, with its mortar


def wall_color(rng: np.random.Generator, kind: str) -> Color:
    """Brick, plaster, stone or concrete."""
    if kind in ("church", "college"):
        choices = _STONES + _BRICKS[:2]
    elif kind in ("office", "car park", "supermarket", "curtain", "station"):
        choices = _CONCRETES + _BRICKS[2:8]
    else:
        choices = _BRICKS if rng.random() < 0.55 else _PLASTERS
    color = choices[rng.integers(len(choices))]
    return scaled(color, rng.uniform(0.78, 1.15))


def wall_texture(
    rng: np.random.Generator, width: float, height: float, density: float, color: Color, kind: str
) -> Image:
    """A bare wall (h, w, 4): bricks where the colour is a brick's, stained by weather."""
    w, h = max(2, round(width * density)), max(2, round(height * density))
    wall = np.ones((h, w), np.float32)
    stone = kind in ("church", "college")
    size = (0.6, 0.28) if stone else _BRICK
    if (stone or (color[0] - color[2] > 18 and kind != "office")) and density > 14:
        columns, rows = int(width / size[0]) + 2, int(height / size[1]) + 1
        tones = rng.normal(1, 0.085, (rows, columns)).astype(np.float32)
        row = np.minimum((np.arange(h) / density / size[1]).astype(int), rows - 1)
        x = np.arange(w) / density / size[0]
        column = (x[None] + 0.5 * (row[:, None] % 2)).astype(int)
        wall = tones[row[:, None], column]
        if density > 34:
            wall[(np.arange(h) / density) % size[1] < 0.012] *= 1.13
    wall *= 1 + rng.uniform(0.05, 0.2) * clouds(rng, h, w, 4)
    wall *= (1 - 0.13 * np.exp(-np.arange(h, 0, -1) / density / 0.7))[:, None].astype(np.float32)
    return _painted(wall, color)


def grow_ivy(rng: np.random.Generator, pixels: Image) -> None:
    """Let ivy climb over part of a wall; where it does, the wall counts as `TREE`."""
    h, w = pixels.shape[:2]
    field = clouds(rng, h, w, 5) + np.linspace(-0.5, 0.45, h, dtype=np.float32)[:, None]
    field += np.interp(np.arange(w), [0, w * rng.uniform(0.3, 0.9), w], [0.5, 0, -0.9])[None]
    mask = field > 0.15
    tone = 0.75 + 0.5 * cv2.resize(rng.uniform(-1, 1, (h // 3 + 1, w // 3 + 1)), (w, h))
    green = scaled((66, 78, 40), rng.uniform(0.6, 1.2))
    leaves = np.clip(tone[..., None] * np.array(green), 0, 255)
    pixels[..., :3] = np.where(mask[..., None], leaves, pixels[..., :3])
    pixels[..., 3][mask] = Label.TREE


def party_wall(
    rng: np.random.Generator, width: float, height: float, density: float, color: Color, kind: str
) -> Image:
    """A bare end wall: now and then with a few windows, a faded advert, ivy or a billboard."""
    wall = wall_texture(rng, width, height, density, color, kind)
    elevation = Elevation(wall, density, Glass(22, 30, (1, 1, 1.1), 0.2))
    what = rng.random()
    if what < 0.35:
        for y in np.arange(0.9, height - 2, 3):
            elevation.window(
                rng, width * rng.uniform(0.2, 0.7), y, 0.9, 1.3, (206, 204, 198), (2, 2)
            )
    elif what < 0.45:
        fade = scaled(color, rng.uniform(0.7, 1.5))
        size = min(1.0, (width - 1) / 7)
        elevation.text(random_name(rng)[:7], 0.5, height * 0.6, size, fade)
        elevation.text(random_name(rng)[:7], 0.5, height * 0.4, size * 0.7, fade)
    elif what < 0.53 and height > 5:
        elevation.poster(rng, width * 0.2, height * 0.45, width * 0.6, 2.4, Label.SIGN)
    elif what < 0.6:
        grow_ivy(rng, wall)
    return wall


def roof_texture(rng: np.random.Generator, width: float, height: float, color: Color) -> Image:
    """Courses of slates or tiles (h, w, 4); metres."""
    density = 20
    h, w = round(height * density), max(2, round(width * density))
    courses = rng.normal(1, 0.06, (h // 4 + 1, w // 5 + 1)).astype(np.float32)
    tones = np.repeat(np.repeat(courses, 4, axis=0), 5, axis=1)[:h, :w]
    tones[::4] *= 0.86
    tones = tones * (1 + 0.12 * clouds(rng, h, w, 4))
    return _painted(tones, color)


def _painted(tones: Floats, color: Color) -> Image:
    """A building's surface (h, w, 4) of this colour with brightness `tones` (h, w)."""
    channels = [cv2.convertScaleAbs(tones, alpha=c) for c in color]
    return cv2.merge([*channels, np.full(tones.shape, Label.BUILDING, np.uint8)])  # pyright: ignore


def lit(texture: Image, brightness: float, light: Light, shaded: float, height: float) -> None:
    """Light a texture in place; the lowest `shaded` of its `height` rows lie in shadow."""
    edge = len(texture) - int(np.clip(shaded, 0, height))
    labels = texture[..., 3].copy()
    if edge > 0:
        texture[:edge] = cv2.convertScaleAbs(texture[:edge], alpha=brightness)
    if edge < len(texture):
        shade = min(brightness, light.ambient * 0.85)
        texture[edge:] = cv2.convertScaleAbs(texture[edge:], alpha=shade)
    texture[..., 3] = labels
