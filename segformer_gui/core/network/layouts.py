"""Names and shapes of SegFormer's tensors in the published checkpoint layouts.

One table names each tensor in all of them. What names cannot say, because tensors are packed
differently, `_unpack` does: keys and values (`attn.kv`), linear layers stored as 1x1 convolutions,
and the order of the stages in the fuse layer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from segformer_gui.core.network.presets import (
    HUGGING_FACE_EPS,
    MMSEG_EPS,
    NVLABS_EPS,
    LayerNormEps,
)


@dataclass(frozen=True)
class Layout:
    """One way of naming and packing SegFormer's tensors; `column` is its place in `_NAMES`."""

    name: str
    title: str
    column: int
    eps: LayerNormEps
    backbone_prefix: str  # Missing from the keys of a checkpoint that holds the backbone alone.
    unused: str  # Matches the keys that no computation needs.
    fuse_reversed: bool  # The fuse layer takes c4, c3, c2, c1 (else c1, c2, c3, c4).


# `head` and `classifier` without a prefix belong to the image classifier a backbone was trained in.
HUGGING_FACE = Layout(
    "huggingface", "Hugging Face", 0, HUGGING_FACE_EPS, "segformer.", r"classifier\..*", True
)
TRANSFORMERS5 = Layout(
    "transformers5", "transformers 5", 1, HUGGING_FACE_EPS, "segformer.", r"classifier\..*", True
)
# NVlabs' `conv_seg` is made by a base class and never used.
NVLABS = Layout(
    "nvlabs",
    "NVlabs",
    2,
    NVLABS_EPS,
    "backbone.",
    r"decode_head\.conv_seg\..*|auxiliary_head\..*|head\..*",
    True,
)
MMSEG = Layout(
    "mmseg",
    "mmsegmentation",
    3,
    MMSEG_EPS,
    "backbone.",
    r"auxiliary_head\..*|data_preprocessor\..*|head\..*",
    False,
)
LAYOUTS = (HUGGING_FACE, TRANSFORMERS5, NVLABS, MMSEG)

