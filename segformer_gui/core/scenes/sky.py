"""Daylight and sky: sun, clouds, dusk, and how far one sees."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Label, Light, clouds, scaled

_TILE = 512  # Side of the clouds' texture in px.
_WEATHER = {"sun": 0.36, "low sun": 0.12, "cloud": 0.26, "glare": 0.1, "dusk": 0.16}


@dataclass(frozen=True)
class Sky:
    """What is overhead: colour at the zenith, clouds' share 0..1, and how dark thick ones are."""

    zenith: Color
    cover: float
    storm: float  # 1 for the clouds of a fair day, 4 for heavy ones


def daylight(rng: np.random.Generator) -> tuple[Light, Sky]:
    """Light on the street, and the sky that it comes from.

    A camera exposes for street or sky, so each of the two has a brightness of its own.
    """
    weather = str(rng.choice(list(_WEATHER), p=list(_WEATHER.values())))
    azimuth = rng.choice([-1, 1]) * rng.uniform(0.35, 2.6)  # 0 is straight ahead
    elevation = rng.uniform(0.18, 0.45) if weather == "low sun" else rng.uniform(0.5, 0.95)
    to_sun = (
        float(np.sin(azimuth) * np.cos(elevation)),
        float(np.sin(elevation)),
        float(np.cos(azimuth) * np.cos(elevation)),
    )
    if weather == "sun":
        haze: Color = (234, 240, 245)
        ambient, direct = rng.uniform(0.45, 0.62), rng.uniform(0.55, 0.8)
        light = Light(to_sun, ambient, direct, haze, rng.uniform(350, 700))
        blue = scaled((172, 202, 236), rng.uniform(0.8, 1.06))
        return light, Sky(blue, rng.uniform(0.1, 0.6), 1.0)
    if weather == "low sun":  # deep shade, and walls that the sun still reaches
        haze = scaled((246, 240, 228), rng.uniform(0.9, 1.04))
        ambient, direct = rng.uniform(0.24, 0.45), rng.uniform(0.6, 1.0)
        light = Light(to_sun, ambient, direct, haze, rng.uniform(200, 600))
        return light, Sky(scaled((160, 192, 232), rng.uniform(0.8, 1.1)), rng.uniform(0, 0.7), 1.3)
    if weather == "cloud":
        haze = scaled((234, 238, 240), rng.uniform(0.86, 1.04))
        light = Light(to_sun, rng.uniform(0.7, 1.02), 0.0, haze, rng.uniform(120, 500))
        grey = scaled((216, 222, 228), rng.uniform(0.86, 1.08))
        return light, Sky(grey, rng.uniform(0.6, 1.0), rng.uniform(0.8, 2))
    if weather == "glare":  # a sky too bright for the camera
        light = Light(
            to_sun, rng.uniform(0.6, 1.0), 0.0, (252.0, 253.0, 254.0), rng.uniform(250, 900)
        )
        return light, Sky(
            scaled((246, 250, 254), rng.uniform(0.95, 1.03)), rng.uniform(0, 0.5), 0.3
        )
    level = rng.uniform(0.6, 1.05)
    haze = scaled((226, 230, 232), level * rng.uniform(0.85, 1.1))
    light = Light(to_sun, rng.uniform(0.22, 0.5), 0.0, haze, rng.uniform(500, 1500))
    zenith = scaled((182, 190, 197), level * rng.uniform(0.72, 1.15))
    return light, Sky(zenith, rng.uniform(0.4, 1.0), rng.uniform(1.5, 3.5))


def draw_sky(canvas: Canvas, rng: np.random.Generator, sky: Sky) -> None:
    """Fill the whole canvas: the zenith's colour above, haze below, clouds between them."""
    height, width = canvas.pixels.shape[:2]
    h, w = height // 4, width // 4
    up = np.clip(1 - (np.arange(h, dtype=np.float32) * 4) / canvas.camera.horizon, 0, 1)[:, None]
    # Clouds lie in a plane overhead, so they flatten towards the horizon.
    across = (np.arange(w, dtype=np.float32) / w - canvas.camera.center / width)[None]
    depth = 1 / (up + 0.22)
    field = clouds(rng, _TILE, _TILE, int(rng.integers(3, 8)))
    scale, hardness, soft = 1.0, 2.2, 6.0
    own = rng.spawn(1)[0]  # So that the street below stays what it is.
    broken = own.random() < 0.6
    if broken:
        field += own.uniform(0.2, 0.7) * clouds(own, _TILE, _TILE, int(own.integers(10, 40)))
        scale, hardness, soft = np.exp(own.uniform(-0.6, 0.8)), own.uniform(1.5, 5), 1.5
    # The tile is mirrored at its ends: near the horizon, where nobody sees it.
    margin = 75 * scale
    left = margin + (_TILE - 2 * margin) * rng.uniform(0, 1)
    map_x = (across * depth * 170 * scale + left).astype(np.float32)
    map_y = np.broadcast_to((depth * 110 * scale).astype(np.float32), map_x.shape).copy()
    field = cv2.remap(field, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    raw = field + sky.cover * 1.3 - 0.55
    density = np.clip(raw * hardness, 0, 1)[..., None]
    haze = np.array(canvas.light.haze, np.float32)
    clear = haze + (np.array(sky.zenith, np.float32) - haze) * up[..., None] ** 0.8
    # Thick ones are dark below; broken ones bright at their edges.
    thick = np.clip(raw, 0, 1.4) * own.uniform(0.5, 1.4) if broken else density[..., 0]
    thick = cv2.GaussianBlur(thick, (0, 0), soft)[..., None]
    grey = np.array((46, 42, 34), np.float32) * sky.storm
    cloud = np.minimum(haze + 14, 252) - thick * grey * (0.4 + 0.6 * sky.cover)
    pixels = clear + (cloud - clear) * density * np.clip(up * 3 + 0.35, 0, 1)[..., None]
    canvas.pixels[..., :3] = cv2.resize(np.clip(pixels, 0, 255).astype(np.uint8), (width, height))
    canvas.pixels[..., 3] = Label.SKY
