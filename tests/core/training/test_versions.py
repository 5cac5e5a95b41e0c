"""Versions: kept with what they came from, as a tree, each of which can be taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training_case import TINY, recipe_for

from segformer_gui.core.catalogue import list_models, write_facts
from segformer_gui.core.classes import known_class_set
from segformer_gui.core.errors import UserError
from segformer_gui.core.models import load_model
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.export import export_hugging_face, plain_card
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.paths import user_models_dir
from segformer_gui.core.training import versions
from segformer_gui.core.training.recipe import Network

PROOF = {"verdict": "proof_one_image", "parameters": {"clean": 1.0, "corrupted": 2.0}}


@pytest.fixture
def run(camvid: Path, tmp_path: Path) -> Path:
    """A finished run that began with the embedded model."""
    return make_run(camvid, tmp_path / "run", "segformer-b0-camvid")


def make_run(camvid: Path, run: Path, parent: str) -> Path:
    torch.manual_seed(1)
    network, classes = SegFormer(TINY), known_class_set("camvid")
    card = plain_card("A run", network, classes, "a test", ["A", "B"])
    export_hugging_face(
        network, classes, run / "model", card=card, mean=IMAGENET_MEAN, std=IMAGENET_STD
    )
    write_facts(run / "model", "A run", 64)
    recipe = replace(recipe_for(camvid), network=Network(initial=parent), seed=7)
    (run / "recipe.toml").write_text(recipe.to_toml())
    (run / "events.jsonl").write_text('{"event": "stopped", "step": 1}\n')
    (run / "proof.json").write_text(json.dumps(PROOF))
    return run


def test_an_adopted_model_is_one_of_the_users_and_knows_where_it_came_from(
    run: Path, camvid: Path
) -> None:
    version = versions.adopt(run)

    assert (version.name, version.parent) == ("segformer-b0-camvid-v1", "segformer-b0-camvid")
    assert (version.seed, version.proof) == (7, PROOF)
    assert (version.data["images"], version.data["held_out"]) == (2, ["C"])
    assert version.libraries["torch"] == torch.__version__
    assert versions.list_versions() == [version]
    assert versions.is_decided(run)
    model = load_model(version.name)
    assert model.short_side == 64
    before = load_model(str(run / "model"))
    assert before.short_side == 64
    for key, tensor in model.network.state_dict().items():
        assert torch.equal(tensor, before.network.state_dict()[key])
    kept = {path.name for path in (user_models_dir() / version.name).iterdir()}
    assert {"recipe.toml", "events.jsonl", "proof.json", "version.json"} <= kept
    assert versions.parent_of(version.name).id == "segformer-b0-camvid"


def test_the_hash_is_that_of_what_the_files_hold(run: Path, camvid: Path, tmp_path: Path) -> None:
    one = versions.adopt(run)
    again = versions.adopt(make_run(camvid, tmp_path / "run2", "segformer-b0-camvid"))
    assert again.data["sha256"] == one.data["sha256"]
    labels = camvid / "trainannot" / "A_1.png"
    labels.write_bytes((camvid / "trainannot" / "B_1.png").read_bytes() + b"\0")
    other = versions.adopt(make_run(camvid, tmp_path / "run3", "segformer-b0-camvid"))
    assert other.data["sha256"] != one.data["sha256"]


def test_versions_of_versions_are_a_tree(run: Path, camvid: Path, tmp_path: Path) -> None:
    first = versions.adopt(run)
    second = versions.adopt(make_run(camvid, tmp_path / "run2", first.name))
    beside = versions.adopt(make_run(camvid, tmp_path / "run3", first.name), "beside")

    assert second.name == "segformer-b0-camvid-v2"
    tree = [(depth, version.name) for depth, version in versions.as_tree(versions.list_versions())]
    assert tree[0] == (0, first.name)
    assert set(tree[1:]) == {(1, second.name), (1, beside.name)}
    assert versions.parent_of(second.name).id == first.name


def test_notes_are_kept(run: Path) -> None:
    name = versions.adopt(run).name
    versions.write_notes(name, "naïve, but good\nin fog")
    assert versions.find_version(name).notes == "naïve, but good\nin fog"


def test_what_cannot_be_is_told(run: Path, tmp_path: Path) -> None:
    name = versions.adopt(run).name
    for make, code in (
        (lambda: versions.adopt(run, name), "model_exists"),
        (lambda: versions.find_version("nothing"), "version_unknown"),
        (lambda: versions.find_version("segformer-b0-camvid"), "version_unknown"),
        (lambda: versions.adopt(tmp_path / "nowhere"), "file_missing"),
    ):
        with pytest.raises(UserError, match=code):
            make()
    (run / "model" / "config.json").unlink()
    with pytest.raises(UserError, match="run_unfinished"):
        versions.adopt(run)


def test_a_parent_that_is_gone_is_told_and_a_broken_version_is_a_model_still(
    run: Path, camvid: Path, tmp_path: Path
) -> None:
    gone = make_run(camvid, tmp_path / "run2", str(tmp_path / "gone"))
    name = versions.adopt(gone).name
    with pytest.raises(UserError, match="version_no_parent"):
        versions.parent_of(name)
    (user_models_dir() / name / "version.json").write_text("{")
    assert versions.list_versions() == []
    assert name in [entry.id for entry in list_models()]
