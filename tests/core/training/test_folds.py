"""Leaving each sequence out in turn: the folders of the folds, and a trainer that goes on."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from training_case import recipe_for

from segformer_gui.core.training import __main__ as trainer
from segformer_gui.core.training.events import Event, Finished
from segformer_gui.core.training.folder import RECIPE_FILE, ask
from segformer_gui.core.training.folds import folds_of, prepare_folds
from segformer_gui.core.training.recipe import read_recipe


def test_sequences_whose_names_look_alike_have_folders_of_their_own(
    camvid: Path, tmp_path: Path
) -> None:
    for number, place in enumerate(("a/b", "a-b", "a-b-")):
        for kind, source in (("images", "train"), ("labels", "trainannot")):
            target = tmp_path / "index" / kind / "train" / place / f"{number}.png"
            target.parent.mkdir(parents=True)
            shutil.copy(camvid / source / "A_1.png", target)
    recipe = recipe_for(tmp_path / "index")
    names = tuple("abcdefghijkl")
    recipe = replace(recipe, data=replace(recipe.data, layout="index", class_names=names))

    prepare_folds(recipe, tmp_path / "folds")

    folds = folds_of(tmp_path / "folds")
    assert len(folds) == len(set(folds.values())) == 3
    for sequence, run in folds.items():
        assert read_recipe(run / RECIPE_FILE).data.held_out == (sequence,)


@pytest.mark.parametrize(("command", "trained"), [("go on", "ABC"), ("stop", "A")])
def test_a_stop_that_comes_after_the_last_step_stops_the_folds(
    camvid: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    trained: str,
) -> None:
    prepare_folds(recipe_for(camvid), tmp_path / "folds")
    runs = folds_of(tmp_path / "folds")
    begun: list[Path] = []

    def train(_recipe: object, run: Path, **_: object) -> Iterator[Event]:
        begun.append(run)
        yield Finished(6, str(run / "model"))
        (run / "proof.json").write_text("{}")
        ask(run, command)

    monkeypatch.setattr(trainer, "train", train)
    monkeypatch.setattr(trainer.os, "nice", lambda _: 0)
    monkeypatch.setattr(sys, "argv", ["trainer", str(runs["A"])])

    assert trainer.main() == 0
    assert begun == [runs[sequence] for sequence in trained]
