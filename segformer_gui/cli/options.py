"""Options that several verbs share, and what they become."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from segformer_gui.cli.output import print_notes
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.inference.options import (
    DeviceChoice,
    PrecisionChoice,
    SegmentOptions,
    parsed_scales,
)

if TYPE_CHECKING:
    from segformer_gui.core.inference.segmenter import Segmenter


ModelOption = Annotated[
    str, typer.Option("--model", "-m", help="A name from `models list`, or a checkpoint's path.")
]
DeviceOption = Annotated[DeviceChoice, typer.Option(help="Where the network runs.")]
PrecisionOption = Annotated[PrecisionChoice, typer.Option(help="Arithmetic of the network.")]
SizeOption = Annotated[
    str,
    typer.Option(
        "--size",
        help="Shorter side of the network's input in px, `native`, or `model`: its own.",
    ),
]
SlidingOption = Annotated[
    bool, typer.Option("--sliding", help="Overlapping windows of 1024 px every 768, as the paper.")
]
FlipOption = Annotated[
    bool, typer.Option("--flip", help="Average with the mirrored image: slower, a little better.")
]
ScalesOption = Annotated[
    str,
    typer.Option(
        "--scales",
        metavar="LIST",
        help="Average over several input sizes, as `0.75,1,1.25` times the size: better, slower.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
# `readable=False`, here and with every path: typer's own check would speak before the core does.
PathsArgument = Annotated[
    list[Path], typer.Argument(help="Images, or folders to search for images.", readable=False)
]
CorruptOption = Annotated[
    list[str],
    typer.Option(
        "--corrupt",
        metavar="NAME[:SEVERITY]",
        help="Corrupt the image first, as `fog:3`; several are applied in their order.",
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, max=2**32 - 1, help="The same seed gives the same noise.")
]


class Engine(StrEnum):
    """Whose code corrupts."""

    fast = "fast"
    reference = "reference"


EngineOption = Annotated[
    Engine, typer.Option(help="Corruptions by our own code, or the package imagecorruptions.")
]


def checked_condition(
    steps: Sequence[str], seed: int, engine: Engine, severity: float = 3
) -> Condition:
    """The condition that the options name, noted where it is off protocol.

    Raises `UserError` as `check_condition`.
    """
    parsed = tuple(Step.parsed(text, severity) for text in steps)
    condition = Condition(parsed, seed, engine.value)
    condition.check()
    print_notes(condition.notes)
    return condition


def segment_options(size: str, sliding: bool, flip: bool, scales: str) -> SegmentOptions:
    """Options of a segmentation, from those of the command line. Exit code 2 for bad sizes."""
    short_side: int | Literal["model"] | None
    if size in ("model", "native"):
        short_side = "model" if size == "model" else None
    elif size.isdecimal() and 16 <= int(size) <= 16384:
        short_side = int(size)
    else:
        raise typer.BadParameter(
            f"{size!r} is neither `model` nor `native` nor a number of pixels from 16 to 16384.",
            param_hint="--size",
        )
    multiples = parsed_scales(scales)
    if multiples is None:
        raise typer.BadParameter(
            f"{scales!r} is no list of up to 8 numbers from 0.25 to 4, as `0.75,1,1.25`.",
            param_hint="--scales",
        )
    return SegmentOptions(short_side, sliding=sliding, flip=flip, scales=multiples)


def make_segmenter(model: str, device: DeviceChoice, precision: PrecisionChoice) -> Segmenter:
    """Load the model on its device. Raises `UserError` as `load_model` and `Segmenter`."""
    # torch is imported where it is needed: listing models or asking for help shall be quick.
    from segformer_gui.core.inference.segmenter import Segmenter
    from segformer_gui.core.models import load_model

    return Segmenter(load_model(model), device, precision)
