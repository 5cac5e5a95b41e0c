"""Tidying a mask up: open and close, holes, islands, gaps.

Functions take labels (H, W) uint8 and return the change that would be made. All of them look at the
whole map: a worker's. Cut the change with `Change.within` to tidy a part up.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.annotation.region import Change, Region
from segformer_gui.core.outputs import pixels_per_class


def opened(labels: NDArray[np.uint8], class_id: int, radius_px: float) -> Change:
    """Take away what of a class no disc of `radius_px` fits into; the class next to it spreads."""
    inside = labels == class_id
    kept = _dilated(_eroded(inside, radius_px), radius_px)
    return _by_nearest(labels, inside & ~kept, ~inside)


def closed(labels: NDArray[np.uint8], class_id: int, radius_px: float) -> Change:
    """Give a class the gaps and bays that no disc of `radius_px` fits into."""
    inside = labels == class_id
    grown = _eroded(_dilated(inside, radius_px), radius_px)
    return Region.of(grown & ~inside).filled(class_id)


def holes_filled(labels: NDArray[np.uint8], class_id: int, max_px: int | None = None) -> Change:
    """Give a class what it surrounds on all sides, of at most `max_px` pixels."""
    outside = (labels != class_id).view(np.uint8)
    _, numbers, facts, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    x, y, w, h, areas = facts.T
    height, width = labels.shape
    enclosed = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    enclosed[0] = False  # Component 0 is the class itself.
    if max_px is not None:
        enclosed &= areas <= max_px
    return Region.of(_members(numbers, enclosed)).filled(class_id)


def islands_removed(
    labels: NDArray[np.uint8], smallest_px: int, classes: Iterable[int] | None = None
) -> Change:
    """Give connected parts of a class of fewer than `smallest_px` pixels to the class next to them.

    Parts that touch at a corner are one. Of the `classes` only, or else of all.
    """
    present = np.flatnonzero(pixels_per_class(labels, 256))
    wanted = set(classes) if classes is not None else set(range(256)) - {UNLABELLED}
    small = np.zeros(labels.shape, np.bool_)
    for class_id in wanted.intersection(present.tolist()):
        inside = (labels == class_id).view(np.uint8)
        _, numbers, facts, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
        few = facts[:, cv2.CC_STAT_AREA] < smallest_px
        few[0] = False
        if few.any():
            small |= _members(numbers, few)
    return _by_nearest(labels, small, ~small)


def gaps_filled(labels: NDArray[np.uint8]) -> Change:
    """Give every unlabelled pixel the class of the nearest labelled one."""
    unlabelled = labels == UNLABELLED
    return _by_nearest(labels, unlabelled, ~unlabelled)


def _by_nearest(
    labels: NDArray[np.uint8], wanted: NDArray[np.bool_], sources: NDArray[np.bool_]
) -> Change:
    """Give the `wanted` pixels the class of the nearest of the `sources`; (H, W) bool both.

    Nearest by OpenCV's 5 x 5 distances, which are right within 2 %. Without any source, nothing.
    """
    if not sources.any():
        wanted = np.zeros_like(wanted)
    region = Region.of(wanted)
    if not region.box:
        return region.filled(UNLABELLED)
    # Numbers of source pixels grow row by row, so they are places in the list of all sources.
    _, numbers = cv2.distanceTransformWithLabels(
        (~sources).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places: NDArray[np.int32] = numbers[region.box.slices] - 1  # pyright: ignore
    return Change(region, labels[sources][places])


def _members(numbers: NDArray[np.int32], wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels (H, W) of the `wanted` components (N,)."""
    return np.take(wanted, numbers)


def _dilated(inside: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Pixels at most `radius_px` from one that is inside."""
    return _distance_to(inside) <= radius_px


def _eroded(inside: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Pixels more than `radius_px` from any that is outside; beyond the border there is none."""
    return _distance_to(~inside) > radius_px


def _distance_to(targets: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance of each pixel to the nearest target; infinite without any."""
    if not targets.any():
        return np.full(targets.shape, np.inf, np.float32)
    return cv2.distanceTransform(  # pyright: ignore
        (~targets).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
