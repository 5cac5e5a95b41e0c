"""`segformer-gui versions`: the fine-tuned models that were kept, and which one is in use."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from segformer_gui.cli.models import ExportFormat, export_to
from segformer_gui.cli.options import JsonOption
from segformer_gui.cli.output import console, errors_as_sentences, print_json, print_notes
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.errors import Note
from segformer_gui.core.paths import settings_file
from segformer_gui.core.settings import load_settings, save_settings
from segformer_gui.core.training import versions

versions_app = typer.Typer(help="See, adopt and take back fine-tuned models.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="A version, as `versions list` names it.")]


@versions_app.command("list")
def list_(json: JsonOption = False) -> None:
    """All versions as a tree, with what they proved. The one in use has a star."""
    with errors_as_sentences():
        found = versions.list_versions()
        if json:
            print_json([asdict(version) for version in found])
            return
        used = load_settings(settings_file()).model
        table = Table("version", "from", "clean mIoU %", "corrupted", "made", "notes")
        for depth, version in versions.as_tree(found):
            star = "* " if version.name == used else ""
            scores = [_change(version, quantity) for quantity in ("clean", "corrupted")]
            name = f"{'  ' * depth}{star}{version.name}"
            table.add_row(name, version.parent, *scores, version.created[:10], version.notes)
        console.print(table)


@versions_app.command()
def adopt(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.", readable=False)],
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
) -> None:
    """Keep the model of a run, and use it from now on."""
    with errors_as_sentences():
        version = versions.adopt(run, name)
        if version.proof:
            print_notes((Note(version.proof["verdict"], version.proof["parameters"]),))
        _use(version.name)


@versions_app.command()
def rollback() -> None:
    """Use the model again that the one in use was trained from."""
    with errors_as_sentences():
        used = load_settings(settings_file()).model or EMBEDDED_MODEL
        _use(versions.parent_of(used).id)


@versions_app.command()
def use(name: NameArgument) -> None:
    """Use a version from now on."""
    with errors_as_sentences():
        _use(versions.find_version(name).name)


@versions_app.command()
def note(
    name: NameArgument, text: Annotated[str, typer.Argument(help="What to remember of it.")]
) -> None:
    """Write a note to a version, in place of its old one."""
    with errors_as_sentences():
        versions.write_notes(name, text)


@versions_app.command()
def export(
    name: NameArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder or file to write.", readable=False)
    ],
    format_: Annotated[
        ExportFormat, typer.Option("--format", help="What other programs are to load.")
    ] = ExportFormat.huggingface,
) -> None:
    """Write a version for other programs: as `models export`."""
    with errors_as_sentences():
        export_to(versions.find_version(name).name, out, format_)


def _use(model: str) -> None:
    """The window opens with it, too."""
    save_settings(replace(load_settings(settings_file()), model=model), settings_file())
    console.print(f"{model} is in use.", markup=False, soft_wrap=True)


def _change(version: versions.Version, quantity: str) -> str:
    if version.proof is None:
        return ""
    pair = version.proof[quantity]
    before, after = (100 * pair[when]["value"] for when in ("before", "after"))
    return f"{before:.1f} → {after:.1f}"
