"""The kr16 grid on a CPU, against the plain loop: `python benchmarks/robustness.py [--quick]`.

Both sides measure all 73 conditions of one synthetic street of 512 x 1024 with the embedded model,
from its file to confusion matrices. The plain loop corrupts with imagecorruptions, then asks
transformers, one after the other; a second one has our corruptions, so that it can be seen what
comes from where. Ours is the benchmark as it is used, with its file of cells and calibration. Each
side runs once, in a process of its own. `--quick`: 256 x 512, without the second loop.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sides import Side, measure, stamp

from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.paths import shipped

if TYPE_CHECKING:
    from segformer_gui.core.corruption.corrupt import Engine


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    height, width = (256, 512) if quick else (512, 1024)
    with tempfile.TemporaryDirectory() as folder:
        data = _write_scene(Path(folder), height, width)
        sides = [
            Side("imagecorruptions, transformers", _plain, (data, "reference"), tuned=False),
            Side("our corruptions, transformers", _plain, (data, "fast"), tuned=False),
            Side("ours", _ours, (data,), tuned=True),
        ]
        if quick:
            del sides[1]
        measured = measure(sides, 1)
    *plain, ours = measured
    cells = 1 + len(KR16.conditions)
    print(f"{stamp('torch', 'transformers', 'imagecorruptions')} {height} x {width}.\n")
    print(f"| loop | {cells} cells, s | cells a second | ours is faster by |")
    print("| --- | ---: | ---: | ---: |")
    for side, result in zip(sides, measured, strict=True):
        seconds = result.median / 1000
        ratio = f"{result.median / ours.median:.1f}" if result in plain else ""
        print(f"| {side.name} | {seconds:.1f} | {cells / seconds:.1f} | {ratio} |")


def _write_scene(folder: Path, height: int, width: int) -> Path:
    from segformer_gui.core.images import write_png
    from segformer_gui.core.scenes import render_scene

    image, labels = render_scene(0, height, width)
    write_png(folder / "val" / "scene.png", image)
    write_png(folder / "valannot" / "scene.png", labels)
    return folder


def _plain(data: Path, engine: Engine) -> Callable[[], object]:
    import numpy as np
    import torch
    import torch.nn.functional as F
    from PIL import Image
    from transformers import SegformerForSemanticSegmentation, SegformerImageProcessor

    from segformer_gui.core.corruption.corrupt import corrupt

    folder = shipped("models", EMBEDDED_MODEL)
    model: Any = SegformerForSemanticSegmentation.from_pretrained(folder, dtype=torch.float32)
    model.eval()
    processor: Any = SegformerImageProcessor.from_pretrained(folder)

    def cell(name: str, severity: float) -> object:
        image = np.array(Image.open(data / "val" / "scene.png").convert("RGB"))
        truth = np.array(Image.open(data / "valannot" / "scene.png")).astype(np.int64)
        if severity:
            image = corrupt(image, name, severity, 0, engine)
        with torch.inference_mode():
            logits = model(**processor(image, return_tensors="pt")).logits
            labels = F.interpolate(logits, truth.shape, mode="bilinear")[0].argmax(0).numpy()
        seen = truth < 11
        return np.bincount(truth[seen] * 11 + labels[seen], minlength=121)

    return _after_one(
        lambda: cell("fog", 1),
        lambda: [cell(name, severity) for name, severity in [("clean", 0), *KR16.conditions]],
    )


def _ours(data: Path) -> Callable[[], object]:
    from segformer_gui.core.corruption.catalogue import Protocol
    from segformer_gui.core.datasets import open_dataset
    from segformer_gui.core.inference.options import SegmentOptions
    from segformer_gui.core.inference.segmenter import Segmenter
    from segformer_gui.core.models import load_model
    from segformer_gui.core.robustness.grid import missing_tasks, run_grid
    from segformer_gui.core.robustness.plan import custom_protocol, plan_grid
    from segformer_gui.core.robustness.store import CellStore

    segmenters = [Segmenter(load_model(EMBEDDED_MODEL), "cpu")]

    def run(protocol: Protocol) -> object:
        options = SegmentOptions(short_side=None)
        plan = plan_grid(open_dataset(data), segmenters, protocol, options=options)
        with (
            tempfile.TemporaryDirectory() as folder,
            CellStore(Path(folder, "cells.sqlite")) as store,
        ):
            return list(run_grid(plan, segmenters, store, missing_tasks(plan, store)))

    return _after_one(lambda: run(custom_protocol(["fog"], [1])), lambda: run(KR16))


def _after_one(first: Callable[[], object], later: Callable[[], object]) -> Callable[[], object]:
    """`first` at the first call, which warms up, then `later`."""
    calls = iter([first])
    return lambda: next(calls, later)()


if __name__ == "__main__":
    main()
