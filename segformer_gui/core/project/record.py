"""The project file: classes and images, as JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from segformer_gui.core.classes import IGNORE, ClassSet, Color, class_set_of_names
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import check_ends, file_error
from segformer_gui.core.images import CITYSCAPES_IMAGE

RECORD_FILE = "project.json"
OWN_FOLDERS = ("masks", "touched", "journal")  # Beside it.
VERSION = 1

# Of the mask: there is none; the model's alone; a person worked on it; a person says it is right.
Status = Literal["open", "predicted", "corrected", "checked"]
STATUSES: tuple[Status, ...] = get_args(Status)

_LONGEST_ID = 200  # Bytes; a file name may have 255.

_STRICT = ConfigDict(extra="forbid")
_Byte = Annotated[int, Field(ge=0, le=255)]
_Side = Annotated[int, Field(ge=1)]


@dataclass(frozen=True, config=_STRICT)
class ClassRow:
    """A class; its id is its place. Without a name: an id that no class has any more."""

    name: str
    color: tuple[_Byte, _Byte, _Byte]


@dataclass(frozen=True, config=_STRICT)
class FrameSource:
    """Where an image was taken from: frame `number` of the video at `path`, `time_s` seconds from
    its first frame.
    """

    path: str
    number: Annotated[int, Field(ge=0)]
    time_s: Annotated[float, Field(ge=0)]


@dataclass(frozen=True, config=_STRICT)
class ImageRow:
    """An image. `id` names its files in the project, `path` is relative to it or absolute.

    `sha256` is that of the image's file when it was added. Images of one `sequence` may be
    neighbouring video frames. Those with `hold_out` are for scores, never for training. `saved`:
    there is a file with its mask. `source`: the video that it is a frame of.
    """

    id: str
    path: str
    sha256: str
    width: _Side
    height: _Side
    sequence: str
    status: Status = "open"
    hold_out: bool = False
    saved: bool = False
    source: FrameSource | None = None

    @model_validator(mode="after")
    def _names_a_file(self) -> Self:
        if self.id in ("", ".", "..") or any(sign in self.id for sign in "/\\\0"):
            raise ValueError("id is not a file name")
        return self


@dataclass(frozen=True, config=_STRICT)
class Record:
    """What the project file holds."""

    classes: tuple[ClassRow, ...]
    images: tuple[ImageRow, ...]
    version: Literal[1] = VERSION

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if len(self.classes) > IGNORE:
            raise ValueError(f"more than {IGNORE} classes")
        if len({row.id.casefold() for row in self.images}) < len(self.images):
            raise ValueError("two images have one id")
        return self


def read_record(path: Path) -> tuple[ClassSet, dict[str, ImageRow]]:
    """Classes and images of a project file.

    Raises `UserError` `project_missing`, `no_permission`, `file_unreadable`, `project_broken` or
    `project_newer`.
    """
    try:
        check_ends(path)
        content: Any = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError("project_missing", path=str(path.parent)) from error
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error
    except (ValueError, RecursionError) as error:
        raise UserError("project_broken", path=str(path), reason=str(error)) from error
    version: object = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise UserError("project_newer", path=str(path))
    try:
        record = TypeAdapter(Record).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = f"{place}: {first['msg']}" if place else first["msg"]
        raise UserError("project_broken", path=str(path), reason=reason) from error
    names, colors = [row.name for row in record.classes], [row.color for row in record.classes]
    return project_classes(names, colors), {row.id: row for row in record.images}


def record_bytes(classes: ClassSet, images: Mapping[str, ImageRow]) -> bytes:
    """A project file that `read_record` reads back as equal."""
    rows = zip(classes.names, classes.colors, strict=True)
    content = {
        "version": VERSION,
        "classes": [{"name": name, "color": color} for name, color in rows],
        "images": [_row_as_json(row) for row in images.values()],
    }
    # ASCII, since a file name may hold bytes that are no text and that UTF-8 cannot hold.
    return f"{json.dumps(content, indent=1)}\n".encode()


def _row_as_json(row: ImageRow) -> dict[str, object]:
    # Earlier versions of this program know no source: they can read a project without any.
    fields = dataclasses.asdict(row)
    return fields if row.source else {k: value for k, value in fields.items() if k != "source"}


def project_classes(names: Sequence[str], colors: Sequence[Color]) -> ClassSet:
    """The class set of these names and colours; a known one where the names are its names."""
    known = class_set_of_names(names, colors, name="project")
    return dataclasses.replace(known, names=tuple(names), colors=tuple(colors))


def sequence_of(image: Path) -> str:
    """The sequence that an image probably is of: its name less a last number, or its folder.

    `aachen_000001_000019_leftImg8bit.png` is of `aachen_000001`, `0016E5_07959.png` of `0016E5`.
    """
    before, _, _ = image.stem.removesuffix(CITYSCAPES_IMAGE).rpartition("_")
    return before or image.parent.name or image.stem


def sha256_of(path: Path) -> str:
    """Hash of a file's content. Raises `UserError` as `file_error`."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error


def free_id(path: Path, taken: set[str]) -> str:
    """A name for an image's files: its own, with its folder's or a number where that is taken.

    `taken` are case-folded.
    """
    stem, parent = path.stem, path.absolute().parent.name
    while len(stem.encode(errors="surrogateescape")) > _LONGEST_ID:
        stem, parent = stem[:-1], ""
    names = chain(
        [stem, f"{parent}_{stem}"] if parent else [stem], (f"{stem}_{n}" for n in count(2))
    )
    return next(
        name
        for name in names
        if name.casefold() not in taken and len(name.encode(errors="surrogateescape")) < 250
    )
