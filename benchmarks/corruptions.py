"""Our kernels against the original package `imagecorruptions`, on one core, as a Markdown table.

    python benchmarks/corruptions.py [--quick]

All 19 corruptions at 512x1024 and 1024x2048, severities 1, 3 and 5; both engines take turns in the
same run on the same image. Figures are medians in ms of processor time, which on an idle machine is
the time that passes; OpenCV is held to one thread. The original's glass_blur takes 10 to 60 s a
call, so each of its calls that takes over 5 s is made once. `--quick`: 512x1024 at severity 3.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from sides import stamp

from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.corruption.corrupt import Engine, corrupt
from segformer_gui.core.images import read_image
from segformer_gui.core.paths import shipped

REPETITIONS = 5
SLOW_S = 5


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the fast engine against the original.")
    parser.add_argument("--quick", action="store_true", help="512x1024 at severity 3 only")
    quick = parser.parse_args().quick
    cv2.setNumThreads(1)
    scene = read_image(shipped("resources", "samples", "street_01.png"))
    versions = stamp("numpy", "opencv-python", "imagecorruptions")
    print(f"{versions} Median of {REPETITIONS}, ms of processor time on one core.\n")
    for height, width in ((512, 1024),) if quick else ((512, 1024), (1024, 2048)):
        image = cv2.resize(scene, (width, height), interpolation=cv2.INTER_CUBIC)
        _print_table(image, (3,) if quick else (1, 3, 5))  # pyright: ignore


def _print_table(image: NDArray[np.uint8], severities: Sequence[int]) -> None:
    print(f"### {image.shape[0]} x {image.shape[1]}\n")
    heads = [f"{severity}: fast | original | faster" for severity in severities]
    print(f"| corruption | {' | '.join(heads)} |")
    print(f"| --- |{' ---: |' * 3 * len(heads)}")
    totals = np.zeros((len(severities), 2))
    for name in NAMES:
        medians = np.array([_medians(image, name, severity) for severity in severities])
        totals += medians
        print(_row(name, medians), flush=True)
    print(f"{_row('**all 19**', totals)}\n")


def _row(name: str, medians: NDArray[np.float64]) -> str:
    cells = [f"{fast:.1f} | {original:.1f} | {original / fast:.1f}" for fast, original in medians]
    return f"| {name} | {' | '.join(cells)} |"


def _medians(image: NDArray[np.uint8], name: str, severity: int) -> tuple[float, float]:
    """Milliseconds a call of the fast and of the reference engine."""
    # What is loaded or tabulated once is not counted, for either.
    corner = np.ascontiguousarray(image[:64, :64])
    corrupt(corner, name, severity, 0)
    corrupt(corner, name, severity, 0, "reference")
    fast = [_seconds(image, name, severity, seed, "fast") for seed in range(REPETITIONS)]
    original = [_seconds(image, name, severity, 0, "reference")]
    if original[0] < SLOW_S:
        seeds = range(1, REPETITIONS)
        original += [_seconds(image, name, severity, seed, "reference") for seed in seeds]
    return 1000 * statistics.median(fast), 1000 * statistics.median(original)


def _seconds(
    image: NDArray[np.uint8], name: str, severity: int, seed: int, engine: Engine
) -> float:
    start = time.process_time()
    corrupt(image, name, severity, seed, engine)
    return time.process_time() - start


if __name__ == "__main__":
    main()
