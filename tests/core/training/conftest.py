"""A tiny network under the name of B0, and three sequences of a CamVid layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from training_case import TINY

from segformer_gui.core.images import write_png
from segformer_gui.core.network import presets


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
