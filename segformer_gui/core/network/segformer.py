"""SegFormer (Xie et al., NeurIPS 2021, arXiv 2105.15203), the whole network on one page.

Feature maps are kept as (B, H, W, C) throughout: a row-major list of tokens for the linear layers
and LayerNorms, and, permuted, PyTorch's channels_last for the convolutions. No copy in between.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.jit import is_tracing  # pyright: ignore[reportPrivateImportUsage]

from segformer_gui.core.network.presets import SegFormerConfig

STRIP_BYTES = 4 << 20


def convolve(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """Apply a convolution to a (B, H, W, C) map."""
    return conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def normalize(norm: nn.Module, x: Tensor) -> Tensor:
    """Apply a BatchNorm to a (B, H, W, C) map."""
    return norm(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def affine(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Factor and summand (C,) that a BatchNorm comes down to when it is not in training."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    factor = norm.weight * (norm.running_var + norm.eps).rsqrt()
    return factor, norm.bias - norm.running_mean * factor


def strips(x: Tensor, channels: int, training: bool) -> list[tuple[int, int]]:
    """First and end rows of the strips in which a (B, H, W, ...) map is worked on.

    Without gradients on a CPU, a strip of `channels` is what fits its cache: the steps in between
    then neither wait for memory nor fill it. Elsewhere, and in a graph that is exported, it is the
    whole map.
    """
    height = x.shape[1]
    if training or x.device.type != "cpu" or is_tracing():
        return [(0, height)]
    rows = max(1, STRIP_BYTES // (len(x) * x.shape[2] * channels * x.element_size()))
    return [(top, min(height, top + rows)) for top in range(0, height, rows)]


def joined(parts: list[Tensor]) -> Tensor:
    """Strips as one map again; a single one is not copied."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1)


def drop_path(x: Tensor, rate: float, training: bool) -> Tensor:
    """Stochastic depth: leave out a residual branch per sample, scaled to keep the expectation."""
    if rate == 0 or not training:
        return x
    keep = torch.rand(len(x), 1, 1, 1, device=x.device) >= rate
    return x * keep / (1 - rate)


class OverlapPatchMerging(nn.Module):
    """Shrink the map by `stride` with patches that overlap (section 3.1)."""

    def __init__(self, c_in: int, c_out: int, patch: int, stride: int, eps: float) -> None:
        super().__init__()
        self.proj = nn.Conv2d(c_in, c_out, patch, stride, padding=patch // 2)
        self.norm = nn.LayerNorm(c_out, eps)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(convolve(self.proj, x))  # (B, ceil(H / stride), ceil(W / stride), c_out)


def attend(q: Tensor, k: Tensor, v: Tensor, training: bool) -> Tensor:
    """Equation 1 for q (B, heads, N, d), k and v (B, heads, M, d) -> (B, heads, N, d)."""
    if training and q.dtype == torch.bfloat16 and q.device.type == "cpu":
        # Backward through torch's fused kernel takes 5 to 20 times as long there (torch 2.13).
        return (q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2)).softmax(-1, q.dtype) @ v
    return F.scaled_dot_product_attention(q, k, v)


class EfficientSelfAttention(nn.Module):
    """Self-attention whose keys and values come from a map reduced R x R times (equation 2)."""

    def __init__(self, dim: int, heads: int, reduction: int, eps: float) -> None:
        super().__init__()
        self.heads, self.reduction = heads, reduction
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, 2 * dim)
        self.proj = nn.Linear(dim, dim)
        if reduction > 1:
            self.sr = nn.Conv2d(dim, dim, kernel_size=reduction, stride=reduction)
            self.norm = nn.LayerNorm(dim, eps)

    def reduce(self, x: Tensor) -> Tensor:
        if self.reduction == 1:
            return x
        # A map smaller than one R x R window is padded to it, so that any input size works.
        missing = [max(0, self.reduction - side) for side in x.shape[1:3]]
        if any(missing):
            x = F.pad(x, (0, 0, 0, missing[1], 0, missing[0]))
        return self.norm(convolve(self.sr, x))

    def forward(self, x: Tensor) -> Tensor:
        b, h, w, c = x.shape
        d = c // self.heads
        q = self.q(x).view(b, h * w, self.heads, d).transpose(1, 2)  # (B, heads, N, d)
        kv = self.kv(self.reduce(x)).view(b, -1, 2, self.heads, d)  # (B, N / R^2, 2, heads, d)
        k, v = kv.permute(2, 0, 3, 1, 4)
        attended = attend(q, k, v, self.training)  # (B, heads, N, d)
        return self.proj(attended.transpose(1, 2).reshape(b, h, w, c))


