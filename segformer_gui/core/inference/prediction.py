"""What a segmentation returns: labels now, confidence and entropy when somebody asks."""

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

# Rows of the full-size map that are interpolated at a time: bounds the memory of a prediction to
# classes x 64 x W floats instead of classes x H x W.
_STRIP_ROWS = 64


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

    def confidence(self) -> NDArray[np.float32]:
        """Probability of the most likely class at each pixel: (H, W) float32 in 0..1."""
        return self._per_pixel(lambda logits: logits.softmax(0).amax(0))

    def entropy(self) -> NDArray[np.float32]:
        """Entropy of the class distribution, divided by log C: (H, W) float32 in 0..1."""

        def normalized_entropy(logits: Tensor) -> Tensor:
            log_p = logits.log_softmax(0)
            return -(log_p.exp() * log_p).sum(0) / np.log(max(2, len(logits)))

        return self._per_pixel(normalized_entropy)

    def _per_pixel(self, measure: Callable[[Tensor], Tensor]) -> NDArray[np.float32]:
        result = np.empty(self.labels.shape, np.float32)
        with torch.inference_mode():
            for top, strip in logit_strips(self.logits, self.labels.shape):
                result[top : top + strip.shape[1]] = measure(strip).cpu().numpy()
        return result


def logit_strips(logits: Tensor, size: tuple[int, ...]) -> Iterator[tuple[int, Tensor]]:
    """Bilinear upsampling (align_corners=False) of (C, h, w) to `size` (H, W), in strips.

    Yields (first row, (C, rows, W)). The same numbers as `F.interpolate` of the whole map, within
    float rounding, without ever holding classes x H x W.
    """
    source_rows = logits.shape[1]
    height, width = size
    # Source coordinate of each output row's centre, as in torch's upsample_bilinear2d.
    rows = torch.arange(height, device=logits.device, dtype=torch.float32)
    position = ((rows + 0.5) * (source_rows / height) - 0.5).clamp_(min=0)
    upper = position.floor().long().clamp_(max=source_rows - 1)
    lower = (upper + 1).clamp_(max=source_rows - 1)
    weight = (position - upper)[:, None]
    for top in range(0, height, _STRIP_ROWS):
        part = slice(top, top + _STRIP_ROWS)
        strip = torch.lerp(logits[:, upper[part]], logits[:, lower[part]], weight[part])
        yield top, F.interpolate(strip[None], (strip.shape[1], width), mode="bilinear")[0]


def argmax_labels(logits: Tensor, size: tuple[int, int]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Most likely class at each pixel: (H, W) uint8, or uint16 above 255 classes."""
    few = len(logits) <= 255
    labels = np.empty(size, np.uint8) if few else np.empty(size, np.uint16)
    for top, strip in logit_strips(logits, size):
        # Cast on the device: a byte a pixel crosses the bus, not eight.
        winner = strip.argmax(0).to(torch.uint8 if few else torch.int32)
        labels[top : top + strip.shape[1]] = winner.cpu().numpy()
    return labels
