"""Hugging Face folders out: transformers loads them with equal logits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from oracles import ours_of, realistic, transformers_model
from transformers import SegformerForSemanticSegmentation

from segformer_gui.core.classes import class_set_of_count, known_class_set
from segformer_gui.core.errors import UserError
from segformer_gui.core.network.checkpoints import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    build,
    read_checkpoint,
)
from segformer_gui.core.network.export import export_hugging_face, plain_card
from segformer_gui.core.network.presets import NVLABS_EPS, PRESETS, SegFormerConfig, preset
from segformer_gui.core.network.segformer import SegFormer

TINY = SegFormerConfig((8, 16, 40, 64), (2, 1, 1, 1), head_width=16, num_classes=19)


def export(network: SegFormer, folder: Path, *, half: bool = False) -> Path:
    classes = class_set_of_count(network.config.num_classes)
    card = plain_card("A model", network, classes, "a test")
    export_hugging_face(
        network, classes, folder, card=card, mean=IMAGENET_MEAN, std=IMAGENET_STD, half=half
    )
    return folder


@pytest.mark.parametrize("name", PRESETS)
def test_transformers_loads_our_export_with_equal_logits(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = realistic(SegFormer(preset(name, 19)))

    oracle = SegformerForSemanticSegmentation.from_pretrained(export(network, tmp_path))

    x = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        assert (network(x) - oracle(x).logits).abs().max() < 1e-4
    assert tuple(oracle.config.id2label.values()) == known_class_set("cityscapes").names


def test_weights_come_back_bit_for_bit(tmp_path: Path) -> None:
    network = ours_of(transformers_model(TINY))

    again = build(read_checkpoint(export(network, tmp_path)))

    for key, tensor in network.state_dict().items():
        assert torch.equal(again.state_dict()[key], tensor), key


def test_half_precision_export_rounds_each_weight_to_float16(tmp_path: Path) -> None:
    network = ours_of(transformers_model(TINY))

    again = build(read_checkpoint(export(network, tmp_path, half=True)))

    for key, tensor in network.state_dict().items():
        expected = tensor.half().float() if tensor.is_floating_point() else tensor
        assert torch.equal(again.state_dict()[key].to(expected.dtype), expected), key


def test_card_names_classes_and_the_difference_by_epsilons(tmp_path: Path) -> None:
    export(realistic(SegFormer(TINY)), tmp_path / "same")
    export(realistic(SegFormer(replace(TINY, eps=NVLABS_EPS))), tmp_path / "nvlabs")

    assert "13 car" in (tmp_path / "same" / "README.md").read_text()
    assert "2e-4" not in (tmp_path / "same" / "README.md").read_text()
    assert "2e-4" in (tmp_path / "nvlabs" / "README.md").read_text()


def test_mmsegmentation_head_is_refused(tmp_path: Path) -> None:
    network = SegFormer(replace(TINY, head="conv_bn_relu"))

    with pytest.raises(UserError, match="export_head"):
        export(network, tmp_path / "out")

    assert not (tmp_path / "out").exists()
