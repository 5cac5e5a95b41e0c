"""`segformer-gui evaluate`: the field's scores, of a model or of masks on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table

from segformer_gui.cli.options import (
    DeviceOption,
    FlipOption,
    JsonOption,
    ModelOption,
    PrecisionOption,
    ScalesOption,
    SizeOption,
    SlidingOption,
    make_segmenter,
    segment_options,
)
from segformer_gui.cli.output import (
    console,
    errors_as_sentences,
    print_json,
    print_notes,
    progress_bar,
)
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.classes import known_class_set
from segformer_gui.core.datasets import Layout, open_dataset
from segformer_gui.core.evaluation import (
    EvaluationProgress,
    EvaluationResult,
    Labels,
    PredictionFormat,
    evaluate_model,
    evaluate_predictions,
)
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.stages import workers_for


def evaluate(
    data: Annotated[Path, typer.Argument(help="Folder of the data set.", readable=False)],
    model: ModelOption = EMBEDDED_MODEL,
    predictions: Annotated[
        Path | None,
        typer.Option(help="Folder of masks to score, in place of a model.", readable=False),
    ] = None,
    layout: Annotated[
        Layout | None, typer.Option(help="How the files are arranged; detected if not given.")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Part of the data set, such as val, or all.")
    ] = None,
    sequence: Annotated[
        list[str] | None, typer.Option(help="Only images of this sequence; may be repeated.")
    ] = None,
    reduce_zero_label: Annotated[
        bool,
        typer.Option(
            "--reduce-zero-label",
            help="Ground truth has 0 for what is no class, and counts from 1.",
        ),
    ] = False,
    format_: Annotated[
        PredictionFormat, typer.Option("--format", help="What the masks' pixels hold.")
    ] = "index",
    classes: Annotated[
        Literal["cityscapes", "camvid", "ade20k"] | None,
        typer.Option(help="Whose class ids the masks hold, if not the data set's own."),
    ] = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    size: SizeOption = "model",
    sliding: SlidingOption = False,
    flip: FlipOption = False,
    scales: ScalesOption = "1",
    json: JsonOption = False,
) -> None:
    """Score a model, or masks on disk, against ground truth: one confusion matrix over the set."""
    options = segment_options(size, sliding, flip, scales)
    with errors_as_sentences():
        dataset = open_dataset(data, layout, split, sequence or (), reduce_zero_label)
        if predictions is not None:
            of_masks = known_class_set(classes) if classes else None
            steps = evaluate_predictions(dataset, predictions, format_, of_masks)
            what, facts = "Scoring", {"predictions": str(predictions)}
        else:
            from segformer_gui.core.inference.threads import Admission  # With torch.

            segmenter = make_segmenter(model, device, precision)
            print_notes(segmenter.model.notes)
            own = segmenter.model.classes
            admission, workers = Admission(segmenter), workers_for(len(dataset.samples))

            def segment(image: NDArray[np.uint8]) -> Labels:
                return admission.segment(image, options, workers).labels

            steps = evaluate_model(dataset, segment, own, workers)
            what, facts = "Segmenting", {"model": segmenter.model.id, **_how(options)}
        result = _last(steps, what)
        if json:
            print_json({**result.to_json(), **facts})
        else:
            _print_table(result)


def _how(options: SegmentOptions) -> dict[str, object]:
    return {
        "size": options.short_side or "native",
        "sliding": options.sliding,
        "flip": options.flip,
        "scales": options.scales,
    }


def _last(steps: Iterator[EvaluationProgress], description: str) -> EvaluationResult:
    """Run an evaluation to its end, with a progress bar."""
    result: EvaluationResult | None = None
    with progress_bar() as progress:
        task = progress.add_task(description, total=None)
        for step in steps:
            progress.update(task, completed=step.done, total=step.total)
            result = step.result
    assert result is not None  # A data set has at least one sample.
    return result


def _print_table(result: EvaluationResult) -> None:
    scores = result.scores()
    table = Table(title=f"{result.dataset.root.name}: {scores.images} images")
    table.add_column("class")
    table.add_column("IoU %", justify="right")
    for name, iou in zip(scores.class_names, scores.class_iou, strict=True):
        table.add_row(name, "absent" if iou != iou else f"{100 * iou:.1f}")
    table.add_section()
    for name, value in (
        ("mIoU", scores.miou),
        ("mIoU, classes in the ground truth", scores.miou_present_classes),
        ("pixel accuracy", scores.pixel_accuracy),
        ("mean accuracy", scores.mean_accuracy),
    ):
        table.add_row(name, f"{100 * value:.1f}")
    console.print(table)
    if result.match.unmatched:
        console.print(f"Not scored, the model lacks them: {', '.join(result.match.unmatched)}.")
    if result.missing_predictions:
        console.print(f"{result.missing_predictions} images had no mask and count as wrong.")
