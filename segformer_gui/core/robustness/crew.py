"""From an image in a condition to its cells: threads that each take a task all the way."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from threading import Barrier, Lock
from threading import Event as Flag
from typing import ParamSpec, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from segformer_gui.core.corruption.corrupt import MIN_SIDE_PX, corrupt
from segformer_gui.core.errors import UserError
from segformer_gui.core.evaluation import check_ids, check_size
from segformer_gui.core.images import read_image, read_size
from segformer_gui.core.inference.prediction import Prediction, confidence_of_every
from segformer_gui.core.inference.segmenter import MAX_WHOLE_PIXELS, Cancelled, Segmenter
from segformer_gui.core.metrics.calibration import Calibration
from segformer_gui.core.metrics.confusion import ConfusionMatrix
from segformer_gui.core.robustness.plan import (
    CLEAN,
    CellKey,
    Condition,
    GridImage,
    Plan,
    grid_image,
    noise_seed,
)
from segformer_gui.core.robustness.store import Cell

# Calibration looks at each fourth pixel of each fourth row: a softmax over all of them would cost
# half as much as the smallest network.
CALIBRATION_STEP = 4

_MOST_WORKERS = 8

P = ParamSpec("P")
T = TypeVar("T")

Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Task:
    """An image in a condition, and which of the plan's models are not yet measured on it."""

    image: GridImage
    condition: Condition
    models: tuple[int, ...]


@contextmanager
def crew_at_work(
    plan: Plan,
    segmenters: Sequence[Segmenter],
    tasks: Sequence[Task],
    cancelled: Callable[[], bool],
) -> Generator[Crew]:
    """A crew for these tasks; when it is left it is soon done with whatever it is at."""
    left = Flag()

    def ended() -> bool:
        return left.is_set() or cancelled()

    threads = torch.get_num_threads()
    shares = segmenters[0].device == "cpu" and segmenters[0].precision != "openvino"
    if shares:
        workers = min(_MOST_WORKERS, threads, _side_by_side(tasks))
    else:
        # One network takes all of a CPU's cores itself.
        cores = 2 if segmenters[0].device == "cpu" else os.cpu_count() or 2
        workers = min(_MOST_WORKERS, max(2, cores))
    with ThreadPoolExecutor(workers) as pool, ThreadPoolExecutor(1) as alone:
        if shares:
            _share_out(threads, pool, workers)
        try:
            yield Crew(plan, segmenters, tasks, ended, (pool, alone), workers, shares=shares)
        finally:
            left.set()
            pool.shutdown(wait=False, cancel_futures=True)


