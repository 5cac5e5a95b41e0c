"""Results as files: which names they get, and writing them. No Qt in here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from segformer_gui.core.files import file_error
from segformer_gui.core.outputs import OutputKind, output_endings, plan_outputs


@dataclass(frozen=True)
class ExportPlan:
    """Which file each image and kind is written to, and which of those exist already."""

    targets: dict[Path, dict[OutputKind, Path]]
    existing: tuple[Path, ...]
    opacity: float


def plan_export(
    images: Sequence[Path], folder: Path, kinds: Iterable[OutputKind], opacity: float
) -> ExportPlan:
    """Name the files: `<stem>.png`, `<stem>_color.png`, `<stem>_statistics.json` and so on.

    Errors and images of the same stem as in `plan_outputs`; also raises `UserError` `no_permission`
    where the folder may not be looked into.
    """
    kinds = tuple(kinds)
    planned = plan_outputs(images, folder, output_endings(kinds))
    targets = {image: dict(zip(kinds, files, strict=True)) for image, files in planned.items()}
    try:
        existing = tuple(file for files in planned.values() for file in files if file.exists())
    except OSError as error:  # Under a closed folder nobody can tell.
        raise file_error(error, folder, "write_failed") from error
    return ExportPlan(targets, existing, opacity)
