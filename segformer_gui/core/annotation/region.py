"""Places on a mask: boxes, regions of any shape, and the class ids that are to be put there.

Points are (x, y) in image pixels, with fractions: the pixel of row i and column j reaches from
(j, i) to (j + 1, i + 1), and belongs to a shape if its centre does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """Rows `top` to `bottom` and columns `left` to `right` of a map, the ends not included.

    False where it holds no pixel. `a & b` is what both hold, `a | b` the smallest box around both.
    """

    top: int
    left: int
    bottom: int
    right: int

    def __bool__(self) -> bool:
        return self.top < self.bottom and self.left < self.right

    def __and__(self, other: Box) -> Box:
        return Box(
            max(self.top, other.top),
            max(self.left, other.left),
            min(self.bottom, other.bottom),
            min(self.right, other.right),
        )

    def __or__(self, other: Box) -> Box:
        if not (self and other):
            return self or other
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of what it holds; zeros where that is nothing."""
        return max(0, self.bottom - self.top), max(0, self.right - self.left)

    @property
    def slices(self) -> tuple[slice, slice]:
        """The index that cuts it out of a map."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def slices_in(self, outer: Box) -> tuple[slice, slice]:
        """The index that cuts it out of what was cut out by `outer`, which holds it."""
        return (
            slice(self.top - outer.top, self.bottom - outer.top),
            slice(self.left - outer.left, self.right - outer.left),
        )


NOWHERE = Box(0, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Region:
    """Any set of pixels: `inside` (H, W) bool tells which of those in `box` belong to it.

    False where it holds none. `a & b` is what both hold.
    """

    box: Box
    inside: NDArray[np.bool_]

    @staticmethod
    def of(inside: NDArray[np.bool_], top: int = 0, left: int = 0) -> Region:
        """The pixels where `inside` (H, W) is true, cut to the smallest box.

        `top` and `left` are where the first pixel of `inside` lies.
        """
        x, y, width, height = cv2.boundingRect(inside.view(np.uint8))
        part = inside[y : y + height, x : x + width]
        return Region(Box(top + y, left + x, top + y + height, left + x + width), part)

    def __bool__(self) -> bool:
        return bool(self.inside.any())

    def __and__(self, other: Region) -> Region:
        box = self.box & other.box
        if not box:
            return Region(NOWHERE, np.zeros((0, 0), np.bool_))
        ours, theirs = box.slices_in(self.box), box.slices_in(other.box)
        return Region(box, self.inside[ours] & other.inside[theirs])

    @property
    def pixels(self) -> int:
        """How many pixels it holds."""
        return int(np.count_nonzero(self.inside))

    def filled(self, class_id: int) -> Change:
        """The change that gives all of its pixels one class."""
        return Change(self, np.broadcast_to(np.uint8(class_id), self.inside.shape))


@dataclass(frozen=True, eq=False)
class Change:
    """Class ids for a region: `labels` (H, W) uint8 over its box, of which those inside count."""

    region: Region
    labels: NDArray[np.uint8]

    def within(self, region: Region) -> Change:
        """The part of the change that lies in `region`."""
        part = self.region & region
        if not part.box:
            return Change(part, np.zeros((0, 0), np.uint8))
        return Change(part, self.labels[part.box.slices_in(self.region.box)])
