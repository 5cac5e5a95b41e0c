"""The network at step 0, which of its weights learn, and how fast each."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from segformer_gui.core.classes import ClassSet, plain_name
from segformer_gui.core.models import LoadedModel
from segformer_gui.core.network.presets import preset
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.training.recipe import Recipe


def new_network(recipe: Recipe, classes: ClassSet, initial: LoadedModel | None) -> SegFormer:
    """The network at step 0: from scratch, or `initial` with a classifier for `classes`.

    A class that the checkpoint knows by name keeps its row of the classifier; a new one starts
    from random weights.
    """
    settings = recipe.network
    torch.manual_seed(recipe.seed)
    config = initial.network.config if initial else preset(settings.preset, len(classes))
    network = SegFormer(
        replace(
            config,
            num_classes=len(classes),
            drop_path=settings.drop_path,
            dropout=settings.dropout,
        )
    )
    if initial is None:
        return network
    state = initial.network.state_dict()
    rows, sources = shared_classes(classes, initial.classes)
    for key in ("head.classifier.weight", "head.classifier.bias"):
        kept = network.state_dict()[key].clone()
        kept[rows] = state[key][sources].to(kept)
        state[key] = kept
    network.load_state_dict(state)
    return network


def shared_classes(classes: ClassSet, others: ClassSet) -> tuple[Tensor, Tensor]:
    """Ids (K,) int64 in `classes` and in `others` of the K classes that both have by name."""
    places = {plain_name(name): place for place, name in enumerate(others.names)}
    pairs = [
        (index, places[plain_name(name)])
        for index, name in enumerate(classes.names)
        if plain_name(name) in places
    ]
    ids = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2)
    return ids[:, 0], ids[:, 1]


@torch.no_grad()
def mixed(learnt: SegFormer, begun: Mapping[str, Tensor], keep: float, known: Tensor) -> SegFormer:
    """A network between the `learnt` one and the state that it had `begun` with.

    Each weight and statistic is (1 - keep) x learnt + keep x begun (WiSE-FT, arXiv 2109.01903), but
    for the classifier's rows of classes that are not among the `known`, ids (K,) int64: there was
    nothing to keep.
    """
    network = copy.deepcopy(learnt)
    for key, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            rows = known if key.startswith("head.classifier.") else slice(None)
            tensor[rows] = torch.lerp(tensor[rows], begun[key][rows], keep)
    return network


def start_learning(network: SegFormer, recipe: Recipe) -> None:
    """Put the network in training mode, but for what the recipe freezes."""
    network.train()
    frozen: list[nn.Module] = []
    if recipe.network.freeze != "none":
        frozen.append(network.stages)
    if recipe.network.freeze == "all_but_classifier":
        frozen += [network.head.linear, network.head.linear_norm, network.head.fuse]
        frozen.append(network.head.norm)
    for module in frozen:
        module.eval().requires_grad_(False)
    if recipe.network.freeze_norm:
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def parameter_groups(network: SegFormer, recipe: Recipe) -> list[dict[str, Any]]:
    """What learns, by speed, with and without weight decay; `factor` is of the learning rate."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for factor, parameter in _factors(network, recipe):
        if parameter.requires_grad:
            decay = recipe.optimizer.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((factor, decay), []).append(parameter)
    return [
        {"params": parameters, "factor": factor, "weight_decay": decay}
        for (factor, decay), parameters in groups.items()
    ]


def _factors(network: SegFormer, recipe: Recipe) -> Iterator[tuple[float, nn.Parameter]]:
    """Each parameter with its factor: the head's, then falling from the last block to the first."""
    settings = recipe.optimizer
    blocks = sum(network.config.depths)
    yield from ((settings.head_factor, parameter) for parameter in network.head.parameters())
    done = 0
    for stage, depth in zip(network.stages, network.config.depths, strict=True):
        for name, parameter in stage.named_parameters():
            # A patch embedding goes with its stage's first block, its last norm with the last.
            part, _, rest = name.partition(".")
            block = {"patch": 0, "norm": depth - 1}.get(part)
            if block is None:
                block = int(rest.partition(".")[0])
            yield settings.layer_decay ** (blocks - 1 - done - block), parameter
        done += depth
