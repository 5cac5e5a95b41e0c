"""Whether a model is right as often as it is sure: 15 running bins, which add up over a set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15

_EDGES = np.linspace(0, 1, BINS + 1)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Pixels by confidence, in `BINS` equal bins, each without its lower edge and with its upper.

    All (BINS,): `pixels` and `correct` int64, how many and how many of them right; `confidence`
    float64, the sum over them.
    """

    pixels: NDArray[np.int64]
    correct: NDArray[np.int64]
    confidence: NDArray[np.float64]

    @classmethod
    def empty(cls) -> Calibration:
        """The bins of no pixel at all."""
        return cls(np.zeros(BINS, np.int64), np.zeros(BINS, np.int64), np.zeros(BINS))

    @classmethod
    def of_pixels(cls, confidence: NDArray[np.floating], correct: NDArray[np.bool_]) -> Calibration:
        """The bins of pixels (N,): probability of the class that was predicted, and whether right.

        Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
        """
        place = np.digitize(confidence, _EDGES[1:-1], right=True)
        return cls(
            np.bincount(place, minlength=BINS).astype(np.int64),
            np.bincount(place[correct], minlength=BINS).astype(np.int64),
            np.bincount(place, confidence, BINS).astype(np.float64),
        )

    def __add__(self, other: Calibration) -> Calibration:
        return Calibration(
            self.pixels + other.pixels,
            self.correct + other.correct,
            self.confidence + other.confidence,
        )

    @property
    def error(self) -> float:
        """Expected calibration error (ECE): mean gap of confidence and accuracy, NaN of nothing."""
        if not self.pixels.any():
            return float("nan")
        return float(np.abs(self.correct - self.confidence).sum() / self.pixels.sum())
