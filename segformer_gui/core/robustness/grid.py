"""Measuring the grid: what is missing, in its order, every cell stored before it is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from segformer_gui.core.inference.segmenter import Cancelled, Segmenter
from segformer_gui.core.robustness.crew import Task, crew_at_work
from segformer_gui.core.robustness.events import Event, Finished, Measured, Started, Stopped
from segformer_gui.core.robustness.plan import CellKey, Plan
from segformer_gui.core.robustness.store import CellStore


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
    with crew_at_work(plan, segmenters, tasks, cancelled) as crew:

        def stored() -> Measured:
            task, cells = crew.begun.popleft()
            store.add(plan.settings_key, cells.result())
            return clock.measured(task)

        try:
            for task in tasks:
                crew.begin(task)
                if len(crew.begun) > crew.most_begun:
                    event = stored()
                    clock.hold()
                    yield event
                    clock.go_on()
            while crew.begun:
                yield stored()
        except Cancelled:
            while crew.begun:
                with suppress(Cancelled):
                    stored()
            yield Stopped(clock.done, clock.total)
            return
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
