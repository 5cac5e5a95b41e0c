"""How far a score might be off: blocks of images drawn again and again, the same for all models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.datasets import Sample

REPLICATES = 1000
LEVEL = 0.95
FEW_BLOCKS = 10

Blocks = Literal["images", "sequences"]


@dataclass(frozen=True)
class Estimate:
    """A score, and the interval that `LEVEL` of the replicates lie in; None where there is none."""

    value: float
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, float | None]:
        """As JSON values: NaN becomes None."""
        values = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if v is None or np.isnan(v) else v for name, v in values.items()}


@dataclass(frozen=True, eq=False)
class Resampling:
    """How often each image counts: `weights` (1 + replicates, N), first each image once.

    Without replicates where there is but one block: nothing can be said of its spread then.
    """

    kind: Blocks
    blocks: int
    weights: NDArray[np.float64]

    def estimate(self, values: NDArray[np.float64]) -> Estimate:
        """The percentile interval of a score (1 + replicates,), the first of the set itself."""
        replicates = values[1:][~np.isnan(values[1:])]
        if not replicates.size:
            return Estimate(float(values[0]))
        tail = (1 - LEVEL) / 2
        low, high = np.quantile(replicates, (tail, 1 - tail))
        return Estimate(float(values[0]), float(low), float(high))


def resample(samples: Sequence[Sample], kind: Blocks | None = None, seed: int = 0) -> Resampling:
    """Draw as many blocks as there are, with replacement, `REPLICATES` times.

    Frames of one sequence resemble each other, so whole sequences are drawn where there are at
    least `FEW_BLOCKS` of them, else images, unless `kind` says which.
    """
    names = [sample.sequence for sample in samples]
    if kind is None:
        kind = "sequences" if len(set(names)) >= FEW_BLOCKS else "images"
    if kind == "images":
        names = list(range(len(samples)))
    _, block_of = np.unique(names, return_inverse=True)
    blocks = int(block_of.max()) + 1
    once = np.ones((1, len(samples)))
    if blocks == 1:
        return Resampling(kind, 1, once)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(blocks, np.full(blocks, 1 / blocks), REPLICATES).astype(np.float64)
    return Resampling(kind, blocks, np.concatenate([once, drawn[:, block_of]]))


def class_ious(tallies: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU by class, (W, C), under each row of `weights` (W, N), of `tallies` (N, 3, C)."""
    images, _, classes = tallies.shape
    return ious((weights @ tallies.reshape(images, -1)).reshape(-1, 3, classes))


def ious(tallies: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU by class, (..., C), of hits, ground-truth and predicted pixels (..., 3, C).

    NaN for a class that is neither in the ground truth nor predicted.
    """
    hits, truth, predicted = np.moveaxis(tallies, -2, 0)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: nothing to measure.
        return hits / (truth + predicted - hits)


def mean_of_classes(ious: NDArray[np.float64]) -> NDArray[np.float64]:
    """mIoU (W,) of IoUs (W, C), over the classes that are not NaN; NaN where there are none."""
    known = ~np.isnan(ious)
    with np.errstate(invalid="ignore"):
        return np.where(known, ious, 0).sum(-1) / known.sum(-1)
