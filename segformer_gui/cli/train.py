"""`segformer-gui train`: a model from a recipe."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segformer_gui.cli.output import (
    console,
    error_console,
    errors_as_sentences,
    interrupt_as_flag,
    print_error,
    progress_bar,
)
from segformer_gui.core.errors import UserError

if TYPE_CHECKING:
    from segformer_gui.core.training.events import Event, Paused, Reduced, Stopped


def train(
    recipe: Annotated[Path, typer.Argument(help="Recipe of the run, a TOML file.", readable=False)],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="Folder of the run: log, checkpoint, model.", readable=False
        ),
    ],
    hold_out: Annotated[
        list[str] | None,
        typer.Option(help="Sequence to validate on, in place of the recipe's; may be repeated."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint in the folder.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print each event as a line of JSON.")
    ] = False,
) -> None:
    """Train a model. Ctrl+C stops after the step with a checkpoint; --resume goes on from it."""
    with errors_as_sentences():
        from segformer_gui.core.processes import joined_processes
        from segformer_gui.core.training.loop import train as events_of
        from segformer_gui.core.training.recipe import read_recipe

        with interrupt_as_flag() as asked, joined_processes() as processes:
            chosen = read_recipe(recipe)
            if hold_out:
                chosen = replace(chosen, data=replace(chosen.data, held_out=tuple(hold_out)))
            events = events_of(chosen, out, resume=resume, stop=asked.is_set, processes=processes)
            if processes.first:
                show_events(events, json)
            else:
                deque(events, maxlen=0)


def show_events(events: Iterator[Event], json: bool) -> None:
    """Print the events of a run as they come: for people, or as lines of JSON."""
    if not json:
        _show(events)
        return
    from segformer_gui.core.training.events import to_line

    for event in events:
        sys.stdout.write(to_line(event) + "\n")
        sys.stdout.flush()


def _show(events: Iterator[Event]) -> None:
    from segformer_gui.core.training.events import (
        Failed,
        Finished,
        Paused,
        Proving,
        Reduced,
        Started,
        Stepped,
        Stopped,
        Validated,
    )

    with progress_bar() as progress:
        task = progress.add_task("Training", total=None)
        for event in events:
            match event:
                case Started():
                    progress.update(task, completed=event.step, total=event.steps)
                    console.print(
                        f"{event.images} images, {event.held_out} held out, "
                        f"{event.parameters:,} parameters, {event.device} {event.precision}"
                    )
                case Stepped():
                    progress.update(
                        task, completed=event.step, description=f"Training, loss {event.loss:.3f}"
                    )
                case Validated():
                    miou, under = event.scores["miou"], event.corruption or "clean"
                    console.print(f"step {event.step}: mIoU {miou:.4f} held out, {under}")
                case Proving():
                    doing = "Comparing before and after"
                    progress.update(
                        task, completed=event.done, total=event.total, description=doing
                    )
                case Failed():
                    print_error(UserError(event.code, **event.parameters))
                case Paused() | Reduced() | Stopped():
                    error_console.print(_aside(event))
                case Finished():
                    console.print(f"The model is in {event.model}", markup=False, soft_wrap=True)
                case _:
                    pass


def _aside(event: Paused | Reduced | Stopped) -> str:
    from segformer_gui.core.training.events import Paused, Reduced

    match event:
        case Paused():
            return f"Paused after step {event.step}."
        case Reduced():
            return (
                f"Memory is short: crops of {event.width} x {event.height} px in place of "
                f"{event.asked_width} x {event.asked_height}."
            )
        case _:
            return f"Stopped after step {event.step}; `segformer-gui runs start` goes on."
