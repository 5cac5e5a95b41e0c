"""The masks of a project as ground truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from segformer_gui.core.datasets import Dataset, Sample
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.project.record import RECORD_FILE, ImageRow, read_record

# Which masks: those that a person says are right, those that one worked on, and those of either
# kind that are kept for scores.
PARTS: dict[str, Callable[[ImageRow], bool]] = {
    "checked": lambda row: row.status == "checked",
    "corrected": lambda row: row.status in ("checked", "corrected"),
    "hold-out": lambda row: row.status in ("checked", "corrected") and row.hold_out,
}


def is_project(folder: Path) -> bool:
    """Whether a folder holds a project."""
    return (folder / RECORD_FILE).is_file()


def project_dataset(folder: Path, part: str | None = None) -> Dataset:
    """The saved masks of one of the `PARTS` of a project, "corrected" unless given.

    A class that was deleted keeps its id, without a name: it is none of the classes that are
    scored. Masks that no person has worked on are a model's own, and no ground truth. Raises
    `UserError` as `read_record`, `dataset_split_unknown` or `project_no_masks`.
    """
    part = part or "corrected"
    if part not in PARTS:
        available = ", ".join(PARTS)
        raise UserError("dataset_split_unknown", split=part, path=str(folder), available=available)
    classes, images = read_record(folder / RECORD_FILE)
    rows = [row for row in images.values() if row.saved and PARTS[part](row)]
    if not rows:
        raise UserError("project_no_masks", path=str(folder), part=part)
    samples = tuple(
        Sample(row.id, folder / row.path, folder / "masks" / f"{row.id}.png", row.sequence)
        for row in rows
    )
    unchecked = sum(row.status != "checked" for row in rows)
    notes: tuple[Note, ...] = ()
    if unchecked:
        notes = (Note("grid_masks_unchecked", {"count": unchecked, "total": len(rows)}),)
    return Dataset(folder, "index", part, classes, samples, notes)
