"""The benchmark's window, a small network and small data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from oracles import realistic

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.images import write_png
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.export import export_hugging_face
from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.network.segformer import SegFormer
from tests.gui.benchmark.case import opened

TINY = SegFormerConfig((8, 16, 40, 64), (1, 1, 1, 1), head_width=16, num_classes=11)


@pytest.fixture
def tiny(tmp_path) -> Path:
    """A small network as a folder."""
    torch.manual_seed(0)
    options = {"card": "# tiny\n", "mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    folder = tmp_path / "models" / "tiny"
    network = realistic(SegFormer(TINY))
    export_hugging_face(network, known_class_set("camvid"), folder, **options)
    return folder


@pytest.fixture
def data(tmp_path) -> Path:
    """Two small images of a CamVid layout."""
    rng = np.random.default_rng(0)
    for name in ("S0_0", "S1_1"):
        image = rng.integers(0, 256, (5, 7, 3), np.uint8).repeat(12, 0).repeat(12, 1)
        labels = rng.integers(0, 11, (5, 7), np.uint8).repeat(12, 0).repeat(12, 1)
        write_png(tmp_path / "data" / "val" / f"{name}.png", image)
        write_png(tmp_path / "data" / "valannot" / f"{name}.png", labels)
    return tmp_path / "data"


@pytest.fixture
def benchmark_window(window):
    return opened(window)
