"""What editing a mask of 7680 x 4320 costs: `python benchmarks/editor.py`; needs a screen.

Strokes go in steps of 10 px over a sample scene's mask, eight times as large, in a real project on
disk: first without the window, then by mouse events in the application's window, with all that the
move of a mouse makes it do and paint. Claims: a move costs under 4 ms at 64 px and under 16 ms at
512 px, undo of a stroke under 16 ms, opening image and mask under 1.5 s, and the undo of 100
strokes takes under 64 MB. What works on the whole map is for a worker. Figures are of the thread's
own processor time, which on an idle machine is the time that passes.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from sides import stamp
from window import open_window, send

from segformer_gui.core.annotation import morphology
from segformer_gui.core.annotation.brush import Brush, BrushShape, Stroke
from segformer_gui.core.annotation.connected import flood, wand
from segformer_gui.core.annotation.mask import FREE, PRESERVE, Mask, Rules
from segformer_gui.core.annotation.predicted import accepted
from segformer_gui.core.annotation.shapes import polygon
from segformer_gui.core.annotation.superpixels import find_superpixels
from segformer_gui.core.classes import known_class_set
from segformer_gui.core.images import write_png
from segformer_gui.core.project.document import Document
from segformer_gui.core.project.project import Project
from segformer_gui.core.scenes.scene import render_scene

if TYPE_CHECKING:
    from segformer_gui.gui.main_window import MainWindow

HEIGHT, WIDTH = 4320, 7680
MOVES = 100
LOCKED = Rules(locked=frozenset({3}))


def main() -> int:
    """Measure, and print the tables."""
    cv2.setNumThreads(1)
    print(f"{stamp('opencv-python')} ms of processor time of one thread.\n")
    with TemporaryDirectory() as folder:
        image, truth = (_large(pixels) for pixels in render_scene(51))
        write_png(Path(folder) / "street.png", image)
        with Project.create(Path(folder) / "project", known_class_set("camvid")) as project:
            assert all(error is None for _, error in project.add([Path(folder) / "street.png"]))
            document = project.document("street")
            document.commit(document.mask.edit(accepted(document.mask, truth)), "accept")
            project.save("street")
            _print_strokes(document)
            _print_memory(document)
            _print_whole(project, document, image, truth)
        _print_window(Path(folder) / "project")
    return 0


def _print_strokes(document: Document) -> None:
    print(
        "| stroke of 1000 px | a move, median | slowest move | release | undo | redo | kB |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for brush, rules in (
        (Brush(1), FREE),
        (Brush(64), FREE),
        (Brush(64), LOCKED),
        (Brush(64, "square"), PRESERVE),
        (Brush(512), FREE),
        (Brush(512), LOCKED),
        (Brush(512, "square"), FREE),
    ):
        _print_stroke(document, brush, rules)
    print()


def _print_stroke(document: Document, brush: Brush, rules: Rules) -> None:
    moves: list[float] = []
    others: list[tuple[float, float, float]] = []
    size = 0
    for begin in range(5):
        stroke = Stroke(document.mask, brush, begin % 11, rules)
        places = _places(600 + 1300 * begin, 2000)
        moves += [_ms(partial(stroke.move, x, y)) for x, y in places]
        release = _ms(partial(_release, document, stroke))
        size = document.history.to_undo.patch.nbytes if document.history.to_undo else 0
        others.append((release, _ms(document.undo), _ms(document.redo)))
        document.undo()
    release, undo, redo = (statistics.median(times) for times in zip(*others, strict=True))
    name = f"{brush.shape}, {brush.diameter_px} px"
    name += {LOCKED: ", a class locked", PRESERVE: ", labels preserved"}.get(rules, "")
    print(
        f"| {name} | {statistics.median(moves):.2f} | {max(moves):.1f} | {release:.1f} "
        f"| {undo:.1f} | {redo:.1f} | {size / 1e3:.0f} |",
        flush=True,
    )


def _release(document: Document, stroke: Stroke) -> None:
    document.commit(stroke.end(), "stroke")


def _print_memory(document: Document) -> None:
    document.history.forget()
    rng = np.random.default_rng(0)
    longest = 0.0
    shapes: tuple[BrushShape, ...] = ("round", "square")
    for number in range(100):
        brush = Brush(int(rng.choice([8, 64, 200, 512])), shapes[number % 2])
        stroke = Stroke(document.mask, brush, int(rng.integers(11)))
        for x, y in _places(rng.uniform(0, WIDTH - 1500), rng.uniform(0, HEIGHT)):
            stroke.move(x, y)
        document.commit(stroke.end(), "stroke")
    kept = len(document.history)
    mb = document.history.nbytes / 1e6
    while document.history.to_undo is not None:
        longest = max(longest, _ms(document.undo))
    print(
        f"Undo of {kept} strokes of 8 to 512 px takes {mb:.1f} MB and at most {longest:.1f} ms.\n"
    )


def _print_whole(
    project: Project, document: Document, image: NDArray[np.uint8], truth: NDArray[np.uint8]
) -> None:
    mask = document.mask
    lasso = [(3840 + 3000 * math.cos(a / 99), 2160 + 2000 * math.sin(a / 99)) for a in range(622)]
    prediction = np.roll(truth, 16, axis=1)
    unlabelled = Mask.unlabelled(HEIGHT, WIDTH)
    gaps = truth.copy()
    gaps[::3, ::5] = 255
    works: dict[str, Callable[[], object]] = {
        "accept a prediction": lambda: mask.edit(accepted(mask, prediction), touch=False),
        "accept a first prediction": lambda: unlabelled.edit(accepted(unlabelled, truth)),
        "lasso of 622 points, half the map": lambda: mask.edit(polygon(lasso, mask.size).filled(2)),
        "flood fill": lambda: flood(truth, 3840, 4000),
        "magic wand": lambda: wand(image, 3840, 300, 10),
        "open a class by 5 px": lambda: morphology.opened(truth, 3, 5),
        "fill its holes": lambda: morphology.holes_filled(truth, 3),
        "remove islands under 400 px": lambda: morphology.islands_removed(truth, 400),
        "fill the unlabelled by the nearest": lambda: morphology.gaps_filled(gaps),
        "superpixels of 48 px": lambda: find_superpixels(image, 48),
        "save the mask": lambda: project.save("street"),
        "open the mask": lambda: Project(project.folder).document("street"),
    }
    print("| whole map, in a worker | ms |\n| --- | ---: |")
    for name, work in works.items():
        if name == "save the mask":
            document.commit(mask.edit(accepted(mask, truth)), "accept")
        print(f"| {name} | {_ms(work):.0f} |", flush=True)


def _print_window(project: Path) -> None:
    """The same by the mouse, in the window; no model runs, since the mask is there."""
    application, window = open_window((1600, 1000))
    session, canvas = window.session, window.canvas

    def wait(ready: Callable[[], object]) -> float:
        begin = time.perf_counter()
        while not ready():
            application.processEvents()
        application.processEvents()
        return 1000 * (time.perf_counter() - begin)

    wait(lambda: True)
    session.masks.set_on(True)
    session.projects.open(project)
    opened = wait(lambda: session.editing.ready)
    print(f"\nIn the window, image and mask are open after {opened:.0f} ms.\n")
    session.tools.choose("brush")
    print(
        "| stroke of 1000 px in the window | a move, median | slowest move | release | undo |\n"
        "| --- | ---: | ---: | ---: | ---: |"
    )
    for name, scale in (("all of the image", None), ("at 100 %", 1.0)):
        if scale is not None:
            canvas.set_scale(scale)
        for diameter in (64, 512):
            session.tools.set(brush_px=diameter, class_id=3)
            moves, release, undo = stroke_in_window(window)
            print(
                f"| {diameter} px, {name} | {statistics.median(moves):.2f} | {max(moves):.1f} "
                f"| {release:.1f} | {undo:.1f} |",
                flush=True,
            )
    session.tools.choose("superpixel")
    middle = canvas.rect().center()
    send(canvas, "move", middle)
    found = wait(lambda: session.editing.preview is not None)
    print(f"\nSuperpixels under the mouse are there after {found:.0f} ms, found in a worker.")
    session.close()
    window.close()


def stroke_in_window(window: MainWindow) -> tuple[list[float], float, float]:
    """A wavy line through the middle of what is seen: ms of each move, of the release, of undo."""
    from PySide6.QtCore import QPointF
    from PySide6.QtWidgets import QApplication

    canvas, session = window.canvas, window.session
    begin = canvas.viewport.centre - QPointF(500, 0)

    def send_at(kind: str, x: float, y: float) -> None:
        send(canvas, kind, canvas.widget_position(begin + QPointF(x, y)).toPoint())
        QApplication.processEvents()

    send_at("press", 0, 0)
    moves = [_ms(partial(send_at, "move", x, y)) for x, y in _places(0, 0)]
    release = _ms(partial(send_at, "release", 1000, 0))

    def undo() -> None:
        session.editing.undo()
        QApplication.processEvents()

    return moves, release, _ms(undo)


def _places(x: float, y: float) -> Iterator[tuple[float, float]]:
    """A wavy line of 1000 px in steps of 10 px."""
    for step in range(MOVES):
        yield x + 10 * step, y + 40 * math.sin(step / 6)


def _ms(work: Callable[[], object]) -> float:
    begin = time.thread_time()
    work()
    return 1000 * (time.thread_time() - begin)


def _large(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (WIDTH, HEIGHT)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST)  # pyright: ignore


if __name__ == "__main__":
    sys.exit(main())
