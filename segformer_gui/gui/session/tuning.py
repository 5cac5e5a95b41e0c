"""What is to be learnt from what, before a run is started."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.classes import plain_name
from segformer_gui.core.datasets import detect_layout, list_splits
from segformer_gui.core.errors import UserError
from segformer_gui.core.training.options import Adjustments, Preset
from segformer_gui.core.training.versions import runs_dir
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Job, Lanes
from segformer_gui.gui.session.projects import Projects

if TYPE_CHECKING:
    from segformer_gui.core.project.project import Project
    from segformer_gui.core.training.estimate import Estimate
    from segformer_gui.core.training.recipe import Recipe
    from segformer_gui.core.training.summary import Summary

_log = logging.getLogger(__name__)
_POLL_S = 0.1


@dataclass(frozen=True)
class Choice:
    """How a run is to be. `learn_as` gives classes of the data another name, or none: "".

    `in_turn`: a run for each sequence, which it holds out, whatever `hold_out` says.
    """

    preset: Preset = "balanced"
    hold_out: frozenset[str] = frozenset()
    in_turn: bool = False
    learn_as: dict[str, str] = field(default_factory=dict[str, str])
    adjustments: Adjustments = field(default_factory=Adjustments)


class Tuning(QObject):
    """Reads the data, composes the recipe, measures how long it takes, and starts the trainer.

    The run begins with the model that is in use. Reading and composing are a worker's.
    """

    changed = Signal()
    started = Signal(Path, object)  # The run's folder and its process.
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes, models: Models, projects: Projects) -> None:
        super().__init__()
        self._lanes = lanes
        self._models = models
        self._projects = projects
        self._wanted = False  # Nothing is read before anybody looks.
        self._measured: tuple[Recipe, Estimate] | None = None
        self.folder: Path | None = None  # A labelled folder; None for the open project.
        self.summary: Summary | None = None
        self.problem: Exception | None = None  # Why there is no summary, or no recipe.
        self.choice = Choice()
        self.recipe: Recipe | None = None
        self.reading = False
        self.measuring = False
        self.starting = False
        projects.changed.connect(self._project_changed)
        models.ready_changed.connect(self._compose)

    # The data -----------------------------------------------------------------------------------

    @property
    def source(self) -> Path | None:
        """Where the data lies."""
        project = self._projects.project
        return self.folder or (project.folder if project else None)

    def use_folder(self, folder: Path | None) -> None:
        """Learn from a labelled folder, or from the open project again."""
        self.folder = folder
        self.read()

    def read(self) -> None:
        """Count what there is, after saving what a person has just corrected."""
        self._wanted = True
        self.cancel_measuring()
        self._lanes.runs.cancel("compose")  # It would be of the data before.
        source, names = self.source, self._model_names()
        self.summary = self.recipe = self.problem = None
        if source is None:
            self._lanes.runs.cancel("read")
            self.reading = False
            self.changed.emit()
            return
        project = self._projects.project if self.folder is None else None

        def work(_job: Job) -> Summary:
            _save(project)
            return _summary(source, names)

        def done(summary: Summary) -> None:
            self.reading = False
            self.summary = summary
            known = set(summary.sequences)
            chosen = self.choice.hold_out & known or frozenset(summary.hold_out)
            in_turn = self.choice.in_turn and len(known) > 1
            self.choice = replace(self.choice, hold_out=chosen, in_turn=in_turn)
            self._compose()

        def failed(error: Exception) -> None:
            self.reading = False
            self.problem = error
            self.changed.emit()

        self.reading = True
        self.changed.emit()
        self._lanes.runs.submit(work, done, failed, "read")

    def _project_changed(self) -> None:
        if self.folder is None and self._wanted:
            self.read()

    def _model_names(self) -> tuple[str, ...]:
        ready = self._models.ready
        return ready.classes.names if ready else ()

    # The recipe ---------------------------------------------------------------------------------

    def choose(self, **changes: Any) -> None:  # noqa: ANN401 (fields of Choice)
        """Change what is chosen."""
        self.choice = replace(self.choice, **changes)
        self._compose()

    def adjust(self, **changes: Any) -> None:  # noqa: ANN401 (fields of Adjustments)
        """Do something otherwise than the preset; None does as it does."""
        self.choose(adjustments=replace(self.choice.adjustments, **changes))

    def set_hold_out(self, sequence: str, held: bool) -> None:
        """Hold a sequence out, or learn from it."""
        chosen = self.choice.hold_out - {sequence}
        self.choose(hold_out=chosen | {sequence} if held else chosen)

    def set_learn_as(self, name: str, learnt: str) -> None:
        """Learn a class of the data as another one, as a new one (its own name), or not: ""."""
        self.choose(learn_as={**self.choice.learn_as, name: learnt})

    def learnt_as(self, name: str) -> str:
        """What a class of the data is learnt as."""
        if name in self.choice.learn_as:
            return self.choice.learn_as[name]
        known = {plain_name(own): own for own in self._model_names()}
        return known.get(plain_name(name), name)

    def is_new(self, name: str) -> bool:
        """Whether the model does not know a class of this name."""
        return plain_name(name) not in {plain_name(own) for own in self._model_names()}

    @property
    def held_out(self) -> frozenset[str]:
        """The sequences that the run, or the first of several, does not learn from."""
        if self.choice.in_turn and self.summary:
            return frozenset([min(self.summary.sequences)])
        return self.choice.hold_out

    @property
    def runs(self) -> int:
        """How many are started: one, or one for each sequence."""
        return len(self.summary.sequences) if self.summary and self.choice.in_turn else 1

    @property
    def can_start(self) -> bool:
        """Whether there is a recipe, and the trainer not on its way."""
        return self.recipe is not None and not self.starting

    def _compose(self) -> None:
        self.cancel_measuring()  # It would be of another run, and be in the way.
        self._lanes.runs.cancel("compose")
        summary, ready = self.summary, self._models.ready
        self.recipe = None
        if summary is None or ready is None or self._models.loading:
            self.changed.emit()
            return
        choice, held = self.choice, self.held_out
        spec, short_side = ready.request.spec, ready.short_side
        names = [name for name in summary.classes.names if name]
        learnt = {name: self.learnt_as(name) for name in names}
        grows = any(new and self.is_new(new) for new in learnt.values())
        class_map = {name: new for name, new in learnt.items() if new != name}

        def done(recipe: Recipe) -> None:
            self.recipe, self.problem = recipe, None
            self.changed.emit()

        def failed(error: Exception) -> None:
            self.problem = error
            self.changed.emit()

        def work(_job: Job) -> Recipe:
            return _recipe(summary, choice, held, class_map, grows, spec, short_side)

        self.changed.emit()
        self._lanes.runs.submit(work, done, failed, "compose")

    # Time ---------------------------------------------------------------------------------------

    @property
    def total_s(self) -> float | None:
        """How long the run takes, as measured; None if that was of another recipe."""
        if self._measured is None or self.recipe is None:
            return None
        recipe, estimate = self._measured
        if _timed(recipe) != _timed(self.recipe):
            return None
        steps = self.recipe.optimizer.steps - recipe.optimizer.steps
        return (estimate.total_s + steps * estimate.step_s) * self.runs

    @property
    def step_s(self) -> float | None:
        """How long a step takes."""
        return self._measured[1].step_s if self._measured and self.total_s is not None else None

    def measure(self) -> None:
        """Take some steps in a process of their own."""
        recipe = self.recipe
        if recipe is None:
            return

        def done(estimate: Estimate) -> None:
            self.measuring = False
            self._measured = recipe, estimate
            self.changed.emit()

        def failed(error: Exception) -> None:
            self.measuring = False
            self.changed.emit()
            self.failed.emit(error)

        self.measuring = True
        self.changed.emit()
        self._lanes.runs.submit(lambda job: _estimate(recipe, job.cancelled), done, failed, "time")

    def cancel_measuring(self) -> None:
        """Give it up."""
        if self.measuring:
            self._lanes.runs.cancel("time")
            self.measuring = False
            self.changed.emit()

    # Start --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Write a run's folder and start its trainer, which no window can end by closing."""
        recipe = self.recipe
        if recipe is None or self.starting:
            return
        self.cancel_measuring()
        project = self._projects.project if self.folder is None else None
        in_turn = self.choice.in_turn

        def work(_job: Job) -> tuple[Path, subprocess.Popen[bytes]]:
            from segformer_gui.core.training.folder import start_detached
            from segformer_gui.core.training.folds import folds_of, prepare_folds
            from segformer_gui.core.training.prepare import prepare_run

            _save(project, None if in_turn else recipe.data.held_out)
            run = _new_folder()
            if in_turn:
                prepare_folds(recipe, run)
                run = next(iter(folds_of(run).values()))
            else:
                prepare_run(recipe, run)
            return run, start_detached(run)

        def done(begun: tuple[Path, subprocess.Popen[bytes]]) -> None:
            self.starting = False
            self.changed.emit()
            _log.info("A run was started in %s", begun[0])
            self.started.emit(*begun)

        def failed(error: Exception) -> None:
            self.starting = False
            self.changed.emit()
            self.failed.emit(error)

        self.starting = True
        self.changed.emit()
        self._lanes.runs.submit(work, done, failed, "start")


