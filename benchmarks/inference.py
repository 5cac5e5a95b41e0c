"""Segmenting on a CPU, against transformers: `python benchmarks/inference.py [--quick]`.

Tensor in, full-size label map out, the same weights, in a second thread (where the application
works), both in turn in one run. The ratio is that of the medians. Each side runs in a process of
its own: "as shipped" has glibc's allocator as it comes for the peer and as the application sets it
for us; "same allocator" gives the application's setting to the peer too. The floor is the time that
the network's multiplications take at the speed of a large matrix product on the same machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sides import Side, measure, stamp

from segformer_gui.core.network.presets import PRESETS, SegFormerConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIZES = ((512, 1024), (1024, 2048), (540, 958))


def main() -> None:
    """Measure every size and preset, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="B0 only, few repetitions")
    quick = parser.parse_args().quick
    ceiling = _gflops_per_s()
    print(
        f"{stamp('torch', 'transformers')} float32, random weights. "
        f"A large matrix product reaches {ceiling:.0f} GFLOP/s.\n"
    )
    print(
        "| model, size | transformers, ms | ours, ms | ratio | ratio, same allocator "
        "| floor, ms | memory, MiB |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for preset in ("b0",) if quick else ("b0", "b2"):
        for size in SIZES:
            _print_row(preset, size, 3 if quick else 5 if size[1] > 1024 else 9, ceiling)


def _print_row(preset: str, size: tuple[int, int], repetitions: int, ceiling: float) -> None:
    shipped, tuned, ours = measure(
        [
            Side("transformers", _theirs, (preset, size), tuned=False),
            Side("transformers, tuned", _theirs, (preset, size), tuned=True),
            Side("ours", _ours, (preset, size), tuned=True),
        ],
        repetitions,
    )
    print(
        f"| {preset.upper()}, {size[0]} x {size[1]} | {shipped.median:.0f} | {ours.spread()} "
        f"| {shipped.median / ours.median:.1f} | {tuned.median / ours.median:.1f} "
        f"| {2000 * gmacs(PRESETS[preset], *size) / ceiling:.0f} "
        f"| {shipped.peak_mib:.0f} -> {ours.peak_mib:.0f} |",
        flush=True,
    )


def gmacs(config: SegFormerConfig, height: int, width: int) -> float:
    """Multiply-adds, in 10^9, that a forward pass needs at least, with the head folded."""
    total, c_in = 0, 3
    for stage, (dim, depth) in enumerate(zip(config.embed_dims, config.depths, strict=True)):
        patch, stride = config.patch_sizes[stage], config.strides[stage]
        height, width = -(-height // stride), -(-width // stride)
        n = height * width
        reduction, mlp = config.reduction_ratios[stage], config.mlp_ratios[stage]
        m = (height // reduction) * (width // reduction)
        linear = n * dim * dim * (2 + 2 * mlp) + m * dim * dim * 2
        reduce = n * dim * dim if reduction > 1 else 0
        attention = 2 * n * m * dim
        depthwise = 9 * n * dim * mlp
        total += n * c_in * dim * patch**2 + depth * (linear + reduce + attention + depthwise)
        total += n * dim * config.head_width
        if stage == 0:
            total += n * config.head_width * config.num_classes
        c_in = dim
    return total / 1e9


def _gflops_per_s() -> float:
    import torch

    a, b = torch.randn(2, 2048, 2048)
    best = float("inf")
    for _ in range(10):
        began = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - began)
    return 2 * 2048**3 / best / 1e9


def _theirs(preset: str, size: tuple[int, int]) -> Callable[[], NDArray[np.uint8]]:
    import torch
    import torch.nn.functional as F

    model, x = their_model(preset).eval(), torch.randn(1, 3, *size)

    @torch.inference_mode()
    def run() -> NDArray[np.uint8]:
        logits = F.interpolate(model(x).logits, x.shape[2:], mode="bilinear")
        return logits.argmax(1).to(torch.uint8).numpy()

    return run


def _ours(preset: str, size: tuple[int, int]) -> Callable[[], Any]:
    import torch

    from segformer_gui.core.inference.prediction import argmax_labels

    network, x = our_model(preset).eval(), torch.randn(1, 3, *size)

    @torch.inference_mode()
    def run() -> Any:  # noqa: ANN401
        return argmax_labels(network(x)[0], size)

    return run


def our_model(preset: str) -> Any:  # noqa: ANN401 (torch is imported in the measured process)
    """Our network with the weights of `their_model`."""
    from segformer_gui.core.network.layouts import detect, to_ours
    from segformer_gui.core.network.segformer import SegFormer

    network = SegFormer(PRESETS[preset])
    weights = their_model(preset).state_dict()
    layout = detect(weights)
    assert layout is not None
    network.load_state_dict(to_ours(layout, weights)[0])
    return network


def their_model(preset: str) -> Any:  # noqa: ANN401 (untyped)
    """transformers' model of the preset's shape, always with the same random weights."""
    import torch
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    ours = PRESETS[preset]
    config: Any = SegformerConfig(
        depths=list(ours.depths),
        hidden_sizes=list(ours.embed_dims),
        num_attention_heads=list(ours.num_heads),
        decoder_hidden_size=ours.head_width,
    )
    config.num_labels = ours.num_classes
    torch.manual_seed(0)
    return SegformerForSemanticSegmentation(config)


if __name__ == "__main__":
    main()
