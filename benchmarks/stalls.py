"""How long the window's event loop stands still while it works: `python benchmarks/stalls.py`.

A timer of 2 ms runs in the GUI thread; what its ticks come too late by is a stall. Needs a screen,
such as Xvfb's, and a machine that does nothing else. Claim: no stall above 50 ms, but for the
import of torch, which happens once.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from editor import stroke_in_window
from sides import stamp
from window import open_window, send, watch_stalls

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.images import write_png
from segformer_gui.core.outputs import OUTPUT_KINDS
from segformer_gui.core.paths import shipped
from segformer_gui.core.scenes.drive import write_drive
from segformer_gui.core.video.work import VideoFiles, VideoWork
from segformer_gui.gui.main_window import MainWindow
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.tools import ToolName

LIMIT_MS = 50
PLAYED_S = 10
CLIP_FRAMES = 150

# A name, how it begins, and when it has ended.
Phases = list[tuple[str, Callable[[], object], Callable[[], object]]]


def main() -> int:
    """Use the window as a person would, and print the stalls of each phase."""
    application, window = open_window()
    session = window.session
    gaps = watch_stalls()
    from PySide6.QtCore import QEventLoop

    # A loop that did not sleep between events would take one of the two cores from the workers.
    sleeping = QEventLoop.ProcessEventsFlag.WaitForMoreEvents

    def phase(name: str, begin: Callable[[], object], ready: Callable[[], object]) -> int:
        """Do something, wait until it is done; prints and returns the stalls above the limit."""
        application.processEvents()
        gaps.clear()
        begin()
        while not ready():
            application.processEvents(sleeping)
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
    phases: Phases = [
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
        ("the charts", window.statistics.raise_, lambda: window.statistics.built),
        (
            "the severities",
            lambda: (window.lab.severities.show(), window.lab.severities.raise_()),
            lambda: window.lab.severities.built,
        ),
        (
            "the dock of fine-tuning",
            window.actions_by_id["fine_tune"].trigger,
            lambda: window.tuning.dock.built,
        ),
        ("the charts again", window.statistics.raise_, window.statistics.isVisible),
        (
            "export all, six files each",
            lambda: session.export.prepare(session.images.paths, folder / "out", OUTPUT_KINDS, 0.5),
            lambda: bool(done),
        ),
        *editor_phases(window),
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
    session.close()
    return 0


def editor_phases(window: MainWindow) -> Phases:
    """What is done with the mask of the image that is shown, whose outlines were looked at."""
    session, editing, masks = window.session, window.session.editing, window.session.masks
    canvas = window.canvas
    saved: list[object] = []
    masks.saved.connect(lambda: saved.append(None))

    def choose(tool: ToolName, **settings: int) -> None:
        session.tools.choose(tool)
        session.tools.set(**settings)

    def draw(diameter_px: int) -> None:
        choose("brush", class_id=3, brush_px=diameter_px)
        stroke_in_window(window)

    def fill() -> None:
        choose("fill", class_id=3)
        for kind in ("move", "press", "release"):
            send(canvas, kind, canvas.rect().center())

    def erase() -> None:
        choose("rectangle", class_id=UNLABELLED)
        corners = canvas.rect().topLeft(), canvas.rect().bottomRight()
        for kind, at in zip(("press", "move", "release"), (*corners, corners[1]), strict=True):
            send(canvas, kind, at)

    def save() -> None:
        saved.clear()
        masks.save()

    def ready() -> bool:
        return editing.ready

    def outlined(wanted: bool) -> bool:
        layer = canvas.editor.layer if canvas.editor else None
        return layer is not None and layer.outlined == wanted

    return [
        (
            "begin its mask with the prediction",
            lambda: masks.set_on(True),
            lambda: ready() and masks.document and masks.document.history.to_undo,
        ),
        ("look at regions", lambda: session.view.set_outlined(False), lambda: outlined(False)),
        ("draw 1000 px with a brush of 64, undo", lambda: draw(64), ready),
        ("with one of 512", lambda: draw(512), ready),
        ("fill a region", fill, ready),
        ("erase all", erase, ready),
        ("fill all", fill, ready),
        ("undo that", editing.undo, ready),
        ("make it again", editing.redo, ready),
        ("accept the prediction", editing.accept, ready),
        ("outlines of the mask", lambda: session.view.set_outlined(True), lambda: outlined(True)),
        ("draw on them", lambda: draw(512), ready),
        (
            "look at regions again",
            lambda: session.view.set_outlined(False),
            lambda: outlined(False),
        ),
        ("save", save, lambda: saved and not masks.unsaved),
        ("leave the editor", lambda: masks.set_on(False), lambda: masks.document is None),
        ("open the mask again", lambda: masks.set_on(True), ready),
    ]


def video_phases(session: Session, clip: Path) -> Phases:
    """What is done with a clip."""
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

    def corrupted() -> bool:
        return session.lab.corrupted.result is not None

    def exported() -> bool:
        if shown():  # The next one when this one has its mask.
            player.seek((player.number + 7) % last)
        return session.video_export.progress is None

    def shown() -> bool:
        return player.video is not None and session.current.result is not None

    return [
        ("open a clip", lambda: session.images.open([clip]), shown),
        ("play it for 10 s", play, played),
        ("look at it under snow", lambda: session.lab.choose("snow"), corrupted),
        ("play that for 10 s", play, played),
        (
            "scrub through it",
            lambda: [player.seek(number) for number in range(0, last + 1, 7)] + [player.seek(last)],
            lambda: player.number == last and shown(),
        ),
        (
            "export its overlay and look at frames",
            lambda: session.video_export.start(
                VideoWork(measured=True), VideoFiles(overlay=clip.with_name("overlay.mp4"))
            ),
            exported,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
