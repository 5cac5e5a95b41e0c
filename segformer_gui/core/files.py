"""Files that are whole or not there at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import BinaryIO

from segformer_gui.core.errors import UserError

_PREFIX, _SUFFIX = ".write-", ".tmp"
_NO_SPACE = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


def write_atomically(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write `content`, whole or in pieces, to `path`: temporary file beside it, fsync, replace.

    A reader sees the old file or the new one, never a half. Raises `UserError` `disk_full`,
    `no_permission` or `write_failed`; the file that was there before stays as it was.
    """
    with whole_or_nothing(path) as stream:
        stream.writelines([content] if isinstance(content, bytes) else content)


@contextlib.contextmanager
def whole_or_nothing(path: Path) -> Generator[BinaryIO]:
    """A stream that becomes the file at `path` if nothing is raised within, as `write_atomically`.

    `OSError` within becomes the `UserError` that it means for `path`.
    """
    # A short name of its own: a long file name plus a suffix could pass the 255-byte limit.
    temporary = path.parent / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(temporary, flags, 0o666), "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise file_error(error, path, "write_failed") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()  # Where it has not become the file, for whatever reason.


@contextlib.contextmanager
def whole_folder(path: Path) -> Generator[Path]:
    """A folder to write into that becomes the one at `path` if nothing is raised within.

    Raises `UserError` `export_not_empty` where there is one with something in it, else as
    `write_atomically`.
    """
    temporary = path.parent / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UserError("export_not_empty", path=str(path))
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            path.rmdir()
        temporary.rename(path)
    except UserError as error:
        told = error.parameters.get("path")
        if told is not None and Path(str(told)).is_relative_to(temporary):
            error.parameters["path"] = str(path / Path(str(told)).relative_to(temporary))
        raise
    except OSError as error:
        raise file_error(error, path, "write_failed") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_unfinished(folder: Path) -> None:
    """Remove what `write_atomically` left in `folder` when its process was killed.

    For the one process that writes there; what cannot be removed stays.
    """
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            path.unlink()


def check_ends(path: Path) -> None:
    """Raise `OSError` if what is at `path` may never end, or never begin, such as a pipe."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # To read a folder raises an error itself.
        raise OSError(errno.EINVAL, "it is a pipe or a device")


def file_error(error: OSError, path: Path, otherwise: str) -> UserError:
    """What an `OSError` about `path` means to a person; `otherwise` names the general failure."""
    if error.errno in _NO_SPACE:
        return UserError("disk_full", path=str(path))
    if error.errno in _NOT_ALLOWED:
        return UserError("no_permission", path=str(path))
    if isinstance(error, FileNotFoundError):
        return UserError("file_missing", path=str(path))
    return UserError(otherwise, path=str(path), reason=error.strerror or str(error))
