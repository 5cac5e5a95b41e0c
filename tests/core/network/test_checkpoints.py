"""Checkpoints of every layout are read, with equal logits."""

from __future__ import annotations

import json
import re
import sys
import types
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import SegformerForSemanticSegmentation, SegformerModel

from segformer_gui.core.network.checkpoints import Checkpoint, build, read_checkpoint
from segformer_gui.core.network.presets import (
    HUGGING_FACE_EPS,
    MMSEG_EPS,
    NVLABS_EPS,
)

X = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))

HUB_TO_NVLABS = [
    (r"segformer\.encoder\.patch_embeddings\.(\d)\.proj", "backbone.patch_embed{}.proj"),
    (r"segformer\.encoder\.patch_embeddings\.(\d)\.layer_norm", "backbone.patch_embed{}.norm"),
    (r"segformer\.encoder\.layer_norm\.(\d)", "backbone.norm{}"),
    (r"segformer\.encoder\.block\.(\d)", "backbone.block{}"),
    (r"layer_norm_(\d)", "norm{}"),
    (r"attention\.self\.layer_norm", "attn.norm"),
    (r"attention\.self\.query", "attn.q"),
    (r"attention\.self\.sr", "attn.sr"),
    (r"attention\.output\.dense", "attn.proj"),
    (r"mlp\.dense(\d)", "mlp.fc{}"),
    (r"decode_head\.linear_c\.(\d)", "decode_head.linear_c{}"),
    (r"decode_head\.linear_fuse", "decode_head.linear_fuse.conv"),
    (r"decode_head\.batch_norm", "decode_head.linear_fuse.bn"),
    (r"decode_head\.classifier", "decode_head.linear_pred"),
]


def nvlabs_state(hub: dict[str, Tensor]) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for key, tensor in hub.items():
        if ".self.key." in key:
            value = hub[key.replace(".self.key.", ".self.value.")]
            name, tensor = key.replace("attention.self.key", "attn.kv"), torch.cat((tensor, value))
        elif ".self.value." in key:
            continue
        else:
            name = key
        for pattern, theirs in HUB_TO_NVLABS:
            # NVlabs counts stages from 1, everything else as the hub does.
            offset = 0 if pattern.startswith(("layer_norm_", "mlp")) else 1
            name = re.sub(
                pattern,
                lambda m, t=theirs, o=offset: t.format(*(int(g) + o for g in m.groups())),
                name,
            )
        state[name] = tensor
    return state


def mmseg_state(nvlabs: dict[str, Tensor]) -> dict[str, Tensor]:
    """mmsegmentation's backbone with the weights of `nvlabs`, and a head of its own kind."""
    state: dict[str, Tensor] = {}
    for key, tensor in nvlabs.items():
        if key.startswith("decode_head."):
            continue
        name = re.sub(
            r"patch_embed(\d)\.proj", lambda m: f"layers.{int(m[1]) - 1}.0.projection", key
        )
        name = re.sub(r"patch_embed(\d)\.norm", lambda m: f"layers.{int(m[1]) - 1}.0.norm", name)
        name = re.sub(r"backbone\.norm(\d)", lambda m: f"backbone.layers.{int(m[1]) - 1}.2", name)
        name = re.sub(r"block(\d)", lambda m: f"layers.{int(m[1]) - 1}.1", name)
        name = name.replace("mlp.fc1", "ffn.layers.0").replace("mlp.fc2", "ffn.layers.4")
        name = name.replace("mlp.dwconv.dwconv", "ffn.layers.1").replace(
            "attn.proj", "attn.attn.out_proj"
        )
        if ".attn.kv." in name:
            continue
        if ".attn.q." in name:
            kv = nvlabs[key.replace(".q.", ".kv.")]
            name = name.replace(".attn.q.", ".attn.attn.in_proj_")
            tensor = torch.cat((tensor, kv))
        elif re.search(r"ffn\.layers\.[04]\.weight", name):
            tensor = tensor[:, :, None, None]
        state[name] = tensor
    torch.manual_seed(3)
    width = 16
    for i, dim in enumerate((8, 16, 40, 64)):
        state[f"decode_head.convs.{i}.conv.weight"] = torch.randn(width, dim, 1, 1) / dim**0.5
        state |= batch_norm(f"decode_head.convs.{i}.bn", width)
    state["decode_head.fusion_conv.conv.weight"] = torch.randn(width, 4 * width, 1, 1) / 8
    state |= batch_norm("decode_head.fusion_conv.bn", width)
    state["decode_head.conv_seg.weight"] = torch.randn(5, width, 1, 1)
    state["decode_head.conv_seg.bias"] = torch.randn(5)
    return state


def batch_norm(prefix: str, width: int) -> dict[str, Tensor]:
    return {
        f"{prefix}.weight": torch.rand(width) + 0.5,
        f"{prefix}.bias": torch.randn(width) * 0.2,
        f"{prefix}.running_mean": torch.randn(width) * 0.2,
        f"{prefix}.running_var": torch.rand(width) + 0.5,
        f"{prefix}.num_batches_tracked": torch.tensor(7),
    }


