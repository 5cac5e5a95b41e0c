"""The bridge to torch, which is imported with the first model: the window shows before that."""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.gui.session.pictures import result_of
from segformer_gui.gui.session.ports import ModelRequest, ReadyModel, Result

if TYPE_CHECKING:
    from segformer_gui.core.inference.prediction import Prediction
    from segformer_gui.core.inference.threads import Admission


class TorchEngine:
    """Holds the one loaded model. Lives in the inference thread."""

    def __init__(self) -> None:
        self._request: ModelRequest | None = None
        self._admission: Admission | None = None  # Exports have threads of their own.

    def another(self) -> TorchEngine:
        """An engine for a second model; torch's threads are shared."""
        return TorchEngine()

    def prepare(self, request: ModelRequest) -> ReadyModel:
        """Load the model unless it is loaded, and put it on its device. Raises `UserError`."""
        _import_torch()
        from segformer_gui.core.inference.segmenter import (
            Segmenter,
            available_devices,
            available_precisions,
        )
        from segformer_gui.core.inference.threads import Admission
        from segformer_gui.core.models import load_model

        same = self._request and (self._request.spec, self._request.serial) == (
            request.spec,
            request.serial,
        )
        loaded = self._admission.segmenter.model if self._admission and same else None
        model = loaded or load_model(request.spec)
        segmenter = Segmenter(model, request.device, request.precision)
        self._admission = Admission(segmenter)
        self._request = request
        return ReadyModel(
            request=request,
            classes=model.classes,
            short_side=model.short_side,
            layout=model.layout,
            device=segmenter.device,
            precision=segmenter.precision,
            devices=tuple(available_devices()),
            precisions=tuple(available_precisions(segmenter.device)),
            notes=model.notes,
        )

    def predict(
        self, image: NDArray[np.uint8], options: SegmentOptions, cancelled: Callable[[], bool]
    ) -> Prediction:
        """The core's prediction of (H, W, 3) uint8 RGB. Raises as `segment`."""
        admission = self._ready()
        with admission.room_for(image):
            return admission.segmenter.segment(image, options, cancelled)

    def images_at_once(self, pixels: int) -> int | None:
        """How many images of so many pixels to predict at once."""
        return self._ready().segmenter.images_at_once(pixels)

    def segment(
        self, image: NDArray[np.uint8], options: SegmentOptions, cancelled: Callable[[], bool]
    ) -> Result:
        """Segment (H, W, 3) uint8 RGB. Raises `UserError`, or `Cancelled`."""
        return result_of(self.predict(image, options, cancelled))

    def _ready(self) -> Admission:
        assert self._admission is not None, "no image is segmented before a model is ready"
        return self._admission


def _import_torch() -> None:
    """Import torch, which takes a second, without standing in the window's way.

    torch makes half a million objects that live as long as the process. A full garbage collection
    among them holds up every thread for some 70 ms: none happens during the import, and afterwards
    they are set aside for good.
    """
    if "torch" in sys.modules:
        return
    _preload_torch_library()
    gc.disable()
    try:
        import segformer_gui.core.models  # noqa: F401  # pyright: ignore[reportUnusedImport]
    finally:
        gc.freeze()
        gc.enable()


def _preload_torch_library() -> None:
    """Have the dynamic linker load torch's largest library, which takes 0.2 s.

    Within an import that happens under Python's lock; a foreign call gives the lock up. If it
    fails, the import does what there is to do.
    """
    torch = importlib.util.find_spec("torch")
    if sys.platform != "linux" or torch is None or torch.origin is None:
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
    dlopen(bytes(Path(torch.origin).parent / "lib" / "libtorch_cpu.so"), os.RTLD_NOW)
