"""Where a scene is drawn: a camera over a street, the daylight, and colour and label in one array.

World coordinates are metres: `s` across the street (right is positive, 0 under the camera), `y` up
from the road, `z` ahead. The street may bend: a point at `s` lies at `s + bend * z ** 2`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Color = tuple[float, float, float]
Point = tuple[float, float, float]

SUPERSAMPLING = 2
NEAREST = 1.2  # metres; nothing is drawn closer to the camera
_SUBPIXEL_BITS = 4


class Label(IntEnum):
    """CamVid's class ids, under our names."""

    SKY = 0
    BUILDING = 1
    POLE = 2
    ROAD = 3
    PAVEMENT = 4
    TREE = 5
    SIGN = 6
    FENCE = 7
    CAR = 8
    PEDESTRIAN = 9
    BICYCLIST = 10
    IGNORE = 255


@dataclass(frozen=True)
class Camera:
    """A camera that looks along `z`; lengths in pixels of the supersampled canvas.

    A small turn to the side or down is a shift of the vanishing point (`center`, `horizon`).
    """

    focal: float
    center: float
    horizon: float
    height: float  # metres above the road
    bend: float  # 1/m

    def project(self, points: Sequence[Point] | Floats) -> Floats:
        """World (N, 3) -> canvas pixels (N, 2) as x, y. Nearer than `NEAREST` is moved there."""
        s, y, z = np.asarray(points, np.float64).T
        z = np.maximum(z, NEAREST)
        x = self.center + self.focal * (s + self.bend * z**2) / z
        return np.stack([x, self.horizon + self.focal * (self.height - y) / z], axis=1)

    def scale(self, z: float) -> float:
        """Pixels per metre at distance `z`."""
        return self.focal / max(z, NEAREST)


@dataclass(frozen=True)
class Light:
    """Daylight: what comes from the whole sky, and what comes from the sun."""

    to_sun: Point  # unit vector towards the sun: across, up, ahead
    ambient: float
    direct: float  # 0 when overcast
    haze: Color
    visibility: float  # metres

    def on(self, normal: Point | Floats) -> float:
        """Brightness of a surface with this unit normal; about 1 for a sunlit one."""
        across, up, ahead = normal
        facing = across * self.to_sun[0] + up * self.to_sun[1] + ahead * self.to_sun[2]
        return float(self.ambient * (0.8 + 0.2 * up) + self.direct * max(0.0, facing))

    def through_air(self, color: Color, z: float) -> Color:
        """`color` as seen from `z` metres away."""
        share = 1 - float(np.exp(-z / self.visibility))
        r, g, b = (c + (h - c) * share for c, h in zip(color, self.haze, strict=True))
        return r, g, b

    def shadow(self, points: Sequence[Point]) -> Floats:
        """Outline (N, 3) on the ground of the shadow of the convex body with these corners."""
        s, y, z = np.asarray(points, np.float64).T
        up = self.to_sun[1]
        ground = np.stack([s - y * self.to_sun[0] / up, z - y * self.to_sun[2] / up], axis=1)
        return np.insert(hull(ground), 1, 0.0, axis=1)


@dataclass(frozen=True)
class Sprite:
    """A square picture (h, h, 4) of colour and opacity, and where (h, h) it counts as the thing.

    Both uint8, 0..255. `small` is the same picture for use far away.
    """

    picture: Image
    covers: Image
    small: Sprite | None = None


