"""Images of a folder as a video: in natural order, of one size, and clear about what they lack."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from video_clips import moving_scene, write_sequence

from segformer_gui.core.errors import UserError
from segformer_gui.core.images import is_video, output_stem, write_png
from segformer_gui.core.outputs import plan_outputs
from segformer_gui.core.thumbnails import read_thumbnail
from segformer_gui.core.video.video import open_video


@pytest.mark.parametrize("name", ["drive", "a.b", "Straße 東京"])
def test_images_in_a_folder_are_a_video(tmp_path: Path, name: str) -> None:
    folder = write_sequence(tmp_path / name, 12)
    video = open_video(folder, 10)

    assert (video.count, video.size, video.rate, video.times[-1]) == (12, (48, 64), 10, 1.1)
    assert all(np.array_equal(video.frame(n), moving_scene(n)) for n in (11, 2, 10))
    assert is_video(folder)
    assert read_thumbnail(folder).shape == (48, 64, 3)
    assert output_stem(folder) == name
    assert output_stem(folder / "frame_2.png") == "frame_2"
    assert plan_outputs([folder], tmp_path, ["_masks"]) == {folder: [tmp_path / f"{name}_masks"]}


@pytest.mark.parametrize(
    ("rate", "meant"), [(29.97, Fraction(2997, 100)), (0.1, Fraction(1, 10)), (25, 25)]
)
def test_a_rate_is_what_was_meant(tmp_path: Path, rate: float, meant: Fraction) -> None:
    assert open_video(write_sequence(tmp_path / "drive", 2), rate).rate == meant


def test_bad_images_are_named(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "drive", 4)
    write_png(folder / "frame_1.png", moving_scene(1, 50, 64))
    (folder / "frame_2.png").write_bytes(b"no image")
    (tmp_path / "empty").mkdir()

    video = open_video(folder)
    for number, code in ((1, "video_size_changes"), (2, "image_broken")):
        with pytest.raises(UserError, match=f"{code}.*frame_{number}.png"):
            video.frame(number)
    assert np.array_equal(video.frame(3), moving_scene(3))
    with pytest.raises(UserError, match="no_images"):
        open_video(tmp_path / "empty")
