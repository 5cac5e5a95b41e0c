"""Small networks and generated street scenes: a grid of them takes a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from oracles import realistic

from segformer_gui.core.classes import ClassSet, known_class_set
from segformer_gui.core.datasets import Dataset, open_dataset
from segformer_gui.core.images import write_png
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import LoadedModel
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.network.segformer import SegFormer

TINY = SegFormerConfig((8, 16, 40, 64), (1, 1, 1, 1), head_width=16, num_classes=11)


@pytest.fixture
def tiny() -> Callable[..., Segmenter]:
    """`tiny(seed)`: a small network of its own weights, for CamVid's classes or others."""

    def make(seed: int = 0, classes: ClassSet | None = None) -> Segmenter:
        classes = classes or known_class_set("camvid")
        torch.manual_seed(seed)
        network = realistic(SegFormer(replace(TINY, num_classes=len(classes))))
        model = LoadedModel(
            id=f"tiny{seed}",
            network=network,
            classes=classes,
            short_side=None,
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
            layout="Hugging Face",
            notes=(),
        )
        return Segmenter(model, "cpu")

    return make


@pytest.fixture
def camvid(tmp_path: Path) -> Dataset:
    """Three small images with ground truth, of two sequences, with some void."""
    rng = np.random.default_rng(0)
    for name in ("s_1", "s_2", "t_1"):
        blocks = rng.integers(0, 256, (4, 5, 3), np.uint8).repeat(10, 0).repeat(10, 1)
        truth = rng.integers(0, 12, (4, 5), np.uint8).repeat(10, 0).repeat(10, 1)
        write_png(tmp_path / "data" / "val" / f"{name}.png", blocks)
        write_png(tmp_path / "data" / "valannot" / f"{name}.png", truth)
    return open_dataset(tmp_path / "data")