class MixFFN(nn.Module):
    """Feed-forward with a 3x3 depthwise convolution in place of position codes (equation 3)."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.dwconv = nn.Conv2d(hidden, hidden, kernel_size=3, padding=1, groups=hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.fc1.out_features
        parts = [self.rows(x, *strip) for strip in strips(x, hidden, self.training)]
        return joined(parts)

    def rows(self, x: Tensor, top: int, bottom: int) -> Tensor:
        """Rows top..bottom of the result; the convolution sees one more on either side."""
        above, below = max(0, top - 1), min(x.shape[1], bottom + 1)
        hidden = convolve(self.dwconv, self.fc1(x[:, above:below]))
        return self.fc2(F.gelu(hidden[:, top - above : bottom - above]))


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, config: SegFormerConfig, stage: int, drop_path_rate: float) -> None:
        super().__init__()
        dim, eps = config.embed_dims[stage], config.eps
        self.norm1 = nn.LayerNorm(dim, eps.block)
        self.attn = EfficientSelfAttention(
            dim, config.num_heads[stage], config.reduction_ratios[stage], eps.reduction
        )
        self.norm2 = nn.LayerNorm(dim, eps.block)
        self.ffn = MixFFN(dim, dim * config.mlp_ratios[stage])
        self.drop_path_rate = drop_path_rate

    def forward(self, x: Tensor) -> Tensor:
        x = x + drop_path(self.attn(self.norm1(x)), self.drop_path_rate, self.training)
        return x + drop_path(self.ffn(self.norm2(x)), self.drop_path_rate, self.training)


class Stage(nn.Module):
    """Patch merging, blocks, LayerNorm."""

    def __init__(self, config: SegFormerConfig, index: int, drop_path_rates: list[float]) -> None:
        super().__init__()
        c_in = 3 if index == 0 else config.embed_dims[index - 1]
        c_out = config.embed_dims[index]
        patch, stride = config.patch_sizes[index], config.strides[index]
        self.patch = OverlapPatchMerging(c_in, c_out, patch, stride, config.eps.patch)
        self.blocks = nn.Sequential(*(Block(config, index, rate) for rate in drop_path_rates))
        self.norm = nn.LayerNorm(c_out, config.eps.block)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.blocks(self.patch(x)))


class AllMLPHead(nn.Module):
    """All-MLP decoder (equation 4), computed in folded form.

    The fuse layer is a 1x1 convolution over the concatenated stages, so it is a sum of one linear
    map a stage, and a linear map commutes with bilinear upsampling. Each stage is therefore
    projected at its own low resolution, then upsampled and added; the concatenation never exists.
    With the linear variant, a stage's own layer L_i and its slice F_i of the fuse layer even become
    one matrix F_i L_i; out of training BatchNorm becomes part of it, too. The result, its gradients
    and BatchNorm's statistics are the literal head's. `fuse.weight` holds the stages in the order
    c1, c2, c3, c4.

    Columns are upsampled first; then a few rows at a time are summed, in one small matrix product
    a stage, and classified while they are in the processor's cache. Only in training, where
    BatchNorm needs it, is the whole sum in memory.
    """

    def __init__(self, config: SegFormerConfig) -> None:
        super().__init__()
        width, dims = config.head_width, config.embed_dims
        linear = config.head == "linear"
        self.linear = nn.ModuleList(nn.Linear(dim, width, bias=linear) for dim in dims)
        self.linear_norm = nn.ModuleList(() if linear else (nn.BatchNorm2d(width) for _ in dims))
        self.fuse = nn.Conv2d(4 * width, width, kernel_size=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Conv2d(width, config.num_classes, kernel_size=1)

    def projections(self) -> list[Callable[[Tensor], Tensor]]:
        """Of each stage: (B, h, w, C_i) -> its share of the fuse layer's output, (B, h, w, E).

        Out of training BatchNorm is part of it. What all pixels have in common, as biases, comes
        with the coarsest stage, the smallest map.
        """
        fuse = self.fuse.weight.flatten(1)  # (E, 4 E)
        constant = fuse.new_zeros(len(fuse))
        if not self.training:
            scale, constant = affine(self.norm)
            fuse = scale[:, None] * fuse
        linears = [cast(nn.Linear, linear) for linear in self.linear]
        parts = fuse.chunk(4, dim=1)  # (E, E)
        if self.linear_norm:
            biases = None, None, None, constant
            return [
                partial(self._literal, *layers)
                for layers in zip(linears, self.linear_norm, parts, biases, strict=True)
            ]
        for part, linear in zip(parts, linears, strict=True):
            constant = constant + part @ linear.bias
        weights = [part @ linear.weight for part, linear in zip(parts, linears, strict=True)]
        finer = [partial(F.linear, weight=weight) for weight in weights[:3]]
        return [*finer, partial(F.linear, weight=weights[3], bias=constant)]

    @staticmethod
    def _literal(
        linear: nn.Linear, norm: nn.Module, part: Tensor, bias: Tensor | None, x: Tensor
    ) -> Tensor:
        return F.linear(F.relu(normalize(norm, linear(x))), part, bias)

    def classify(self, x: Tensor) -> Tensor:
        """(B, h, w, E) -> logits (B, h, w, num_classes)."""
        weight, bias = self.classifier.weight.flatten(1), self.classifier.bias
        if not self.training:
            return F.linear(x, weight, bias)
        # Dropout leaves out whole channels. It is applied to the weights, far smaller than the map.
        kept = self.dropout(x.new_ones(len(x), 1, x.shape[3]))
        logits = x.flatten(1, 2) @ (weight * kept).transpose(1, 2) + bias
        return logits.unflatten(1, x.shape[1:3])

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        height, width = features[0].shape[1:3]
        project, *coarse = self.projections()
        # Coarse stages at full width, (B, H_i, W, E), and the weights (H, H_i) of their rows.
        wide = [widen(proj(x), width) for proj, x in zip(coarse, features[1:], strict=True)]
        weights = [row_weights(x.shape[1], height).to(x) for x in wide]
        logits: list[Tensor] = []
        for top, bottom in strips(features[0], self.fuse.out_channels, self.training):
            fused = project(features[0][:, top:bottom]).flatten(2)  # (B, rows, W E)
            for x, weight in zip(wide, weights, strict=True):
                first, end = source_rows(top, bottom, height, x.shape[1])
                part = weight[top:bottom, first:end].expand(len(x), -1, -1)
                # In place on a view, autograd would copy the whole map twice; without gradients it
                # is copied unless in place.
                in_place = not (torch.is_grad_enabled() or is_tracing())
                add = Tensor.baddbmm_ if in_place else torch.baddbmm
                fused = add(fused, part, x[:, first:end].flatten(2))
            fused = fused.unflatten(2, (width, -1))
            if self.training:
                fused = normalize(self.norm, fused)
            logits.append(self.classify(F.relu(fused, inplace=True)))
        return joined(logits).permute(0, 3, 1, 2)


def widen(x: Tensor, width: int) -> Tensor:
    """Bilinear upsampling along the rows: (B, h, w, E) -> (B, h, width, E)."""
    x = x.permute(0, 3, 1, 2)
    return F.interpolate(x, (x.shape[2], width), mode="bilinear").permute(0, 2, 3, 1)


def row_weights(rows: int, height: int) -> Tensor:
    """Bilinear upsampling along the columns as a matrix (height, rows): that of the identity."""
    return F.interpolate(
        torch.eye(rows, dtype=torch.float64)[None, None], (height, rows), mode="bilinear"
    )[0, 0]


def source_rows(top: int, bottom: int, height: int, rows: int) -> tuple[int, int]:
    """First and end of the coarse rows, of `rows`, that fine rows top..bottom of `height` blend."""
    first, last = (math.floor((row + 0.5) * rows / height - 0.5) for row in (top, bottom - 1))
    return max(0, first), min(rows, last + 2)


class SegFormer(nn.Module):
    """(B, 3, H, W) normalised RGB -> logits (B, num_classes, ceil(H / 4), ceil(W / 4))."""

    def __init__(self, config: SegFormerConfig) -> None:
        super().__init__()
        self.config = config
        last = max(1, sum(config.depths) - 1)
        rates = (config.drop_path * block / last for block in range(last + 1))
        self.stages = nn.ModuleList(
            Stage(config, index, list(itertools.islice(rates, depth)))
            for index, depth in enumerate(config.depths)
        )
        self.head = AllMLPHead(config)
        # Without storage nothing is to initialise, and torch would import its compiler for it.
        if not self.head.fuse.weight.is_meta:
            self.apply(_initialize)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Features (B, H_i, W_i, C_i) of the four stages, at 1/4, 1/8, 1/16 and 1/32."""
        x = x.permute(0, 2, 3, 1)
        features: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.encode(x))


def _initialize(module: nn.Module) -> None:
    """The authors' initial weights; LayerNorm and BatchNorm start as the identity by default."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
    elif isinstance(module, nn.Conv2d):
        fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
        nn.init.normal_(module.weight, std=math.sqrt(2 / (fan_out // module.groups)))
    if isinstance(module, nn.Linear | nn.Conv2d) and module.bias is not None:
        nn.init.zeros_(module.bias)
