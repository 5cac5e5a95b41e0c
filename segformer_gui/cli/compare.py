"""`segformer-gui compare`: one image clean and corrupted, through one or more models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table

from segformer_gui.cli.options import (
    CorruptOption,
    DeviceOption,
    Engine,
    EngineOption,
    FlipOption,
    JsonOption,
    PrecisionOption,
    ScalesOption,
    SeedOption,
    SizeOption,
    SlidingOption,
    checked_condition,
    make_segmenter,
    segment_options,
)
from segformer_gui.cli.output import (
    console,
    error_console,
    errors_as_sentences,
    print_json,
    print_notes,
)
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.corruption.condition import Condition
from segformer_gui.core.datasets import Dataset
from segformer_gui.core.evaluation import Labels
from segformer_gui.core.ground_truth import (
    GroundTruth,
    find_ground_truth,
    ground_truth_file,
    read_ground_truth,
)
from segformer_gui.core.images import read_image
from segformer_gui.core.metrics.confusion import none_if_nan
from segformer_gui.core.robustness.pairs import (
    PairScores,
    boundary_shift,
    compare_labels,
    compare_models,
)

if TYPE_CHECKING:
    from segformer_gui.core.inference.options import (
        DeviceChoice,
        PrecisionChoice,
        SegmentOptions,
    )

_MOST_LOSSES = 5


def compare(
    image: Annotated[Path, typer.Argument(help="The image.", readable=False)],
    corrupt: CorruptOption,
    models: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="A name or path; may be repeated to compare models."),
    ] = None,
    seed: SeedOption = 0,
    engine: EngineOption = Engine.fast,
    truth: Annotated[
        Path | None,
        typer.Option(help="Ground truth, if it is not found beside the image.", readable=False),
    ] = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    size: SizeOption = "model",
    sliding: SlidingOption = False,
    flip: FlipOption = False,
    scales: ScalesOption = "1",
    json: JsonOption = False,
) -> None:
    """Segment an image clean and corrupted, and tell what the corruption changed.

    Every model gets the same corrupted image. Consistency is the mIoU of the corrupted prediction
    with the clean one in the place of ground truth: it says what a model keeps, not whether it is
    right. Where there is ground truth, true mIoU is told as well.
    """
    options = segment_options(size, sliding, flip, scales)
    with errors_as_sentences():
        condition = checked_condition(corrupt, seed, engine)
        pixels = read_image(image)
        corrupted = condition.apply(pixels)
        dataset = ground_truth_file(image, truth) if truth else find_ground_truth(image)
        compared: list[_Compared] = []
        for spec in models or [EMBEDDED_MODEL]:
            with error_console.status(f"Segmenting by {spec}"):
                model = _segmented((pixels, corrupted), spec, device, precision, options, dataset)
            compared.append(model)
        if json:
            print_json(_report(image, condition, compared))
        else:
            _print(condition, compared)


@dataclass(frozen=True, eq=False)
class _Compared:
    """What one model made of the clean and of the corrupted image."""

    model: str
    classes: ClassSet
    clean: Labels
    corrupted: Labels
    scores: PairScores
    confidence: tuple[float, float]
    truth: GroundTruth | None


def _segmented(
    images: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    spec: str,
    device: DeviceChoice,
    precision: PrecisionChoice,
    options: SegmentOptions,
    dataset: Dataset | None,
) -> _Compared:
    segmenter = make_segmenter(spec, device, precision)
    print_notes(segmenter.model.notes)
    classes = segmenter.model.classes
    height, width = images[0].shape[:2]
    truth = read_ground_truth(dataset, classes, (height, width)) if dataset else None
    clean, corrupted = (segmenter.segment(image, options) for image in images)
    print_notes(corrupted.notes)
    return _Compared(
        model=segmenter.model.id,
        classes=classes,
        clean=clean.labels,
        corrupted=corrupted.labels,
        scores=compare_labels(clean.labels, corrupted.labels, classes.names, truth),
        confidence=(clean.mean_confidence, corrupted.mean_confidence),
        truth=truth,
    )


def _report(image: Path, condition: Condition, compared: list[_Compared]) -> dict[str, object]:
    height, width = compared[0].clean.shape
    return {
        "image": str(image),
        "width": width,
        "height": height,
        "corruption": condition.to_json(),
        "models": [_facts(model) for model in compared],
        "between_models": [_between(compared[0], other) for other in compared[1:]],
    }


def _facts(model: _Compared) -> dict[str, object]:
    scores = model.scores
    facts: dict[str, object] = {
        "model": model.model,
        "agreement": scores.agreement,
        "consistency": scores.consistency,
        "class_consistency": {
            name: none_if_nan(value)
            for name, value in zip(scores.class_names, scores.class_consistency, strict=True)
        },
        "boundary_shift_px": none_if_nan(boundary_shift(model.clean, model.corrupted)),
        "mean_confidence": {"clean": model.confidence[0], "corrupted": model.confidence[1]},
        "class_losses": scores.class_losses,
        "ground_truth": None,
    }
    if model.truth and scores.base_truth and scores.other_truth and scores.miou_change is not None:
        facts["ground_truth"] = {
            "path": str(model.truth.path),
            "classes": model.truth.match.rule,
            "clean": scores.base_truth.to_json(),
            "corrupted": scores.other_truth.to_json(),
            "miou_change": none_if_nan(scores.miou_change),
        }
    return facts


def _between(first: _Compared, other: _Compared) -> dict[str, object]:
    """How two models agree; the clean and the corrupted image are the same for both."""
    clean, corrupted = _pair_of_models(first, other)
    return {
        "models": [first.model, other.model],
        "classes": list(clean.class_names),
        "agreement": {
            "clean": none_if_nan(clean.agreement),
            "corrupted": none_if_nan(corrupted.agreement),
        },
    }


def _pair_of_models(first: _Compared, other: _Compared) -> tuple[PairScores, PairScores]:
    clean, corrupted = (
        compare_models(ours, first.classes, theirs, other.classes)
        for ours, theirs in ((first.clean, other.clean), (first.corrupted, other.corrupted))
    )
    return clean, corrupted


def _print(condition: Condition, compared: list[_Compared]) -> None:
    table = Table(title=f"clean against {condition}, seed {condition.seed}")
    table.add_column("")
    for model in compared:
        table.add_column(model.model, justify="right")
    rows = {
        "agreement %": [_percent(model.scores.agreement) for model in compared],
        "consistency %": [_percent(model.scores.consistency) for model in compared],
        "borders moved, px": [
            f"{boundary_shift(model.clean, model.corrupted):.1f}" for model in compared
        ],
        "mean confidence %": [" -> ".join(map(_percent, model.confidence)) for model in compared],
        "true mIoU %": [_true_miou(model.scores) for model in compared],
    }
    for title, values in rows.items():
        if any(values):
            table.add_row(title, *values)
    console.print(table)
    for model in compared:
        losses = list(model.scores.class_losses.items())[:_MOST_LOSSES]
        named = ", ".join(f"{name} {-100 * loss:+.1f}" for name, loss in losses if loss > 0)
        console.print(f"{model.model} lost most of: {named or 'nothing'}.")
    for other in compared[1:]:
        clean, corrupted = _pair_of_models(compared[0], other)
        console.print(
            f"{compared[0].model} and {other.model} agree on {_percent(clean.agreement)} % of the"
            f" pixels clean, {_percent(corrupted.agreement)} % corrupted."
        )


def _true_miou(scores: PairScores) -> str:
    if scores.base_truth is None or scores.other_truth is None:
        return ""
    return f"{_percent(scores.base_truth.miou)} -> {_percent(scores.other_truth.miou)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
