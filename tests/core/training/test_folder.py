"""A run that other processes watch and steer: locks, commands, tails, kills at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from training_case import recipe_for

from segformer_gui.core.errors import UserError
from segformer_gui.core.training import folder, trainer
from segformer_gui.core.training.events import (
    Event,
    Failed,
    Finished,
    Paused,
    Proving,
    Resumed,
    Saved,
    Started,
    Stepped,
    Stopped,
    Validated,
    from_line,
    to_line,
)
from segformer_gui.core.training.folder import EventTail, ask, asked, held, history, is_running
from segformer_gui.core.training.loop import train

_ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
# Forks a trainer again and again from a process that has torch. All but the last are killed, some
# microseconds after they have logged a few events more, or at once.
_KILLER = """
import os, random, signal, sys, time
import torch._dynamo  # AdamW asks for it, and each child would wait for it.
from pathlib import Path
from training_case import TINY
from segformer_gui.core.network import presets
from segformer_gui.core.training import __main__ as trainer
presets.PRESETS["b0"] = TINY
rng = random.Random(7)
rounds, log = int(sys.argv[2]), Path(sys.argv[1], "events.jsonl")
size = lambda: log.stat().st_size if log.exists() else 0
sys.argv = ["trainer", sys.argv[1]]
for number in range(rounds + 1):
    child = os.fork()
    if not child:
        os._exit(trainer.main())
    if number < rounds:
        target = size() + rng.randrange(0, 2000)
        while size() < target:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status))
