"""Image files for tests: some small images, and the bytes of files of them."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)
HEIGHT, WIDTH = 24, 40
# Smooth, so that JPEG keeps it; every channel and corner differs, so that mix-ups show.
PHOTO = cv2.resize(RNG.integers(0, 256, (3, 5, 3), np.uint8), (WIDTH, HEIGHT))
ALPHA = RNG.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
GREY_16 = RNG.integers(0, 65536, (HEIGHT, WIDTH)).astype(np.uint16)
COLOR_16 = RNG.integers(0, 65536, (HEIGHT, WIDTH, 3)).astype(np.uint16)


def encode(image: Image.Image, file_format: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def in_mode(mode: str) -> Image.Image:
    image = Image.fromarray(PHOTO)
    if mode == "P":
        return image.quantize(16)
    if mode in ("RGBA", "LA"):
        image = image.convert(mode.removesuffix("A"))
        image.putalpha(Image.fromarray(ALPHA))
    return image.convert(mode)


def as_pillow_sees(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        if image.mode == "P":
            image.info.pop("transparency", None)
        return np.array(image.convert("RGB"))


def saved(folder: Path, data: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
