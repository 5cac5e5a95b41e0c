"""Preferences: a frozen record in memory, TOML on disk."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import tomli_w

from segformer_gui.core.files import file_error, write_atomically
from segformer_gui.core.inference.options import (
    DeviceChoice,
    PrecisionChoice,
    SegmentOptions,
    parsed_scales,
)
from segformer_gui.core.palettes import Palette

Theme = Literal["system", "light", "dark"]
ListOrder = Literal["opened", "name", "date", "status", "confidence"]


@dataclass(frozen=True)
class Settings:
    """What the window remembers from one start to the next.

    `model` is a catalogue id or a path, empty for the first embedded model. `short_side` is
    "model", "native" or a number of pixels, see `SegmentOptions`; `scales` are
    words of `parsed_scales`. `opacity` is in 0..1. `recent` are paths, the latest first;
    `sequences` are those of them that were opened as one video, with its frames a second.
    """

    theme: Theme = "system"
    model: str = ""
    device: DeviceChoice = "auto"
    precision: PrecisionChoice = "auto"
    short_side: str = "model"
    sliding: bool = False
    flip: bool = False
    scales: str = "1"
    auto_segment: bool = True
    opacity: float = 0.6
    palette: Palette = "own"
    list_order: ListOrder = "opened"
    recent: tuple[str, ...] = ()
    sequences: dict[str, float] = field(default_factory=dict[str, float])
    open_folder: str = ""
    export_folder: str = ""
    export_kinds: tuple[str, ...] = ("index",)

    @property
    def options(self) -> SegmentOptions:
        """How images are segmented; words that say nothing are the usual ones."""
        size = self.short_side
        if size == "model":
            short_side = "model"
        else:
            short_side = int(size) if size.isdecimal() and int(size) > 0 else None
        scales = parsed_scales(self.scales) or (1.0,)
        return SegmentOptions(short_side, sliding=self.sliding, flip=self.flip, scales=scales)


def load_settings(path: Path) -> Settings:
    """Read preferences; what is missing, unknown or of the wrong type takes its default.

    A file that is no TOML is kept aside as `<name>.broken`. Raises `UserError` as `file_error`.
    """
    try:
        text = path.read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        return _start_afresh(path, error)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _start_afresh(path, error)
    hints = get_type_hints(Settings)
    known = {field.name for field in fields(Settings)} & document.keys()
    valid = {
        name: value
        for name in known
        if (value := _validated(document[name], hints[name])) is not None
    }
    return Settings(**valid)


def save_settings(settings: Settings, path: Path) -> None:
    """Write preferences, whole or not at all. Raises `UserError` as `write_atomically`."""
    content = tomli_w.dumps(asdict(settings))
    write_atomically(path, content.encode(errors="surrogateescape"))  # As in names of files.


def _start_afresh(path: Path, error: Exception) -> Settings:
    if isinstance(error, OSError):
        raise file_error(error, path, "file_unreadable") from error
    path.replace(path.with_name(f"{path.name}.broken"))
    return Settings()


def _validated(value: object, kind: Any) -> Any:  # noqa: ANN401 (whatever the field's type is)
    """`value` as the field's type, or None where it is something else."""
    if choices := [choice for choice in get_args(kind) if isinstance(choice, str)]:
        return value if value in choices else None
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind in (str, bool):
        return value if isinstance(value, kind) else None
    if kind == dict[str, float]:
        numbers = value.values() if isinstance(value, dict) else [None]
        return value if all(isinstance(number, int | float) for number in numbers) else None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None
