"""Grids from given confusion matrices, without files and networks."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from segformer_gui.core.classes import ClassSet, class_set_of_names
from segformer_gui.core.corruption.catalogue import Protocol
from segformer_gui.core.datasets import Dataset, Sample
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.metrics.calibration import Calibration
from segformer_gui.core.robustness.plan import (
    CLEAN,
    CellKey,
    Condition,
    GridImage,
    GridModel,
    Plan,
)
from segformer_gui.core.robustness.results import Results, score_grid
from segformer_gui.core.robustness.store import Cell

Counts = Callable[[int, int, Condition], np.ndarray]


def plan_of(
    protocol: Protocol,
    *,
    images: int = 2,
    models: Sequence[str] = ("a",),
    classes: ClassSet | None = None,
    known: Sequence[Sequence[bool]] | None = None,
    seeds: int = 1,
    sequences: Sequence[str] | None = None,
    mode: str = "accuracy",
) -> Plan:
    """A plan of images and models that are but names."""
    classes = classes or class_set_of_names(["road", "sky", "car"])
    sequences = sequences or [f"s{index}" for index in range(images)]
    samples = tuple(
        Sample(f"i{index}", Path(f"{index}.png"), Path(f"{index}.png"), sequence)
        for index, sequence in enumerate(sequences)
    )
    has = known or [[True] * len(classes)] * len(models)
    return Plan(
        data=Dataset(Path("data"), "camvid", "val", classes, samples),
        mode=mode,  # pyright: ignore
        images=tuple(GridImage(s, f"content-{s.id}", f"key-{s.id}") for s in samples),
        models=tuple(
            GridModel(name, f"key-{name}", np.zeros(0, np.uint8), np.array(row), 480, ())
            for name, row in zip(models, has, strict=True)
        ),
        protocol=protocol,
        seeds=seeds,
        engine="fast",
        options=SegmentOptions(),
        classes=classes,
        settings={"device": "cpu", "precision": "float32", "versions": {"numpy": "2"}, "code": "c"},
    )


def cells_of(
    plan: Plan,
    counts: Counts,
    calibration: Callable[[int, int, Condition], Calibration | None] = lambda *_: None,
    notes: tuple[str, ...] = (),
) -> list[Cell]:
    """A cell for every key, with what `counts(model, image, condition)` gives."""
    models = {model.key: place for place, model in enumerate(plan.models)}
    images = {image.key: place for place, image in enumerate(plan.images)}
    cells = []
    for key in plan.cell_keys():
        where = models[key.model], images[key.image], key.condition
        cells.append(Cell(CellKey(*key), counts(*where), calibration(*where), 10.0, notes))
    return cells


def random_counts(plan: Plan, seed: int = 0) -> Counts:
    """Confusion matrices in which the diagonal is strong, each its own."""

    def counts(model: int, image: int, condition: Condition) -> np.ndarray:
        key = zlib.crc32(repr((seed, model, image, *map(str, condition))).encode())
        rng = np.random.default_rng(key)
        size = len(plan.classes)
        matrix = rng.integers(0, 20, (size, size + 1))
        return matrix + np.eye(size, size + 1, dtype=int) * rng.integers(0, 200, (size, 1))

    return counts


def results_of(plan: Plan, **options: object) -> Results:
    """Scores of random counts, with a calibration in mode "accuracy"."""

    def calibration(_model: int, _image: int, condition: Condition) -> Calibration | None:
        if plan.mode == "consistency":
            return None
        right = np.arange(300) < (270 if condition == CLEAN else 120)
        return Calibration.of_pixels(np.linspace(0.3, 1, 300), right)

    return score_grid(plan, cells_of(plan, random_counts(plan), calibration), **options)
