"""`segformer-gui corrupt`: corrupted copies of images, as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from segformer_gui.cli.options import PathsArgument
from segformer_gui.cli.output import (
    BAD_INPUT,
    console,
    error_console,
    errors_as_sentences,
    print_error,
    print_notes,
    progress_bar,
)
from segformer_gui.core.corruption import corrupt as corruption
from segformer_gui.core.corruption.catalogue import GROUPS, is_on_protocol
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.images import find_images, read_image, write_png
from segformer_gui.core.outputs import plan_outputs

_NAMES_BY_GROUP = "; ".join(f"{group}: {', '.join(names)}" for group, names in GROUPS.items())


class Engine(StrEnum):
    """Whose code corrupts."""

    fast = "fast"
    reference = "reference"


def corrupt(
    paths: PathsArgument,
    name: Annotated[str, typer.Option("--name", "-n", help=f"{_NAMES_BY_GROUP}.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the corrupted images.")],
    severity: Annotated[
        float, typer.Option("--severity", "-s", help="0 (clean) to 5; benchmarks use whole ones.")
    ] = 3,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same noise.")
    ] = 0,
    engine: Annotated[
        Engine, typer.Option(help="Our own code, or the original package imagecorruptions.")
    ] = Engine.fast,
) -> None:
    """Corrupt images as the robustness benchmarks do and write them as <stem>.png.

    Every image gets the same seed. A file that cannot be read or is too small is named and left
    out; the exit code is then 2.
    """
    with errors_as_sentences():
        corruption.check_condition(name, severity, engine.value)
        outputs = plan_outputs(find_images(paths), out, [".png"])
        if not is_on_protocol(severity):
            print_notes((Note("off_protocol", {"severity": f"{severity:g}"}),))
        failed = 0
        with progress_bar() as progress:
            for path, files in progress.track(outputs.items(), description="Corrupting"):
                try:
                    image = read_image(path)
                    corrupted = corruption.corrupt(image, name, severity, seed, engine.value)
                except UserError as error:
                    if "path" not in error.parameters:
                        error_console.print(f"{path}:", markup=False, soft_wrap=True)
                    print_error(error)
                    failed += 1
                    continue
                write_png(files[0], corrupted)
        written = len(outputs) - failed
        console.print(f"{written} images written to {out}", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(BAD_INPUT)
