"""Frames of a video as images of a project, and masks carried from one to the next."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.mask import FREE, UNLABELLED
from segformer_gui.core.annotation.predicted import copied
from segformer_gui.core.images import output_stem, write_png
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import FrameSource, ImageRow
from segformer_gui.core.video.flow import Motion
from segformer_gui.core.video.video import RATE, open_video

FOLDER = "frames"


def frames_of(project: Project, video: Path) -> dict[int, ImageRow]:
    """The images of a project that are frames of `video`, by number."""
    rows = (row for row in project.images.values() if row.source is not None)
    return {row.source.number: row for row in rows if row.source and row.source.path == str(video)}


def add_frame(
    project: Project, video: Path, number: int, time_s: float, pixels: NDArray[np.uint8]
) -> Path:
    """Write a frame (H, W, 3) uint8 RGB into the project's folder and list it, with its source.

    One that is there already stays as it is. Returns the image's path. Raises `UserError` as
    `Project.add` and `write_png`.
    """
    project.check_writable()
    there = frames_of(project, video).get(number)
    if there is not None:
        return Path(os.path.normpath(project.image_path(there.id)))
    path = _free(project.folder / FOLDER, f"{output_stem(video)}_{number:06}")
    write_png(path, pixels)
    for _, error in project.add([path]):
        if error is not None:
            raise error
    image = next(reversed(project.images))
    project.update(image, source=FrameSource(str(video), number, time_s))
    project.store()
    return path


def propose_masks(
    project: Project,
    row: ImageRow,
    labels: NDArray[np.uint8],
    count: int,
    rate: float = RATE,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Path]:
    """Carry the mask (H, W) of a frame on to the next `count` frames by optical flow.

    Frames that are in the project already keep what they have, and the mask goes on through them.
    `rate` is that of an image sequence, in frames a second. Where a pixel's past cannot be told it
    stays unlabelled. Nobody has touched these masks: they count as predicted until a person works
    on them. Returns the new images' paths. Raises `UserError` as `open_video` and `add_frame`.
    """
    assert row.source is not None
    path = Path(row.source.path)
    made: list[Path] = []
    video = open_video(path, rate)
    try:
        before = video.frame(row.source.number)
        stop = min(row.source.number + 1 + count, video.count)
        for number in range(row.source.number + 1, stop):
            if cancelled():
                break
            now = video.frame(number)
            motion = Motion(before, now)
            labels = motion.carried(labels).astype(np.uint8)
            labels[~motion.known] = UNLABELLED
            before = now
            if number in frames_of(project, path):
                continue
            made.append(add_frame(project, path, number, float(video.times[number]), now))
            _propose(project, next(reversed(project.images)), labels)
    finally:
        video.close()
    return made


def _propose(project: Project, image: str, labels: NDArray[np.uint8]) -> None:
    document = project.document(image)
    change = copied(document.mask, labels)
    document.commit(document.mask.edit(change, FREE, touch=False), "proposal")
    project.save(image)


def _free(folder: Path, stem: str) -> Path:
    """A file that is not there yet: videos of one name may lie in two folders."""
    path, number = folder / f"{stem}.png", 2
    while path.exists():
        path, number = folder / f"{stem}_{number}.png", number + 1
    return path
