"""What a segmentation returns: labels now, how sure they are when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import Note
from segformer_gui.core.inference.options import Measure

# Rows of the full-size map that are interpolated at a time: bounds the memory of a prediction to
# classes x 64 x W floats instead of classes x H x W.
_STRIP_ROWS = 64
_VALUES_AT_ONCE = 1 << 20  # Pixels times classes that are blended at a time: 4 MB.


@dataclass(frozen=True)
class Timings:
    """Milliseconds of one segmentation, by stage."""

    preprocess_ms: float
    network_ms: float
    postprocess_ms: float

    @property
    def total_ms(self) -> float:
        """The three stages together."""
        return self.preprocess_ms + self.network_ms + self.postprocess_ms


@dataclass(frozen=True, eq=False)
class Prediction:
    """Segmentation of one image of H x W pixels.

    `labels` (H, W) uint8, or uint16 above 255 classes: the class id of each pixel. `logits`
    (C, h, w) float32 on the device that computed them, at a quarter of the network's input size;
    they span the image exactly. `classes` are the model's.
    """

    labels: NDArray[np.uint8] | NDArray[np.uint16]
    logits: Tensor
    classes: ClassSet
    timings: Timings
    device: str
    precision: str
    notes: tuple[Note, ...] = ()

    @property
    def mean_confidence(self) -> float:
        """Mean over the image of the most likely class's probability, 0..1.

        Taken on the network's grid, a sixteenth of its input's pixels: close to the mean of
        `confidence`, at a fraction of its cost.
        """
        with torch.inference_mode():
            return float(self.logits.softmax(0).amax(0).mean())

    def confidence(self) -> NDArray[np.float32]:
        """Probability of the most likely class at each pixel: (H, W) float32 in 0..1."""
        return self.measured("confidence")

    def entropy(self) -> NDArray[np.float32]:
        """Entropy of the class distribution, divided by log C: (H, W) float32 in 0..1."""
        return self.measured("entropy")

    def margin(self) -> NDArray[np.float32]:
        """Probability of the likeliest class less the second's: (H, W) float32 in 0..1."""
        return self.measured("margin")

    def measured(self, measure: Measure) -> NDArray[np.float32]:
        """One of the three above."""
        result = np.empty(self.labels.shape, np.float32)
        for top, strip in measure_strips(self.logits, self.labels.shape, measure):
            result[top : top + len(strip)] = strip.cpu().numpy()
        return result


def measure_strips(
    logits: Tensor, size: tuple[int, ...], measure: Measure
) -> Iterator[tuple[int, Tensor]]:
    """A measure of logits (C, h, w) at each pixel of `size` (H, W), in strips.

    Yields (first row, (rows, W) float32 in 0..1).
    """
    with torch.inference_mode():
        for top, strip in logit_strips(logits, size):
            yield top, _measured(strip, measure).clamp_(0, 1)


def confidence_of_every(logits: Tensor, size: tuple[int, ...], step: int) -> NDArray[np.float32]:
    """Confidence at each `step`-th pixel of each `step`-th row of `size`, from the first on.

    The numbers of `Prediction.confidence()[::step, ::step]`, at a fraction of their cost.
    """
    upper, lower, weight_y = (
        v[::step] for v in _neighbours(size[0], logits.shape[1], logits.device)
    )
    left, right, weight_x = (
        v[::step] for v in _neighbours(size[1], logits.shape[2], logits.device)
    )
    with torch.inference_mode():
        rows = torch.lerp(logits[:, upper], logits[:, lower], weight_y[:, None])
        values = torch.lerp(rows[:, :, left], rows[:, :, right], weight_x)
        return values.softmax(0).amax(0).clamp_(0, 1).cpu().numpy()


def quantized_measure(
    logits: NDArray[np.float32],
    size: tuple[int, int],
    measure: Measure,
    cancelled: Callable[[], bool] = lambda: False,
) -> NDArray[np.uint8]:
    """A measure in 256 equal steps from 0 to 1: (H, W) uint8. Unfinished once `cancelled`."""
    steps = np.zeros(size, np.uint8)
    for top, strip in measure_strips(torch.from_numpy(logits), size, measure):
        if cancelled():
            break
        steps[top : top + len(strip)] = (strip * 256).clamp_(max=255).to(torch.uint8).numpy()
    return steps


def _measured(logits: Tensor, measure: Measure) -> Tensor:
    if measure == "entropy":
        log_p = logits.log_softmax(0)
        return -(log_p.exp() * log_p).sum(0) / np.log(max(2, len(logits)))
    probabilities = logits.softmax(0)
    best = probabilities.max(0)
    if measure == "confidence" or len(logits) == 1:
        return best.values
    others = probabilities.scatter_(0, best.indices[None], 0)
    return best.values - others.amax(0)


