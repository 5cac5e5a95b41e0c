"""The run that is looked at: its progress, commands to it, and what becomes of its model."""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_labels
from segformer_gui.core.training import versions
from segformer_gui.core.training.folder import (
    EVENTS_FILE,
    PROOF_FILE,
    RECIPE_FILE,
    SAMPLES_FOLDER,
    Command,
    ask,
    is_running,
    start_detached,
)
from segformer_gui.core.training.folds import Table, folds_of, next_fold
from segformer_gui.core.training.folds import table as folds_table
from segformer_gui.core.training.prepare import keep_share
from segformer_gui.core.training.progress import RunProgress, RunState, RunWatch
from segformer_gui.core.training.recipe import Recipe, read_recipe
from segformer_gui.core.training.versions import Version
from segformer_gui.gui.session.ports import Job, Lanes

_log = logging.getLogger(__name__)
_LOOK_MS, _IDLE_MS = 500, 3000
_LIVE = ("training", "paused", "proving")
_SHOWN_SAMPLES = 12


@dataclass(frozen=True, eq=False)
class SamplePicture:
    """Labels (h, w) uint8 of a held-out image as the network saw it at `step`."""

    step: int
    number: int
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class Fold:
    """The run is the one of `count` that leaves `sequence` out; `table` is that of all folds."""

    number: int
    count: int
    sequence: str
    table: Table


@dataclass(frozen=True, eq=False)
class _Look:
    """What a worker saw in a run's folder. `proof` is that of a finished run, `follows` the fold
    that comes after it.
    """

    progress: RunProgress
    samples: list[SamplePicture]
    proof: dict[str, Any] | None
    decided: bool
    fold: Fold | None
    follows: Path | None


class Runs(QObject):
    """Watches one run by its files alone, so that it may have been started by anybody.

    Nothing here reads a file in the GUI thread.
    """

    changed = Signal()
    finished = Signal()  # While it was watched.
    adopted = Signal(str)  # The name of the version.
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes) -> None:
        super().__init__()
        self._lanes = lanes
        self._watch: RunWatch | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._samples: dict[str, SamplePicture] = {}
        self._looking = False
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.run: Path | None = None
        self.recipe: Recipe | None = None
        self._silent: RunState | None = None  # How a run is until its new trainer says a word.
        self._was_live = False
        self.progress: RunProgress | None = None
        self.samples: list[SamplePicture] = []
        self.proof: dict[str, Any] | None = None
        self.decided = False
        self.fold: Fold | None = None  # Where sequences are left out in turn.
        self.asked: Command | None = None  # What it has not answered yet.

    @property
    def starting(self) -> bool:
        """Whether a trainer was started that has not said a word yet."""
        alive = self._process is not None and self._process.poll() is None
        return alive and self._silent is not None

    @property
    def live(self) -> bool:
        """Whether a process trains it."""
        return self.starting or (self.progress is not None and self.progress.state in _LIVE)

    def find(self) -> None:
        """Look at the run that goes on, or else at the latest one that nobody has decided on."""

        def found(run: Path | None) -> None:
            if run is not None and self.run is None:
                self.attach(run)

        self._lanes.runs.submit(lambda _job: _latest(), found, self.failed.emit)

    def attach(self, run: Path, process: subprocess.Popen[bytes] | None = None) -> None:
        """Watch a run from its beginning, or on, where another trainer goes on with it."""
        if run == self.run and self.progress is not None and process is not None:
            self._process, self._silent = process, self.progress.state
            self._was_live = True
            self._timer.start(_LOOK_MS)
            self.changed.emit()
            return
        self._forget()
        self._process = process
        self._silent = "waiting" if process else None
        self._was_live = process is not None

        def opened(found: tuple[Path, Recipe]) -> None:
            self.run, self.recipe = found
            self._watch = RunWatch(*found)
            self._timer.start(_LOOK_MS)
            self._look()

        self._lanes.runs.submit(lambda _job: _opened(run), opened, self.failed.emit, "attach")

    def close(self) -> None:
        """Look no longer."""
        self._timer.stop()

    # Commands -----------------------------------------------------------------------------------

    def pause(self) -> None:
        """Have it wait after its step."""
        self._ask("pause")

    def go_on(self) -> None:
        """Have it go on, in a new process from its checkpoint where none trains it."""
        run = self.run
        if run is None:
            return
        if self.live:
            self._ask("go on")
            return

        def begun(process: subprocess.Popen[bytes]) -> None:
            self.attach(run, process)

        self._lanes.runs.submit(lambda _job: start_detached(run), begun, self.failed.emit)

    def keep(self, share: float) -> None:
        """Mix that share of the first weights into its model, and compare that anew."""
        run = self.run
        if run is None:
            return

        def work(_job: Job) -> tuple[Recipe, subprocess.Popen[bytes]]:
            return keep_share(run, share), start_detached(run)

        def begun(found: tuple[Recipe, subprocess.Popen[bytes]]) -> None:
            self.recipe, process = found
            self.attach(run, process)

        self._lanes.runs.submit(work, begun, self.failed.emit, "decide")

    def pause_or_go_on(self) -> None:
        """Whichever of the two it may do."""
        working = self.progress is not None and self.progress.state in ("training", "proving")
        if working and self.live:
            self.pause()
        else:
            self.go_on()

    def stop(self, then: Callable[[], None] = lambda: None) -> None:
        """Have it end after its step, with a checkpoint; `then` it was told so."""
        self._ask("stop", then)

    def discard(self) -> None:
        """Do without its model."""
        run = self.run
        if run is not None:
            work: Callable[[Job], None] = lambda _job: versions.discard(run)  # noqa: E731
            self._lanes.runs.submit(work, lambda _: self._decided(), self.failed.emit, "decide")

    def adopt(self, name: str) -> None:
        """Keep its model as a version."""
        run = self.run
        if run is None:
            return

        def done(version: Version) -> None:
            self._decided()
            self.adopted.emit(version.name)

        self._lanes.runs.submit(
            lambda _job: versions.adopt(run, name), done, self.failed.emit, "decide"
        )

    def _decided(self) -> None:
        self.decided = True
        self.changed.emit()

    def _ask(self, command: Command, then: Callable[[], None] = lambda: None) -> None:
        run = self.run
        if run is None:
            return
        self.asked = command
        self.changed.emit()

        def done(_: None) -> None:
            then()

        self._lanes.runs.submit(lambda _job: ask(run, command), done, self.failed.emit)

    # Watching -----------------------------------------------------------------------------------

    def _look(self) -> None:
        watch = self._watch
        if self._looking or watch is None:
            return
        known = dict(self._samples)

        def work(_job: Job) -> _Look:
            return _seen(watch, known)

        def done(look: _Look) -> None:
            self._looking = False
            if watch is self._watch:
                self._take(look)

        def failed(error: Exception) -> None:
            self._looking = False
            self._timer.stop()
            self.failed.emit(error)

        self._looking = True
        self._lanes.runs.submit(work, done, failed)

    def _take(self, look: _Look) -> None:
        before, was_live = self.progress.state if self.progress else None, self._was_live
        if look.follows is not None:
            self.attach(look.follows, self._process)
            return
        progress = self.progress = look.progress
        self.fold = look.fold
        self.samples, self.proof, self.decided = look.samples, look.proof, look.decided
        self._samples = {f"{one.step:06}-{one.number}": one for one in look.samples}
        state = progress.state
        if state != self._silent:
            self._silent = None
        self._was_live = self.live
        answered = {"pause": state == "paused", "go on": state != "paused", "stop": not self.live}
        if self.asked and answered[self.asked]:
            self.asked = None
        # One that ended early may be taken up again by anybody.
        self._timer.setInterval(_LOOK_MS if self.live else _IDLE_MS)
        if state == "finished" and not self.live:
            self._timer.stop()
        self.changed.emit()
        if self.live or (state == before and not was_live):
            return
        if progress.failure is not None:
            self.failed.emit(progress.failure)
        elif state == "waiting" and self._process is not None and self.run is not None:
            self.failed.emit(UserError("training_killed", path=str(self.run), step=0))
        elif state == "finished" and (before is not None or was_live):
            self.finished.emit()

    def _forget(self) -> None:
        self._timer.stop()
        self._watch = self._process = self.run = self.recipe = self.progress = None
        self.proof = self.asked = self._silent = None
        self._was_live = False
        self.samples, self._samples, self.decided, self.fold = [], {}, False, None
        self.changed.emit()


