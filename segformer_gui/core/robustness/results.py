"""From the cells of a complete grid to its scores, as the protocols define them.

Kamann and Rother, CVPR 2020; Michaelis et al., 2019; Hendrycks and Dietterich, ICLR 2019. All
scores are mIoU of one confusion matrix over the set, in 0..1, unless they say otherwise.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.errors import UserError
from segformer_gui.core.metrics.calibration import Calibration
from segformer_gui.core.metrics.confusion import ConfusionMatrix, Scores
from segformer_gui.core.robustness.bootstrap import (
    Blocks,
    Estimate,
    Resampling,
    class_ious,
    ious,
    mean_of_classes,
    resample,
)
from segformer_gui.core.robustness.plan import CLEAN, Condition, GridModel, Plan
from segformer_gui.core.robustness.store import Cell

Quantity = Literal["clean", "mpc", "rpc"]


@dataclass(frozen=True, eq=False)
class CorruptionScores:
    """One model under one corruption.

    `miou` is the mean over the protocol's severities, which `by_severity` tells apart; each is the
    mean over the seeds, and `seed_spread` the standard deviation of `miou` over them (None of one).
    `retention` is `miou` over the clean one. `class_iou` and the calibration error `ece` are means
    likewise. `cd` and `rcd` compare the loss with the reference's: below 1 is less; None for the
    reference itself, and where it loses nothing.
    """

    miou: Estimate
    by_severity: dict[float, Estimate]
    retention: Estimate
    class_iou: tuple[float, ...]
    ece: float | None
    seed_spread: float | None
    cd: float | None
    rcd: float | None


@dataclass(frozen=True, eq=False)
class ModelScores:
    """One model over the whole grid.

    `clean` are all scores of the clean images. `mpc` (mean performance under corruption) is the
    mean over the corruptions, `rpc` (relative) the same over the clean mIoU. `mcd` and `mrcd` are
    the means of `cd` and `rcd`. `ece` is the mean over the corruptions; `calibration` are the bins
    of the clean and of all corrupted images. `image_miou` (K, N) are scores of single images by the
    plan's conditions. `ms` is the median time of a clean prediction, while the grid ran. `notes`
    counts the cells that a note came with.
    """

    model: GridModel
    clean: Scores
    clean_miou: Estimate
    clean_ece: float | None
    corruptions: dict[str, CorruptionScores]
    mpc: Estimate
    rpc: Estimate
    ece: float | None
    calibration: tuple[Calibration, Calibration]
    mcd: float | None
    mrcd: float | None
    image_miou: NDArray[np.float64]
    ms: float
    notes: dict[str, int]


@dataclass(frozen=True)
class Difference:
    """`first` less `second` in one quantity, on the same draws of images."""

    first: str
    second: str
    quantity: Quantity
    estimate: Estimate

    @property
    def distinguishable(self) -> bool:
        """Whether the interval leaves 0 out; without an interval nothing is."""
        low, high = self.estimate.low, self.estimate.high
        return low is not None and high is not None and (low > 0 or high < 0)


@dataclass(frozen=True, eq=False)
class ImageScores:
    """Single images by the plan's models and conditions, (M, K, N): which are `measured`, and their
    `miou`, NaN where there is nothing to score.
    """

    measured: NDArray[np.bool_]
    miou: NDArray[np.float64]

    @property
    def complete(self) -> bool:
        """Whether every cell is there."""
        return bool(self.measured.all())


@dataclass(frozen=True, eq=False)
class Results:
    """The scores of a plan. `reference` is what CD and rCD are relative to, None of one model."""

    plan: Plan
    class_names: tuple[str, ...]
    models: tuple[ModelScores, ...]
    reference: str | None
    differences: tuple[Difference, ...]
    resampling: Resampling


def score_grid(
    plan: Plan, cells: Iterable[Cell], reference: str | None = None, blocks: Blocks | None = None
) -> Results:
    """Score a complete grid; `cells` may hold others beside the plan's.

    `reference` names one of the models, the first unless given. Raises `UserError`
    `grid_incomplete` if a cell is missing, or `grid_reference_unknown`.
    """
    names = [model.name for model in plan.models]
    if reference is not None and reference not in names:
        raise UserError("grid_reference_unknown", reference=reference, available=", ".join(names))
    reference = reference or (names[0] if len(names) > 1 else None)
    tables, measured = _read(plan, cells)
    if not measured.all():
        missing = int(measured.size - measured.sum())
        raise UserError("grid_incomplete", missing=missing, total=plan.size)
    resampling = resample([image.sample for image in plan.images], blocks)
    curves = [_Curves.of(plan, table, resampling) for table in tables]
    of_reference = curves[names.index(reference)] if reference else None
    models = tuple(
        _score_model(plan, model, table, own, of_reference, resampling)
        for model, table, own in zip(plan.models, tables, curves, strict=True)
    )
    return Results(
        plan=plan,
        class_names=tuple(plan.classes.names[place] for place in plan.scored),
        models=models,
        reference=reference,
        differences=tuple(_differences(names, curves, resampling)),
        resampling=resampling,
    )


def score_images(plan: Plan, cells: Iterable[Cell]) -> ImageScores:
    """Scores of the single images of a grid that need not be complete."""
    tables, measured = _read(plan, cells)
    return ImageScores(
        measured, np.stack([mean_of_classes(ious(table.tallies)) for table in tables])
    )


@dataclass(eq=False)
class _Table:
    """Cells of one model, as arrays by condition and image.

    `tallies` (K, N, 3, C) int64: hits, ground-truth and predicted pixels of the scored classes.
    """

    tallies: NDArray[np.int64]
    calibration: list[Calibration]
    clean_counts: NDArray[np.int64]
    clean_ms: list[float]
    notes: dict[str, int]


def _read(plan: Plan, cells: Iterable[Cell]) -> tuple[list[_Table], NDArray[np.bool_]]:
    """A table of each model, and which cells there were, (M, K, N)."""
    conditions = {condition: place for place, condition in enumerate(plan.conditions)}
    images: dict[str, list[int]] = {}
    for place, image in enumerate(plan.images):  # Two files may be one image.
        images.setdefault(image.key, []).append(place)
    scored, shape = plan.scored, (len(conditions), len(plan.images))
    tables = {
        model.key: _Table(
            np.zeros((*shape, 3, len(scored)), np.int64),
            [Calibration.empty() for _ in conditions],
            np.zeros((len(scored), len(scored) + 1), np.int64),
            [],
            {},
        )
        for model in plan.models
    }
    models = {model.key: place for place, model in enumerate(plan.models)}
    measured = np.zeros((len(models), *shape), np.bool_)
    for cell in cells:
        model, image, condition = cell.key
        if model in models and image in images and condition in conditions:
            places = conditions[condition], images[image]
            _enter(tables[model], cell, *places, scored)
            measured[models[model], places[0], places[1]] = True
    return list(tables.values()), measured


def _enter(
    table: _Table, cell: Cell, condition: int, images: list[int], scored: NDArray[np.intp]
) -> None:
    rows = cell.counts[scored]
    # What is predicted as a class that is not scored is no class, as in `evaluate`.
    counts = np.column_stack([rows[:, scored], rows.sum(1) - rows[:, scored].sum(1)])
    tally = np.stack([counts.diagonal(), counts.sum(1), counts[:, :-1].sum(0)])
    for image in images:
        table.tallies[condition, image] = tally
        if cell.calibration is not None:
            table.calibration[condition] += cell.calibration
        if cell.key.condition == CLEAN:
            table.clean_counts += counts
            table.clean_ms.append(cell.ms)
        for note in cell.notes:
            table.notes[note] = table.notes.get(note, 0) + 1


@dataclass(frozen=True, eq=False)
class _Curves:
    """mIoU of one model under each draw of images, (1 + replicates,) each, seeds averaged."""

    clean: NDArray[np.float64]
    by_severity: dict[str, dict[float, NDArray[np.float64]]]

    @classmethod
    def of(cls, plan: Plan, table: _Table, resampling: Resampling) -> _Curves:
        mious = {
            condition: mean_of_classes(class_ious(tallies, resampling.weights))
            for condition, tallies in zip(plan.conditions, table.tallies, strict=True)
        }
        by_severity = {
            name: {
                severity: np.mean(
                    [mious[Condition(name, severity, seed)] for seed in plan.seeds_of(name)], 0
                )
                for severity in severities
            }
            for name, severities in plan.protocol.severities.items()
        }
        return cls(mious[CLEAN], by_severity)

    def corruption(self, name: str) -> NDArray[np.float64]:
        return np.mean(list(self.by_severity[name].values()), 0)

    @property
    def mpc(self) -> NDArray[np.float64]:
        return np.mean([self.corruption(name) for name in self.by_severity], 0)

    @property
    def rpc(self) -> NDArray[np.float64]:
        return _ratio(self.mpc, self.clean)

    def quantity(self, quantity: Quantity) -> NDArray[np.float64]:
        return {"clean": self.clean, "mpc": self.mpc, "rpc": self.rpc}[quantity]


def _score_model(
    plan: Plan,
    model: GridModel,
    table: _Table,
    curves: _Curves,
    reference: _Curves | None,
    resampling: Resampling,
) -> ModelScores:
    errors = [None if np.isnan(c.error) else c.error for c in table.calibration]
    ece = dict(zip(plan.conditions, errors, strict=True))
    if reference is curves:
        reference = None
    corruptions = {
        name: _score_corruption(plan, name, table, curves, reference, ece, resampling)
        for name in plan.protocol.severities
    }
    names = [plan.classes.names[place] for place in plan.scored]
    return ModelScores(
        model=model,
        clean=ConfusionMatrix(table.clean_counts, len(plan.images)).scores(names),
        clean_miou=resampling.estimate(curves.clean),
        clean_ece=ece[CLEAN],
        corruptions=corruptions,
        mpc=resampling.estimate(curves.mpc),
        rpc=resampling.estimate(curves.rpc),
        ece=_mean([scores.ece for scores in corruptions.values()]),
        calibration=(
            table.calibration[0],
            sum(table.calibration[1:], Calibration.empty()),
        ),
        mcd=_mean([scores.cd for scores in corruptions.values()]),
        mrcd=_mean([scores.rcd for scores in corruptions.values()]),
        image_miou=mean_of_classes(ious(table.tallies)),
        ms=float(np.median(table.clean_ms)),
        notes=table.notes,
    )


def _score_corruption(
    plan: Plan,
    name: str,
    table: _Table,
    curves: _Curves,
    reference: _Curves | None,
    ece: dict[Condition, float | None],
    resampling: Resampling,
) -> CorruptionScores:
    severities = plan.protocol.severities[name]
    places = {c: place for place, c in enumerate(plan.conditions) if c.corruption == name}
    by_class = {c: ious(table.tallies[place].sum(0)) for c, place in places.items()}
    by_seed = [
        np.mean([mean_of_classes(by_class[Condition(name, level, seed)]) for level in severities])
        for seed in plan.seeds_of(name)
    ]
    return CorruptionScores(
        miou=resampling.estimate(curves.corruption(name)),
        by_severity={
            level: resampling.estimate(values) for level, values in curves.by_severity[name].items()
        },
        retention=resampling.estimate(_ratio(curves.corruption(name), curves.clean)),
        class_iou=tuple(np.mean(list(by_class.values()), 0).tolist()),
        ece=_mean([ece[condition] for condition in places]),
        seed_spread=float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else None,
        cd=_degradation(curves, reference, name, relative=False),
        rcd=_degradation(curves, reference, name, relative=True),
    )


def _degradation(
    curves: _Curves, reference: _Curves | None, name: str, *, relative: bool
) -> float | None:
    """CD (or, relative to each one's clean error, rCD): errors summed, over the reference's."""
    if reference is None:
        return None
    own, others = (
        sum((c.clean[0] if relative else 1) - values[0] for values in c.by_severity[name].values())
        for c in (curves, reference)
    )
    return float(own / others) if others > 0 else None


def _differences(
    names: list[str], curves: list[_Curves], resampling: Resampling
) -> Iterable[Difference]:
    pairs = itertools.combinations(zip(names, curves, strict=True), 2)
    for (first, one), (second, other) in pairs:
        quantities: tuple[Quantity, ...] = ("clean", "mpc", "rpc")
        for quantity in quantities:
            values = one.quantity(quantity) - other.quantity(quantity)
            yield Difference(first, second, quantity, resampling.estimate(values))


def _ratio(values: NDArray[np.float64], clean: NDArray[np.float64]) -> NDArray[np.float64]:
    """`values` over `clean`; NaN where a model gets nothing right at all."""
    return np.divide(values, clean, out=np.full_like(values, np.nan), where=clean > 0)


def _mean(values: Iterable[float | None]) -> float | None:
    """Of all of them, or of none: a mean over some would be of another grid."""
    values = list(values)
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None
