"""The event loop goes on while the window works; the bound is generous, the benchmark is strict."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QTimer

from segformer_gui.app import make_window, start
from segformer_gui.core.images import write_png
from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Settings

_BOUND_S = 0.5


def test_the_event_loop_goes_on_while_the_window_works(qtbot, tmp_path):
    large = tmp_path / "large.png"
    write_png(large, np.zeros((4320, 7680, 3), np.uint8))
    window = make_window(Settings())
    qtbot.addWidget(window)
    session = window.session
    gaps, last = [], time.perf_counter()

    def tick():
        nonlocal last
        now = time.perf_counter()
        gaps.append(now - last)
        last = now

    timer = QTimer(interval=2)
    timer.timeout.connect(tick)
    window.show()
    timer.start()
    start(window, [shipped("resources", "samples"), large])
    qtbot.waitUntil(lambda: session.segmentation.result is not None, timeout=30_000)
    session.segment_every_image()
    qtbot.waitUntil(lambda: session.segment_all.progress is None, timeout=60_000)
    session.images.select(large)
    qtbot.waitUntil(lambda: session.images.picture is not None, timeout=30_000)
    session.export.planned.connect(session.export.start)
    with qtbot.waitSignal(session.export.finished, timeout=60_000):
        session.export.prepare(session.images.paths, tmp_path / "out", ["index", "overlay"], 0.5)
    timer.stop()
    assert session.close()

    assert len(gaps) > 50
    assert max(gaps) < _BOUND_S
    assert len(list((tmp_path / "out").iterdir())) == 14
