"""`segformer-gui finetune`: from a model and labelled images to a better model."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.catalogue import find_model, training_sequences
from segformer_gui.core.images import write_png
from segformer_gui.core.models import load_model
from segformer_gui.core.scenes import render_scene


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three small scenes as images and index masks; a region of each is a class of its own."""
    for number in range(3):
        image, labels = render_scene(number, 120, 160)
        labels[:10, :10] = 11
        write_png(tmp_path / "data" / "images" / f"{number}.png", image)
        write_png(tmp_path / "data" / "labels" / f"{number}.png", labels)
    return tmp_path / "data"


NAMES = (
    *("sky", "building", "pole", "road", "pavement", "vegetation", "traffic sign", "fence"),
    *("car", "person", "bicycle", "tram"),
)
CLASSES = [part for name in NAMES for part in ("--class", name)]


def test_a_model_learns_new_classes_and_keeps_its_own(
    run: Callable, data: Path, tmp_path: Path
) -> None:
    arguments = ["--from", "segformer-b0-camvid", "--steps", 2, "--preset", "quick", "--json"]
    arguments += [*CLASSES, "--map", "pavement=sidewalk", "--new-classes"]

    result = run("finetune", data, *arguments, "--out", tmp_path / "run")

    assert result.code == 0, result.err
    lines = result.out.splitlines()
    finished = next(n for n, line in enumerate(lines) if '"finished"' in line)
    events = [json.loads(line) for line in lines[: finished + 1]]
    proof = json.loads("".join(lines[finished + 1 :]))
    assert proof["event"] == "proved"
    assert proof["verdict"].startswith("proof_")
    assert len(proof["corruptions"]) == 16
    assert json.loads((tmp_path / "run" / "proof.json").read_text())["images"] == 1
    assert (events[0]["images"], events[0]["held_out"]) == (2, 1)
    kinds = [event["event"] for event in events if event["event"] != "proving"]
    # Clean and four corruptions, before and after.
    assert kinds == ["started", *["validated"] * 5, *["stepped"] * 2] + ["validated"] * 5 + [
        "saved",
        "finished",
    ]
    model = load_model(str(tmp_path / "run" / "model"))
    own = load_model("segformer-b0-camvid")
    assert model.classes.names == (*own.classes.names, "tram")
    recipe = tomllib.loads((tmp_path / "run" / "recipe.toml").read_text("utf-8"))
    assert recipe["data"]["held_out"] == ["0"]
    assert training_sequences(find_model(str(tmp_path / "run" / "model"))) >= {"1", "2"}
    ours, theirs = (m.network.state_dict()["stages.0.patch.proj.weight"] for m in (model, own))
    assert np.array_equal(ours.numpy(), theirs.float().numpy())


def test_a_run_in_the_background_is_left_to_itself(
    run: Callable, data: Path, tmp_path: Path
) -> None:
    arguments = ["--from", "segformer-b0-camvid", "--steps", 1, "--preset", "quick", *CLASSES]

    started = run("finetune", data, *arguments, "--out", tmp_path / "run", "--detach")

    assert started.code == 0, started.err
    assert "runs follow" in started.out
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "model").exists():
        assert time.monotonic() < deadline, (tmp_path / "run" / "trainer.log").read_text()
        time.sleep(0.1)
    followed = run("runs", "follow", tmp_path / "run")
    assert "The model is in" in followed.out
    again = run("finetune", data, *arguments, "--out", tmp_path / "run", "--detach")
    assert "holds another run" in again.err or again.code == 2


def test_bad_arguments_are_named(run: Callable, data: Path, tmp_path: Path) -> None:
    base = ["finetune", data, "--from", "segformer-b0-camvid", "--out", tmp_path / "run"]

    assert "DATA=MODEL" in run(*base, *CLASSES, "--map", "pavement").err
    assert "The data has no class tramway" in run(*base, *CLASSES, "--map", "tramway=car").err
    assert run(*base).code == 2
    unknown = run("finetune", data, "--from", "nothing", "--out", tmp_path / "run", *CLASSES)
    assert unknown.code == 2
