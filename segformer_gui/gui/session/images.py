"""Which images are open, which one is looked at, and its pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.catalogue import CHECKPOINT_SUFFIXES, CONFIG_FILE
from segformer_gui.core.images import IMAGE_SUFFIXES, VIDEO_SUFFIXES, find_images, natural_key
from segformer_gui.core.settings import ListOrder
from segformer_gui.core.video.video import RATE, RATES
from segformer_gui.gui.session.pictures import Picture, RecentlyUsed, load_picture
from segformer_gui.gui.session.ports import Lanes

_CACHE_BYTES = 512 << 20

Status = Literal["failed", "open", "segmented", "corrected", "checked"]
_RANKS: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class _Facts:
    """What the list is sorted and searched by; found out in a worker."""

    searched: str
    name_key: list[str | int]
    date_s: float


class Images(QObject):
    """The list of open images. One of them is current: decoded, or being decoded, or broken.

    `paths` are all of them as they were opened, `listed` those that the list shows, in its order. A
    folder among them is one video, an image sequence; `rates` are the frames a second of all that
    are known, open or not.
    """

    list_changed = Signal()
    current_changed = Signal()
    pixels_changed = Signal()  # The current image is decoded, or turned out broken, or is none.
    scanning_changed = Signal()
    opened = Signal(list)  # The paths that were asked for and existed.
    checkpoint_found = Signal(Path)  # Among what was opened.
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        status_of: Callable[[Path], Status],
        confidence_of: Callable[[Path], float | None],
        order: ListOrder,
        sequences: Mapping[str, float],
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._status_of = status_of
        self._confidence_of = confidence_of
        self._cache: RecentlyUsed[Picture] = RecentlyUsed(_CACHE_BYTES)
        self._facts: dict[Path, _Facts] = {}
        self._rows: dict[Path, int] = {}
        lowest, highest = RATES
        self.rates = {Path(p): rate for p, rate in sequences.items() if lowest <= rate <= highest}
        self.paths: list[Path] = []
        self.listed: list[Path] = []
        self.order: ListOrder = order
        self.filter_text = ""
        self.current: Path | None = None
        self.picture: Picture | None = None
        self.errors: dict[Path, Exception] = {}
        self.scans = 0

    def row(self, path: Path | None) -> int | None:
        """Place of `path` in the list; None where the list does not show it."""
        return self._rows.get(path) if path else None

    def __contains__(self, path: Path) -> bool:
        return path in self._facts

    def is_video(self, path: Path) -> bool:
        """Whether an open one is a clip or an image sequence; without a look at the disk."""
        return path.suffix.lower() in VIDEO_SUFFIXES or path in self.rates

    def set_filter(self, text: str) -> None:
        """List only images whose name contains `text`, whatever its case."""
        self.filter_text = text
        self.relist()

    def set_order(self, order: ListOrder) -> None:
        """Sort the list."""
        self.order = order
        self.relist()

    def relist(self) -> None:
        """Filter and sort anew: a status that changes moves no row by itself."""
        text = self.filter_text.casefold()
        listed = [path for path in self.paths if text in self._facts[path].searched]
        keys: dict[ListOrder, Callable[[Path], Any]] = {
            "name": lambda path: self._facts[path].name_key,
            "date": lambda path: -self._facts[path].date_s,
            "status": lambda path: _RANKS.index(self._status_of(path)),
            "confidence": self._need,
        }
        if self.order in keys:
            listed.sort(key=keys[self.order])
        self.listed = listed
        self._rows = {path: row for row, path in enumerate(listed)}
        self.list_changed.emit()

    def _need(self, path: Path) -> tuple[int, float]:
        """For sorting: what the model is least sure of is first, what a person worked on last.

        Correcting that teaches most (least confidence sampling, Settles 2009).
        """
        done = self._status_of(path) in ("corrected", "checked")
        confidence = self._confidence_of(path)
        return (2, 0.0) if done else (1, 0.0) if confidence is None else (0, confidence)

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
        absolute = [path.absolute() for path in places]
        for path in absolute:
            if path not in self:
                self.rates.pop(path, None)  # Single images, from now on.
        self._look_for(
            absolute,
            lambda: find_images(absolute, IMAGE_SUFFIXES | VIDEO_SUFFIXES),
            lambda images: self._add(images, select),
        )

    def open_sequence(self, folder: Path, rate: float) -> None:
        """Add a folder's images as one video of `rate` frames a second, and show it.

        One that is open already is read anew, at this rate.
        """
        folder = folder.absolute()

        def find() -> list[Path]:
            find_images([folder])  # An empty one is told at once.
            return [folder]

        def add(found: dict[Path, _Facts]) -> None:
            self.rates[folder] = rate
            if self.current == folder:
                self.deselect()
            self._add(found, folder)

        self._look_for([folder], find, add)

    def reopen(self, path: Path) -> None:
        """Open what was opened before, a sequence as one."""
        rate = self.rates.get(path)
        if rate is None:
            self.open([path])
        else:
            self.open_sequence(path, rate)

    def _look_for(
        self,
        places: list[Path],
        find: Callable[[], list[Path]],
        add: Callable[[dict[Path, _Facts]], None],
    ) -> None:
        self.scans += 1
        self.scanning_changed.emit()

        def scanned() -> None:
            self.scans -= 1
            self.scanning_changed.emit()

        def found(images: dict[Path, _Facts]) -> None:
            scanned()
            self.opened.emit(places)
            add(images)

        def failed(error: Exception) -> None:
            scanned()
            self.failed.emit(error)

        self._lanes.files.submit(lambda _job: {p: _facts(p) for p in find()}, found, failed)

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

    def deselect(self) -> None:
        """No entry is looked at: something that is none is."""
        self.current = self.picture = None
        self._lanes.decode.cancel("current")
        self.current_changed.emit()
        self.pixels_changed.emit()

    def set_frame(self, picture: Picture) -> None:
        """Another frame of the current video; who shows it tells of it."""
        self.picture = picture

    def release(self, path: Path) -> None:
        """Keep the pixels of a video no longer; its file is closed by whoever has read it."""
        self._cache.drop(path)

    def retry(self) -> None:
        """Read the current image again if it was broken: the file may have been mended."""
        if self.current in self.errors:
            self._decode(self.current)

    def neighbour(self, by: int) -> Path | None:
        """The image `by` places on, as far as the list goes; None where the current one ends it."""
        row = self.row(self.current)
        if row is None:
            return self.listed[0] if self.listed else None
        there = self.listed[max(0, min(row + by, len(self.listed) - 1))]
        return there if there != self.current else None

    def step(self, by: int) -> None:
        """Select the image `by` places on, as far as the list goes."""
        path = self.neighbour(by)
        if path is not None:
            self.select(path)

    def remove(self, paths: Iterable[Path]) -> None:
        """Take images off the list; their files stay where they are."""
        gone = set(paths)
        row = self.row(self.current) or 0
        before = sum(1 for path in self.listed[:row] if path in gone)
        self.paths = [path for path in self.paths if path not in gone]
        for path in gone:
            self._facts.pop(path, None)
            self._cache.drop(path)
            self.errors.pop(path, None)
        self.relist()
        if self.current not in gone:
            return
        if left := self.listed or self.paths:
            self.select(left[min(row - before, len(left) - 1)])
            return
        self.deselect()

    def _add(self, images: dict[Path, _Facts], select: Path | None) -> None:
        new = [image for image in images if image not in self._facts]
        self._facts |= images
        self.paths = [*self.paths, *new]
        wanted = select or (new[0] if new else next(iter(images)))
        if self.filter_text.casefold() not in self._facts[wanted].searched:
            self.filter_text = ""  # What was just opened is to be seen.
        self.relist()
        if select is None and new:
            wanted = min((path for path in new if path in self._rows), key=self._rows.__getitem__)
        self.select(wanted)

    def _decode(self, path: Path) -> None:
        def decoded(picture: Picture) -> None:
            self._cache.put(path, picture, picture.nbytes)
            self.errors.pop(path, None)
            self.picture = picture
            self.pixels_changed.emit()

        def failed(error: Exception) -> None:
            self.errors[path] = error
            self.pixels_changed.emit()

        rate = self.rates.get(path, RATE)
        self._lanes.decode.submit(lambda _job: load_picture(path, rate), decoded, failed, "current")


def _facts(image: Path) -> _Facts:
    try:
        date_s = image.stat().st_mtime
    except OSError:
        date_s = 0.0  # Gone since it was found: opening it says so.
    return _Facts(image.name.casefold(), natural_key(Path(image.name)), date_s)


def _is_checkpoint(path: Path) -> bool:
    try:
        return path.suffix.lower() in CHECKPOINT_SUFFIXES or (path / CONFIG_FILE).is_file()
    except OSError:  # No permission, or too long a path: looking for images in it says which.
        return False
