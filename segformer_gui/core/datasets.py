"""Images with ground truth on disk: which files belong together, and what their ids mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import IGNORE, ClassSet, known_class_set
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.files import file_error
from segformer_gui.core.images import (
    CITYSCAPES_IMAGE,
    IMAGE_SUFFIXES,
    INDEX_IMAGES,
    INDEX_LABELS,
    find_images,
    read_labels,
)
from segformer_gui.core.project.record import RECORD_FILE, read_record

Layout = Literal["cityscapes", "camvid", "ade20k", "index", "project"]
ALL_SPLITS = "all"  # In the place of one split.
LAYOUTS: tuple[Layout, ...] = get_args(Layout)

_ADE20K_CLASSES = "objectInfo150.txt"  # A file that lies beside its folders.
_CITYSCAPES_LABELS = ("_gtFine_labelIds.png", "_gtFine_labelTrainIds.png")


@dataclass(frozen=True)
class Sample:
    """An image and its ground truth.

    `id` names it within the data set. Samples of one `sequence` may be neighbouring video frames: a
    hold-out must not share a sequence with what it is held out from; `hold_out` marks those that a
    person wants for scores only. `touched` is a map of where a person worked: elsewhere the labels
    are a model's own, and do not count. Without one all of them count.
    """

    id: str
    image: Path
    labels: Path
    sequence: str
    touched: Path | None = None
    hold_out: bool = False


@dataclass(frozen=True)
class Dataset:
    """Samples of one split, at least one; `split` is None where the data set has none or all of
    them are taken. `classes` is None where the files do not say what their ids mean; one without
    a name is none. With `reduce_zero_label` a 0 in the files is no class, and a class's id there is
    one more than it is here. `notes` are what to know about it.
    """

    root: Path
    layout: Layout
    split: str | None
    classes: ClassSet | None
    samples: tuple[Sample, ...]
    reduce_zero_label: bool = False
    notes: tuple[Note, ...] = ()

    def read_ground_truth(self, sample: Sample) -> NDArray[np.uint8]:
        """Class ids (H, W) uint8, `IGNORE` where there is no class.

        Cityscapes' labelIds become class ids. Ids of a class without a name are of none. Raises
        `UserError` as `read_labels`, and `labels_id_too_large` for an id above 255 (65535 is taken
        for "ignore").
        """
        ids = read_labels(sample.labels)
        if sample.touched is not None:
            ids = np.where(read_labels(sample.touched) > 0, ids, IGNORE)
        if sample.labels.name.endswith(_CITYSCAPES_LABELS[0]):
            return from_label_ids(ids, known_class_set("cityscapes"))
        if self.reduce_zero_label:
            ignored = (ids == 0) | (ids == IGNORE) | (ids == 65535)
            ids = np.where(ignored, np.uint16(65535), ids - 1)
        if self.classes is not None:
            named = np.array([bool(name) for name in self.classes.names] + [False])
            known = named[np.minimum(ids, len(self.classes))]
            return np.where(known, ids, IGNORE).astype(np.uint8)
        if ids.dtype != np.uint8:
            ids = np.where(ids == 65535, IGNORE, ids)
            if ids.max() > IGNORE:
                raise id_too_large(sample, int(ids.max()), IGNORE)
        return ids.astype(np.uint8)


def id_too_large(sample: Sample, largest: int, num_classes: int) -> UserError:
    """The error for ground truth with an id that none of `num_classes` classes has."""
    return UserError(
        "labels_id_too_large", path=str(sample.labels), id=largest, classes=num_classes
    )


def open_dataset(
    root: Path,
    layout: Layout | None = None,
    split: str | None = None,
    sequences: Sequence[str] = (),
    reduce_zero_label: bool = False,
) -> Dataset:
    """Find the samples below `root`; the layout is detected unless given.

    - `cityscapes`: leftImg8bit/SPLIT/CITY/*_leftImg8bit.png with gtFine/SPLIT/CITY/*_gtFine_*.png
    - `camvid`: SPLIT/*.png with SPLITannot/*.png of the same name
    - `ade20k`: as `index`, in the data set's own numbering, where 0 is no class
    - `index`: images/[SPLIT/]* with labels/[SPLIT/]* (or imgs/; masks/, annotations/, gts/) of the
      same name but for the suffix; class ids as they are, 255 = ignore
    - `project`: images of a project whose masks a person has corrected or checked, and of them what
      the person has touched, or all that is checked

    Without `split`, `val` is taken where there is one, else everything, as with `ALL_SPLITS`; with
    `sequences`, they are taken from wherever they are. Raises `UserError` `file_missing`,
    `no_permission`, `file_unreadable`, `dataset_layout_unknown`, `dataset_split_unknown`,
    `dataset_labels_missing`, `no_images`, `project_uncorrected` or `sequence_unknown`, and as
    `read_record`.
    """
    try:
        layout = layout or detect_layout(root)
        splits = _splits(root, layout)
        if split is not None or not sequences:
            split = _choose_split(root, splits, split)
        parts = splits if split is None and splits else [split or ""]
        samples = [sample for part in parts for sample in SAMPLES[layout](root, part)]
    except OSError as error:
        raise file_error(error, Path(error.filename or root), "file_unreadable") from error
    if not samples:
        if layout == "project":
            raise UserError("project_uncorrected", path=str(root))
        raise UserError("no_images", path=str(root))
    check_sequences(samples, sequences)
    samples = [s for s in samples if not sequences or s.sequence in sequences]
    without = [sample for sample in samples if not sample.labels.is_file()]
    if without:
        raise UserError(
            "dataset_labels_missing",
            count=len(without),
            total=len(samples),
            image=str(without[0].image),
            labels=str(without[0].labels),
        )
    return dataset_of(root, layout, split, samples, reduce_zero_label)


def dataset_of(
    root: Path,
    layout: Layout,
    split: str | None,
    samples: Iterable[Sample],
    reduce_zero_label: bool = False,
) -> Dataset:
    """Samples that lie in a layout, with what it says of their ids. Raises as `read_record`."""
    if layout == "project":
        classes = read_record(root / RECORD_FILE)[0]
    else:
        classes = None if layout == "index" else known_class_set(layout)
    reduced = reduce_zero_label or layout == "ade20k"
    return Dataset(root, layout, split, classes, tuple(samples), reduced)


def list_splits(root: Path, layout: Layout | None = None) -> list[str]:
    """Names of the splits, if there are any. Raises `UserError` as `open_dataset`."""
    try:
        return _splits(root, layout or detect_layout(root))
    except OSError as error:
        raise file_error(error, Path(error.filename or root), "file_unreadable") from error


def check_sequences(samples: Iterable[Sample], wanted: Iterable[str]) -> None:
    """Raise `UserError` `sequence_unknown` if no sample is of a sequence that is `wanted`."""
    known = {sample.sequence for sample in samples}
    for name in wanted:
        if name not in known:
            raise UserError("sequence_unknown", sequence=name, available=", ".join(sorted(known)))


def from_label_ids(
    labels: NDArray[np.uint8] | NDArray[np.uint16], classes: ClassSet
) -> NDArray[np.uint8]:
    """Cityscapes `labelIds` -> class ids (H, W) uint8; what is no class becomes `IGNORE`."""
    table = np.full(256, IGNORE, np.uint8)
    table[list(classes.label_ids)] = np.arange(len(classes))
    return np.take(table, labels, mode="clip")


def is_cityscapes_labels(path: Path) -> bool:
    """Whether a file is named like ground truth of Cityscapes, in either of its numberings."""
    return path.name.endswith(_CITYSCAPES_LABELS)


def detect_layout(root: Path) -> Layout:
    """How the files below `root` lie. Raises `UserError` `dataset_layout_unknown`."""
    folders = _folders(root)
    if (root / RECORD_FILE).is_file():
        return "project"
    if "leftImg8bit" in folders:
        return "cityscapes"
    if any(f"{name}annot" in folders for name in folders):
        return "camvid"
    if any(name in folders for name in INDEX_IMAGES):
        return index_layout(root)
    raise UserError("dataset_layout_unknown", path=str(root))


def index_layout(root: Path) -> Layout:
    """Which of the layouts with a folder of images beside one of labels it is."""
    return "ade20k" if (root / _ADE20K_CLASSES).is_file() else "index"


def _splits(root: Path, layout: Layout) -> list[str]:
    """Names of the splits, none where the files are not split."""
    folders = _folders(root)
    if layout == "camvid":
        splits = [name for name in folders if f"{name}annot" in folders]
        if not splits:
            raise UserError("dataset_layout_unknown", path=str(root))
        return splits
    if layout == "project":
        return []
    images = root / "leftImg8bit" if layout == "cityscapes" else _first_of(root, INDEX_IMAGES)
    has_files = any(path.suffix.lower() in IMAGE_SUFFIXES for path in images.iterdir())
    return [] if has_files else _folders(images)


def _choose_split(root: Path, splits: list[str], wanted: str | None) -> str | None:
    if wanted is None:
        return "val" if "val" in splits else splits[0] if len(splits) == 1 else None
    if wanted == ALL_SPLITS and wanted not in splits:
        return None
    if wanted not in splits:
        available = ", ".join(splits) or "-"
        raise UserError("dataset_split_unknown", split=wanted, path=str(root), available=available)
    return wanted


def _folders(root: Path) -> list[str]:
    visible = (path for path in root.iterdir() if not path.name.startswith("."))
    return sorted(path.name for path in visible if path.is_dir())


def _first_of(root: Path, names: Iterable[str]) -> Path:
    """The first of `names` that is a folder in `root`, else the first, for the error to name."""
    candidates = [root / name for name in names]
    return next((path for path in candidates if path.is_dir()), candidates[0])


def _cityscapes_samples(root: Path, split: str) -> Iterable[Sample]:
    folder = root / "leftImg8bit" / split
    for image in find_images([folder]):
        if not image.stem.endswith(CITYSCAPES_IMAGE):
            continue
        identifier = image.stem.removesuffix(CITYSCAPES_IMAGE)
        labels = root / "gtFine" / split / image.relative_to(folder).parent
        candidates = [labels / f"{identifier}{suffix}" for suffix in _CITYSCAPES_LABELS]
        found = next((path for path in candidates if path.is_file()), candidates[0])
        yield Sample(identifier, image, found, sequence=identifier.rpartition("_")[0])


def _camvid_samples(root: Path, split: str) -> Iterable[Sample]:
    for image in find_images([root / split]):
        labels = root / f"{split}annot" / image.relative_to(root / split)
        yield Sample(image.stem, image, labels, sequence=image.stem.partition("_")[0])


def _index_samples(root: Path, split: str) -> Iterable[Sample]:
    images, labels = _first_of(root, INDEX_IMAGES), _first_of(root, INDEX_LABELS)
    files = find_images([labels / split]) if (labels / split).is_dir() else []
    labels_of = {path.relative_to(labels).with_suffix(""): path for path in files}
    for image in find_images([images / split]):
        name = image.relative_to(images).with_suffix("")
        # A sub-folder is a sequence; images side by side are taken for unrelated.
        folder = name.parent if name.parent != Path(split) else name
        expected = labels / f"{name}.png"
        yield Sample(
            name.as_posix(), image, labels_of.get(name, expected), sequence=folder.as_posix()
        )


def _project_samples(root: Path, split: str) -> Iterable[Sample]:
    del split  # A project has none.
    _, rows = read_record(root / RECORD_FILE)
    for row in rows.values():
        if row.saved and row.status in ("corrected", "checked"):
            image = Path(os.path.normpath(root / row.path))
            touched = root / "touched" / f"{row.id}.png"
            whole = row.status == "checked" or not touched.is_file()
            labels = root / "masks" / f"{row.id}.png"
            sequence, wanted = row.sequence, None if whole else touched
            yield Sample(row.id, image, labels, sequence, wanted, row.hold_out)


# How each layout's samples are found: (root, split, or a folder of it) -> samples.
SAMPLES: dict[Layout, Callable[[Path, str], Iterable[Sample]]] = {
    "cityscapes": _cityscapes_samples,
    "camvid": _camvid_samples,
    "ade20k": _index_samples,
    "index": _index_samples,
    "project": _project_samples,
}
