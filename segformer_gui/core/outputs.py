"""Predictions as files: what their pixels hold, and which file belongs to which image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
    images: Sequence[Path], folder: Path, endings: Sequence[str]
) -> dict[Path, list[Path]]:
    """Files `<stem><ending>.png` in `folder` for each image, one an ending.

    Images of the same stem get as much of their folders' names before it as tells them apart, so
    that no file is written twice. Raises `UserError` `output_is_input` where a file is itself one
    of the images: before anything is computed.
    """
    sources = {image.resolve() for image in images}
    plan: dict[Path, list[Path]] = {}
    for image, stem in _distinct_stems(images, endings).items():
        plan[image] = [folder / f"{stem}{ending}.png" for ending in endings]
        for file in plan[image]:
            if file.resolve() in sources:
                raise UserError("output_is_input", path=str(file))
    return plan


def _distinct_stems(images: Sequence[Path], endings: Sequence[str]) -> dict[Path, str]:
    """A file stem for each image, none equal to another or to another with an ending."""
    stems: dict[Path, str] = {}
    taken: set[str] = set()
    same_stem = Counter(_plain(image.stem) for image in images)

    def free(stem: str) -> bool:
        return taken.isdisjoint(_plain(stem + ending) for ending in endings)

    for image in images:
        parents = 1 if same_stem[_plain(image.stem)] > 1 else 0
        stem = _stem_with(image, parents)
        while not free(stem) and parents < len(image.parts) - 2:
            parents += 1
            stem = _stem_with(image, parents)
        number = 2
        while not free(stem):
            stem = f"{_stem_with(image, parents)}_{number}"
            number += 1
        stems[image] = stem
        taken |= {_plain(stem + ending) for ending in endings}
    return stems


def _stem_with(image: Path, parents: int) -> str:
    # Neither the root nor the dots of a relative path are names.
    folders = [part for part in image.parent.parts if part.strip("./\\") and part != image.anchor]
    return "_".join((*(folders[-parents:] if parents else ()), image.stem))


def _plain(name: str) -> str:
    return name.casefold()  # Two names that differ in case are one file on some systems.
