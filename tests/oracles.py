"""Independent implementations that tests compare with, and networks with weights that matter."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import torch
from torch import nn
from transformers import SegformerConfig, SegformerForSemanticSegmentation

from segformer_gui.core.network.checkpoints import build, read_checkpoint
from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.network.segformer import SegFormer

Network = TypeVar("Network", bound=nn.Module)


def transformers_model(config: SegFormerConfig, seed: int = 0) -> SegformerForSemanticSegmentation:
    """transformers' SegFormer of the same shape, with weights under which every part matters."""
    torch.manual_seed(seed)
    model = SegformerForSemanticSegmentation(
        SegformerConfig(
            depths=list(config.depths),
            hidden_sizes=list(config.embed_dims),
            num_attention_heads=list(config.num_heads),
            sr_ratios=list(config.reduction_ratios),
            mlp_ratios=list(config.mlp_ratios),
            decoder_hidden_size=config.head_width,
            num_labels=config.num_classes,
        )
    )
    return realistic(model)


def realistic(network: Network) -> Network:
    """Weights of trained magnitude: a fresh network's biases, norms and statistics say nothing."""
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            elif tensor.ndim == 1:
                tensor.normal_(1.0 if name.endswith("weight") else 0.0, 0.2)
            elif tensor.is_floating_point():
                tensor.normal_(0, tensor[0].numel() ** -0.5)
    return network.eval()


def ours_of(model: SegformerForSemanticSegmentation) -> SegFormer:
    """Our network with the weights of transformers' model, through its own files."""
    with TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return build(read_checkpoint(Path(folder)))
