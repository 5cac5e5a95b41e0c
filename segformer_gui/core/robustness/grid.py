"""Measuring the grid: images are decoded and corrupted once for all models, ahead of them."""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.corruption.corrupt import MIN_SIDE_PX, corrupt
from segformer_gui.core.errors import UserError
from segformer_gui.core.evaluation import check_ids, check_size
from segformer_gui.core.images import read_image
from segformer_gui.core.inference.prediction import Prediction, confidence_of_every
from segformer_gui.core.inference.segmenter import Cancelled, Segmenter
from segformer_gui.core.metrics.calibration import Calibration
from segformer_gui.core.metrics.confusion import ConfusionMatrix
from segformer_gui.core.robustness.events import Event, Finished, Measured, Started, Stopped
from segformer_gui.core.robustness.plan import (
    CLEAN,
    CellKey,
    Condition,
    GridImage,
    GridModel,
    Plan,
    grid_image,
    noise_seed,
)
from segformer_gui.core.robustness.store import Cell, CellStore

# Calibration looks at each fourth pixel of each fourth row: a softmax over all of them would cost
# half as much as the smallest network.
CALIBRATION_STEP = 4

_MOST_WORKERS = 8
_AHEAD_BYTES = 512 << 20

Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Task:
    """An image in a condition, and which of the plan's models are not yet measured on it."""

    image: GridImage
    condition: Condition
    models: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Pair:
    """A clean image (H, W, 3) uint8, and its ground truth (H, W) uint8 in the plan's classes."""

    pixels: NDArray[np.uint8]
    truth: Labels | None


def missing_tasks(plan: Plan, store: CellStore) -> list[Task]:
    """What is left to measure, image by image."""
    done = store.keys(plan.settings_key)
    tasks: list[Task] = []
    for image in plan.images:
        for condition in plan.conditions:
            models = tuple(
                place
                for place, model in enumerate(plan.models)
                if CellKey(model.key, image.key, condition) not in done
            )
            if models:
                tasks.append(Task(image, condition, models))
    return tasks


