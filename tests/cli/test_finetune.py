"""`segformer-gui finetune`: from a model and labelled images to a better model."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from training_case import TINY

from segformer_gui.core.annotation.region import Region
from segformer_gui.core.catalogue import (
    EMBEDDED_MODEL,
    find_model,
    training_sequences,
    write_facts,
)
from segformer_gui.core.classes import class_set_of_names
from segformer_gui.core.images import read_labels, write_png
from segformer_gui.core.models import load_model
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.export import export_hugging_face, plain_card
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.paths import shipped
from segformer_gui.core.project.project import Project
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


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A tiny network, made for tiny images, with the classes of the embedded one."""
    torch.manual_seed(0)
    network = SegFormer(TINY)
    config = json.loads((shipped("models", EMBEDDED_MODEL) / "config.json").read_text("utf-8"))
    classes = class_set_of_names(list(config["id2label"].values()))
    card = plain_card("Tiny", network, classes, "a test")
    folder = tmp_path / "tiny"
    export_hugging_face(network, classes, folder, card=card, mean=IMAGENET_MEAN, std=IMAGENET_STD)
    write_facts(folder, "Tiny", 64)
    return folder


NAMES = (
    *("sky", "building", "pole", "road", "pavement", "vegetation", "traffic sign", "fence"),
    *("car", "person", "bicycle", "tram"),
)
CLASSES = [part for name in NAMES for part in ("--class", name)]


def test_a_model_learns_new_classes_and_keeps_its_own(
    run: Callable, data: Path, model: Path, tmp_path: Path
) -> None:
    arguments = ["--from", model, "--steps", 2, "--preset", "quick", "--json"]
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
    new, own = load_model(str(tmp_path / "run" / "model")), load_model(str(model))
    assert new.short_side == 64
    assert new.classes.names == (*own.classes.names, "tram")
    recipe = tomllib.loads((tmp_path / "run" / "recipe.toml").read_text("utf-8"))
    assert recipe["data"]["held_out"] == ["0"]
    assert training_sequences(find_model(str(tmp_path / "run" / "model"))) >= {"1", "2"}
    ours, theirs = (m.network.state_dict()["stages.0.patch.proj.weight"] for m in (new, own))
    assert np.array_equal(ours.numpy(), theirs.float().numpy())


def test_a_run_in_the_background_is_left_to_itself(
    run: Callable, data: Path, model: Path, tmp_path: Path
) -> None:
    arguments = ["--from", model, "--steps", 1, "--preset", "quick", "--everything", *CLASSES]

    started = run("finetune", data, *arguments, "--out", tmp_path / "run", "--detach")

    assert started.code == 0, started.err
    assert "runs follow" in started.out
    deadline = time.monotonic() + 300
    while not (tmp_path / "run" / "model").exists():
        assert time.monotonic() < deadline, (tmp_path / "run" / "trainer.log").read_text()
        time.sleep(0.1)
    followed = run("runs", "follow", tmp_path / "run")
    assert "The model is in" in followed.out
    again = run("finetune", data, *arguments, "--out", tmp_path / "run", "--detach")
    assert "holds another run" in again.err or again.code == 2


def test_every_sequence_is_left_out_once(
    run: Callable, data: Path, model: Path, tmp_path: Path
) -> None:
    arguments = ["--from", model, "--steps", 1, "--preset", "quick", "--leave-one-out", *CLASSES]
    out = tmp_path / "folds"

    result = run("finetune", data, *arguments, "--out", out)

    assert result.code == 0, result.err
    folds = json.loads((out / "summary.json").read_text())
    assert list(folds) == ["0", "1", "2", "mean"]
    for name in ("0", "1", "2"):
        proof = json.loads((out / f"fold-{name}" / "proof.json").read_text())
        assert folds[name]["clean"]["after"] == proof["clean"]["after"]["value"]
        recipe = tomllib.loads((out / f"fold-{name}" / "recipe.toml").read_text("utf-8"))
        assert recipe["data"]["held_out"] == [name]
    mean = sum(folds[name]["corrupted"]["before"] for name in "012") / 3
    assert folds["mean"]["corrupted"]["before"] == pytest.approx(mean)
    assert "mean" in result.out

    (out / "fold-1" / "proof.json").unlink()  # As if the second one had been stopped.
    before = (out / "fold-0" / "events.jsonl").stat().st_mtime_ns
    again = run("finetune", data, *arguments, "--out", out)
    assert again.code == 0, again.err
    assert (out / "fold-0" / "events.jsonl").stat().st_mtime_ns == before
    assert json.loads((out / "summary.json").read_text()) == folds
    other = run("finetune", data, *arguments, "--dice", 1, "--out", out)
    assert other.code == 2
    assert "another recipe" in other.err


