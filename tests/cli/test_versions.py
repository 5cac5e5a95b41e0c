"""`segformer-gui versions`: adopt, list, roll back, note, export."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from segformer_gui.core import paths
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.images import write_png
from segformer_gui.core.models import load_model
from segformer_gui.core.network.write import write_model
from segformer_gui.core.scenes import render_scene
from segformer_gui.core.settings import load_settings
from segformer_gui.core.training.recipe import Data, Network, Recipe

PAIR = {"before": {"value": 0.5}, "after": {"value": 0.625}}
PROOF = {
    "verdict": "proof_better",
    "parameters": {"clean": 12.5, "corrupted": 12.5},
    "clean": PAIR,
    "corrupted": PAIR,
}


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A run whose model is the embedded one."""
    image, labels = render_scene(1, 60, 80)
    write_png(tmp_path / "data" / "train" / "A_1.png", image)
    write_png(tmp_path / "data" / "trainannot" / "A_1.png", labels)
    write_model(EMBEDDED_MODEL, tmp_path / "run" / "model", "huggingface")
    recipe = Recipe(Data(root=str(tmp_path / "data")), Network(initial=EMBEDDED_MODEL))
    (tmp_path / "run" / "recipe.toml").write_text(recipe.to_toml())
    (tmp_path / "run" / "proof.json").write_text(json.dumps(PROOF))
    return tmp_path / "run"


def used() -> str:
    return load_settings(paths.settings_file()).model


def test_a_version_is_adopted_listed_noted_and_taken_back(run: Callable, finished: Path) -> None:
    adopted = run("versions", "adopt", finished, "--name", "mine")
    assert adopted.code == 0, adopted.err
    assert "rose by 12.5 points" in adopted.err
    assert used() == "mine"

    assert run("versions", "note", "mine", "good in fog").code == 0
    (listed,) = json.loads(run("versions", "list", "--json").out)
    assert (listed["parent"], listed["notes"]) == (EMBEDDED_MODEL, "good in fog")
    table = run("versions", "list").out
    assert "* mine" in table
    assert "50.0 → 62.5" in table

    assert run("versions", "rollback").code == 0
    assert used() == EMBEDDED_MODEL
    assert "no version called" in run("versions", "rollback").err
    assert run("versions", "use", "mine").code == 0
    assert used() == "mine"


def test_a_version_is_exported_in_each_format(
    run: Callable, finished: Path, tmp_path: Path
) -> None:
    run("versions", "adopt", finished, "--name", "mine")
    weights = tmp_path / "weights.safetensors"

    assert run("versions", "export", "mine", "--out", weights, "--format", "safetensors").code == 0
    assert run("versions", "export", "mine", "--out", tmp_path / "folder").code == 0

    expected = load_model("mine").network.state_dict()
    for path in (weights, tmp_path / "folder"):
        found = load_model(str(path)).network.state_dict()
        assert all((found[key] == tensor).all() for key, tensor in expected.items())
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    graph = tmp_path / "graph.onnx"
    exported = run("versions", "export", "mine", "--out", graph, "--format", "onnx")
    assert "differ from the network's by" in exported.out
    assert graph.stat().st_size > 1e6
