"""Frames a second of the canvas: `python benchmarks/canvas.py`; needs a screen, such as Xvfb's.

An image of 7680 x 4320 with its mask, in the application's window, is moved and zoomed; each step
is painted at once (no frame is skipped), so that the figures are those of painting alone. Claim:
above 50 frames/s.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from sides import stamp
from window import open_window

from segformer_gui import app
from segformer_gui.core.images import read_image, write_png
from segformer_gui.core.paths import shipped

FRAMES = 200


def main() -> int:
    """Measure each gesture, and print the table."""
    application, window = open_window((1600, 1000))
    from PySide6.QtCore import QPointF

    app.start(window, [_large_image()])
    session, canvas = window.session, window.canvas
    while session.segmentation.result is None:
        application.processEvents()
        time.sleep(0.005)
    device_pixels = canvas.size() * canvas.devicePixelRatio()
    print(
        f"{stamp('PySide6-Essentials')} Canvas of {device_pixels.width()} x "
        f"{device_pixels.height()} px, platform {application.platformName()}.\n"
    )
    print("| gesture | frames/s, mean | slowest frame, ms |\n| --- | --- | --- |")
    for name, outlined, places in (
        ("pan at 100 %", False, _pan(1.0)),
        ("pan at 30 %", False, _pan(0.3)),
        ("pan at 800 %, with the pixel grid", False, _pan(8.0)),
        ("zoom from 10 % to 1000 %", False, _zoom()),
        ("pan at 100 %, outlines", True, _pan(1.0)),
    ):
        session.view.set_outlined(outlined)
        while outlined and session.maps.outlines() is None:
            application.processEvents()
        times: list[float] = []
        for scale, x, y in places:
            began = time.perf_counter()
            canvas.viewport.move(scale, QPointF(x, y))
            canvas.repaint()
            times.append(time.perf_counter() - began)
        print(f"| {name} | {len(times) / sum(times):.0f} | {1000 * max(times):.1f} |", flush=True)
    window.close()
    return 0


def _large_image() -> Path:
    """A sample scene, eight times as large."""
    scene = read_image(shipped("resources", "samples", "street_01.png"))
    rows = np.linspace(0, len(scene) - 1, 4320).astype(int)
    columns = np.linspace(0, scene.shape[1] - 1, 7680).astype(int)
    path = Path(mkdtemp()) / "large.png"
    write_png(path, scene[rows][:, columns])
    return path


def _pan(scale: float) -> Iterator[tuple[float, float, float]]:
    for step in range(FRAMES):
        angle = 2 * math.pi * step / FRAMES
        yield scale, 3840 + 1500 * math.cos(angle), 2160 + 900 * math.sin(angle)


def _zoom() -> Iterator[tuple[float, float, float]]:
    for step in range(FRAMES):
        yield 0.1 * 100 ** (step / (FRAMES - 1)), 3840, 2160


if __name__ == "__main__":
    sys.exit(main())