# Our module: Hugging Face hub, transformers 5 in memory, NVlabs, mmsegmentation.
# {i} counts the stages from 0, {n} from 1, {j} the blocks of a stage from 0.
_NAMES: dict[str, tuple[str, str, str, str]] = {
    "stages.{i}.patch.proj": (
        "segformer.encoder.patch_embeddings.{i}.proj",
        "segformer.stages.{i}.patch_embeddings.proj",
        "backbone.patch_embed{n}.proj",
        "backbone.layers.{i}.0.projection",
    ),
    "stages.{i}.patch.norm": (
        "segformer.encoder.patch_embeddings.{i}.layer_norm",
        "segformer.stages.{i}.patch_embeddings.layer_norm",
        "backbone.patch_embed{n}.norm",
        "backbone.layers.{i}.0.norm",
    ),
    "stages.{i}.norm": (
        "segformer.encoder.layer_norm.{i}",
        "segformer.stages.{i}.layer_norm",
        "backbone.norm{n}",
        "backbone.layers.{i}.2",
    ),
    "stages.{i}.blocks.{j}.norm1": (
        "segformer.encoder.block.{i}.{j}.layer_norm_1",
        "segformer.stages.{i}.blocks.{j}.layernorm_before",
        "backbone.block{n}.{j}.norm1",
        "backbone.layers.{i}.1.{j}.norm1",
    ),
    "stages.{i}.blocks.{j}.attn.q": (
        "segformer.encoder.block.{i}.{j}.attention.self.query",
        "segformer.stages.{i}.blocks.{j}.attention.q_proj",
        "backbone.block{n}.{j}.attn.q",
        "",
    ),
    "stages.{i}.blocks.{j}.attn.k": (
        "segformer.encoder.block.{i}.{j}.attention.self.key",
        "segformer.stages.{i}.blocks.{j}.attention.k_proj",
        "",
        "",
    ),
    "stages.{i}.blocks.{j}.attn.v": (
        "segformer.encoder.block.{i}.{j}.attention.self.value",
        "segformer.stages.{i}.blocks.{j}.attention.v_proj",
        "",
        "",
    ),
    "stages.{i}.blocks.{j}.attn.kv": ("", "", "backbone.block{n}.{j}.attn.kv", ""),
    "stages.{i}.blocks.{j}.attn.qkv": ("", "", "", "backbone.layers.{i}.1.{j}.attn.attn.in_proj"),
    "stages.{i}.blocks.{j}.attn.proj": (
        "segformer.encoder.block.{i}.{j}.attention.output.dense",
        "segformer.stages.{i}.blocks.{j}.attention.o_proj",
        "backbone.block{n}.{j}.attn.proj",
        "backbone.layers.{i}.1.{j}.attn.attn.out_proj",
    ),
    "stages.{i}.blocks.{j}.attn.sr": (
        "segformer.encoder.block.{i}.{j}.attention.self.sr",
        "segformer.stages.{i}.blocks.{j}.attention.sequence_reduction.sequence_reduction",
        "backbone.block{n}.{j}.attn.sr",
        "backbone.layers.{i}.1.{j}.attn.sr",
    ),
    "stages.{i}.blocks.{j}.attn.norm": (
        "segformer.encoder.block.{i}.{j}.attention.self.layer_norm",
        "segformer.stages.{i}.blocks.{j}.attention.sequence_reduction.layer_norm",
        "backbone.block{n}.{j}.attn.norm",
        "backbone.layers.{i}.1.{j}.attn.norm",
    ),
    "stages.{i}.blocks.{j}.norm2": (
        "segformer.encoder.block.{i}.{j}.layer_norm_2",
        "segformer.stages.{i}.blocks.{j}.layernorm_after",
        "backbone.block{n}.{j}.norm2",
        "backbone.layers.{i}.1.{j}.norm2",
    ),
    "stages.{i}.blocks.{j}.ffn.fc1": (
        "segformer.encoder.block.{i}.{j}.mlp.dense1",
        "segformer.stages.{i}.blocks.{j}.mlp.fc1",
        "backbone.block{n}.{j}.mlp.fc1",
        "backbone.layers.{i}.1.{j}.ffn.layers.0",
    ),
    "stages.{i}.blocks.{j}.ffn.dwconv": (
        "segformer.encoder.block.{i}.{j}.mlp.dwconv.dwconv",
        "segformer.stages.{i}.blocks.{j}.mlp.dwconv.dwconv",
        "backbone.block{n}.{j}.mlp.dwconv.dwconv",
        "backbone.layers.{i}.1.{j}.ffn.layers.1",
    ),
    "stages.{i}.blocks.{j}.ffn.fc2": (
        "segformer.encoder.block.{i}.{j}.mlp.dense2",
        "segformer.stages.{i}.blocks.{j}.mlp.fc2",
        "backbone.block{n}.{j}.mlp.fc2",
        "backbone.layers.{i}.1.{j}.ffn.layers.4",
    ),
    "head.linear.{i}": (
        "decode_head.linear_c.{i}.proj",
        "decode_head.linear_projections.{i}.proj",
        "decode_head.linear_c{n}.proj",
        "decode_head.convs.{i}.conv",
    ),
    "head.linear_norm.{i}": ("", "", "", "decode_head.convs.{i}.bn"),
    "head.fuse": (
        "decode_head.linear_fuse",
        "decode_head.linear_fuse",
        "decode_head.linear_fuse.conv",
        "decode_head.fusion_conv.conv",
    ),
    "head.norm": (
        "decode_head.batch_norm",
        "decode_head.batch_norm",
        "decode_head.linear_fuse.bn",
        "decode_head.fusion_conv.bn",
    ),
    "head.classifier": (
        "decode_head.classifier",
        "decode_head.classifier",
        "decode_head.linear_pred",
        "decode_head.conv_seg",
    ),
}


