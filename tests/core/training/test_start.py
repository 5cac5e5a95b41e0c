"""The network at step 0: kept rows, what is frozen, how fast each block learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training_case import TINY, recipe_for

from segformer_gui.core.classes import class_set_of_count, class_set_of_names, known_class_set
from segformer_gui.core.models import LoadedModel
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.training.recipe import Network, Optimizer
from segformer_gui.core.training.start import (
    mixed,
    new_network,
    parameter_groups,
    shared_classes,
    start_learning,
)


@pytest.fixture
def initial() -> LoadedModel:
    torch.manual_seed(3)
    return LoadedModel(
        id="initial",
        network=SegFormer(TINY),
        classes=known_class_set("camvid"),
        short_side=64,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        layout="Hugging Face",
        notes=(),
    )


def test_a_checkpoint_of_the_same_classes_is_kept_whole(camvid: Path, initial: LoadedModel) -> None:
    network = new_network(recipe_for(camvid), initial.classes, initial)

    for key, tensor in network.state_dict().items():
        assert torch.equal(tensor, initial.network.state_dict()[key]), key
    assert network.config.drop_path == 0.1


def test_old_classes_keep_their_logits_when_new_ones_come(
    camvid: Path, initial: LoadedModel
) -> None:
    classes = class_set_of_names(["tram", "Car", "road", "moon"])
    network = new_network(recipe_for(camvid), classes, initial).eval()
    x = torch.randn(1, 3, 64, 64)

    ours, theirs = network(x), initial.network.eval()(x)

    road, car = (initial.classes.names.index(name) for name in ("road", "car"))
    assert torch.allclose(ours[:, [2, 1]], theirs[:, [road, car]], atol=1e-6)
    assert ours.shape[1] == 4


def test_a_share_of_the_first_weights_is_kept_but_for_new_classes(
    camvid: Path, initial: LoadedModel
) -> None:
    classes = class_set_of_names(["tram", "Car", "road", "moon"])
    begun = new_network(recipe_for(camvid), classes, initial).state_dict()
    torch.manual_seed(4)
    learnt = SegFormer(replace(TINY, num_classes=4))
    known, _ = shared_classes(classes, initial.classes)

    kept = mixed(learnt, begun, 0.25, known).state_dict()

    for key, tensor in learnt.state_dict().items():
        expected = 0.75 * tensor + 0.25 * begun[key] if tensor.is_floating_point() else tensor
        if key.startswith("head.classifier."):
            expected[[0, 3]] = tensor[[0, 3]]
        assert torch.allclose(kept[key], expected, atol=1e-6), key
    assert torch.equal(mixed(learnt, begun, 1.0, known).stages[0].patch.proj.weight,
                       begun["stages.0.patch.proj.weight"])  # fmt: skip


def test_from_scratch_is_the_preset(camvid: Path) -> None:
    network = new_network(recipe_for(camvid), class_set_of_count(7), None)

    assert network.config.embed_dims == TINY.embed_dims
    assert network.config.num_classes == 7


def test_head_learns_faster_and_norms_do_not_decay(camvid: Path) -> None:
    recipe = replace(recipe_for(camvid), optimizer=Optimizer(head_factor=10, weight_decay=0.05))
    network = new_network(recipe, known_class_set("camvid"), None)

    groups = parameter_groups(network, recipe)

    settings = {
        id(p): (group["factor"], group["weight_decay"]) for group in groups for p in group["params"]
    }
    assert len(settings) == len(list(network.parameters()))
    assert settings[id(network.stages[0].patch.proj.weight)] == (1, 0.05)
    assert settings[id(network.stages[0].norm.weight)] == (1, 0)
    assert settings[id(network.head.fuse.weight)] == (10, 0.05)
    assert settings[id(network.head.norm.bias)] == (10, 0)


def test_each_block_learns_slower_than_the_next(camvid: Path) -> None:
    recipe = replace(recipe_for(camvid), optimizer=Optimizer(layer_decay=0.5, head_factor=4))
    torch.manual_seed(0)
    network = SegFormer(replace(TINY, depths=(1, 2, 1, 1)))

    groups = parameter_groups(network, recipe)

    factor = {id(p): group["factor"] for group in groups for p in group["params"]}
    assert len(factor) == len(list(network.parameters()))
    stages = network.stages
    assert factor[id(network.head.fuse.weight)] == 4
    assert factor[id(stages[3].blocks[0].attn.q.weight)] == 1
    assert factor[id(stages[3].patch.proj.weight)] == 1
    assert factor[id(stages[2].norm.weight)] == 0.5
    assert factor[id(stages[1].blocks[1].attn.q.weight)] == 0.25
    assert factor[id(stages[1].norm.weight)] == 0.25
    assert factor[id(stages[1].blocks[0].attn.q.weight)] == 0.125
    assert factor[id(stages[1].patch.proj.weight)] == 0.125
    assert factor[id(stages[0].patch.proj.weight)] == 0.0625


@pytest.mark.parametrize(
    ("freeze", "learning"),
    [
        ("encoder", {"head"}),
        ("all_but_classifier", {"head.classifier.weight", "head.classifier.bias"}),
    ],
)
def test_what_is_frozen_does_not_learn(
    camvid: Path, initial: LoadedModel, freeze: str, learning: set[str]
) -> None:
    settings = Network(initial="initial", freeze=freeze)
    recipe = replace(recipe_for(camvid), network=settings)
    network = new_network(recipe, initial.classes, initial)

    start_learning(network, recipe)

    names = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert {n for n in names if not any(n.startswith(prefix) for prefix in learning)} == set()
    assert any(name.startswith("head.classifier") for name in names)
    assert not network.stages.training
    kept = sum(len(group["params"]) for group in parameter_groups(network, recipe))
    assert kept == len(names)


def test_frozen_norms_keep_their_statistics(camvid: Path, initial: LoadedModel) -> None:
    recipe = replace(recipe_for(camvid), network=Network(freeze_norm=True))
    network = new_network(recipe, initial.classes, initial)
    before = network.head.norm.running_mean.clone()

    start_learning(network, recipe)
    network(torch.randn(2, 3, 64, 64))

    assert network.training
    assert torch.equal(network.head.norm.running_mean, before)
    assert network.head.norm.weight.requires_grad
