"""How steady a model's masks are from frame to frame, which needs no ground truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.render import Labels
from segformer_gui.core.video.flow import Motion


class Steadiness:
    """Counts flips: pixels whose class differs from that of the frame before.

    Without compensation the scene's own motion counts, too. With it, the earlier labels are first
    moved along with the picture by optical flow; pixels whose past cannot be told are left out.
    A class's rate is the share of its pixels in the earlier frame that have another class now.
    """

    def __init__(self, classes: ClassSet) -> None:
        self._classes = classes
        self._earlier: Labels | None = None
        self.flip_rates: list[float] = []  # Of each frame but the first, 0..1.
        self.compensated_rates: list[float] = []
        self._pixels = np.zeros((2, len(classes)), np.int64)
        self._flipped = np.zeros((2, len(classes)), np.int64)

    def add(self, labels: Labels, motion: Motion | None) -> None:
        """The next frame's labels (H, W) and the motion to it; None for the first frame."""
        earlier, self._earlier = self._earlier, labels
        if earlier is None or motion is None:
            return
        self.flip_rates.append(self._count(0, earlier, labels))
        known = motion.known
        moved = motion.carried(earlier)[known]
        self.compensated_rates.append(self._count(1, moved, labels[known]))

    def _count(self, row: int, earlier: Labels, labels: Labels) -> float:
        pixels = np.bincount(earlier.ravel(), minlength=len(self._classes))
        flipped = np.bincount(earlier[earlier != labels], minlength=len(self._classes))
        self._pixels[row] += pixels
        self._flipped[row] += flipped
        return float(flipped.sum() / max(1, pixels.sum()))

    @property
    def rates(self) -> list[float | None]:
        """The share of flips over all pairs of frames, plain and motion-compensated."""
        return _rates(self._flipped.sum(axis=1), self._pixels.sum(axis=1))

    def to_json(self) -> dict[str, object]:
        """Rates over all pairs of frames, and of each class; None where it is never seen."""
        each = [
            _rates(flipped, pixels)
            for flipped, pixels in zip(self._flipped, self._pixels, strict=True)
        ]
        return {
            "flip_rate": self.rates[0],
            "flip_rate_motion_compensated": self.rates[1],
            "classes": [
                {"name": name, "flip_rate": plain, "flip_rate_motion_compensated": compensated}
                for name, plain, compensated in zip(self._classes.names, *each, strict=True)
            ],
        }


def _rates(flipped: NDArray[np.int64], pixels: NDArray[np.int64]) -> list[float | None]:
    return [int(f) / int(p) if p else None for f, p in zip(flipped, pixels, strict=True)]
