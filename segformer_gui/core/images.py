"""Any image file in, (H, W, 3) uint8 RGB out; PNG files written whole or not at all.

The only place that decodes or encodes image files. `cv2.imread` and `cv2.imwrite` are banned
elsewhere: they cannot open non-ASCII paths on Windows, and fail by returning None.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import warnings
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from segformer_gui.core.errors import UserError, memory_ended
from segformer_gui.core.files import check_ends, file_error, write_atomically
from segformer_gui.core.png import png_pieces

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
VIDEO_SUFFIXES = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".ts", ".mts", ".m2ts"),
        *(".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ogv", ".h264", ".hevc"),
    }
)
MAX_PIXELS = 16384 * 16384
# Names of images, of folders of images, and of those of their labels beside them.
CITYSCAPES_IMAGE = "_leftImg8bit"  # At the end of a name.
INDEX_IMAGES = ("images", "imgs")
INDEX_LABELS = ("labels", "masks", "annotations", "gts")

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
_EXIF_ORIENTATION = 0x0112  # 5 to 8 are the ones that swap width and height.
# How OpenCV flips an image of each orientation, of 5 to 8 after it has been transposed.
_FLIPS = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
_FAST = ("PNG", "JPEG", "MPO")  # MPO: what Pillow calls a JPEG with further pictures behind it.
_REDUCED = {
    1: 0,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}

# The size is checked against MAX_PIXELS here; Pillow's own limit (179 MP) lies below it.
Image.MAX_IMAGE_PIXELS = None
# Pillow warns of a damaged TIFF before it raises; the error says it all.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def read_image(path: Path) -> NDArray[np.uint8]:
    """Decode an image file to (H, W, 3) uint8 RGB.

    EXIF orientation is applied, 16-bit channels are scaled to 8 bit, grey and palette images become
    RGB, CMYK is converted, alpha is ignored; of an animation or a stack of pages, the first. Raises
    `UserError` `file_missing`, `no_permission`, `file_unreadable`, `image_broken` (also for a file
    that is cut short), `image_too_large` or `image_memory`.
    """
    data = _read_bytes(path)
    file_format, _, orientation = _check(path, data)
    with _damage_named(path):
        return _decode_fast(data, orientation) if file_format in _FAST else _decode_exact(data)


def read_reduced(path: Path, width: int, height: int) -> NDArray[np.uint8]:
    """Decode an image file as `read_image` does, reduced to fit into `width` x `height` px.

    A JPEG is decoded at an eighth, a quarter or a half of its size, which takes a fraction of the
    time. A smaller image stays as it is. Errors as `read_image`.
    """
    data = _read_bytes(path)
    file_format, size, orientation = _check(path, data)
    with _damage_named(path):
        if file_format in _FAST:
            smallest = min(size) / max(width, height)
            factor = max(step for step in _REDUCED if step <= max(smallest, 1))
            image = _decode_fast(data, orientation, _REDUCED[factor])
        else:
            image = _decode_exact(data)
    scale = min(width / image.shape[1], height / image.shape[0], 1)
    fitted = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, fitted, interpolation=cv2.INTER_AREA)  # pyright: ignore


def read_size(path: Path) -> tuple[int, int]:
    """(H, W) that `read_image` would return, from the file's header alone. Errors as there."""
    data = _read_bytes(path)
    with (
        _damage_named(path),
        Image.open(io.BytesIO(data), formats=_FORMATS) as image,
    ):
        width, height = image.size
        turned = _orientation(image) >= 5
    _check_size(path, width, height)
    return (width, height) if turned else (height, width)


