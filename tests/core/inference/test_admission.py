"""As many images at once go to a network as there are cores and memory for."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import pytest

from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.inference.threads import Admission


class OnFourCores:
    """Stands for a `Segmenter` with memory for 400 pixels at a time."""

    def images_at_once(self, pixels: int) -> int:
        return max(1, min(4, 400 // pixels))


@pytest.mark.parametrize(
    ("sizes", "most"), [([10], 40), ([130], 260), ([400], 400), ([200, 400, 100], 400)]
)
def test_large_images_take_the_places_of_several(sizes: list[int], most: int) -> None:
    admission = Admission(cast(Segmenter, OnFourCores()))
    counting = threading.Lock()
    inside, highest = 0, 0

    def work(image: np.ndarray) -> None:
        nonlocal inside, highest
        pixels = image[..., 0].size
        with admission.room_for(image):
            with counting:
                inside += pixels
                highest = max(highest, inside)
            time.sleep(0.005)
            with counting:
                inside -= pixels

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [np.zeros((1, size, 3), np.uint8) for size in sizes * 12]))

    assert highest == most
    assert inside == 0
