"""Which models there are: embedded, the user's own, and published ones that can be downloaded.

Nothing in here loads weights or imports torch: the window lists models before torch is there.
"""

from __future__ import annotations

import difflib
import os
import re
import secrets
import shutil
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import tomli_w

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error, write_atomically
from segformer_gui.core.paths import shipped, user_models_dir

EMBEDDED_MODEL = "segformer-b0-camvid"

CHECKPOINT_SUFFIXES = frozenset({".safetensors", ".bin", ".pth", ".pt", ".ckpt"})

# Of a Hugging Face folder: what a model needs, the first of the weights that is there, and what is
# good to have. Both names of weights occur among the published models.
CONFIG_FILE = "config.json"
WEIGHTS_FILES = ("model.safetensors", "pytorch_model.bin")
OPTIONAL_FILES = ("preprocessor_config.json", "README.md")

_FACTS_FILE = "model.toml"


@dataclass(frozen=True)
class ModelEntry:
    """A model as lists show it.

    `origin`: "embedded" ships with the application, "hub" can be or was downloaded, "user" was
    imported, "local" is a checkpoint anywhere on the disk. `path` is what to load, a Hugging Face
    folder or a checkpoint file; None as long as it is not downloaded. `classes` names a known class
    set, None where only the checkpoint itself knows. `size_mb` in 10^6 bytes. `score` is the mIoU
    in %, single scale. `short_side` in pixels is what the model was made for.
    """

    id: str
    title: str
    origin: Literal["embedded", "hub", "user", "local"]
    path: Path | None = None
    size_mb: int | None = None
    preset: str | None = None
    classes: str | None = None
    licence: str | None = None
    score: float | None = None
    score_source: Literal["measured", "published"] | None = None
    short_side: int | None = None

    @property
    def alias(self) -> str | None:
        """Short name of a catalogue model, such as `b2-cityscapes`."""
        if self.origin == "embedded":
            return self.id.removeprefix("segformer-")
        return f"{self.preset}-{self.classes}" if self.preset else None


def list_models() -> list[ModelEntry]:
    """All models: the embedded ones, then the user's by name, then the published ones."""
    known = [replace(entry, path=_place(entry)) for entry in _catalogue()]
    published = [entry for entry in known if entry.origin == "hub"]
    embedded = [entry for entry in known if entry.origin == "embedded"]
    return [*embedded, *_users_models({hub_folder(e.id).name for e in published}), *published]


def find_model(spec: str) -> ModelEntry:
    """The model that `spec` names: an id, an alias, a user's model, or a path of a checkpoint.

    A name wins over a file that is called the same; `./name` means the file. Raises `UserError`
    `model_unknown`, with the closest names, or `no_permission`.
    """
    models = list_models()
    for entry in models:
        if spec in (entry.id, entry.alias):
            return entry
    path = Path(spec)
    try:
        there = path.exists()
    except PermissionError as error:
        raise file_error(error, path, "file_unreadable") from error
    except OSError:  # Text that is far too long for a path.
        there = False
    if there:
        facts = _read_facts(path)
        title = str(facts.get("title", path.resolve().name))
        side = _short_side(facts)
        return ModelEntry(id=spec, title=title, origin="local", path=path, short_side=side)
    names = [name for entry in models for name in (entry.id, entry.alias) if name]
    close = difflib.get_close_matches(spec, names, n=3, cutoff=0)
    raise UserError("model_unknown", name=spec, close=", ".join(close))


def installed_path(entry: ModelEntry) -> Path:
    """What to load for `entry`. Raises `UserError` `model_not_downloaded`."""
    if entry.path is None:
        raise UserError("model_not_downloaded", model=entry.id, size_mb=entry.size_mb)
    return entry.path


def training_sequences(entry: ModelEntry) -> frozenset[str]:
    """Sequences that `entry` was trained on, as far as its model card says so.

    They stand under `training_sequences` in the front matter of the README.md beside the weights.
    """
    # Imported here: it takes more time than a window has to start.
    from huggingface_hub import metadata_load

    if entry.path is None or not (card := entry.path / "README.md").is_file():
        return frozenset()
    try:
        facts: Any = metadata_load(card) or {}
        return frozenset(map(str, facts.get("training_sequences", ())))
    except Exception:  # noqa: BLE001 (somebody else's YAML raises errors of many types)
        return frozenset()


def hub_folder(model_id: str) -> Path:
    """Where the download of a hub model lives: `<org>--<name>` among the user's models."""
    return user_models_dir() / model_id.replace("/", "--")


def write_facts(folder: Path, title: str, short_side: int) -> None:
    """Say beside a model what its files do not. Raises `UserError` as `write_atomically`."""
    facts = {"title": title, "short_side": short_side}
    write_atomically(folder / _FACTS_FILE, tomli_w.dumps(facts).encode())


