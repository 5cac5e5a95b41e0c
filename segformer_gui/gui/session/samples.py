"""The sample scenes that ship with the application, for the first look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.images import natural_key, read_image
from segformer_gui.core.paths import shipped
from segformer_gui.gui.session.ports import Job, Lanes

_THUMBNAIL_WIDTH_PX = 440


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample scene; `thumbnail` (H, W, 3) uint8 RGB."""

    path: Path
    title: str
    thumbnail: NDArray[np.uint8]


class Samples(QObject):
    """Finds the samples and makes their thumbnails in a worker."""

    found = Signal(Sample)
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes) -> None:
        super().__init__()
        self._lanes = lanes

    def load(self) -> None:
        """Look for the samples; `found` brings them one by one."""

        def work(job: Job) -> None:
            for path in sample_files():
                pixels = read_image(path)
                height = round(pixels.shape[0] * _THUMBNAIL_WIDTH_PX / pixels.shape[1])
                size = (_THUMBNAIL_WIDTH_PX, height)
                thumbnail = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # pyright: ignore
                title = path.stem.replace("_", " ").replace("-", " ").capitalize()
                job.report(self.found.emit, Sample(path, title, thumbnail))  # pyright: ignore

        self._lanes.decode.submit(work, lambda _: None, self.failed.emit)


def sample_files() -> list[Path]:
    """The sample scenes' files."""
    return sorted(shipped("resources", "samples").glob("*.png"), key=natural_key)
