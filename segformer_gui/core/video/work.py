"""What is to be done with a video: which frames, how they are changed, which files are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from segformer_gui.core.corruption.condition import Condition
from segformer_gui.core.inference.options import Measure
from segformer_gui.core.outputs import OutputKind
from segformer_gui.core.palettes import Palette
from segformer_gui.core.video.video import Video


@dataclass(frozen=True)
class VideoWork:
    """Which frames, and what is done to them.

    `start` and `stop` are frame numbers, `stop` excluded; None is the end. With `moving` the
    corruption moves from frame to frame, else its pattern stays where it is. `smoothing` as in
    `Smoother`. With `measured` the masks' steadiness is measured, which takes optical flow.
    `at_once` frames are worked on, as `Segmenter.images_at_once`; with None it is one, its stages
    beside those of others, as a graphics card wants it.
    """

    start: int = 0
    stop: int | None = None
    condition: Condition = field(default_factory=Condition)
    moving: bool = False
    smoothing: float = 0
    measured: bool = False
    at_once: int | None = None

    def frames(self, video: Video) -> range:
        """The numbers of the frames."""
        return range(self.start, video.count)[: (self.stop or video.count) - self.start]


@dataclass(frozen=True)
class VideoFiles:
    """What is written; everything may be left out.

    `masks` is a folder of PNG files, `000000.png` on, one a frame and kind. `side_by_side` shows
    clean and corrupted frames with their masks; where nothing is corrupted, frames without and with
    their mask.
    """

    masks: Path | None = None
    kinds: tuple[OutputKind, ...] = ("index",)
    measures: tuple[Measure, ...] = ()
    overlay: Path | None = None
    side_by_side: Path | None = None
    opacity: float = 0.5
    palette: Palette = "own"