def _save(project: Project | None, hold_out: tuple[str, ...] | None = None) -> None:
    """Write what is corrected, and, if it is told, what is for scores only."""
    if project is None or project.read_only is not None:
        return
    for image in project.unsaved:
        project.save(image)
    if hold_out is not None:
        for image, row in project.images.items():
            project.update(image, hold_out=row.sequence in hold_out)
        project.store()


def _summary(source: Path, model_names: tuple[str, ...]) -> Summary:
    from segformer_gui.core.training.recipe import Data
    from segformer_gui.core.training.summary import summarize

    layout = detect_layout(source)
    # Index masks do not say what their ids mean: they are taken for the model's.
    names = model_names if layout == "index" else ()
    splits = tuple(list_splits(source, layout))
    return summarize(Data(root=str(source), layout=layout, splits=splits, class_names=names))


def _recipe(
    summary: Summary,
    choice: Choice,
    held: frozenset[str],
    class_map: dict[str, str],
    grows: bool,
    spec: str,
    short_side: int | None,
) -> Recipe:
    from segformer_gui.core.training.fine_tuning import adjusted, fine_tuning_recipe

    held_out = tuple(sorted(held))
    learnt = sum(sample.sequence not in held_out for sample in summary.samples)
    if not learnt:
        raise UserError("nothing_to_train", path=summary.data.root)
    data = replace(summary.data, held_out=held_out, class_map=class_map)
    recipe = fine_tuning_recipe(data, spec, short_side, learnt, choice.preset)
    network = replace(recipe.network, classes="both" if grows else "initial")
    return adjusted(replace(recipe, network=network), choice.adjustments)


