"""A scene from its seed: daylight, camera, drawing order, and what a real camera adds."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from segformer_gui.core.scenes import layout
from segformer_gui.core.scenes.buildings import Building
from segformer_gui.core.scenes.canvas import (
    SUPERSAMPLING,
    Camera,
    Canvas,
    Color,
    Image,
    Light,
    Point,
    noise,
    scaled,
)
from segformer_gui.core.scenes.ground import Street, draw_ground, draw_sky
from segformer_gui.core.scenes.plants import leaf_texture


def render_scene(seed: int, height: int = 720, width: int = 960) -> tuple[Image, Image]:
    """A street as a driver sees it: image (H, W, 3) uint8 RGB and its labels (H, W) uint8.

    The labels are `Label` ids, exact because one call draws colour and label; what one looks
    through (gaps in a crown, between railings' bars, between spokes) counts as the object, as in
    CamVid and Cityscapes. The same seed and size give the same scene. Sizes from 240x180 up.
    """
    rng = np.random.default_rng(seed)
    light, zenith, cover = _daylight(rng)
    camera = _camera(rng, height, width)
    street = layout.plan_street(rng)
    canvas = Canvas(height, width, camera, light)
    sides = layout.plan_sides(rng)
    buildings = [b for side in (-1, 1) for b in layout.build_row(rng, street, side, sides[side])]
    traffic = layout.park_and_drive(rng, street)
    things = [
        *layout.plant(rng, street, light, sides),
        *layout.furnish(rng, street, sides),
        *layout.place_people(rng, street, traffic),
    ]
    draw_sky(canvas, rng, zenith, cover)
    cast = [thing.corners() for thing in (*buildings, *traffic, *things)]
    feet = [[p for p in car.corners() if p[1] < 0.5] for car in traffic]
    feet += [_footprint(thing.corners()) for thing in things if thing.z < 40]
    draw_ground(canvas, rng, street, cast, feet)
    _draw_all(canvas, rng, street, buildings, [*traffic, *things])
    image, labels = canvas.result()
    return _photograph(rng, image), labels


def _footprint(corners: list[Point]) -> list[Point]:
    low = min(y for _, y, _ in corners)
    return [(s, 0.0, z) for s, y, z in corners if y <= low + 0.01]


def _daylight(rng: np.random.Generator) -> tuple[Light, Color, float]:
    """Light, the colour of the sky overhead, and the share of it that clouds cover."""
    sunny = rng.random() < 0.55
    azimuth = rng.choice([-1, 1]) * rng.uniform(0.35, 2.6)  # 0 is straight ahead
    elevation = rng.uniform(0.5, 0.95)
    to_sun = (
        float(np.sin(azimuth) * np.cos(elevation)),
        float(np.sin(elevation)),
        float(np.cos(azimuth) * np.cos(elevation)),
    )
    if sunny:
        haze: Color = (234, 240, 245)
        zenith: Color = scaled((172, 202, 236), rng.uniform(0.94, 1.06))
        light = Light(
            to_sun, rng.uniform(0.52, 0.62), rng.uniform(0.6, 0.75), haze, rng.uniform(350, 700)
        )
        return light, zenith, rng.uniform(0.1, 0.6)
    haze = scaled((234, 238, 240), rng.uniform(0.94, 1.04))
    zenith = scaled((216, 222, 228), rng.uniform(0.92, 1.08))
    light = Light(to_sun, rng.uniform(0.86, 1.02), 0.0, haze, rng.uniform(220, 500))
    return light, zenith, rng.uniform(0.6, 1.0)


def _camera(rng: np.random.Generator, height: int, width: int) -> Camera:
    h, w = height * SUPERSAMPLING, width * SUPERSAMPLING
    return Camera(
        focal=max(w, h * 4 / 3) * rng.uniform(0.86, 1.05),
        center=w * (0.5 + rng.uniform(-0.13, 0.13)),
        horizon=h * rng.uniform(0.43, 0.53),
        height=rng.uniform(1.35, 1.6),
        bend=float(np.clip(rng.normal(0, 0.0006), -0.0013, 0.0013)),
    )


def _draw_all(
    canvas: Canvas,
    rng: np.random.Generator,
    street: Street,
    buildings: Sequence[Building],
    things: Sequence[layout.Thing],
) -> None:
    """Far to near; a building counts by its far end, since all else stands in front of it."""
    # Woods on the horizon, wherever nothing nearer hides them.
    woods = [(-400.0, 5.0, 240.0), (400.0, 5.0, 240.0), (400.0, 0.0, 240.0), (-400.0, 0.0, 240.0)]
    canvas.texture(woods, leaf_texture(rng))
    order = [(b.far, b) for b in buildings] + [(thing.z, thing) for thing in things]
    sun_across, sun_up, _ = canvas.light.to_sun
    gap = street.right_front - street.left_front
    for _, thing in sorted(order, key=lambda entry: -entry[0]):
        if isinstance(thing, Building):
            # The row opposite, about 8 m high, keeps the low sun from the lower floors.
            opposite = any(b.side != thing.side and b.near < thing.far for b in buildings)
            shaded = 8.0 - gap * sun_up / max(abs(sun_across), 0.05) if opposite else 0.0
            thing.draw(canvas, rng, shaded if canvas.light.direct > 0 else 0.0)
        else:
            thing.draw(canvas)


def _photograph(rng: np.random.Generator, image: Image) -> Image:
    """Exposure, white balance, vignette, soft focus and sensor noise, as a plain camera has."""
    height, width = image.shape[:2]
    pixels = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 0.6)).astype(np.float32)
    tint = rng.normal((1.008, 1.0, 0.985), 0.014).astype(np.float32)
    pixels *= tint * np.float32(rng.uniform(0.98, 1.16))
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    pixels *= (1 - rng.uniform(0.06, 0.14) * (x**2 + y**2) / 2)[..., None]
    # A little more contrast than the linear picture: a camera's tone curve.
    pixels /= 255
    pixels += 0.22 * (pixels - 0.42) * pixels * np.clip(1.15 - pixels, 0, 1) * 2
    pixels *= 255
    grain = rng.standard_normal((height, width), np.float32)
    pixels += (grain * np.float32(rng.uniform(0.6, 1.2)))[..., None]
    pixels += 0.5 * noise(rng, height, width, 48)[..., None]
    return np.clip(pixels + 0.5, 0, 255).astype(np.uint8)
