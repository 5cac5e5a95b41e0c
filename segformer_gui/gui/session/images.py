"""Which images are open, which one is looked at, and its pixels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.catalogue import CHECKPOINT_SUFFIXES, CONFIG_FILE
from segformer_gui.core.images import find_images
from segformer_gui.gui.session.pictures import Picture, RecentlyUsed, load_picture
from segformer_gui.gui.session.ports import Lanes

_CACHE_BYTES = 512 << 20


class Images(QObject):
    """The list of open images. One of them is current: decoded, or being decoded, or broken."""

    list_changed = Signal()
    current_changed = Signal()
    pixels_changed = Signal()  # The current image is decoded, or turned out broken, or is none.
    scanning_changed = Signal()
    opened = Signal(list)  # The paths that were asked for and existed.
    checkpoint_found = Signal(Path)  # Among what was opened.
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes) -> None:
        super().__init__()
        self._lanes = lanes
        self._cache: RecentlyUsed[Picture] = RecentlyUsed(_CACHE_BYTES)
        self._rows: dict[Path, int] = {}
        self.paths: list[Path] = []
        self.current: Path | None = None
        self.picture: Picture | None = None
        self.errors: dict[Path, Exception] = {}
        self.scans = 0

    def row(self, path: Path) -> int:
        """Place of `path` in the list."""
        return self._rows[path]

    def __contains__(self, path: Path) -> bool:
        return path in self._rows

    def open(self, paths: Iterable[Path], select: Path | None = None) -> None:
        """Add images, folders of images, or name a checkpoint.

        `select` is made the current image, or else the first one that is new.
        """
        wanted = list(paths)
        models = [path for path in wanted if _is_checkpoint(path)]
        if models:
            self.checkpoint_found.emit(models[0])
        places = [path for path in wanted if path not in models]
        if not places:
            return
        self.scans += 1
        self.scanning_changed.emit()

        def scanned() -> None:
            self.scans -= 1
            self.scanning_changed.emit()

        def found(images: list[Path]) -> None:
            scanned()
            self.opened.emit(absolute)
            self._add(images, select)

        def failed(error: Exception) -> None:
            scanned()
            self.failed.emit(error)

        absolute = [path.absolute() for path in places]
        self._lanes.files.submit(lambda _job: find_images(absolute), found, failed)

    def select(self, path: Path) -> None:
        """Make `path` the current image and decode it."""
        if path == self.current:
            return
        self.current = path
        self.picture = self._cache.get(path)
        self.current_changed.emit()
        if self.picture is None:
            self._decode(path)
        else:
            self._lanes.decode.cancel("current")
            self.pixels_changed.emit()

    def retry(self) -> None:
        """Read the current image again if it was broken: the file may have been mended."""
        if self.current in self.errors:
            self._decode(self.current)

    def step(self, by: int) -> None:
        """Select the image `by` places on, as far as the list goes."""
        if not self.paths:
            return
        row = self.row(self.current) + by if self.current else 0
        self.select(self.paths[max(0, min(row, len(self.paths) - 1))])

    def remove(self, paths: Iterable[Path]) -> None:
        """Take images off the list; their files stay where they are."""
        gone = set(paths)
        row = self.row(self.current) if self.current else 0
        before = sum(1 for path in self.paths[:row] if path in gone)
        self._set_paths([path for path in self.paths if path not in gone])
        for path in gone:
            self._cache.drop(path)
            self.errors.pop(path, None)
        if self.current not in gone:
            return
        if self.paths:
            self.select(self.paths[min(row - before, len(self.paths) - 1)])
            return
        self.current = self.picture = None
        self._lanes.decode.cancel("current")
        self.current_changed.emit()
        self.pixels_changed.emit()

    def _add(self, images: list[Path], select: Path | None) -> None:
        new = [image for image in images if image not in self._rows]
        self._set_paths([*self.paths, *new])
        self.select(select or (new[0] if new else images[0]))

    def _decode(self, path: Path) -> None:
        def decoded(picture: Picture) -> None:
            self._cache.put(path, picture, picture.nbytes)
            self.errors.pop(path, None)
            self.picture = picture
            self.pixels_changed.emit()

        def failed(error: Exception) -> None:
            self.errors[path] = error
            self.pixels_changed.emit()

        self._lanes.decode.submit(lambda _job: load_picture(path), decoded, failed, "current")

    def _set_paths(self, paths: list[Path]) -> None:
        self.paths = paths
        self._rows = {path: row for row, path in enumerate(paths)}
        self.list_changed.emit()


def _is_checkpoint(path: Path) -> bool:
    return path.suffix.lower() in CHECKPOINT_SUFFIXES or (path / CONFIG_FILE).is_file()
