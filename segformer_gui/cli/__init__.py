"""Composition root of the command line: without a verb the window, with one the same core."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from segformer_gui import __version__
from segformer_gui.cli.compare import compare
from segformer_gui.cli.corrupt import corrupt
from segformer_gui.cli.doctor import doctor
from segformer_gui.cli.evaluate import evaluate
from segformer_gui.cli.finetune import finetune
from segformer_gui.cli.models import models_app
from segformer_gui.cli.output import errors_as_sentences
from segformer_gui.cli.predict import predict
from segformer_gui.cli.project import project_app
from segformer_gui.cli.robustness import robustness
from segformer_gui.cli.runs import runs_app
from segformer_gui.cli.train import train
from segformer_gui.cli.versions import versions_app
from segformer_gui.core.allocator import keep_large_blocks

app = typer.Typer(
    help="Run SegFormer on images: in a window (without a verb), or from here.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(predict)
app.command()(evaluate)
app.command()(corrupt)
app.command()(robustness)
app.command()(compare)
app.command()(train)
app.command()(finetune)
app.command()(doctor)
app.add_typer(models_app, name="models")
app.add_typer(runs_app, name="runs")
app.add_typer(versions_app, name="versions")
app.add_typer(project_app, name="project")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"segformer-gui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def window(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Open the window, unless a verb follows."""
    del version  # Its callback has acted.
    if context.invoked_subcommand is None:
        raise typer.Exit(_open_window([]))


def main() -> None:
    """Run the command line with `sys.argv`; bad input is one sentence and exit code 2."""
    arguments = sys.argv[1:]
    keep_large_blocks()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # File names may be of any bytes.
    with errors_as_sentences():
        if _are_paths(arguments):
            raise SystemExit(_open_window(arguments))
        app(arguments)


def _are_paths(arguments: list[str]) -> bool:
    """Whether the window is meant: `segformer-gui street.jpg` opens it with that image."""
    verbs = {command.callback.__name__ for command in app.registered_commands if command.callback}
    verbs |= {group.name for group in app.registered_groups if group.name}
    # A name that is neither a verb nor there is a misspelt verb more often than a missing file.
    return bool(arguments) and arguments[0] not in verbs and Path(arguments[0]).exists()


def _open_window(paths: list[str]) -> int:
    # Qt is imported only where a window is wanted: servers need none.
    from segformer_gui.app import main as open_window

    return open_window(paths)
