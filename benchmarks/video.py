"""A frame from end to end against the network alone: `python benchmarks/video.py [CLIP]`.

Decoding, corrupting, the network and drawing the mask over the frame are stages beside each other
with the network on a graphics card; on a processor some frames are worked on at once. Goal: at most
1.15 times the network's own time a frame, clean and under fog, at every input size. Medians of five
rounds of both. Without a CLIP one is made of the sample scenes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from sides import stamp

from segformer_gui.core.allocator import keep_large_blocks
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.prediction import Prediction
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import load_model
from segformer_gui.core.render import overlay
from segformer_gui.core.scenes.drive import write_drive
from segformer_gui.core.video.export import Segment, segmented_frames
from segformer_gui.core.video.video import Video, open_video
from segformer_gui.core.video.work import VideoWork

SIZES = (256, 384, 512, None)
CONDITIONS = {"clean": Condition(), "fog:3": Condition((Step("fog", 3),))}
WARM_UP = 4
ROUNDS = 5
SEED = 42


@dataclass(frozen=True)
class Times:
    """Milliseconds a frame: the network alone, and from end to end."""

    network_ms: float
    whole_ms: float


def main() -> int:
    """Print a table: input size, condition, network, end to end, their ratio, frames a second."""
    parser = argparse.ArgumentParser(description="Time frames from end to end.")
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--frames", type=int, default=12, help="of a round")
    parser.add_argument("--sizes", type=int, nargs="*")
    parser.add_argument("--model", default="b0-camvid")
    arguments = parser.parse_args()
    keep_large_blocks()
    segmenter = Segmenter(load_model(arguments.model))
    sizes: Sequence[int | None] = arguments.sizes or SIZES
    with tempfile.TemporaryDirectory() as folder:
        clip: Path = arguments.clip or Path(folder) / "drive.mp4"
        if arguments.clip is None:
            write_drive(clip, SEED, 3 * arguments.frames)
        video = open_video(clip)
        height, width = video.size
        print(f"{stamp('torch', 'av', 'opencv-python')} {segmenter.device}, {segmenter.precision}.")
        print(f"Frames of {width} x {height} px.\n")
        print("| input, px | condition | network, ms | end to end, ms | ratio | frames/s |")
        print("| ---: | --- | ---: | ---: | ---: | ---: |")
        for size in sizes:
            for name, condition in CONDITIONS.items():
                times = timed(video, segmenter, size, condition, arguments.frames)
                ratio = times.whole_ms / times.network_ms
                print(
                    f"| {size or 'native'} | {name} | {times.network_ms:.1f} "
                    f"| {times.whole_ms:.1f} | {ratio:.2f} | {1000 / times.whole_ms:.1f} |",
                    flush=True,
                )
        video.close()
    return 0


def timed(
    video: Video, segmenter: Segmenter, size: int | None, condition: Condition, frames: int
) -> Times:
    """The network alone on one frame again and again, and frames from file to picture, in turn."""
    options = SegmentOptions(short_side=size)
    image = condition.apply(video.frame(0))
    height, width = video.size
    work = VideoWork(
        condition=condition, moving=True, at_once=segmenter.images_at_once(height * width)
    )

    def segment(image: NDArray[np.uint8]) -> Prediction:
        return segmenter.segment(image, options)

    alone, whole = list[float](), list[float]()
    for turn in range(ROUNDS + 1):
        start = turn * frames % (video.count - frames - WARM_UP)
        part = replace(work, start=start, stop=start + WARM_UP + frames)
        # Its own forward time, as the prediction tells it, when nothing else runs.
        alone.append(median(segment(image).timings.network_ms for _ in range(frames)))
        whole.append(_frame_ms(video, segment, part))
    # The first round is to warm up.
    return Times(median(alone[1:]), median(whole[1:]))


def _frame_ms(video: Video, segment: Segment, work: VideoWork) -> float:
    """Mean milliseconds a frame, but for the first ones, which have nothing beside them."""
    ends: list[float] = []
    with closing(segmented_frames(video, segment, work, [])) as results:
        for frame in results:
            overlay(frame.image, frame.smoothed.labels, frame.smoothed.classes)
            ends.append(time.perf_counter())
    counted = ends[WARM_UP - 1 :]
    return (counted[-1] - counted[0]) * 1000 / (len(counted) - 1)


if __name__ == "__main__":
    sys.exit(main())
