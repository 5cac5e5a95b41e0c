"""A scene from its seed: camera, drawing order, and what a real camera adds."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from segformer_gui.core.scenes.buildings import rows
from segformer_gui.core.scenes.buildings.building import Building
from segformer_gui.core.scenes.canvas import SUPERSAMPLING, Camera, Canvas, Image, Point, noise
from segformer_gui.core.scenes.furniture.furnishing import middle_things, pavement_things
from segformer_gui.core.scenes.ground.ground import draw_ground
from segformer_gui.core.scenes.ground.street import Street, Thing, random_street
from segformer_gui.core.scenes.people.crowd import clear_of, riders, walkers
from segformer_gui.core.scenes.plants.pictures import leaf_texture
from segformer_gui.core.scenes.plants.planting import plant
from segformer_gui.core.scenes.sky import daylight, draw_sky
from segformer_gui.core.scenes.vehicles.bonnet import draw_own_bonnet
from segformer_gui.core.scenes.vehicles.traffic import Traffic


def render_scene(seed: int, height: int = 720, width: int = 960) -> tuple[Image, Image]:
    """A street as a driver sees it: image (H, W, 3) uint8 RGB and its labels (H, W) uint8.

    The labels are `Label` ids, exact because one call draws colour and label; what one looks
    through (gaps in a crown, between railings' bars, between spokes) counts as the object, as in
    CamVid and Cityscapes. The same seed and size give the same scene. Sizes from 240x180 up.
    """
    rng = np.random.default_rng(seed)
    light, sky = daylight(rng)
    camera = _camera(rng, height, width)
    canvas = Canvas(height, width, camera, light)
    street = random_street(rng)
    sides = rows.plan_sides(rng, street)
    ending = rows.end_street(rng, street, sides)
    street, end = ending.street, ending.z
    buildings = list(ending.row)
    for side, character in sides.items():
        buildings += rows.build_row(rng, street, side, character, end)
    traffic = [*Traffic(rng, street).fill(), *rows.park_on_squares(rng, street, sides, end)]
    traffic = [car for car in traffic if car.z < end - 9]
    things: list[Thing] = [*ending.ground, *rows.build_walls(rng, street, sides, end)]
    things += plant(rng, street, light, sides)
    things += middle_things(rng, street)
    for side, character in sides.items():
        things += pavement_things(rng, street, side, character not in ("park", "suburb", "empty"))
    things += [*clear_of(walkers(rng, street), traffic), *riders(rng, street, traffic)]
    draw_sky(canvas, rng, sky)
    cast = [thing.corners() for thing in (*buildings, *traffic, *things)]
    feet = [[p for p in car.corners() if p[1] < 0.5] for car in traffic]
    feet += [_footprint(thing.corners()) for thing in things if thing.z < 40]
    draw_ground(canvas, rng, street, cast, feet)
    _draw_all(canvas, rng, street, buildings, [*traffic, *things])
    draw_own_bonnet(canvas, rng)
    image, labels = canvas.result()
    return _photograph(rng, image), labels


def _footprint(corners: list[Point]) -> list[Point]:
    low = min(y for _, y, _ in corners)
    return [(s, 0.0, z) for s, y, z in corners if y <= low + 0.01]


def _camera(rng: np.random.Generator, height: int, width: int) -> Camera:
    h, w = height * SUPERSAMPLING, width * SUPERSAMPLING
    turned = 0.34 if rng.random() < 0.2 else 0.13
    return Camera(
        focal=max(w, h * 4 / 3) * rng.uniform(0.72, 1.2),
        center=w * (0.5 + rng.uniform(-turned, turned)),
        horizon=h * rng.uniform(0.4, 0.56),
        height=rng.uniform(1.2, 1.9),
        bend=float(np.clip(rng.normal(0, 0.0006), -0.0013, 0.0013)),
    )


def _draw_all(
    canvas: Canvas,
    rng: np.random.Generator,
    street: Street,
    buildings: Sequence[Building],
    things: Sequence[Thing],
) -> None:
    """Far to near; a building counts by its far end, since all else stands in front of it."""
    # Woods on the horizon, wherever nothing nearer hides them.
    top = float(rng.choice([2.0, 5.0, 11.0]))
    woods = [(-400.0, top, 240.0), (400.0, top, 240.0), (400.0, 0.0, 240.0), (-400.0, 0.0, 240.0)]
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
    """Exposure, white balance, tone curve, lens and sensor, as cameras differ in them."""
    height, width = image.shape[:2]
    pixels = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.35, 0.8)).astype(np.float32)
    if rng.random() < 0.3:  # sharpened in the camera
        pixels += rng.uniform(0.3, 1.2) * (pixels - cv2.GaussianBlur(pixels, (0, 0), 1.5))
    if rng.random() < 0.35:  # a bright sky spreads over what stands before it
        small = cv2.resize(pixels, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
        glow = cv2.GaussianBlur(np.maximum(small - 170, 0), (0, 0), rng.uniform(3, 9))
        pixels += rng.uniform(0.2, 0.8) * cv2.resize(glow, (width, height))
    spread = rng.choice([0.014, 0.035])
    tint = rng.normal((1.008, 1.0, 0.985), spread).astype(np.float32)
    exposure = float(np.exp(np.clip(rng.normal(0.07, 0.22), -0.45, 0.5)))
    exposure *= max(1.0, 50 / float(pixels.mean()))  # no darker than a camera would leave it
    pixels *= tint * np.float32(exposure)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    pixels *= (1 - rng.uniform(0.02, 0.2) * (x**2 + y**2) / 2)[..., None]
    grey = pixels.mean(axis=2, keepdims=True)
    pixels = grey + (pixels - grey) * np.float32(rng.uniform(0.6, 1.35))
    # A camera's tone curve: more contrast than the linear picture, and blacks cut or lifted.
    pixels /= 255
    contrast = rng.uniform(0.1, 0.5)
    pixels += contrast * (pixels - 0.42) * pixels * np.clip(1.15 - pixels, 0, 1) * 2
    pixels = np.maximum(pixels, 0) ** np.float32(rng.uniform(0.85, 1.2))
    pixels = pixels * 255 + np.float32(rng.normal(0, 5))
    grain = rng.standard_normal((height, width), np.float32)
    pixels += (grain * np.float32(rng.uniform(0.5, 2.5)))[..., None]
    pixels += 0.5 * noise(rng, height, width, 48)[..., None]
    return np.clip(pixels + 0.5, 0, 255).astype(np.uint8)
