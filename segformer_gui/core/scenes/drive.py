"""A clip of a synthetic street: the camera zooms in as a car drives on, and shakes a little."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from segformer_gui.core.scenes.scene import render_scene
from segformer_gui.core.video.writer import writing_mp4

_RATE = Fraction(25)
_ZOOM_A_FRAME = 1.006
_SHAKE_PX = 0.8
_FRAMES_A_SCENE = 75


def write_drive(path: Path, seed: int, frames: int, size: tuple[int, int] = (720, 960)) -> None:
    """Write an MP4 of `size` (H, W) at 25 frames a second; every 3 s another scene begins.

    Raises `UserError` as `writing_mp4`.
    """
    height, width = size
    rng = np.random.default_rng(seed)
    with writing_mp4(path, size, _RATE) as writer:
        scene = np.zeros(0)
        for number in range(frames):
            part, step = divmod(number, _FRAMES_A_SCENE)
            if step == 0:
                scene, _ = render_scene(seed + part, height, width)
            matrix = cv2.getRotationMatrix2D(
                (width * 0.5, height * 0.48), 0, 1.02 * _ZOOM_A_FRAME**step
            )
            matrix[:, 2] += rng.normal(0, _SHAKE_PX, 2)
            moved = cv2.warpAffine(scene, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
            writer.add(moved.astype(np.uint8), number / float(_RATE))
