"""How to run the network: what a person may choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]
# "openvino": bfloat16 as another library computes it, see `core.inference.openvino`.
PrecisionChoice = Literal["auto", "float32", "float16", "bfloat16", "openvino"]
# How sure a prediction is at each pixel, 0..1: probability of the likeliest class; entropy over
# log C; likeliest less second probability.
Measure = Literal["confidence", "entropy", "margin"]
MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True)
class SegmentOptions:
    """How one image is segmented.

    `short_side`: the image is scaled so that its shorter side has this many pixels before it enters
    the network; None keeps the native size, "model" takes the size the model was made for.
    `sliding`: square windows of `crop` px every `stride` px, logits averaged where they overlap
    (the paper's Cityscapes protocol: 1024, 768). `flip`: also run the mirrored image and average
    the probabilities.
    """

    short_side: int | Literal["model"] | None = "model"
    sliding: bool = False
    crop: int = 1024
    stride: int = 768
    flip: bool = False