def logit_strips(logits: Tensor, size: tuple[int, ...]) -> Iterator[tuple[int, Tensor]]:
    """Bilinear upsampling (align_corners=False) of (C, h, w) to `size` (H, W), in strips.

    Yields (first row, (C, rows, W)). The same numbers as `F.interpolate` of the whole map, within
    float rounding, without ever holding classes x H x W.
    """
    height, width = size
    upper, lower, weight = _neighbours(height, logits.shape[1], logits.device)
    for top in range(0, height, _STRIP_ROWS):
        part = slice(top, top + _STRIP_ROWS)
        weights = weight[part, None]
        strip = torch.lerp(logits[:, upper[part]], logits[:, lower[part]], weights)
        yield top, F.interpolate(strip[None], (strip.shape[1], width), mode="bilinear")[0]


def argmax_labels(logits: Tensor, size: tuple[int, int]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Most likely class at each pixel: (H, W) uint8, or uint16 above 255 classes.

    Where the four grid points around a pixel agree on the class, every blend of them has it too. So
    only cells whose points disagree, along the borders of the regions, are computed, each row of
    pixels in them as a span: where the blends at its two ends agree, all between them have that
    class; else they are blended from these two.
    """
    classes, rows, columns = logits.shape
    dtype = torch.uint8 if classes <= 255 else torch.int32
    upper, lower, weight_y = _neighbours(size[0], rows, logits.device)
    left, _, weight_x = _neighbours(size[1], columns, logits.device)
    winner = logits.argmax(0)
    # A cell is the square between a grid point, its right and its lower neighbour; the last row and
    # column of cells have no such neighbours.
    below, beside = winner[_next(rows)], winner[:, _next(columns)]
    across = below[:, _next(columns)]
    mixed = (winner != below) | (winner != beside) | (winner != across)
    # Wide first, then tall: rows are copied whole, columns number by number.
    labels = winner.to(dtype).index_select(1, left).index_select(0, upper).flatten()

    tokens = logits.permute(1, 2, 0).reshape(rows * columns, classes)
    following = _next(columns).to(logits.device)
    lengths = torch.bincount(left, minlength=columns)
    starts = lengths.cumsum(0) - lengths
    spans = _places(mixed.index_select(0, upper).flatten())
    longest = size[1] // columns + 1
    for part in spans.split(max(1, _VALUES_AT_ONCE // (classes * longest))):
        y, column = part // columns, part % columns
        above, beneath = upper[y] * columns, lower[y] * columns
        first, last = (
            torch.lerp(
                tokens.index_select(0, above + end),
                tokens.index_select(0, beneath + end),
                weight_y[y, None],
            )
            for end in (column, following[column])
        )
        at_first = first.argmax(1)
        agree = at_first == last.argmax(1)
        begins, counts = y * size[1] + starts[column], lengths[column]
        span, pixels = _inside(_places(agree), begins, counts)
        labels[pixels] = at_first.to(dtype)[span]
        span, pixels = _inside(_places(~agree), begins, counts)
        weight = weight_x[pixels % size[1], None]
        blend = torch.lerp(first.index_select(0, span), last.index_select(0, span), weight)
        labels[pixels] = blend.argmax(1).to(dtype)
    found = labels.reshape(size).cpu().numpy()
    return found if classes <= 255 else found.astype(np.uint16)


def _inside(spans: Tensor, starts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """The pixels of these spans one after the other: the span of each, and its place."""
    counts = lengths[spans]
    before = counts.cumsum(0) - counts
    span = torch.repeat_interleave(counts)
    places = torch.arange(len(span), device=span.device)
    return spans[span], places + (starts[spans] - before)[span]


def _places(mask: Tensor) -> Tensor:
    """Where a mask (N,) is true; numpy finds that six times faster than torch does."""
    if mask.device.type == "cpu":
        return torch.from_numpy(np.flatnonzero(mask.numpy()))
    return mask.nonzero().flatten()


def _next(points: int) -> Tensor:
    """Index of the grid point after each, the last one its own."""
    return torch.arange(1, points + 1).clamp_(max=points - 1)


def _neighbours(length: int, points: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Grid points before and after each of `length` pixels, and the weight of the one after.

    Pixel centres as in torch's upsample_bilinear2d: (i + 0.5) * points / length - 0.5, not below 0.
    """
    pixels = torch.arange(length, device=device, dtype=torch.float32)
    position = ((pixels + 0.5) * (points / length) - 0.5).clamp_(min=0)
    before = position.floor().long().clamp_(max=points - 1)
    return before, (before + 1).clamp_(max=points - 1), position - before
