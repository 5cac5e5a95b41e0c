"""Runs the real `main()` and plays a scenario in it: `python driver.py SCENARIO PATH...`.

A scenario is a generator; it goes on when the condition that it yielded has come true. What it
returns is printed as JSON, after which the window is closed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path

from PySide6.QtCore import QTimer

from segformer_gui import app
from segformer_gui.core.images import read_labels
from segformer_gui.core.paths import log_file, shipped


def sample(window):
    """A sample is opened from the welcome page, segmented by the embedded model, and exported."""
    session = window.session
    yield lambda: window.welcome._samples.count() == 3
    window.welcome._samples.itemAt(0).widget().click()
    yield lambda: session.segmentation.result is not None
    truth = read_labels(shipped("resources", "samples_labels", "street_01.png"))
    labels = session.segmentation.result.labels
    counted = truth != 255
    out = log_file().parent / "out"
    session.change_settings(export_folder=str(out))
    session.export.prepare([session.images.current], out, ["index", "overlay"], 0.5)
    yield lambda: (out / "street_01_overlay.png").exists() and session.export.progress is None
    return {
        "accuracy": float((labels == truth)[counted].mean()),
        "written": bool((read_labels(out / "street_01.png") == labels).all()),
        "title": window.windowTitle(),
    }


def unexpected(window):
    """An error that nobody foresaw reaches the message bar and the log, and the window stays."""

    def fail() -> None:
        raise ZeroDivisionError("not foreseen")

    QTimer.singleShot(0, fail)
    yield lambda: window.message_bar.isVisible()
    return {
        "sentence": window.message_bar.sentence.text(),
        "details": window.message_bar.details.toPlainText(),
        "log": log_file().read_text("utf-8"),
    }


def stalls(window):
    """A folder is opened, segmented and exported: the longest stall in seconds of each part."""
    session = window.session
    monitor = Monitor(window)
    longest: dict[str, float] = {}
    yield lambda: session.models.ready is not None
    longest["import torch and load the model"] = monitor.longest()
    yield lambda: session.segmentation.result is not None
    longest["open and segment"] = monitor.longest()
    session.segment_every_image()
    yield lambda: session.segment_all.progress is None
    longest["segment all"] = monitor.longest()
    large = session.images.paths[-1]
    session.images.select(large)
    yield lambda: session.images.picture is not None and session.segmentation.result is not None
    longest["show a large image"] = monitor.longest()
    out = log_file().parent / "out"
    done: list[object] = []
    session.export.finished.connect(done.append)
    session.export.prepare(session.images.paths, out, ["index", "overlay"], 0.5)
    yield lambda: bool(done)
    longest["export"] = monitor.longest()
    return {"longest_s": longest, "files": len(list(out.iterdir()))}


class Monitor:
    """Ticks in the GUI thread; what a tick comes too late by is a stall.

    What the thread waited for a processor meanwhile, on a machine that does other things, is no
    stall of ours; Linux tells how long that was.
    """

    INTERVAL_MS = 2

    def __init__(self, window) -> None:
        self._statistics = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._stalls: list[float] = []
        self._last, self._waited = time.perf_counter(), self._wait_s()
        self._timer = QTimer(window, interval=self.INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def longest(self) -> float:
        """The longest stall in seconds since this was asked for last."""
        assert self._stalls
        longest = max(self._stalls)
        self._stalls.clear()
        return longest

    def _tick(self) -> None:
        now, waited = time.perf_counter(), self._wait_s()
        late = now - self._last - self.INTERVAL_MS / 1000
        self._stalls.append(late - (waited - self._waited))
        self._last, self._waited = now, waited

    def _wait_s(self) -> float:
        try:
            return int(self._statistics.read_text("ascii").split()[1]) / 1e9
        except OSError:
            return 0.0


def close_busy(window):
    """The window is closed in the middle of a segmentation."""
    yield lambda: window.session.segmentation.busy
    return {}


def main() -> int:
    """Patch the driver into the start of the window, and run it."""
    start = app.start

    import editor  # Beside this file.

    def start_and_drive(window, paths) -> None:
        scenarios = (sample, unexpected, stalls, close_busy, *editor.SCENARIOS)
        chosen = {scenario.__name__: scenario for scenario in scenarios}[sys.argv[1]]
        if chosen in editor.WITHOUT_MODEL:
            window.session.models.start = lambda: None
        start(window, paths)
        _drive(window, chosen(window))

    app.start = start_and_drive
    return app.main(sys.argv[2:])


def _drive(window, scenario) -> None:
    timer = QTimer(window)
    condition = next(scenario)

    def poll() -> None:
        nonlocal condition
        if not condition():
            return
        try:
            condition = next(scenario)
        except StopIteration as end:
            timer.stop()
            sys.stdout.write(json.dumps(end.value))
            window.close()
        except Exception:  # noqa: BLE001 (of a scenario, whatever it is)
            traceback.print_exc()
            os._exit(1)  # What a scenario leaves half done would be waited for.

    timer.timeout.connect(poll)
    timer.start(10)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    raise SystemExit(main())
