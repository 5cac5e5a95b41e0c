"""Thumbnails of the list's rows, made in a worker for the rows that are looked at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from segformer_gui.core.thumbnails import (
    HEIGHT_PX,
    WIDTH_PX,
    drop_old_thumbnails,
    read_thumbnail,
)
from segformer_gui.gui.session.pictures import RecentlyUsed
from segformer_gui.gui.session.ports import Lanes

_CACHE_BYTES = 48 << 20
_MOST_WAITING = 100  # More than a list shows at once: what was scrolled past is given up.


class Thumbnails(QObject):
    """Makes one thumbnail at a time, the one that was asked for last first."""

    made = Signal(Path)

    def __init__(self, lanes: Lanes) -> None:
        super().__init__()
        self._lanes = lanes
        self._cache: RecentlyUsed[NDArray[np.uint8]] = RecentlyUsed(_CACHE_BYTES)
        self._failed: set[Path] = set()
        self._wanted: dict[Path, None] = {}
        self._busy = False
        lanes.thumbnails.submit(lambda _job: drop_old_thumbnails(), lambda _: None, lambda _: None)

    def get(self, path: Path) -> NDArray[np.uint8] | None:
        """The thumbnail (H, W, 3) uint8 RGB if it is there; else `made` tells when it is."""
        thumbnail = self._cache.get(path)
        if thumbnail is None and path not in self._failed:
            self._wanted.pop(path, None)
            self._wanted[path] = None
            if len(self._wanted) > _MOST_WAITING:
                del self._wanted[next(iter(self._wanted))]
            self._make_next()
        return thumbnail

    def offer(self, path: Path, pixels: NDArray[np.uint8]) -> None:
        """Take the thumbnail from an image that is at hand, (H, W, 3) uint8 RGB, not too large."""
        if self._cache.get(path) is not None:
            return
        height, width = pixels.shape[:2]
        scale = min(WIDTH_PX / width, HEIGHT_PX / height, 1)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        self._keep(path, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))  # pyright: ignore

    def _make_next(self) -> None:
        if self._busy or not self._wanted:
            return
        path, _ = self._wanted.popitem()
        self._busy = True

        def done(thumbnail: NDArray[np.uint8]) -> None:
            self._busy = False
            self._keep(path, thumbnail)
            self._make_next()

        def failed(_: Exception) -> None:
            # The error is told when the image is opened.
            self._busy = False
            self._failed.add(path)
            self._make_next()

        self._lanes.thumbnails.submit(lambda _job: read_thumbnail(path), done, failed)

    def _keep(self, path: Path, thumbnail: NDArray[np.uint8]) -> None:
        self._failed.discard(path)
        self._wanted.pop(path, None)
        self._cache.put(path, thumbnail, thumbnail.nbytes)
        self.made.emit(path)
