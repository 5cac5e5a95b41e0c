"""A benchmark as a person asks for it, from the folder of the data to the report: one way for the
command line and the window, so that both give the same numbers.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from segformer_gui.core.catalogue import EMBEDDED_MODEL, find_model
from segformer_gui.core.corruption.catalogue import KR16, Protocol
from segformer_gui.core.corruption.corrupt import Engine
from segformer_gui.core.datasets import Dataset, Layout, check_sequences, open_dataset
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.files import file_error, write_atomically
from segformer_gui.core.inference.options import (
    DeviceChoice,
    PrecisionChoice,
    SegmentOptions,
    scales_text,
)
from segformer_gui.core.processes import ALONE, Processes
from segformer_gui.core.project.dataset import is_project, project_dataset
from segformer_gui.core.robustness.bootstrap import Blocks
from segformer_gui.core.robustness.events import Event
from segformer_gui.core.robustness.findings import cautions, findings
from segformer_gui.core.robustness.plan import plan_grid, unlabelled
from segformer_gui.core.robustness.report.files import Provenance
from segformer_gui.core.robustness.report.write import write_report
from segformer_gui.core.robustness.results import (
    ImageScores,
    Results,
    score_grid,
    score_images,
)
from segformer_gui.core.robustness.store import CellStore, cells_file, take_in_parts

if TYPE_CHECKING:
    from segformer_gui.core.robustness.crew import Task

REQUEST_FILE = "benchmark.json"


@dataclass(frozen=True)
class Request:
    """What to measure, with which models, and how.

    `data` is a data set, a project, or with `consistency` any folder of images. Of a project
    `split` is one of `PARTS`. `every` takes each n-th image. `reference` names the model that CD
    and rCD are relative to, the first unless given; `blocks` what the bootstrap draws.
    """

    data: Path
    models: tuple[str, ...] = (EMBEDDED_MODEL,)
    protocol: Protocol = KR16
    consistency: bool = False
    layout: Layout | None = None
    split: str | None = None
    sequences: tuple[str, ...] = ()
    every: int = 1
    seeds: int = 1
    engine: Engine = "fast"
    options: SegmentOptions = SegmentOptions()
    device: DeviceChoice = "auto"
    precision: PrecisionChoice = "auto"
    reference: str | None = None
    blocks: Blocks | None = None

    def command(self, out: Path) -> str:
        """The command line that measures this, without what it would assume anyway."""
        options = self.options
        size = "native" if options.short_side is None else options.short_side
        given: list[tuple[str, object, object]] = [
            *(("--model", model, None) for model in self.models),
            ("--protocol", self.protocol.name, KR16.name),
            *_custom(self.protocol),
            ("--layout", self.layout, None),
            ("--split", self.split, None),
            *(("--sequence", name, None) for name in self.sequences),
            ("--every", self.every, 1),
            ("--seeds", self.seeds, 1),
            ("--engine", self.engine, "fast"),
            ("--size", size, "model"),
            ("--scales", scales_text(options.scales), "1"),
            ("--device", self.device, "auto"),
            ("--precision", self.precision, "auto"),
            ("--reference", self.reference, None),
            ("--intervals", self.blocks, None),
        ]
        words: list[object] = ["segformer-gui", "robustness", self.data, "--out", out]
        words += [word for name, value, usual in given if value != usual for word in (name, value)]
        flags = {
            "--consistency": self.consistency,
            "--sliding": options.sliding,
            "--flip": options.flip,
        }
        return shlex.join(map(str, [*words, *(name for name, on in flags.items() if on)]))

    def from_anywhere(self) -> Request:
        """The same, whatever folder one works in. Raises `UserError` as `find_model`."""
        return replace(
            self, data=self.data.absolute(), models=tuple(map(_from_anywhere, self.models))
        )

    def open_data(self) -> Dataset:
        """The images to measure. Raises `UserError` as `unlabelled`, `project_dataset` and
        `open_dataset`, `sequence_unknown`, and `grid_no_truth` where no layout is found.
        """
        if self.consistency:
            data = unlabelled(self.data)
        elif self.layout is None and is_project(self.data):
            data = project_dataset(self.data, self.split)
        else:
            try:
                data = open_dataset(self.data, self.layout, self.split, self.sequences)
            except UserError as error:
                if error.code == "dataset_layout_unknown":
                    raise UserError("grid_no_truth", path=str(self.data)) from error
                raise
        check_sequences(data.samples, self.sequences)
        samples = [s for s in data.samples if not self.sequences or s.sequence in self.sequences]
        return replace(data, samples=tuple(samples[:: self.every]))


class Benchmark:
    """A request with its models loaded and its images read, once, for their hashes: long work.

    Cells and report lie in the folder `out`. Raises `UserError` as `Request.open_data`,
    `load_model`, `Segmenter` and `plan_grid`.
    """

    def __init__(self, request: Request, out: Path, processes: Processes = ALONE) -> None:
        # torch is imported where it is needed.
        from segformer_gui.core.inference.segmenter import Segmenter
        from segformer_gui.core.models import load_model

        self.request = request = request.from_anywhere()
        self.out = out.absolute()
        self._processes = processes
        data = request.open_data()
        self._segmenters = [
            Segmenter(load_model(name), request.device, request.precision)
            for name in request.models
        ]
        self.notes: tuple[Note, ...] = tuple(n for s in self._segmenters for n in s.model.notes)
        self.plan = plan_grid(
            data,
            self._segmenters,
            request.protocol,
            mode="consistency" if request.consistency else "accuracy",
            seeds=request.seeds,
            engine=request.engine,
            options=request.options,
        )

    def missing(self) -> list[Task]:
        """What is left to measure, for all processes together. Raises `UserError` as the store."""
        from segformer_gui.core.robustness.grid import missing_tasks

        tasks: list[Task] = []
        if self._processes.first:
            with CellStore(cells_file(self.out)) as store:
                take_in_parts(store)
                tasks = missing_tasks(self.plan, store)
            write_request(self.out, self.request)
        return self._processes.told(tasks)

    def measure(
        self, tasks: Sequence[Task], cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Event]:
        """Measure this process's share of the tasks, as `run_grid`."""
        from segformer_gui.core.robustness.grid import run_grid

        share = self._processes.share(tasks)
        with CellStore(cells_file(self.out, self._processes.rank)) as store:
            yield from run_grid(self.plan, self._segmenters, store, share, cancelled)

    def images(self) -> ImageScores:
        """Scores of the single images as far as they are measured."""
        with CellStore(cells_file(self.out)) as store:
            return score_images(self.plan, store.cells(self.plan.settings_key))

    def report(self, explain: Callable[[Note], str]) -> Results:
        """Score the grid and write the report, with the sentences of its notes by `explain`.

        Raises `UserError` `grid_incomplete`, `grid_reference_unknown` or as `write_atomically`.
        """
        with CellStore(cells_file(self.out)) as store:
            take_in_parts(store)
            cells = store.cells(self.plan.settings_key)
            results = score_grid(self.plan, cells, self.request.reference, self.request.blocks)
        write_results(self.out, results, self.provenance, explain)
        return results

    @property
    def provenance(self) -> Provenance:
        """Where a report of it comes from."""
        return Provenance.here(self.request.command(self.out))


