"""Two predictions of one image, such as of it clean and corrupted: how far apart they are, where.

Without ground truth this is *consistency*: how much of the first prediction the second one keeps,
whether it was right or wrong. It is never accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import IGNORE, ClassSet
from segformer_gui.core.evaluation import Labels, match_classes
from segformer_gui.core.ground_truth import GroundTruth
from segformer_gui.core.metrics.confusion import MAX_CLASSES, ConfusionMatrix, Scores

# Borders that moved less than this lie where they were, to the eye and for the network, whose
# logits are four pixels apart.
BORDER_TOLERANCE_PX = 4.0

# What each id of a map of kinds means; everything else of such a map is 255.
BORDER_KEPT, BORDER_GONE, BORDER_NEW = range(3)
ERROR_NEW, ERROR_MENDED, ERROR_BOTH = range(3)


@dataclass(frozen=True, eq=False)
class PairScores:
    """How the second of two predictions, `other`, compares with the first, `base`; all in 0..1.

    `agreement`: share of the pixels of the same class. `consistency`: mIoU of `other` with `base`
    in the place of ground truth ("pseudo-mIoU"). `class_consistency`: IoU of each of the model's
    classes, NaN where neither prediction has it. `base_truth` and `other_truth`: scores against
    ground truth, None without one.
    """

    class_names: tuple[str, ...]
    agreement: float
    consistency: float
    class_consistency: tuple[float, ...]
    base_truth: Scores | None = None
    other_truth: Scores | None = None

    @property
    def miou_change(self) -> float | None:
        """True mIoU of `other` less that of `base`; None without ground truth."""
        if self.base_truth is None or self.other_truth is None:
            return None
        return self.other_truth.miou - self.base_truth.miou

    @property
    def score(self) -> float:
        """True mIoU of `other` where there is ground truth, else its consistency."""
        return self.consistency if self.other_truth is None else self.other_truth.miou

    @property
    def class_scores(self) -> dict[str, float]:
        """What `score` is the mean of: true IoU of each class, or its consistency; NaN left out."""
        if self.other_truth is None:
            named = zip(self.class_names, self.class_consistency, strict=True)
        else:
            named = zip(self.other_truth.class_names, self.other_truth.class_iou, strict=True)
        return {name: score for name, score in named if not np.isnan(score)}

    @property
    def class_losses(self) -> dict[str, float]:
        """What each class has lost, the most first: true IoU, or consistency below 1.

        A class that nothing but `other` has scores 0 and has had nothing to lose of true IoU; as
        far as consistency goes it has lost everything.
        """
        before = dict.fromkeys(self.class_names, 1.0)
        if self.base_truth is not None:
            truth = self.base_truth
            before = dict(zip(truth.class_names, truth.class_iou, strict=True))
        losses = {
            name: np.nan_to_num(before[name]) - score for name, score in self.class_scores.items()
        }
        return {name: float(losses[name]) for name in sorted(losses, key=lambda n: -losses[n])}


def compare_labels(
    base: Labels, other: Labels, class_names: Sequence[str], truth: GroundTruth | None = None
) -> PairScores:
    """Scores of two label maps (H, W) of the same classes, ids from 0."""
    scores = _matrix(base, other, len(class_names)).scores(class_names)
    return PairScores(
        class_names=scores.class_names,
        agreement=scores.pixel_accuracy,
        consistency=scores.miou,
        class_consistency=scores.class_iou,
        base_truth=truth.scores(base) if truth else None,
        other_truth=truth.scores(other) if truth else None,
    )


def compare_models(
    base: Labels, base_classes: ClassSet, other: Labels, other_classes: ClassSet
) -> PairScores:
    """Scores of two models' label maps over the classes that both have, by name.

    Pixels where `base` has a class that only its own model knows are left out. Raises `UserError`
    `evaluation_no_shared_classes` or `evaluation_too_many_classes`.
    """
    match = match_classes(other_classes, base_classes)
    return compare_labels(
        np.take(match.truth_table, base, mode="clip"),
        np.take(match.prediction_table, other, mode="clip"),
        match.names,
    )


def flips(base: Labels, other: Labels) -> Labels:
    """The class in `other` where it differs from `base`, elsewhere the largest number of the type:
    255 in uint8, 65535 in uint16. All (H, W).
    """
    flipped = np.full_like(other, np.iinfo(other.dtype).max)
    np.copyto(flipped, other, where=base != other)
    return flipped


def confidence_drop(base: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How much confidence fell from `base` to `other`, both in 256 steps from 0 to 1, all (H, W).

    0: it rose from 0 to 1; 128: unchanged; 255: it fell from 1 to 0.
    """
    return cv2.addWeighted(base, 0.5, other, -0.5, 128)  # pyright: ignore


