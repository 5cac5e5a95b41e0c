"""Predictions and masks as files: what they hold, and which file belongs to which image."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

import segformer_gui
from segformer_gui.core.classes import IGNORE, ClassSet, known_class_set, plain_name
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.files import write_atomically
from segformer_gui.core.images import output_stem, read_image, write_png
from segformer_gui.core.project.record import OWN_FOLDERS, RECORD_FILE
from segformer_gui.core.render import Labels, colorize, overlay

if TYPE_CHECKING:
    from segformer_gui.core.corruption.condition import Condition
    from segformer_gui.core.inference.prediction import Timings
    from segformer_gui.core.project.record import Status

LabelFormat = Literal["index", "color", "labelIds", "trainIds"]
OutputKind = Literal["index", "color", "overlay", "labelIds", "trainIds", "statistics"]
OUTPUT_KINDS: tuple[OutputKind, ...] = get_args(OutputKind)


class Outcome(Protocol):
    """A prediction as it can be written: a `Prediction`, or what the window keeps of one."""

    @property
    def labels(self) -> Labels: ...
    @property
    def classes(self) -> ClassSet: ...
    @property
    def mean_confidence(self) -> float: ...
    @property
    def timings(self) -> Timings: ...
    @property
    def device(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def notes(self) -> tuple[Note, ...]: ...


@dataclass(frozen=True, eq=False)
class ProjectMask:
    """A project's mask as it can be written: class ids (H, W) uint8, 255 where there is none."""

    labels: NDArray[np.uint8]
    classes: ClassSet
    status: Status


def write_outputs(
    files: Mapping[OutputKind, Path],
    outcome: Outcome | ProjectMask,
    image: Path,
    model: str = "",
    opacity: float = 0.5,
    pixels: NDArray[np.uint8] | None = None,
    condition: Condition | None = None,
) -> None:
    """Write one image's files, each whole or not at all.

    `pixels` are those of `image`, which is read where an overlay needs them and they are not given;
    `condition` says how they were corrupted, if they were. Errors as `encode_labels`, `read_image`
    and `write_png`.
    """
    for kind, file in files.items():
        if kind == "statistics":
            text = json.dumps(
                statistics(outcome, image, model, condition), indent=2, ensure_ascii=False
            )
            write_atomically(file, f"{text}\n".encode(errors="replace"))
        elif kind == "overlay":
            pixels = read_image(image) if pixels is None else pixels
            write_png(file, overlay(pixels, outcome.labels, outcome.classes, opacity))
        else:
            write_png(file, encode_labels(outcome.labels, outcome.classes, kind))


def statistics(
    outcome: Outcome | ProjectMask, image: Path, model: str, condition: Condition | None = None
) -> dict[str, object]:
    """What is known of a prediction or a mask, as JSON can hold it; shares of the pixels in 0..1.

    `model` and `condition` are those of the prediction.
    """
    height, width = outcome.labels.shape
    counts = pixels_per_class(outcome.labels, len(outcome.classes))
    return {
        "image": str(image),
        "width": width,
        "height": height,
        **_origin(outcome, model, condition),
        "class_set": outcome.classes.name,
        "classes": [
            {
                "id": class_id,
                "name": name,
                "pixels": int(counts[class_id]),
                "share": float(counts[class_id] / outcome.labels.size),
            }
            for class_id, name in enumerate(outcome.classes.names)
            if name  # Else an id that no class has any more.
        ],
        "unlabelled": float(1 - counts.sum() / outcome.labels.size),
        "versions": {
            "segformer_gui": segformer_gui.__version__,
            "torch": metadata.version("torch"),
        },
    }


def _origin(
    outcome: Outcome | ProjectMask, model: str, condition: Condition | None
) -> dict[str, object]:
    if isinstance(outcome, ProjectMask):
        return {"source": "mask", "status": outcome.status}
    return {
        "source": "prediction",
        "model": model,
        "corruption": condition.to_json() if condition else None,
        "mean_confidence": outcome.mean_confidence,
        "device": outcome.device,
        "precision": outcome.precision,
        "ms": round(outcome.timings.total_ms, 1),
        "notes": [note.code for note in outcome.notes],
    }