def mmseg_head(state: dict[str, Tensor], features: tuple[Tensor, ...]) -> Tensor:
    """mmsegmentation's decoder, written out over NCHW features."""

    def conv_bn_relu(x: Tensor, conv: str, bn: str) -> Tensor:
        y = F.conv2d(x, state[f"{conv}.weight"])
        mean, var = state[f"{bn}.running_mean"], state[f"{bn}.running_var"]
        return F.relu(F.batch_norm(y, mean, var, state[f"{bn}.weight"], state[f"{bn}.bias"]))

    parts = [
        F.interpolate(
            conv_bn_relu(x, f"decode_head.convs.{i}.conv", f"decode_head.convs.{i}.bn"),
            features[0].shape[2:],
            mode="bilinear",
        )
        for i, x in enumerate(features)
    ]
    fused = conv_bn_relu(
        torch.cat(parts, 1), "decode_head.fusion_conv.conv", "decode_head.fusion_conv.bn"
    )
    return F.conv2d(fused, state["decode_head.conv_seg.weight"], state["decode_head.conv_seg.bias"])


def logits(checkpoint: Checkpoint) -> Tensor:
    """Logits with transformers' epsilons, whatever the source's."""
    network = build(checkpoint)
    for module in network.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = 1e-5
    with torch.inference_mode():
        return network(X)


@torch.inference_mode()
def expected(oracle: SegformerForSemanticSegmentation) -> Tensor:
    return oracle(X).logits


def test_hugging_face_folder_with_safetensors(
    oracle: SegformerForSemanticSegmentation, hub_folder: Path
) -> None:
    checkpoint = read_checkpoint(hub_folder)

    assert checkpoint.layout.name == "huggingface"
    assert checkpoint.config.eps == HUGGING_FACE_EPS
    assert checkpoint.class_names == tuple(f"LABEL_{i}" for i in range(5))
    assert (logits(checkpoint) - expected(oracle)).abs().max() < 1e-4


def test_hugging_face_folder_with_bin(
    oracle: SegformerForSemanticSegmentation, hub_folder: Path
) -> None:
    torch.save(load_file(hub_folder / "model.safetensors"), hub_folder / "pytorch_model.bin")
    (hub_folder / "model.safetensors").unlink()

    assert (logits(read_checkpoint(hub_folder)) - expected(oracle)).abs().max() < 1e-4


def test_names_of_transformers_5_in_memory(
    oracle: SegformerForSemanticSegmentation, tmp_path: Path
) -> None:
    save_file(oracle.state_dict(), tmp_path / "bare.safetensors")

    checkpoint = read_checkpoint(tmp_path / "bare.safetensors")

    assert checkpoint.layout.name == "transformers5"
    assert (logits(checkpoint) - expected(oracle)).abs().max() < 1e-4


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("wrapper", [None, "state_dict", "model"])
def test_nvlabs_file_with_wrappers_and_prefixes(
    oracle: SegformerForSemanticSegmentation,
    hub_folder: Path,
    tmp_path: Path,
    prefix: str,
    wrapper: str | None,
) -> None:
    state = nvlabs_state(load_file(hub_folder / "model.safetensors"))
    state |= {"decode_head.conv_seg.weight": torch.zeros(5, 16, 1, 1)}
    state = OrderedDict((prefix + key, tensor) for key, tensor in state.items())
    optimizer = {
        "state": {0: {"step": 1, "exp_avg": torch.zeros(3)}},
        "param_groups": [{"lr": 1e-4}],
    }
    content = {wrapper: state, "optimizer": optimizer, "meta": {"epoch": 3}} if wrapper else state
    torch.save(content, tmp_path / "nv.pth")

    checkpoint = read_checkpoint(tmp_path / "nv.pth")

    assert checkpoint.layout.name == "nvlabs"
    assert checkpoint.config.eps == NVLABS_EPS
    assert checkpoint.unused == ("decode_head.conv_seg.weight",)
    assert (logits(checkpoint) - expected(oracle)).abs().max() < 1e-4


def test_mmsegmentation_file_with_its_own_head_and_classes(
    oracle: SegformerForSemanticSegmentation, hub_folder: Path, tmp_path: Path
) -> None:
    state = mmseg_state(nvlabs_state(load_file(hub_folder / "model.safetensors")))
    names = ("road", "car", "tree", "dog", "cat")
    colors = [[i, 2 * i, 3 * i] for i in range(5)]
    meta = {"dataset_meta": {"classes": names, "palette": colors}}
    torch.save({"state_dict": state, "meta": meta}, tmp_path / "mm.pth")

    checkpoint = read_checkpoint(tmp_path / "mm.pth")

    with torch.inference_mode():
        features = oracle.segformer(X, output_hidden_states=True).hidden_states[-4:]
        wanted = mmseg_head(state, features)
    assert checkpoint.config.head == "conv_bn_relu"
    assert checkpoint.config.eps == MMSEG_EPS
    assert checkpoint.class_names == names
    assert checkpoint.class_colors is not None
    assert checkpoint.class_colors[2] == (2, 4, 6)
    assert (logits(checkpoint) - wanted).abs().max() < 1e-4