class Canvas:
    """`pixels` (H, W, 4) uint8: red, green, blue and the class id, supersampled.

    One call draws colour and label with the same outline, so that they cannot disagree.
    """

    def __init__(self, height: int, width: int, camera: Camera, light: Light) -> None:
        self.pixels = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING, 4), np.uint8)
        self.camera = camera
        self.light = light

    def polygon(self, corners: Sequence[Point] | Floats, color: Color, label: int) -> None:
        """Fill a flat face; `color` is what leaves the surface, the air is added here."""
        distance = float(np.mean([corner[2] for corner in corners]))
        color = self.light.through_air(color, distance)
        self.fill(self.camera.project(corners), color, label)

    def fill(self, outline: Floats, color: Color, label: int) -> None:
        """Fill a polygon given in canvas pixels."""
        cv2.fillPoly(
            self.pixels, [fixed_point(outline)], (*color, label), cv2.LINE_8, _SUBPIXEL_BITS
        )

    def relabel(self, outline: Floats, label: int) -> None:
        """Label a polygon given in canvas pixels, and leave its colours."""
        low, high = self._clip(outline.min(axis=0), outline.max(axis=0) + 1)
        if (low >= high).any():
            return
        mask = np.zeros((high - low)[::-1], np.uint8)
        cv2.fillPoly(mask, [fixed_point(outline - low)], 1, cv2.LINE_8, _SUBPIXEL_BITS)
        part = self.pixels[low[1] : high[1], low[0] : high[0], 3]
        part[mask > 0] = label

    def capsule(
        self, ends: tuple[Point, Point], radii: tuple[float, float], color: Color, label: int
    ) -> None:
        """A round limb or rod between two points with the radii (metres) of its ends."""
        centers = self.camera.project(ends)
        sizes = [max(r * self.camera.scale(p[2]), 0.5) for p, r in zip(ends, radii, strict=True)]
        side = np.sign(self.light.to_sun[0]) * min(1.0, self.light.direct * 2)
        # A narrower, brighter core, moved towards the light, makes it round.
        for width, shift, brightness in ((1.0, 0.0, 0.78), (0.72, 0.18, 1.0), (0.35, 0.35, 1.14)):
            circles = [
                c + size * (_CIRCLE * width + (side * shift, 0))
                for c, size in zip(centers, sizes, strict=True)
            ]
            outline = hull(np.concatenate(circles))
            shaded = self.light.through_air(scaled(color, brightness), ends[0][2])
            self.fill(outline, shaded, label)
            if max(sizes) < 3:
                break

    def texture(self, corners: Sequence[Point], texture: Image) -> None:
        """Stretch a texture (h, w, 4: colour and label) over a face.

        Corners in the order top left, top right, bottom right, bottom left of the texture.
        """
        target = self.camera.project(corners)
        low, high = self._clip(target.min(axis=0), target.max(axis=0) + 1)
        if (low >= high).any():
            return
        h, w = texture.shape[:2]
        source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) - 0.5
        matrix = cv2.getPerspectiveTransform(source, (target - low - 0.5).astype(np.float32))
        size = tuple(int(n) for n in high - low)
        edge = cv2.BORDER_REPLICATE
        warped = cv2.warpPerspective(texture[..., :3], matrix, size, borderMode=edge)
        labels = cv2.warpPerspective(
            np.ascontiguousarray(texture[..., 3]),
            matrix,
            size,
            flags=cv2.INTER_NEAREST,
            borderMode=edge,
        )
        mask = np.zeros(size[::-1], np.uint8)
        cv2.fillPoly(mask, [fixed_point(target - low)], 1, cv2.LINE_8, _SUBPIXEL_BITS)
        share = 1 - float(np.exp(-np.mean([c[2] for c in corners]) / self.light.visibility))
        warped = cv2.addWeighted(warped, 1 - share, np.full_like(warped, self.light.haze), share, 0)
        part = self.pixels[low[1] : high[1], low[0] : high[0]]
        cv2.copyTo(cv2.merge([warped, labels]), mask, part)

    def sprite(self, foot: Point, size: float, sprite: Sprite, label: int) -> None:
        """Stand a square picture up at `foot` (bottom centre), `size` metres wide and high."""
        scale = self.camera.scale(foot[2])
        extent = max(1, round(size * scale))
        if sprite.small is not None and extent <= len(sprite.small.covers):
            sprite = sprite.small
        bottom = self.camera.project([foot])[0]
        corner = np.round(bottom - (extent / 2, extent)).astype(int)
        low, high = self._clip(corner, corner + extent)
        if (low >= high).any():
            return
        how = cv2.INTER_AREA if extent < len(sprite.covers) else cv2.INTER_LINEAR
        rows = slice(low[1] - corner[1], high[1] - corner[1])
        columns = slice(low[0] - corner[0], high[0] - corner[0])
        picture = cv2.resize(sprite.picture, (extent, extent), interpolation=how)[rows, columns]
        covers = cv2.resize(sprite.covers, (extent, extent), interpolation=how)[rows, columns]
        part = self.pixels[low[1] : high[1], low[0] : high[0]]
        share = np.float32(1 - np.exp(-foot[2] / self.light.visibility))
        color = picture[..., :3] * (1 - share) + share * np.array(self.light.haze, np.float32)
        opacity = picture[..., 3:] * np.float32(1 / 255)
        part[..., :3] = part[..., :3] + (color - part[..., :3]) * opacity
        part[..., 3][covers > 127] = label

    def result(self) -> tuple[Image, Image]:
        """Image (H, W, 3), averaged, and labels (H, W), the most frequent of each pixel's four."""
        height, width = self.pixels.shape[:2]
        size = (width // SUPERSAMPLING, height // SUPERSAMPLING)
        image = cv2.resize(self.pixels[..., :3], size, interpolation=cv2.INTER_AREA)
        labels = self.pixels[..., 3]
        a, b, c, d = labels[::2, ::2], labels[::2, 1::2], labels[1::2, ::2], labels[1::2, 1::2]
        alone = (a != b) & (a != c) & (a != d)
        majority = np.where(alone & ((b == c) | (b == d)), b, np.where(alone & (c == d), c, a))
        return image, majority  # pyright: ignore[reportReturnType]

    def _clip(self, low: Floats, high: Floats) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        limit = np.array(self.pixels.shape[1::-1])
        return (
            np.clip(np.floor(low).astype(int), 0, limit),
            np.clip(np.ceil(high).astype(int), 0, limit),
        )


_ANGLES = np.linspace(0, 2 * np.pi, 14, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


def along_street(s: float, first: float, last: float, low: float, high: float) -> list[Point]:
    """Corners of an upright rectangle at `s`, in the order that `Canvas.texture` takes."""
    return [(s, high, first), (s, high, last), (s, low, last), (s, low, first)]


def across_street(left: float, right: float, z: float, low: float, high: float) -> list[Point]:
    """Corners of an upright rectangle at `z`, in the order that `Canvas.texture` takes."""
    return [(left, high, z), (right, high, z), (right, low, z), (left, low, z)]


def fixed_point(outline: Floats) -> NDArray[np.int32]:
    """Canvas pixels -> OpenCV's fixed-point coordinates, where 0 is a pixel's centre."""
    return np.round((outline - 0.5) * 2**_SUBPIXEL_BITS).astype(np.int32)


def hull(points: Floats) -> Floats:
    """Convex outline (M, 2) of points (N, 2)."""
    return cv2.convexHull(points.astype(np.float32))[:, 0].astype(np.float64)


def scaled(color: Color, brightness: float) -> Color:
    """`color` times `brightness`, within 0..255."""
    r, g, b = (min(255.0, c * brightness) for c in color)
    return r, g, b


def noise(rng: np.random.Generator, height: int, width: int, cells: int) -> Floats:
    """Smooth random field (height, width) float32 in about -1..1 with `cells` bumps across."""
    rows = max(2, round(cells * height / width))
    coarse = rng.uniform(-1, 1, (rows + 1, cells + 1)).astype(np.float32)
    size = (width, height)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)  # pyright: ignore


def clouds(rng: np.random.Generator, height: int, width: int, cells: int = 3) -> Floats:
    """Fractal noise (height, width) float32 in about -1..1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(5):
        total += noise(rng, height, width, cells * 2**octave) * 0.55**octave
    return total * 0.5
