"""`segformer-gui runs`: a run in the background is watched, paused, stopped and taken up again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segformer_gui.core.images import write_png
from segformer_gui.core.scenes import render_scene
from segformer_gui.core.training.events import Event, Finished, Paused, Started, Stepped, Stopped
from segformer_gui.core.training.folder import EventTail, is_running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run that has not begun."""
    image, labels = render_scene(1, 180, 240)
    write_png(tmp_path / "data" / "train" / "A_1.png", image)
    write_png(tmp_path / "data" / "trainannot" / "A_1.png", labels)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.toml").write_text(
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
    return tmp_path / "run"


def until(tail: EventTail, seen: list[Event], kind: type[Event]) -> None:
    """Read on until an event of the kind has come."""
    deadline = time.monotonic() + 120
    while not any(isinstance(event, kind) for event in seen):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
        seen += tail.read()


def test_a_run_in_the_background_is_steered_from_outside(run: Callable, folder: Path) -> None:
    tail = EventTail(folder)
    assert run("runs", "start", folder).code == 0
    assert is_running(folder)  # So that whoever follows it now sees it to its end.
    until(tail, first := [], Stepped)
    assert "being trained" in run("runs", "start", folder).err

    assert run("runs", "pause", folder).code == 0
    until(tail, first, Paused)
    assert run("runs", "continue", folder).code == 0
    until(tail, second := [], Stepped)
    assert run("runs", "stop", folder).code == 0
    until(tail, second, Stopped)

    deadline = time.monotonic() + 60
    while is_running(folder):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    lines = [json.loads(line) for line in run("runs", "follow", folder, "--json").out.splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "stopped"]
    assert "Stopped after step" in run("runs", "follow", folder).err
    assert Started not in [type(event) for event in first[1:] + second]
    assert Finished not in [type(event) for event in second]


def test_a_share_to_keep_needs_a_model_to_keep_it_of(run: Callable, folder: Path) -> None:
    refused = run("runs", "start", folder, "--keep", 0.5)
    assert refused.code == 2
    assert "keep need an initial checkpoint" in refused.err
    assert run("runs", "start", folder, "--keep", 1.5).code == 2
    assert not is_running(folder)


def test_what_is_no_run_is_told(run: Callable, folder: Path, tmp_path: Path) -> None:
    assert "not the folder of a training run" in run("runs", "follow", tmp_path).err
    stopped = run("runs", "stop", folder)
    assert stopped.code == 2
    assert "No process trains the run" in stopped.err
