"""Which of a project's masks are measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from segformer_gui.core.datasets import Dataset, Sample, open_dataset
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.project.record import RECORD_FILE

# Those that a person says are right, those that one worked on, and those of either kind that are
# kept for scores.
PARTS: dict[str, Callable[[Sample], bool]] = {
    "checked": lambda sample: sample.touched is None,
    "corrected": lambda _: True,
    "hold-out": lambda sample: sample.hold_out,
}


def is_project(folder: Path) -> bool:
    """Whether a folder holds a project."""
    return (folder / RECORD_FILE).is_file()


def project_dataset(folder: Path, part: str | None = None) -> Dataset:
    """One of the `PARTS` of a project, "corrected" unless given; ground truth as `open_dataset`.

    Raises `UserError` as `open_dataset`, `dataset_split_unknown` or `project_no_masks`.
    """
    part = part or "corrected"
    if part not in PARTS:
        available = ", ".join(PARTS)
        raise UserError("dataset_split_unknown", split=part, path=str(folder), available=available)
    data = open_dataset(folder, "project")
    samples = tuple(filter(PARTS[part], data.samples))
    if not samples:
        raise UserError("project_no_masks", path=str(folder), part=part)
    unchecked = sum(sample.touched is not None for sample in samples)
    notes: tuple[Note, ...] = ()
    if unchecked:
        notes = (Note("grid_masks_unchecked", {"count": unchecked, "total": len(samples)}),)
    return replace(data, split=part, samples=samples, notes=notes)
