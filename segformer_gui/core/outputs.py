"""Predictions as files: what their pixels hold, and which file belongs to which image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from segformer_gui.core.classes import IGNORE, ClassSet, known_class_set, plain_name
from segformer_gui.core.errors import UserError
from segformer_gui.core.render import Labels, colorize

LabelFormat = Literal["index", "color", "labelIds", "trainIds"]


def encode_labels(labels: Labels, classes: ClassSet, label_format: LabelFormat) -> Labels:
    """Labels (H, W) as the pixels of a mask file.

    "index": the class ids themselves. "color": (H, W, 3) uint8 RGB. "labelIds" and "trainIds": (H,
    W) uint8 ids of Cityscapes' two numberings, found by class name; what Cityscapes has no name for
    is 0 (unlabeled) and 255. Raises `UserError` `format_needs_cityscapes` where no name is known.
    """
    if label_format == "index":
        return labels
    if label_format == "color":
        return colorize(labels, classes)
    cityscapes = known_class_set("cityscapes")
    train_ids = {plain_name(name): index for index, name in enumerate(cityscapes.names)}
    to_train_id = [train_ids.get(plain_name(name), IGNORE) for name in classes.names]
    if set(to_train_id) == {IGNORE}:
        raise UserError("format_needs_cityscapes", format=label_format)
    table = np.full(max(256, len(classes)), IGNORE, np.uint8)
    table[: len(classes)] = to_train_id
    if label_format == "labelIds":
        label_ids = np.zeros(256, np.uint8)
        label_ids[: len(cityscapes)] = cityscapes.label_ids
        table = label_ids[table]
    return table[labels]


def plan_outputs(
    images: Iterable[Path], folder: Path, endings: Sequence[str]
) -> dict[Path, list[Path]]:
    """Files `<stem><ending>.png` in `folder` for each image, one an ending.

    Refused before anything is computed: two images that would write one file (`UserError`
    `outputs_collide`), and a file that is itself one of the images (`output_is_input`).
    """
    images = list(images)
    inputs = {image.resolve() for image in images}
    owners: dict[str, Path] = {}
    plan: dict[Path, list[Path]] = {}
    for image in images:
        plan[image] = [folder / f"{image.stem}{ending}.png" for ending in endings]
        for file in plan[image]:
            if file.resolve() in inputs:
                raise UserError("output_is_input", path=str(file))
            # Compared without case: on macOS and Windows the two would be one file.
            owner = owners.setdefault(file.name.casefold(), image)
            if owner != image:
                raise UserError(
                    "outputs_collide", path=str(image), other=str(owner), output=file.name
                )
    return plan


def existing_outputs(plan: dict[Path, list[Path]]) -> list[Path]:
    """The files of `plan` that are there already and would be replaced."""
    return [file for files in plan.values() for file in files if file.exists()]