"""


def started(step: int) -> Started:
    return Started(step, 9, 2, 1, 100, ("road", "café"), "cpu", "float32", 2)


EVENTS: list[Event] = [
    started(0),
    Stepped(1, 0.5, 1e-3, 0.1, 1),
    Validated(1, "fog", {"miou": 0.5}, 1.0),
    Saved(1, "checkpoint.pt"),
    Paused(1),
    Resumed(1),
    Stopped(1),
    Failed(0, "disk_full", {"path": "/x"}),
    Finished(9, "model"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_are_read_back_as_they_were(event: Event) -> None:
    assert from_line(to_line(event)) == event


@given(st.text())
def test_no_line_is_a_trap(line: str) -> None:
    assert from_line(line) is None or from_line(line) in EVENTS
    for content in ([line], {"event": line}, {"event": "stepped", line: 1}):
        assert from_line(json.dumps(content)) is None


def test_a_tail_reads_whole_lines_once(tmp_path: Path) -> None:
    tail, log = EventTail(tmp_path), tmp_path / folder.EVENTS_FILE
    assert tail.read() == []
    lines = [to_line(event).encode() + b"\n" for event in EVENTS]

    log.write_bytes(lines[0] + lines[1][:10])
    assert tail.read() == EVENTS[:1]
    log.write_bytes(b"".join(lines[:3]) + b'{"torn\n' + lines[3])
    assert tail.read() == EVENTS[1:4]
    assert tail.read() == []
    log.write_bytes(lines[0])  # A new run in the same folder.
    assert tail.read() == EVENTS[:1]


def test_history_counts_what_was_done_twice_once() -> None:
    steps = [Stepped(n, 0.5, 1e-3, 0.1, 1) for n in range(1, 5)]

    events = history([started(0), *steps, started(2), *steps[2:]])

    assert [e.step for e in events if isinstance(e, Stepped)] == [1, 2, 3, 4]


def test_one_process_holds_a_run_and_death_frees_it(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from segformer_gui.core.training.folder import held\n"
        "with held(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    assert not is_running(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], env=_ENVIRONMENT, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert is_running(tmp_path)
        with pytest.raises(UserError, match="run_busy"), held(tmp_path):
            pass
        other.send_signal(signal.SIGKILL)
    assert not is_running(tmp_path)
    with held(tmp_path):
        pass


def test_the_heart_beats_while_a_run_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "HEARTBEAT_S", 0.01)
    assert folder.heartbeat_s(tmp_path) is None
    with held(tmp_path):
        os.utime(tmp_path / "lock", (0, 0))
        deadline = time.monotonic() + 10
        while (age := folder.heartbeat_s(tmp_path)) is None or age > 60:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_command_of_the_last_run_does_not_stop_the_next(tmp_path: Path) -> None:
    ask(tmp_path, "stop")
    assert asked(tmp_path) == "stop"
    with held(tmp_path):
        assert asked(tmp_path) == "go on"
    (tmp_path / "control").write_bytes(b"\xff dance")
    assert asked(tmp_path) == "go on"


def test_a_run_stops_after_the_step_when_its_folder_says_so(camvid: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    for event in train(recipe_for(camvid, 50), tmp_path / "run"):
        events.append(event)
        if isinstance(event, Stepped) and event.step == 2:
            ask(tmp_path / "run", "stop")

    assert events[-2:] == [Saved(2, str(tmp_path / "run" / "checkpoint.pt")), Stopped(2)]


def test_a_paused_run_waits_and_goes_on(camvid: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    pausing = 0.0
    for event in train(recipe_for(camvid, 4), run):
        if isinstance(event, Stepped) and event.step == 1:
            ask(run, "pause")
        if isinstance(event, Paused):
            pausing = time.monotonic()
            threading.Timer(0.5, ask, (run, "go on")).start()
        if isinstance(event, Stepped) and event.step == 3:
            assert time.monotonic() - pausing > 0.4
    assert pausing > 0
    kinds = [type(e) for e in EventTail(run).read()]
    assert kinds.count(Paused) == 1
    assert kinds[-1] is Finished


def test_a_run_that_is_paused_while_it_proves_waits_and_goes_on(
    camvid: Path, tmp_path: Path
) -> None:
    plain = recipe_for(camvid, 1)
    deque(train(plain, tmp_path / "first"), maxlen=0)
    network = replace(plain.network, initial=str(tmp_path / "first" / "model"))
    run = tmp_path / "run"
    log: list[tuple[Event, float]] = []
    for event in train(replace(plain, network=network, prove=True), run):
        if isinstance(event, Proving) and not isinstance(log[-1][0], Proving | Resumed):
            ask(run, "pause")  # At the first one.
        log.append((event, time.monotonic()))
        if isinstance(event, Paused):
            threading.Timer(0.5, ask, (run, "go on")).start()

    kinds = [type(event) for event, _ in log]
    pause = kinds.index(Paused)
    assert kinds.count(Paused) == 1
    assert kinds[pause - 1 : pause + 3] == [Proving, Paused, Resumed, Proving]
    assert kinds[-1] is Finished
    assert log[pause + 1][1] - log[pause][1] > 0.4


def test_a_run_is_paused_between_two_images_that_it_is_scored_on(
    camvid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    recipe = recipe_for(camvid, 1)
    data = replace(recipe.data, held_out=("B", "C"))
    scored: list[str] = []

    def corrupted(image: NDArray[np.uint8], name: str, *_: int) -> NDArray[np.uint8]:
        if not scored:
            ask(run, "pause")
        scored.append(name)
        return image

    monkeypatch.setattr(trainer, "corrupt", corrupted)
    kinds: list[type[Event]] = []
    for event in train(replace(recipe, data=data, validate_corrupted=("fog",)), run):
        kinds.append(type(event))
        if isinstance(event, Paused):
            assert scored == ["fog"]
            ask(run, "go on")

    assert scored == ["fog", "fog"]
    pause = kinds.index(Paused)
    assert kinds[pause - 1 : pause + 3] == [Validated, Paused, Resumed, Validated]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks trainers, which this system cannot")
def test_a_run_killed_at_random_moments_is_the_uninterrupted_one(
    camvid: Path, tmp_path: Path
) -> None:
    recipe = replace(recipe_for(camvid, 250), checkpoint_every=5, validate_every=999)
    for run in ("killed", "whole"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "recipe.toml").write_text(recipe.to_toml())
    (tmp_path / "killer.py").write_text(_KILLER)

    for run, rounds in (("killed", 20), ("whole", 0)):
        command = [sys.executable, tmp_path / "killer.py", tmp_path / run, str(rounds)]
        done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    events = EventTail(tmp_path / "killed").read()
    assert isinstance(events[-1], Finished)
    resumed = [event.step for event in events if isinstance(event, Started)]
    assert len(resumed) > 10
    reached = 0
    for event in events:
        if isinstance(event, Stepped):
            reached = event.step
        elif isinstance(event, Started):
            assert event.step > reached - 5 - 1, "more than a checkpoint's interval was lost"
    one, two = (torch.load(tmp_path / run / "checkpoint.pt") for run in ("killed", "whole"))
    for key, tensor in one["network"].items():
        assert torch.equal(tensor, two["network"][key]), key
    steps = [event.step for event in history(events) if isinstance(event, Stepped)]
    assert steps == list(range(1, 251))


def test_a_detached_run_tells_in_its_log_why_it_failed(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text('[data]\nroot = "nowhere"\nlayout = "camvid"\n')

    folder.start_detached(tmp_path)

    deadline = time.monotonic() + 120
    tail, events = EventTail(tmp_path), []
    while not events:
        assert time.monotonic() < deadline, (tmp_path / "trainer.log").read_text()
        time.sleep(0.1)
        events = tail.read()
    (failed,) = events
    assert isinstance(failed, Failed)
    assert failed.code == "file_missing"
    assert failed.parameters["path"].startswith("nowhere")