def read_labels(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Read a label image as ids: (H, W) uint8, or uint16 where the file holds more than 8 bits.

    A palette image gives its indices, not its colours; grey of 2 or 4 bits its numbers, not their
    shades. A 32-bit id that does not fit becomes 65535.
    Raises `UserError` `labels_not_indexed` for an image of several channels, else as `read_image`.
    """
    data = _read_bytes(path)
    _check(path, data)
    with _damage_named(path), Image.open(io.BytesIO(data)) as image:
        bits = re.search(r"\bL;([24])", repr(image.tile))  # As packed in the file.
        mode, ids = image.mode, np.array(image)
    if mode in ("1", "L", "P"):
        ids = ids.astype(np.uint8)
        # Pillow spreads the 4 or 16 greys of 2 or 4 bits over 0 to 255.
        return ids // np.uint8(255 // (2 ** int(bits[1]) - 1)) if bits else ids
    if mode in ("I", "I;16", "I;16B"):
        return np.where((ids < 0) | (ids > 65535), 65535, ids).astype(np.uint16)
    raise UserError("labels_not_indexed", path=str(path), mode=mode)


def write_png(path: Path, image: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """Write (H, W) ids or (H, W, 3) uint8 RGB as PNG, atomically. Errors as `write_atomically`."""
    write_atomically(path, png_pieces(image))


def write_index_png(
    path: Path,
    labels: NDArray[np.uint8] | NDArray[np.bool_],
    palette: NDArray[np.uint8] | None = None,
) -> None:
    """Write a mask as PNG, atomically: (H, W) uint8 ids, which a `palette` (256, 3) colours for
    viewers, or (H, W) bool as one bit a pixel. `read_labels` gives it back. Errors as
    `write_atomically`.
    """
    image = Image.fromarray(labels)
    if palette is not None:
        image.putpalette(palette.tobytes())
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=3)
    write_atomically(path, stream.getvalue())


def is_video(path: Path) -> bool:
    """Whether a path stands for a video: a file by its name, or a folder, of whose images each is
    a frame.
    """
    return path.suffix.lower() in VIDEO_SUFFIXES or is_folder(path)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; False where that cannot be told."""
    return os.path.isdir(path)  # noqa: PTH112 (`Path.is_dir` raises where a folder above is closed)


def output_stem(path: Path) -> str:
    """What files made of an image or a video are named after: what a folder has after its last dot
    is no suffix.
    """
    return path.name if is_folder(path) else path.stem


def find_images(paths: Iterable[Path], suffixes: frozenset[str] = IMAGE_SUFFIXES) -> list[Path]:
    """Image files among `paths`; folders are searched through, in natural order, hidden ones not.

    Nor are the folders of labels that lie beside those of a data set's images, as in the layouts
    of `segformer_gui.core.datasets`. A file that is named directly is kept whatever its suffix:
    opening it gives the clear error.
    Raises `UserError` `file_missing`, `no_permission`, `file_unreadable` or `no_images`.
    """
    found: list[Path] = []
    paths = list(paths)
    for path in paths:
        try:
            # `stat` and `scandir` raise where `exists` and `os.walk` would say nothing.
            if stat.S_ISDIR(path.stat().st_mode):
                os.scandir(path).close()
                found.extend(_files_below(path, suffixes))
            else:
                found.append(path)
        except OSError as error:
            place = Path(error.filename or path)
            raise file_error(error, place, "file_unreadable") from error
    if not found:
        raise UserError("no_images", path=", ".join(str(path) for path in paths))
    return list(dict.fromkeys(found))


def natural_key(path: Path) -> list[str | int]:
    """Sort key under which `frame_2` comes before `frame_10`: text and numbers take turns."""
    parts = re.split(r"([0-9]+)", str(path).casefold())
    return [int(part) if index % 2 else part for index, part in enumerate(parts)]


def _files_below(folder: Path, suffixes: frozenset[str]) -> Iterator[Path]:
    def tell(error: OSError) -> None:
        raise error  # A part of a folder is not taken for all of it.

    for current, folders, names in os.walk(folder, onerror=tell):
        hidden = {name for name in folders if name.startswith(".")} | _label_folders(folders)
        folders[:] = sorted(set(folders) - hidden, key=lambda name: natural_key(Path(name)))
        files = (Path(current, name) for name in names if not name.startswith("."))
        yield from sorted(
            (file for file in files if file.suffix.lower() in suffixes), key=natural_key
        )


def _label_folders(folders: Sequence[str]) -> set[str]:
    """Which of the folders beside each other hold the labels of others' images."""
    labels = {f"{name}annot" for name in folders}
    if "leftImg8bit" in folders:
        labels |= {"gtFine", "gtCoarse"}
    if any(name in folders for name in INDEX_IMAGES):
        labels |= set(INDEX_LABELS)
    return labels.intersection(folders)


def _read_bytes(path: Path) -> bytes:
    try:
        check_ends(path)
        return path.read_bytes()
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error
    except MemoryError as error:
        raise UserError("image_memory", path=str(path)) from error


@contextmanager
def _damage_named(path: Path) -> Generator[None]:
    """Decoders raise errors of any type on damaged data: each becomes `image_broken`.

    What says that memory has ended becomes `image_memory`.
    """
    try:
        yield
    except Exception as error:
        if memory_ended(error):
            raise UserError("image_memory", path=str(path)) from error
        raise UserError("image_broken", path=str(path)) from error


def _check(path: Path, data: bytes) -> tuple[str, tuple[int, int], int | None]:
    """Refuse a file by its header, before any pixel takes memory; else its format, (W, H) as stored
    and orientation, None of a PNG.
    """
    with (
        _damage_named(path),
        Image.open(io.BytesIO(data), formats=_FORMATS) as image,
    ):
        file_format, (width, height) = image.format or "", image.size
        # A PNG would have to be decoded for it; its checksums keep its EXIF from damage.
        orientation = None if file_format == "PNG" else _orientation(image)
        # Only PNG carries checksums. A bad one is found here because libpng, through OpenCV,
        # would also write about it on the terminal.
        image.verify()
        if file_format == "WEBP" and _webp_lacks_data(data):
            raise ValueError("less data than the size in the header takes")
    _check_size(path, width, height)
    return file_format, (width, height), orientation


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise UserError("image_too_large", path=str(path), width=width, height=height)


def _orientation(image: Image.Image) -> int:
    """1 to 8, as in EXIF; 1 where EXIF is damaged."""
    try:
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 (of any type, as decoders')
        return 1
    return int(orientation) if orientation in range(1, 9) else 1


def _webp_lacks_data(data: bytes) -> bool:
    """Whether a lossy WebP is too short for its size, which its decoder finds after a gigabyte.

    Each macroblock of 16 x 16 px has its prediction modes in the first partition, coded with fixed
    probabilities (RFC 6386, 11.2): at least 3.4 bits. Lossless ones may be one colour in 40 bytes.
    """
    place = 12  # Behind RIFF, its size, and WEBP.
    while place + 18 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, place)
        if kind == b"VP8 ":
            tag, width, height = struct.unpack_from("<I2xHH", data, place + 8)
            macroblocks = ((width & 0x3FFF) + 15) // 16 * (((height & 0x3FFF) + 15) // 16)
            first_partition = (tag & 0xFFFFFF) >> 5
            return min(first_partition, size, len(data) - place) * 8 < macroblocks * 3
        # A frame of an animation holds chunks of its own, behind 16 bytes.
        place += 24 if kind == b"ANMF" else 8 + size + size % 2
    return False


def _decode_fast(data: bytes, orientation: int | None, reduced: int = 0) -> NDArray[np.uint8]:
    """PNG or JPEG by OpenCV: half of Pillow's time for a JPEG, and all 16 bits of a PNG.

    Without an `orientation` OpenCV applies the one that it finds; where EXIF is damaged, that may
    be another than Pillow's.
    """
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH | reduced
    if orientation is not None:
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if image is None:
        raise ValueError("OpenCV cannot decode it")
    if orientation is not None and orientation >= 5:
        image = cv2.transpose(image)
    if orientation in _FLIPS:
        image = cv2.flip(image, _FLIPS[orientation])
    return _to_uint8(image, 65535)


def _decode_exact(data: bytes) -> NDArray[np.uint8]:
    """Any format by Pillow. OpenCV 5.0 multiplies a TIFF's colours by its alpha, mixes up those of
    16-bit TIFF and cannot read float TIFF; 4.11 ignores the orientation of WebP.
    """
    with Image.open(io.BytesIO(data)) as image:
        ImageOps.exif_transpose(image, in_place=True)  # Or a copy is made where nothing is turned.
        if image.mode == "F":  # Float TIFF: values in 0..1 by convention.
            grey = _to_uint8(np.nan_to_num(np.array(image)), 1)
        elif image.mode.startswith("I"):
            grey = _to_uint8(np.array(image, np.int32), 65535)
        else:
            return np.array(image if image.mode == "RGB" else image.convert("RGB"))
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)  # pyright: ignore


def _to_uint8(image: NDArray[np.generic], white: int) -> NDArray[np.uint8]:
    """Scale 0..`white` to 0..255, rounded; values outside are clipped, uint8 is left as it is."""
    if image.dtype != np.uint8:
        image = cv2.convertScaleAbs(np.clip(image, 0, white), alpha=255 / white)  # pyright: ignore
    return image  # pyright: ignore