def write_results(
    folder: Path, results: Results, provenance: Provenance, explain: Callable[[Note], str]
) -> None:
    """Write the report as `write_report` does."""
    sentences = [list(map(explain, notes)) for notes in (findings(results), cautions(results))]
    write_report(folder, results, provenance, *sentences)


def write_request(out: Path, request: Request) -> None:
    """Note in the folder what is measured there. Raises `UserError` as `write_atomically`."""
    content = TypeAdapter(Request).dump_json(request, indent=1)
    write_atomically(out / REQUEST_FILE, content + b"\n")


def read_request(out: Path) -> Request:
    """What is measured in a folder. Raises `UserError` `grid_folder_unknown` or as `file_error`."""
    path = out / REQUEST_FILE
    try:
        return TypeAdapter(Request).validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise UserError("grid_folder_unknown", path=str(out)) from error
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error


def _from_anywhere(model: str) -> str:
    entry = find_model(model)
    return str(entry.path.absolute()) if entry.origin == "local" and entry.path else model


def _custom(protocol: Protocol) -> list[tuple[str, object, object]]:
    if protocol.name != "custom":
        return []
    levels = next(iter(protocol.severities.values()))
    return [
        *(("--corruption", name, None) for name in protocol.severities),
        *(("--severity", f"{level:g}", None) for level in levels),
    ]
