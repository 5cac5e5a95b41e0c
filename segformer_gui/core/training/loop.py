"""The training loop: a generator of events that can be stopped after any step and resumed.

Nothing random survives a step: crops are drawn from (seed, number of the crop), dropout and drop
path from (seed, step). So a resumed run is the uninterrupted one, bit for bit on a CPU with the
same number of threads.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error, write_atomically
from segformer_gui.core.images import write_index_png
from segformer_gui.core.processes import ALONE, Processes
from segformer_gui.core.training.dataset import Batch
from segformer_gui.core.training.events import (
    Event,
    Finished,
    Paused,
    Reduced,
    Resumed,
    Saved,
    Stopped,
    to_line,
)
from segformer_gui.core.training.folder import (
    CHECKPOINT_FILE,
    EVENTS_FILE,
    MODEL_FOLDER,
    PROOF_FILE,
    RECIPE_FILE,
    SAMPLES_FOLDER,
    asked,
    held,
)
from segformer_gui.core.training.proof import prove
from segformer_gui.core.training.recipe import Recipe, recipe_from_toml
from segformer_gui.core.training.trainer import Trainer

_PAUSE_S = 0.2


def train(
    recipe: Recipe,
    run: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    processes: Processes = ALONE,
) -> Iterator[Event]:
    """Train by `recipe` in the folder `run`, and yield what happens.

    Each event is also a line of `run/events.jsonl`. After each step `stop` is asked, and the
    folder's control file read; to stop, a checkpoint is written and the run ends. Of several
    `processes` each takes a share of the batch and the first one writes the files. Raises
    `UserError` `run_busy`, `run_exists` for a folder that holds another run, `resume_nothing` or
    `resume_other_recipe`, and those of `open_data`, `check_files` and `load_model`, all before the
    first step; those of `prove` after the last.
    """
    with held(run) if processes.first else nullcontext():
        checkpoint = _open_run(recipe, run, resume, processes)
        fitting = recipe
        if checkpoint is not None:
            fitting = recipe_from_toml(checkpoint["recipe"]).keeping(recipe.network.keep)
            if processes.first:
                write_atomically(run / RECIPE_FILE, fitting.to_toml().encode())
        trainer = Trainer(fitting, processes)
        if checkpoint is None:
            trainer.fit_into_memory()
        else:
            trainer.load(checkpoint)
        for event in _run(trainer, run, stop, processes):
            if processes.first:
                log_event(run, event)
            yield event


def log_event(run: Path, event: Event) -> None:
    """Add an event to the run's log. Raises `UserError` as `file_error`."""
    path = run / EVENTS_FILE
    try:
        with path.open("ab+") as log:
            if log.tell():
                log.seek(-1, os.SEEK_END)
                if log.read(1) != b"\n":  # A line that a kill has cut stays alone.
                    log.write(b"\n")
            log.write(to_line(event).encode() + b"\n")
    except OSError as error:
        raise file_error(error, path, "write_failed") from error


def _run(
    trainer: Trainer, run: Path, stop: Callable[[], bool], processes: Processes
) -> Iterator[Event]:
    recipe = trainer.recipe
    steps = recipe.optimizer.steps
    if trainer.step == 0 and recipe != trainer.asked:
        write_atomically(run / RECIPE_FILE, recipe.to_toml().encode())
        yield Reduced(0, *recipe.augmentation.crop, *trainer.asked.augmentation.crop)
    yield trainer.started()
    if trainer.step == 0 and recipe.network.initial and processes.first:
        yield from _validate(trainer, run, stop)  # What there is to improve on.
    began = time.perf_counter()
    with Prefetch(trainer.batch, trainer.step, steps) as batches:
        for batch in batches:
            stepped = trainer.take_step(batch)
            yield replace(stepped, seconds=time.perf_counter() - began)
            if processes.first:
                yield from _pause(trainer, run, stop)
            stopping = processes.told(stop() or asked(run) == "stop")
            done = trainer.step == steps
            if (done or trainer.step % recipe.validate_every == 0) and processes.first:
                yield from _validate(trainer, run, stop)
            if done or stopping or trainer.step % recipe.checkpoint_every == 0:
                if processes.first:
                    write_atomically(run / CHECKPOINT_FILE, trainer.saved())
                yield Saved(trainer.step, str(run / CHECKPOINT_FILE))
            if stopping and not done:
                yield Stopped(trainer.step)
                return
            began = time.perf_counter()
    if processes.first:
        yield from _finish(trainer, run, stop)


