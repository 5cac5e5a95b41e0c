"""Blurs: gaussian, glass, defocus, motion, zoom. Radii are in pixels of the image as it is given.

See `noise` for what all kernels have in common.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.corruption.common import (
    Image,
    gaussian,
    motion_taps,
    parameters_at,
    rounded,
    sum_of_shifts,
    truncated,
    zoomed,
)
from segformer_gui.core.corruption.patterns import remembered

_GAUSSIAN_SIGMA = ((1,), (2,), (3,), (4,), (6,))
# Sigma, greatest displacement, rounds.
_GLASS = ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2))
# Radius, sigma that softens the disk's edge.
_DEFOCUS = ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))
# Radius, sigma.
_MOTION = ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))
# Zoom factors run from 1 to below the first number, by steps of the second.
_ZOOM = ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))


def gaussian_blur(image: Image, severity: float, _rng: np.random.Generator) -> Image:
    """Gaussian filter, cut at 4 sigma."""
    (sigma,) = parameters_at(severity, _GAUSSIAN_SIGMA)
    return truncated(gaussian(image, (sigma, sigma)))


def defocus_blur(image: Image, severity: float, _rng: np.random.Generator) -> Image:
    """Filter with a disk, as a lens out of focus."""
    radius, softness = parameters_at(severity, _DEFOCUS)
    # As large as in the original, whose Gaussian below is cut at this edge.
    reach = max(8, math.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = (x**2 + y**2 <= radius**2).astype(np.float32)
    size = 3 if radius <= 8 else 5
    kernel = cv2.GaussianBlur(disk / disk.sum(), (size, size), softness)
    # On float32 OpenCV takes 2/3 of the time that it takes on uint8.
    return truncated(cv2.filter2D(image.astype(np.float32), -1, kernel))  # pyright: ignore


def motion_blur(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Trail to one side, at most 45 degrees from the horizontal."""
    radius, sigma = parameters_at(severity, _MOTION)
    taps = motion_taps(rounded(radius), sigma, rng.uniform(-45, 45), image.shape)
    return truncated(sum_of_shifts(image.astype(np.float32), taps))


def zoom_blur(image: Image, severity: float, _rng: np.random.Generator) -> Image:
    """Mean of the image (which counts twice) and of larger and larger ones of its middle."""
    factors = np.arange(1, *parameters_at(severity, _ZOOM))
    # OpenCV warps four channels in a third of the time that it takes for three.
    four = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA)
    total = four.astype(np.float32)
    height, width = image.shape[:2]
    for factor in factors:
        cv2.accumulate(zoomed(four, float(factor))[:height, :width], total)
    return truncated(cv2.cvtColor(total, cv2.COLOR_RGBA2RGB), 1 / (len(factors) + 1))  # pyright: ignore


def glass_blur(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Displace pixels at random between two Gaussian filters, as frosted glass."""
    sigma, reach, rounds = parameters_at(severity, _GLASS)
    blurred = truncated(gaussian(image, (sigma, sigma)))
    height, width = image.shape[:2]
    # One 32-bit number a pixel moves faster than three bytes.
    pixels = cv2.cvtColor(blurred, cv2.COLOR_RGB2RGBA).view(np.uint32)
    moved = pixels.reshape(-1)[_sources(rng, height, width, rounded(reach), rounded(rounds))]
    blurred = cv2.cvtColor(moved.view(np.uint8).reshape(height, width, 4), cv2.COLOR_RGBA2RGB)
    return truncated(gaussian(blurred, (sigma, sigma)))


@remembered
def _sources(
    rng: np.random.Generator, height: int, width: int, reach: int, rounds: int
) -> NDArray[np.int32]:
    """Which pixel is in the place of each one in the end."""
    sources = np.arange(height * width, dtype=np.int32).reshape(height, width)
    for _ in range(rounds):
        numbers = rng.integers(0, 1 << 16, (2, height, width), dtype=np.uint16)
        sources = displaced(sources, _scaled_moves(numbers, reach), reach)
    return sources


def _scaled_moves(numbers: NDArray[np.uint16], reach: int) -> NDArray[np.int16]:
    """16-bit random numbers, which are used up, to -reach .. reach - 1 by their upper 12 bits."""
    numbers >>= 4
    numbers *= np.uint16(2 * reach)
    numbers >>= 12
    return numbers.view(np.int16) - np.int16(reach)


def displaced(values: NDArray[np.int32], moves: NDArray[np.int16], reach: int) -> NDArray[np.int32]:
    """Go through (H, W) values from the last to the first and copy into each the one at its move.

    `moves` (2, H, W): x and y, each -reach .. reach - 1. A value may be one that has itself been
    copied into before: that is the original's "swap", in which the second half has no effect.

    Done for strips of rows from the bottom upwards. Values that come from an earlier one of the
    same strip form chains; each chain is followed to its end by doubling the stride.
    """
    height, width = values.shape
    result = values.flatten()
    first, columns = reach + 1, width - 2 * reach
    rows = max(1, 32_000 // width)  # What the cache holds.
    for bottom in range(height - reach + 1, first, -rows):
        top = max(first, bottom - rows)
        inside = (slice(top, bottom), slice(first, first + columns))
        index = np.arange(top, bottom)[:, None] * width + np.arange(first, first + columns)
        x, y = (part[inside].astype(np.intp) for part in moves)
        source = index + y * width + x
        column = np.arange(columns) + x
        row = np.arange(bottom - top)[:, None] + y
        chained = (source > index) & (row < bottom - top) & (column >= 0) & (column < columns)
        _follow(source.reshape(-1), (row * columns + column).reshape(-1), chained.reshape(-1))
        result[index] = result[source]
    return result.reshape(height, width)


def _follow(source: NDArray[np.intp], link: NDArray[np.intp], chained: NDArray[np.bool_]) -> None:
    """Give each chained pixel, in place, the source at the end of its chain of links."""
    open_ends = np.flatnonzero(chained)
    while open_ends.size:
        target = link[open_ends]
        ended = ~chained[target]
        source[open_ends[ended]] = source[target[ended]]
        link[open_ends] = link[target]
        chained[open_ends[ended]] = False
        open_ends = open_ends[~ended]
