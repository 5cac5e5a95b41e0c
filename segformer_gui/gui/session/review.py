"""Where to look next: the regions of the current image that most likely need correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.annotation.predicted import class_ids
from segformer_gui.core.annotation.region import Box
from segformer_gui.core.annotation.review import Suspect, disagreement, suspects
from segformer_gui.core.classes import IGNORE
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.ports import Job, Labels, Lanes, Result
from segformer_gui.gui.session.source import Source

# What counts as doubt: the mean of all that is there; the model's entropy; what the corruption that
# is shown changes; what the second model sees otherwise.
Doubt = Literal["all", "entropy", "corruption", "models"]
DOUBTS: tuple[Doubt, ...] = get_args(Doubt)


@dataclass(frozen=True)
class Visit:
    """A region to look at, the `number`-th since the beginning; `left` are yet to be looked at."""

    box: Box
    number: int
    left: int


class Review(QObject):
    """Goes through the doubtful regions of the current image, the worst first, and back.

    What a person has corrected counts as right.
    """

    found = Signal(Visit)
    nothing_found = Signal()
    doubt_changed = Signal()
    failed = Signal(Exception)

    def __init__(
        self, lanes: Lanes, masks: Masks, source: Source, corrupted: Source, rival: Source
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._masks = masks
        self._source = source
        self._corrupted = corrupted
        self._rival = rival
        self._visits: list[Visit] = []
        self._at = -1
        self._waiting = False  # For the logits.
        self.doubt: Doubt = "all"
        masks.document_changed.connect(self._begin_again)
        source.changed.connect(self._result_came)

    def set_doubt(self, doubt: Doubt) -> None:
        """What the regions are ordered by."""
        if doubt != self.doubt:
            self.doubt = doubt
            self._begin_again()
            self.doubt_changed.emit()

    def can(self, doubt: Doubt) -> bool:
        """Whether there is what this doubt is made of."""
        if doubt == "corruption":
            return _fits(self._corrupted, self._source)
        if doubt == "models":
            return _fits(self._rival, self._source)
        return self._source.result is not None

    def go_on(self) -> None:
        """Look at the next region; after the last one, again at the worst."""
        if self._at + 1 < len(self._visits):
            self._at += 1
            self.found.emit(self._visits[self._at])
        else:
            self._find()

    def go_back(self) -> None:
        """Look at the region before again."""
        if self._at > 0:
            self._at -= 1
            self.found.emit(self._visits[self._at])

    def _find(self) -> None:
        result, mask = self._source.result, self._masks.mask
        if result is None or mask is None or result.labels.shape != mask.labels.shape:
            return
        wanted = self.doubt if self.can(self.doubt) else "all"
        if result.logits is None and wanted in ("all", "entropy"):
            self._waiting = True
            self._source.maps.ask_for_logits()
            return
        corrupted = self._corrupted.result if self.can("corruption") else None
        rival = self._rival.result if self.can("models") else None

        def work(job: Job) -> list[Suspect]:
            maps: list[NDArray[np.float32]] = []
            if wanted in ("all", "entropy"):
                maps.append(_entropy(result, job))
            if wanted in ("all", "corruption") and corrupted is not None:
                maps.append(disagreement(result.labels, [corrupted.labels]))
            if wanted in ("all", "models") and rival is not None:
                maps.append(disagreement(result.labels, [_in_ids_of(rival, result)]))
            return suspects(_mean(maps), mask.touched)

        self._lanes.inference.submit(work, self._show, self.failed.emit, "review")

    def _show(self, regions: list[Suspect]) -> None:
        seen = [visit.box for visit in self._visits]
        left = [region.box for region in regions if not _was_seen(region.box, seen)]
        if not left and regions:
            self._begin_again()
            left = [region.box for region in regions]
        if not left:
            self.nothing_found.emit()
            return
        self._visits.append(Visit(left[0], len(self._visits) + 1, len(left) - 1))
        self._at = len(self._visits) - 1
        self.found.emit(self._visits[-1])

    def _result_came(self) -> None:
        result = self._source.result
        if self._waiting and result is not None and result.logits is not None:
            self._waiting = False
            self._find()

    def _begin_again(self) -> None:
        self._visits, self._at, self._waiting = [], -1, False


def _fits(other: Source, source: Source) -> bool:
    """Whether there is a result of another kind than the source's own, of the same image."""
    ours, theirs = source.result, other.result
    if ours is None or theirs is None or theirs is ours:
        return False
    return theirs.labels.shape == ours.labels.shape


def _entropy(result: Result, job: Job) -> NDArray[np.float32]:
    # Imported here: torch comes with the first model, when the window is there.
    from segformer_gui.core.inference.prediction import quantized_measure

    assert result.logits is not None, "the logits are waited for"
    size = (result.labels.shape[0], result.labels.shape[1])
    steps = quantized_measure(result.logits, size, "entropy", job.cancelled)
    return steps.astype(np.float32) / np.float32(255)


def _in_ids_of(rival: Result, result: Result) -> Labels:
    """The labels of another model in the ids of this one; what it alone knows counts as agreed."""
    table = np.full(1 << 16, IGNORE, np.uint16)
    ids = class_ids(rival.classes, result.classes)
    table[: len(ids)] = ids
    mapped = table[rival.labels]
    return np.where(mapped == IGNORE, result.labels, mapped).astype(np.uint16)


def _mean(maps: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    total = maps[0]
    for other in maps[1:]:
        total = total + other
    return total / np.float32(len(maps))


def _was_seen(box: Box, seen: list[Box]) -> bool:
    """Whether most of a region has been looked at."""
    area = box.shape[0] * box.shape[1]
    overlaps = ((box & other).shape for other in seen)
    return any(2 * height * width >= area for height, width in overlaps)
