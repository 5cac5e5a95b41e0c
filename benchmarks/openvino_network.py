"""The OpenVINO backend beside ours: `python benchmarks/openvino_network.py`.

Needs the extra `openvino`. The embedded model on a sample scene: pixels in, label map out, in turn
in one run, each in a process of its own. Agreement is the share of pixels with the same label as in
float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sides import Side, measure, stamp

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIZES = (480, 512, 1024)
REPETITIONS = 7


def main() -> None:
    """Measure every size, and print the table."""
    print(f"{stamp('torch', 'openvino')} The embedded model on a sample scene.\n")
    print("| short side, px | float32, ms | bfloat16, ms | OpenVINO, ms | ratio | agreement |")
    print("| --- | --- | --- | --- | --- | --- |")
    for short_side in SIZES:
        precisions = ("float32", "bfloat16", "openvino")
        sides = [Side(name, _segment, (name, short_side), tuned=True) for name in precisions]
        exact, half, openvino = measure(sides, REPETITIONS)
        print(
            f"| {short_side} | {exact.spread()} | {half.spread()} | {openvino.spread()} "
            f"| {exact.median / openvino.median:.1f} | {_agreement(short_side):.1%} |",
            flush=True,
        )


def _segment(precision: Any, short_side: int) -> Callable[[], NDArray[np.integer]]:  # noqa: ANN401
    from segformer_gui.core.images import read_image
    from segformer_gui.core.inference.options import SegmentOptions
    from segformer_gui.core.inference.segmenter import Segmenter
    from segformer_gui.core.models import load_model
    from segformer_gui.core.paths import shipped

    segmenter = Segmenter(load_model("segformer-b0-camvid"), "cpu", precision)
    image = read_image(shipped("resources", "samples", "street_01.png"))
    options = SegmentOptions(short_side=short_side)
    return lambda: segmenter.segment(image, options).labels


def _agreement(short_side: int) -> float:
    exact, openvino = (_segment(name, short_side)() for name in ("float32", "openvino"))
    return float((exact == openvino).mean())


if __name__ == "__main__":
    main()
