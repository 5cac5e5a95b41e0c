"""What the session needs from outside: threads to work in, and something that segments.

`gui/workers` provides both and `app.py` brings them together, so that the session and the widgets
above it know neither threads nor torch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import Note
from segformer_gui.core.inference.options import DeviceChoice, PrecisionChoice, SegmentOptions

if TYPE_CHECKING:
    from segformer_gui.core.inference.prediction import Prediction, Timings

Labels = NDArray[np.uint8] | NDArray[np.uint16]


class Job(Protocol):
    """See `workers.jobs.Job`."""

    def cancel(self) -> None: ...
    def cancelled(self) -> bool: ...
    def report(self, callback: Callable[[Any], None], value: object) -> None: ...


class Lane(Protocol):
    """See `workers.jobs.Lane`."""

    def submit(
        self,
        work: Callable[[Any], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        key: str | None = None,
    ) -> Job: ...
    def cancel(self, key: str) -> None: ...
    def close(self, timeout_s: float) -> bool: ...


@dataclass(frozen=True)
class Lanes:
    """One thread each, so that a long download or export delays no image."""

    inference: Lane
    decode: Lane
    corruption: Lane
    editing: Lane
    thumbnails: Lane
    files: Lane
    network: Lane
    benchmark: Lane
    video: Lane
    runs: Lane

    def close(self, timeout_s: float) -> bool:
        """End all threads; False if one is still busy after `timeout_s`."""
        lanes: list[Lane] = list(vars(self).values())
        for lane in lanes:
            lane.close(0)  # So that all of them hear it before one of them is waited for.
        deadline = time.monotonic() + timeout_s
        ended = [lane.close(max(0, deadline - time.monotonic())) for lane in lanes]
        return all(ended)


@dataclass(frozen=True)
class ModelRequest:
    """Which model is to run, and how. `serial` tells two loads of the same path apart."""

    spec: str
    serial: int = 0
    device: DeviceChoice = "auto"
    precision: PrecisionChoice = "auto"


@dataclass(frozen=True)
class ReadyModel:
    """A loaded model as the window knows it. `devices` and `precisions` are what can be chosen."""

    request: ModelRequest
    classes: ClassSet
    short_side: int | None
    layout: str
    device: str
    precision: str
    devices: tuple[str, ...]
    precisions: tuple[str, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, eq=False)
class Result:
    """A segmentation as the window shows it.

    `levels` are labels (H, W), each half the size of the one before; `counts` (N,) int64: pixels
    of each class; `mean_confidence` as in `Prediction`. `logits` (C, h, w) float32 as there; None
    where only the labels were kept.
    """

    levels: tuple[Labels, ...]
    counts: NDArray[np.int64]
    classes: ClassSet
    timings: Timings
    device: str
    precision: str
    notes: tuple[Note, ...] = ()
    logits: NDArray[np.float32] | None = None
    mean_confidence: float = field(kw_only=True)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        logits = 0 if self.logits is None else self.logits.nbytes
        return logits + sum(level.nbytes for level in self.levels)

    @property
    def labels(self) -> Labels:
        """The class id of each pixel of the image, (H, W)."""
        return self.levels[0]


class Engine(Protocol):
    """Loads models and segments; but for `predict`, used from the inference lane only."""

    def another(self) -> Engine:
        """An engine for a second model, which has none yet; from any thread."""
        ...

    def prepare(self, request: ModelRequest) -> ReadyModel:
        """Make the requested model ready. Raises `UserError`."""
        ...

    def predict(
        self, image: NDArray[np.uint8], options: SegmentOptions, cancelled: Callable[[], bool]
    ) -> Prediction:
        """As `segment`, without what a window needs; from any thread, though others may wait."""
        ...

    def images_at_once(self, pixels: int) -> int | None:
        """As `Segmenter.images_at_once`, for `predict`."""
        ...

    def segment(
        self, image: NDArray[np.uint8], options: SegmentOptions, cancelled: Callable[[], bool]
    ) -> Result:
        """Segment (H, W, 3) uint8 RGB with the model that is ready. Raises `UserError`."""
        ...
