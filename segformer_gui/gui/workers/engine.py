"""The bridge to torch, which is imported with the first model: the window shows before that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.gui.session.pictures import label_levels
from segformer_gui.gui.session.ports import Labels, ModelRequest, ReadyModel, Result

if TYPE_CHECKING:
    from segformer_gui.core.inference.segmenter import Segmenter


class TorchEngine:
    """Holds the one loaded model. Lives in the inference thread."""

    def __init__(self) -> None:
        self._request: ModelRequest | None = None
        self._segmenter: Segmenter | None = None

    def prepare(self, request: ModelRequest) -> ReadyModel:
        """Load the model unless it is loaded, and put it on its device. Raises `UserError`."""
        from segformer_gui.core.inference.segmenter import (
            Segmenter,
            available_devices,
            available_precisions,
        )
        from segformer_gui.core.models import load_model

        same = self._request and (self._request.spec, self._request.serial) == (
            request.spec,
            request.serial,
        )
        model = self._segmenter.model if self._segmenter and same else load_model(request.spec)
        self._segmenter = Segmenter(model, request.device, request.precision)
        self._request = request
        return ReadyModel(
            request=request,
            classes=model.classes,
            short_side=model.short_side,
            layout=model.layout,
            device=self._segmenter.device,
            precision=self._segmenter.precision,
            devices=tuple(available_devices()),
            precisions=tuple(available_precisions(self._segmenter.device)),
            notes=model.notes,
        )

    def segment(
        self, image: NDArray[np.uint8], options: SegmentOptions, cancelled: Callable[[], bool]
    ) -> Result:
        """Segment (H, W, 3) uint8 RGB. Raises `UserError`, or `Cancelled`."""
        assert self._segmenter is not None, "no image is segmented before a model is ready"
        prediction = self._segmenter.segment(image, options, cancelled)
        classes = prediction.classes
        return Result(
            levels=label_levels(prediction.labels),
            counts=_pixels_per_class(prediction.labels, len(classes)),
            classes=classes,
            timings=prediction.timings,
            device=prediction.device,
            precision=prediction.precision,
            notes=prediction.notes,
        )


def _pixels_per_class(labels: Labels, classes: int) -> NDArray[np.int64]:
    # In strips: bincount works on an int64 copy, eight times the size of the labels.
    strips = (labels[top : top + 256].ravel() for top in range(0, len(labels), 256))
    return np.sum([np.bincount(strip, minlength=classes) for strip in strips], axis=0)