@pytest.mark.parametrize("source", ["hub", "bare_hub", "nvlabs", "bare_nvlabs"])
def test_backbone_alone_gets_a_fresh_head(
    oracle: SegformerForSemanticSegmentation, hub_folder: Path, tmp_path: Path, source: str
) -> None:
    hub = load_file(hub_folder / "model.safetensors")
    state = hub if "hub" in source else nvlabs_state(hub)
    state = {k: v for k, v in state.items() if not k.startswith("decode_head.")}
    if "bare" in source:
        state = {re.sub(r"^(segformer|backbone)\.", "", k): v for k, v in state.items()}
    # The layer of the image classifier that the backbone comes from.
    state["classifier.weight" if "hub" in source else "head.weight"] = torch.zeros(1000, 64)
    torch.save(state, tmp_path / "mit.pth")

    checkpoint = read_checkpoint(tmp_path / "mit.pth", fresh_classes=7)

    network = build(checkpoint)
    assert checkpoint.fresh_head
    assert checkpoint.config.num_classes == 7
    with torch.inference_mode():
        theirs = oracle.segformer(X).last_hidden_state
        for module in network.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.eps = 1e-5
        ours = network.encode(X)[3].permute(0, 3, 1, 2)
        assert network(X).shape[1] == 7
    assert (ours - theirs).abs().max() < 1e-4


def test_backbone_folder_of_transformers_loads(
    oracle: SegformerForSemanticSegmentation, tmp_path: Path
) -> None:
    SegformerModel(oracle.config).save_pretrained(tmp_path)

    assert read_checkpoint(tmp_path).fresh_head


def mmengine_buffer_type() -> type:
    """A class that pickles under the name of mmengine's HistoryBuffer."""

    class HistoryBuffer:
        def __init__(self) -> None:
            self._log_history = np.array([1.0, 2.0])
            self._scalar = np.float64(3.0)

        def current(self) -> float:
            return 0.0

    HistoryBuffer.__module__ = "mmengine.logging.history_buffer"
    HistoryBuffer.__qualname__ = "HistoryBuffer"
    return HistoryBuffer


def test_mmengine_training_checkpoint_loads_without_mmengine(
    hub_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = mmengine_buffer_type()
    with monkeypatch.context() as patch:
        for name in ("mmengine", "mmengine.logging", "mmengine.logging.history_buffer"):
            patch.setitem(sys.modules, name, types.ModuleType(name))
        sys.modules["mmengine.logging.history_buffer"].HistoryBuffer = buffer  # type: ignore[attr-defined]
        content = {
            "state_dict": nvlabs_state(load_file(hub_folder / "model.safetensors")),
            "message_hub": {"log_scalars": {"train/lr": buffer()}, "best": buffer().current},
        }
        torch.save(content, tmp_path / "iter.pth")

    assert "mmengine" not in sys.modules
    assert read_checkpoint(tmp_path / "iter.pth").config.num_classes == 5


@pytest.mark.shared_data
def test_shared_checkpoints_give_their_expected_logits(shared_data: Path) -> None:
    known = np.load(shared_data / "checkpoints" / "expected_hf_nv.npz")
    x = torch.from_numpy(known["input"])
    for name in ("hf_b0_city19", "nvlabs_layout_b0_city19.pth"):
        network = build(read_checkpoint(shared_data / "checkpoints" / name))
        for module in network.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.eps = 1e-5
        with torch.inference_mode():
            assert np.abs(network(x).numpy() - known["logits"]).max() < 1e-4


@pytest.mark.shared_data
def test_source_epsilons_change_nvlabs_logits_by_the_stated_difference(shared_data: Path) -> None:
    known = np.load(shared_data / "checkpoints" / "expected_hf_nv.npz")
    file = shared_data / "checkpoints" / "nvlabs_layout_b0_city19.pth"
    with torch.inference_mode():
        ours = build(read_checkpoint(file))(torch.from_numpy(known["input"])).numpy()

    assert 2e-5 < np.abs(ours - known["logits"]).max() < 5e-4


@pytest.mark.shared_data
@pytest.mark.parametrize("layout", ["hf", "transformers5_inmemory", "nvlabs", "mmseg1x"])
def test_every_key_of_the_published_layouts_is_known(
    shared_data: Path, layout: str, tmp_path: Path
) -> None:
    keys = json.loads((shared_data / "checkpoints" / f"keys_{layout}.json").read_text())
    tensors = {key: torch.zeros(shape) for key, shape in keys}
    save_file(tensors, tmp_path / "all.safetensors")

    checkpoint = read_checkpoint(tmp_path / "all.safetensors")

    assert checkpoint.config.num_classes == 19
    assert not checkpoint.fresh_head
