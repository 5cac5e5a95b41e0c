"""transformers' SegFormer of five classes, in memory and as a folder of the hub's."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracles import transformers_model
from transformers import SegformerForSemanticSegmentation

from segformer_gui.core.network.presets import SegFormerConfig


@pytest.fixture(scope="module")
def oracle() -> SegformerForSemanticSegmentation:
    return transformers_model(
        SegFormerConfig((8, 16, 40, 64), (2, 1, 1, 1), head_width=16, num_classes=5)
    )


@pytest.fixture
def hub_folder(oracle: SegformerForSemanticSegmentation, tmp_path: Path) -> Path:
    oracle.save_pretrained(tmp_path / "hub")
    return tmp_path / "hub"
