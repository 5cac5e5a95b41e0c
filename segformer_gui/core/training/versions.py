"""Fine-tuned models that were adopted: a tree, each with what it came from and what it proved.

A version is a model among the user's own, with some files beside its weights:

    version.json     parent, data, settings in short, libraries, notes
    recipe.toml      all settings
    events.jsonl     the curves
    proof.json       the result card, where images were held out
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from segformer_gui.core.catalogue import ModelEntry, find_model, import_model, list_models
from segformer_gui.core.datasets import Sample
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error, write_atomically
from segformer_gui.core.paths import user_data_dir, user_models_dir
from segformer_gui.core.training.dataset import open_data
from segformer_gui.core.training.folder import (
    DECISION_FILE,
    EVENTS_FILE,
    MODEL_FOLDER,
    PROOF_FILE,
    RECIPE_FILE,
)
from segformer_gui.core.training.recipe import read_recipe

VERSION_FILE = "version.json"
_LIBRARIES = ("segformer-gui", "torch", "numpy", "opencv-python")


@dataclass(frozen=True)
class Version:
    """An adopted model. `parent` is what its training began with: a model's name or a path.

    `data` has the root, counts, held-out sequences and a hash over every image and label file.
    """

    name: str
    parent: str
    created: str
    seed: int
    data: dict[str, Any]
    libraries: dict[str, str]
    notes: str = ""
    proof: dict[str, Any] | None = field(default=None, compare=False)


def runs_dir() -> Path:
    """Where the window keeps its runs."""
    return user_data_dir() / "runs"


def list_versions() -> list[Version]:
    """All versions, the oldest first; what cannot be read is left out."""
    found = [
        version
        for entry in list_models()
        if entry.origin == "user" and (version := _read(entry.id)) is not None
    ]
    return sorted(found, key=lambda version: (version.created, version.name))


def find_version(name: str) -> Version:
    """The version of that name. Raises `UserError` `version_unknown`."""
    version = _read(name)
    if version is None:
        known = ", ".join(version.name for version in list_versions()) or "-"
        raise UserError("version_unknown", name=name, known=known)
    return version


def as_tree(versions: Sequence[Version]) -> Iterator[tuple[int, Version]]:
    """Each version with its depth, children after their parent; roots are those of other models."""
    names = {version.name for version in versions}

    def below(parent: str | None, depth: int) -> Iterator[tuple[int, Version]]:
        for version in versions:
            if version.parent == parent or (parent is None and version.parent not in names):
                yield depth, version
                yield from below(version.name, depth + 1)

    return below(None, 0)


def propose_name(parent: str) -> str:
    """A free name for a version of `parent`: its own, less an old number, and the next number."""
    base = re.sub(r"-v\d+$", "", Path(parent).stem if "/" in parent else parent)
    base = re.sub(r"[^\w .+-]", "-", base)[:50] or "model"
    taken = {path.name for path in user_models_dir().glob("*")}
    return next(name for number in count(1) if (name := f"{base}-v{number}") not in taken)


def adopt(run: Path, name: str | None = None) -> Version:
    """Keep the model of a finished run among the user's own; long work, for all files are hashed.

    Raises `UserError` `run_unfinished`, as `read_recipe`, `open_data` and `import_model`.
    """
    recipe = read_recipe(run / RECIPE_FILE)
    model = run / MODEL_FOLDER
    if not (model / "config.json").is_file():
        raise UserError("run_unfinished", path=str(run))
    parent = recipe.network.initial
    found = open_data(recipe.data)
    samples = (*found.training.samples, *(found.held_out.samples if found.held_out else ()))
    version = Version(
        name=name or propose_name(parent),
        parent=parent,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=recipe.seed,
        data={
            "root": recipe.data.root,
            "images": len(found.training.samples),
            "held_out": list(recipe.data.held_out),
            "sha256": _hash_of(samples),
        },
        libraries=_libraries(),
    )
    names = (RECIPE_FILE, EVENTS_FILE, PROOF_FILE)
    beside = {each: (run / each).read_bytes() for each in names if (run / each).is_file()}
    beside[VERSION_FILE] = _to_bytes(version)
    import_model(model, version.name, recipe.short_side, beside)
    decide(run, f"adopted {version.name}")
    return find_version(version.name)


def discard(run: Path) -> None:
    """Note that the model of a run is not wanted; its files stay in the run's folder."""
    decide(run, "discarded")


def decide(run: Path, what: str) -> None:
    """Note what became of a run's model. Raises `UserError` as `write_atomically`."""
    write_atomically(run / DECISION_FILE, f"{what}\n".encode())


def is_decided(run: Path) -> bool:
    """Whether a run's model was adopted or discarded."""
    return (run / DECISION_FILE).exists()


def write_notes(name: str, notes: str) -> Version:
    """Set a version's notes. Raises `UserError` `version_unknown` or as `write_atomically`."""
    version = dataclasses.replace(find_version(name), notes=notes)
    write_atomically(user_models_dir() / name / VERSION_FILE, _to_bytes(version))
    return version


def parent_of(name: str) -> ModelEntry:
    """The model that a version's training began with.

    Raises `UserError` `version_unknown`, or `version_no_parent` where that model is gone.
    """
    version = find_version(name)
    try:
        return find_model(version.parent)
    except UserError as error:
        raise UserError("version_no_parent", name=name, parent=version.parent) from error


def _read(name: str) -> Version | None:
    folder = user_models_dir() / name
    try:
        content = json.loads((folder / VERSION_FILE).read_text("utf-8"))
        version = TypeAdapter(Version).validate_python({**content, "name": name})
    except (OSError, ValueError, TypeError):
        return None
    try:
        proof = json.loads((folder / PROOF_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        proof = None
    return dataclasses.replace(version, proof=proof)


def _to_bytes(version: Version) -> bytes:
    content = dataclasses.asdict(dataclasses.replace(version, proof=None))
    return f"{json.dumps(content, indent=1, ensure_ascii=False)}\n".encode()


def _hash_of(samples: Sequence[Sample]) -> str:
    """One hash over the contents of all images and label files, whatever they are called."""
    digest = hashlib.sha256()
    for sample in samples:
        for path in (sample.image, sample.labels):
            try:
                with path.open("rb") as stream:
                    digest.update(hashlib.file_digest(stream, "sha256").digest())
            except OSError as error:
                raise file_error(error, path, "file_unreadable") from error
    return digest.hexdigest()


def _libraries() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # Another build of it, such as opencv-python-headless.
    return versions
