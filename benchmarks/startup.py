"""From the command to the window with an image, and to its mask: `python benchmarks/startup.py`.

Each start is the real `main()` in a process of its own, with a fresh home and the same sample; the
file cache is warm. Needs a screen, such as Xvfb's. Claims: the image shows in under 1.5 s on two
cores, its mask in under 5 s.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from segformer_gui.core.paths import shipped

RUNS = 5

_PROGRAM = """
import sys, time
from segformer_gui import app
begin = float(sys.argv[1])
start = app.start

def watched(window, paths):
    from PySide6.QtCore import QTimer
    seen = []
    session = window.session

    def look():
        # A timer without delay fires when the events before it, such as painting, are through.
        seen.append(time.time() - begin)
        if len(seen) == 2:
            print(*seen)
            window.close()

    session.images.pixels_changed.connect(lambda: QTimer.singleShot(0, look))
    session.segmentation.changed.connect(
        lambda: session.segmentation.result is not None and QTimer.singleShot(0, look)
    )
    start(window, paths)

app.start = watched
raise SystemExit(app.main(sys.argv[2:]))
"""


def main() -> int:
    """Start the window a few times, and print the medians."""
    sample = sorted(shipped("resources", "samples").glob("*.png"))[0]
    runs = [_start(sample) for _ in range(RUNS + 1)][1:]  # The first one fills the file cache.
    print("| from the command to | median of 5, s | fastest to slowest |\n| --- | ---: | --- |")
    titles = ("the window with the image", "its first mask")
    for title, seconds in zip(titles, zip(*runs, strict=True), strict=True):
        median = statistics.median(seconds)
        print(f"| {title} | {median:.2f} | {min(seconds):.2f} to {max(seconds):.2f} |")
    return 0


def _start(image: Path) -> tuple[float, float]:
    """Seconds until the image shows, and until its mask does."""
    with tempfile.TemporaryDirectory() as home:
        ended = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(time.time()), str(image)],
            env=os.environ | {"SEGFORMER_GUI_HOME": home},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    shown, segmented = map(float, ended.stdout.split())
    return shown, segmented


if __name__ == "__main__":
    sys.exit(main())
