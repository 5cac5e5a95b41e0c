"""`segformer-gui corrupt`: corrupted copies of images, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segformer_gui.cli.options import (
    Engine,
    EngineOption,
    PathsArgument,
    SeedOption,
    checked_condition,
)
from segformer_gui.cli.output import (
    BAD_INPUT,
    console,
    errors_as_sentences,
    print_error,
    progress_bar,
)
from segformer_gui.core.corruption.catalogue import GROUPS
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import find_images, read_image, write_png
from segformer_gui.core.outputs import plan_outputs

_NAMES_BY_GROUP = "; ".join(f"{group}: {', '.join(names)}" for group, names in GROUPS.items())


def corrupt(
    paths: PathsArgument,
    names: Annotated[
        list[str],
        typer.Option(
            "--name",
            "-n",
            metavar="NAME[:SEVERITY]",
            help=f"{_NAMES_BY_GROUP}. Several are applied in their order.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the corrupted images.", readable=False)
    ],
    severity: Annotated[
        float, typer.Option("--severity", "-s", help="0 (clean) to 5; benchmarks use whole ones.")
    ] = 3,
    seed: SeedOption = 0,
    engine: EngineOption = Engine.fast,
) -> None:
    """Corrupt images as the robustness benchmarks do and write them as <stem>.png.

    Every image gets the same seed. A file that cannot be read or is too small is named and left
    out; the exit code is then 2.
    """
    with errors_as_sentences():
        condition = checked_condition(names, seed, engine, severity)
        outputs = plan_outputs(find_images(paths), out, [".png"])
        failed = 0
        with progress_bar() as progress:
            for path, files in progress.track(outputs.items(), description="Corrupting"):
                try:
                    corrupted = condition.apply(read_image(path))
                except UserError as error:
                    print_error(error, path)
                    failed += 1
                    continue
                write_png(files[0], corrupted)
        written = len(outputs) - failed
        console.print(f"{written} images written to {out}", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(BAD_INPUT)
