"""How well predictions, from files or from a model, match the ground truth of a data set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import IGNORE, ClassSet, known_class_set, plain_name
from segformer_gui.core.datasets import Dataset, Sample, from_label_ids, id_too_large
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import find_images, read_image, read_labels
from segformer_gui.core.metrics.confusion import MAX_CLASSES, ConfusionMatrix, Scores
from segformer_gui.core.stages import spread, workers_for

Labels = NDArray[np.uint8] | NDArray[np.uint16]
PredictionFormat = Literal["index", "labelIds", "trainIds"]

_UNNAMED = ClassSet("unnamed", tuple(f"class {index}" for index in range(MAX_CLASSES)), ())


@dataclass(frozen=True, eq=False)
class ClassMatch:
    """Which classes are scored, and how the ids on either side become theirs.

    `names` are the scored classes. `truth_table` and `prediction_table` (N,) uint8 give each id its
    place among them, `IGNORE` where it has none: such ground truth is ignored, such a prediction is
    wrong. `unmatched` are classes of the data set that the model does not know. `rule` says in
    words how the classes were brought together; unless `named`, the names are but numbers.
    """

    names: tuple[str, ...]
    truth_table: NDArray[np.uint8]
    prediction_table: NDArray[np.uint8]
    unmatched: tuple[str, ...]
    rule: str
    named: bool


@dataclass(frozen=True, eq=False)
class EvaluationResult:
    """Scores of the images so far, and what to know about how they came about.

    `missing_predictions`: images that had no prediction file and count as wrong.
    """

    dataset: Dataset
    match: ClassMatch
    matrix: ConfusionMatrix
    missing_predictions: int

    def scores(self) -> Scores:
        """Every score, one class a name of `match`."""
        matrix = self.matrix if self.match.named else self.matrix.trimmed()
        return matrix.scores(self.match.names[: len(matrix.counts)])

    def to_json(self) -> dict[str, object]:
        """The scores and their circumstances as JSON values."""
        return {
            **self.scores().to_json(),
            "layout": self.dataset.layout,
            "split": self.dataset.split,
            "reduce_zero_label": self.dataset.reduce_zero_label,
            "classes": self.match.rule,
            "unmatched_classes": list(self.match.unmatched),
            "missing_predictions": self.missing_predictions,
        }


@dataclass(frozen=True, eq=False)
class EvaluationProgress:
    """`done` of `total` images are evaluated, `sample` the latest; `result` covers those done."""

    done: int
    total: int
    sample: Sample
    result: EvaluationResult


def evaluate_model(
    dataset: Dataset,
    segment: Callable[[NDArray[np.uint8]], Labels],
    classes: ClassSet,
    workers: int = 1,
) -> Iterator[EvaluationProgress]:
    """Segment every image of `dataset` and compare with the ground truth.

    `segment` takes (H, W, 3) uint8 RGB and returns ids (H, W) of the model's `classes`. It is
    called in so many `workers`, threads, or in the caller's where that is one. Yields after each
    image, in their order, at least once; the last result is the evaluation's. Raises `UserError`
    `evaluation_no_shared_classes`, `evaluation_too_many_classes`, `labels_wrong_size`,
    `labels_id_too_large` and those of the readers.
    """

    def predict(sample: Sample) -> tuple[Labels, Path]:
        return segment(read_image(sample.image)), sample.image

    return _evaluate(dataset, predict, match_classes(classes, dataset.classes), workers)


def evaluate_predictions(
    dataset: Dataset,
    folder: Path,
    prediction_format: PredictionFormat = "index",
    classes: ClassSet | None = None,
) -> Iterator[EvaluationProgress]:
    """Compare the label maps in `folder` and below with the ground truth of `dataset`.

    A prediction is a PNG with its image's name; for Cityscapes also one that begins with city,
    sequence and frame, as for the official script. It holds ids of `classes` (those of the data set
    unless given), or of Cityscapes in either of its numberings. An image without prediction counts
    as wrong. Yields as `evaluate_model`; raises `UserError` as well for `predictions_missing`,
    `predictions_ambiguous`.
    """
    files = _find_predictions(dataset, folder)
    cityscapes = known_class_set("cityscapes")

    def predict(sample: Sample) -> tuple[Labels, Path] | None:
        path = files.get(sample)
        if path is None:
            return None
        labels = read_labels(path)
        if prediction_format == "labelIds":
            labels = from_label_ids(labels, cityscapes)
        return labels, path

    if prediction_format != "index":
        classes = cityscapes
    match = match_classes(classes or dataset.classes, dataset.classes)
    return _evaluate(dataset, predict, match, workers_for(len(dataset.samples)))


def match_classes(model: ClassSet | None, dataset: ClassSet | None) -> ClassMatch:
    """Bring the classes of a model (or of predictions) and of a data set together by name.

    Names are compared without case. Where one side has no names, its ids are taken to be the
    other's; where neither has, all ids up to 254 are classes. Raises `UserError`
    `evaluation_no_shared_classes` or `evaluation_too_many_classes`.
    """
    predicted, truth = model or dataset or _UNNAMED, dataset or model or _UNNAMED
    if len(truth) > MAX_CLASSES:
        raise UserError("evaluation_too_many_classes", count=len(truth))
    predicted_names = [plain_name(name) for name in predicted.names]
    # Several classes of the data may have been given one name.
    named: dict[str, str] = {}
    for name in truth.names:
        if name and plain_name(name) in predicted_names:
            named.setdefault(plain_name(name), name)
    shared = list(named.values())
    if not shared:
        raise UserError(
            "evaluation_no_shared_classes",
            model_classes=", ".join(predicted.names),
            dataset_classes=", ".join(truth.names),
        )
    if model is None or dataset is None:
        rule = "ids as they are"
    elif predicted_names == [plain_name(name) for name in truth.names]:
        rule = "same in model and data set"
    else:
        rule = "shared by name"
    places = {plain_name(name): place for place, name in enumerate(shared)}
    return ClassMatch(
        names=tuple(shared),
        truth_table=_table(truth, places),
        prediction_table=_table(predicted, places),
        unmatched=tuple(name for name in truth.names if name and plain_name(name) not in named),
        rule=rule,
        named=truth is not _UNNAMED,
    )


def _table(classes: ClassSet, places: dict[str, int]) -> NDArray[np.uint8]:
    """Place of each class id; the last entry, which all higher ids share, is `IGNORE`."""
    table = np.full(max(256, len(classes) + 1), IGNORE, np.uint8)
    table[: len(classes)] = [places.get(plain_name(name), IGNORE) for name in classes.names]
    return table


def _evaluate(
    dataset: Dataset,
    predict: Callable[[Sample], tuple[Labels, Path] | None],
    match: ClassMatch,
    workers: int,
) -> Iterator[EvaluationProgress]:
    """`predict` returns a sample's ids and the file they come from, or None: there are none."""

    def count(sample: Sample) -> tuple[ConfusionMatrix, bool]:
        truth = read_truth(dataset, sample, match)
        labels = None
        if (predicted := predict(sample)) is not None:
            ids, source = predicted
            check_size(sample, truth, ids, source)
            labels = np.take(match.prediction_table, ids, mode="clip")
        return ConfusionMatrix.of_image(truth, labels, len(match.names)), labels is None

    samples = dataset.samples
    counts = spread(count, iter(samples), workers) if workers > 1 else (count(s) for s in samples)
    total, missing = ConfusionMatrix.empty(len(match.names)), 0
    with closing(counts):
        for done, (sample, (matrix, none)) in enumerate(zip(samples, counts, strict=True), 1):
            total += matrix
            missing += none
            result = EvaluationResult(dataset, match, total, missing)
            yield EvaluationProgress(done, len(samples), sample, result)


