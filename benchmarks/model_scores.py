"""The figures and the picture of the embedded model's card, from the runs of its recipe.

    python benchmarks/model_scores.py DATA --fold 0001TP=RUN ... [--curves RUN --picture FILE]

Each fold is a run that held a sequence of DATA (CamVid layout) out: its model is scored on that
sequence alone, which it has never seen. Figures over folds are those of one confusion matrix over
all of their images. `--every` takes each n-th image for the tables of sizes and of corruptions.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sides import stamp

from segformer_gui.core.corruption.catalogue import GROUPS, KR16
from segformer_gui.core.corruption.corrupt import corrupt
from segformer_gui.core.datasets import Dataset, open_dataset
from segformer_gui.core.evaluation import EvaluationResult, evaluate_model
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.metrics.confusion import ConfusionMatrix, Scores
from segformer_gui.core.models import load_model

Fold = tuple[str, Dataset, Segmenter]
Image = NDArray[np.uint8]


def main() -> None:
    """Print the tables, and draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fold", action="append", default=[], metavar="SEQUENCE=RUN")
    parser.add_argument("--size", type=int, default=480, help="short side in px")
    parser.add_argument("--sizes", type=int, nargs="*", default=[256, 360, 480, 600, 720, 1024])
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--curves", type=Path, action="append", default=[], metavar="RUN")
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    folds = [_fold(arguments.data, *text.split("=", 1)) for text in arguments.fold]
    if folds:
        print(f"{stamp('torch')}\n")
        _print_classes(folds, arguments.size)
        few = [(name, _thinned(data, arguments.every), model) for name, data, model in folds]
        _print_sizes(few, arguments.sizes)
        _print_corruptions(few, arguments.size)
    if arguments.picture:
        _draw_curves(arguments.curves, arguments.picture)


def _fold(root: Path, sequence: str, run: str) -> Fold:
    model = load_model(str(Path(run, "model").absolute()))
    return sequence, open_dataset(root, "camvid", sequences=[sequence]), Segmenter(model, "cpu")


def _thinned(data: Dataset, every: int) -> Dataset:
    return replace(data, samples=data.samples[::every])


def _scores(
    folds: list[Fold], size: int, change: Callable[[Image], Image] = lambda image: image
) -> tuple[list[Scores], Scores]:
    """Scores of each fold, and of all of them as one set."""
    options = SegmentOptions(short_side=size)
    results: list[EvaluationResult] = []
    for _, data, segmenter in folds:

        def segment(image: Image, with_: Segmenter = segmenter) -> Any:  # noqa: ANN401
            return with_.segment(change(image), options).labels

        *_, last = evaluate_model(data, segment, segmenter.model.classes)
        results.append(last.result)
    names = results[0].match.names
    together = ConfusionMatrix.empty(len(names))
    for result in results:
        together += result.matrix
    return [result.scores() for result in results], together.scores(names)


def _print_classes(folds: list[Fold], size: int) -> None:
    each, together = _scores(folds, size)
    print(f"| short side {size} px | {' | '.join(name for name, *_ in folds)} | together |")
    print("| --- |" + " ---: |" * (len(folds) + 1))
    columns = [*each, together]
    print("| images | " + " | ".join(str(s.images) for s in columns) + " |")
    for index, name in enumerate(together.class_names):
        print(f"| {name} | " + " | ".join(_percent(s.class_iou[index]) for s in columns) + " |")
    print("| **mIoU** | " + " | ".join(_percent(s.miou) for s in columns) + " |")
    accuracy = " | ".join(_percent(s.pixel_accuracy) for s in columns)
    print(f"| pixel accuracy | {accuracy} |\n", flush=True)


def _print_sizes(folds: list[Fold], sizes: list[int]) -> None:
    scores = [_scores(folds, size)[1] for size in sizes]
    print("| short side, px | " + " | ".join(map(str, sizes)) + " |")
    print("| --- |" + " ---: |" * len(sizes))
    print("| mIoU | " + " | ".join(_percent(s.miou) for s in scores) + " |\n", flush=True)


def _print_corruptions(folds: list[Fold], size: int) -> None:
    print("| severity 3 | mIoU |\n| --- | ---: |")
    print(f"| clean | {_percent(_scores(folds, size)[1].miou)} |", flush=True)
    for name in (n for names in GROUPS.values() for n in names if n in KR16.severities):

        def change(image: Image, kind: str = name) -> Image:
            return corrupt(image, kind, 3, seed=0)

        print(f"| {name} | {_percent(_scores(folds, size, change)[1].miou)} |", flush=True)
    print()


def _percent(value: float) -> str:
    return "-" if np.isnan(value) else f"{100 * value:.1f}"


def _draw_curves(runs: list[Path], picture: Path) -> None:
    """Loss of each run over its steps, and mIoU where it held something out."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import pyqtgraph as pg
    from pyqtgraph.exporters import ImageExporter

    application = pg.mkQApp()
    pg.setConfigOptions(background="w", foreground="#333333", antialias=True)
    plots = pg.GraphicsLayoutWidget(size=(1000, 420))
    loss = plots.ci.addPlot(title="loss, mean of 50 steps", labels={"bottom": "step"})
    score = plots.ci.addPlot(title="mIoU on the held-out sequence, %", labels={"bottom": "step"})
    loss.getViewBox().setYRange(0, 2)
    for plot, corner in ((loss, (-10, 10)), (score, (-10, -10))):
        plot.addLegend(offset=corner)
        plot.showGrid(x=True, y=True, alpha=0.2)
    for index, run in enumerate(runs):
        lines = (run / "events.jsonl").read_text("utf-8").splitlines()
        events = [json.loads(line) for line in lines]
        losses = np.array([e["loss"] for e in events if e["event"] == "stepped"])
        means = losses[: len(losses) // 50 * 50].reshape(-1, 50).mean(1)
        pen = pg.mkPen(pg.intColor(index, len(runs), maxValue=190), width=2)
        loss.plot(np.arange(len(means)) * 50 + 25, means, pen=pen, name=run.name)
        scored = [e for e in events if e["event"] == "validated"]
        if scored:
            steps = [e["step"] for e in scored]
            mious = [100 * e["scores"]["miou"] for e in scored]
            score.plot(steps, mious, pen=pen, symbol="o", symbolBrush=pen.color(), name=run.name)
    plots.show()  # Or it has no layout.
    application.processEvents()
    ImageExporter(plots.scene()).export(str(picture))


if __name__ == "__main__":
    main()