def import_model(
    source: Path,
    name: str,
    short_side: int | None = None,
    beside: Mapping[str, bytes] | None = None,
) -> ModelEntry:
    """Copy a checkpoint file or Hugging Face folder to the user's models, whole or not at all.

    Of a folder only the configuration, one weights file and the model card are taken; `beside` are
    more files to write, by name. The weights are not looked into: load them first. Raises
    `UserError` `model_name_invalid`, `model_exists`, `file_missing`, `model_folder_incomplete`,
    `checkpoint_suffix_unknown`, `disk_full`, `no_permission` or `write_failed`.
    """
    _check_name(name)
    files = _files_to_import(source)
    facts: dict[str, object] = {
        "title": name,
        "source": os.fsencode(source.resolve().name).decode(errors="replace"),
        "imported": datetime.now(UTC).date(),
    }
    if short_side is not None:
        facts["short_side"] = short_side
    folder = user_models_dir() / name
    staging = folder.with_name(f".import-{secrets.token_hex(8)}")
    try:
        staging.mkdir(parents=True)
        for file in files:
            copy = staging / file.name
            shutil.copyfile(file, copy)  # Follows links: the hub library's cache is full of them.
            with copy.open("rb+") as stream:
                os.fsync(stream.fileno())
        for file_name, content in {**(beside or {})}.items():
            write_atomically(staging / file_name, content)
        write_atomically(staging / _FACTS_FILE, tomli_w.dumps(facts).encode())
        staging.rename(folder)
    except OSError as error:
        # Of a copy both ends are named, and it is the one that is written that may have no space.
        path = Path(error.filename2 or error.filename or folder)
        if path.is_relative_to(staging):
            path = folder / path.relative_to(staging)
        raise file_error(error, path, "write_failed") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return find_model(name)


def remove_model(name: str) -> None:
    """Delete a model that the user imported, or the files of one that was downloaded.

    Raises `UserError` `model_unknown`, `model_not_removable` for every other one, or the errors of
    `file_error`.
    """
    entry = find_model(name)
    if entry.path is None or entry.origin not in ("user", "hub"):
        raise UserError("model_not_removable", model=name)
    folder = user_models_dir() / name if entry.origin == "user" else hub_folder(entry.id)
    # Renamed first, so that it is gone at once even if deleting its files should fail halfway.
    removed = folder.with_name(f".removed-{secrets.token_hex(8)}")
    try:
        folder.rename(removed)
    except OSError as error:
        raise file_error(error, folder, "write_failed") from error
    shutil.rmtree(removed, ignore_errors=True)


@cache
def _catalogue() -> tuple[ModelEntry, ...]:
    """The entries of `models/catalogue.toml`, in its order."""
    document = tomllib.loads(shipped("models", "catalogue.toml").read_text("utf-8"))
    return tuple(ModelEntry(**table) for table in document["model"])


def _place(entry: ModelEntry) -> Path | None:
    if entry.origin == "embedded":
        return shipped("models", entry.id)
    folder = hub_folder(entry.id)
    return folder if _exists(folder) else None


def _users_models(downloads: Collection[str]) -> list[ModelEntry]:
    """Models in the user's folder, without the `downloads` that belong to catalogue entries."""
    try:
        folders = sorted(user_models_dir().iterdir(), key=lambda folder: folder.name.casefold())
    except OSError:  # There is none yet, or it belongs to somebody else.
        return []
    return [
        _users_model(folder, path)
        for folder in folders
        if not folder.name.startswith(".") and folder.name not in downloads
        if (path := _loadable(folder))
    ]


def _users_model(folder: Path, path: Path) -> ModelEntry:
    facts = _read_facts(folder)
    return ModelEntry(
        id=folder.name,
        title=str(facts.get("title", folder.name)),
        origin="user",
        size_mb=_size_mb(path),
        path=path,
        short_side=_short_side(facts),
    )


def _read_facts(folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / _FACTS_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}  # Put there by hand, or edited since: the model itself may still be fine.


def _short_side(facts: Mapping[str, Any]) -> int | None:
    side = facts.get("short_side")
    return side if isinstance(side, int) else None


def _loadable(folder: Path) -> Path | None:
    """What to load from a user's model folder: the folder itself, or the one checkpoint in it."""
    if not folder.is_dir():
        return None
    if (folder / CONFIG_FILE).is_file():
        return folder
    return next((f for f in sorted(folder.iterdir()) if f.suffix in CHECKPOINT_SUFFIXES), None)


def _files_to_import(source: Path) -> list[Path]:
    if not _exists(source):
        raise UserError("file_missing", path=str(source))
    if source.is_file():
        if source.suffix not in CHECKPOINT_SUFFIXES:
            raise UserError("checkpoint_suffix_unknown", path=str(source))
        return [source]
    weights = next((name for name in WEIGHTS_FILES if (source / name).is_file()), WEIGHTS_FILES[0])
    for needed in (CONFIG_FILE, weights):
        if not (source / needed).is_file():
            raise UserError("model_folder_incomplete", path=str(source), missing=needed)
    optional = [name for name in OPTIONAL_FILES if (source / name).is_file()]
    return [source / name for name in (CONFIG_FILE, weights, *optional)]


def _check_name(name: str) -> None:
    # A folder's name on every system: no separators, not hidden, no dot or space at the end.
    if not re.fullmatch(r"\w([\w .+-]{0,62}[\w+-])?", name):
        raise UserError("model_name_invalid", name=name)
    taken = {known for e in _catalogue() for known in (e.id, e.alias, hub_folder(e.id).name)}
    if name in taken or _exists(user_models_dir() / name):
        raise UserError("model_exists", name=name)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # No permission, or text that is far too long for a path.
        return False


def _size_mb(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else [path]
    return round(sum(file.stat().st_size for file in files if file.is_file()) / 1e6)
