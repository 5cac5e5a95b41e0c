"""A project on disk: its file, its masks, its journal, and who may write."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from os.path import realpath
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Self
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.history import History
from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error, remove_unfinished, write_atomically
from segformer_gui.core.images import read_size
from segformer_gui.core.project.class_edits import ClassEdits
from segformer_gui.core.project.document import Document
from segformer_gui.core.project.journal import Journal, find_segments
from segformer_gui.core.project.mask_files import MaskFiles
from segformer_gui.core.project.record import (
    OWN_FOLDERS,
    RECORD_FILE,
    FrameSource,
    ImageRow,
    Status,
    free_id,
    read_record,
    record_bytes,
    sequence_of,
    sha256_of,
)

if TYPE_CHECKING:
    from filelock import BaseFileLock

_HISTORIES_BYTES = 512 << 20


class Project:
    """A folder with `project.json`, and `MaskFiles` for each image. The images stay where they are.

    One process at a time may write; for others `read_only` is the reason why they may not, as an
    error. `recovered` are the images with work that no save holds, from a process that ended
    without one: opening their mask brings it back.

    Documents are edited in one thread. `save` and `store` may be called from another meanwhile.
    A context manager closes it at its end.
    """

    def __init__(self, folder: Path) -> None:
        """Open a project. Raises `UserError` as `read_record`."""
        self.folder = folder.absolute()
        path = self.folder / RECORD_FILE
        read_record(path)  # So that a folder that is no project gets no lock.
        self.read_only: UserError | None = None
        self._file_lock = self._take_file_lock()
        try:
            self.classes, self.images = read_record(path)
            self._left = find_segments(self.folder / "journal")
        except UserError:
            self.close()
            raise
        self.recovered: tuple[str, ...] = ()
        if self.read_only is None:
            self.recovered = tuple(image for image in self.images if image in self._left)
            for place in (".", "masks", "touched"):
                remove_unfinished(self.folder / place)
        self.class_edits = ClassEdits(self)
        self._masks = MaskFiles(self.folder)
        self._histories: OrderedDict[str, History] = OrderedDict()
        self._documents: WeakValueDictionary[str, Document] = WeakValueDictionary()
        self._unsaved: dict[str, Document] = {}
        self._stored = b""
        self._state = RLock()  # Held for moments.
        self._files = RLock()  # Held while files are read and written; never taken under `_state`.

    @classmethod
    def create(cls, folder: Path, classes: ClassSet) -> Project:
        """Make a project without images, in a folder that may hold other things.

        Raises `UserError` `project_exists`, or as `write_atomically`.
        """
        path = folder / RECORD_FILE
        if path.exists() or any((folder / name).exists() for name in OWN_FOLDERS):
            raise UserError("project_exists", path=str(folder))
        write_atomically(path, record_bytes(classes, {}))
        return cls(folder)

    def close(self) -> None:
        """Let others write. What is not saved is in the journal, and comes back."""
        if self._file_lock is not None:
            self._file_lock.release()
            self._file_lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check_writable(self) -> None:
        """Raise the reason why this project cannot be written to, if there is one."""
        if self.read_only is not None:
            raise UserError(self.read_only.code, **self.read_only.parameters)

    # Images.

    def add(self, paths: Iterable[Path]) -> Iterator[tuple[Path, UserError | None]]:
        """Add images; those that are there already are passed over. Long work.

        A file whose content is that of an image that is gone from its place is that image, moved.
        Yields each path with what kept it from being added, if something did. Call `store` then.
        """
        self.check_writable()
        present = {realpath(self.image_path(image)) for image in self.images}
        taken = {image.casefold() for image in self.images}
        taken |= {path.stem.casefold() for path in (self.folder / "masks").glob("*.png")}
        for path in paths:
            if realpath(path) in present:
                continue
            try:
                height, width = read_size(path)
                digest = sha256_of(path)
            except UserError as error:
                yield path, error
                continue
            place = self._portable(path)
            row = self._moved(digest)
            if row is None:
                image = free_id(path, taken)
                row = ImageRow(image, place, digest, width, height, sequence_of(path))
            self._put(dataclasses.replace(row, path=place))
            present.add(realpath(path))
            taken.add(row.id.casefold())
            yield path, None

    def take_over(self, other: Project, paths: Iterable[Path]) -> int:
        """Begin this project with images, saved masks and states of one of the same classes.

        Images without a mask are passed over; returns how many were taken. Raises `UserError` as
        `add` yields, as `write_atomically` or as `file_error`.
        """
        assert not self.images, "ids may differ from those of the other project"
        there = {realpath(other.image_path(image)): row for image, row in other.images.items()}
        rows = [row for path in paths if (row := there.get(realpath(path))) and row.saved]
        for row in rows:
            path = other.image_path(row.id)
            for _, error in self.add([path]):
                if error is not None:
                    raise error
            image = next(reversed(self.images))
            self._masks.take_over(image, other._masks, row.id)
            own = self.images[image]
            self._put(dataclasses.replace(row, id=image, path=own.path, sha256=own.sha256))
        self.store()
        return len(rows)

    def relocate(self, paths: Iterable[Path]) -> int:
        """Find images that are gone from their place among files of their name and content.

        Returns how many were found. Reads these files. Call `store` then.
        """
        self.check_writable()
        gone = [image for image in self.images if not self.image_path(image).exists()]
        by_name: dict[str, list[Path]] = {}
        for path in paths if gone else ():
            by_name.setdefault(path.name, []).append(path)
        found = 0
        for image in gone:
            digest = self.images[image].sha256
            there = by_name.get(self.image_path(image).name, [])
            path = next((path for path in there if _has_content(path, digest)), None)
            if path is not None:
                with self._state:
                    row = self.images[image]  # As it is now: reading files takes a while.
                    self._put(dataclasses.replace(row, path=self._portable(path)))
                found += 1
        return found

    def _moved(self, digest: str) -> ImageRow | None:
        """The image of this content, if its file is gone from its place."""
        same = (row for row in self.images.values() if row.sha256 == digest)
        return next((row for row in same if not self.image_path(row.id).exists()), None)

    def remove(self, image: str) -> None:
        """Take an image off the list. All files stay. Call `store` then."""
        self.check_writable()
        with self._state:
            self.images = {name: row for name, row in self.images.items() if name != image}
            self._unsaved.pop(image, None)
            self._histories.pop(image, None)

    def update(
        self,
        image: str,
        status: Status | None = None,
        sequence: str | None = None,
        hold_out: bool | None = None,
        source: FrameSource | None = None,
    ) -> None:
        """Change what is known of an image. Call `store` then.

        Who sets it to open does without its mask, if that is missing.
        """
        self.check_writable()
        changes = {
            "status": status,
            "sequence": sequence,
            "hold_out": hold_out,
            "source": source,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        if status == "open":
            given["saved"] = False
        with self._state:
            self._put(dataclasses.replace(self.images[image], **given))

    def image_path(self, image: str) -> Path:
        """Where the image's file lies, or lay when it was added."""
        return self.folder / self.images[image].path

    def mask_path(self, image: str) -> Path:
        """Where the image's mask is saved."""
        return self._masks.path(image)

    def check_image(self, image: str) -> None:
        """Raise `UserError` `file_missing` or `image_changed` if a mask no longer has its image.

        Reads the whole file.
        """
        path = self.image_path(image)
        if sha256_of(path) != self.images[image].sha256:
            raise UserError("image_changed", path=str(path))

    # Masks.

    def document(self, image: str) -> Document:
        """The mask of an image with its history: the same one as long as somebody holds it.

        Reads files. What a process before left in the journal is in it. Raises `UserError`
        `mask_broken`, `mask_missing`, `mask_wrong_size`, `mask_unknown_class` or as `file_error`:
        a mask that cannot be read is never taken for an empty one.
        """
        with self._files:
            document = self._documents.get(image)
            if document is None:
                document = self._load(image)
                self._documents[image] = document
                self._left.pop(image, None)
                if document.unsaved and self.read_only is None:
                    self._unsaved[image] = document
            return document

    def has_mask(self, image: str) -> bool:
        """Whether there is, or was, anything in the image's mask."""
        worked_on = image in self._left or image in self._unsaved or len(self.history(image)) > 0
        return worked_on or self.images[image].saved

    def history(self, image: str) -> History:
        """What was done to an image's mask since the project was opened."""
        return self._histories.setdefault(image, History())

    def discard(self, image: str) -> None:
        """Throw away what a process before left in the journal, before the mask is opened.

        Raises `UserError` as `file_error`.
        """
        self.check_writable()
        for path in reversed(self._left.get(image, [])):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise file_error(error, path, "write_failed") from error
            self._left[image].remove(path)
        self._left.pop(image, None)

    @property
    def unsaved(self) -> tuple[str, ...]:
        """Images with edits that their files do not hold."""
        with self._state:
            return tuple(self._unsaved)

    def save(self, image: str) -> None:
        """Write an image's mask if it has unsaved edits, without a stroke that is being drawn.

        Raises `UserError` `disk_full`, `no_permission` or `write_failed`: the edits stay in memory
        and in the journal, and the files as they were.
        """
        self.check_writable()
        with self._files:
            with self._state:
                document = self._unsaved.get(image)
            if document is None:
                return
            snapshot = document.snapshot()
            self._masks.write(image, snapshot.labels, snapshot.touched, self.classes)
            self._describe(image, snapshot.labels, snapshot.touched)
            self.store()
            document.saved(snapshot)
            with self._state:
                if not document.unsaved:
                    self._unsaved.pop(image, None)

    def store(self) -> None:
        """Write the project file if it would change. Raises `UserError` as `write_atomically`."""
        self.check_writable()
        with self._files:
            with self._state:
                content = record_bytes(self.classes, self.images)
            if content != self._stored:
                write_atomically(self.folder / RECORD_FILE, content)
                self._stored = content

    def _load(self, image: str) -> Document:
        row = self.images[image]
        size = row.height, row.width
        # The mask before the journal: if another window saves meanwhile, the segments that the new
        # mask holds are gone, and this one is a save behind.
        mask = self._masks.read(row, self.image_path(image), self.classes)
        folder = self.folder / "journal"
        left = self._left if self.read_only is None else find_segments(folder)
        journal = Journal(folder, image, size, left.get(image, []))
        document = Document(image, mask, self.history(image), journal, self._state, self._edited)
        if self.read_only is not None:
            mask.labels.flags.writeable = mask.touched.flags.writeable = False
        return document

    def _describe(self, image: str, labels: NDArray[np.uint8], touched: NDArray[np.bool_]) -> None:
        """Tell what the saved mask is, unless a person has checked it."""
        status: Status = "open" if (labels == UNLABELLED).all() else "predicted"
        if touched.any():
            status = "corrected"
        with self._state:
            row = self.images.get(image)
            if row is not None:  # Else it was removed while its mask was being saved.
                status = row.status if row.status == "checked" else status
                self._put(dataclasses.replace(row, status=status, saved=True))

    def _put(self, row: ImageRow) -> None:
        """Add or replace a row, in a new dictionary: another thread may be walking through the old
        one.
        """
        with self._state:
            self.images = {**self.images, row.id: row}

    def _edited(self, document: Document, new: bool) -> None:
        with self._state:
            if document.image not in self.images:
                return  # It was removed while its mask was open.
            self._unsaved[document.image] = document
            self._histories.move_to_end(document.image)
            if new:
                self.class_edits.forget_undone()
            # The histories of the images that were edited least recently go first.
            total = sum(history.nbytes for history in self._histories.values())
            for history in list(self._histories.values())[:-1]:
                if total <= _HISTORIES_BYTES:
                    break
                total -= history.nbytes
                history.forget()

    def _portable(self, path: Path) -> str:
        """Relative to the project where the two lie together, so that they can move together."""
        absolute = path.absolute()
        if absolute.is_relative_to(self.folder):
            return absolute.relative_to(self.folder).as_posix()
        if absolute.is_relative_to(self.folder.parent):
            return (Path("..") / absolute.relative_to(self.folder.parent)).as_posix()
        return str(absolute)

    def _take_file_lock(self) -> BaseFileLock | None:
        """The lock that the system takes back when a process ends, however it ends."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / "project.lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            self.read_only = UserError("project_locked", path=str(self.folder))
            return None
        except OSError as error:
            self.read_only = file_error(error, self.folder, "write_failed")
            return None
        return lock


def _has_content(path: Path, digest: str) -> bool:
    try:
        return sha256_of(path) == digest
    except UserError:  # Another file of that name, which cannot be read.
        return False
