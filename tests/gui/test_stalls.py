"""The event loop goes on while the window works; the bound is generous, the benchmark is strict."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer

from segformer_gui.app import make_window, start
from segformer_gui.core.images import write_png
from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Settings
from tests.gui.conftest import delete

_BOUND_S = 0.25
_RUNS = 3


def test_the_event_loop_goes_on_while_the_window_works(qtbot, tmp_path):
    large = tmp_path / "large.png"
    write_png(large, np.zeros((4320, 7680, 3), np.uint8))
    # A busy machine may hold up any process for that long, but hardly the same phase three times;
    # a stall of our own comes every time.
    longest: dict[str, float] = {}
    for run in range(_RUNS):
        stalls = _work(qtbot, large, tmp_path / f"out_{run}")
        longest = {name: min(stalls[name], longest.get(name, stalls[name])) for name in stalls}
        if max(longest.values()) < _BOUND_S:
            return
    assert max(longest.values()) < _BOUND_S, longest


def _work(qtbot, large: Path, out: Path) -> dict[str, float]:
    """The longest stall in seconds of each phase of using a window."""
    window = make_window(Settings())
    session = window.session
    gaps: list[float] = []
    stalls: dict[str, float] = {}
    last = time.perf_counter()

    def tick():
        nonlocal last
        now = time.perf_counter()
        gaps.append(now - last)
        last = now

    def phase(name: str, ready):
        qtbot.waitUntil(ready, timeout=60_000)
        assert gaps
        stalls[name] = max(gaps)
        gaps.clear()

    timer = QTimer(interval=2)
    timer.timeout.connect(tick)
    window.show()
    timer.start()
    start(window, [shipped("resources", "samples"), large])
    phase("load and segment", lambda: session.segmentation.result is not None)
    session.segment_every_image()
    phase("batch", lambda: session.segment_all.progress is None)
    session.images.select(large)
    phase("large image", lambda: session.images.picture is not None)
    done: list[object] = []
    session.export.finished.connect(done.append)
    session.export.planned.connect(session.export.start)
    session.export.prepare(session.images.paths, out, ["index", "overlay"], 0.5)
    phase("export", lambda: bool(done))
    timer.stop()
    assert session.close()
    delete(window)
    assert len(list(out.iterdir())) == 14
    return stalls