def _side_by_side(tasks: Sequence[Task]) -> int:
    """How many networks at once the memory is meant for: a set's images are of about one size."""
    if not tasks:
        return 1
    height, width = read_size(tasks[0].image.sample.image)
    return max(1, MAX_WHOLE_PIXELS // (height * width))


def _share_out(threads: int, pool: ThreadPoolExecutor, workers: int) -> None:
    """Give each of the pool's workers its part of torch's threads."""
    all_there = Barrier(workers)

    def take() -> None:
        torch.get_num_threads()  # At its first use in a thread torch sets what all begin with.
        torch.set_num_threads(threads // workers)
        all_there.wait()

    wait([pool.submit(take) for _ in range(workers)])
    # What is set last is also what threads get that are yet to come, the window's for example.
    torch.set_num_threads(threads)


@dataclass(frozen=True, eq=False)
class _Pair:
    """A clean image (H, W, 3) uint8, and for each model its truth (H, W) uint8 in plan classes.

    That is the ground truth, or in mode "consistency" what the model makes of the clean image.
    """

    pixels: NDArray[np.uint8]
    truths: tuple[Labels, ...]


class Crew:
    """Threads that read, corrupt, predict and count; made by `crew_at_work`.

    Where they `share` a CPU each runs the network by itself, on its part of torch's threads.
    Threads of one network wait for each other at every layer, and for whatever else is at work on
    their cores; networks side by side wait for nobody. Elsewhere, or if an image is too large for
    the memory of several, one network runs at a time, and beside it what the others do.

    A clean image is measured while nothing else is, with all threads: what that takes is the
    latency of the model.

    `begun` are the tasks whose cells nobody has taken yet; these may raise `Cancelled` and what
    `run_grid` does. Take the first one whenever there are more than `most_begun`.
    """

    def __init__(
        self,
        plan: Plan,
        segmenters: Sequence[Segmenter],
        tasks: Sequence[Task],
        cancelled: Callable[[], bool],
        pools: tuple[ThreadPoolExecutor, ThreadPoolExecutor],
        workers: int,
        *,
        shares: bool,
    ) -> None:
        self.begun: deque[tuple[Task, Future[list[Cell]]]] = deque()
        self.most_begun = 2 * workers
        self._plan, self._segmenters, self._cancelled = plan, segmenters, cancelled
        self._pool, self._alone = pools
        self._largest = MAX_WHOLE_PIXELS // workers if shares else 0
        self._one_network = Lock()
        self._images = iter(dict.fromkeys(task.image for task in tasks))
        self._image: GridImage | None = None
        self._pair = self._following = self._read_next()

    def begin(self, task: Task) -> None:
        """Have a task measured; those of one image come one after the other."""
        turned = task.image != self._image
        if turned:
            self._image, self._pair = task.image, self._following
            if self._plan.mode == "consistency":
                self._pair = self._by_itself(self._with_truths, self._pair)
        if task.condition == CLEAN:
            cells = self._by_itself(self._cells, task, self._pair)
        else:
            cells = self._pool.submit(self._cells, task, self._pair)
        self.begun.append((task, cells))
        if turned:
            self._following = self._read_next()

    def _by_itself(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do what nothing else is to be done beside, up to its end."""
        wait([cells for _, cells in self.begun])
        done = self._alone.submit(work, *args, **kwargs)
        wait([done])
        return done

    def _read_next(self) -> Future[_Pair]:
        image = next(self._images, None)
        return self._pool.submit(_read, self._plan, image) if image else Future()

    def _with_truths(self, pair: Future[_Pair]) -> _Pair:
        pixels = pair.result().pixels
        predictions = (self._predict(place, pixels) for place in range(len(self._segmenters)))
        truths = tuple(self._in_plan(*item) for item in enumerate(predictions))
        return replace(pair.result(), truths=truths)

    def _cells(self, task: Task, pair: Future[_Pair]) -> list[Cell]:
        if self._cancelled():
            raise Cancelled
        pixels = _corrupted(self._plan, task, pair.result().pixels)
        return [
            self._cell(task, place, pixels, pair.result().truths[place]) for place in task.models
        ]

    def _predict(self, place: int, pixels: NDArray[np.uint8]) -> Prediction:
        large = pixels.shape[0] * pixels.shape[1] > self._largest
        with self._one_network if large else nullcontext():
            if self._cancelled():
                raise Cancelled
            return self._segmenters[place].segment(pixels, self._plan.options, self._cancelled)

    def _cell(self, task: Task, place: int, pixels: NDArray[np.uint8], truth: Labels) -> Cell:
        model, classes = self._plan.models[place], len(self._plan.classes)
        prediction = self._predict(place, pixels)
        labels = self._in_plan(place, prediction)
        calibration = None
        if self._plan.mode == "accuracy":
            sure = confidence_of_every(prediction.logits, labels.shape, CALIBRATION_STEP)
            few = slice(None, None, CALIBRATION_STEP)
            expected = truth[few, few]
            # What the model has no class for is none of its mistakes.
            counted = np.append(model.known, False)[np.minimum(expected, classes)]
            correct = labels[few, few] == expected
            calibration = Calibration.of_pixels(sure[counted], correct[counted])
        return Cell(
            key=CellKey(model.key, task.image.key, task.condition),
            counts=ConfusionMatrix.of_image(truth, labels, classes).counts,
            calibration=calibration,
            ms=prediction.timings.total_ms,
            notes=tuple(note.code for note in prediction.notes),
        )

    def _in_plan(self, place: int, prediction: Prediction) -> Labels:
        return np.take(self._plan.models[place].table, prediction.labels, mode="clip")


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
        return _Pair(pixels, ())
    truth = plan.data.read_ground_truth(sample)
    check_size(sample, truth, pixels, sample.image)
    if plan.data.classes is None:
        check_ids(sample, truth, len(plan.classes))
    return _Pair(pixels, (np.take(plan.truth_table, truth),) * len(plan.models))


def _corrupted(plan: Plan, task: Task, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if task.condition == CLEAN:
        return pixels
    name, severity, seed = task.condition
    return corrupt(pixels, name, severity, noise_seed(task.image, seed), plan.engine)
