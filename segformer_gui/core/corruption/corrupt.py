"""`corrupt`: any of the 19 corruptions, at any severity, by either engine."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.corruption import blur, digital, noise, weather
from segformer_gui.core.corruption.catalogue import (
    FRESH_EACH_FRAME,
    MAX_SEVERITY,
    NAMES,
    is_on_protocol,
)
from segformer_gui.core.corruption.common import Moving
from segformer_gui.core.corruption.reference import corrupt_by_reference
from segformer_gui.core.errors import UserError

Engine = Literal["fast", "reference"]

MIN_SIDE_PX = 32

_Kernel = Callable[[NDArray[np.uint8], float, np.random.Generator], NDArray[np.uint8]]

_KERNELS: dict[str, _Kernel] = {
    kernel.__name__: kernel
    for kernel in (
        blur.motion_blur,
        blur.defocus_blur,
        blur.glass_blur,
        blur.gaussian_blur,
        blur.zoom_blur,
        noise.gaussian_noise,
        noise.impulse_noise,
        noise.shot_noise,
        noise.speckle_noise,
        digital.brightness,
        digital.contrast,
        digital.saturate,
        digital.jpeg_compression,
        digital.pixelate,
        digital.elastic_transform,
        weather.snow,
        weather.spatter,
        weather.fog,
        weather.frost,
    )
}


def corrupt(
    image: NDArray[np.uint8],
    name: str,
    severity: float,
    seed: int,
    engine: Engine = "fast",
    frame: int | None = None,
) -> NDArray[np.uint8]:
    """Corrupt an image (H, W, 3) uint8 RGB, which stays as it is; the result is (H, W, 3) uint8.

    `name` is one of `catalogue.NAMES`; `severity` 0 (clean) to 5; `seed` 0 to 2**32 - 1. The engine
    "fast" runs our kernels: in any number of threads, and with the same random numbers at every
    severity. It also takes severities between the whole ones, which are no benchmark's (see
    `is_on_protocol`): parameters are interpolated (those that only exist whole are rounded), below
    1 the clean image is blended with severity 1, and from 3 to 4 spatter cross-fades from water to
    mud. "reference" runs the original, one call at a time.

    With a `frame` number the image is one of a video in which the corruption moves: noise is new in
    each frame, fog drifts, snow falls, drops run, heat shimmers. The reference only moves noise.

    Raises `UserError` `corruption_unknown`, `severity_out_of_range`, `severity_not_whole`
    (reference only) or `corruption_image_too_small`.
    """
    check_condition(name, severity, engine)
    height, width = image.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        raise UserError(
            "corruption_image_too_small", width=width, height=height, smallest=MIN_SIDE_PX
        )
    if severity == 0:
        return image.copy()
    if frame is not None and name in FRESH_EACH_FRAME:
        seed = int(np.random.SeedSequence((seed, frame)).generate_state(1)[0])
    if engine == "reference":
        return corrupt_by_reference(image, name, int(severity), seed)
    # SFC64 is the fastest of numpy's generators.
    still = np.random.Generator(np.random.SFC64(seed))
    rng = still if frame is None else Moving(seed, frame)
    pixels = np.ascontiguousarray(image)
    corrupted = _KERNELS[name](pixels, max(severity, 1), rng)
    if severity < 1:
        return cv2.addWeighted(pixels, 1 - severity, corrupted, severity, 0)  # pyright: ignore
    return corrupted


def check_condition(name: str, severity: float, engine: Engine = "fast") -> None:
    """Raise `UserError` as `corrupt` would, whatever the image."""
    if name not in _KERNELS:
        close = difflib.get_close_matches(name, NAMES, n=3, cutoff=0) or NAMES
        raise UserError("corruption_unknown", name=name, close=", ".join(close))
    if not (math.isfinite(severity) and 0 <= severity <= MAX_SEVERITY):
        raise UserError("severity_out_of_range", severity=severity)
    if engine == "reference" and not is_on_protocol(severity):
        raise UserError("severity_not_whole", severity=severity)
