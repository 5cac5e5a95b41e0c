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
    (C, h, w) float32 on the device that computed them, at a quarter of the network's (largest)
    input size; they span the image exactly. `classes` are the model's.
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

    Blends of two points that agree on the class have it too, and bilinear upsampling blends twice:
    along the rows of the grid, then down the columns of the pixels. So only what lies between two
    grid points, and then between two grid rows, that disagree is computed: the regions' borders.
    """
    classes, rows, columns = logits.shape
    height, width = size
    dtype = torch.uint8 if classes <= 255 else torch.int32
    upper, _, weight_y = _neighbours(height, rows, logits.device)
    left, right, weight_x = _neighbours(width, columns, logits.device)
    tokens = logits.permute(1, 2, 0).reshape(rows * columns, classes)

    def on_rows(row: Tensor, x: Tensor) -> Tensor:
        """Logits (N, classes) where rows of the grid meet pixel columns `x`."""
        first, last = (
            tokens.index_select(0, row * columns + ends.take(x)) for ends in (left, right)
        )
        return torch.lerp(first, last, weight_x.take(x)[:, None])

    winner = logits.argmax(0).to(dtype)
    found = winner.index_select(1, left)  # (rows, W)
    at_once = _VALUES_AT_ONCE // classes
    for places in _places(found != winner.index_select(1, right)).split(max(1, at_once)):
        blend = on_rows(places // width, places % width)
        found.view(-1)[places] = _largest(blend).to(dtype)

    labels = found.index_select(0, upper).flatten()
    lengths = torch.bincount(upper, minlength=rows)
    tops = lengths.cumsum(0) - lengths
    at_once //= height // rows + 1
    for places in _places(found[1:] != found[:-1]).split(max(1, at_once)):
        row, x = places // width, places % width
        counts = lengths.take(row)
        # The pixels between the pairs of rows, one pair after the other: whose, and where.
        pair = torch.repeat_interleave(counts)
        before = counts.cumsum(0) - counts
        y = (tops.take(row) - before).take(pair) + torch.arange(len(pair), device=pair.device)
        above, below = (on_rows(row + step, x).index_select(0, pair) for step in (0, 1))
        blend = torch.lerp(above, below, weight_y.take(y)[:, None])
        labels[y * width + x.take(pair)] = _largest(blend).to(dtype)
    result = labels.reshape(size).cpu().numpy()
    return result if classes <= 255 else result.astype(np.uint16)


def _largest(logits: Tensor) -> Tensor:
    """Class (N,) of (N, classes), the first of equal ones; faster than `argmax`."""
    return logits.max(1).indices


def _places(mask: Tensor) -> Tensor:
    """Where a mask is true, counted row by row; numpy finds that six times faster than torch."""
    if mask.device.type == "cpu":
        return torch.from_numpy(np.flatnonzero(mask.numpy()))
    return mask.flatten().nonzero().flatten()


def _neighbours(length: int, points: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Grid points before and after each of `length` pixels, and the weight of the one after.

    Pixel centres as in torch's upsample_bilinear2d: (i + 0.5) * points / length - 0.5, not below 0.
    """
    pixels = torch.arange(length, device=device, dtype=torch.float32)
    position = ((pixels + 0.5) * (points / length) - 0.5).clamp_(min=0)
    before = position.floor().long().clamp_(max=points - 1)
    return before, (before + 1).clamp_(max=points - 1), position - before
