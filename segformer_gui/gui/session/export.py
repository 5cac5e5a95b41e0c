"""Results as files: which names they get, and writing them. No Qt in here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from segformer_gui.core.images import read_image, write_png
from segformer_gui.core.outputs import plan_outputs
from segformer_gui.core.render import colorize, overlay
from segformer_gui.gui.session.ports import Result

ExportKind = Literal["index", "color", "overlay"]
EXPORT_KINDS: tuple[ExportKind, ...] = get_args(ExportKind)

_ENDINGS: dict[ExportKind, str] = {"index": "", "color": "_color", "overlay": "_overlay"}


@dataclass(frozen=True)
class ExportPlan:
    """Which file each image and kind is written to, and which of those exist already."""

    targets: dict[Path, dict[ExportKind, Path]]
    existing: tuple[Path, ...]
    opacity: float


def plan_export(
    images: Sequence[Path], folder: Path, kinds: Iterable[ExportKind], opacity: float
) -> ExportPlan:
    """Name the files: `<stem>.png`, `<stem>_color.png`, `<stem>_overlay.png`.

    Errors and images of the same stem as in `plan_outputs`.
    """
    kinds = tuple(kinds)
    planned = plan_outputs(images, folder, [_ENDINGS[kind] for kind in kinds])
    targets = {image: dict(zip(kinds, files, strict=True)) for image, files in planned.items()}
    existing = tuple(file for files in planned.values() for file in files if file.exists())
    return ExportPlan(targets, existing, opacity)


def write_result(image: Path, result: Result, plan: ExportPlan) -> None:
    """Write the planned files of one image. Errors as `read_image` and `write_png`."""
    for kind, file in plan.targets[image].items():
        if kind == "index":
            write_png(file, result.labels)
        elif kind == "color":
            write_png(file, colorize(result.labels, result.classes))
        else:
            pixels = read_image(image)
            write_png(file, overlay(pixels, result.labels, result.classes, plan.opacity))