def pixels_per_class(labels: Labels, classes: int) -> NDArray[np.int64]:
    """How many pixels of labels (H, W) each of the ids 0 to `classes` - 1 has: (N,)."""
    # In strips: bincount works on an int64 copy, eight times the size of the labels, and OpenCV's
    # histogram, which lets other threads run meanwhile, counts in float32.
    counts = np.zeros(max(256, classes), np.int64)
    for top in range(0, len(labels), 256):
        strip = labels[top : top + 256]
        if strip.dtype == np.uint8:
            found = cv2.calcHist([strip], [0], None, [256], [0, 256])
            counts[:256] += np.asarray(found).ravel().astype(np.int64)
        else:
            found = np.bincount(strip.ravel(), minlength=len(counts))
            counts += found[: len(counts)]
    return counts[:classes]


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
    to_train_id = cityscapes_train_ids(classes)
    if set(to_train_id) == {IGNORE}:
        raise UserError("format_needs_cityscapes", format=label_format)
    table = np.full(max(256, len(classes)), IGNORE, np.uint8)
    table[: len(classes)] = to_train_id
    if label_format == "labelIds":
        cityscapes = known_class_set("cityscapes")
        label_ids = np.zeros(256, np.uint8)
        label_ids[: len(cityscapes)] = cityscapes.label_ids
        table = label_ids[table]
    return table[labels]


def cityscapes_train_ids(classes: ClassSet) -> list[int]:
    """Cityscapes' trainId of each class, found by its name; 255 where it has no such class."""
    cityscapes = known_class_set("cityscapes")
    train_ids = {plain_name(name): index for index, name in enumerate(cityscapes.names)}
    return [train_ids.get(plain_name(name), IGNORE) for name in classes.names]


def output_endings(kinds: Sequence[OutputKind]) -> list[str]:
    """How the file names of each kind end: `.png` for class ids, else `_color.png` and so on."""
    endings = {"index": ".png", "statistics": "_statistics.json"}
    return [endings.get(kind, f"_{kind}.png") for kind in kinds]


def plan_outputs(
    images: Sequence[Path], folder: Path, endings: Sequence[str]
) -> dict[Path, list[Path]]:
    """Files `<stem><ending>` in `folder` for each image, one an ending, such as `_overlay.png`.

    Images of the same stem get as much of their folders' names before it as tells them apart, so
    that no file is written twice. Raises `UserError` `output_is_input` where a file is itself one
    of the images, and `output_is_project` for a folder of a project's own: before anything is
    computed.
    """
    real = Path(realpath(folder))  # `Path.resolve` fails where links go in a circle.
    if real.name in OWN_FOLDERS and (real.parent / RECORD_FILE).exists():
        raise UserError("output_is_project", path=str(folder))
    sources = {realpath(image) for image in images}
    plan: dict[Path, list[Path]] = {}
    for image, stem in _distinct_stems(images, endings).items():
        plan[image] = [folder / f"{stem}{ending}" for ending in endings]
        for file in plan[image]:
            if realpath(file) in sources:
                raise UserError("output_is_input", path=str(file))
    return plan


def _distinct_stems(images: Sequence[Path], endings: Sequence[str]) -> dict[Path, str]:
    """A file stem for each image, none equal to another or to another with an ending."""
    stems: dict[Path, str] = {}
    taken: set[str] = set()
    same_stem = Counter(_plain(output_stem(image)) for image in images)

    def free(stem: str) -> bool:
        return taken.isdisjoint(_plain(stem + ending) for ending in endings)

    for image in images:
        parents = 1 if same_stem[_plain(output_stem(image))] > 1 else 0
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
    return "_".join((*(folders[-parents:] if parents else ()), output_stem(image)))


def _plain(name: str) -> str:
    return name.casefold()  # Two names that differ in case are one file on some systems.
