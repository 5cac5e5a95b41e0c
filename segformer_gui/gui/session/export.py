"""Results as files: which names they get, and writing them. No Qt in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, write_png
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

    Images of the same stem get as much of their folders' names before it as tells them apart, so
    that no result overwrites another's. Raises `UserError` `export_overwrites_image` where a name
    is that of one of the images.
    """
    kinds = tuple(kinds)
    targets: dict[Path, dict[ExportKind, Path]] = {
        image: {kind: folder / f"{stem}{_ENDINGS[kind]}.png" for kind in kinds}
        for image, stem in _distinct_stems(images).items()
    }
    files = [file for of_image in targets.values() for file in of_image.values()]
    sources = {image.resolve() for image in images}
    for file in files:
        if file.resolve() in sources:
            raise UserError("export_overwrites_image", path=str(file))
    existing = tuple(file for file in files if file.exists())
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


def _distinct_stems(images: Sequence[Path]) -> dict[Path, str]:
    """A file stem for each image, none equal to another or to another with an ending."""
    stems: dict[Path, str] = {}
    taken: set[str] = set()
    same_stem = Counter(_plain(image.stem) for image in images)
    for image in images:
        parents = 1 if same_stem[_plain(image.stem)] > 1 else 0
        stem = _stem_with(image, parents)
        while _names(stem) & taken and parents < len(image.parts) - 2:
            parents += 1
            stem = _stem_with(image, parents)
        number = 2
        while _names(stem) & taken:
            stem = f"{_stem_with(image, parents)}_{number}"
            number += 1
        stems[image] = stem
        taken |= _names(stem)
    return stems


def _stem_with(image: Path, parents: int) -> str:
    folders = image.parent.parts[1:][-parents:] if parents else ()  # Not the root itself.
    return "_".join((*folders, image.stem))


def _names(stem: str) -> set[str]:
    return {_plain(stem + ending) for ending in _ENDINGS.values()}


def _plain(name: str) -> str:
    return name.casefold()  # Two names that differ in case are one file on some systems.
