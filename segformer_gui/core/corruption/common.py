"""What several kernels need: parameters between severities, the original's rounding and filters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Field = NDArray[np.float32]

_STRIP_PIXELS = 1 << 15


class Moving(np.random.Generator):
    """Random numbers for frame number `frame` of a video: always the same ones, but what is drawn
    with them moves on from frame to frame.
    """

    def __init__(self, seed: int, frame: int) -> None:
        super().__init__(np.random.SFC64(seed))
        self.frame = frame


def drifted(
    values: Field,
    rng: np.random.Generator,
    down: float,
    right: float,
    size: tuple[int, int] | None = None,
) -> Field:
    """A pattern (H, W), moved by this many px a frame; what leaves on one side comes in on the
    other. As it is where `rng` belongs to no moving video. Of it the upper left part of `size`.

    The result is not to be written to: where it can be, it is a part of `values`.
    """
    frame = rng.frame if isinstance(rng, Moving) else 0
    height, width = size or values.shape
    rows = _around(values, -rounded(down * frame), height)
    return _around(rows.T, -rounded(right * frame), width).T


def _around(rows: Field, start: int, count: int) -> Field:
    """`count` rows from `start` on; the first row follows the last one."""
    start %= len(rows)
    part = rows[start : start + count]
    missing = count - len(part)
    return np.concatenate([part, rows[:missing]]) if missing else part


def parameters_at(severity: float, table: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Row of `table` for `severity` 1..5, linearly between two rows where it is not whole."""
    lower = math.floor(severity)
    row = table[lower - 1]
    if severity == lower:
        return row
    part = severity - lower
    return tuple(a + part * (b - a) for a, b in zip(row, table[lower], strict=True))


def rounded(value: float) -> int:
    """Nearest whole number, halves upwards: for parameters that only exist whole."""
    return math.floor(value + 0.5)


def truncated(values: NDArray[Any], scale: float = 1.0) -> Image:
    """`scale * values`, in grey levels, clipped to 0..255 and without its fraction, as uint8."""
    return truncated_sum(values, values, scale, 0)


def truncated_sum(
    a: NDArray[Any], b: NDArray[Any], a_share: float = 1.0, b_share: float = 1.0
) -> Image:
    """`a_share * a + b_share * b` of one shape, as `truncated`, in one pass over both.

    The original drops fractions; OpenCV rounds, so half a level comes off first. A little less than
    half, since float32 leaves values that should be whole a hair too low.
    """
    return cv2.addWeighted(a, a_share, b, b_share, -0.498, dtype=cv2.CV_8U)  # pyright: ignore


def by_rows(work: Callable[[Image, Field], Image], image: Image, layer: Field) -> Image:
    """`work` on strips of an image (H, W, 3) and of a layer (H, W) for it, as one image.

    For what goes through them pixel by pixel, more than once: a strip stays in the cache, which
    takes a third of the time.
    """
    result = np.empty_like(image)
    rows = max(1, _STRIP_PIXELS // image.shape[1])
    for top in range(0, len(image), rows):
        strip = slice(top, top + rows)
        result[strip] = work(image[strip], layer[strip])
    return result


def gaussian(
    values: NDArray[Any],
    sigma: tuple[float, float],
    truncate: float = 4,
    border: int = cv2.BORDER_REPLICATE,
) -> Field:
    """Gaussian filter of (H, W) or (H, W, C), float32; `sigma` (y, x) in px, cut at `truncate`."""
    y, x = (cv2.getGaussianKernel(2 * int(truncate * s + 0.5) + 1, s, cv2.CV_32F) for s in sigma)
    return cv2.sepFilter2D(values, cv2.CV_32F, x, y, borderType=border)  # pyright: ignore


def zoomed(values: NDArray[Any], factor: float) -> NDArray[Any]:
    """Middle of (H, W) or (H, W, C), `factor` >= 1 times larger: at least H x W, first pixel on
    first pixel and last on last.
    """
    if factor == 1:
        return values
    (top, step_y, height), (left, step_x, width) = (
        _zoomed_axis(length, factor) for length in values.shape[:2]
    )
    to_source = np.array([[step_x, 0, left], [0, step_y, top]])
    return cv2.warpAffine(
        values,
        to_source,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _zoomed_axis(length: int, factor: float) -> tuple[int, float, int]:
    """First source pixel, source pixels a step, and length of the result."""
    kept = math.ceil(length / factor)
    result = round(kept * factor)
    return (length - kept) // 2, (kept - 1) / (result - 1), result


def motion_taps(
    radius: int, sigma: float, angle: float, shape: tuple[int, ...]
) -> list[tuple[int, int, float]]:
    """Shifts (y, x) in px and weights whose sum is a motion blur along `angle` in degrees.

    The blur trails to one side: weights fall as half a Gaussian. As in the original, shifts that
    leave an image of `shape` end the list without the rest being made up for: it darkens.
    """
    length = 2 * radius + 1
    weights = np.exp(-(np.arange(length) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    direction = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    taps: list[tuple[int, int, float]] = []
    for step, weight in enumerate(weights):
        y, x = (-math.ceil(step * part - 0.5) for part in direction)
        if abs(y) >= shape[0] or abs(x) >= shape[1]:
            break
        taps.append((y, x, float(weight)))
    return taps


def sum_of_shifts(values: Field, taps: Sequence[tuple[int, int, float]]) -> Field:
    """Weighted sum of shifted copies of (H, W) or (H, W, C); edge pixels are repeated outwards."""
    height, width = values.shape[:2]
    border = max(max(abs(y), abs(x)) for y, x, _ in taps)
    padded = cv2.copyMakeBorder(values, border, border, border, border, cv2.BORDER_REPLICATE)
    total = np.zeros_like(values)
    # A block stays in the cache for all shifts: twice as fast as the whole at once.
    rows, columns = 32, 1024
    for top, left in itertools.product(range(0, height, rows), range(0, width, columns)):
        block = total[top : top + rows, left : left + columns]
        for y, x, weight in taps:
            first, start = border + top - y, border + left - x
            shifted = padded[first : first + block.shape[0], start : start + block.shape[1]]
            cv2.scaleAdd(shifted, weight, block, dst=block)
    return total
