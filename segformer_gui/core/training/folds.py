"""Leaving each sequence out in turn: a folder of runs, one after the other.

folds.json       the sequences, and the folder of the run that leaves each out
fold-NAME/       a run
data/NAME/       what all of them learn from, where that could change meanwhile
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import write_atomically
from segformer_gui.core.training.dataset import open_data
from segformer_gui.core.training.folder import PROOF_FILE, RECIPE_FILE
from segformer_gui.core.training.prepare import with_own_data
from segformer_gui.core.training.recipe import Recipe, read_recipe

_FOLDS_FILE = "folds.json"
_QUANTITIES = ("clean", "corrupted")

# By sequence and "mean": quantity, "before" or "after", mIoU.
Table = dict[str, dict[str, dict[str, float]]]


def prepare_folds(recipe: Recipe, folder: Path) -> None:
    """Write a run for each sequence of the data, which that run holds out, unless they are there.

    Raises `UserError` as `open_data` and `with_own_data`, `nothing_to_train` for data of a single
    sequence, and `resume_other_recipe` where the folds of another recipe are.
    """
    there = next(iter(folds_of(folder).values()), None)
    if there is not None:
        if _as_prepared(recipe, read_recipe(there / RECIPE_FILE)):
            return
        raise UserError("resume_other_recipe", path=str(folder))
    recipe = with_own_data(replace(recipe, data=replace(recipe.data, held_out=())), folder)
    samples = open_data(recipe.data).training.samples
    sequences = sorted({sample.sequence for sample in samples})
    if len(sequences) < 2:
        raise UserError("nothing_to_train", path=recipe.data.root)
    folds: dict[str, str] = {}
    for name in sequences:
        run = f"fold-{name.replace('/', '-')}"
        while run in folds.values():  # Of "a/b" and "a-b".
            run += "-"
        folds[name] = run
    for sequence, run in folds.items():
        fold = replace(recipe, data=replace(recipe.data, held_out=(sequence,)))
        write_atomically(folder / run / RECIPE_FILE, fold.to_toml().encode())
    write_atomically(folder / _FOLDS_FILE, json.dumps({"folds": folds}, indent=1).encode())


def _as_prepared(recipe: Recipe, fold: Recipe) -> bool:
    """Whether a fold is of this recipe, but for what it holds out, copies or makes smaller."""
    kept = fold.data
    root = kept.root if kept.layout == "project" else recipe.data.root
    data = replace(recipe.data, held_out=kept.held_out, layout=kept.layout, root=root)
    augmentation = replace(recipe.augmentation, crop=fold.augmentation.crop)
    return replace(recipe, data=data, augmentation=augmentation) == fold


def folds_of(folder: Path) -> dict[str, Path]:
    """The runs in a folder by the sequence that each leaves out; none if it holds no folds."""
    try:
        folds: dict[str, str] = json.loads((folder / _FOLDS_FILE).read_text("utf-8"))["folds"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {sequence: folder / run for sequence, run in folds.items()}


def next_fold(folder: Path) -> Path | None:
    """The first run in a folder of folds that is not proven yet."""
    return next((run for run in folds_of(folder).values() if not (run / PROOF_FILE).exists()), None)


def table(folder: Path) -> Table:
    """Before and after on the sequences left out, of the folds that are proven, and their mean."""
    rows: Table = {}
    for sequence, run in folds_of(folder).items():
        try:
            proof: dict[str, Any] = json.loads((run / PROOF_FILE).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        rows[sequence] = {
            quantity: {when: proof[quantity][when]["value"] for when in ("before", "after")}
            for quantity in _QUANTITIES
        }
    if rows:
        rows["mean"] = {
            quantity: {
                when: sum(row[quantity][when] for row in rows.values()) / len(rows)
                for when in ("before", "after")
            }
            for quantity in _QUANTITIES
        }
    return rows
