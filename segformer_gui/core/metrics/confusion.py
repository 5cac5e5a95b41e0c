"""The confusion matrix of a whole set, and every score that is read off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import IGNORE

MAX_CLASSES = IGNORE  # Class ids of a ground truth are bytes, and one of them means "ignore".

RULE = (
    "One confusion matrix over all images. Pixels without ground truth are ignored. A class that is"
    " predicted but not in the ground truth scores 0, one in neither is left out of the mean."
    " A pixel without a prediction is wrong."
)


@dataclass(frozen=True)
class Scores:
    """Scores of a set of images, all in 0..1; NaN where there was nothing to measure.

    `class_iou`: TP / (TP + FP + FN) by class. `miou`: its mean, a class that is only ever a false
    positive counting as 0, as in the official Cityscapes evaluation. `miou_present_classes`: the
    mean over the classes of the ground truth alone. `mean_accuracy`: mean recall of those classes.
    `fw_iou`: IoU weighted by how many ground-truth pixels a class has. `pixels`: ground-truth
    pixels that were not ignored.
    """

    class_names: tuple[str, ...]
    class_iou: tuple[float, ...]
    miou: float
    miou_present_classes: float
    pixel_accuracy: float
    mean_accuracy: float
    fw_iou: float
    images: int
    pixels: int

    def to_json(self) -> dict[str, object]:
        """The scores as JSON values: NaN becomes None, `rule` says how they were counted."""
        ious = zip(self.class_names, self.class_iou, strict=True)
        return {
            "miou": none_if_nan(self.miou),
            "miou_present_classes": none_if_nan(self.miou_present_classes),
            "pixel_accuracy": none_if_nan(self.pixel_accuracy),
            "mean_accuracy": none_if_nan(self.mean_accuracy),
            "fw_iou": none_if_nan(self.fw_iou),
            "per_class": {name: none_if_nan(iou) for name, iou in ious},
            "images": self.images,
            "pixels": self.pixels,
            "rule": RULE,
        }


@dataclass(frozen=True, eq=False)
class ConfusionMatrix:
    """Pixel counts by ground truth and prediction; matrices of parts of a set add up.

    `counts` (C, C + 1) int64: rows ground truth, columns prediction, the last column "no class".
    """

    counts: NDArray[np.int64]
    images: int

    @classmethod
    def empty(cls, num_classes: int) -> ConfusionMatrix:
        """The matrix of no image at all, for 1..`MAX_CLASSES` classes."""
        return cls(np.zeros((num_classes, num_classes + 1), np.int64), 0)

    @classmethod
    def of_image(
        cls,
        truth: NDArray[np.uint8],
        prediction: NDArray[np.uint8] | NDArray[np.uint16] | None,
        num_classes: int,
    ) -> ConfusionMatrix:
        """The matrix of one image, from class ids of equal shape, for 1..`MAX_CLASSES` classes.

        Ground-truth ids that are no class, such as 255, are ignored; predicted ones are wrong. A
        `prediction` of None, where there is none, is wrong everywhere.
        """
        size = num_classes + 1
        if prediction is None:
            prediction = np.full_like(truth, IGNORE)
        # Both ids in 16 bits: (255 + 1) squared is just as many numbers as they hold.
        pairs = np.minimum(truth, num_classes).astype(np.uint16) * np.uint16(size)
        pairs += np.minimum(prediction, num_classes)
        counts = np.bincount(pairs.ravel(), minlength=size * size).reshape(size, size)
        return cls(counts[:num_classes].astype(np.int64), 1)

    def __add__(self, other: ConfusionMatrix) -> ConfusionMatrix:
        return ConfusionMatrix(self.counts + other.counts, self.images + other.images)

    def trimmed(self) -> ConfusionMatrix:
        """The same without the highest classes that occur neither as ground truth nor predicted."""
        seen = np.flatnonzero(self.counts.any(1) | self.counts[:, :-1].any(0))
        size = int(seen[-1]) + 1 if seen.size else 1
        counts = np.column_stack([self.counts[:size, :size], self.counts[:size, -1]])
        return ConfusionMatrix(counts, self.images)

    def scores(self, class_names: Sequence[str]) -> Scores:
        """Every score of these counts; one name a class."""
        hits = self.counts.diagonal().astype(np.float64)
        in_truth = self.counts.sum(1)
        in_prediction = self.counts[:, :-1].sum(0)
        with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: nothing to measure.
            iou = hits / (in_truth + in_prediction - hits)
            recall = hits / in_truth
            pixel_accuracy = hits.sum() / in_truth.sum()
            fw_iou = (in_truth * np.nan_to_num(iou)).sum() / in_truth.sum()
        return Scores(
            class_names=tuple(class_names),
            class_iou=tuple(iou.tolist()),
            miou=_mean(iou),
            miou_present_classes=_mean(iou[in_truth > 0]),
            pixel_accuracy=float(pixel_accuracy),
            mean_accuracy=_mean(recall),
            fw_iou=float(fw_iou),
            images=self.images,
            pixels=int(in_truth.sum()),
        )


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def none_if_nan(value: float) -> float | None:
    """A score as JSON can hold it."""
    return None if np.isnan(value) else value
