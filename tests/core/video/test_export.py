"""Every frame through the network: the files are those of frame after frame, whole or not there."""

from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch
from video_clips import moving_scene, write_clip, write_sequence

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import whole_folder
from segformer_gui.core.images import read_image, read_labels
from segformer_gui.core.inference.prediction import Prediction, Timings, argmax_labels
from segformer_gui.core.inference.segmenter import Cancelled
from segformer_gui.core.render import overlay
from segformer_gui.core.video.clip import Clip
from segformer_gui.core.video.export import process_video, segmented_frames
from segformer_gui.core.video.video import open_video
from segformer_gui.core.video.work import VideoFiles, VideoWork
from segformer_gui.core.video.writer import writing_mp4

CLASSES = ClassSet("two", ("dark", "bright"), ((200, 0, 0), (0, 0, 200)))


def threshold(image: np.ndarray) -> Prediction:
    """A network that calls bright what is bright."""
    small = cv2.resize(image, (image.shape[1] // 4, image.shape[0] // 4)).mean(2) / 255 - 0.5
    logits = torch.from_numpy(np.stack([-small, small]).astype(np.float32) * 8)
    labels = argmax_labels(logits, image.shape[:2])
    return Prediction(labels, logits, CLASSES, Timings(1, 2, 3), "cpu", "float32")


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return Clip(write_clip(tmp_path / "in" / "clip.mp4", frames=12, b_frames=2, sound="aac"))


def run(clip: Clip, work: VideoWork, files: VideoFiles, **options: object):
    return process_video(clip, threshold, "threshold", work, files, **options)


@pytest.mark.parametrize("at_once", [None, 1, 3])
def test_masks_and_measures_are_those_of_each_frame(
    clip: Clip, tmp_path: Path, at_once: int | None
) -> None:
    files = VideoFiles(
        masks=tmp_path / "masks", kinds=("index", "overlay"), measures=("confidence",)
    )
    seen: list[tuple[int, int]] = []
    work = VideoWork(3, 9, at_once=at_once)
    summary = run(clip, work, files, report=lambda *step: seen.append(step))

    names = sorted(file.name for file in (tmp_path / "masks").iterdir())
    assert names[:3] == ["000003.png", "000003_confidence.png", "000003_overlay.png"]
    assert (len(names), summary.frames) == (18, 6)
    assert seen == [(n, 6) for n in range(1, 7)]
    for number in range(3, 9):
        frame = clip.frame(number)
        prediction = threshold(frame)
        stem = str(tmp_path / "masks" / f"{number:06}")
        assert np.array_equal(read_labels(Path(f"{stem}.png")), prediction.labels)
        blended = overlay(frame, prediction.labels, CLASSES)
        assert np.array_equal(read_image(Path(f"{stem}_overlay.png")), blended)
        confidence = read_labels(Path(f"{stem}_confidence.png")) / 65535
        assert np.abs(confidence - prediction.confidence()).max() < 1e-4


def test_the_overlay_has_the_clips_size_times_and_sound(clip: Clip, tmp_path: Path) -> None:
    path = tmp_path / "overlay.mp4"
    run(clip, VideoWork(), VideoFiles(overlay=path))

    written = Clip(path)
    assert (written.count, written.size, written.rate) == (12, clip.size, clip.rate)
    assert np.allclose(written.times, clip.times, atol=1e-4)
    for number in (0, 7, 11):
        frame = clip.frame(number)
        expected = overlay(frame, threshold(frame).labels, CLASSES)
        assert np.abs(written.frame(number).astype(int) - expected).mean() < 12
    with av.open(str(clip.path)) as before, av.open(str(path)) as after:
        sound = [
            [bytes(packet) for packet in part.demux(audio=0) if packet.size]
            for part in (before, after)
        ]
    assert sound[0][:-2] == sound[1][: len(sound[0]) - 2]


def test_frames_at_uneven_times_keep_them(tmp_path: Path) -> None:
    stamps = [0, 40, 100, 110, 400, 433]
    clip = Clip(write_clip(tmp_path / "in" / "clip.mkv", frames=6, stamps=stamps))
    run(clip, VideoWork(1), VideoFiles(overlay=tmp_path / "out.mp4"))

    times = np.array(stamps[1:]) / 1000 - 0.04
    assert np.allclose(Clip(tmp_path / "out.mp4").times, times, atol=1e-3)


@pytest.mark.parametrize("moving", [False, True])
def test_what_is_corrupted_is_segmented_and_shown_beside_the_clean(
    clip: Clip, tmp_path: Path, moving: bool
) -> None:
    condition = Condition((Step("gaussian_noise", 2),), seed=5)
    work = VideoWork(stop=4, condition=condition, moving=moving)
    files = VideoFiles(masks=tmp_path / "masks", side_by_side=tmp_path / "both.mp4")
    run(clip, work, files)

    both = Clip(tmp_path / "both.mp4")
    assert both.size == (48, 128)
    for number in range(4):
        clean = clip.frame(number)
        spoilt = condition.apply(clean, number if moving else None)
        labels = read_labels(tmp_path / "masks" / f"{number:06}.png")
        assert np.array_equal(labels, threshold(spoilt).labels)
        left = overlay(clean, threshold(clean).labels, CLASSES)
        assert np.abs(both.frame(number)[:, :64].astype(int) - left).mean() < 12


def test_steadiness_is_measured_with_and_without_smoothing(clip: Clip) -> None:
    plain = run(clip, VideoWork(measured=True), VideoFiles())
    smooth = run(clip, VideoWork(measured=True, smoothing=0.8), VideoFiles())

    assert plain.steadiness is not None
    assert smooth.steadiness is not None
    assert smooth.unsmoothed is not None
    assert plain.unsmoothed is None
    assert smooth.unsmoothed.flip_rates == plain.steadiness.flip_rates
    assert len(plain.steadiness.flip_rates) == 11
    assert sum(smooth.steadiness.flip_rates) < sum(plain.steadiness.flip_rates)


def test_odd_sizes_stay_as_they_are(tmp_path: Path) -> None:
    with writing_mp4(tmp_path / "odd.mp4", (47, 63), Fraction(25)) as writer:
        for number in range(3):
            writer.add(moving_scene(number, 47, 63), number / 25)

    assert Clip(tmp_path / "odd.mp4").size == (47, 63)


def test_sound_that_mp4_cannot_hold_is_left_out_and_named(tmp_path: Path) -> None:
    clip = Clip(write_clip(tmp_path / "in" / "clip.avi", "mpeg4", 5, sound="pcm_s16le"))
    summary = run(clip, VideoWork(), VideoFiles(overlay=tmp_path / "out.mp4"))

    assert [note.code for note in summary.notes] == ["sound_left_out"]
    assert Clip(tmp_path / "out.mp4").count == 5


def test_cancelling_leaves_nothing_behind(clip: Clip, tmp_path: Path) -> None:
    out = tmp_path / "out"
    files = VideoFiles(masks=out / "m", overlay=out / "o.mp4", side_by_side=out / "s.mp4")
    seen: list[int] = []
    with pytest.raises(Cancelled):
        run(
            clip,
            VideoWork(measured=True),
            files,
            report=lambda done, _: seen.append(done),
            cancelled=lambda: len(seen) == 3,
        )

    assert seen == [1, 2, 3]
    assert list(out.iterdir()) == []
    assert not any(thread.name == "stage" for thread in threading.enumerate())


def test_an_error_of_the_network_leaves_nothing_behind(clip: Clip, tmp_path: Path) -> None:
    def breaks(image: np.ndarray) -> Prediction:
        raise UserError("out_of_memory", width=1, height=1)

    files = VideoFiles(masks=tmp_path / "out" / "m", overlay=tmp_path / "out" / "o.mp4")
    with pytest.raises(UserError, match="out_of_memory"):
        process_video(clip, breaks, "breaks", VideoWork(), files)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_with_something_in_it_is_not_touched(clip: Clip, tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="export_not_empty"):
        run(clip, VideoWork(), VideoFiles(masks=tmp_path / "masks"))
    assert [file.name for file in (tmp_path / "masks").iterdir()] == ["mine.txt"]

    (tmp_path / "empty").mkdir()
    with whole_folder(tmp_path / "empty") as folder:
        (folder / "a").write_text("a")
    assert (tmp_path / "empty" / "a").exists()


def test_everything_before_a_damaged_frame_is_done(clip: Clip, tmp_path: Path) -> None:
    clip._damaged.add(7)
    clip._cache.pop(7, None)
    notes = []
    frames = list(segmented_frames(clip, threshold, VideoWork(), notes))
    assert [frame.number for frame in frames] == list(range(7))
    assert [note.code for note in notes] == ["video_ends_at_damage"]

    with pytest.raises(UserError, match="video_frame_damaged"):
        run(clip, replace(VideoWork(), start=7), VideoFiles(masks=tmp_path / "m"))
    assert not (tmp_path / "m").exists()


def test_everything_before_a_broken_image_of_a_sequence_is_done(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "drive", 5)
    (folder / "frame_3.png").write_bytes(b"no image")
    files = VideoFiles(masks=tmp_path / "masks", overlay=tmp_path / "overlay.mp4")
    summary = process_video(open_video(folder, 5), threshold, "threshold", VideoWork(), files)

    assert [(note.code, note.parameters) for note in summary.notes] == [
        ("video_ends_at_damage", {"number": 4, "time": "0.60"})
    ]
    assert len(list((tmp_path / "masks").iterdir())) == 3
    written = Clip(tmp_path / "overlay.mp4")
    assert (written.count, written.rate) == (3, 5)
