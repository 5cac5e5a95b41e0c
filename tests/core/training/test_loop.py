"""The loop: learns, resumes bit for bit, tells everything, and refuses broken data by name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from training_case import recipe_for

from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, read_labels, write_png
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import load_model
from segformer_gui.core.training import loop, trainer, versions
from segformer_gui.core.training.events import (
    Finished,
    Proving,
    Saved,
    Started,
    Stepped,
    Stopped,
    Validated,
)
from segformer_gui.core.training.loop import train
from segformer_gui.core.training.prepare import keep_share, prepare_run
from segformer_gui.core.training.recipe import (
    Augmentation,
    Loss,
    Network,
    Optimizer,
    read_recipe,
)


def test_two_images_are_learnt_by_heart(camvid: Path, tmp_path: Path) -> None:
    recipe = replace(
        recipe_for(camvid, steps=120),
        network=Network(drop_path=0, dropout=0),
        loss=Loss(),
        optimizer=Optimizer(steps=120, batch=2, learning_rate=4e-3, warmup_steps=10, ema_decay=0.9),
        augmentation=Augmentation(crop=(64, 96), scale=(1, 1), flip=False, color=0, rare_classes=0),
        validate_every=1000,
        checkpoint_every=1000,
    )

    *_, last = train(recipe, tmp_path / "run")

    assert isinstance(last, Finished)
    segmenter = Segmenter(load_model(last.model), "cpu")
    for name in ("A_1", "B_1"):
        labels = read_labels(camvid / "trainannot" / f"{name}.png")
        predicted = segmenter.segment(read_image(camvid / "train" / f"{name}.png")).labels
        labelled = labels != 11
        assert np.mean(predicted[labelled] == labels[labelled]) > 0.95


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(
    camvid: Path, tmp_path: Path
) -> None:
    recipe = recipe_for(camvid)
    whole = list(train(recipe, tmp_path / "whole"))
    asked = iter([False, False, True])
    first = list(train(recipe, tmp_path / "parts", stop=lambda: next(asked)))
    rest = list(train(recipe, tmp_path / "parts", resume=True))

    assert isinstance(first[-1], Stopped)
    assert isinstance(rest[0], Started)
    assert rest[0].step == 3
    losses = [e.loss for e in whole if isinstance(e, Stepped)]
    assert [e.loss for e in first + rest if isinstance(e, Stepped)] == losses
    one, two = (torch.load(tmp_path / run / loop.CHECKPOINT_FILE) for run in ("whole", "parts"))
    for part in ("network", "average"):
        for key, tensor in one[part].items():
            assert torch.equal(tensor, two[part][key]), (part, key)


def test_events_are_complete_and_logged(camvid: Path, tmp_path: Path) -> None:
    events = list(train(recipe_for(camvid), tmp_path / "run"))

    kinds = [type(event) for event in events]
    assert kinds == [
        Started,
        *[Stepped] * 4,
        Validated,
        Saved,
        *[Stepped] * 2,
        Validated,
        Saved,
        Finished,
    ]
    started, last = events[0], events[-3]
    assert isinstance(started, Started)
    assert isinstance(last, Validated)
    assert (started.images, started.held_out, started.steps) == (2, 1, 6)
    assert last.scores["images"] == 1
    lines = (tmp_path / "run" / loop.EVENTS_FILE).read_text().splitlines()
    logged = [json.loads(line) for line in lines]
    assert [line["event"] for line in logged] == [kind.__name__.lower() for kind in kinds]
    assert logged[1]["loss"] == events[1].loss


def test_the_averaged_weights_are_what_is_kept(camvid: Path, tmp_path: Path) -> None:
    *_, last = train(recipe_for(camvid), tmp_path / "run")

    assert isinstance(last, Finished)
    kept = load_model(last.model).network.state_dict()
    average = torch.load(tmp_path / "run" / loop.CHECKPOINT_FILE)["average"]
    assert all(torch.equal(kept[key], tensor) for key, tensor in average.items())


def test_runs_are_not_overwritten_or_mixed(camvid: Path, tmp_path: Path) -> None:
    recipe = recipe_for(camvid, steps=1)
    with pytest.raises(UserError, match="resume_nothing"):
        next(train(recipe, tmp_path / "run", resume=True))
    list(train(recipe, tmp_path / "run"))

    with pytest.raises(UserError, match="run_exists"):
        next(train(recipe, tmp_path / "run"))
    with pytest.raises(UserError, match="resume_other_recipe"):
        next(train(replace(recipe, seed=1), tmp_path / "run", resume=True))


def test_another_share_can_be_kept_of_a_finished_run(camvid: Path, tmp_path: Path) -> None:
    *_, parent = train(recipe_for(camvid), tmp_path / "parent")
    assert isinstance(parent, Finished)
    recipe = replace(recipe_for(camvid, 1), network=Network(initial=parent.model), prove=True)
    run = tmp_path / "run"
    *_, last = train(recipe, run)
    assert isinstance(last, Finished)
    average = torch.load(run / loop.CHECKPOINT_FILE)["average"]
    first_proof = (run / loop.PROOF_FILE).read_bytes()

    versions.discard(run)
    kept = keep_share(run, 0.5)
    assert not versions.is_decided(run)
    again = list(train(kept, run, resume=True))

    assert read_recipe(run / loop.RECIPE_FILE) == kept == recipe.keeping(0.5)
    assert [type(event) for event in again] == [Started, *[Proving] * (len(again) - 2), Finished]
    begun, mixed = (load_model(name).network.state_dict() for name in (parent.model, last.model))
    for key, tensor in mixed.items():
        if tensor.is_floating_point():
            assert torch.allclose(tensor, (average[key] + begun[key]) / 2, atol=1e-6), key
    assert (run / loop.PROOF_FILE).read_bytes() != first_proof
    # And back again, from the same checkpoint.
    list(train(recipe, run, resume=True))
    state = load_model(last.model).network.state_dict()
    assert all(torch.equal(state[key], tensor) for key, tensor in average.items())
    assert (run / loop.PROOF_FILE).read_bytes() == first_proof
    assert read_recipe(run / loop.RECIPE_FILE) == recipe


def test_a_checkpoint_of_settings_that_are_no_more_is_of_another_recipe(
    camvid: Path, tmp_path: Path
) -> None:
    recipe, file = recipe_for(camvid), tmp_path / "run" / loop.CHECKPOINT_FILE
    list(train(recipe, tmp_path / "run", stop=lambda: True))
    checkpoint = torch.load(file)
    torch.save(checkpoint | {"recipe": f"gone = 1\n{checkpoint['recipe']}"}, file)

    with pytest.raises(UserError, match="resume_other_recipe"):
        next(train(recipe, tmp_path / "run", resume=True))


def test_a_share_that_cannot_be_kept_is_refused(camvid: Path, tmp_path: Path) -> None:
    prepare_run(recipe_for(camvid), tmp_path)
    before = (tmp_path / loop.RECIPE_FILE).read_text("utf-8")

    with pytest.raises(UserError, match="recipe_value") as error:
        keep_share(tmp_path, 0.5)

    assert "keep need an initial checkpoint" in str(error.value.parameters["problem"])
    assert (tmp_path / loop.RECIPE_FILE).read_text("utf-8") == before


def test_a_run_from_before_a_setting_existed_goes_on(camvid: Path, tmp_path: Path) -> None:
    recipe, file = recipe_for(camvid), tmp_path / "run" / loop.CHECKPOINT_FILE
    list(train(recipe, tmp_path / "run", stop=lambda: True))
    checkpoint = torch.load(file)
    assert "keep = 0.0\n" in checkpoint["recipe"]
    older = {key: checkpoint[key].replace("keep = 0.0\n", "") for key in ("recipe", "asked")}
    torch.save(checkpoint | older, file)

    *_, last = train(recipe, tmp_path / "run", resume=True)

    assert isinstance(last, Finished)


def test_broken_data_is_named_file_by_file_before_the_first_step(
    camvid: Path, tmp_path: Path
) -> None:
    annotations = camvid / "trainannot"
    write_png(annotations / "A_1.png", np.zeros((64, 95), np.uint8))
    write_png(annotations / "B_1.png", np.full((64, 96), 77, np.uint8))

    with pytest.raises(UserError) as error:
        next(train(recipe_for(camvid), tmp_path / "run"))

    problems = str(error.value.parameters["problems"])
    assert (error.value.code, error.value.parameters["count"]) == ("dataset_broken", 2)
    assert "A_1.png: 95 x 64" in problems
    assert "B_1.png: ids [77]" in problems
    (annotations / "A_1.png").unlink()
    with pytest.raises(UserError, match="dataset_labels_missing"):
        next(train(recipe_for(camvid), tmp_path / "run2"))


def test_a_diverged_run_says_so(
    camvid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        trainer, "segmentation_loss", lambda logits, *_: logits.sum() * float("nan")
    )

    with pytest.raises(UserError, match="training_diverged"):
        list(train(recipe_for(camvid), tmp_path / "run"))


def test_a_stop_does_not_wait_for_a_validation(camvid: Path, tmp_path: Path) -> None:
    recipe = replace(recipe_for(camvid), validate_every=1)

    events = list(train(recipe, tmp_path / "run", stop=lambda: True))

    assert [type(event) for event in events] == [Started, Stepped, Saved, Stopped]
