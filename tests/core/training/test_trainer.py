"""One step, in parts, in processes, with a frozen encoder, beside a teacher and with twins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training_case import recipe_for

from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_labels, write_png
from segformer_gui.core.models import load_model
from segformer_gui.core.training.events import Finished, Reduced, Validated
from segformer_gui.core.training.folder import CHECKPOINT_FILE, RECIPE_FILE
from segformer_gui.core.training.loop import train
from segformer_gui.core.training.progress import RunWatch
from segformer_gui.core.training.recipe import Loss, Network, Recipe, read_recipe
from segformer_gui.core.training.trainer import Trainer


@pytest.fixture
def plain(camvid: Path) -> Recipe:
    """A recipe whose steps are sums over crops: no dropout, no norms that look at the batch."""
    recipe = recipe_for(camvid)
    return replace(
        recipe,
        network=Network(drop_path=0, dropout=0, freeze_norm=True),
        optimizer=replace(recipe.optimizer, batch=4),
        loss=Loss(class_weight=0.3),
    )


@pytest.fixture
def parent(camvid: Path, tmp_path: Path) -> str:
    """A model that has learnt a little."""
    *_, last = train(recipe_for(camvid), tmp_path / "parent")
    assert isinstance(last, Finished)
    return last.model


def weights_after(trainer: Trainer, steps: int = 2) -> torch.Tensor:
    for step in range(steps):
        trainer.take_step(trainer.batch(step))
    return torch.cat([p.detach().flatten() for p in trainer.network.parameters()])


def test_a_batch_in_parts_is_the_same_step(plain: Recipe) -> None:
    whole, parts = Trainer(plain), Trainer(plain)
    parts.parts = 4

    assert torch.allclose(weights_after(parts), weights_after(whole), atol=2e-5)


def test_running_out_of_memory_takes_smaller_parts_and_says_so(
    plain: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, calm = Trainer(plain), Trainer(plain)
    original = Trainer._loss

    def small_memory(self: Trainer, images: torch.Tensor, *rest: object) -> torch.Tensor:
        if len(images) > 1 and self is trainer:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return original(self, images, *rest)

    monkeypatch.setattr(Trainer, "_loss", small_memory)

    event = trainer.take_step(trainer.batch(0))

    assert event.parts == 4
    assert event.loss == pytest.approx(calm.take_step(calm.batch(0)).loss, rel=1e-5)
    monkeypatch.setattr(Trainer, "_loss", lambda *_: torch.zeros(1 << 50))
    with pytest.raises(UserError, match="training_out_of_memory"):
        trainer.take_step(trainer.batch(1))


def test_crops_of_which_not_one_fits_are_made_smaller_and_so_recorded(
    plain: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = replace(plain, augmentation=replace(plain.augmentation, crop=(128, 192)))
    fitting = replace(plain, augmentation=replace(plain.augmentation, crop=(96, 128)))
    list(train(fitting, tmp_path / "fitting"))
    original = Trainer._loss

    def small_memory(self: Trainer, images: torch.Tensor, *rest: object) -> torch.Tensor:
        if images[0, ..., 0].numel() > 96 * 128:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return original(self, images, *rest)

    monkeypatch.setattr(Trainer, "_loss", small_memory)
    run = tmp_path / "run"

    events = list(train(wanted, run, stop=lambda: True))
    ended = list(train(wanted, run, resume=True))

    assert [event for event in events if isinstance(event, Reduced)] == [
        Reduced(0, 96, 128, 128, 192)
    ]
    assert RunWatch(run, wanted).look().reduced == Reduced(0, 96, 128, 128, 192)
    assert isinstance(ended[-1], Finished)
    assert read_recipe(run / RECIPE_FILE) == fitting
    kept = [torch.load(r / CHECKPOINT_FILE)["average"] for r in (run, tmp_path / "fitting")]
    assert all(torch.equal(tensor, kept[1][key]) for key, tensor in kept[0].items())


def test_a_crop_that_cannot_be_made_smaller_is_one_clear_error(
    plain: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trainer, "_loss", lambda *_: torch.zeros(1 << 50))

    with pytest.raises(UserError, match="training_out_of_memory"):
        next(train(plain, tmp_path / "run"))


def test_trying_a_batch_leaves_the_network_as_it_was(plain: Recipe) -> None:
    trainer = Trainer(replace(plain, network=Network()))  # Whose norms learn.
    before = {key: tensor.clone() for key, tensor in trainer.network.state_dict().items()}

    trainer.fit_into_memory()

    after = trainer.network.state_dict()
    assert all(torch.equal(tensor, after[key]) for key, tensor in before.items())


_PROGRAM = """
import sys
from training_case import TINY
from segformer_gui.cli import main
from segformer_gui.core.network import presets
import torch
torch.set_num_threads(1)
presets.PRESETS["b0"] = TINY
sys.argv = ["segformer-gui", "train", sys.argv[1], "--out", sys.argv[2], "--json"]
main()
"""


def test_two_processes_train_as_one_with_the_whole_batch(plain: Recipe, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(_PROGRAM)
    (tmp_path / "recipe.toml").write_text(plain.to_toml())
    assert read_recipe(tmp_path / "recipe.toml") == plain
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {"PYTHONPATH": ":".join(sys.path), "OMP_NUM_THREADS": "1"}

    for command, run in ((launch, "two"), ([sys.executable], "one")):
        done = subprocess.run(
            [*command, tmp_path / "program.py", tmp_path / "recipe.toml", tmp_path / run],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    one, two = (torch.load(tmp_path / run / CHECKPOINT_FILE) for run in ("one", "two"))
    assert one["step"] == two["step"] == 6
    for key, tensor in one["network"].items():
        assert torch.allclose(tensor, two["network"][key], atol=5e-5), key
    logs = [(tmp_path / run / "events.jsonl").read_text().splitlines() for run in ("one", "two")]
    losses = [[json.loads(line)["loss"] for line in log if '"stepped"' in line] for log in logs]
    assert len(losses[0]) == 6
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_kept_features_make_the_steps_that_fresh_ones_make(
    plain: Recipe, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(
        plain,
        network=replace(plain.network, initial=parent, freeze="encoder"),
        augmentation=replace(plain.augmentation, reuse=4, corruptions=("fog",)),
        loss=Loss(consistency=0.5),
    )
    kept, fresh = Trainer(recipe), Trainer(recipe)
    monkeypatch.setattr(fresh, "_encoded", lambda x, _: fresh.network.encode(x))
    before = kept.network.stages[0].patch.proj.weight.clone()

    assert torch.allclose(weights_after(kept, 3), weights_after(fresh, 3), atol=1e-5)
    assert len(kept._features) == 8
    assert torch.equal(kept.network.stages[0].patch.proj.weight, before)


def test_a_teacher_holds_what_nobody_has_labelled(camvid: Path, plain: Recipe, parent: str) -> None:
    # Everything is said to be sky, but only in the upper half is anything said.
    for file in (camvid / "trainannot").glob("*.png"):
        labels = read_labels(file)
        labels[:32], labels[32:] = 0, 11
        write_png(file, labels)
    x = torch.randn(1, 3, 64, 64)
    drift: dict[float, float] = {}
    for weight in (0.0, 20.0):
        recipe = replace(
            plain,
            network=replace(plain.network, initial=parent),
            loss=Loss(distill=weight),
            augmentation=replace(plain.augmentation, color=0, flip=False),
        )
        trainer = Trainer(recipe)
        before = trainer.average(x).softmax(1)
        weights_after(trainer, 6)
        trainer.network.eval()
        change = (trainer.network(x).softmax(1) - before).detach().abs()
        drift[weight] = float(change[:, :, 10:].mean())

    assert drift[20.0] < 0.6 * drift[0.0]


def test_what_is_kept_of_the_first_weights_is_scored_and_written(
    plain: Recipe, parent: str, tmp_path: Path
) -> None:
    network = replace(plain.network, initial=parent, keep=0.4)
    *_, scored, _, last = train(replace(plain, network=network), tmp_path / "run")

    assert isinstance(last, Finished)
    assert isinstance(scored, Validated)
    average = torch.load(tmp_path / "run" / CHECKPOINT_FILE)["average"]
    begun, written = (load_model(name).network for name in (parent, last.model))
    for key, tensor in written.state_dict().items():
        if tensor.is_floating_point():
            expected = 0.6 * average[key] + 0.4 * begun.state_dict()[key]
            assert torch.allclose(tensor, expected, atol=1e-6), key
    unmixed = Trainer(replace(plain, network=replace(network, keep=0.0)))
    unmixed.average = written
    again = [event for event in unmixed.validate() if event is not None]
    assert again[0].scores == scored.scores


def test_consistency_brings_a_crop_and_its_twin_together(plain: Recipe) -> None:
    apart: dict[float, float] = {}
    for weight in (0.0, 50.0):
        recipe = replace(
            plain,
            loss=Loss(consistency=weight),
            augmentation=replace(plain.augmentation, corruptions=("gaussian_noise",)),
        )
        trainer = Trainer(recipe)
        twins = Trainer(replace(recipe, loss=Loss(consistency=1.0))).batch(9)
        weights_after(trainer, 6)
        x = torch.from_numpy(twins.images).float().permute(0, 3, 1, 2) / 64 - 2
        p = trainer.network.eval()(x).softmax(1).detach()
        apart[weight] = float((p[:4] - p[4:]).abs().mean())

    assert apart[50.0] < 0.8 * apart[0.0]


def test_validation_is_clean_and_corrupted(plain: Recipe, tmp_path: Path) -> None:
    recipe = replace(plain, validate_corrupted=("fog", "gaussian_noise"))

    events = [e for e in train(recipe, tmp_path / "run") if isinstance(e, Validated)]

    assert [e.corruption for e in events] == ["", "fog", "gaussian_noise"] * 2
    assert events[0].scores["pixels"] == events[1].scores["pixels"]
    assert events[-3].scores != events[-1].scores


def test_a_recipe_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    for lines, field in (
        ('[network]\nclasses = "both"', "network"),
        ("[network]\nkeep = 0.5", "network"),
        ("[loss]\ndistill = 1", ""),
        ("[loss]\nconsistency = 1", ""),
        ("[augmentation]\nreuse = 8", ""),
    ):
        file = tmp_path / "recipe.toml"
        file.write_text(f'[data]\nroot = "x"\n{lines}\n')
        with pytest.raises(UserError, match="recipe_value") as error:
            read_recipe(file)
        assert str(error.value.parameters["field"]) == field
