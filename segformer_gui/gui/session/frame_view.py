"""Frames of videos and live sources on their way to the canvas, corrupted and segmented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.corruption.condition import Condition
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.video.video import Video
from segformer_gui.gui.session.images import Images
from segformer_gui.gui.session.lab import Lab
from segformer_gui.gui.session.pictures import Picture, image_levels
from segformer_gui.gui.session.ports import Engine, Job, Result
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.source import Source

Results = tuple[Result | None, Result | None]  # Of the clean frame, and of the corrupted one.


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame that was read. `corrupted` is its picture under `condition`; None where that is
    clean.
    """

    number: int
    picture: Picture
    condition: Condition
    corrupted: Picture | None = None


def make_frame(
    number: int,
    pixels: NDArray[np.uint8],
    path: Path,
    condition: Condition,
    moving: bool,
    video: Video | None = None,
) -> Frame:
    """Corrupt and reduce a frame (H, W, 3) uint8 RGB; a worker's. Errors as `Condition.apply`."""
    picture = Picture(path, image_levels(pixels), video)
    if condition.is_clean:
        return Frame(number, picture, condition)
    spoilt = condition.apply(pixels, number if moving else None)
    return Frame(number, picture, condition, Picture(path, image_levels(spoilt), video))


class FrameView:
    """Shows frames where images are shown otherwise."""

    def __init__(
        self, images: Images, current: Source, segmentation: Segmentation, lab: Lab
    ) -> None:
        self._images = images
        self._current = current
        self._segmentation = segmentation
        self._lab = lab

    @property
    def condition(self) -> Condition:
        """What frames are to be corrupted by."""
        condition = self._lab.condition
        return Condition() if condition.is_clean else condition

    def segmenting(
        self, engine: Engine, frame: Frame, clean_wanted: bool
    ) -> Callable[[Job], Results]:
        """The work that segments a frame; its clean picture only where that is wanted."""
        options: SegmentOptions = self._segmentation.options

        def work(job: Job) -> Results:
            clean = corrupted = None
            if clean_wanted or frame.corrupted is None:
                clean = engine.segment(frame.picture.pixels, options, job.cancelled)
            if frame.corrupted is not None:
                corrupted = engine.segment(frame.corrupted.pixels, options, job.cancelled)
            return clean, corrupted

        return work

    def show(self, frame: Frame, results: Results) -> None:
        """Show a frame with its masks at once."""
        clean, corrupted = results
        self._images.set_frame(frame.picture)
        self._current.show_picture(frame.picture)
        self._lab.show_frame(frame.condition, frame.corrupted or frame.picture, None)
        self._segmentation.present(clean)
        self._lab.corrupted.show_result(corrupted if frame.corrupted else clean)
