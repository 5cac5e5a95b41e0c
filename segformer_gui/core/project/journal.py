"""The journal of a mask: patches that its file does not hold yet, as they were made.

A mask's journal is a row of segments. Edits are appended to the last one; a save begins a new one
and removes the others when the mask's file is whole. Patches say what is there after them, not how
it changed: made again on a mask that holds them already, they end where they ended before. So it
does no harm if a segment outlives the save, and a kill at any moment costs at most the edit that
was being written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
import zlib
from pathlib import Path

from segformer_gui.core.annotation.patch import Patch
from segformer_gui.core.files import file_error

SUFFIX = ".patches"
_MAGIC = b"segformer_gui journal 1 "
_RECORD = struct.Struct("<II")  # Length and CRC-32 of the patch that follows.


class Journal:
    """The patches of one image's mask of `size` (H, W), in `folder`. `left` are segments that are
    there already, in their order.

    It does not wait for the disk: what was appended outlives the process, not a power failure.
    """

    def __init__(self, folder: Path, image: str, size: tuple[int, int], left: list[Path]) -> None:
        self._folder = folder
        self._image = image
        self._size = size
        self._old = list(left)
        self._number = max(map(_number_of, left), default=0)
        self._current: Path | None = None
        self._unwritten: list[bytes] = []
        self._damaged: set[Path] = set()

    def read(self) -> list[Patch]:
        """The patches of the segments that were left, each up to where it was cut short."""
        patches: list[Patch] = []
        for path in self._old:
            found, whole = _read_segment(path, self._size)
            patches += found
            if not whole:
                self._damaged.add(path)
        return patches

    @property
    def damaged(self) -> tuple[Path, ...]:
        """Segments that `read` found to hold more than can be read. They are never removed."""
        return tuple(path.with_suffix(".damaged") for path in self._damaged)

    def append(self, patch: Patch) -> None:
        """Write a patch down.

        Raises `UserError` `disk_full`, `no_permission` or `write_failed`; the patch is then written
        before the next one.
        """
        content = patch.to_bytes()
        self._unwritten.append(_RECORD.pack(len(content), zlib.crc32(content)) + content)
        self.flush()

    def flush(self) -> None:
        """Write what could not be written before. Raises `UserError` as `append`."""
        if not self._unwritten:
            return
        path, before = self._current, 0
        content = b"".join(self._unwritten)
        if path is None:
            path = self._folder / f"{_name_of(self._image)}-{self._number + 1:06}{SUFFIX}"
            content = _MAGIC + json.dumps(self._image).encode() + b"\n" + content
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._current is not None:
                before = path.stat().st_size
            with path.open("ab") as stream:
                stream.write(content)
        except OSError as error:
            self._take_back(path, before)
            raise file_error(error, path, "write_failed") from error
        if self._current is None:
            self._current, self._number = path, self._number + 1
        self._unwritten.clear()

    def begin_segment(self) -> list[Path]:
        """Let the next patch begin a new segment; returns those before, for `remove`."""
        if self._current is not None:
            self._old.append(self._current)
            self._current = None
        return list(self._old)

    def remove(self, segments: list[Path]) -> None:
        """Remove segments that a saved mask holds. Raises `UserError` as `file_error`."""
        # The oldest first: whatever is left of the row then still ends where it ended.
        for path in segments:
            try:
                if path in self._damaged:
                    path.replace(path.with_suffix(".damaged"))
                else:
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise file_error(error, path, "write_failed") from error
            self._old.remove(path)

    def _take_back(self, path: Path, size: int) -> None:
        """Cut a half-written record off, or else leave the segment as it is and begin another."""
        try:
            if self._current is None:
                path.unlink(missing_ok=True)
            else:
                os.truncate(path, size)
        except OSError:
            self._old.append(path)
            self._current, self._number = None, _number_of(path)


def find_segments(folder: Path) -> dict[str, list[Path]]:
    """The segments in a folder by image, in the order in which they were written.

    What is no segment is passed over. Raises `UserError` as `file_error`.
    """
    found: dict[str, list[Path]] = {}
    try:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            with contextlib.suppress(
                FileNotFoundError, ValueError
            ):  # Removed since, or no segment.
                _number_of(path)
                with path.open("rb") as stream:
                    image: object = json.loads(stream.readline().removeprefix(_MAGIC))
                if isinstance(image, str):
                    found.setdefault(image, []).append(path)
    except OSError as error:
        raise file_error(error, Path(error.filename or folder), "file_unreadable") from error
    return found


def _read_segment(path: Path, size: tuple[int, int]) -> tuple[list[Patch], bool]:
    """The patches of a segment, and whether they are all: what a kill cuts short does not count."""
    patches: list[Patch] = []
    try:
        data = path.read_bytes()
    except FileNotFoundError:  # Removed since it was found, by the window that writes.
        return patches, True
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error
    place = data.find(b"\n") + 1
    while place + _RECORD.size <= len(data):
        length, checksum = _RECORD.unpack_from(data, place)
        place += _RECORD.size
        content = data[place : place + length]
        if len(content) < length:
            break
        try:
            if zlib.crc32(content) != checksum:
                raise ValueError("the checksum is another")
            patches.append(Patch.from_bytes(content, size))
        except ValueError:
            return patches, False
        place += length
    return patches, True


def _name_of(image: str) -> str:
    """How the names of an image's segments begin: an image's own name may be too long for more."""
    return hashlib.sha256(image.encode(errors="surrogatepass")).hexdigest()[:16]


def _number_of(segment: Path) -> int:
    return int(segment.stem.rpartition("-")[2])
