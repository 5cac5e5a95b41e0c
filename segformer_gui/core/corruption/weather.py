"""Weather: snow, frost, fog, spatter. See `noise` for what all kernels have in common."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from segformer_gui.core.corruption.common import (
    Field,
    Image,
    by_rows,
    drifted,
    gaussian,
    motion_taps,
    parameters_at,
    rounded,
    sum_of_shifts,
    truncated_sum,
    zoomed,
)
from segformer_gui.core.corruption.patterns import remembered
from segformer_gui.core.corruption.reference import package_folder
from segformer_gui.core.images import read_image

# Mean and deviation of the flakes' noise, its zoom, threshold, motion's radius and sigma, and the
# share of the image that is not whitened.
_SNOW = (
    (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
    (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
    (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
    (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
    (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
)
# Share of the image and of the frost.
_FROST = ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75))
# Thickness, decay of the roughness from one scale to the next.
_FOG = ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4))
# Mean and deviation of the liquid's noise, its sigma, threshold, then for water the brightness, for
# mud the sigma of its edge.
_WATER = ((0.65, 0.3, 4, 0.69, 0.6), (0.65, 0.3, 3, 0.68, 0.6), (0.65, 0.3, 2, 0.68, 0.5))
_MUD = ((0.65, 0.3, 1, 0.65, 1.5), (0.67, 0.4, 1, 0.65, 1.5))
_LAST_WATER, _FIRST_MUD = 3, 4
# In moving videos, in heights of the image a frame: how snow falls (down, right), how fog drifts
# to the right, how drops run down.
_SNOW_DRIFT = (0.03, 0.006)
_FOG_DRIFT = 0.006
_SPATTER_DRIFT = 0.0005

# The package has a sixth, which the original never draws.
_FROST_FILES = ("frost1.png", "frost2.png", "frost3.png", "frost4.jpg", "frost5.jpg")
_WATER_COLOR = (175, 238, 238)
_MUD_COLOR = (63, 42, 20)


def snow(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Whiten the image and let flakes fall, twice: the second time turned by 180 degrees."""
    *flakes, kept = parameters_at(severity, _SNOW)
    height, width = image.shape[:2]
    layer = _snow_layer(rng, height, width, *flakes)
    layer = drifted(layer, rng, *(part * height for part in _SNOW_DRIFT))

    def snowed(part: Image, flakes: Field) -> Image:
        values = part.astype(np.float32)
        white = cv2.cvtColor(values, cv2.COLOR_RGB2GRAY) * np.float32(1.5) + np.float32(127.5)
        whitened = cv2.addWeighted(values, kept, cv2.max(values, _grey(white)), 1 - kept, 0)
        return truncated_sum(whitened, _grey(flakes))

    return by_rows(snowed, image, layer)


@remembered
def _snow_layer(
    rng: np.random.Generator,
    height: int,
    width: int,
    mean: float,
    deviation: float,
    zoom: float,
    threshold: float,
    radius: float,
    sigma: float,
) -> Field:
    noise = rng.standard_normal((height, width), dtype=np.float32)
    flakes = zoomed(noise, zoom) * np.float32(deviation) + np.float32(mean)
    flakes[flakes < threshold] = 0
    taps = motion_taps(rounded(radius), sigma, rng.uniform(-135, -45), flakes.shape)
    fallen = sum_of_shifts(np.minimum(flakes, 1), taps)[:height, :width]
    layer = np.rint(fallen * 255)
    return layer + layer[::-1, ::-1]


