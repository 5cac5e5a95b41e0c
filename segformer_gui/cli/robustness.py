"""`segformer-gui robustness`: the benchmark of corruptions, for one's own models and images."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from segformer_gui.cli.corrupt import Engine
from segformer_gui.cli.options import (
    DeviceOption,
    FlipOption,
    JsonOption,
    PrecisionOption,
    ScalesOption,
    SizeOption,
    SlidingOption,
    segment_options,
)
from segformer_gui.cli.output import (
    INTERRUPTED,
    console,
    error_console,
    errors_as_sentences,
    interrupt_as_flag,
    print_json,
    print_notes,
    progress_bar,
)
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.corruption.catalogue import NAMES, PROTOCOLS, Protocol
from segformer_gui.core.datasets import Layout
from segformer_gui.core.processes import Processes, joined_processes
from segformer_gui.core.robustness.benchmark import Benchmark, Request
from segformer_gui.core.robustness.bootstrap import Estimate
from segformer_gui.core.robustness.events import Event, Finished, Measured, Started, Stopped
from segformer_gui.core.robustness.findings import cautions, findings, interval, percent, plain
from segformer_gui.core.robustness.plan import Plan, custom_protocol
from segformer_gui.core.robustness.report.files import to_json
from segformer_gui.core.robustness.report.write import PAGE_FILE
from segformer_gui.core.robustness.results import Results
from segformer_gui.messages import explain_note

_TELL_S = 60.0

_PROTOCOLS = "; ".join(f"{name}: {protocol.source}" for name, protocol in PROTOCOLS.items())


def robustness(
    data: Annotated[
        Path, typer.Argument(help="Folder of the data set, project, or images.", readable=False)
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Folder for the cells and the report.", readable=False),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            help="A name from `models list`, or a checkpoint's path; may be repeated to compare.",
        ),
    ] = None,
    protocol: Annotated[
        Literal["kr16", "common15", "all19", "custom"],
        typer.Option(help=f"{_PROTOCOLS}; custom: what --corruption and --severity say."),
    ] = "kr16",
    corruption: Annotated[
        list[str] | None,
        typer.Option(help="For custom, one of `corrupt --help`; all 19 if not given."),
    ] = None,
    severity: Annotated[
        list[float] | None, typer.Option(help="For custom; 1 to 5 if not given.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="How often noise is drawn anew.")] = 1,
    engine: Annotated[
        Engine, typer.Option(help="Our own code, or the original package imagecorruptions.")
    ] = Engine.fast,
    consistency: Annotated[
        bool,
        typer.Option(
            "--consistency",
            help="Without ground truth: agreement with the prediction of the clean image.",
        ),
    ] = False,
    reference: Annotated[
        str | None,
        typer.Option(help="Model that CD and rCD are relative to, as the report calls it."),
    ] = None,
    intervals: Annotated[
        Literal["auto", "images", "sequences"],
        typer.Option(help="What the bootstrap draws; auto: sequences where there are ten."),
    ] = "auto",
    layout: Annotated[
        Layout | None, typer.Option(help="How the files are arranged; detected if not given.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="Such as val, or all; of a project checked, corrected or hold-out masks."
        ),
    ] = None,
    sequence: Annotated[
        list[str] | None, typer.Option(help="Only images of this sequence; may be repeated.")
    ] = None,
    every: Annotated[
        int, typer.Option(min=1, help="Take each n-th image: quicker, less sure.")
    ] = 1,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    size: SizeOption = "model",
    sliding: SlidingOption = False,
    flip: FlipOption = False,
    scales: ScalesOption = "1",
    json: JsonOption = False,
) -> None:
    """Measure how much models keep of their score on corrupted images, and write a report.

    Every measured cell is kept in the folder. After Ctrl+C, or worse, the same command goes on
    where it was; further models, images or corruptions add to it. Only a complete grid has scores.

    Several processes share the work: torchrun --nproc-per-node N -m segformer_gui robustness ...
    """
    request = Request(
        data=data,
        models=tuple(model or [EMBEDDED_MODEL]),
        protocol=_protocol(protocol, corruption, severity),
        consistency=consistency,
        layout=layout,
        split=split,
        sequences=tuple(sequence or ()),
        every=every,
        seeds=seeds,
        engine=engine.value,
        options=segment_options(size, sliding, flip, scales),
        device=device,
        precision=precision,
        reference=reference,
        blocks=None if intervals == "auto" else intervals,
    )
    with errors_as_sentences(), joined_processes() as processes:
        with error_console.status("Reading images and models"):
            benchmark = Benchmark(request, out, processes)
        if processes.first:
            print_notes(benchmark.notes)
        tasks = benchmark.missing()
        with interrupt_as_flag() as asked:
            before = benchmark.plan.size - sum(len(task.models) for task in tasks)
            _show(before, benchmark.plan, benchmark.measure(tasks, asked.is_set), processes)
        if processes.first:
            _report(benchmark, json)


def _protocol(
    name: str, corruptions: Sequence[str] | None, severities: Sequence[float] | None
) -> Protocol:
    if name == "custom":
        return custom_protocol(corruptions or NAMES, severities or (1, 2, 3, 4, 5))
    if corruptions or severities:
        raise typer.BadParameter(
            f"The protocol {name} says what is measured; for a choice of one's own there is"
            " --protocol custom.",
            param_hint="--corruption, --severity",
        )
    return PROTOCOLS[name]


def _show(done: int, plan: Plan, events: Iterator[Event], processes: Processes) -> None:
    first = processes.first
    if first:
        error_console.print(f"{done} of {plan.size} cells were measured before.")
    told = time.monotonic()
    with progress_bar() as progress:
        task = progress.add_task("Measuring", total=None, visible=first)
        for event in events:
            match event:
                case Started():
                    progress.update(task, total=event.total)
                case Measured():
                    corruption, severity, _ = event.condition
                    condition = f"{plain(corruption)} {severity:g}" if severity else corruption
                    what = f"{event.image}, {condition}"
                    progress.update(task, completed=event.done, description=what)
                    # A log has no bar, and the run may take hours.
                    if first and progress.disable and time.monotonic() > told + _TELL_S:
                        told = time.monotonic()
                        error_console.print(
                            f"{event.done} of {event.total} cells, {event.time_left} left: {what}"
                        )
                case Stopped():
                    error_console.print(
                        f"Stopped, {event.total - event.done} cells to go. The same command again"
                        " goes on."
                    )
                    raise typer.Exit(INTERRUPTED)
                case Finished():
                    pass
    processes.wait()


def _report(benchmark: Benchmark, json: bool) -> None:
    results = benchmark.report(lambda note: explain_note(note.code, note.parameters))
    if json:
        print_json(to_json(results, benchmark.provenance))
        return
    console.print(_table(results))
    for note in findings(results):
        sentence = explain_note(note.code, note.parameters)
        console.print(f"- {sentence}", markup=False, soft_wrap=True)
    print_notes(tuple(cautions(results)))
    console.print(f"The report is {benchmark.out / PAGE_FILE}", markup=False, soft_wrap=True)


def _table(results: Results) -> Table:
    plan = results.plan
    accuracy = plan.mode == "accuracy"
    word = "mIoU" if accuracy else "consistency"
    table = Table(title=f"{plan.data.root.name}, {plan.protocol.name}: {word}, %")
    table.add_column("")
    for scores in results.models:
        table.add_column(scores.model.name, justify="right")
    if accuracy:
        table.add_row("clean", *(_range(scores.clean_miou) for scores in results.models))
        table.add_section()
    for name in plan.protocol.severities:
        values = (_range(scores.corruptions[name].miou) for scores in results.models)
        table.add_row(plain(name), *values)
    table.add_section()
    mean = "mean (mPC)" if accuracy else "mean"
    table.add_row(mean, *(_range(scores.mpc) for scores in results.models))
    if accuracy:
        table.add_row("kept (rPC)", *(_range(scores.rpc) for scores in results.models))
    if accuracy and results.reference:
        mcds = ("-" if s.mcd is None else percent(s.mcd) for s in results.models)
        table.add_row(f"mCD against {results.reference}", *mcds)
    return table


def _range(estimate: Estimate) -> str:
    # Rich takes brackets for its markup.
    return (percent(estimate.value) + interval(estimate)).replace("[", r"\[")
