"""Class sets: which ids exist, what they are called, how they are coloured."""

from __future__ import annotations

import colorsys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error
from segformer_gui.core.paths import shipped

IGNORE = 255
KNOWN_CLASS_SETS = ("cityscapes", "camvid", "ade20k")

Color = tuple[int, int, int]


@dataclass(frozen=True)
class ClassSet:
    """Classes of a data set or model; a class id is its index in `names`.

    `colors` are RGB, 0..255. `label_ids` are the ids of Cityscapes' `labelIds` files, one a class,
    or empty where the class set has no such second numbering.
    """

    name: str
    names: tuple[str, ...]
    colors: tuple[Color, ...]
    label_ids: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids that have a class: one without a name is left by a class that has ended."""
        return tuple(class_id for class_id, name in enumerate(self.names) if name)

    def palette(self) -> NDArray[np.uint8]:
        """Lookup table (N, 3) uint8 RGB with N = 256 or the class count; unnamed ids are black."""
        table = np.zeros((max(256, len(self)), 3), np.uint8)
        table[: len(self)] = self.colors
        return table


@cache
def known_class_set(name: str) -> ClassSet:
    """One of `KNOWN_CLASS_SETS`, from `resources/class_sets/<name>.toml`."""
    document = tomllib.loads(shipped("resources", "class_sets", f"{name}.toml").read_text("utf-8"))
    classes = document["classes"]
    return ClassSet(
        name=document["name"],
        names=tuple(entry["name"] for entry in classes),
        colors=tuple((int(r), int(g), int(b)) for r, g, b in (entry["color"] for entry in classes)),
        label_ids=tuple(entry["label_id"] for entry in classes if "label_id" in entry),
    )


def class_set_of_names(
    names: Sequence[str], colors: Sequence[Color] | None = None, name: str = "custom"
) -> ClassSet:
    """The class set that a model's own class names describe.

    A known set with the same names in the same order is returned as it is. Otherwise names that a
    known set has keep its colour (road is purple everywhere), and the rest get distinct ones.
    """
    for known in map(known_class_set, KNOWN_CLASS_SETS):
        if tuple(plain_name(n) for n in names) == tuple(plain_name(n) for n in known.names):
            return known
    if colors is None:
        colors = [_color_of(name, index) for index, name in enumerate(names)]
    return ClassSet(name=name, names=tuple(names), colors=tuple(colors))


def class_set_of_count(count: int) -> ClassSet:
    """Class set for a checkpoint that says nothing but how many classes it has.

    19, 150 and 11 are taken for Cityscapes, ADE20K and CamVid; else `class 0`, `class 1`, ...
    """
    for known in map(known_class_set, KNOWN_CLASS_SETS):
        if len(known) == count:
            return known
    return class_set_of_names([f"class {index}" for index in range(count)])


def read_class_names(path: Path) -> ClassSet:
    """The class set of a text file with a name a line; empty lines are passed over.

    Raises `UserError` `class_name_empty` (there is none), `class_name_taken` (one is there twice),
    `classes_too_many` or as `file_error`.
    """
    try:
        names = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error
    except UnicodeDecodeError as error:
        raise UserError("file_unreadable", path=str(path), reason="it is not text") from error
    if not names:
        raise UserError("class_name_empty")
    if len(names) > IGNORE:
        raise UserError("classes_too_many", count=IGNORE)
    plain: set[str] = set()
    for name in names:
        if plain_name(name) in plain:
            raise UserError("class_name_taken", name=name)
        plain.add(plain_name(name))
    return class_set_of_names(names)


def plain_name(name: str) -> str:
    """A class name as it is compared: without case, and `_` and `-` like a space."""
    return name.strip().casefold().replace("_", " ").replace("-", " ")


def _color_of(name: str, index: int) -> Color:
    for known in map(known_class_set, KNOWN_CLASS_SETS):
        for known_name, color in zip(known.names, known.colors, strict=True):
            if plain_name(known_name) == plain_name(name):
                return color
    return distinct_color(index)


def distinct_color(index: int) -> Color:
    """The `index`-th of an endless row of colours that differ well from their neighbours."""
    # Golden-ratio steps spread any number of hues evenly; two lightnesses keep close hues apart.
    hue = (0.11 + index * 0.618033988749895) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, 0.42 + 0.18 * (index % 2), 0.75)
    return round(red * 255), round(green * 255), round(blue * 255)
