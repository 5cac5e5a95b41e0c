"""The files of a project's masks: of each image its class ids, and where a person worked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error, write_atomically
from segformer_gui.core.images import read_labels, write_index_png
from segformer_gui.core.project.record import ImageRow


class MaskFiles:
    """In a project's folder `masks/ID.png` (class ids, as a palette image) and `touched/ID.png`
    (1 where a person worked).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, image: str) -> Path:
        """Where the class ids of an image are."""
        return self._folder / "masks" / f"{image}.png"

    def touched_path(self, image: str) -> Path:
        """Where it is kept which pixels a person worked on."""
        return self._folder / "touched" / f"{image}.png"

    def read(self, row: ImageRow, image: Path, classes: ClassSet) -> Mask:
        """The mask of the image of `row`, whose file is `image`; unlabelled where none was saved.

        Raises `UserError` `mask_broken`, `mask_missing`, `mask_wrong_size`, `mask_unknown_class` or
        as `file_error`.
        """
        path, touched_path = self.path(row.id), self.touched_path(row.id)
        if not path.exists():
            if row.saved:
                raise UserError("mask_missing", path=str(path))
            return Mask.unlabelled(row.height, row.width)
        labels = _read_map(path, row, image)
        if touched_path.exists():
            touched = _read_map(touched_path, row, image).astype(np.bool_)
        else:
            touched = np.zeros(labels.shape, np.bool_)
        largest = int(labels[labels != UNLABELLED].max(initial=0))
        if largest >= len(classes):
            raise UserError("mask_unknown_class", path=str(path), id=largest, classes=len(classes))
        return Mask(labels, touched)

    def write(
        self, image: str, labels: NDArray[np.uint8], touched: NDArray[np.bool_], classes: ClassSet
    ) -> None:
        """Write the maps of an image's mask. Raises `UserError` as `write_atomically`."""
        # The mask last: one without touched pixels could be another tool's.
        write_index_png(self.touched_path(image), touched)
        write_index_png(self.path(image), labels, classes.palette())

    def take_over(self, image: str, other: MaskFiles, theirs: str) -> None:
        """Copy the files of the image that another project calls `theirs`.

        Raises `UserError` as `file_error` and `write_atomically`.
        """
        for source, target in (
            (other.touched_path(theirs), self.touched_path(image)),
            (other.path(theirs), self.path(image)),
        ):
            try:
                content = source.read_bytes()
            except OSError as error:
                raise file_error(error, source, "file_unreadable") from error
            write_atomically(target, content)


def _read_map(path: Path, row: ImageRow, image: Path) -> NDArray[np.uint8]:
    try:
        ids = read_labels(path)
    except UserError as error:
        if error.code in ("image_broken", "labels_not_indexed", "image_too_large"):
            raise UserError("mask_broken", path=str(path)) from error
        raise
    if ids.dtype != np.uint8:
        raise UserError("mask_broken", path=str(path))
    if ids.shape != (row.height, row.width):
        raise UserError(
            "mask_wrong_size",
            path=str(path),
            width=ids.shape[1],
            height=ids.shape[0],
            image=str(image),
            image_width=row.width,
            image_height=row.height,
        )
    return ids.astype(np.uint8, copy=False)
