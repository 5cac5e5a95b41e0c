"""What lies on the ground in the picture: grain, slabs, bricks, wear, shine and shadows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.scenes.canvas import (
    SUPERSAMPLING,
    Camera,
    Canvas,
    Color,
    Floats,
    Label,
    Light,
    Point,
    clouds,
    fixed_point,
    hull,
)
from segformer_gui.core.scenes.ground.street import Street

_TILE = 512  # pixels of the repeated grain, 1 cm each


@dataclass(frozen=True)
class Paving:
    """A surface of stones `across` x `along` metres (0: none, as tarmac), and its roughness."""

    color: Color
    across: float = 0.0
    along: float = 0.0
    staggered: bool = False
    joint: float = 0.2  # how much darker the joints are
    tones: float = 0.045  # how much the stones differ
    grit: float = 1.0  # strength of the grain


def finish(
    canvas: Canvas,
    rng: np.random.Generator,
    street: Street,
    surfaces: tuple[Paving, Paving],
    cast: Sequence[Sequence[Point]],
    feet: Sequence[Sequence[Point]],
) -> None:
    """Add the texture of road and pavement (`surfaces`), and shadows, to the ground's rows."""
    camera, light = canvas.camera, canvas.light
    top = int(camera.horizon) // SUPERSAMPLING * SUPERSAMPLING + SUPERSAMPLING
    if top >= canvas.pixels.shape[0]:
        return
    # Computed at the image's own resolution.
    pixels = canvas.pixels[top:]
    ground = pixels[::SUPERSAMPLING, ::SUPERSAMPLING, 3]
    rows = top + SUPERSAMPLING * (np.arange(ground.shape[0], dtype=np.float32) + 0.5)
    columns = SUPERSAMPLING * (np.arange(ground.shape[1], dtype=np.float32) + 0.5)
    z = (camera.focal * camera.height / (rows - camera.horizon))[:, None]
    s = (columns[None] - camera.center) * z / camera.focal - camera.bend * z**2
    road, paving = surfaces
    roughness = np.ones(256, np.float32)
    roughness[[Label.ROAD, Label.PAVEMENT, Label.TREE]] = road.grit, paving.grit, 3.0
    factor = _grain(rng, s, z, street, roughness[ground])
    for stones, label in ((road, Label.ROAD), (paving, Label.PAVEMENT)):
        if stones.across:
            factor = np.where(ground == label, factor * _stones(rng, s, z, stones), factor)
    dark = _shadow_map(camera, light, ground.shape, top, cast, feet)
    # Wet or polished ground takes the sky's colour where one looks along it.
    shine = rng.choice([0.0, rng.uniform(0.05, 0.4)]) * z / (z + 14)
    clear = np.exp(-z / light.visibility) * (1 - shine)
    # Only the blue sky lights a shadow.
    gains = [128 * factor * clear * (1 + (dark - 1) * weak) for weak in (1.03, 1.0, 0.95)]
    gain = cv2.resize(cv2.merge([cv2.convertScaleAbs(g) for g in gains]), pixels.shape[1::-1])
    sky = (1 - clear) * np.array(light.haze) * min(1.0, 0.35 + light.ambient)
    haze = np.repeat(sky, SUPERSAMPLING, axis=0).astype(np.uint8)
    lit = cv2.multiply(np.ascontiguousarray(pixels[..., :3]), gain, scale=1 / 128)
    pixels[..., :3] = cv2.add(lit, np.broadcast_to(haze[:, None], lit.shape).copy())


def _grain(
    rng: np.random.Generator, s: Floats, z: Floats, street: Street, roughness: Floats
) -> Floats:
    fine = cv2.GaussianBlur(rng.normal(0, 1, (_TILE, _TILE)).astype(np.float32), (0, 0), 0.8)
    fine += 0.5 * cv2.GaussianBlur(rng.normal(0, 4, (_TILE, _TILE)).astype(np.float32), (0, 0), 3)
    z_all = np.broadcast_to(z, s.shape)
    wrap = cv2.BORDER_WRAP
    map_x, map_z = (np.mod(v * 100, _TILE).astype(np.float32) for v in (s, z_all))
    speckle = cv2.remap(fine, map_x, map_z, cv2.INTER_LINEAR, borderMode=wrap)
    stains = clouds(rng, 256, 256, 6)
    wide = cv2.remap(
        stains,
        np.mod(s * 14 + 64, 256).astype(np.float32),
        np.mod(z_all * 3, 256).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=wrap,
    )
    # Tyres polish or blacken two tracks, and oil drips between them, in each lane.
    steps = np.linspace(-40, 40, 1601, dtype=np.float32)
    lanes = np.mod(steps + street.lane / 2, street.lane) - street.lane / 2
    profile = np.exp(-(((np.abs(lanes) - 0.75) / 0.28) ** 2)) - 0.7 * np.exp(-((lanes / 0.3) ** 2))
    profile[(steps < street.left) | (steps > street.right)] = 0
    profile = (profile * rng.uniform(-0.05, 0.09)).astype(np.float32)
    tracks = profile[np.clip((s + 40) * 20, 0, 1600).astype(np.int16)]
    strength = np.float32(rng.uniform(0.05, 0.13))
    return 1 + roughness * speckle * np.exp(-z / 11) * 0.085 + strength * wide + tracks


def _stones(rng: np.random.Generator, s: Floats, z: Floats, paving: Paving) -> Floats:
    column = np.floor(s / paving.across).astype(np.int32)
    shifted = z + paving.along / 2 * (column % 2) if paving.staggered else z
    row = np.floor(shifted / paving.along).astype(np.int32)
    tones = rng.normal(0, paving.tones, 97).astype(np.float32)[(column * 31 + row * 57) % 97]
    near = np.exp(-z / (4 + 16 * paving.across))
    wide = min(0.028, paving.along * 0.12)
    joint = (np.mod(s, paving.across) < wide) | (np.mod(shifted, paving.along) < wide)
    return 1 + (tones - paving.joint * joint) * near


def _shadow_map(
    camera: Camera,
    light: Light,
    shape: tuple[int, int],
    top: int,
    cast: Sequence[Sequence[Point]],
    feet: Sequence[Sequence[Point]],
) -> Floats:
    """Share of the light that arrives, (h, w) float32."""

    def outline(points: Floats) -> NDArray[np.int32]:
        pixels = (camera.project(points) - (0, top)) / SUPERSAMPLING
        return fixed_point(pixels)

    lit = np.full(shape, 255, np.uint8)
    if light.direct > 0:
        for corners in cast:
            cv2.fillPoly(lit, [outline(light.shadow(corners))], 0, cv2.LINE_AA, 4)
    lit = cv2.GaussianBlur(lit, (0, 0), 1.2)
    sun = light.direct * light.to_sun[1]
    share = light.ambient / (light.ambient + sun)
    result = share + (1 - share) * lit.astype(np.float32) / 255
    contact = np.full(shape, 255, np.uint8)
    for points in feet:
        around = np.asarray(points, np.float64) * (1, 0, 1)
        center = around.mean(axis=0)
        for grow, tone in ((1.22, 190), (1.08, 120), (0.92, 60)):
            flat = np.insert(hull((center + (around - center) * grow)[:, ::2]), 1, 0.0, axis=1)
            cv2.fillPoly(contact, [outline(flat)], tone, cv2.LINE_AA, 4)
    contact = cv2.GaussianBlur(contact, (0, 0), 1.6)
    return result * (contact.astype(np.float32) / 255)
