"""The loop: learns, resumes bit for bit, tells everything, and refuses broken data by name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, read_labels, write_png
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import load_model
from segformer_gui.core.network import presets
from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.training import dataset as dataset_module
from segformer_gui.core.training import loop
from segformer_gui.core.training.dataset import TrainingSet, open_data
from segformer_gui.core.training.events import Finished, Saved, Started, Stepped, Stopped, Validated
from segformer_gui.core.training.loop import train
from segformer_gui.core.training.recipe import (
    Augmentation,
    Data,
    Loss,
    Network,
    Optimizer,
    Recipe,
)

TINY = SegFormerConfig((16, 32, 40, 64), (1, 1, 1, 1), head_width=32, num_classes=11)


@pytest.fixture(autouse=True)
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """ "b0" is a tiny network here."""
    monkeypatch.setitem(presets.PRESETS, "b0", TINY)


@pytest.fixture
def camvid(tmp_path: Path) -> Path:
    """Three sequences of a CamVid layout: two images to learn, one to validate."""
    rng = np.random.default_rng(0)
    for name in ("A_1", "B_1", "C_1"):
        labels = np.zeros((64, 96), np.uint8)
        labels[32:] = 3
        labels[20:44, 30:60] = 8
        labels[:8, :8] = 11
        colors = rng.integers(0, 256, (12, 3), np.uint8)
        image = np.clip(colors[labels] + rng.integers(-8, 8, (64, 96, 3)), 0, 255).astype(np.uint8)
        write_png(tmp_path / "data" / "train" / f"{name}.png", image)
        write_png(tmp_path / "data" / "trainannot" / f"{name}.png", labels)
    return tmp_path / "data"


def recipe_for(root: Path, steps: int = 6) -> Recipe:
    return Recipe(
        data=Data(root=str(root), held_out=("C",)),
        network=Network(drop_path=0.1, dropout=0.1),
        optimizer=Optimizer(steps=steps, batch=2, warmup_steps=2, learning_rate=3e-3),
        loss=Loss(class_weight=0.3, ohem=0.8, dice=0.2),
        augmentation=Augmentation(crop=(64, 64)),
        device="cpu",
        short_side=64,
        validate_every=4,
        checkpoint_every=4,
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


def test_a_run_starts_from_a_model_and_keeps_its_encoder(camvid: Path, tmp_path: Path) -> None:
    *_, last = train(recipe_for(camvid), tmp_path / "first")
    assert isinstance(last, Finished)
    recipe = replace(recipe_for(camvid, 1), network=Network(initial=last.model))

    network = loop._new_network(recipe, 11)
    other = loop._new_network(recipe, 5)

    trained = load_model(last.model).network.state_dict()
    for key, tensor in network.state_dict().items():
        assert torch.equal(tensor, trained[key]), key
    assert other.config.num_classes == 5
    assert torch.equal(other.state_dict()["head.fuse.weight"], trained["head.fuse.weight"])


def test_head_learns_faster_and_norms_do_not_decay(camvid: Path) -> None:
    recipe = replace(recipe_for(camvid), optimizer=Optimizer(head_factor=10, weight_decay=0.05))
    network = loop._new_network(recipe, 11)

    groups = loop._parameter_groups(network, recipe)

    settings = {
        id(p): (group["factor"], group["weight_decay"]) for group in groups for p in group["params"]
    }
    assert len(settings) == len(list(network.parameters()))
    assert settings[id(network.stages[0].patch.proj.weight)] == (1, 0.05)
    assert settings[id(network.stages[0].norm.weight)] == (1, 0)
    assert settings[id(network.head.fuse.weight)] == (10, 0.05)
    assert settings[id(network.head.norm.bias)] == (10, 0)


def test_runs_are_not_overwritten_or_mixed(camvid: Path, tmp_path: Path) -> None:
    recipe = recipe_for(camvid, steps=1)
    with pytest.raises(UserError, match="resume_nothing"):
        next(train(recipe, tmp_path / "run", resume=True))
    list(train(recipe, tmp_path / "run"))

    with pytest.raises(UserError, match="run_exists"):
        next(train(recipe, tmp_path / "run"))
    with pytest.raises(UserError, match="resume_other_recipe"):
        next(train(replace(recipe, seed=1), tmp_path / "run", resume=True))


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


def test_held_out_sequences_are_never_trained_on(camvid: Path) -> None:
    data = open_data(Data(root=str(camvid), held_out=("C",)))

    assert {s.sequence for s in data.training.samples} == {"A", "B"}
    assert data.held_out is not None
    assert [s.id for s in data.held_out.samples] == ["C_1"]
    with pytest.raises(UserError, match="sequence_unknown"):
        open_data(Data(root=str(camvid), held_out=("D",)))
    with pytest.raises(UserError, match="nothing_to_train"):
        open_data(Data(root=str(camvid), held_out=("A", "B", "C")))


def test_synthetic_scenes_join_the_training_set(camvid: Path) -> None:
    recipe = replace(recipe_for(camvid), data=Data(root=str(camvid), synthetic=1))

    crops = TrainingSet(recipe, open_data(recipe.data))

    assert len(crops) == 4
    assert crops.pixels[3, 3] > 0
    images, labels = crops.batch(0)
    assert images.shape == (2, 64, 64, 3)
    assert set(np.unique(labels)) <= {*range(11), 255}


def test_scenes_alone_make_a_training_set(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(recipe_for(Path()), data=Data(synthetic=3))
    one_by_one = TrainingSet(recipe, open_data(recipe.data))
    monkeypatch.setattr(dataset_module, "_MANY", 2)  # Now in processes.
    in_processes = TrainingSet(recipe, open_data(recipe.data))

    assert len(one_by_one) == 3
    assert open_data(recipe.data).held_out is None
    assert np.array_equal(one_by_one.pixels, in_processes.pixels)
    for ours, theirs in zip(one_by_one.batch(0), in_processes.batch(0), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_crop_is_decided_by_its_number_alone(camvid: Path) -> None:
    recipe = recipe_for(camvid)
    one, two = (TrainingSet(recipe, open_data(recipe.data)) for _ in range(2))
    one.batch(0)

    images, labels = one.batch(7)
    again, labels_again = two.batch(7)

    assert np.array_equal(images, again)
    assert np.array_equal(labels, labels_again)


def test_corruptions_change_images_and_not_labels(camvid: Path) -> None:
    recipe = recipe_for(camvid)
    fog = replace(recipe.augmentation, corrupt=1.0, corruptions=("fog",), max_severity=3)
    clean = TrainingSet(recipe, open_data(recipe.data)).batch(0)
    foggy = TrainingSet(replace(recipe, augmentation=fog), open_data(recipe.data)).batch(0)

    assert np.array_equal(clean[1], foggy[1])
    assert not np.array_equal(clean[0], foggy[0])
    unknown = replace(fog, corruptions=("locusts",))
    with pytest.raises(UserError, match="corruption_unknown"):
        TrainingSet(replace(recipe, augmentation=unknown), open_data(recipe.data))


def test_a_diverged_run_says_so(
    camvid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "segmentation_loss", lambda logits, *_: logits.sum() * float("nan"))

    with pytest.raises(UserError, match="training_diverged"):
        list(train(recipe_for(camvid), tmp_path / "run"))