def detect(keys: Iterable[str]) -> Layout | None:
    """The layout that has a first patch embedding among `keys`, or None."""
    present = set(keys)
    for layout in LAYOUTS:
        first = _NAMES["stages.{i}.patch.proj"][layout.column].format(i=0, n=1) + ".weight"
        if first in present or first.removeprefix(layout.backbone_prefix) in present:
            return layout
    return None


def to_ours(layout: Layout, tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], list[str]]:
    """Rename and unpack `tensors` to our names; returns them and the keys that nobody knows."""
    patterns = [
        (_pattern(names[layout.column], layout.backbone_prefix), ours)
        for ours, names in _NAMES.items()
        if names[layout.column]
    ]
    renamed: dict[str, Tensor] = {}
    unknown: list[str] = []
    for key, tensor in tensors.items():
        # mmsegmentation's `in_proj_weight` is the one leaf without a dot of its own.
        module, _, leaf = key.replace("in_proj_", "in_proj.").rpartition(".")
        for pattern, ours in patterns:
            if match := pattern.fullmatch(module):
                renamed[f"{_fill(ours, match)}.{leaf}"] = tensor
                break
        else:
            if not re.fullmatch(layout.unused, key):
                unknown.append(key)
    return _unpack(layout, renamed), unknown


def to_hugging_face(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our tensors (linear head) under the Hugging Face hub's names, packed as it packs them."""
    patterns = [
        (_pattern(ours), names[HUGGING_FACE.column])
        for ours, names in _NAMES.items()
        if names[HUGGING_FACE.column]
    ]
    renamed: dict[str, Tensor] = {}
    for key, tensor in _pack(state).items():
        module, _, leaf = key.rpartition(".")
        for pattern, theirs in patterns:
            if match := pattern.fullmatch(module):
                renamed[f"{_fill(theirs, match)}.{leaf}"] = tensor
    return renamed


def _pattern(name: str, optional_prefix: str = "") -> re.Pattern[str]:
    rest = name.removeprefix(optional_prefix)
    prefix = f"(?:{re.escape(optional_prefix)})?" if rest != name else ""
    return re.compile(prefix + re.sub(r"\\{(.)\\}", r"(?P<\1>\\d+)", re.escape(rest)))


def _fill(name: str, match: re.Match[str]) -> str:
    numbers = match.groupdict()
    if "n" in numbers:
        numbers["i"] = str(int(numbers["n"]) - 1)
    return name.format(**numbers)


def _unpack(layout: Layout, renamed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Other packings of our modules' tensors, undone."""
    state: dict[str, Tensor] = {}
    for key, tensor in renamed.items():
        if ".attn.k." in key and (value := renamed.get(key.replace(".k.", ".v."))) is not None:
            state[key.replace(".k.", ".kv.")] = torch.cat((tensor, value))
        elif ".attn.v." in key and key.replace(".v.", ".k.") in renamed:
            continue  # Taken together with its keys, above.
        elif ".attn.qkv." in key:
            q, k, v = tensor.chunk(3)
            state[key.replace(".qkv.", ".q.")] = q
            state[key.replace(".qkv.", ".kv.")] = torch.cat((k, v))
        elif key == "head.fuse.weight" and layout.fuse_reversed:
            state[key] = _reverse_stages(tensor)
        elif re.search(r"\.(fc1|fc2|linear\.\d+)\.weight$", key):
            state[key] = tensor.flatten(1)  # A 1x1 convolution is a linear layer.
        else:
            state[key] = tensor
    return state


def _pack(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`_unpack` backwards, for the Hugging Face layout."""
    packed: dict[str, Tensor] = {}
    for key, tensor in state.items():
        if ".attn.kv." in key:
            k, v = tensor.chunk(2)
            packed[key.replace(".kv.", ".k.")] = k
            packed[key.replace(".kv.", ".v.")] = v
        elif key == "head.fuse.weight":
            packed[key] = _reverse_stages(tensor)
        else:
            packed[key] = tensor
    return packed


def _reverse_stages(fuse: Tensor) -> Tensor:
    """Fuse weight (E, 4E, 1, 1) with its four stage slices in reverse order."""
    return torch.cat(fuse.chunk(4, dim=1)[::-1], dim=1)
