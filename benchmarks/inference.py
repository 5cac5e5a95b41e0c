"""Segmenting, against transformers: `python benchmarks/inference.py [--device cuda] [--quick]`.

Tensor in, full-size label map out, the same weights, in a second thread (where the application
works), both in turn in one run. The ratio is that of the medians. Each side runs in a process of
its own: "as shipped" has glibc's allocator as it comes for the peer and as the application sets it
for us; "same allocator" gives the application's setting to the peer too. The floor is the time that
the network's multiplications take at the speed of a large matrix product on the same device.
"Frames/s" are ours from a frame of bytes to its label map, both in the computer's own memory.

On CUDA both sides compute in float16 autocast, and what is said of memory is the card's.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sides import Measured, Side, measure, stamp

from segformer_gui.core.network.presets import PRESETS, SegFormerConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from segformer_gui.core.inference.options import DeviceChoice

SIZES = ((512, 1024), (1024, 2048), (540, 958))
DTYPES = {"cpu": "float32", "cuda": "float16"}


def main() -> None:
    """Measure every size and preset, and print the table."""
    from segformer_gui.core.inference.segmenter import available_devices

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="B0 only, few repetitions")
    parser.add_argument("--device", choices=DTYPES.keys() & available_devices(), default="cpu")
    arguments = parser.parse_args()
    device: str = arguments.device
    ceiling = _gflops_per_s(device)
    print(
        f"{stamp('torch', 'transformers', device=device)} {DTYPES[device]}, random weights. "
        f"A large matrix product reaches {ceiling:.0f} GFLOP/s.\n"
    )
    print(
        "| model, size | transformers, ms | ours, ms | ratio | ratio, same allocator "
        "| floor, ms | memory, MiB | frames/s |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for preset in ("b0",) if arguments.quick else ("b0", "b2"):
        for size in SIZES:
            few = 3 if arguments.quick else 5 if size[1] > 1024 else 9
            _print_row(preset, size, device, few if device == "cpu" else 31, ceiling)


def _print_row(
    preset: str, size: tuple[int, int], device: str, repetitions: int, ceiling: float
) -> None:
    args = (preset, size, device)
    shipped, tuned, ours, whole = measure(
        [
            Side("transformers", _theirs, args, tuned=False),
            Side("transformers, tuned", _theirs, args, tuned=True),
            Side("ours", _ours, args, tuned=True),
            Side("ours, from a frame", _ours_from_a_frame, args, tuned=True),
        ],
        repetitions,
    )
    floor = Measured([2000 * gmacs(PRESETS[preset], *size) / ceiling], 0)
    print(
        f"| {preset.upper()}, {size[0]} x {size[1]} | {shipped.middle()} | {ours.spread()} "
        f"| {shipped.median / ours.median:.1f} | {tuned.median / ours.median:.1f} "
        f"| {floor.middle()} | {shipped.peak_mib:.0f} -> {ours.peak_mib:.0f} "
        f"| {1000 / whole.median:.1f} |",
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


def _gflops_per_s(device: str) -> float:
    import torch

    side = 2048 if device == "cpu" else 8192
    a, b = torch.randn(2, side, side, device=device, dtype=getattr(torch, DTYPES[device]))
    best = float("inf")
    for _ in range(10):
        began = time.perf_counter()
        torch.mm(a, b)[0, 0].item()  # Waits for a card to have finished.
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best / 1e9


def _theirs(preset: str, size: tuple[int, int], device: str) -> Callable[[], NDArray[np.uint8]]:
    import torch
    import torch.nn.functional as F

    model, x = their_model(preset).eval().to(device), torch.randn(1, 3, *size, device=device)

    @torch.inference_mode()
    def run() -> NDArray[np.uint8]:
        with torch.autocast(device, torch.float16, enabled=device == "cuda"):
            logits = F.interpolate(model(x).logits.float(), x.shape[2:], mode="bilinear")
        return logits.argmax(1).to(torch.uint8).cpu().numpy()

    return run


def _ours(preset: str, size: tuple[int, int], device: str) -> Callable[[], object]:
    import torch

    from segformer_gui.core.inference.prediction import argmax_labels

    network, x = our_model(preset).eval().to(device), torch.randn(1, 3, *size, device=device)

    @torch.inference_mode()
    def run() -> object:
        with torch.autocast(device, torch.float16, enabled=device == "cuda"):
            logits = network(x)[0].float()
        return argmax_labels(logits, size)

    return run


def _ours_from_a_frame(
    preset: str, size: tuple[int, int], device: DeviceChoice
) -> Callable[[], object]:
    import numpy as np

    from segformer_gui.core.classes import known_class_set
    from segformer_gui.core.inference.options import SegmentOptions
    from segformer_gui.core.inference.segmenter import Segmenter
    from segformer_gui.core.models import LoadedModel
    from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD

    network = our_model(preset).eval()
    classes = known_class_set("cityscapes")
    model = LoadedModel(preset, network, classes, None, IMAGENET_MEAN, IMAGENET_STD, "", ())
    segmenter = Segmenter(model, device)
    frame = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    return lambda: segmenter.segment(frame, SegmentOptions(short_side=None)).labels


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
