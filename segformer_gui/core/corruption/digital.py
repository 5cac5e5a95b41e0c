"""Colour, compression and resampling: brightness, contrast, saturate, jpeg_compression, pixelate,
elastic_transform.

See `noise` for what all kernels have in common.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from segformer_gui.core.corruption.common import (
    Field,
    Image,
    drifted,
    gaussian,
    parameters_at,
    rounded,
    truncated,
)

_BRIGHTNESS_ADDED = ((0.1,), (0.2,), (0.3,), (0.4,), (0.5,))
_CONTRAST = ((0.4,), (0.3,), (0.2,), (0.1,), (0.05,))
# Factor of the saturation, and what is added to it.
_SATURATION = ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2))
_JPEG_QUALITY = ((25,), (18,), (15,), (10,), (7,))
_PIXELATE_SCALE = ((0.6,), (0.5,), (0.4,), (0.3,), (0.25,))
_ELASTIC_STRENGTH = ((12.5,), (16.25,), (21.25,), (25,), (30,))

_LEVELS = np.arange(256, dtype=np.float32)


def brightness(image: Image, severity: float, _rng: np.random.Generator) -> Image:
    """Add to the V of HSV. H and S stay, so RGB is scaled by V' / V; black turns grey."""
    (added,) = parameters_at(severity, _BRIGHTNESS_ADDED)
    value = _largest(image)
    brighter = np.minimum(_LEVELS + 255 * added, 255)
    ratio = cv2.LUT(value, brighter / np.maximum(_LEVELS, 1))
    channels = [cv2.multiply(channel, ratio, dtype=cv2.CV_32F) for channel in cv2.split(image)]
    black = value == 0
    for channel in channels:
        channel[black] = brighter[0]
    return truncated(cv2.merge(channels))  # pyright: ignore


def saturate(image: Image, severity: float, _rng: np.random.Generator) -> Image:
    """Scale the S of HSV: what RGB lacks to V is scaled by S' / S.

    Greys have no hue, which the original takes for red: from severity 4 on they turn reddish.
    """
    factor, added = parameters_at(severity, _SATURATION)
    value, lowest = _largest(image), _smallest(image)
    lack = 1 - _LEVELS / np.maximum(_LEVELS[:, None], 1)  # S of (V, smallest channel).
    saturation = np.clip(lack * factor + added, 0, 1)
    ratio = np.divide(saturation, lack, out=np.full_like(lack, added), where=lack > 0)
    ratios = ratio.reshape(-1)[value.astype(np.intp) * 256 + lowest]
    grey = value == lowest
    channels: list[Field] = []
    for index, channel in enumerate(cv2.split(image)):
        below = cv2.subtract(value, channel)
        if index > 0 and added > 0:
            below[grey] = value[grey]
        channels.append(cv2.subtract(value, cv2.multiply(below, ratios, dtype=5), dtype=5))  # pyright: ignore
    return truncated(cv2.merge(channels))  # pyright: ignore


def contrast(image: Image, severity: float, _rng: np.random.Generator) -> Image:
    """Draw each channel towards its mean over the image."""
    (factor,) = parameters_at(severity, _CONTRAST)
    means = np.array(cv2.mean(image)[:3])
    table = np.arange(256)[:, None] * factor + means * (1 - factor)
    return cv2.LUT(image, table.astype(np.uint8)[None])  # pyright: ignore


def jpeg_compression(image: Image, severity: float, _rng: np.random.Generator) -> Image:
    """There and back through JPEG of low quality."""
    (quality,) = parameters_at(severity, _JPEG_QUALITY)
    stream = io.BytesIO()
    PIL.Image.fromarray(image).save(stream, "JPEG", quality=rounded(quality))
    with PIL.Image.open(stream) as compressed:
        return np.array(compressed)


def pixelate(image: Image, severity: float, _rng: np.random.Generator) -> Image:
    """Shrink by box means, enlarge by repetition."""
    (scale,) = parameters_at(severity, _PIXELATE_SCALE)
    height, width = image.shape[:2]
    small = (int(width * scale), int(height * scale))
    # Pillow, as the original: OpenCV's INTER_AREA weighs the boxes' edges in another way.
    shrunk = PIL.Image.fromarray(image).resize(small, PIL.Image.Resampling.BOX)
    return np.array(shrunk.resize((width, height), PIL.Image.Resampling.NEAREST))


def elastic_transform(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Move pixels along smooth random fields. As in the benchmark, labels do not move with them."""
    (strength,) = parameters_at(severity, _ELASTIC_STRENGTH)
    # Both ways from the height, as the original.
    reach = strength * 0.005 * len(image)
    x, y = (smooth_field(image.shape[:2], rng) * np.float32(reach) for _ in range(2))
    return warped(image, x, y)


def smooth_field(shape: tuple[int, ...], rng: np.random.Generator) -> Field:
    """Uniform noise in -1..1 after a Gaussian filter of 1 % of height and width.

    From 800 px on it is made on a coarser grid (4 to 8 grid steps a sigma) and enlarged: a field of
    the same strength and smoothness for a small part of the time.
    """
    grid = tuple(round(length / max(1, int(length * 0.01 / 4))) for length in shape)
    noise = drifted(rng.random(grid, dtype=np.float32) * 2 - 1, rng, -0.5, 0)
    # Fewer random numbers fall into a sigma, so their mean would vary more.
    noise *= np.sqrt(grid[0] / shape[0] * grid[1] / shape[1], dtype=np.float32)
    sigma = grid[0] * 0.01, grid[1] * 0.01
    field = gaussian(noise, sigma, truncate=3, border=cv2.BORDER_REFLECT)
    return cv2.resize(field, shape[1::-1], interpolation=cv2.INTER_CUBIC)  # pyright: ignore


def warped(image: Image, x: Field, y: Field) -> Image:
    """Take each pixel from (`x`, `y`) px beside it, linearly between pixels, mirrored at edges."""
    height, width = image.shape[:2]
    from_x = x + np.arange(width, dtype=np.float32)
    from_y = y + np.arange(height, dtype=np.float32)[:, None]
    values = image.astype(np.float32)
    return truncated(
        cv2.remap(values, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)  # pyright: ignore
    )


def _largest(image: Image) -> NDArray[np.uint8]:
    red, green, blue = cv2.split(image)
    return cv2.max(cv2.max(red, green), blue)  # pyright: ignore


def _smallest(image: Image) -> NDArray[np.uint8]:
    red, green, blue = cv2.split(image)
    return cv2.min(cv2.min(red, green), blue)  # pyright: ignore
