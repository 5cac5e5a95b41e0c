"""`segformer-gui runs`: watch and steer a training run, whoever started it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segformer_gui.cli.options import JsonOption
from segformer_gui.cli.output import console, errors_as_sentences
from segformer_gui.cli.train import show_events
from segformer_gui.core.errors import UserError
from segformer_gui.core.training import folder

runs_app = typer.Typer(help="Watch and steer training runs.", no_args_is_help=True)

RunArgument = Annotated[Path, typer.Argument(help="Folder of the run.", readable=False)]


@runs_app.command()
def start(
    run: RunArgument,
    keep: Annotated[
        float | None,
        typer.Option(
            help="Share of the model from before in the weights, 0 to below 1. A finished run"
            " writes that model, without training, and compares it anew.",
        ),
    ] = None,
) -> None:
    """Train the recipe in a run's folder in the background, from its checkpoint if it has one."""
    with errors_as_sentences():
        _check(run)
        if folder.is_running(run):
            raise UserError("run_busy", path=str(run))
        if keep is not None:
            from segformer_gui.core.training.prepare import keep_share

            keep_share(run, keep)
        folder.wait_until_held(run, folder.start_detached(run))
        console.print(f"Started; `segformer-gui runs follow {run}` shows it.", markup=False)


@runs_app.command()
def follow(run: RunArgument, json: JsonOption = False) -> None:
    """Show a run from its beginning and as it goes on. Ctrl+C ends the watching, not the run."""
    with errors_as_sentences():
        _check(run)
        show_events(folder.EventTail(run).follow(run), json)


@runs_app.command()
def stop(run: RunArgument) -> None:
    """Stop a run after its step, with a checkpoint."""
    _ask(run, "stop")


@runs_app.command()
def pause(run: RunArgument) -> None:
    """Have a run wait after its step."""
    _ask(run, "pause")


@runs_app.command("continue")
def continue_(run: RunArgument) -> None:
    """Have a paused run go on."""
    _ask(run, "go on")


def _ask(run: Path, command: folder.Command) -> None:
    with errors_as_sentences():
        _check(run)
        if not folder.is_running(run):
            raise UserError("run_not_running", path=str(run))
        folder.ask(run, command)


def _check(run: Path) -> None:
    if not (run / folder.RECIPE_FILE).is_file():
        raise UserError("run_missing", path=str(run))
