"""Small pictures of image files, kept on the disk from one start to the next."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error
from segformer_gui.core.images import is_video, read_image, read_reduced, write_png
from segformer_gui.core.paths import user_cache_dir
from segformer_gui.core.video.video import first_frame_reduced

WIDTH_PX, HEIGHT_PX = 128, 96

_MOST_FILES = 20_000  # Some 400 MB.


def read_thumbnail(path: Path) -> NDArray[np.uint8]:
    """The image reduced to fit into WIDTH_PX x HEIGHT_PX: (H, W, 3) uint8 RGB.

    Kept under the file's path, date and size, so a file that has changed gets another one. Errors
    as `read_image`; a cache that cannot be read or written makes it slower and is no error.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error
    key = f"{path}\n{stat.st_mtime_ns}\n{stat.st_size}".encode(errors="surrogatepass")
    kept = _folder() / f"{hashlib.sha256(key).hexdigest()}.png"
    with suppress(UserError):
        return read_image(kept)
    reduced = first_frame_reduced if is_video(path) else read_reduced
    thumbnail = reduced(path, WIDTH_PX, HEIGHT_PX)
    with suppress(UserError):
        write_png(kept, thumbnail)
    return thumbnail


def drop_old_thumbnails() -> None:
    """Delete the oldest thumbnails where there are too many."""
    with suppress(OSError):
        files = sorted(_folder().iterdir(), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _MOST_FILES)]:
            file.unlink()


def _folder() -> Path:
    return user_cache_dir() / "thumbnails"
