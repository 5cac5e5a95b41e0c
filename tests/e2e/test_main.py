"""The application as a user starts it: the real `main()`, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from segformer_gui import app
from segformer_gui.core import doctor
from segformer_gui.core.images import write_png
from segformer_gui.core.paths import settings_file, shipped

ROOT = Path(__file__).resolve().parent.parent.parent
DRIVER = Path(__file__).with_name("driver.py")
_LONGEST_S = 0.25
_RUNS = 3


def _python(*arguments: str, before: tuple[str, ...] = (), **environment: str):
    return subprocess.run(
        [*before, sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _play(scenario: str, *paths: Path, before: tuple[str, ...] = (), **environment: str):
    ended = _python(str(DRIVER), scenario, *map(str, paths), before=before, **environment)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize("platform", ["offscreen", "xcb"])
def test_first_start_sample_to_exported_mask(platform):
    before: tuple[str, ...] = ()
    if platform == "xcb":
        if shutil.which("xvfb-run") is None:
            pytest.skip("needs xvfb-run for a real window")
        before = ("xvfb-run", "-a")
    seen = _play("sample", before=before, QT_QPA_PLATFORM=platform)
    assert seen["accuracy"] > 0.5  # Chance would be a tenth.
    assert seen["written"]
    assert seen["title"].startswith("street_01.png")
    assert settings_file().exists()


def test_unforeseen_error_is_shown_and_logged_and_the_window_stays():
    seen = _play("unexpected")
    assert "ZeroDivisionError" in seen["sentence"]
    assert "not foreseen" in seen["details"]
    assert "not foreseen" in seen["log"]


def test_closing_in_the_middle_of_a_segmentation_ends_well(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (1500, 2000, 3), np.uint8)
    write_png(tmp_path / "large.png", pixels)
    assert _play("close_busy", tmp_path / "large.png") == {}


def test_the_event_loop_goes_on_while_the_window_works(tmp_path):
    images = tmp_path / "images"
    shutil.copytree(shipped("resources", "samples"), images)
    write_png(images / "z_large.png", np.zeros((4320, 7680, 3), np.uint8))
    # A busy machine may hold up any process for that long, but hardly the same part three times; a
    # stall of our own comes every time.
    longest: dict[str, float] = {}
    for run in range(_RUNS):
        seen = _play("stalls", images, SEGFORMER_GUI_HOME=str(tmp_path / f"home_{run}"))
        assert seen["files"] == 14
        stalls = seen["longest_s"]
        longest = {part: min(stalls[part], longest.get(part, stalls[part])) for part in stalls}
        if max(longest.values()) < _LONGEST_S:
            break
    assert max(longest.values()) < _LONGEST_S, longest


def test_importing_and_building_the_window_leaves_torch_out():
    ended = _python(
        "-c",
        "import sys\n"
        "from segformer_gui import app\n"
        "from segformer_gui.core.settings import Settings\n"
        "assert 'PySide6' not in sys.modules\n"
        "app.prepare_libraries()\n"
        "application = app.make_application()\n"
        "window = app.make_window(Settings())\n"
        "window.show()\n"
        "application.processEvents()\n"
        "assert not {'torch', 'pyqtgraph'} & set(sys.modules)\n"
        "window.close()\n",
        QT_QPA_PLATFORM="offscreen",
    )
    assert ended.returncode == 0, ended.stderr


def test_opencv_does_not_point_qt_at_its_own_plugins():
    ended = _python(
        "-c",
        "import cv2, os\n"
        "from segformer_gui import app\n"
        "app.prepare_libraries()\n"
        "print([name for name in os.environ if name.startswith('QT_QPA_') "
        "and 'cv2' in os.environ[name]])\n",
    )
    assert ended.stdout.strip() == "[]", ended.stderr


def test_on_windows_torch_libraries_are_loaded_before_qt():
    ended = _python(
        "-c",
        "import ctypes, sys\n"
        "import cv2\n"
        "from segformer_gui import app\n"
        "loaded = []\n"
        "ctypes.CDLL = lambda path: loaded.append((path, 'PySide6' in sys.modules))\n"
        "sys.platform = 'win32'\n"
        "app.prepare_libraries()\n"
        "assert 'torch' not in sys.modules\n"
        "print(loaded)\n",
    )
    assert "c10.dll', False)]" in ended.stdout, ended.stderr


def test_missing_libraries_are_one_sentence_with_the_command(monkeypatch, capsys):
    missing = ["libEGL.so.1", "libxcb-cursor.so.0"]
    monkeypatch.setattr(doctor, "missing_qt_libraries", lambda: missing)
    assert app.main([]) == 1
    message = capsys.readouterr().err
    assert "libEGL.so.1, libxcb-cursor.so.0" in message
    assert "apt-get install libegl1" in message


@pytest.mark.skipif(sys.platform != "linux", reason="only X11 has displays that may be absent")
@pytest.mark.parametrize("display", ["", ":4711"])
def test_absent_display_is_one_sentence_and_no_crash(display):
    ended = _python(
        "-c",
        "from segformer_gui import app\nraise SystemExit(app.main([]))\n",
        QT_QPA_PLATFORM="xcb",
        DISPLAY=display,
    )
    assert ended.returncode == 1
    assert "no screen" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_settings_that_cannot_be_read_do_not_stop_the_window(monkeypatch):
    settings_file().mkdir(parents=True)  # A folder stands where the file should be.
    assert app._settings() == app.Settings()