def run_grid(
    plan: Plan,
    segmenters: Sequence[Segmenter],
    store: CellStore,
    tasks: Sequence[Task],
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Measure `tasks` with the segmenters that the plan was made with, and store each cell.

    To pause is not to ask for the next event; `cancelled` is asked between cells and between
    windows. Every cell that an event has counted is stored. Raises `UserError`
    `grid_image_too_small`, `grid_image_changed`, those of reading images and labels, of
    `Segmenter.segment` and of the store.
    """
    store.describe(plan)
    clock = _Clock(sum(len(task.models) for task in tasks))
    yield Started(clock.total)
    runner = _Runner(plan, segmenters, cancelled)
    workers = _workers(segmenters[0].device)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[tuple[Task, list[Future[Cell]]]] = deque()

        def stored() -> Measured:
            task, cells = waiting.popleft()
            store.add(plan.settings_key, [cell.result() for cell in cells])
            return clock.measured(task)

        try:
            with _prepared(plan, tasks, pool, 2 * workers) as inputs:
                for task, pair, pixels in inputs:
                    waiting.append((task, runner.submit(task, pair, pixels, pool)))
                    # Counting the pixels of one task takes place beside the next one's network.
                    if len(waiting) > 1:
                        event = stored()
                        clock.hold()
                        yield event
                        clock.go_on()
        except Cancelled:
            while waiting:
                stored()
            yield Stopped(clock.done, clock.total)
            return
        while waiting:
            yield stored()
    yield Finished(clock.total)


class _Clock:
    """Counts cells, and tells how long the others will take."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self._began = time.perf_counter()
        self._held = self._began

    def hold(self) -> None:
        """Nobody asks for more: a pause, or the time to show an event."""
        self._held = time.perf_counter()

    def go_on(self) -> None:
        """The time since `hold` does not count."""
        self._began += time.perf_counter() - self._held

    def measured(self, task: Task) -> Measured:
        """The event for a task whose cells are stored."""
        self.done += len(task.models)
        seconds = time.perf_counter() - self._began
        return Measured(
            done=self.done,
            total=self.total,
            image=task.image.sample.id,
            condition=task.condition,
            seconds_left=seconds / self.done * (self.total - self.done),
        )


class _Runner:
    """Runs the models, one after the other, on what the threads have prepared."""

    def __init__(
        self, plan: Plan, segmenters: Sequence[Segmenter], cancelled: Callable[[], bool]
    ) -> None:
        self._plan, self._segmenters, self._cancelled = plan, segmenters, cancelled
        # In mode "consistency": each model's prediction of the latest clean image.
        self._clean: dict[int, Labels] = {}
        self._clean_of: _Pair | None = None

    def submit(
        self, task: Task, pair: _Pair, pixels: NDArray[np.uint8], pool: ThreadPoolExecutor
    ) -> list[Future[Cell]]:
        """Predict; the cells that come of it are counted in the pool."""
        cells: list[Future[Cell]] = []
        for place in task.models:
            model = self._plan.models[place]
            truth = pair.truth if pair.truth is not None else self._clean_labels(place, pair)
            prediction = self._segment(place, pixels)
            sure = None
            if self._plan.mode == "accuracy":
                size = prediction.labels.shape
                sure = confidence_of_every(prediction.logits, size, CALIBRATION_STEP)
            key = CellKey(model.key, task.image.key, task.condition)
            classes = len(self._plan.classes)
            cells.append(pool.submit(_cell, key, model, classes, truth, prediction, sure))
        return cells

    def _segment(self, place: int, pixels: NDArray[np.uint8]) -> Prediction:
        if self._cancelled():
            raise Cancelled
        return self._segmenters[place].segment(pixels, self._plan.options, self._cancelled)

    def _clean_labels(self, place: int, pair: _Pair) -> Labels:
        if self._clean_of is not pair:
            self._clean_of, self._clean = pair, {}
        if place not in self._clean:
            prediction = self._segment(place, pair.pixels)
            self._clean[place] = _in_plan(self._plan.models[place], prediction)
        return self._clean[place]


def _cell(
    key: CellKey,
    model: GridModel,
    classes: int,
    truth: Labels,
    prediction: Prediction,
    sure: NDArray[np.float32] | None,
) -> Cell:
    labels = _in_plan(model, prediction)
    calibration = None
    if sure is not None:
        few = slice(None, None, CALIBRATION_STEP)
        expected = truth[few, few]
        # What the model has no class for is none of its mistakes.
        counted = np.append(model.known, False)[np.minimum(expected, classes)]
        correct = labels[few, few] == expected
        calibration = Calibration.of_pixels(sure[counted], correct[counted])
    return Cell(
        key=key,
        counts=ConfusionMatrix.of_image(truth, labels, classes).counts,
        calibration=calibration,
        ms=prediction.timings.total_ms,
        notes=tuple(note.code for note in prediction.notes),
    )


def _in_plan(model: GridModel, prediction: Prediction) -> Labels:
    return np.take(model.table, prediction.labels, mode="clip")


@contextmanager
def _prepared(
    plan: Plan, tasks: Sequence[Task], pool: ThreadPoolExecutor, most_ahead: int
) -> Generator[Iterator[tuple[Task, _Pair, NDArray[np.uint8]]]]:
    """Tasks with their pair and the corrupted image, some of them made ahead in the pool."""
    ahead: deque[tuple[Task, Future[_Pair], Future[NDArray[np.uint8]]]] = deque()
    pairs: dict[GridImage, Future[_Pair]] = {}
    following = iter(tasks)

    def submit(task: Task) -> None:
        if task.image not in pairs:
            # Tasks come image by image: what came before is needed no more.
            pairs.clear()
            pairs[task.image] = pool.submit(_read, plan, task.image)
        pair = pairs[task.image]
        ahead.append((task, pair, pool.submit(_corrupted, plan, task, pair)))

    def items() -> Iterator[tuple[Task, _Pair, NDArray[np.uint8]]]:
        room = 1
        while True:
            for task in itertools.islice(following, room):
                submit(task)
            if not ahead:
                return
            task, pair, pixels = ahead.popleft()
            deep = min(most_ahead, _AHEAD_BYTES // pair.result().pixels.nbytes + 1)
            room = max(0, deep - len(ahead))
            yield task, pair.result(), pixels.result()

    try:
        yield items()
    finally:
        for _, pair, pixels in ahead:
            pixels.cancel()
            pair.cancel()


def _read(plan: Plan, image: GridImage) -> _Pair:
    sample = image.sample
    if grid_image(sample, plan.mode) != image:  # A person may be at work on its mask.
        raise UserError("grid_image_changed", path=str(sample.image))
    pixels = read_image(sample.image)
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        raise UserError(
            "grid_image_too_small",
            path=str(sample.image),
            width=width,
            height=height,
            smallest=MIN_SIDE_PX,
        )
    if plan.mode == "consistency":
        return _Pair(pixels, None)
    truth = plan.data.read_ground_truth(sample)
    check_size(sample, truth, pixels, sample.image)
    if plan.data.classes is None:
        check_ids(sample, truth, len(plan.classes))
    return _Pair(pixels, np.take(plan.truth_table, truth))


def _corrupted(plan: Plan, task: Task, pair: Future[_Pair]) -> NDArray[np.uint8]:
    # The pool takes work in its order, so the pair is at least being read by another thread.
    pixels = pair.result().pixels
    if task.condition == CLEAN:
        return pixels
    name, severity, seed = task.condition
    return corrupt(pixels, name, severity, noise_seed(task.image, seed), plan.engine)


def _workers(device: str) -> int:
    """Threads beside the network's: on a CPU it takes all cores itself."""
    return 2 if device == "cpu" else min(_MOST_WORKERS, max(2, os.cpu_count() or 2))
