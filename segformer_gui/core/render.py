"""Label maps as pictures: coloured masks and overlays, for files (the window draws its own)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import ClassSet

Labels = NDArray[np.uint8] | NDArray[np.uint16]


def colorize(labels: Labels, classes: ClassSet) -> NDArray[np.uint8]:
    """Colour of each pixel's class: labels (H, W) -> (H, W, 3) uint8 RGB; other ids are black."""
    palette = classes.palette()
    if labels.dtype == np.uint8 and len(palette) == 256:
        # cv2's colour map is five times faster than numpy's fancy indexing.
        return cv2.applyColorMap(labels, palette[:, np.newaxis, :])  # pyright: ignore
    with_black = np.append(palette, np.zeros((1, 3), np.uint8), axis=0)
    return np.take(with_black, labels, axis=0, mode="clip")


def overlay(
    image: NDArray[np.uint8],
    labels: Labels,
    classes: ClassSet,
    opacity: float = 0.5,
    hidden: Sequence[int] = (),
) -> NDArray[np.uint8]:
    """Blend class colours over the image: (H, W, 3) uint8 RGB; `opacity` 0 = image, 1 = colours.

    Where the class is among the `hidden` ones the image stays as it is.
    """
    blended = colorize(labels, classes)
    cv2.addWeighted(image, 1 - opacity, blended, opacity, 0, dst=blended)
    if hidden:
        covered = np.ones(max(256, len(classes)), np.uint8)
        covered[list(hidden)] = 0
        cv2.copyTo(image, 1 - covered[labels], blended)
    return blended


def outlines(labels: Labels) -> Labels:
    """Labels (H, W) where one of a pixel's four neighbours has another class.

    Elsewhere the largest number of the type: 255 in uint8, 65535 in uint16.
    """
    borders = np.zeros(labels.shape, np.bool_)
    below, beside = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    for part, differs in (
        (np.s_[1:], below),
        (np.s_[:-1], below),
        (np.s_[:, 1:], beside),
        (np.s_[:, :-1], beside),
    ):
        borders[part] |= differs
    lines = np.full_like(labels, np.iinfo(labels.dtype).max)
    np.copyto(lines, labels, where=borders)
    return lines