def _pausing(
    events: Iterator[Event | None], trainer: Trainer, run: Path, stop: Callable[[], bool]
) -> Iterator[Event]:
    """The events, with a pause after any of them, or where one is None, if it is asked for."""
    for event in events:
        if event is not None:
            yield event
        yield from _pause(trainer, run, stop)


def _pause(trainer: Trainer, run: Path, stop: Callable[[], bool]) -> Iterator[Event]:
    """Wait as long as the control file says so."""
    if asked(run) != "pause":
        return
    yield Paused(trainer.step)
    while asked(run) == "pause" and not stop():
        time.sleep(_PAUSE_S)
    yield Resumed(trainer.step)


def _finish(trainer: Trainer, run: Path, stop: Callable[[], bool]) -> Iterator[Event]:
    """The model, and what it is worth."""
    (run / PROOF_FILE).unlink(missing_ok=True)  # It may be that of another share that was kept.
    trainer.export(run / MODEL_FOLDER)
    if trainer.recipe.prove and trainer.held_out:
        proving = prove(trainer.recipe, run, lambda: stop() or asked(run) == "stop")
        yield from _pausing(proving, trainer, run, stop)
        if not (run / PROOF_FILE).exists():
            yield Stopped(trainer.step)
            return
    yield Finished(trainer.step, str(run / MODEL_FOLDER))


def _validate(trainer: Trainer, run: Path, stop: Callable[[], bool]) -> Iterator[Event]:
    """Scores, and small pictures to see the network learn by."""
    validating = trainer.validate(lambda: stop() or asked(run) == "stop")
    yield from _pausing(validating, trainer, run, stop)
    palette = trainer.classes.palette()[:256]
    for number, labels in enumerate(trainer.samples):
        with suppress(UserError):  # A picture less is no reason to end.
            path = run / SAMPLES_FOLDER / f"{trainer.step:06}-{number}.png"
            write_index_png(path, labels, palette)


def _open_run(
    recipe: Recipe, run: Path, resume: bool, processes: Processes
) -> dict[str, Any] | None:
    """The checkpoint to go on from, or None for a new run, whose recipe is written down."""
    file = run / CHECKPOINT_FILE
    if resume:
        if not file.is_file():
            raise UserError("resume_nothing", path=str(run))
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
        # Whoever asks for the same again means the run with the crops that fit. What is kept of
        # the first weights may change at any time.
        known = (checkpoint["recipe"], checkpoint.get("asked", checkpoint["recipe"]))
        share = recipe.network.keep
        try:
            fits = recipe in [recipe_from_toml(one).keeping(share) for one in known]
        except ValueError:  # It has settings that are no more.
            fits = False
        if not fits:
            raise UserError("resume_other_recipe", path=str(run))
        return checkpoint
    if file.exists():
        raise UserError("run_exists", path=str(run))
    if processes.first:
        write_atomically(run / RECIPE_FILE, recipe.to_toml().encode())
        for left in (EVENTS_FILE, PROOF_FILE):
            (run / left).unlink(missing_ok=True)
    return None


class Prefetch:
    """Makes the batch of the next step while this one is trained on."""

    def __init__(self, make: Callable[[int], Batch], first: int, end: int) -> None:
        self._make, self._next, self._end = make, first, end
        self._pool = ThreadPoolExecutor(1)
        self._pending: Future[Batch] | None = None

    def __enter__(self) -> Iterator[Batch]:
        self._ask()
        return self._batches()

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self) -> None:
        self._pending = None
        if self._next < self._end:
            self._pending = self._pool.submit(self._make, self._next)
            self._next += 1

    def _batches(self) -> Iterator[Batch]:
        while self._pending is not None:
            batch = self._pending.result()
            self._ask()
            yield batch
