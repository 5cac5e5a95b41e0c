"""What a prediction says at one pixel. No torch in here: the window asks at every mouse move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.inference.options import Measure


def class_probabilities(
    logits: NDArray[np.float32], size: tuple[int, int], x: int, y: int
) -> NDArray[np.float32]:
    """Probability of each class, (C,) float32, at column `x` and row `y` of an image of `size`.

    `logits` (C, h, w) span the image (H, W) as those of a `Prediction`; the numbers are those that
    its measures are made of, within float rounding.
    """
    upper, lower, weight_y = _neighbours(y, size[0], logits.shape[1])
    left, right, weight_x = _neighbours(x, size[1], logits.shape[2])
    above = logits[:, upper, left] * (1 - weight_x) + logits[:, upper, right] * weight_x
    below = logits[:, lower, left] * (1 - weight_x) + logits[:, lower, right] * weight_x
    blended = above * (1 - weight_y) + below * weight_y
    odds = np.exp(blended - blended.max())
    return odds / odds.sum()


def measure_of(probabilities: NDArray[np.float32], measure: Measure) -> float:
    """A measure of the probabilities (C,) of one pixel."""
    if measure == "entropy":
        logs = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
        return float(-(probabilities * logs).sum() / np.log(max(2, len(probabilities))))
    best = np.sort(probabilities)[::-1]
    if measure == "confidence" or len(best) == 1:
        return float(best[0])
    return float(best[0] - best[1])


def _neighbours(pixel: int, length: int, points: int) -> tuple[int, int, np.float32]:
    """Grid points before and after a pixel, and the weight of the one after, as torch has them."""
    # In torch's precision: at the far end of a large image its rounding can be seen.
    step = np.float32(points / length)
    position = max(np.float32(0), np.float32(pixel + 0.5) * step - np.float32(0.5))
    before = min(int(position), points - 1)
    return before, min(before + 1, points - 1), position - np.float32(before)
