"""Noise: gaussian, shot, impulse, speckle. Each value has its own random number, colours too.

All kernels of this package: (image (H, W, 3) uint8 RGB, severity 1..5, random numbers) -> the same.
What they draw does not depend on the severity, so that the noise stays where it is while the
severity moves. Parameters are those of `imagecorruptions` 1.1.2, one row a severity.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.corruption.common import Image, parameters_at, truncated_sum

_GAUSSIAN_SCALE = ((0.08,), (0.12,), (0.18,), (0.26,), (0.38,))
_SHOT_PHOTONS = ((60,), (25,), (12,), (5,), (3,))
_IMPULSE_AMOUNT = ((0.03,), (0.06,), (0.09,), (0.17,), (0.27,))
_SPECKLE_SCALE = ((0.15,), (0.2,), (0.35,), (0.45,), (0.6,))

_SHOT_BITS = 14


def gaussian_noise(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Add normal noise."""
    (scale,) = parameters_at(severity, _GAUSSIAN_SCALE)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    return truncated_sum(image, noise, 1, 255 * scale)


def speckle_noise(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Add normal noise in proportion to the value: black stays black."""
    (scale,) = parameters_at(severity, _SPECKLE_SCALE)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    return truncated_sum(image, np.multiply(noise, image, out=noise), 1, scale)


def impulse_noise(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Turn a share of the values to 0 or 255, as many of each."""
    (amount,) = parameters_at(severity, _IMPULSE_AMOUNT)
    bits = rng.integers(0, 1 << 16, image.shape, dtype=np.uint16)
    # The last bit says which, the others whether.
    hit = bits < round(amount * (1 << 15)) * 2
    salt = (bits & 1).astype(np.uint8) * np.uint8(255)
    return np.where(hit, salt, image)


def shot_noise(image: Image, severity: float, rng: np.random.Generator) -> Image:
    """Count photons: Poisson noise of 60 down to 3 photons for white."""
    (photons,) = parameters_at(severity, _SHOT_PHOTONS)
    index = image.astype(np.intp)
    index <<= _SHOT_BITS
    index |= rng.integers(0, 1 << _SHOT_BITS, image.shape, dtype=np.uint16)
    return _shot_table(photons)[index]


@lru_cache(maxsize=5)
def _shot_table(photons: float) -> NDArray[np.uint8]:
    """Inverse distribution function: (level, 14-bit random number), flattened -> noisy level."""
    counts = np.arange(math.ceil(photons + 10 * math.sqrt(photons)) + 10)
    log_factorials = np.array([math.lgamma(count + 1) for count in counts])
    noisy = (np.minimum(counts / photons, 1) * 255).astype(np.uint8)
    table = np.zeros((256, 1 << _SHOT_BITS), np.uint8)
    for level in range(1, 256):
        rate = level / 255 * photons
        probabilities = np.exp(counts * math.log(rate) - rate - log_factorials)
        edges = np.rint(np.minimum(np.cumsum(probabilities), 1) * table.shape[1]).astype(int)
        edges[-1] = table.shape[1]
        table[level] = np.repeat(noisy, np.diff(edges, prepend=0))
    table.flags.writeable = False
    return table.ravel()
