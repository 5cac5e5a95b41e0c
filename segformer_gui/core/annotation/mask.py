"""The mask of an image: a class id a pixel, and where a person put it there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.patch import Patch, Tile, grid_tiles, pack, unpack
from segformer_gui.core.annotation.region import NOWHERE, Box, Change, Region
from segformer_gui.core.classes import IGNORE

UNLABELLED = IGNORE


@dataclass(frozen=True)
class Rules:
    """Which pixels an edit may change, by the class that they have.

    Those of `locked` classes stay. With `only_over`, those of all but its classes stay, too:
    `PRESERVE` keeps every label that is there.
    """

    only_over: frozenset[int] | None = None
    locked: frozenset[int] = frozenset()

    def paintable(self) -> NDArray[np.uint8]:
        """(256,) uint8: 1 for the class ids whose pixels may change."""
        table = np.full(256, self.only_over is None, np.uint8)
        table[list(self.only_over or ())] = 1
        table[list(self.locked)] = 0
        return table


FREE = Rules()
PRESERVE = Rules(only_over=frozenset({UNLABELLED}))


class Mask:
    """`labels` (H, W) uint8 class ids, 255 = unlabelled; `touched` (H, W) bool: a person's work.

    Read the arrays as you like; only edits write to them. One thread at a time may edit. An edit of
    the whole of a large map is a worker's, which is handed the mask until it is done.
    """

    def __init__(self, labels: NDArray[np.uint8], touched: NDArray[np.bool_]) -> None:
        assert labels.shape == touched.shape
        self.labels = labels
        self.touched = touched
        self.recording: Recording | None = None  # The edit that has begun and not ended.

    @classmethod
    def unlabelled(cls, height: int, width: int) -> Mask:
        """The mask of an image that nobody and nothing has segmented."""
        labels = np.full((height, width), UNLABELLED, np.uint8)
        return cls(labels, np.zeros((height, width), np.bool_))

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        height, width = self.labels.shape
        return height, width

    @property
    def box(self) -> Box:
        """All of it."""
        return Box(0, 0, *self.size)

    def begin(self, rules: Rules = FREE, touch: bool | None = True) -> Recording:
        """Begin an edit of several changes; `touch` tells whether it is a person's work.

        None leaves the pixels whose they were.
        """
        assert self.recording is None, "the last edit has not ended"
        self.recording = Recording(self, rules, touch)
        return self.recording

    def edit(self, change: Change, rules: Rules = FREE, touch: bool | None = True) -> Patch | None:
        """Make one change; None where nothing had to change."""
        recording = self.begin(rules, touch)
        recording.paint(change)
        return recording.end()

    def affected(self, change: Change, rules: Rules = FREE) -> Region:
        """The pixels that would get another class: a preview of `edit`."""
        box = change.region.box & self.box
        if not box:
            return Region(NOWHERE, np.zeros((0, 0), np.bool_))
        labels, part = self.labels[box.slices], box.slices_in(change.region.box)
        inside = change.region.inside[part] & (change.labels[part] != labels)
        if rules != FREE:
            inside &= cv2.LUT(labels, rules.paintable()).view(np.bool_)
        return Region.of(inside, box.top, box.left)

    def apply(self, patch: Patch) -> Box:
        """Make the edit `patch` again; returns what may have changed."""
        assert self.recording is None, "an edit has not ended"
        for tile in patch.tiles:
            labels, touched = unpack(tile.after, tile.box.shape)
            self.labels[tile.box.slices] = labels
            self.touched[tile.box.slices] = touched
        return patch.box

    def revert(self, patch: Patch) -> Box:
        """Undo the edit `patch`; returns what may have changed."""
        return self.apply(patch.inverse())

    def settled(self) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Copies of `labels` and `touched` as they were before the edit that has not ended.

        May be called while another thread is editing.
        """
        recording = self.recording
        labels, touched = self.labels.copy(), self.touched.copy()
        if recording is not None:
            recording.put_back(labels, touched)
        return labels, touched


class Recording:
    """An edit between its beginning and its end; its changes become one patch."""

    def __init__(self, mask: Mask, rules: Rules, touch: bool | None) -> None:
        self._mask = mask
        self._paintable = None if rules == FREE else rules.paintable()
        self._touch = touch
        # Tiles as they were, each kept before the first of its pixels changes.
        self._before: dict[Box, tuple[NDArray[np.uint8], NDArray[np.bool_]]] = {}

    def paint(self, change: Change) -> Box:
        """Put the class ids of `change` where the rules allow; returns what may have changed."""
        mask = self._mask
        outer = change.region.box
        box = outer & mask.box
        if not box:
            return NOWHERE
        for tile in grid_tiles(box, mask.size):
            part = tile & box
            labels = mask.labels[part.slices]
            inside = change.region.inside[part.slices_in(outer)]
            if self._paintable is not None:
                inside = inside & cv2.LUT(labels, self._paintable).view(np.bool_)
            if not inside.any():
                continue
            if tile not in self._before:
                kept = mask.labels[tile.slices].copy(), mask.touched[tile.slices].copy()
                self._before[tile] = kept
            np.copyto(labels, change.labels[part.slices_in(outer)], where=inside)
            if self._touch is not None:
                np.copyto(mask.touched[part.slices], self._touch, where=inside)
        return box

    def end(self) -> Patch | None:
        """The edit as a patch; None where it changed nothing."""
        tiles = [self._difference(box) for box in self._before]
        self._mask.recording = None
        changed = tuple(tile for tile in tiles if tile is not None)
        return Patch(changed) if changed else None

    def cancel(self) -> Box:
        """Give the mask back as it was; returns what may have changed."""
        self.put_back(self._mask.labels, self._mask.touched)
        self._mask.recording = None
        return reduce(or_, self._before, NOWHERE)

    def put_back(self, labels: NDArray[np.uint8], touched: NDArray[np.bool_]) -> None:
        """Write what was there before into `labels` and `touched`, maps of the mask's size."""
        for box, before in list(self._before.items()):
            labels[box.slices], touched[box.slices] = before

    def _difference(self, tile: Box) -> Tile | None:
        old_labels, old_touched = self._before[tile]
        labels, touched = self._mask.labels[tile.slices], self._mask.touched[tile.slices]
        changed = Region.of(
            (old_labels != labels) | (old_touched != touched), tile.top, tile.left
        ).box
        if not changed:
            return None
        part = changed.slices_in(tile)
        before = pack(old_labels[part], old_touched[part])
        return Tile(changed, before, pack(labels[part], touched[part]))