def _timed(recipe: Recipe) -> Recipe:
    """What the time of a step depends on, as a recipe."""
    optimizer = replace(recipe.optimizer, steps=1, warmup_steps=0, learning_rate=1.0)
    return replace(recipe, optimizer=optimizer, seed=0, validate_every=1)


def _estimate(recipe: Recipe, cancelled: Callable[[], bool]) -> Estimate:
    from segformer_gui.core.training.estimate import Estimate
    from segformer_gui.core.training.prepare import prepare_run

    with tempfile.TemporaryDirectory() as folder:
        prepare_run(recipe, Path(folder))
        command = [sys.executable, "-m", "segformer_gui.core.training", folder, "--estimate"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            while True:
                try:  # Reading as it waits: a process that says much would else wait for us.
                    said, problems = process.communicate(timeout=_POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    if cancelled():
                        process.kill()
    if process.returncode == 0:
        return Estimate.from_line(said.splitlines()[-1])
    try:
        told: dict[str, Any] = json.loads(said.splitlines()[-1])
    except (ValueError, IndexError):
        reason = problems.splitlines()[-1] if problems else str(process.returncode)
        raise UserError("estimate_failed", reason=reason) from None
    raise UserError(told["error"], **told["parameters"])


def _new_folder() -> Path:
    folder = runs_dir() / time.strftime("%Y-%m-%d_%H-%M-%S")
    return folder if not folder.exists() else folder.with_name(f"{folder.name}_{os.getpid()}")
