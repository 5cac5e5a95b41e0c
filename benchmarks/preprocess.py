"""From a decoded frame to the network's input, against transformers' image processor.

`python benchmarks/preprocess.py`: a frame of 1920 x 1080 to 1024 x 512, resized and normalised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sides import Side, measure, stamp

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDTH, HEIGHT = 1024, 512


def main() -> None:
    """Measure, and print the table."""
    theirs, ours = measure(
        [Side("transformers", _theirs, (), tuned=True), Side("ours", _ours, (), tuned=True)], 41
    )
    print(f"{stamp('torch', 'transformers', 'opencv-python')}\n")
    print("| transformers, ms | ours, ms | ratio |\n| --- | --- | --- |")
    print(f"| {theirs.spread()} | {ours.spread()} | {theirs.median / ours.median:.1f} |")


def _frame() -> NDArray[np.uint8]:
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), np.uint8)


def _theirs() -> Callable[[], object]:
    from transformers import SegformerImageProcessor

    frame = _frame()
    processor = SegformerImageProcessor(size={"height": HEIGHT, "width": WIDTH})
    return lambda: processor(frame, return_tensors="pt")


def _ours() -> Callable[[], object]:
    import cv2
    import torch

    from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
    from segformer_gui.core.network.preprocess import normalize

    frame = _frame()

    def run() -> object:
        scaled = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)  # pyright: ignore
        return normalize(torch.from_numpy(scaled)[None], IMAGENET_MEAN, IMAGENET_STD)

    return run


if __name__ == "__main__":
    main()
