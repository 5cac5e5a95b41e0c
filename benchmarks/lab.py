"""How soon image and mask follow the severity slider: `python benchmarks/lab.py [NAME ...]`.

The real window with the embedded model and an image of 512 x 1024. Each corruption is moved by one
severity, and then dragged, 30 moves a second over the whole slider; what counts is the time from
the last move until image and mask are painted. Needs a screen, such as Xvfb's. Claims: the image
follows within 150 ms, the mask within 0.7 s on two cores, and the window never stands still for
more than 50 ms.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
from sides import stamp
from window import open_window, watch_stalls

from segformer_gui import app
from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.images import read_image, write_png
from segformer_gui.core.paths import shipped
from segformer_gui.gui.session.lab import Lab

SIZE = (1024, 512)
MOVES_A_SECOND = 30
TIMEOUT_S = 60


def main() -> int:
    """Move the slider as a person would, and print what followed when."""
    parser = argparse.ArgumentParser(description="Time image and mask behind the slider.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="corruptions; all if none")
    names: list[str] = parser.parse_args().names or list(NAMES)
    application, window = open_window()
    from PySide6.QtCore import QEventLoop

    stalls = watch_stalls()
    # A loop that did not sleep between events would take one of the two cores from the workers.
    sleeping = QEventLoop.ProcessEventsFlag.WaitForMoreEvents
    slider = Slider(window.session.lab, lambda: application.processEvents(sleeping))
    app.start(window, [_image()])
    slider.wait_for(lambda: window.session.current.result is not None)
    slider.drag("snow")  # The network's first run on a worker thread is slower than the others.
    stalls.clear()
    print(f"{stamp('torch', 'PySide6-Essentials', 'opencv-python')}\n")
    print("| corruption | image after a step, ms | mask | image after a drag, ms | mask |")
    print("| --- | ---: | ---: | ---: | ---: |")
    rows: list[tuple[float, ...]] = []
    for name in names:
        rows.append((*slider.step(name), *slider.drag(name)))
        print(_row(name, rows[-1]), flush=True)
    print(_row("**slowest**", [max(column) for column in zip(*rows, strict=True)]))
    print(f"\nLongest stall of the window: {max(stalls):.0f} ms.")
    window.session.close()
    return 0


class Slider:
    """Moves the severity, and waits for what follows."""

    def __init__(self, lab: Lab, process_events: Callable[[], object]) -> None:
        self._lab = lab
        self._process_events = process_events

    def step(self, name: str) -> tuple[float, float]:
        """Set a severity; milliseconds until its image and its mask are painted."""
        self._move(name, 3)
        return self._settle()

    def drag(self, name: str) -> tuple[float, float]:
        """Drag to the end and back to 4; milliseconds from there."""
        for tenths in range(1, 51):
            self._move(name, tenths / 10)
            next_move = time.perf_counter() + 1 / MOVES_A_SECOND
            while time.perf_counter() < next_move:
                self._process_events()
        self._move(name, 4)
        return self._settle()

    def wait_for(self, ready: Callable[[], bool]) -> None:
        """Let the window work until something is so."""
        begun = time.perf_counter()
        while not ready():
            self._process_events()
            if time.perf_counter() - begun > TIMEOUT_S:
                raise TimeoutError

    def _move(self, name: str, severity: float) -> None:
        self._lab.set_condition(Condition((Step(name, severity),)))

    def _settle(self) -> tuple[float, float]:
        lab, begun = self._lab, time.perf_counter()
        painted: list[float] = []
        for ready in (
            lambda: lab.shown == lab.condition,
            lambda: lab.corrupted.result is not None,
        ):
            self.wait_for(ready)
            self._process_events()
            painted.append((time.perf_counter() - begun) * 1000)
        return painted[0], painted[1]


def _image() -> Path:
    """A sample scene in the size that the claims are about."""
    scene = read_image(shipped("resources", "samples", "street_01.png"))[120:600]
    path = Path(tempfile.mkdtemp()) / "street.png"
    write_png(path, cv2.resize(scene, SIZE, interpolation=cv2.INTER_CUBIC))  # pyright: ignore
    return path


def _row(name: str, values: Sequence[float]) -> str:
    return f"| {name} | {' | '.join(f'{value:.0f}' for value in values)} |"


if __name__ == "__main__":
    sys.exit(main())