def boundary_shift(base: Labels, other: Labels) -> float:
    """By how many pixels the borders of the regions moved, in the mean over those of both.

    Each border pixel counts with its distance to the nearest one of the other map. NaN where one
    map has borders and the other has none.
    """
    ours, theirs = (borders(labels) for labels in (base, other))
    if not ours.any() or not theirs.any():
        return 0.0 if ours.any() == theirs.any() else float("nan")
    distances = np.concatenate([_distance(theirs)[ours], _distance(ours)[theirs]])
    return float(distances.mean())


def boundary_kinds(
    base: Labels, other: Labels, tolerance_px: float = BORDER_TOLERANCE_PX
) -> NDArray[np.uint8]:
    """Where borders stayed within the tolerance, went away or are new: `BORDER_...`, (H, W)."""
    ours, theirs = (borders(labels) for labels in (base, other))
    kinds = np.full(base.shape, IGNORE, np.uint8)
    kinds[ours & (_distance(theirs) > tolerance_px)] = BORDER_GONE
    near = _distance(ours) <= tolerance_px
    kinds[theirs & ~near] = BORDER_NEW
    kinds[theirs & near] = BORDER_KEPT
    return kinds


def error_kinds(base: Labels, other: Labels, truth: GroundTruth) -> NDArray[np.uint8]:
    """Where `other` is wrong, and `base` was not, or was: `ERROR_...`, (H, W)."""
    counted = truth.labels != IGNORE
    base_wrong, other_wrong = (
        counted & (np.take(truth.match.prediction_table, labels, mode="clip") != truth.labels)
        for labels in (base, other)
    )
    kinds = np.full(base.shape, IGNORE, np.uint8)
    kinds[other_wrong & ~base_wrong] = ERROR_NEW
    kinds[base_wrong & ~other_wrong] = ERROR_MENDED
    kinds[base_wrong & other_wrong] = ERROR_BOTH
    return kinds


def borders(labels: Labels) -> NDArray[np.bool_]:
    """Pixels (H, W) whose right or lower neighbour is of another class."""
    found = np.zeros(labels.shape, np.bool_)
    found[:-1] |= labels[1:] != labels[:-1]
    found[:, :-1] |= labels[:, 1:] != labels[:, :-1]
    return found


def _distance(found: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Pixels from each place to the nearest one that was found; infinite where there is none."""
    if not found.any():
        return np.full(found.shape, np.inf, np.float32)
    elsewhere = (~found).view(np.uint8)
    return cv2.distanceTransform(elsewhere, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)  # pyright: ignore


def _matrix(base: Labels, other: Labels, count: int) -> ConfusionMatrix:
    """Pixels by class in `base` and in `other`; what `base` ignores is left out."""
    if count <= MAX_CLASSES and base.dtype == np.uint8:
        return ConfusionMatrix.of_image(base.astype(np.uint8, copy=False), other, count)
    total = np.zeros((count, count + 1), np.int64)
    for ours, theirs in _strips(base, other):
        known = ours < count
        pairs = ours[known] * (count + 1) + np.minimum(theirs[known], count)
        total += np.bincount(pairs, minlength=total.size).reshape(total.shape)
    return ConfusionMatrix(total, 1)


def _strips(base: Labels, other: Labels) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    for top in range(0, len(base), 256):
        yield base[top : top + 256].astype(np.int64), other[top : top + 256].astype(np.int64)
