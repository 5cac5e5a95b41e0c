"""The engine lets as many images to the network at once as there are cores and memory for."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.paths import shipped
from segformer_gui.gui.session.ports import ModelRequest
from segformer_gui.gui.workers.engine import TorchEngine


class Counting:
    """Stands for a `Segmenter` on four cores, with memory for 400 pixels at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = self.most = 0

    def images_at_once(self, pixels: int) -> int:
        return max(1, min(4, 400 // pixels))

    def segment(self, image: np.ndarray, *_: object) -> int:
        pixels = image[..., 0].size
        with self.lock:
            self.inside += pixels
            self.most = max(self.most, self.inside)
        time.sleep(0.005)
        with self.lock:
            self.inside -= pixels
        return pixels


@pytest.mark.parametrize(("sizes", "most"), [([10], 40), ([400], 400), ([200, 400, 100], 400)])
def test_large_images_take_the_places_of_several(sizes: list[int], most: int) -> None:
    model = str(shipped("models", "segformer-b0-camvid"))
    engine, counting = TorchEngine(), Counting()
    engine.prepare(ModelRequest(model))
    engine._segmenter = counting  # type: ignore[assignment]
    engine._places = threading.Semaphore(counting.images_at_once(1))
    images = [np.zeros((1, size, 3), np.uint8) for size in sizes * 12]

    with ThreadPoolExecutor(8) as pool:
        done = pool.map(
            lambda image: engine.predict(image, SegmentOptions(), lambda: False), images
        )
        assert list(done) == sizes * 12

    assert counting.most == most
