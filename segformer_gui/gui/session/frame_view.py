"""Frames of videos and live sources on their way to the canvas, corrupted and segmented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.corruption.condition import Condition
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.video.video import Video
from segformer_gui.gui.session.images import Images
from segformer_gui.gui.session.lab import Lab
from segformer_gui.gui.session.pictures import Picture, image_levels, result_of
from segformer_gui.gui.session.ports import Engine, Job, Result
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.source import Source

if TYPE_CHECKING:
    from segformer_gui.gui.session.smoothing import Past, Pasts

Results = tuple[Result | None, Result | None]  # Of the clean frame, and of the corrupted one.


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame that was read. `corrupted` is its picture under `condition`; None where that is
    clean. `after` is the number of the frame that it was read to follow.
    """

    number: int
    picture: Picture
    condition: Condition
    corrupted: Picture | None = None
    after: int = -1


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

    @property
    def options(self) -> SegmentOptions:
        """How frames are to be segmented."""
        return self._segmentation.options

    def segmenting(
        self, engine: Engine, frame: Frame, clean_wanted: bool, pasts: Pasts = (None, None)
    ) -> Callable[[Job], Results]:
        """The work that segments a frame; its clean picture only where that is wanted."""
        options = self.options

        def segmented(job: Job, picture: Picture, past: Past | None) -> Result:
            if past is None:
                return engine.segment(picture.pixels, options, job.cancelled)
            prediction = engine.predict(picture.pixels, options, job.cancelled)
            return result_of(past.after.smoothed(prediction))

        def work(job: Job) -> Results:
            clean = corrupted = None
            if clean_wanted or frame.corrupted is None:
                clean = segmented(job, frame.picture, pasts[0])
            if frame.corrupted is not None:
                corrupted = segmented(job, frame.corrupted, pasts[1])
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
