"""How images that are segmented at once share torch's threads, one for each of the cores."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

if TYPE_CHECKING:
    from segformer_gui.core.inference.options import SegmentOptions
    from segformer_gui.core.inference.prediction import Prediction
    from segformer_gui.core.inference.segmenter import Segmenter


def keep_to(threads: int, of: int) -> None:
    """Have what this thread asks torch for run in so many `threads`, and in each other's all `of`.

    A thread has its own number from when it first asks torch for anything. What is set last, in
    whichever thread, is that of threads which have not asked yet.
    """
    torch.get_num_threads()
    torch.set_num_threads(threads)
    restoring = threading.Thread(target=torch.set_num_threads, args=(of,))
    restoring.start()
    restoring.join()


class Admission:
    """Lets as many images at once to a `segmenter` as there are cores and memory for.

    A large image takes the places, and the memory, of several.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        self.segmenter = segmenter
        self._places = segmenter.images_at_once(1) or 1
        self._free = threading.Semaphore(self._places)
        self._entering = threading.Lock()
        self._threads = torch.get_num_threads()

    def segment(
        self, image: NDArray[np.uint8], options: SegmentOptions, workers: int
    ) -> Prediction:
        """Segment an image in one of so many `workers`, threads that are there for this alone.

        Raises as `Segmenter.segment`.
        """
        together = min(workers, self.segmenter.images_at_once(image[..., 0].size) or 1)
        with self.room_for(image):
            keep_to(max(1, self._threads // together), self._threads)
            return self.segmenter.segment(image, options)

    @contextmanager
    def room_for(self, image: NDArray[np.uint8]) -> Generator[None]:
        """Wait until there is room for an image (H, W, 3), and hold it."""
        fitting = self.segmenter.images_at_once(image[..., 0].size) or 1
        taken = -(-self._places // fitting)  # Rounded up: where three fit, four may not enter.
        with self._entering:  # Two that wait for several would wait for each other.
            for _ in range(taken):
                self._free.acquire()
        try:
            yield
        finally:
            self._free.release(taken)