def test_folds_in_the_background_follow_one_another(
    run: Callable, data: Path, model: Path, tmp_path: Path
) -> None:
    arguments = ["--from", model, "--steps", 1, "--preset", "quick", "--leave-one-out", *CLASSES]
    out = tmp_path / "folds"

    started = run("finetune", data, *arguments, "--out", out, "--detach")

    assert started.code == 0, started.err
    assert str(out / "fold-0") in started.out.replace("\n", "")
    waited = time.monotonic() + 120
    while not (out / "fold-2" / "proof.json").exists() and time.monotonic() < waited:
        time.sleep(0.2)
    log = (out / "fold-0" / "trainer.log").read_text()
    assert all((out / f"fold-{name}" / "proof.json").exists() for name in "012"), log
    again = run("finetune", data, *arguments, "--out", out, "--detach")
    assert again.code == 2
    assert "already holds a run" in again.err
    finished = run("finetune", data, *arguments, "--out", out)
    assert "mean" in finished.out


def test_a_project_is_learnt_from_as_it_is_now(
    run: Callable, data: Path, model: Path, tmp_path: Path
) -> None:
    names = tmp_path / "classes.txt"
    names.write_text("\n".join(NAMES))
    project = tmp_path / "project"
    created = run("project", "create", project, data / "images", "--classes", names)
    assert created.code == 0, created.err
    nothing = run("finetune", project, "--from", model, "--out", tmp_path / "run")
    assert "No mask of the project" in nothing.err
    with Project(project) as opened:
        for image in opened.images:
            labels = read_labels(data / "labels" / f"{image}.png")
            document = opened.document(image)
            for class_id in np.unique(labels).tolist():
                region = Region.of(labels == class_id)
                patch = document.mask.edit(region.filled(class_id), touch=True)
                document.commit(patch, "fill")
            opened.update(image, sequence=image)
            opened.save(image)

    arguments = ["--from", model, "--steps", 1, "--preset", "quick", "--hold-out", "0"]
    result = run("finetune", project, *arguments, "--out", tmp_path / "run")

    assert result.code == 0, result.err
    recipe = tomllib.loads((tmp_path / "run" / "recipe.toml").read_text("utf-8"))
    assert recipe["data"]["layout"] == "project"
    assert Path(recipe["data"]["root"]) == tmp_path / "run" / "data" / "project"
    assert "kept their class" in result.out


def test_bad_arguments_are_named(run: Callable, data: Path, tmp_path: Path) -> None:
    base = ["finetune", data, "--from", "segformer-b0-camvid", "--out", tmp_path / "run"]

    assert "DATA=MODEL" in run(*base, *CLASSES, "--map", "pavement").err
    assert "The data has no class tramway" in run(*base, *CLASSES, "--map", "tramway=car").err
    assert run(*base).code == 2
    assert "decides itself" in run(*base, *CLASSES, "--leave-one-out", "--hold-out", "0").err
    unknown = run("finetune", data, "--from", "nothing", "--out", tmp_path / "run", *CLASSES)
    assert unknown.code == 2


def test_what_a_preset_does_can_be_changed(
    run: Callable, data: Path, model: Path, tmp_path: Path
) -> None:
    arguments = ["--from", model, "--steps", 1, "--everything", *CLASSES, "--out", tmp_path / "run"]
    changed = ["--batch", 1, "--freeze", "encoder", "--distill", 0, "--consistency", 0.25]
    changed += [
        "--keep",
        0.25,
        "--dice",
        0,
        "--lovasz",
        0.5,
        "--ohem",
        0.5,
        "--learning-rate",
        1e-3,
    ]
    changed += ["--corruption", "fog", "--corruption", "snow", "--max-severity", 2]

    result = run("finetune", data, *arguments, *changed)

    assert result.code == 0, result.err
    recipe = tomllib.loads((tmp_path / "run" / "recipe.toml").read_text("utf-8"))
    assert recipe["optimizer"]["batch"] == 1
    assert recipe["optimizer"]["learning_rate"] == 1e-3
    assert (recipe["network"]["freeze"], recipe["network"]["keep"]) == ("encoder", 0.25)
    assert recipe["augmentation"]["corruptions"] == ["fog", "snow"]
    assert recipe["augmentation"]["max_severity"] == 2
    values = {"distill": 0, "consistency": 0.25, "dice": 0, "lovasz": 0.5, "ohem": 0.5}
    assert recipe["loss"] == recipe["loss"] | values


def test_corruptions_can_be_left_out_of_training(
    run: Callable, data: Path, model: Path, tmp_path: Path
) -> None:
    arguments = ["--from", model, "--steps", 1, "--everything", *CLASSES, "--out", tmp_path / "run"]

    assert run("finetune", data, *arguments, "--corruption", "none").code == 0

    recipe = tomllib.loads((tmp_path / "run" / "recipe.toml").read_text("utf-8"))
    assert recipe["augmentation"]["corrupt"] == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [(["--ohem", 0], "--ohem"), (["--dice", -1], "--dice"), (["--corruption", "frog"], "fog")],
)
def test_a_setting_that_cannot_be_is_named(
    run: Callable, data: Path, model: Path, tmp_path: Path, changed: list[object], said: str
) -> None:
    arguments = ["--from", model, *CLASSES, "--out", tmp_path / "run", *changed]

    result = run("finetune", data, *arguments)

    assert result.code == 2
    assert said in result.err
