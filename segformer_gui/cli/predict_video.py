"""`segformer-gui predict` of videos: masks of every frame, overlay and side by side as MP4."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from segformer_gui.cli.output import print_error, print_notes, progress_bar
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import write_atomically
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.video.video import RATES, Video, open_video
from segformer_gui.core.video.work import VideoFiles, VideoWork

if TYPE_CHECKING:
    from segformer_gui.core.inference.segmenter import Segmenter
    from segformer_gui.core.video.export import VideoSummary

VIDEO_ENDINGS = ("_masks", "_overlay.mp4", "_side_by_side.mp4", "_video.json")

_PANEL = "Videos"
OverlayVideoOption = Annotated[
    bool,
    typer.Option(
        "--overlay-video", help="Also write it with the masks over it.", rich_help_panel=_PANEL
    ),
]
SideBySideOption = Annotated[
    bool,
    typer.Option(
        "--side-by-side",
        help="Also write clean and corrupted side by side.",
        rich_help_panel=_PANEL,
    ),
]
StartOption = Annotated[
    float, typer.Option(min=0, help="Begin at this second.", rich_help_panel=_PANEL)
]
EndOption = Annotated[float, typer.Option(min=0, help="End there.", rich_help_panel=_PANEL)]
SmoothOption = Annotated[
    float,
    typer.Option(
        "--smooth",
        min=0,
        max=0.99,
        help="Share of the past in each frame's probabilities: 0 is off, 0.5 calms flicker.",
        rich_help_panel=_PANEL,
    ),
]
MovingOption = Annotated[
    bool,
    typer.Option(
        "--moving",
        help="Let the corruption move: snow falls, noise is new in each frame. Else it stays.",
        rich_help_panel=_PANEL,
    ),
]
SequenceOption = Annotated[
    bool,
    typer.Option(
        "--sequence", help="Take each folder of images as one video.", rich_help_panel=_PANEL
    ),
]
RateOption = Annotated[
    float,
    typer.Option(
        min=RATES[0],
        max=RATES[1],
        help="Frames a second of an image sequence.",
        rich_help_panel=_PANEL,
    ),
]


@dataclass(frozen=True)
class VideoOptions:
    """How to segment videos, and which files to write; `files` and `work` as far as they are the
    same for every video. `start_s` and `end_s` are seconds, `end_s` None for the end.
    """

    segment: SegmentOptions
    files: VideoFiles
    work: VideoWork
    rate: float
    start_s: float
    end_s: float | None
    overlay: bool
    side_by_side: bool
    statistics: bool


def predict_videos(
    segmenter: Segmenter, outputs: dict[Path, list[Path]], options: VideoOptions
) -> tuple[list[dict[str, object]], list[str]]:
    """Facts of each video, and the videos that failed."""
    written: list[dict[str, object]] = []
    failed: list[str] = []
    for path, files in outputs.items():
        try:
            video = open_video(path, options.rate)
        except UserError as error:
            print_error(error, path)
            failed.append(str(path))
            continue
        try:
            written.append(_predict(segmenter, video, files, options))
        except UserError as error:
            if error.code in ("disk_full", "no_permission"):
                raise  # The output folder's, so no other video would fare better.
            print_error(error, path)
            failed.append(str(path))
        finally:
            video.close()
    return written, failed


def _predict(
    segmenter: Segmenter, video: Video, files: list[Path], options: VideoOptions
) -> dict[str, object]:
    # torch is imported where it is needed.
    from segformer_gui.core.video.export import process_video

    masks, overlay, side_by_side, report_file = files
    wanted = replace(
        options.files,
        masks=masks,
        overlay=overlay if options.overlay else None,
        side_by_side=side_by_side if options.side_by_side else None,
    )
    height, width = video.size
    work = replace(_part(video, options), at_once=segmenter.images_at_once(height * width))
    with progress_bar() as progress:
        task = progress.add_task(video.path.name, total=len(work.frames(video)))
        summary = process_video(
            video,
            lambda image: segmenter.segment(image, options.segment),
            segmenter.model.id,
            work,
            wanted,
            lambda done, _total: progress.update(task, completed=done),
        )
    print_notes(summary.notes)
    paths = [path for path in (wanted.masks, wanted.overlay, wanted.side_by_side) if path]
    facts = _facts(video, paths, work, summary)
    if options.statistics:
        report = json.dumps({"model": segmenter.model.id, **facts}, indent=2, ensure_ascii=False)
        write_atomically(report_file, f"{report}\n".encode(errors="replace"))
    return facts


def _part(video: Video, options: VideoOptions) -> VideoWork:
    """The work on the frames between the two times. Raises `UserError` `video_no_frames`."""
    end_s = float("inf") if options.end_s is None else options.end_s
    first, stop = np.searchsorted(video.times, (options.start_s, end_s))
    if first >= stop:
        raise UserError(
            "video_no_frames",
            path=str(video.path),
            start=options.start_s,
            stop=end_s,
            length=f"{video.times[-1]:.2f}",
        )
    return replace(options.work, start=int(first), stop=int(stop))


def _facts(
    video: Video, files: list[Path], work: VideoWork, summary: VideoSummary
) -> dict[str, object]:
    height, width = video.size
    corrupted = not work.condition.is_clean
    return {
        "video": str(video.path),
        "files": [str(file) for file in files],
        "width": width,
        "height": height,
        "first_frame": work.start,
        "frames": summary.frames,
        "frames_per_second": float(video.rate),
        "corruption": work.condition.to_json() if corrupted else None,
        "corruption_moves": work.moving and corrupted,
        "smoothing": work.smoothing,
        "seconds": round(summary.seconds, 2),
        "network_ms": round(summary.network_ms, 1),
        "device": summary.device,
        "precision": summary.precision,
        "notes": [note.code for note in summary.notes],
        "steadiness": summary.steadiness.to_json() if summary.steadiness else None,
        "steadiness_unsmoothed": summary.unsmoothed.to_json() if summary.unsmoothed else None,
    }
