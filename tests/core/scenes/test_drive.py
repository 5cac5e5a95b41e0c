"""The synthetic clip moves, is the same for the same seed, and of the size asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segformer_gui.core.scenes.drive import write_drive
from segformer_gui.core.video.clip import Clip


def test_a_drive_is_a_clip_that_moves_and_can_be_made_again(tmp_path: Path) -> None:
    clips: list[Clip] = []
    for name in ("a.mp4", "b.mp4"):
        write_drive(tmp_path / name, seed=5, frames=4, size=(180, 240))
        clips.append(Clip(tmp_path / name))

    first, again = clips
    assert (first.count, first.size, first.rate) == (4, (180, 240), 25)
    # The encoder's threads may round otherwise from run to run.
    apart = np.abs(first.frame(3).astype(float) - again.frame(3))
    assert apart.mean() < 2
    assert np.abs(first.frame(0).astype(int) - first.frame(3)).mean() > 1
