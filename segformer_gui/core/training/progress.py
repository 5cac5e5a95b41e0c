"""How far a run is, as anybody sees who looks at its folder."""

from __future__ import annotations

import shutil
import statistics
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.errors import UserError
from segformer_gui.core.training.events import (
    Event,
    Failed,
    Finished,
    Paused,
    Proving,
    Reduced,
    Resumed,
    Saved,
    Started,
    Stepped,
    Stopped,
    Validated,
)
from segformer_gui.core.training.folder import EventTail, is_running
from segformer_gui.core.training.recipe import Recipe

# Nobody trains it, and it says nothing of an end: "killed", unless it has not begun.
RunState = Literal[
    "waiting", "training", "paused", "proving", "stopped", "failed", "killed", "finished"
]
_SMOOTHING = 0.97
_MOST_POINTS = 1000  # More than a chart has pixels.
_LATEST = 50  # Steps that tell how long the next ones take.
_FULL_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class RunProgress:
    """A run at one moment.

    `curve` (4, N) float64: step, loss, smoothed loss, learning rate, thinned out. `scores` are the
    mIoU of each validation, by corruption ("" is none): (step, value). `classes` are the IoU of
    the clean ones. `saved` is the step of the last checkpoint. `parts` and `reduced` tell what did
    not fit into memory. `proving` counts measurements done and to be done. `failure` says what went
    wrong.
    """

    state: RunState
    step: int
    steps: int
    saved: int
    started: Started | None
    curve: NDArray[np.float64]
    scores: dict[str, list[tuple[int, float]]]
    classes: dict[str, list[tuple[int, float]]]
    parts: int
    reduced: Reduced | None
    proving: tuple[int, int] | None
    remaining_s: float | None
    failure: UserError | None


@dataclass(eq=False)
class RunWatch:
    """Reads on in a run's log with each look. For one thread at a time."""

    run: Path
    recipe: Recipe
    _started: Started | None = None
    _last: Event | None = None  # But for pauses, which interrupt any other.
    _paused: bool = False
    _saved: int = 0
    _steps: list[tuple[float, float, float, float]] = field(default_factory=list[Any])
    _seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_LATEST))
    _validated: dict[tuple[int, str], Validated] = field(default_factory=dict[Any, Validated])
    _parts: int = 1
    _reduced: Reduced | None = None

    def __post_init__(self) -> None:
        self._tail = EventTail(self.run)

    def look(self) -> RunProgress:
        """The run as it is now."""
        running = is_running(self.run)  # Before reading: its last words are not to be missed.
        for event in self._tail.read():
            self._take(event)
        state = self._state(running)
        proving = self._last if isinstance(self._last, Proving) else None
        step = self._steps[-1][0] if self._steps else 0
        return RunProgress(
            state=state,
            step=int(step),
            steps=self.recipe.optimizer.steps,
            saved=self._saved,
            started=self._started,
            curve=self._curve(),
            scores=self._scores(),
            classes=self._class_scores(),
            parts=self._parts,
            reduced=self._reduced,
            proving=(proving.done, proving.total) if proving else None,
            remaining_s=self._remaining_s(int(step), proving) if running else None,
            failure=self._failure(state),
        )

    def _take(self, event: Event) -> None:
        self._paused = isinstance(event, Paused)
        match event:
            case Paused() | Resumed():
                return
            case Started():
                self._begin(event)
            case Reduced():
                self._reduced = event
            case Stepped():
                smoothed = event.loss
                if self._steps:
                    # The mean of all so far at first, then of about the last 1 / (1 - _SMOOTHING).
                    share = max(1 - _SMOOTHING, 1 / (len(self._steps) + 1))
                    smoothed = self._steps[-1][2] + share * (event.loss - self._steps[-1][2])
                self._steps.append((event.step, event.loss, smoothed, event.learning_rate))
                self._seconds.append(event.seconds)
                self._parts = event.parts
            case Validated():
                self._validated[event.step, event.corruption] = event
            case Saved():
                self._saved = event.step
            case _:
                pass
        self._last = event

    def _begin(self, event: Started) -> None:
        """What came after the checkpoint that the run goes on from is done again."""
        self._started = event
        self._steps = [row for row in self._steps if row[0] <= event.step]
        self._validated = {key: v for key, v in self._validated.items() if key[0] <= event.step}

    def _state(self, running: bool) -> RunState:
        last = self._last
        if isinstance(last, Finished):
            return "finished"
        if running:
            proving = "proving" if isinstance(last, Proving) else "training"
            return "paused" if self._paused else proving
        ends: dict[type, RunState] = {Stopped: "stopped", Failed: "failed", type(None): "waiting"}
        return ends.get(type(last), "killed")

    def _failure(self, state: RunState) -> UserError | None:
        if state == "failed" and isinstance(self._last, Failed):
            return UserError(self._last.code, **self._last.parameters)
        if state != "killed":
            return None
        try:  # A full disk takes no last words.
            full = shutil.disk_usage(self.run).free < _FULL_BYTES
        except OSError:
            full = False
        if full:
            return UserError("disk_full", path=str(self.run))
        return UserError("training_killed", path=str(self.run), step=self._saved)

    def _curve(self) -> NDArray[np.float64]:
        rows = np.array(self._steps, np.float64).reshape(-1, 4)
        every = max(1, -(-len(rows) // _MOST_POINTS))
        return np.ascontiguousarray(rows[::-1][::every][::-1].T)  # The latest is among them.

    def _scores(self) -> dict[str, list[tuple[int, float]]]:
        scores: dict[str, list[tuple[int, float]]] = {}
        for (step, corruption), event in sorted(self._validated.items()):
            if isinstance(miou := event.scores.get("miou"), float):
                scores.setdefault(corruption, []).append((step, miou))
        return scores

    def _class_scores(self) -> dict[str, list[tuple[int, float]]]:
        scores: dict[str, list[tuple[int, float]]] = {}
        for (step, corruption), event in sorted(self._validated.items()):
            ious: Any = event.scores.get("per_class") if not corruption else None
            for name, iou in (ious or {}).items():
                if iou is not None:
                    scores.setdefault(name, []).append((step, iou))
        return scores

    def _remaining_s(self, step: int, proving: Proving | None) -> float | None:
        held_out = self._started.held_out if self._started else 0
        latest = list(self._validated.values())[-1:]
        image_s = latest[0].seconds / max(1, held_out) if latest else 0.0
        if proving is not None:
            # A measurement of the proof is one image through one model.
            return (proving.total - proving.done) * image_s
        if not self._seconds:
            return None
        left = (self.recipe.optimizer.steps - step) * statistics.median(self._seconds)
        return left + images_to_segment(self.recipe, held_out, step) * image_s


def images_to_segment(recipe: Recipe, held_out: int, since: int = 0) -> int:
    """How many times an image is segmented from step `since` on: validations, and the proof."""
    steps, every = recipe.optimizer.steps, recipe.validate_every
    rounds = steps // every - since // every + bool(steps % every) + (since == 0)
    each = 1 + len(recipe.validate_corrupted)
    proof = 2 * (2 + len(KR16.severities)) if recipe.prove else 0
    return held_out * (rounds * each + proof)
