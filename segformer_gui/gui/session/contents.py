"""What the current image consists of, as it is shown: shares of classes, for legend and charts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from segformer_gui.core.classes import IGNORE, ClassSet
from segformer_gui.core.outputs import pixels_per_class
from segformer_gui.gui.session.editing import Editing
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Lanes
from segformer_gui.gui.session.projects import Projects
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.view import View

_COUNT_AFTER_MS = 100


class Contents(QObject):
    """Of the mask while masks are edited, counted a moment after it changed; else the prediction's.

    `classes` are those of the legend, None where there are none. `counts` (N,) int64 are pixels of
    each class, None while they are not known; `pixels` are all of the image's.
    """

    changed = Signal()
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        segmentation: Segmentation,
        models: Models,
        projects: Projects,
        masks: Masks,
        editing: Editing,
        view: View,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._segmentation = segmentation
        self._models = models
        self._masks = masks
        self._view = view
        self.classes: ClassSet | None = None
        self.counts: NDArray[np.int64] | None = None
        self.pixels = 0
        self.of_mask = False
        self._counting = QTimer(self, singleShot=True, interval=_COUNT_AFTER_MS)
        self._counting.timeout.connect(self._count)
        for signal in (
            segmentation.changed,
            models.ready_changed,
            projects.changed,
            projects.classes_changed,
            masks.document_changed,
        ):
            signal.connect(self._refresh)
        editing.mask_changed.connect(lambda _: self._counting.start())

    def share(self, class_id: int) -> float | None:
        """Which part of the image has a class; `IGNORE`: none. None while that is not known."""
        if self.counts is None:
            return None
        counted = int(self.counts.sum() if class_id == IGNORE else self.counts[class_id])
        return (self.pixels - counted if class_id == IGNORE else counted) / max(1, self.pixels)

    def _refresh(self) -> None:
        ready, result = self._models.ready, self._segmentation.result
        self.of_mask = self._masks.on and self._masks.classes is not None
        self.classes = self._masks.classes if self.of_mask else ready.classes if ready else None
        self.counts = None
        self._view.set_classes(self.classes)
        if self.of_mask:
            self._count()
        elif result is not None:
            self.counts, self.pixels = result.counts, result.labels.size
        self.changed.emit()

    def _count(self) -> None:
        """In the lane of edits: no edit of the whole mask happens meanwhile."""
        mask, classes = self._masks.mask, self._masks.classes
        if not self.of_mask or mask is None or classes is None:
            return

        def done(counts: NDArray[np.int64]) -> None:
            if mask is self._masks.mask and classes is self._masks.classes and self.of_mask:
                self.counts, self.pixels = counts, mask.labels.size
                self.changed.emit()

        self._lanes.editing.submit(
            lambda _job: pixels_per_class(mask.labels, len(classes)),
            done,
            self.failed.emit,
            "contents",
        )
