"""Every frame of a video through the network, and what is written and measured on the way.

With the network on a graphics card, reading, corrupting, the network, measuring and writing are
stages that overlap: a frame takes about as long as the slowest of them. On a processor some frames
are worked on at once, each by its share of the cores: a network makes better use of one core than
of many, and what is around it does not share its work at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.files import whole_folder
from segformer_gui.core.images import write_png
from segformer_gui.core.inference.prediction import Prediction
from segformer_gui.core.inference.segmenter import Cancelled
from segformer_gui.core.inference.threads import keep_to
from segformer_gui.core.outputs import OutputKind, output_endings, write_outputs
from segformer_gui.core.palettes import painted
from segformer_gui.core.render import overlay
from segformer_gui.core.stages import ahead, spread, stage
from segformer_gui.core.video.flow import Motion
from segformer_gui.core.video.smoothing import Smoother
from segformer_gui.core.video.steadiness import Steadiness
from segformer_gui.core.video.video import Video
from segformer_gui.core.video.work import VideoFiles, VideoWork

Image = NDArray[np.uint8]

_DAMAGE = ("video_frame_damaged", "image_broken")  # Of a clip, and of an image sequence.


class Segment(Protocol):
    """The network: `Segmenter.segment` with its options, or a stand-in."""

    def __call__(self, image: Image) -> Prediction: ...


@dataclass(frozen=True)
class VideoSummary:
    """What has become of the frames. `seconds` is the time that it took, `network_ms` that of a
    frame in the network, on its share of the cores.

    `steadiness` is that of the masks as written, `unsmoothed` that without smoothing, if there was
    any.
    """

    frames: int
    seconds: float
    network_ms: float
    device: str
    precision: str
    notes: tuple[Note, ...]
    steadiness: Steadiness | None = None
    unsmoothed: Steadiness | None = None


@dataclass(frozen=True, eq=False)
class Segmented:
    """A frame with its masks: `prediction` as the network gave it, `smoothed` as it is written.

    `clean_prediction` is only there where a corrupted frame is compared with its clean self.
    """

    number: int
    time_s: float
    clean: Image
    image: Image
    prediction: Prediction
    smoothed: Prediction
    clean_prediction: Prediction | None
    motion: Motion | None = None


@dataclass(frozen=True, eq=False)
class _Frame:
    number: int
    time_s: float
    before: Image | None
    clean: Image
    image: Image


def _read(video: Video, work: VideoWork, notes: list[Note]) -> Generator[_Frame]:
    start_s = float(video.times[work.start])
    before: Image | None = None
    for number in work.frames(video):
        try:
            pixels = video.frame(number)
        except UserError as error:
            if error.code not in _DAMAGE or number == work.start:
                raise
            time_s = f"{video.times[number]:.2f}"
            notes.append(Note("video_ends_at_damage", {"number": number + 1, "time": time_s}))
            return
        yield _Frame(number, float(video.times[number]) - start_s, before, pixels, pixels)
        before = pixels


def segmented_frames(
    video: Video, segment: Segment, work: VideoWork, notes: list[Note], compared: bool = False
) -> Generator[Segmented]:
    """The frames in their order, some made ahead. Close the generator to stop early.

    At a damaged frame it ends, and `notes` say so. Raises `UserError` as `Video.frame`,
    `Condition.apply` and `segment`.
    """

    def corrupted(frame: _Frame) -> _Frame:
        if work.condition.is_clean:
            return frame
        number = frame.number if work.moving else None
        return replace(frame, image=work.condition.apply(frame.clean, number))

    def segmented(frame: _Frame) -> Segmented:
        prediction = segment(frame.image)
        both = compared and frame.image is not frame.clean
        motion = None
        if work.measured and frame.before is not None:
            motion = Motion(frame.before, frame.clean)  # Not of what is corrupted: noise moves.
        return Segmented(
            number=frame.number,
            time_s=frame.time_s,
            clean=frame.clean,
            image=frame.image,
            prediction=prediction,
            smoothed=prediction,
            clean_prediction=segment(frame.clean) if both else None,
            motion=motion,
        )

    read = _read(video, work, notes)
    if work.at_once is None:
        frames = stage(segmented, stage(corrupted, ahead(read)))
    else:
        total = torch.get_num_threads()
        share = partial(keep_to, max(1, total // work.at_once), total)
        frames = spread(lambda frame: segmented(corrupted(frame)), read, work.at_once, share)
    smoother = Smoother(work.smoothing)
    with closing(frames):
        for frame in frames:
            yield replace(frame, smoothed=smoother.smoothed(frame.prediction))


def process_video(
    video: Video,
    segment: Segment,
    model: str,
    work: VideoWork,
    files: VideoFiles,
    report: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> VideoSummary:
    """Segment the frames, write `files`, measure; `report(done, total)` after each frame.

    Files appear when all of them are whole. Raises `Cancelled`, or `UserError` as
    `segmented_frames`, `writing_mp4` and `whole_folder`: then nothing is left behind.
    """
    run = _Run(video, model, work, files)
    total = len(work.frames(video))
    started = time.perf_counter()
    frames = segmented_frames(
        video, segment, work, run.notes, compared=files.side_by_side is not None
    )
    with ExitStack() as stack:
        writers = run.open(stack)
        stack.enter_context(closing(frames))
        for done, frame in enumerate(frames, start=1):
            for write in writers:
                write(frame)
            report(done, total)
            if cancelled():
                raise Cancelled
    return run.summary(time.perf_counter() - started)


@dataclass
class _Run:
    """One `process_video`: what it writes to, and what it has counted."""

    video: Video
    model: str
    work: VideoWork
    files: VideoFiles
    notes: list[Note] = field(default_factory=list[Note])
    frames: int = 0
    network_ms: float = 0
    last: Prediction | None = None
    steadiness: Steadiness | None = None
    unsmoothed: Steadiness | None = None

    def __post_init__(self) -> None:
        self.notes.extend(self.video.notes)

    def open(self, stack: ExitStack) -> list[Callable[[Segmented], None]]:
        """What is to be done with each frame; files are closed by `stack`."""
        height, width = self.video.size
        files = self.files
        writers: list[Callable[[Segmented], None]] = [self._count]
        if files.masks is not None:
            folder = stack.enter_context(whole_folder(files.masks))
            writers.append(lambda frame: self._write_images(folder, frame))
        if files.overlay is not None:
            writers.append(self._movie(stack, files.overlay, (height, width), self._overlaid))
        if files.side_by_side is not None:
            size = (height, 2 * width)
            writers.append(self._movie(stack, files.side_by_side, size, self._both))
        return writers

    def summary(self, seconds: float) -> VideoSummary:
        """What was counted."""
        assert self.last is not None
        return VideoSummary(
            frames=self.frames,
            seconds=seconds,
            network_ms=self.network_ms / self.frames,
            device=self.last.device,
            precision=self.last.precision,
            notes=tuple(dict((note.code, note) for note in self.notes).values()),
            steadiness=self.steadiness,
            unsmoothed=self.unsmoothed,
        )

    def _count(self, frame: Segmented) -> None:
        self.frames += 1
        self.network_ms += frame.prediction.timings.network_ms
        self.last = frame.prediction
        self.notes.extend(frame.prediction.notes)
        if not self.work.measured:
            return
        if self.steadiness is None:
            self.steadiness = Steadiness(frame.smoothed.classes)
            if self.work.smoothing:
                self.unsmoothed = Steadiness(frame.smoothed.classes)
        self.steadiness.add(frame.smoothed.labels, frame.motion)
        if self.unsmoothed is not None:
            self.unsmoothed.add(frame.prediction.labels, frame.motion)

    def _write_images(self, folder: Path, frame: Segmented) -> None:
        stem = folder / f"{frame.number:06}"
        files: dict[OutputKind, Path] = {
            kind: Path(f"{stem}{ending}")
            for kind, ending in zip(self.files.kinds, output_endings(self.files.kinds), strict=True)
        }
        colored = self._painted(frame.smoothed)
        write_outputs(files, colored, self.video.path, self.model, self.files.opacity, frame.image)
        for measure in self.files.measures:
            values = np.round(frame.smoothed.measured(measure) * 65535).astype(np.uint16)
            write_png(Path(f"{stem}_{measure}.png"), values)

    def _movie(
        self,
        stack: ExitStack,
        path: Path,
        size: tuple[int, int],
        draw: Callable[[Segmented], Image],
    ) -> Callable[[Segmented], None]:
        from segformer_gui.core.video.clip import Clip
        from segformer_gui.core.video.writer import writing_mp4

        video = self.video
        writer = stack.enter_context(writing_mp4(path, size, Fraction(video.rate)))
        if isinstance(video, Clip) and video.index.has_audio:
            frames = self.work.frames(video)
            stop_s = float(video.times[frames[-1]]) + 1 / float(video.rate)
            writer.copy_sound(video.path, float(video.times[frames[0]]), stop_s)
            self.notes.extend(writer.notes)
        return lambda frame: writer.add(draw(frame), frame.time_s)

    def _painted(self, prediction: Prediction) -> Prediction:
        return replace(prediction, classes=painted(prediction.classes, self.files.palette))

    def _overlaid(self, frame: Segmented) -> Image:
        return self._over(frame.image, frame.smoothed)

    def _both(self, frame: Segmented) -> Image:
        left = frame.clean
        if frame.clean_prediction is not None:
            left = self._over(left, frame.clean_prediction)
        return cv2.hconcat([left, self._overlaid(frame)])  # pyright: ignore

    def _over(self, image: Image, prediction: Prediction) -> Image:
        shown = self._painted(prediction)
        return overlay(image, shown.labels, shown.classes, self.files.opacity)
