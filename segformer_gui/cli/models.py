"""`segformer-gui models`: list, show, download, import, export, remove."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from segformer_gui.cli.options import JsonOption
from segformer_gui.cli.output import (
    console,
    error_console,
    errors_as_sentences,
    print_json,
    print_notes,
)
from segformer_gui.core import catalogue
from segformer_gui.core.catalogue import ModelEntry
from segformer_gui.core.download import DownloadProgress, download_model
from segformer_gui.core.errors import UserError

models_app = typer.Typer(help="See, fetch and exchange models.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="A name or alias from `models list`, or a path.")]


@models_app.command("list")
def list_(json: JsonOption = False) -> None:
    """All models: embedded, the user's own, and published ones."""
    with errors_as_sentences():
        entries = catalogue.list_models()
        if json:
            print_json([_facts(entry) for entry in entries])
            return
        table = Table(caption="`models show NAME` tells more, the licence too.")
        for column in ("name", "title", "MB", "mIoU %", "here"):
            table.add_column(column, no_wrap=column == "name")
        for entry in entries:
            # The short name is enough for every command, and fits a terminal.
            name, here = entry.alias or entry.id, "yes" if entry.path else ""
            table.add_row(name, entry.title, str(entry.size_mb), _score(entry), here)
        console.print(table)


@models_app.command()
def show(name: NameArgument, json: JsonOption = False) -> None:
    """What is known of one model; its weights are read if they are here."""
    with errors_as_sentences():
        entry = catalogue.find_model(name)
        facts = _facts(entry) | (_facts_of_weights(name) if entry.path else {})
        if json:
            print_json(facts)
            return
        for key, value in facts.items():
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            console.print(f"{key:>12}  {shown}", markup=False, soft_wrap=True)


@models_app.command()
def download(name: NameArgument) -> None:
    """Fetch a published model; an interrupted download is continued."""
    with errors_as_sentences():
        entry = catalogue.find_model(name)
        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        with Progress(
            *columns, console=error_console, disable=not error_console.is_terminal
        ) as bar:
            task = bar.add_task(entry.id, total=None)

            def report(progress: DownloadProgress) -> None:
                bar.update(task, completed=progress.done_bytes, total=progress.total_bytes)

            folder = download_model(entry, report, lambda: False)
        console.print(f"{entry.id} is in {folder}", markup=False, soft_wrap=True)
        if entry.licence:
            console.print(f"Licence: {entry.licence}", markup=False, soft_wrap=True)


@models_app.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(help="Checkpoint file, or Hugging Face folder.", readable=False)
    ],
    name: Annotated[
        str | None, typer.Option(help="What to call it; its file name if not given.")
    ] = None,
    short_side: Annotated[
        int | None,
        typer.Option("--size", min=16, help="Shorter side in px the model was made for."),
    ] = None,
) -> None:
    """Copy a checkpoint to your models, after loading it once to see that it works."""
    with errors_as_sentences():
        from segformer_gui.core.models import load_model

        if not source.exists():
            raise UserError("file_missing", path=str(source))
        model = load_model(str(source.absolute()))
        entry = catalogue.import_model(source, name or source.stem, short_side)
        print_notes(model.notes)
        console.print(
            f"{entry.id}: {len(model.classes)} classes, {model.layout} layout, in {entry.path}",
            markup=False,
            soft_wrap=True,
        )


class ExportFormat(StrEnum):
    """What other programs load."""

    huggingface = "huggingface"
    safetensors = "safetensors"
    onnx = "onnx"


@models_app.command()
def export(
    name: NameArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="Folder (new or empty), or file, to write.", readable=False
        ),
    ],
    format_: Annotated[
        ExportFormat,
        typer.Option("--format", help="A folder for transformers, or a single file."),
    ] = ExportFormat.huggingface,
    half: Annotated[bool, typer.Option("--half", help="Store float16: half the size.")] = False,
) -> None:
    """Write a model for other programs, by default as the folder that transformers loads."""
    with errors_as_sentences():
        if half and format_ != ExportFormat.huggingface:
            raise typer.BadParameter("only of a Hugging Face folder", param_hint="--half")
        export_to(name, out, format_, half)


def export_to(name: str, out: Path, format_: ExportFormat, half: bool = False) -> None:
    """Write a model to a folder or file. Raises `UserError` as `write_model`."""
    from segformer_gui.core.network.write import write_model

    difference = write_model(name, out, format_.value, half)
    console.print(f"{name} is in {out}", markup=False, soft_wrap=True)
    if difference is not None:
        text = f"Its logits in onnxruntime differ from the network's by {difference:.1g} at most."
        console.print(text, markup=False, soft_wrap=True)


@models_app.command()
def remove(name: NameArgument) -> None:
    """Delete a model that you imported or downloaded."""
    with errors_as_sentences():
        catalogue.remove_model(name)
        console.print(f"{name} is gone.", markup=False, soft_wrap=True)


def _score(entry: ModelEntry) -> str:
    return "" if entry.score is None else f"{entry.score:.1f} {entry.score_source}"


def _facts(entry: ModelEntry) -> dict[str, object]:
    return {
        "name": entry.id,
        "alias": entry.alias,
        "title": entry.title,
        "origin": entry.origin,
        "classes": entry.classes,
        "size_mb": entry.size_mb,
        "licence": entry.licence,
        "miou_percent": entry.score,
        "miou_source": entry.score_source,
        "short_side": entry.short_side,
        "path": str(entry.path) if entry.path else None,
    }


def _facts_of_weights(name: str) -> dict[str, object]:
    from segformer_gui.core.models import load_model
    from segformer_gui.core.network.presets import preset_name

    model = load_model(name)
    size = preset_name(model.network.config)
    return {
        "layout": model.layout,
        "preset": size,
        "parameters": sum(p.numel() for p in model.network.parameters()),
        "class_names": list(model.classes.names),
    }
