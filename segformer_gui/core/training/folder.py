"""A training run as a folder, which other processes may watch, pause and stop.

    recipe.toml      what is done
    events.jsonl     what has happened, one event a line
    checkpoint.pt    where to go on
    model/           the result
    data/NAME/       what is learnt from, where that could change while it is learnt
    samples/         label maps of held-out images as they were validated, STEP-NUMBER.png
    proof.json       the model against the one that the run began with
    decision         what became of the model: adopted, discarded
    lock             held by the process that trains; touched every few seconds
    control          what it is asked to do: "stop", "pause" or "go on"
    trainer.log      what a detached trainer has written besides

A watcher needs nothing but these files, so it may come, go and come again.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

from filelock import FileLock, Timeout

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error, write_atomically
from segformer_gui.core.training.events import Event, Started, from_line

RECIPE_FILE = "recipe.toml"
EVENTS_FILE = "events.jsonl"
CHECKPOINT_FILE = "checkpoint.pt"
MODEL_FOLDER = "model"
DATA_FOLDER = "data"
SAMPLES_FOLDER = "samples"
PROOF_FILE = "proof.json"
DECISION_FILE = "decision"
LOG_FILE = "trainer.log"
_LOCK_FILE = "lock"
_CONTROL_FILE = "control"

HEARTBEAT_S = 2.0
_POLL_S = 0.2

Command = Literal["stop", "pause", "go on"]
_COMMANDS: dict[str, Command] = {command: command for command in get_args(Command)}


@contextmanager
def held(run: Path) -> Generator[None, None, None]:
    """Hold the run, as the one process that trains it; the lock falls with the process.

    Raises `UserError` `run_busy`, or those of `file_error`.
    """
    path = run / _LOCK_FILE
    lock = FileLock(path)
    try:
        run.mkdir(parents=True, exist_ok=True)
        # A watcher that tests the lock has it for a moment.
        lock.acquire(timeout=1)
    except Timeout as error:
        raise UserError("run_busy", path=str(run)) from error
    except OSError as error:
        raise file_error(error, run, "write_failed") from error
    (run / _CONTROL_FILE).unlink(missing_ok=True)
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(path, ended), daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()
        lock.release()


def _beat(path: Path, ended: threading.Event) -> None:
    while not ended.wait(HEARTBEAT_S):
        with contextlib.suppress(OSError):
            os.utime(path)


def is_running(run: Path) -> bool:
    """Whether a process trains the run. One that was killed does not."""
    path = run / _LOCK_FILE
    if not path.exists():
        return False
    try:
        with FileLock(path).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # A folder that may only be read: the heart has to tell.
        beat = heartbeat_s(run)
        return beat is not None and beat < 5 * HEARTBEAT_S


def heartbeat_s(run: Path) -> float | None:
    """Seconds since the trainer's last sign of life, None if there was none."""
    try:
        return max(0.0, time.time() - (run / _LOCK_FILE).stat().st_mtime)
    except OSError:
        return None


def ask(run: Path, command: Command) -> None:
    """Ask the trainer to stop (with a checkpoint), to pause, or to go on, after its step."""
    write_atomically(run / _CONTROL_FILE, command.encode())


def asked(run: Path) -> Command:
    """What the trainer is asked to do."""
    try:
        text = (run / _CONTROL_FILE).read_text("utf-8")
    except (OSError, ValueError):
        return "go on"
    return _COMMANDS.get(text.strip(), "go on")


def start_detached(run: Path) -> subprocess.Popen[bytes]:
    """Train the recipe in `run` in a process of its own, from its checkpoint if it has one.

    It outlives this process and shares nothing with it but the folder. Raises `UserError` as
    `file_error`.
    """
    detached = 0
    if sys.platform == "win32":
        detached = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        with (run / LOG_FILE).open("ab") as log:
            trainer = subprocess.Popen(
                [sys.executable, "-m", "segformer_gui.core.training", str(run)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                close_fds=True,
                start_new_session=True,
                creationflags=detached,
            )
            # Else a trainer that ends before this process would stay in the system's list.
            threading.Thread(target=trainer.wait, daemon=True).start()
            return trainer
    except OSError as error:
        raise file_error(error, run, "write_failed") from error


def wait_until_held(run: Path, trainer: subprocess.Popen[bytes]) -> None:
    """Wait until a trainer that was started can be watched and steered, or has ended."""
    while trainer.poll() is None and not is_running(run):
        time.sleep(_POLL_S)


class EventTail:
    """Reads the events of a run as they are written; any number of readers may."""

    def __init__(self, run: Path) -> None:
        self._path = run / EVENTS_FILE
        self._offset = 0

    def read(self) -> list[Event]:
        """The events since the last call. Lines that a kill has cut are left out."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(0, os.SEEK_END)
                if stream.tell() < self._offset:  # Begun anew.
                    self._offset = 0
                stream.seek(self._offset)
                content = stream.read()
        except OSError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = whole.decode("utf-8", "replace").splitlines()
        return [event for line in lines if (event := from_line(line)) is not None]

    def follow(self, run: Path) -> Iterator[Event]:
        """The events up to the end of the run, waiting for those to come."""
        while True:
            running = is_running(run)  # Before reading: its last words are not to be missed.
            yield from self.read()
            if not running:
                return
            time.sleep(_POLL_S)


def history(events: list[Event]) -> list[Event]:
    """Events as if the run had never been interrupted: what was done twice counts once."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, Started):
            kept = [old for old in kept if old.step <= event.step]
        kept.append(event)
    return kept
