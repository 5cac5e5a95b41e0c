"""Segmenting on a CPU, against transformers: `python benchmarks/inference.py [--quick]`.

Tensor in, full-size label map out, the same weights, in a second thread (where the application
works), both in turn in one run. The ratio is that of the medians. Each side runs in a process of
its own kind: "as shipped" has glibc's allocator as it comes for the peer and as the application
sets it for us; "same allocator" gives the application's setting to the peer too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from segformer_gui.core.allocator import keep_large_blocks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

SIZES = ((512, 1024), (1024, 2048), (540, 958))


def main() -> None:
    """Measure every size and preset, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="B0 only, few repetitions")
    quick = parser.parse_args().quick
    print("| model, size | transformers, ms | ours, ms | ratio | ratio, same allocator | memory |")
    print("| --- | --- | --- | --- | --- | --- |")
    for preset in ("b0",) if quick else ("b0", "b2"):
        for height, width in SIZES:
            _print_row(preset, (height, width), 3 if quick or width > 1024 else 7)


def _print_row(preset: str, size: tuple[int, int], repetitions: int) -> None:
    context = multiprocessing.get_context("spawn")
    sides = {
        (side, tuned): context.Queue()
        for side, tuned in (("theirs", False), ("theirs", True), ("ours", True))
    }
    go = {key: context.Event() for key in sides}
    processes = [
        context.Process(target=_side, args=(*key, preset, size, repetitions, go[key], queue))
        for key, queue in sides.items()
    ]
    for process in processes:
        process.start()
    for queue in sides.values():
        assert queue.get() == "ready"
    times: dict[tuple[str, bool], list[float]] = {key: [] for key in sides}
    for _ in range(repetitions):
        for key, queue in sides.items():  # In turn, so that a busy moment hits all alike.
            go[key].set()
            times[key].append(queue.get())
    peaks = {key: json.loads(queue.get())["peak_mib"] for key, queue in sides.items()}
    for process in processes:
        process.join()
    ours = statistics.median(times["ours", True])
    shipped, tuned = (statistics.median(times["theirs", t]) for t in (False, True))
    spread = f"{min(times['ours', True]):.0f} to {max(times['ours', True]):.0f}"
    print(
        f"| {preset.upper()}, {size[0]} x {size[1]} | {shipped:.0f} | {ours:.0f} ({spread}) "
        f"| {shipped / ours:.1f} | {tuned / ours:.1f} "
        f"| {peaks['theirs', False]:.0f} -> {peaks['ours', True]:.0f} MiB |",
        flush=True,
    )


def _side(
    side: str,
    tuned: bool,
    preset: str,
    size: tuple[int, int],
    repetitions: int,
    go: Any,  # noqa: ANN401 (multiprocessing's events and queues have no public types)
    queue: Any,  # noqa: ANN401
) -> None:
    """One side in a process: warm up, then a run for each signal, then its peak memory."""
    if tuned:
        keep_large_blocks()
    worker = threading.Thread(
        target=_work, args=(side, preset, size, repetitions, go, queue), daemon=True
    )
    worker.start()
    worker.join()


def _work(
    side: str,
    preset: str,
    size: tuple[int, int],
    repetitions: int,
    go: Any,  # noqa: ANN401
    queue: Any,  # noqa: ANN401
) -> None:
    import torch

    torch.manual_seed(0)
    x = torch.randn(1, 3, *size)
    run = _ours(preset) if side == "ours" else _theirs(preset)
    with torch.inference_mode():
        before = _peak_mib()
        run(x)
        queue.put("ready")
        for _ in range(repetitions):
            go.wait()
            go.clear()
            began = time.perf_counter()
            run(x)
            queue.put((time.perf_counter() - began) * 1000)
    queue.put(json.dumps({"peak_mib": _peak_mib() - before}))


def _theirs(preset: str) -> Callable[[Tensor], NDArray[np.uint8]]:
    import torch
    import torch.nn.functional as F

    model = _their_model(preset)

    def run(x: Tensor) -> NDArray[np.uint8]:
        logits = F.interpolate(model(x).logits, x.shape[2:], mode="bilinear")
        return logits.argmax(1).to(torch.uint8).numpy()

    return run


def _ours(preset: str) -> Callable[[Tensor], Any]:
    from segformer_gui.core.inference.prediction import argmax_labels
    from segformer_gui.core.network.layouts import detect, to_ours
    from segformer_gui.core.network.presets import PRESETS
    from segformer_gui.core.network.segformer import SegFormer

    network = SegFormer(PRESETS[preset]).eval()
    weights = _their_model(preset).state_dict()
    layout = detect(weights)
    assert layout is not None
    network.load_state_dict(to_ours(layout, weights)[0])
    return lambda x: argmax_labels(network(x)[0], (x.shape[2], x.shape[3]))


def _their_model(preset: str) -> Any:  # noqa: ANN401 (untyped)
    """transformers' model of the preset's shape, always with the same random weights."""
    import torch
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    from segformer_gui.core.network.presets import PRESETS

    ours = PRESETS[preset]
    config: Any = SegformerConfig(
        depths=list(ours.depths),
        hidden_sizes=list(ours.embed_dims),
        num_attention_heads=list(ours.num_heads),
        decoder_hidden_size=ours.head_width,
    )
    config.num_labels = ours.num_classes
    torch.manual_seed(0)
    return SegformerForSemanticSegmentation(config).eval()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
