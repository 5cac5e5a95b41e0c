"""How many pixels change class from frame to frame, as far as frames were seen."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from segformer_gui.gui.session.ports import Labels


class Flips:
    """Flip rates of a video's frames, apart for each way in which frames are seen.

    A way is all that decides a mask beside the frame, say model and corruption. Rates are of
    0 to 1, from the frame before; not-a-number where unknown.
    """

    def __init__(self) -> None:
        self.forget(0)

    def forget(self, count: int) -> None:
        """Another video, of so many frames."""
        self._count = count
        self._rates: dict[Hashable, NDArray[np.float64]] = {}
        self._last: tuple[Hashable, int, Labels] | None = None

    def rates(self, way: Hashable) -> NDArray[np.float64]:
        """The rates seen this way, (frames,)."""
        return self._rates.get(way, np.full(self._count, np.nan))

    def put(self, way: Hashable, first: int, rates: Sequence[float]) -> None:
        """Rates that lead to frame `first` and to those after it."""
        known = self._rates.setdefault(way, np.full(self._count, np.nan))
        known[first : first + len(rates)] = rates

    def show(self, way: Hashable, number: int, labels: Labels) -> None:
        """A frame is shown with these labels, which may be small."""
        last, self._last = self._last, (way, number, labels)
        if last is None or last[:2] != (way, number - 1):
            return
        if last[2].shape == labels.shape:
            self.put(way, number, [float(np.mean(last[2] != labels))])
