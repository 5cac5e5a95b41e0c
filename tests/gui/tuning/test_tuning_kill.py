"""A window that is killed takes no run with it, and the next one finds it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segformer_gui.core.images import write_png
from segformer_gui.core.scenes import render_scene
from segformer_gui.core.training.events import Saved, Stopped
from segformer_gui.core.training.folder import EventTail
from tests.gui.conftest import FakeEngine, delete, make_window

_WINDOW = """
import sys
from pathlib import Path
from segformer_gui import app
app.prepare_libraries()
application = app.make_application()
from segformer_gui.core.settings import Settings
from segformer_gui.core.training.folder import start_detached
from tests.gui.conftest import FakeEngine
window = app.make_window(Settings(), FakeEngine())
window.show()
runs = window.session.runs

def told():
    if runs.progress is not None and runs.progress.step > 0:
        print(runs.progress.step, flush=True)

runs.changed.connect(told)
run = Path(sys.argv[1])
runs.attach(run, start_detached(run))
application.exec()
"""


@pytest.fixture
def run(tmp_path: Path, user_home: Path) -> Path:
    """A long run where the window keeps its own."""
    image, labels = render_scene(1, 180, 240)
    write_png(tmp_path / "data" / "train" / "A_1.png", image)
    write_png(tmp_path / "data" / "trainannot" / "A_1.png", labels)
    run = user_home / "runs" / "long"
    run.mkdir(parents=True)
    (run / "recipe.toml").write_text(
        f"""
        device = "cpu"
        short_side = 64
        [data]
        root = "{(tmp_path / "data").as_posix()}"
        [optimizer]
        steps = 100000
        batch = 1
        [augmentation]
        crop = [64, 64]
        """
    )
    return run


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no such signal")
def test_a_killed_window_leaves_the_run_to_the_next_one(run, qtbot, settings):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", _WINDOW, run], env=environment, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        step = int(first.stdout.readline())
        first.send_signal(signal.SIGKILL)
    window = make_window(settings, FakeEngine())
    runs = window.session.runs
    window.show()
    window.session.start()

    qtbot.waitUntil(lambda: runs.progress is not None and runs.progress.step > step, timeout=120000)
    assert runs.run == run
    assert runs.live
    runs.stop()
    qtbot.waitUntil(lambda: not runs.live, timeout=120000)

    assert runs.progress.state == "stopped"
    assert (run / "checkpoint.pt").exists()
    events = EventTail(run).read()
    assert [type(event) for event in events[-2:]] == [Saved, Stopped]
    deadline = time.monotonic() + 60
    while not window.session.close():
        assert time.monotonic() < deadline
    delete(window)