def _current(folder: Path) -> Path:
    """The fold that a folder of them is at; any other folder is a run itself."""
    runs = list(folds_of(folder).values())
    return next_fold(folder) or (runs[-1] if runs else folder)


def _opened(folder: Path) -> tuple[Path, Recipe]:
    run = _current(folder)
    if not (run / RECIPE_FILE).is_file():
        raise UserError("run_missing", path=str(run))
    return run, read_recipe(run / RECIPE_FILE)


def _fold(run: Path) -> Fold | None:
    folds = {path: sequence for sequence, path in folds_of(run.parent).items()}
    if run not in folds:
        return None
    return Fold([*folds].index(run) + 1, len(folds), folds[run], folds_table(run.parent))


def _seen(watch: RunWatch, known: dict[str, SamplePicture]) -> _Look:
    progress = watch.look()
    proof = None
    if progress.state == "finished":
        try:
            proof = json.loads((watch.run / PROOF_FILE).read_text("utf-8"))
        except (OSError, ValueError):
            proof = None  # Nothing was held out.
    samples: list[SamplePicture] = []
    for path in sorted((watch.run / SAMPLES_FOLDER).glob("*.png"))[-_SHOWN_SAMPLES:]:
        if path.stem in known:
            samples.append(known[path.stem])
            continue
        with suppress(UserError, ValueError):  # Not one of ours, or just being replaced.
            step, number = map(int, path.stem.split("-"))
            labels = read_labels(path).astype(np.uint8)
            samples.append(SamplePicture(step, number, labels))
    follows = next_fold(watch.run.parent) if proof else None
    return _Look(
        progress, samples, proof, versions.is_decided(watch.run), _fold(watch.run), follows
    )


def _latest() -> Path | None:
    try:
        folders = sorted(versions.runs_dir().iterdir(), reverse=True)
    except OSError:
        return None
    folders = [run for run in map(_current, folders) if (run / RECIPE_FILE).is_file()]
    for folder in folders:
        if is_running(folder):
            return folder
    open_ends = (f for f in folders if (f / EVENTS_FILE).exists() and not versions.is_decided(f))
    return next(open_ends, None)
