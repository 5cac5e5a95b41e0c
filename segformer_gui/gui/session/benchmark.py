"""The robustness benchmark: one at a time, in a thread of its own, with pause and stop."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.catalogue import ModelEntry, find_model
from segformer_gui.core.corruption import condition as conditions
from segformer_gui.core.datasets import ALL_SPLITS, list_splits
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.project.dataset import PARTS, is_project
from segformer_gui.core.robustness.benchmark import (
    Benchmark,
    Request,
    read_request,
    write_results,
)
from segformer_gui.core.robustness.events import Event, Finished, Measured, Started, Stopped
from segformer_gui.core.robustness.plan import Plan, noise_seed
from segformer_gui.core.robustness.report.files import Provenance
from segformer_gui.core.robustness.report.write import PAGE_FILE
from segformer_gui.core.robustness.results import ImageScores, Results
from segformer_gui.gui.session.ports import Job, Lanes
from segformer_gui.messages import explain_note

_log = logging.getLogger(__name__)
_SHOW_S = 15.0  # How often what is measured is shown while it runs.
_LOOK_S = 0.1  # How soon a paused run hears that it is to go on.


@dataclass(frozen=True)
class GridState:
    """What is known of a grid. `results` are None as long as it is not complete."""

    request: Request
    out: Path
    plan: Plan
    provenance: Provenance
    images: ImageScores
    results: Results | None = None

    @property
    def page(self) -> Path:
        """The report, once there are results."""
        return self.out / PAGE_FILE


class BenchmarkRun(QObject):
    """Measures what is missing in a folder, and holds what came of it.

    `before` cells of `total` were there when it began, `done` are there now; `latest` is the event
    of the last ones.
    """

    changed = Signal()  # Whether it runs, and how far it is.
    found = Signal()  # Other `grid`.
    finished = Signal()  # Whole.
    request_read = Signal(object, object)  # Request and folder of an earlier benchmark.
    splits_found = Signal(list)
    exported = Signal(object)  # The folder.
    show_wanted = Signal(object, object, object)  # Image, condition, model to be looked at.
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes) -> None:
        super().__init__()
        self._lanes = lanes
        self._stop, self._hold = Flag(), Flag()
        self.running = False
        self.before = self.done = self.total = 0
        self.latest: Measured | None = None
        self.grid: GridState | None = None
        self.notes: tuple[Note, ...] = ()

    @property
    def paused(self) -> bool:
        """Whether it waits to be told to go on; the cell at hand may still be measured."""
        return self.running and self._hold.is_set()

    @property
    def stopping(self) -> bool:
        """Whether it ends with the cell at hand."""
        return self.running and self._stop.is_set()

    def start(self, request: Request, out: Path) -> None:
        """Measure what the folder lacks, then score and report."""
        if self.running:
            return
        self._stop.clear()
        self._hold.clear()
        self.running, self.latest, self.notes = True, None, ()
        self.before = self.done = self.total = 0
        self.changed.emit()

        def done(_: None) -> None:
            self._end()
            if self.grid is not None and self.grid.results is not None:
                self.finished.emit()

        def failed(error: Exception) -> None:
            self._end()
            self.failed.emit(error)

        self._lanes.benchmark.submit(lambda job: self._measure(request, out, job), done, failed)

    def pause(self) -> None:
        """Wait, after the cells at hand."""
        self._hold.set()
        self.changed.emit()

    def go_on(self) -> None:
        """End the pause."""
        self._hold.clear()
        self.changed.emit()

    def stop(self) -> None:
        """End after the cell at hand; everything that was measured stays."""
        self._stop.set()
        self.changed.emit()

    def read(self, out: Path) -> None:
        """Find out what an earlier benchmark in a folder has measured."""
        self._lanes.files.submit(
            lambda _job: read_request(out),
            lambda request: self.request_read.emit(request, out),
            self.failed.emit,
            "benchmark",
        )

    def find_splits(self, data: Path) -> None:
        """Which parts the data in a folder has, if it has any."""

        def find(_job: Job) -> list[str]:
            if is_project(data):
                return list(PARTS)
            try:
                splits = list_splits(data)
            except UserError:
                return []  # It is told when it is to be measured.
            return [*splits, ALL_SPLITS] if len(splits) > 1 else splits

        self._lanes.files.submit(find, self.splits_found.emit, self.failed.emit, "splits")

    def export(self, folder: Path) -> None:
        """Write the report with its tables and pictures to another folder, too."""
        grid = self.grid
        if grid is None or grid.results is None:
            return
        results, provenance = grid.results, grid.provenance
        self._lanes.files.submit(
            lambda _job: write_results(folder, results, provenance, _english),
            lambda _: self.exported.emit(folder),
            self.failed.emit,
        )

    def show(self, model: int, condition: int, image: int) -> None:
        """Have a cell's image looked at in its condition, through its model; places of the plan."""
        grid = self.grid
        if grid is None:
            return
        plan, spec = grid.plan, grid.request.models[model]
        name, severity, seed = plan.conditions[condition]
        shown = plan.images[image]
        wanted = conditions.Condition(
            (conditions.Step(name, severity),), noise_seed(shown, seed), plan.engine
        )
        path = shown.sample.image.absolute()

        def ask(entry: ModelEntry) -> None:
            self.show_wanted.emit(path, wanted, entry)

        self._lanes.files.submit(lambda _job: find_model(spec), ask, self.failed.emit, "show")

    def _measure(self, request: Request, out: Path, job: Job) -> None:
        """The worker's part."""

        def ended() -> bool:
            return job.cancelled() or self._stop.is_set()

        benchmark = Benchmark(request, out)
        tasks = benchmark.missing()
        job.report(self._begin, (benchmark.notes, _state(benchmark)))
        if ended() or not tasks:
            return
        show_next = time.monotonic() + _SHOW_S
        for event in benchmark.measure(tasks, ended):
            job.report(self._follow, event)
            if not isinstance(event, Measured) or event.done == event.total:
                continue  # What there is at the end is shown then.
            now = time.monotonic()
            if self._hold.is_set() or now > show_next:
                job.report(self._show, _state(benchmark))
                # Reading many thousand cells takes a while, which is not to hold up measuring.
                show_next = time.monotonic() + max(_SHOW_S, 30 * (time.monotonic() - now))
            while self._hold.is_set() and not ended():
                self._stop.wait(_LOOK_S)
        job.report(self._show, _state(benchmark))

    def _begin(self, begun: tuple[tuple[Note, ...], GridState]) -> None:
        self.notes, state = begun
        self.total = state.plan.size
        self.before = self.done = int(state.images.measured.sum())
        self._show(state)
        self.changed.emit()

    def _follow(self, event: Event) -> None:
        match event:
            case Measured():
                self.latest, self.done = event, self.before + event.done
            case Started() | Stopped():
                pass
            case Finished():
                self.done = self.total
        self.changed.emit()

    def _show(self, state: GridState) -> None:
        self.grid = state
        self.found.emit()

    def _end(self) -> None:
        self.running = False
        self._stop.clear()
        self._hold.clear()
        self.changed.emit()


def _state(benchmark: Benchmark) -> GridState:
    """What is measured by now; of a complete grid with its scores, whose report is written."""
    images = benchmark.images()
    results = benchmark.report(_english) if images.complete else None
    _log.info("%d of %d cells are measured", images.measured.sum(), benchmark.plan.size)
    return GridState(
        benchmark.request, benchmark.out, benchmark.plan, benchmark.provenance, images, results
    )


def _english(note: Note) -> str:
    """The report's language, whatever the window's: it is to be the command line's."""
    return explain_note(note.code, note.parameters)
