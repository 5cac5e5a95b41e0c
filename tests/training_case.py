"""A network, data and a recipe that are small enough to train in a test."""

from __future__ import annotations

from pathlib import Path

from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.training.recipe import Augmentation, Data, Loss, Network, Optimizer, Recipe

TINY = SegFormerConfig((16, 32, 40, 64), (1, 1, 1, 1), head_width=32, num_classes=11)


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
