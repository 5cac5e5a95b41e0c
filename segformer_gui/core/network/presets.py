"""SegFormer's sizes, B0 to B5 (arXiv 2105.15203, table 6), and what else defines a network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class LayerNormEps:
    """Epsilons of the LayerNorms, which differ between the published implementations.

    `block` is used in the transformer blocks and at the end of each stage, `patch` after patch
    merging, `reduction` after the sequence reduction of the attention.
    """

    block: float
    patch: float
    reduction: float


HUGGING_FACE_EPS = LayerNormEps(1e-5, 1e-5, 1e-5)
NVLABS_EPS = LayerNormEps(1e-6, 1e-5, 1e-5)
MMSEG_EPS = LayerNormEps(1e-6, 1e-6, 1e-6)

Four = tuple[int, int, int, int]


@dataclass(frozen=True)
class SegFormerConfig:
    """Everything that decides the shapes and the arithmetic of a SegFormer.

    `head` is "linear" (paper, NVlabs, Hugging Face: one linear layer a stage) or "conv_bn_relu"
    (mmsegmentation: 1x1 convolution without bias, BatchNorm, ReLU). `drop_path` is the stochastic
    depth rate of the last block, rising linearly from 0 at the first.
    """

    embed_dims: Four
    depths: Four
    head_width: int
    num_classes: int
    num_heads: Four = (1, 2, 5, 8)
    reduction_ratios: Four = (8, 4, 2, 1)
    mlp_ratios: Four = (4, 4, 4, 4)
    patch_sizes: Four = (7, 3, 3, 3)
    strides: Four = (4, 2, 2, 2)
    head: Literal["linear", "conv_bn_relu"] = "linear"
    eps: LayerNormEps = HUGGING_FACE_EPS
    drop_path: float = 0.1
    dropout: float = 0.1


_SMALL: Four = (32, 64, 160, 256)
_LARGE: Four = (64, 128, 320, 512)

PRESETS = {
    "b0": SegFormerConfig(_SMALL, (2, 2, 2, 2), head_width=256, num_classes=19),
    "b1": SegFormerConfig(_LARGE, (2, 2, 2, 2), head_width=256, num_classes=19),
    "b2": SegFormerConfig(_LARGE, (3, 4, 6, 3), head_width=768, num_classes=19),
    "b3": SegFormerConfig(_LARGE, (3, 4, 18, 3), head_width=768, num_classes=19),
    "b4": SegFormerConfig(_LARGE, (3, 8, 27, 3), head_width=768, num_classes=19),
    "b5": SegFormerConfig(_LARGE, (3, 6, 40, 3), head_width=768, num_classes=19),
}


def preset(name: str, num_classes: int) -> SegFormerConfig:
    """Configuration of "b0" ... "b5" for `num_classes` classes."""
    return replace(PRESETS[name], num_classes=num_classes)


def preset_name(config: SegFormerConfig) -> str | None:
    """ "b0" ... "b5" if `config` has that encoder, else None."""
    for name, known in PRESETS.items():
        if (config.embed_dims, config.depths) == (known.embed_dims, known.depths):
            return name
    return None