def read_truth(dataset: Dataset, sample: Sample, match: ClassMatch) -> NDArray[np.uint8]:
    """Ground truth as places in `match.names`, (H, W) uint8, `IGNORE` where there is none.

    Raises `UserError` as `Dataset.read_ground_truth`.
    """
    truth = dataset.read_ground_truth(sample)
    if dataset.classes is None:
        check_ids(sample, truth, len(match.names))
    return np.take(match.truth_table, truth)


def check_ids(sample: Sample, truth: NDArray[np.uint8], num_classes: int) -> None:
    """Raise `UserError` `labels_id_too_large` if a ground truth (H, W) has an id of no class."""
    largest = int(truth.max(where=truth != IGNORE, initial=0))
    if largest >= num_classes:
        raise id_too_large(sample, largest, num_classes)


def check_size(sample: Sample, truth: Labels, pixels: NDArray[np.generic], source: Path) -> None:
    """Raise `UserError` `labels_wrong_size` unless both have the same height and width."""
    if truth.shape != pixels.shape[:2]:
        raise UserError(
            "labels_wrong_size",
            path=str(sample.labels),
            width=truth.shape[1],
            height=truth.shape[0],
            other=str(source),
            other_width=pixels.shape[1],
            other_height=pixels.shape[0],
        )


def _find_predictions(dataset: Dataset, folder: Path) -> dict[Sample, Path]:
    named: defaultdict[str, list[Path]] = defaultdict(list)
    for path in find_images([folder]):
        if path.suffix.lower() == ".png":
            named[path.stem].append(path)
            # The official Cityscapes script goes by city, sequence and frame alone.
            frame = "_".join(path.stem.split("_")[:3])
            if dataset.layout == "cityscapes" and frame != path.stem:
                named[frame].append(path)
    stems = Counter(sample.image.stem for sample in dataset.samples)
    found: dict[Sample, Path] = {}
    for sample in dataset.samples:
        paths = named.get(sample.image.stem) or named.get(sample.id) or []
        mirrored = [path for path in paths if _mirrors(path, folder, sample)]
        if mirrored or stems[sample.image.stem] > 1:  # Else the name alone would not tell.
            paths = mirrored
        if len(paths) > 1:
            raise UserError(
                "predictions_ambiguous", path=str(paths[0]), other=str(paths[1]), sample=sample.id
            )
        found.update((sample, path) for path in paths)
    if not found:
        example = f"{dataset.samples[0].image.stem}.png"
        raise UserError("predictions_missing", path=str(folder), example=example)
    return found


def _mirrors(path: Path, folder: Path, sample: Sample) -> bool:
    """Whether `path` lies in the same sub-folders of `folder` as the image in the data set."""
    name = path.relative_to(folder).with_suffix("").as_posix()
    return "/" in name and f"/{sample.id}".endswith(f"/{name}")