def frost(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Add a random part of one of five photographs of frost, enlarged to fit."""
    image_share, frost_share = parameters_at(severity, _FROST)
    height, width = image.shape[:2]
    photograph = _frost_photograph(int(rng.integers(0, len(_FROST_FILES))))
    scale = 1.1 * max(1, height / photograph.shape[0], width / photograph.shape[1])
    size = [math.ceil(length * scale) for length in photograph.shape[1::-1]]
    enlarged = cv2.resize(photograph, size, interpolation=cv2.INTER_CUBIC)
    top = rng.integers(0, enlarged.shape[0] - height)
    left = rng.integers(0, enlarged.shape[1] - width)
    part = enlarged[top : top + height, left : left + width]
    return truncated_sum(image, part, image_share, frost_share)


@lru_cache(maxsize=len(_FROST_FILES))
def _frost_photograph(index: int) -> Image:
    photograph = read_image(package_folder() / "frost" / _FROST_FILES[index])
    photograph.flags.writeable = False
    return photograph


def fog(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Add a cloud and scale back, so that the brightest value stays as bright."""
    thickness, decay = parameters_at(severity, _FOG)
    height, width = image.shape[:2]
    cloud = _plasma(rng, (max(height, width) - 1).bit_length(), decay)
    cloud = drifted(cloud, rng, 0, _FOG_DRIFT * height, (height, width))
    brightest = int(image.max()) / 255
    scale = brightest / (brightest + thickness)

    def fogged(part: Image, cloud: Field) -> Image:
        return truncated_sum(part, _grey(cloud), scale, 255 * thickness * scale)

    return by_rows(fogged, image, cloud)


@remembered
def _plasma(rng: np.random.Generator, levels: int, decay: float) -> Field:
    """Fractal height map by the diamond-square scheme on a torus: side 2 ** `levels`, 0..1.

    Each level halves the distance of the points: new ones get the mean of the four around them and
    a random part, which shrinks by `decay` squared from level to level.
    """
    points = np.zeros((1, 1), np.float32)
    roughness = 100.0

    def means(sum_of_four: Field) -> Field:
        random = rng.random(sum_of_four.shape, dtype=np.float32)
        random *= 2 * roughness**2
        random -= roughness**2
        random += sum_of_four * np.float32(0.25)
        return random

    for _ in range(levels):
        below, right = np.roll(points, -1, axis=0), np.roll(points, -1, axis=1)
        centres = means(points + right + below + np.roll(below, -1, axis=1))
        finer = np.empty((2 * len(points), 2 * len(points)), np.float32)
        finer[::2, ::2] = points
        finer[1::2, 1::2] = centres
        finer[::2, 1::2] = means(centres + np.roll(centres, 1, axis=0) + points + right)
        finer[1::2, ::2] = means(centres + np.roll(centres, 1, axis=1) + points + below)
        points = finer
        roughness /= decay
    points -= points.min()
    points /= points.max()
    return points


def spatter(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Splashes on the lens: of water up to severity 3, of mud from 4 on.

    In between, where the original has no way from one to the other, the two are cross-faded.
    """
    noise = _normal(rng, image.shape[:2])
    noise = drifted(noise, rng, _SPATTER_DRIFT * len(image), 0)
    if severity <= _LAST_WATER:
        return _water(image, noise, parameters_at(severity, _WATER))
    if severity >= _FIRST_MUD:
        return _mud(image, noise, parameters_at(severity - _LAST_WATER, _MUD))
    part = severity - _LAST_WATER
    return cv2.addWeighted(
        _water(image, noise, _WATER[-1]), 1 - part, _mud(image, noise, _MUD[0]), part, 0
    )  # pyright: ignore


@remembered
def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Field:
    return rng.standard_normal(shape, dtype=np.float32)


def _water(image: Image, noise: Field, parameters: tuple[float, ...]) -> Image:
    """Pale drops with a light and a dark rim, drawn along the liquid's edges."""
    mean, deviation, sigma, threshold, brightness = parameters
    liquid = (_liquid(noise, mean, deviation, sigma, threshold) * 255).astype(np.uint8)
    to_edge = cv2.distanceTransform(255 - cv2.Canny(liquid, 50, 150), cv2.DIST_L2, 5)
    height = cv2.blur(np.minimum(to_edge, 20), (3, 3)).astype(np.uint8)
    emboss = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    lit = cv2.blur(cv2.filter2D(cv2.equalizeHist(height), cv2.CV_8U, emboss), (3, 3))
    drops = liquid * lit.astype(np.float32)
    brightest = float(drops.max())
    if brightest == 0:  # No drop fell on this image; the original divides by zero.
        return image.copy()
    drops *= brightness / brightest
    layer = cv2.merge([np.minimum(drops * channel, 255) for channel in _WATER_COLOR])
    return truncated_sum(image, layer)


def _mud(image: Image, noise: Field, parameters: tuple[float, ...]) -> Image:
    """Opaque brown spots with soft edges."""
    mean, deviation, sigma, threshold, edge_sigma = parameters
    spots = _liquid(noise, mean, deviation, sigma, threshold) > 0
    cover = gaussian(spots.astype(np.float32), (edge_sigma, edge_sigma))
    cover[cover < 0.8] = 0
    mud = cv2.merge([cover * channel for channel in _MUD_COLOR])
    shining_through = cv2.multiply(image, _grey(1 - cover), dtype=cv2.CV_32F)
    return truncated_sum(shining_through, mud)


def _liquid(noise: Field, mean: float, deviation: float, sigma: float, threshold: float) -> Field:
    """Smoothed noise where it reaches the threshold, 0 elsewhere."""
    smooth = gaussian(noise, (sigma, sigma)) * np.float32(deviation) + np.float32(mean)
    smooth[smooth < threshold] = 0
    return smooth


def _grey(values: Field) -> Field:
    """(H, W) as (H, W, 3)."""
    return cv2.cvtColor(values, cv2.COLOR_GRAY2RGB)  # pyright: ignore
