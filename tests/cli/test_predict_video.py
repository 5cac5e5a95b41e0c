"""`segformer-gui predict` of a clip: the core's masks, MP4 files, steadiness; or one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from video_clips import moving_scene, write_clip

from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.images import read_labels, write_png
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import load_model
from segformer_gui.core.video.clip import Clip

SMALL = ("--size", "32", "--device", "cpu")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "in" / "fährt.mp4", frames=6)


def test_masks_are_what_the_core_computes_of_each_frame(
    run: Callable, clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = run("predict", clip.parent, "--out", out, "--overlay-video", "--json", *SMALL)

    assert (result.code, result.err) == (0, "")
    segmenter = Segmenter(load_model("b0-camvid"), "cpu")
    frames = Clip(clip)
    for number in range(6):
        expected = segmenter.segment(frames.frame(number), SegmentOptions(32)).labels
        written = read_labels(out / "fährt_masks" / f"{number:06}.png")
        assert np.array_equal(written, expected)
    assert Clip(out / "fährt_overlay.mp4").count == 6
    (video,) = json.loads(result.out)["videos"]
    assert (video["video"], video["frames"], video["frames_per_second"]) == (str(clip), 6, 25)
    assert 0 <= video["steadiness"]["flip_rate_motion_compensated"] <= 1
    assert len(video["steadiness"]["classes"]) == 11
    assert len(list(out.iterdir())) == 2


def test_a_part_is_corrupted_smoothed_and_reported(
    run: Callable, clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    part = ("--start", 0.08, "--end", 0.16, "--smooth", 0.5)
    spoilt = ("--corrupt", "fog:3", "--seed", 7, "--moving", "--side-by-side", "--statistics")
    result = run("predict", clip, "--out", out, *part, *spoilt, *SMALL)

    assert result.code == 0
    assert sorted(file.name for file in (out / "fährt_masks").iterdir()) == [
        "000002.png",
        "000003.png",
    ]
    image = Condition((Step("fog", 3),), seed=7).apply(Clip(clip).frame(2), 2)
    expected = Segmenter(load_model("b0-camvid"), "cpu").segment(image, SegmentOptions(32)).labels
    assert np.array_equal(read_labels(out / "fährt_masks" / "000002.png"), expected)
    assert Clip(out / "fährt_side_by_side.mp4").size == (48, 128)
    report = json.loads((out / "fährt_video.json").read_text("utf-8"))
    assert report["corruption_moves"]
    assert report["steadiness_unsmoothed"]["flip_rate"] is not None


def test_a_folder_of_images_is_a_video_if_asked(run: Callable, tmp_path: Path) -> None:
    for number in range(3):
        write_png(tmp_path / "drive.1" / f"{number}.png", moving_scene(number))
    out = tmp_path / "out"
    result = run("predict", tmp_path / "drive.1", "--out", out, "--sequence", "--rate", 5, *SMALL)

    assert result.code == 0
    assert len(list((out / "drive.1_masks").iterdir())) == 3


def test_images_and_clips_may_come_together(run: Callable, clip: Path, tmp_path: Path) -> None:
    write_png(clip.with_name("photo.png"), moving_scene(0))
    result = run("predict", clip.parent, "--out", tmp_path / "out", *SMALL)

    assert result.code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"photo.png", "fährt_masks"}
    assert "1 masks written" in result.out
    assert "6 frames of" in result.out


def test_bad_input_is_one_sentence_and_code_2(run: Callable, clip: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:900])
    out = tmp_path / "out"
    for arguments, sentence in (
        ((broken,), "is not a video that can be read"),
        ((clip, "--start", 9), "has no frame from 9.0 s"),
        ((clip, "--smooth", 1), "--smooth"),
    ):
        result = run("predict", *arguments, "--out", out, *SMALL)
        assert result.code == 2, arguments
        assert sentence in " ".join(result.err.split()), arguments
        assert "Traceback" not in result.err
    assert not out.exists()
    (out / "fährt_masks").mkdir(parents=True)
    (out / "fährt_masks" / "mine").touch()
    result = run("predict", clip, "--out", out, *SMALL)
    assert result.code == 2
    assert "is not an empty folder" in result.err
