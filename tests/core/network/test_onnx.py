"""ONNX: the same logits in onnxruntime, at any size, or no file at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from oracles import realistic

from segformer_gui.core.classes import class_set_of_count
from segformer_gui.core.errors import UserError
from segformer_gui.core.network import onnx as our_onnx
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.onnx import export_onnx
from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.network.segformer import SegFormer

TINY = SegFormerConfig((8, 16, 40, 64), (2, 1, 1, 1), head_width=16, num_classes=19)


def exported(path: Path) -> SegFormer:
    torch.manual_seed(0)
    network = realistic(SegFormer(TINY))
    classes = class_set_of_count(19)
    assert export_onnx(network, classes, path, mean=IMAGENET_MEAN, std=IMAGENET_STD) < 1e-3
    return network


def test_onnxruntime_has_the_networks_logits_at_any_size(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    network = exported(tmp_path / "model.onnx")

    session = runtime.InferenceSession(tmp_path / "model.onnx")

    for shape in ((1, 3, 64, 64), (3, 3, 70, 121)):
        x = torch.randn(shape)
        with torch.no_grad():
            expected = network(x).numpy()
        (found,) = session.run(None, {"image": x.numpy()})
        assert np.abs(found - expected).max() < 1e-3
    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts["classes"])[0] == "road"
    assert json.loads(facts["mean"]) == list(IMAGENET_MEAN)


def test_a_graph_that_differs_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    monkeypatch.setattr(our_onnx, "TOLERANCE", 0.0)
    with pytest.raises(UserError, match="onnx_differs"):
        exported(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name=name)

    monkeypatch.setattr(our_onnx, "import_module", missing)
    with pytest.raises(UserError) as error:
        exported(tmp_path / "model.onnx")
    assert (error.value.code, error.value.parameters) == ("onnx_missing", {"package": "onnx"})
