"""Memory while a clip is played again and again: `python benchmarks/video_memory.py`.

The window's player with a network that does nothing, so that only frames, masks and what is drawn
come and go. Claim: after the first loops, 10,000 frames take no more memory.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sides import stamp

from segformer_gui import app
from segformer_gui.core.allocator import keep_large_blocks
from segformer_gui.core.classes import known_class_set
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.prediction import Prediction, Timings
from segformer_gui.core.scenes.drive import write_drive
from segformer_gui.core.settings import Settings
from segformer_gui.gui.session.pictures import label_levels
from segformer_gui.gui.session.ports import ModelRequest, ReadyModel, Result

CLASSES = known_class_set("camvid")
SETTLED = 0.2  # Of the frames: caches are full and allocators have what they need.


class StubEngine:
    """A network that calls bright what is bright."""

    def another(self) -> StubEngine:
        """For a second model."""
        return StubEngine()

    def prepare(self, request: ModelRequest) -> ReadyModel:
        """Ready at once."""
        return ReadyModel(request, CLASSES, 360, "stub", "cpu", "float32", ("cpu",), ("float32",))

    def predict(
        self, image: NDArray[np.uint8], options: SegmentOptions, cancelled: Callable[[], bool]
    ) -> Prediction:
        """Nothing is exported here."""
        raise NotImplementedError

    def images_at_once(self, pixels: int) -> int | None:
        """As a graphics card."""
        return None

    def segment(
        self, image: NDArray[np.uint8], options: SegmentOptions, cancelled: Callable[[], bool]
    ) -> Result:
        """Eight classes by brightness."""
        labels = (image[..., 1] >> 5).astype(np.uint8)
        counts = np.bincount(labels.ravel(), minlength=len(CLASSES))
        logits = np.zeros((len(CLASSES), 8, 8), np.float32)
        return Result(
            label_levels(labels), counts, CLASSES, Timings(0, 1, 0), "cpu", "float32",
            logits=logits, mean_confidence=1.0,
        )  # fmt: skip


def main() -> int:
    """Loop a clip and print the memory from time to time."""
    parser = argparse.ArgumentParser(description="Memory while a clip is looped.")
    parser.add_argument("--frames", type=int, default=10_000)
    frames: int = parser.parse_args().frames
    os.environ["SEGFORMER_GUI_HOME"] = tempfile.mkdtemp()
    keep_large_blocks()
    app.prepare_libraries()
    application = app.make_application()
    clip = Path(tempfile.mkdtemp()) / "drive.mp4"
    write_drive(clip, 42, 100)
    window = app.make_window(Settings(), StubEngine())
    window.show()
    player = window.session.player
    shown = 0

    def count() -> None:
        nonlocal shown
        shown += 1

    player.frame_changed.connect(count)
    app.start(window, [clip])
    while player.video is None or window.session.current.result is None:
        application.processEvents()
    player.set_loop(True)
    player.set_speed(4)
    player.toggle()
    print(f"{stamp('PySide6-Essentials', 'av')}\n")
    print("| frames shown | memory, MB |\n| ---: | ---: |")
    readings: list[tuple[int, float]] = []
    while shown < frames:
        application.processEvents()
        if shown >= len(readings) * frames / 10:
            readings.append((shown, _resident_mb()))
            print(f"| {shown} | {readings[-1][1]:.0f} |", flush=True)
    settled = next(mb for number, mb in readings if number >= SETTLED * frames)
    print(f"\nGrown since {SETTLED:.0%} of the frames: {_resident_mb() - settled:.0f} MB.")
    window.session.close()
    return 0


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
