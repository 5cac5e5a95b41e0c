"""Kills processes that edit a project at random moments: `python kill_worker.py FOLDER SEED KILLS`.

Each process goes on with the steps of one long list where the last one was cut off, and tells
through a pipe which it has done. After each kill, what the next process finds must be the state
after the last step that was told, or after the one that was being made. Prints what was killed as
JSON. A script of its own, so that it forks from a process without threads.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

import cv2
import numpy as np

from segformer_gui.core.annotation.brush import Brush, Stroke
from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.classes import class_set_of_names
from segformer_gui.core.images import write_png
from segformer_gui.core.project.project import Project

SIZE = (300, 420)
IMAGES = ("img_0", "img_1")
State = dict[str, Mask | str]


def stroke_of(step: int, mask: Mask, pause_s: float = 0) -> Stroke:
    """The stroke of a step, drawn but not ended."""
    rng = np.random.default_rng(step)
    stroke = Stroke(mask, Brush(int(rng.integers(1, 90))), int(rng.choice([0, 1, 2, UNLABELLED])))
    for x, y in rng.uniform(-20, 440, (6, 2)):
        stroke.move(x, y)
        time.sleep(pause_s)
    return stroke


def kind_of(step: int) -> str:
    """Of ten steps, one undoes the one before it, one saves, and one renames a class."""
    return {3: "undo", 6: "save", 8: "rename"}.get(step % 10, "stroke")


def image_of(step: int) -> str:
    return IMAGES[step // 10 % 2]


def modelled(state: State, step: int, first: bool, before: State) -> State:
    """The state after a step. The first step of a process has nothing to undo."""
    after = dict(state)
    kind, image = kind_of(step), image_of(step)
    if kind == "rename":
        after["name"] = f"class of step {step}"
    elif kind == "undo" and not first:
        after[image] = before[image]
    elif kind == "stroke":
        mask = state[image]
        assert isinstance(mask, Mask)
        after[image] = Mask(mask.labels.copy(), mask.touched.copy())
        stroke_of(step, after[image]).end()
    return after


def work(folder: Path, start: int, told: int) -> NoReturn:
    """What is killed: steps from `start` on, and saves in another thread now and then."""
    project = Project(folder)
    assert project.read_only is None, project.read_only

    def save_now_and_then() -> None:
        while True:
            time.sleep(0.007)
            for image in project.unsaved:
                project.save(image)

    threading.Thread(target=save_now_and_then, daemon=True).start()
    step = start
    while True:
        kind, image = kind_of(step), image_of(step)
        document = project.document(image)
        if kind == "stroke":
            document.commit(stroke_of(step, document.mask, pause_s=0.0003).end(), "stroke")
        elif kind == "undo" and step > start:
            document.undo()
        elif kind == "save":
            project.save(image)
        elif kind == "rename":
            project.class_edits.rename(0, f"class of step {step}")
        os.write(told, struct.pack("<I", step))
        step += 1


def found(folder: Path) -> tuple[State, int]:
    """What the next process finds, and of how many images it finds unsaved work."""
    project = Project(folder)
    assert project.read_only is None, "a dead process still has its lock"
    recovered = len(project.recovered)
    state: State = {image: project.document(image).mask for image in IMAGES}
    state["name"] = project.classes.names[0]
    project.close()
    assert not list(folder.rglob(".write-*")), "unfinished files are left"
    return state, recovered


def equal(a: State, b: State) -> bool:
    for image in IMAGES:
        ours, theirs = a[image], b[image]
        assert isinstance(ours, Mask)
        assert isinstance(theirs, Mask)
        if not np.array_equal(ours.labels, theirs.labels):
            return False
        if not np.array_equal(ours.touched, theirs.touched):
            return False
    return a["name"] == b["name"]


def kill_one(folder: Path, start: int, steps: int, delay_s: float) -> list[int]:
    """Let a process make some steps, and kill it a moment later; returns the steps that it told."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            work(folder, start, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        data = stream.read(4 * steps)
        time.sleep(delay_s)
        os.kill(child, signal.SIGKILL)
        told = [step for (step,) in struct.iter_unpack("<I", data + stream.read())]
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the process ended by itself"
    return told


def main() -> None:
    folder, seed, kills = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    cv2.setNumThreads(1)
    classes = class_set_of_names(["first", "second", "third"])
    project = Project.create(folder / "project", classes)
    for number in range(len(IMAGES)):
        write_png(folder / f"img_{number}.png", np.zeros((*SIZE, 3), np.uint8))
    assert all(not error for _, error in project.add(sorted(folder.glob("*.png"))))
    project.store()
    project.close()

    rng = np.random.default_rng(seed)
    state: State = {image: Mask.unlabelled(*SIZE) for image in IMAGES}
    state["name"] = "first"
    start, steps, in_flight, with_journal = 0, 0, 0, 0
    for kill in range(kills):
        # Every fifth while it opens the project.
        wanted = int(rng.integers(1, 12)) if kill % 5 else 0
        told = kill_one(project.folder, start, wanted, delay_s=rng.uniform(0, 0.03))
        assert told == list(range(start, start + len(told)))
        before = state
        for step in told:
            before, state = state, modelled(state, step, step == start, before)
        actual, recovered = found(project.folder)
        step = start + len(told)
        if not equal(actual, state):
            state = modelled(state, step, step == start, before)
            assert equal(actual, state), f"kill {kill} after step {step - 1}: another state"
            in_flight += 1
            step += 1
        start, steps, with_journal = step, steps + len(told), with_journal + bool(recovered)
    report = {"steps": steps, "in_flight": in_flight, "with_journal": with_journal}
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
