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
# What is usual to average over: one size, a quick few, and those of published multi-scale figures.
SCALES = ("1", "0.75,1,1.25", "0.5,0.75,1,1.25,1.5,1.75")
_MOST_SCALES = 8


@dataclass(frozen=True)
class SegmentOptions:
    """How one image is segmented.

    `short_side`: the image is scaled so that its shorter side has this many pixels before it enters
    the network; None keeps the native size, "model" takes the size the model was made for.
    `sliding`: square windows of `crop` px every `stride` px, logits averaged where they overlap
    (the paper's Cityscapes protocol: 1024, 768). `flip`: also run the mirrored image and average
    the probabilities. `scales`: the image enters the network at each of these multiples of that
    size, and the probabilities are averaged (multi-scale testing).
    """

    short_side: int | Literal["model"] | None = "model"
    sliding: bool = False
    crop: int = 1024
    stride: int = 768
    flip: bool = False
    scales: tuple[float, ...] = (1.0,)


def parsed_scales(text: str) -> tuple[float, ...] | None:
    """Scales from words such as "0.75,1,1.25": up to 8, each in 0.25..4; None for other words."""
    try:
        scales = tuple(dict.fromkeys(map(float, text.split(","))))
    except ValueError:
        return None
    fitting = len(scales) <= _MOST_SCALES and all(0.25 <= scale <= 4 for scale in scales)
    return scales if fitting else None


def scales_text(scales: tuple[float, ...]) -> str:
    """The words that `parsed_scales` takes."""
    return ",".join(str(scale).removesuffix(".0") for scale in scales)
