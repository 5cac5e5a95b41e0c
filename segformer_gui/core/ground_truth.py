"""The ground truth of a single image: where it lies, and how a prediction compares with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import ClassSet, known_class_set
from segformer_gui.core.datasets import (
    SAMPLES,
    Dataset,
    Layout,
    Sample,
    dataset_of,
    index_layout,
    is_cityscapes_labels,
)
from segformer_gui.core.errors import UserError
from segformer_gui.core.evaluation import ClassMatch, Labels, check_size, match_classes, read_truth
from segformer_gui.core.images import INDEX_IMAGES
from segformer_gui.core.metrics.confusion import ConfusionMatrix, Scores
from segformer_gui.core.paths import shipped


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The ground truth of one image, brought together with the classes of a model.

    `labels` (H, W) uint8 are places in `match.names`, 255 where nothing is counted.
    """

    path: Path
    labels: NDArray[np.uint8]
    match: ClassMatch

    def scores(self, prediction: Labels) -> Scores:
        """Scores of a prediction, ids (H, W) of the model's classes."""
        places = np.take(self.match.prediction_table, prediction, mode="clip")
        matrix = ConfusionMatrix.of_image(self.labels, places, len(self.match.names))
        return matrix.scores(self.match.names)


def read_ground_truth(dataset: Dataset, classes: ClassSet, size: tuple[int, int]) -> GroundTruth:
    """The ground truth of a data set of one sample, for a model of `classes`.

    `size` (H, W) is that of the image. Raises `UserError` as `match_classes` and `read_truth`, and
    `labels_wrong_size`.
    """
    (sample,) = dataset.samples
    match = match_classes(classes, dataset.classes)
    truth = read_truth(dataset, sample, match)
    check_size(sample, truth, np.broadcast_to(np.uint8(0), size), sample.image)
    return GroundTruth(sample.labels, truth, match)


def find_ground_truth(image: Path) -> Dataset | None:
    """The data set that `image` lies in, cut down to it; None where it has no ground truth.

    Layouts are those of `open_dataset`; the sample scenes have theirs, too. A folder that cannot be
    looked into holds none.
    """
    image = image.absolute()
    for root, layout, split in _places(image):
        with suppress(UserError, OSError):
            for sample in SAMPLES[layout](root, split):
                if sample.image == image and sample.labels.is_file():
                    return dataset_of(root, layout, split, [sample])
    labels = shipped("resources", "samples_labels") / image.name
    if image.parent == shipped("resources", "samples") and labels.is_file():
        return _of_file(image, labels, known_class_set("camvid"))
    return None


def ground_truth_file(image: Path, labels: Path) -> Dataset:
    """A file that a person names as the ground truth of `image`.

    Class ids of the model, or Cityscapes' where the file's name says so.
    """
    cityscapes = known_class_set("cityscapes") if is_cityscapes_labels(labels) else None
    return _of_file(image, labels, cityscapes)


def _of_file(image: Path, labels: Path, classes: ClassSet | None) -> Dataset:
    sample = Sample(image.stem, image, labels, sequence=image.stem)
    return Dataset(image.parent, "index", None, classes, (sample,))


def _places(image: Path) -> Iterator[tuple[Path, Layout, str]]:
    """Roots, layouts and splits that the folders above `image` are named for."""
    folder = image.parent
    if folder.with_name(f"{folder.name}annot").is_dir():
        yield folder.parent, "camvid", folder.name
    for above in image.parents:
        split = folder.relative_to(above).as_posix()
        if above.name == "leftImg8bit":
            yield above.parent, "cityscapes", split
        elif above.name in INDEX_IMAGES:
            yield above.parent, index_layout(above.parent), "" if split == "." else split
