"""Sky, road and pavements: what every scene has before anything stands in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    scaled,
)

KERB = 0.11  # metres
_DISTANCES = np.geomspace(1.5, 400.0, 60)  # dense enough that a bent kerb looks smooth
_TILE = 512  # pixels of the repeated grain, 1 cm each
_SLAB = 0.6  # metres
_Patch = Callable[[float, float, float, float], None]  # paints low..high across, near..far ahead


@dataclass(frozen=True)
class Street:
    """Cross-section of the street and what leaves it; metres, kerbs and fronts as `s`."""

    left: float
    right: float
    middle: float  # between the lanes
    left_front: float
    right_front: float
    crossings: tuple[tuple[int, float, float], ...]  # side roads: side, near, far
    lawn: bool  # grass behind the pavements where nothing is built, else paving

    def kerb(self, side: int) -> float:
        """The kerb on the left (-1) or right (1)."""
        return self.right if side > 0 else self.left

    def front(self, side: int) -> float:
        """Where the pavement ends on the left (-1) or right (1)."""
        return self.right_front if side > 0 else self.left_front

    def is_clear(self, side: int, near: float, far: float) -> bool:
        """Whether no side road leaves on `side` between `near` and `far`."""
        return all(s != side or far < a - 0.5 or near > b + 0.5 for s, a, b in self.crossings)


def draw_sky(canvas: Canvas, rng: np.random.Generator, zenith: Color, cover: float) -> None:
    """Fill the whole canvas with sky: `zenith` above, haze below, `cover` 0..1 of cloud."""
    height, width = canvas.pixels.shape[:2]
    h, w = height // 4, width // 4
    up = np.clip(1 - (np.arange(h, dtype=np.float32) * 4) / canvas.camera.horizon, 0, 1)[:, None]
    # Clouds lie in a plane overhead, so they flatten towards the horizon.
    across = (np.arange(w, dtype=np.float32) / w - canvas.camera.center / width)[None]
    depth = 1 / (up + 0.22)
    field = clouds(rng, 512, 512, 5)
    map_x = ((across * depth * 170) + rng.uniform(0, 512)).astype(np.float32)
    map_y = np.broadcast_to((depth * 110).astype(np.float32), map_x.shape).copy()
    density = cv2.remap(field, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    density = np.clip((density + cover * 1.3 - 0.55) * 2.2, 0, 1)[..., None]
    haze = np.array(canvas.light.haze, np.float32)
    clear = haze + (np.array(zenith, np.float32) - haze) * up[..., None] ** 0.8
    thick = cv2.GaussianBlur(density, (0, 0), 6)[..., None]
    cloud = np.float32(250) - thick * np.array((46, 42, 34), np.float32) * (0.4 + 0.6 * cover)
    sky = clear + (cloud - clear) * density * np.clip(up * 3 + 0.35, 0, 1)[..., None]
    sky = cv2.resize(np.clip(sky, 0, 255).astype(np.uint8), (width, height))
    canvas.pixels[..., :3] = sky
    canvas.pixels[..., 3] = Label.SKY


def draw_ground(
    canvas: Canvas,
    rng: np.random.Generator,
    street: Street,
    cast: Sequence[Sequence[Point]],
    feet: Sequence[Sequence[Point]],
) -> None:
    """Draw all that lies flat, with the shadows that bodies with corners `cast` throw in the sun.

    `feet` are corners of what stands on the road: the sky's light does not reach below them.
    """
    light = canvas.light
    flat = light.on((0, 1, 0))
    tarmac = scaled((106.0, 109.0, 113.0), rng.uniform(0.8, 1.1) * flat)
    paving = scaled((122.0, 118.0, 113.0), rng.uniform(0.8, 1.05) * flat)
    grass = scaled((72.0, 84.0, 42.0), rng.uniform(0.8, 1.0) * flat)
    beyond, label = (grass, Label.TREE) if street.lawn else (paving, Label.PAVEMENT)
    _strip(canvas, -300, 300, beyond, label)
    for side, near, far in street.crossings:
        kerb = street.kerb(side)
        _area(canvas, side * 90, kerb, near - 2, far + 2, paving, Label.PAVEMENT, KERB)
    _strip(canvas, street.left_front, street.left, paving, Label.PAVEMENT, KERB)
    _strip(canvas, street.right, street.right_front, paving, Label.PAVEMENT, KERB)
    kerbstone = scaled((150.0, 148.0, 142.0), flat * 0.85)
    for kerb in (street.left, street.right):
        inner = kerb - 0.14 * np.sign(kerb)
        _strip(canvas, min(kerb, inner), max(kerb, inner), kerbstone, Label.PAVEMENT, KERB)
        canvas.fill(_kerb_face(canvas.camera, inner), scaled(kerbstone, 0.62), Label.PAVEMENT)
    _strip(canvas, street.left + 0.14, street.right - 0.14, tarmac, Label.ROAD)
    for side, near, far in street.crossings:
        kerb = street.kerb(side) - side * 0.2
        _area(canvas, side * 90, kerb, near, far, tarmac, Label.ROAD)
    _markings(canvas, rng, street, tarmac, flat)
    _finish(canvas, rng, street, cast, feet)


def _strip(
    canvas: Canvas, low: float, high: float, color: Color, label: Label, y: float = 0.0
) -> None:
    z = _DISTANCES
    edges = [np.stack([np.full_like(z, s), np.full_like(z, y), z], axis=1) for s in (low, high)]
    canvas.fill(canvas.camera.project(np.concatenate([edges[0], edges[1][::-1]])), color, label)


def _kerb_face(camera: Camera, s: float) -> Floats:
    z = _DISTANCES
    edges = [np.stack([np.full_like(z, s), np.full_like(z, y), z], axis=1) for y in (0.0, KERB)]
    return camera.project(np.concatenate([edges[0], edges[1][::-1]]))


def _area(
    canvas: Canvas,
    low: float,
    high: float,
    near: float,
    far: float,
    color: Color,
    label: Label,
    y: float = 0.0,
) -> None:
    """A rectangle on the ground, subdivided along the street so that it bends with it."""
    z = np.linspace(near, far, max(2, int((far - near) / 1.5)))
    edges = [np.stack([np.full_like(z, s), np.full_like(z, y), z], axis=1) for s in (low, high)]
    canvas.fill(canvas.camera.project(np.concatenate([edges[0], edges[1][::-1]])), color, label)


def _markings(
    canvas: Canvas, rng: np.random.Generator, street: Street, tarmac: Color, flat: float
) -> None:
    """Paint, worn more or less, and what mends and covers the tarmac."""
    _repairs(canvas, rng, street, tarmac)
    worn = rng.uniform(0.55, 0.95)

    def patch(
        low: float, high: float, near: float, far: float, paint: Color = (232, 232, 226)
    ) -> None:
        red, green, blue = (t + (c * flat - t) * worn for c, t in zip(paint, tarmac, strict=True))
        _area(canvas, low, high, near, far, (red, green, blue), Label.ROAD)

    dash, gap = ((4, 2), (2, 4), (4, 5), (1, 5))[rng.integers(4)]
    for z in np.arange(rng.uniform(0, 6), 160, dash + gap):
        patch(street.middle - 0.06, street.middle + 0.06, z, z + dash)
    if rng.random() < 0.55:  # double yellow lines
        for kerb in (street.left + 0.14, street.right - 0.14):
            for step in (0.22, 0.42):
                s = kerb - np.sign(kerb) * step
                patch(s - 0.045, s + 0.045, 1.5, 150, (198, 172, 96))
    for side, near, far in street.crossings:
        _give_way(patch, street, side, near, far)
    _crossing_or_arrow(patch, rng, street)


def _crossing_or_arrow(patch: _Patch, rng: np.random.Generator, street: Street) -> None:
    if rng.random() < 0.28:
        z = rng.uniform(9, 26)
        for s in np.arange(street.left + 0.4, street.right - 0.6, 1.1):
            patch(s, s + 0.55, z, z + 2.6)
    elif rng.random() < 0.3:  # an arrow: its head in narrowing slices
        z, s = rng.uniform(8, 18), (street.middle + street.left) / 2 + 0.4
        patch(s - 0.08, s + 0.08, z, z + 2.6)
        for share in np.arange(0, 1, 0.05):
            half = 0.35 * (1 - share)
            patch(s - half, s + half, z + 2.5 + 1.9 * share, z + 2.6 + 1.9 * share)


def _give_way(
    patch: _Patch,
    street: Street,
    side: int,
    near: float,
    far: float,
) -> None:
    s = street.kerb(side) + side * 0.1
    for z in np.arange(near + 0.3, far - 0.5, 0.9):
        for step in (0, 0.35):
            edges = sorted((s + side * step, s + side * (step + 0.2)))
            patch(edges[0], edges[1], z, z + 0.6)


def _repairs(canvas: Canvas, rng: np.random.Generator, street: Street, tarmac: Color) -> None:
    for _ in range(rng.integers(2, 6)):
        s, z = rng.uniform(street.left + 0.5, street.right - 1.5), rng.uniform(3, 40)
        tone = scaled(tarmac, rng.uniform(0.84, 1.07))
        _area(canvas, s, s + rng.uniform(0.5, 1.6), z, z + rng.uniform(1, 9), tone, Label.ROAD)
    for _ in range(rng.integers(1, 4)):  # manholes
        s, z = rng.uniform(street.left + 0.6, street.right - 0.6), rng.uniform(4, 22)
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        for radius, tone in ((0.34, 0.62), (0.28, 0.78)):
            ring = [s + radius * np.cos(turn), 0 * turn, z + radius * np.sin(turn)]
            canvas.fill(
                canvas.camera.project(np.stack(ring, axis=1)), scaled(tarmac, tone), Label.ROAD
            )


def _finish(
    canvas: Canvas,
    rng: np.random.Generator,
    street: Street,
    cast: Sequence[Sequence[Point]],
    feet: Sequence[Sequence[Point]],
) -> None:
    """Grain, slabs and shadows, computed at the image's own resolution over the ground's rows."""
    camera, light = canvas.camera, canvas.light
    top = int(camera.horizon) // SUPERSAMPLING * SUPERSAMPLING + SUPERSAMPLING
    if top >= canvas.pixels.shape[0]:
        return
    pixels = canvas.pixels[top:]
    ground = pixels[::SUPERSAMPLING, ::SUPERSAMPLING, 3]
    rows = top + SUPERSAMPLING * (np.arange(ground.shape[0], dtype=np.float32) + 0.5)
    columns = SUPERSAMPLING * (np.arange(ground.shape[1], dtype=np.float32) + 0.5)
    z = (camera.focal * camera.height / (rows - camera.horizon))[:, None]
    s = (columns[None] - camera.center) * z / camera.focal - camera.bend * z**2
    factor = _grain(rng, s, z, street)
    paved = ground == Label.PAVEMENT
    factor = np.where(paved, factor * _slabs(rng, s, z), factor)
    dark = _shadow_map(camera, light, ground.shape, top, cast, feet)
    clear = np.exp(-z / light.visibility)
    # Only the blue sky lights a shadow.
    gains = [128 * factor * clear * (1 + (dark - 1) * weak) for weak in (1.03, 1.0, 0.95)]
    gain = cv2.resize(cv2.merge([cv2.convertScaleAbs(g) for g in gains]), pixels.shape[1::-1])
    haze = np.repeat((1 - clear) * np.array(light.haze), SUPERSAMPLING, axis=0).astype(np.uint8)
    lit = cv2.multiply(np.ascontiguousarray(pixels[..., :3]), gain, scale=1 / 128)
    pixels[..., :3] = cv2.add(lit, np.broadcast_to(haze[:, None], lit.shape).copy())


def _grain(rng: np.random.Generator, s: Floats, z: Floats, street: Street) -> Floats:
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
    tracks = np.zeros_like(s)
    for lane in ((street.left + street.middle) / 2, (street.right + street.middle) / 2):
        tracks += np.exp(-(((np.abs(s - lane) - 0.75) / 0.28) ** 2)) - 0.7 * np.exp(
            -(((s - lane) / 0.3) ** 2)
        )
    return 1 + 0.085 * speckle * np.exp(-z / 11) + 0.07 * wide + 0.045 * tracks


def _slabs(rng: np.random.Generator, s: Floats, z: Floats) -> Floats:
    across, along = np.floor(s / _SLAB).astype(int), np.floor(z / _SLAB).astype(int)
    tones = rng.normal(1, 0.045, 97).astype(np.float32)[(across * 31 + along * 57) % 97]
    near = np.exp(-z / 14)
    joint = (np.mod(s, _SLAB) < 0.025) | (np.mod(z, _SLAB) < 0.03)
    return 1 + ((tones - 1) - 0.22 * joint) * near


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
