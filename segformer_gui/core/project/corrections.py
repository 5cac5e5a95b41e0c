"""What a project offers to a training: its corrected masks, as they are at one moment."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error, write_atomically
from segformer_gui.core.project.record import RECORD_FILE, read_record, record_bytes


def take_corrections(project: Path, folder: Path) -> None:
    """Copy a project's saved masks to `folder`, as a project that refers to the same images.

    A training reads it while a person goes on correcting. Raises `UserError` as `read_record`,
    `project_uncorrected` or the errors of `file_error`.
    """
    classes, rows = read_record(project / RECORD_FILE)
    worked_on = [row for row in rows.values() if row.saved and row.status in _WORKED_ON]
    if not worked_on:
        raise UserError("project_uncorrected", path=str(project))
    try:
        for place in ("masks", "touched"):
            (folder / place).mkdir(parents=True, exist_ok=True)
            for row in worked_on:
                source = project / place / f"{row.id}.png"
                if place == "masks" or source.exists():
                    shutil.copyfile(source, folder / place / source.name)
    except OSError as error:
        raise file_error(error, Path(error.filename or folder), "write_failed") from error
    absolute = {
        name: dataclasses.replace(row, path=os.path.normpath(project.absolute() / row.path))
        for name, row in rows.items()
    }
    write_atomically(folder / RECORD_FILE, record_bytes(classes, absolute))


def untouched_images(project: Path) -> list[Path]:
    """Files of the project's images that nobody has worked on, as far as they are there."""
    _, rows = read_record(project / RECORD_FILE)
    images = [
        Path(os.path.normpath(project / row.path))
        for row in rows.values()
        if row.status not in _WORKED_ON
    ]
    return [image for image in images if image.is_file()]


_WORKED_ON = ("corrected", "checked")
