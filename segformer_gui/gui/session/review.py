"""Where to look next: the regions of the current image that most likely need correction."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.annotation.region import Box
from segformer_gui.core.annotation.review import Suspect, disagreement, suspects
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.ports import Job, Lanes, Result
from segformer_gui.gui.session.source import Source


class Review(QObject):
    """Goes through the doubtful regions of the current image, the worst first.

    Doubt is the model's entropy; where the image is also shown corrupted, what the corruption
    changes counts as well. What a person has corrected counts as right.
    """

    found = Signal(object)  # A Box to look at.
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes, masks: Masks, source: Source, other: Source) -> None:
        super().__init__()
        self._lanes = lanes
        self._masks = masks
        self._source = source
        self._other = other
        self._of: Result | None = None
        self._seen: list[Box] = []
        masks.document_changed.connect(self._begin_again)

    def go_on(self) -> None:
        """Find the worst region that was not looked at yet; after the last one, the first."""
        result, mask = self._source.result, self._masks.mask
        if result is None or mask is None or result.labels.shape != mask.labels.shape:
            return
        if result is not self._of:
            self._of, self._seen = result, []
        other = self._other.result

        def work(job: Job) -> list[Suspect]:
            from segformer_gui.core.inference.prediction import quantized_measure

            doubt = None
            if result.logits is not None:
                size = (result.labels.shape[0], result.labels.shape[1])
                steps = quantized_measure(result.logits, size, "entropy", job.cancelled)
                doubt = steps.astype(np.float32) / np.float32(255)
            if other is not None and other.labels.shape == result.labels.shape:
                changed = disagreement(result.labels, [other.labels])
                doubt = changed if doubt is None else (doubt + changed) / np.float32(2)
            if doubt is None:
                return []
            return suspects(doubt, mask.touched)

        self._lanes.inference.submit(work, self._show, self.failed.emit, "review")

    def _show(self, regions: list[Suspect]) -> None:
        if not regions:
            return
        left = [region.box for region in regions if not _was_seen(region.box, self._seen)]
        if not left:
            self._seen = []
            left = [regions[0].box]
        self._seen.append(left[0])
        self.found.emit(left[0])

    def _begin_again(self) -> None:
        self._of = None


def _was_seen(box: Box, seen: list[Box]) -> bool:
    """Whether most of a region has been looked at."""
    area = box.shape[0] * box.shape[1]
    overlaps = ((box & other).shape for other in seen)
    return any(2 * height * width >= area for height, width in overlaps)
