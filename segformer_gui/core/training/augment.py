"""One training crop of an image, its labels warped with it; every draw comes from one generator."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import IGNORE
from segformer_gui.core.training.recipe import Augmentation

Image = NDArray[np.uint8]
Labels = NDArray[np.uint8]
Crop = tuple[Image, Labels]

# What lies outside the image: ImageNet's mean colour, which the network sees as zero.
_OUTSIDE = (124, 116, 104)
_RAMP = np.linspace(0, 1, 256)


def augment(
    image: Image,
    labels: Labels,
    short_side: int,
    settings: Augmentation,
    rng: np.random.Generator,
    wanted: int | None = None,
) -> Crop:
    """A random crop of `settings.crop`: image (h, w, 3) uint8 RGB, labels (h, w) uint8.

    The image is scaled to `short_side`, times a random factor, and cut. With a `wanted` class the
    crop contains a pixel of it, if the labels have one.
    """
    factor = short_side / min(labels.shape) * _log_uniform(rng, *settings.scale)
    focus = None if wanted is None else _pixel_of(labels, wanted, rng)
    image, labels = crop(image, labels, factor, settings.crop, focus, rng)
    if settings.flip and rng.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    if settings.color:
        image = jitter_color(image, settings.color, rng)
    return np.ascontiguousarray(image), np.ascontiguousarray(labels)


def crop(
    image: Image,
    labels: Labels,
    factor: float,
    size: tuple[int, int],
    focus: tuple[int, int] | None,
    rng: np.random.Generator,
) -> Crop:
    """Scale by `factor` and cut a window of `size` (h, w), at random or around `focus` (y, x).

    Only the part of the image that the window shows is resampled. What lies outside of the image is
    `IGNORE` in the labels.
    """
    spans = [
        _span(length, factor, target, None if focus is None else focus[axis], rng)
        for axis, (length, target) in enumerate(zip(labels.shape, size, strict=True))
    ]
    (y, y_end, top, height), (x, x_end, left, width) = spans
    shrinking = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    inside = cv2.resize(image[y:y_end, x:x_end], (width, height), interpolation=shrinking)
    # Nearest "exact" samples at pixel centres, as the other two do; plain nearest is shifted.
    nearest = cv2.INTER_NEAREST_EXACT
    inside_labels = cv2.resize(labels[y:y_end, x:x_end], (width, height), interpolation=nearest)
    out = np.empty((*size, 3), np.uint8)
    out[:] = _OUTSIDE
    out_labels = np.full(size, IGNORE, np.uint8)
    out[top : top + height, left : left + width] = inside
    out_labels[top : top + height, left : left + width] = inside_labels
    return out, out_labels


def _span(
    length: int, factor: float, target: int, focus: int | None, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Along one axis: source from, source to, start in the window, length in the window."""
    scaled = max(1, round(length * factor))
    if scaled <= target:
        return 0, length, int(rng.integers(target - scaled + 1)), scaled
    source = min(length, max(1, round(target / factor)))
    first, last = 0, length - source
    if focus is not None:
        first, last = max(0, focus - source + 1), min(last, focus)
    start = int(rng.integers(first, last + 1))
    return start, start + source, 0, target


def paste_classes(onto: Crop, source: Crop, rng: np.random.Generator) -> Crop:
    """Half of the classes of `source`, cut out along their borders and laid on `onto`.

    Both are (image (h, w, 3) uint8 RGB, labels (h, w) uint8) of one size; new arrays are returned.
    So things are seen before backgrounds that they never had (ClassMix, arXiv 2007.07936).
    """
    present = np.flatnonzero(np.bincount(source[1].ravel(), minlength=256)[:IGNORE])
    chosen = np.zeros(256, bool)
    chosen[rng.permutation(present)[: (present.size + 1) // 2]] = True
    cut = chosen[source[1]]
    return np.where(cut[..., None], source[0], onto[0]), np.where(cut, source[1], onto[1])


def jitter_color(image: Image, strength: float, rng: np.random.Generator) -> Image:
    """Random gamma, brightness, contrast, saturation (each up to +-`strength`), a little hue."""
    brightness, contrast, saturation = rng.uniform(1 - strength, 1 + strength, 3).tolist()
    gamma = _log_uniform(rng, 1 / (1 + strength), 1 + strength)
    pixels = _RAMP**gamma
    pixels = (255 * pixels).astype(np.float32)[image]
    grey = pixels @ np.array([0.299, 0.587, 0.114], np.float32)
    # Grey, mean and colour are mixed in one affine map: v = b (m + c (g + s (x - g) - m)).
    mixed = grey[..., None] * (1 - saturation) + pixels * saturation
    mixed = brightness * (grey.mean() * (1 - contrast) + contrast * mixed)
    # A camera's white balance: red against blue.
    warmth = float(rng.uniform(-0.3, 0.3)) * strength
    mixed *= np.array([1 + warmth, 1, 1 - warmth], np.float32)
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _pixel_of(labels: Labels, wanted: int, rng: np.random.Generator) -> tuple[int, int] | None:
    places = np.flatnonzero(labels == wanted)
    if not places.size:
        return None
    y, x = divmod(int(rng.choice(places)), labels.shape[1])
    return y, x


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
