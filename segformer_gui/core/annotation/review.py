"""Where to look next: the regions of an image that most likely need correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.region import Box
from segformer_gui.core.render import Labels

_CELLS = 40  # Along the longer side: a cell is about as large as what is corrected in one go.
_LARGEST = 25  # Cells of one region, so that a doubtful image is not a single one.
_NEGLIGIBLE = 0.01  # Mean doubt in a cell.


@dataclass(frozen=True)
class Suspect:
    """A part of an image. `score` is how many of its pixels are expected to be wrong."""

    box: Box
    score: float


def disagreement(labels: Labels, others: Sequence[Labels]) -> NDArray[np.float32]:
    """Share of the `others` that differ from `labels` at each pixel: (H, W) float32 in 0..1.

    Others are predictions for corrupted copies of the image, or those of other models.
    """
    differing = np.zeros(labels.shape, np.float32)
    for other in others:
        differing += other != labels
    return differing / np.float32(max(1, len(others)))


def suspects(
    doubt: NDArray[np.float32], touched: NDArray[np.bool_] | None = None, limit: int = 50
) -> list[Suspect]:
    """The regions with most doubt, the worst first.

    `doubt` (H, W) in 0..1 is an entropy or a `disagreement`; 1 is taken for certainly wrong. Pixels
    that a person `touched` count as right. The thin lines of doubt along all borders weigh little
    in a cell of the grid that the map is averaged over; cells are joined with their neighbours of
    at least half their doubt.
    """
    if touched is not None:
        doubt = np.where(touched, 0, doubt)
    height, width = doubt.shape
    side = max(1, round(max(height, width) / _CELLS))
    grid = (max(1, width // side), max(1, height // side))
    cells: NDArray[np.float32] = cv2.resize(doubt, grid, interpolation=cv2.INTER_AREA)  # pyright: ignore
    pixels = height * width / cells.size
    found: list[Suspect] = []
    left = cells.copy()
    while len(found) < limit and left.max() > _NEGLIGIBLE:
        members = _grow(left)
        rows, columns = np.nonzero(members)
        box = Box(
            int(rows.min() * height / grid[1]),
            int(columns.min() * width / grid[0]),
            int(np.ceil((rows.max() + 1) * height / grid[1])),
            int(np.ceil((columns.max() + 1) * width / grid[0])),
        )
        found.append(Suspect(box, float(cells[members].sum() * pixels)))
        left[members] = 0
    return sorted(found, key=lambda suspect: -suspect.score)


def _grow(cells: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The cell (H, W) of the most doubt, with what is connected and has at least half of it."""
    row, column = np.unravel_index(int(cells.argmax()), cells.shape)
    least = cells[row, column] / 2
    members = np.zeros(cells.shape, np.bool_)
    members[row, column] = True
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
    while members.sum() < _LARGEST:
        around = cv2.dilate(members.view(np.uint8), cross).view(np.bool_)
        grown = around & (cells >= least)
        if (grown == members).all():
            break
        members = grown
    return members
