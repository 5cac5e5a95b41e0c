"""A network out, as the Hugging Face folder that `transformers` loads with equal logits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import write_atomically
from segformer_gui.core.network.layouts import to_hugging_face
from segformer_gui.core.network.presets import HUGGING_FACE_EPS, preset_name
from segformer_gui.core.network.segformer import SegFormer

_EPS_REMARK = """
## Exactness

The source of these weights computes its LayerNorms with smaller epsilons ({block:g} in the blocks,
{patch:g} after patch merging, {reduction:g} in the sequence reduction) than `transformers`, which
always uses 1e-5. Logits of `transformers` differ by about 2e-4 from the source's.
"""


def export_hugging_face(
    network: SegFormer,
    classes: ClassSet,
    folder: Path,
    *,
    card: str,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    half: bool = False,
) -> None:
    """Write config.json, model.safetensors, preprocessor_config.json and the card to `folder`.

    `card` is the model card in Markdown; a remark is added where the epsilons differ from those of
    `transformers`. `half` stores float16. Each file is written whole or not at all, the
    configuration last. Raises `UserError` `export_head` for mmsegmentation's head, which
    `transformers` does not have, or the errors of `write_atomically`.
    """
    config = network.config
    dtype = torch.float16 if half else torch.float32
    weights = weights_file(network, dtype)
    if config.eps != HUGGING_FACE_EPS:
        card = card.rstrip() + "\n" + _EPS_REMARK.format(**vars(config.eps))
    write_atomically(folder / "README.md", card.encode())
    write_atomically(folder / "model.safetensors", weights)
    processor = {
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": False,
        "image_mean": mean,
        "image_processor_type": "SegformerImageProcessor",
        "image_std": std,
        "rescale_factor": 1 / 255,
    }
    _write_json(folder / "preprocessor_config.json", processor)
    _write_json(folder / "config.json", _hf_config(network, classes, dtype))


def weights_file(network: SegFormer, dtype: torch.dtype = torch.float32) -> bytes:
    """All weights as safetensors, by Hugging Face's names. Raises `UserError` `export_head`."""
    if network.config.head != "linear":
        raise UserError("export_head")
    tensors = {
        key: (tensor.to(dtype) if tensor.is_floating_point() else tensor).contiguous()
        for key, tensor in to_hugging_face(network.state_dict()).items()
    }
    return save(tensors, {"format": "pt"})


def plain_card(
    title: str,
    network: SegFormer,
    classes: ClassSet,
    source: str,
    training_sequences: Sequence[str] = (),
) -> str:
    """Model card with what is known of any model; scores and licence are its author's to add.

    `training_sequences` are what the model has seen, for `catalogue.training_sequences` to read.
    """
    size = preset_name(network.config)
    named = ", ".join(f"{index} {name}" for index, name in enumerate(classes.names))
    # JSON is YAML, whatever a sequence is called.
    seen = f"training_sequences: {json.dumps(list(training_sequences))}\n" * bool(
        training_sequences
    )
    return f"""---
library_name: transformers
pipeline_tag: image-segmentation
tags: [segformer, semantic-segmentation]
{seen}---

# {title}

SegFormer{f"-{size.upper()}" if size else ""} (arXiv 2105.15203) for semantic segmentation, exported
from {source}. The licence of the source's weights applies.

Classes: {named}.
"""


def _hf_config(network: SegFormer, classes: ClassSet, dtype: torch.dtype) -> dict[str, object]:
    config = network.config
    return {
        "architectures": ["SegformerForSemanticSegmentation"],
        "attention_probs_dropout_prob": 0.0,
        "classifier_dropout_prob": config.dropout,
        "decoder_hidden_size": config.head_width,
        "depths": config.depths,
        "drop_path_rate": config.drop_path,
        "dtype": str(dtype).removeprefix("torch."),
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "hidden_sizes": config.embed_dims,
        "id2label": {str(index): name for index, name in enumerate(classes.names)},
        "initializer_range": 0.02,
        "label2id": {name: index for index, name in enumerate(classes.names)},
        "layer_norm_eps": 1e-6,  # Published configs say so; transformers uses 1e-5 all the same.
        "mlp_ratios": config.mlp_ratios,
        "model_type": "segformer",
        "num_attention_heads": config.num_heads,
        "num_channels": 3,
        "num_encoder_blocks": 4,
        "patch_sizes": config.patch_sizes,
        "reshape_last_stage": True,
        "semantic_loss_ignore_index": 255,
        "sr_ratios": config.reduction_ratios,
        "strides": config.strides,
    }


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())
