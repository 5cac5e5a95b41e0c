"""How long the window's event loop stands still while it works: `python benchmarks/stalls.py`.

A timer of 2 ms runs in the GUI thread; what its ticks come too late by is a stall. Needs a screen,
such as Xvfb's. Claim: no stall above 50 ms in any phase.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from segformer_gui import app
from segformer_gui.core.images import write_png
from segformer_gui.core.outputs import OUTPUT_KINDS
from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Settings

TICK_MS = 2


def main() -> int:
    """Use the window as a person would, and print the stalls of each phase."""
    os.environ["SEGFORMER_GUI_HOME"] = tempfile.mkdtemp()
    app.prepare_libraries()
    application = app.make_application()
    from PySide6.QtCore import QTimer

    gaps: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append((now - last) * 1000 - TICK_MS)
        last = now

    timer = QTimer(interval=TICK_MS)
    timer.timeout.connect(tick)
    window = app.make_window(Settings())
    window.show()
    session = window.session
    timer.start()

    def phase(name: str, begin: Callable[[], object], ready: Callable[[], bool]) -> None:
        nonlocal last
        gaps.clear()
        last = time.perf_counter()
        begin()
        while not ready():
            application.processEvents()
        for _ in range(50):
            application.processEvents()
        late = np.array(gaps)
        over = ", ".join(f"{gap:.0f}" for gap in late[late > 50])
        print(f"| {name} | {late.max():.0f} | {over or 'none'} |", flush=True)

    def segmented() -> bool:
        return session.segmentation.result is not None and not session.segmentation.busy

    folder = Path(tempfile.mkdtemp())
    large = folder / "large.png"
    noise = np.random.default_rng(0).integers(0, 256, (540, 960, 3), np.uint8)
    write_png(large, noise.repeat(8, 0).repeat(8, 1))
    print("| phase | longest stall, ms | all above 50 ms |\n| --- | --- | --- |")
    phase("import torch, load the model", session.start, lambda: session.models.ready is not None)
    samples = shipped("resources", "samples")
    phase("open a folder, segment an image", lambda: session.images.open([samples]), segmented)
    phase("segment all", session.segment_every_image, lambda: session.segment_all.progress is None)
    phase("step through the images", lambda: session.images.step(1), segmented)
    phase(
        "open 7680 x 4320 and segment it",
        lambda: session.images.open([large]),
        lambda: (
            session.images.current == large and session.images.picture is not None and segmented()
        ),
    )
    images = list(session.images.paths)
    session.export.planned.connect(session.export.start)
    done: list[object] = []
    session.export.finished.connect(done.append)
    phase(
        "export all, six files each",
        lambda: session.export.prepare(images, folder / "out", OUTPUT_KINDS, 0.5),
        lambda: bool(done),
    )
    timer.stop()
    session.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
