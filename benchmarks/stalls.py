"""How long the window's event loop stands still while it works: `python benchmarks/stalls.py`.

A timer of 2 ms runs in the GUI thread; what its ticks come too late by is a stall. Needs a screen,
such as Xvfb's, and a machine that does nothing else. Claim: no stall above 50 ms, but for the
import of torch, which happens once.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sides import stamp

from segformer_gui import app
from segformer_gui.core.allocator import keep_large_blocks
from segformer_gui.core.images import write_png
from segformer_gui.core.outputs import OUTPUT_KINDS
from segformer_gui.core.paths import shipped
from segformer_gui.core.scenes.drive import write_drive
from segformer_gui.core.settings import Settings
from segformer_gui.gui.session.session import Session

TICK_MS = 2
LIMIT_MS = 50
PLAYED_S = 10
CLIP_FRAMES = 150


def main() -> int:
    """Use the window as a person would, and print the stalls of each phase."""
    os.environ["SEGFORMER_GUI_HOME"] = tempfile.mkdtemp()
    keep_large_blocks()
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

    def phase(name: str, begin: Callable[[], object], ready: Callable[[], object]) -> int:
        """Do something, wait until it is done; prints and returns the stalls above the limit."""
        nonlocal last
        gaps.clear()
        last = time.perf_counter()
        begin()
        while not ready():
            application.processEvents()
        for _ in range(50):
            application.processEvents()
        over = [f"{gap:.0f}" for gap in gaps if gap > LIMIT_MS]
        print(f"| {name} | {max(gaps):.0f} | {', '.join(over) or 'none'} |", flush=True)
        return len(over)

    def segmented() -> bool:
        return session.segmentation.result is not None and not session.segmentation.busy

    folder = Path(tempfile.mkdtemp())
    large = folder / "large.png"
    noise = np.random.default_rng(0).integers(0, 256, (540, 960, 3), np.uint8)
    write_png(large, noise.repeat(8, 0).repeat(8, 1))
    samples = shipped("resources", "samples")
    clip = folder / "drive.mp4"
    write_drive(clip, 42, CLIP_FRAMES)
    done: list[object] = []
    session.export.finished.connect(done.append)
    phases: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("open a folder, segment an image", lambda: session.images.open([samples]), segmented),
        (
            "segment all",
            session.segment_every_image,
            lambda: session.segment_all.progress is None,
        ),
        ("step through the images", lambda: session.images.step(1), segmented),
        (
            "open 7680 x 4320 and segment it",
            lambda: session.images.open([large]),
            lambda: session.images.current == large and session.images.picture and segmented(),
        ),
        (
            "its confidence",
            lambda: session.view.set_shown("confidence"),
            lambda: session.maps.measure("confidence") is not None,
        ),
        (
            "its outlines",
            lambda: session.view.set_outlined(True),
            lambda: session.maps.outlines() is not None,
        ),
        ("the charts", window.statistics.raise_, lambda: hasattr(window.statistics, "confidence")),
        (
            "export all, six files each",
            lambda: session.export.prepare(session.images.paths, folder / "out", OUTPUT_KINDS, 0.5),
            lambda: bool(done),
        ),
        *video_phases(session, clip),
    ]
    print(f"{stamp('torch', 'PySide6-Essentials')} Platform {application.platformName()}.\n")
    print("| part | longest stall, ms | all above 50 ms |\n| --- | ---: | --- |")
    phase(
        "import torch, load the model (once)",
        session.start,
        lambda: session.models.ready is not None,
    )
    count = sum(phase(*each) for each in phases)
    print(f"\nStalls above {LIMIT_MS} ms, but for the import: {count}.")
    timer.stop()
    session.close()
    return 0


def video_phases(
    session: Session, clip: Path
) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    """What is done with a clip: a name, how it begins, when it has ended."""
    player = session.player
    last = CLIP_FRAMES - 1
    ends = [0.0]

    def play() -> None:
        ends[0] = time.perf_counter() + PLAYED_S
        player.set_loop(True)
        player.toggle()

    def played() -> bool:
        if time.perf_counter() < ends[0]:
            return False
        if player.playing:
            player.toggle()
        return True

    def shown() -> bool:
        return player.video is not None and session.current.result is not None

    return [
        ("open a clip", lambda: session.images.open([clip]), shown),
        ("play it for 10 s", play, played),
        ("play it for 10 s under snow", lambda: (session.lab.choose("snow"), play()), played),
        (
            "scrub through it",
            lambda: [player.seek(number) for number in range(0, last + 1, 7)] + [player.seek(last)],
            lambda: player.number == last and shown(),
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
