"""What fine-tuning has done: the model before and after, on images that neither has learnt from.

Measured by the grid of the robustness benchmark, clean and under its sixteen corruptions at
severity 3, so that the figures are those that the benchmark itself would give.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import IGNORE, plain_name
from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.errors import Note
from segformer_gui.core.files import write_atomically
from segformer_gui.core.images import read_image
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.metrics.confusion import none_if_nan
from segformer_gui.core.models import load_model
from segformer_gui.core.project.corrections import untouched_images
from segformer_gui.core.robustness.bootstrap import Estimate
from segformer_gui.core.robustness.events import Event, Measured
from segformer_gui.core.robustness.findings import cautions
from segformer_gui.core.robustness.grid import missing_tasks, run_grid
from segformer_gui.core.robustness.plan import custom_protocol, plan_grid
from segformer_gui.core.robustness.results import Difference, Quantity, Results, score_grid
from segformer_gui.core.robustness.store import CellStore
from segformer_gui.core.training.dataset import open_data
from segformer_gui.core.training.events import Proving
from segformer_gui.core.training.folder import MODEL_FOLDER, PROOF_FILE
from segformer_gui.core.training.recipe import Recipe

CELLS_FILE = "proof.sqlite"
_SEVERITY = 3
_UNTOUCHED = 12  # Images of a project that nobody corrected, to see what is forgotten on.


@dataclass(frozen=True, eq=False)
class Proof:
    """Scores before and after, and what to make of them.

    `kept` is the share of pixels, of images that were not trained on, whose class stayed;
    `changed` are these images, the one that changed most first, with the share that did.
    """

    results: Results
    verdict: Note
    kept: float
    changed: tuple[tuple[Path, float], ...]
    unseen: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Everything that a card shows, as JSON values."""
        before, after = self.results.models
        differences = _differences(self.results)
        ious = zip(before.clean.class_iou, after.clean.class_iou, strict=True)
        return {
            "images": len(self.results.plan.images),
            "verdict": self.verdict.code,
            "parameters": self.verdict.parameters,
            "cautions": [[note.code, note.parameters] for note in cautions(self.results)],
            "clean": _pair(before.clean_miou, after.clean_miou),
            "corrupted": _pair(before.mpc, after.mpc),
            "clean_rise": _rise(differences, "clean").to_json(),
            "corrupted_rise": _rise(differences, "mpc").to_json(),
            "agreement": self.kept,
            "changed": [[str(path), share] for path, share in self.changed],
            "classes": {
                name: {"before": none_if_nan(one), "after": none_if_nan(other)}
                for name, (one, other) in zip(self.results.class_names, ious, strict=True)
            },
            "corruptions": {
                name: _pair(scores.miou, after.corruptions[name].miou)
                for name, scores in before.corruptions.items()
            },
            "unseen": list(self.unseen),
        }


class Prover:
    """Compares `run/model` with what the recipe began with, on the images that it held out.

    Cells are kept in the run's folder: what was measured is not measured again. Raises `UserError`
    as `load_model`, `open_data` and `plan_grid`.
    """

    def __init__(self, recipe: Recipe, run: Path) -> None:
        models = (recipe.network.initial, str(run / MODEL_FOLDER))
        self._segmenters = [Segmenter(load_model(name), recipe.device) for name in models]
        classes = self._segmenters[0].model.classes
        held_out = open_data(recipe.data, recipe.network.classes, classes).held_out
        assert held_out is not None, "nothing is held out to prove anything on"
        protocol = custom_protocol(tuple(KR16.severities), (_SEVERITY,))
        # Both at the size that was trained for, which the old model's folder may not tell.
        self._options = SegmentOptions(short_side=recipe.short_side)
        self._plan = plan_grid(held_out, self._segmenters, protocol, options=self._options)
        self._file = run / CELLS_FILE
        trained = recipe.augmentation.corruptions
        self._unseen = tuple(name for name in KR16.severities if name not in trained)
        untouched = untouched_images(held_out.root) if held_out.layout == "project" else []
        step = max(1, -(-len(untouched) // _UNTOUCHED))
        self.images = [*(sample.image for sample in held_out.samples), *untouched[::step]]

    def measure(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Measure what is missing. Raises `UserError` as `run_grid`."""
        with CellStore(self._file) as store:
            tasks = missing_tasks(self._plan, store)
            yield from run_grid(self._plan, self._segmenters, store, tasks, cancelled)

    def changed(self, image: Path) -> float:
        """Share of the pixels of an image that are of another class than before."""
        pixels = read_image(image)
        before, after = (one.segment(pixels, self._options).labels for one in self._segmenters)
        return float(np.mean(self._old_ids[after] != before))

    @property
    def _old_ids(self) -> NDArray[np.uint8]:
        """The old model's id of each class of the new one, by name."""
        old, new = (segmenter.model.classes.names for segmenter in self._segmenters)
        places = {plain_name(name): place for place, name in enumerate(old)}
        return np.array([places.get(plain_name(name), IGNORE) for name in new], np.uint8)

    def proof(self, changes: dict[Path, float]) -> Proof:
        """What was measured, with what `changed` said. Raises `UserError` `grid_incomplete`."""
        with CellStore(self._file) as store:
            results = score_grid(self._plan, store.cells(self._plan.settings_key))
        ordered = sorted(changes.items(), key=lambda change: -change[1])
        kept = 1 - float(np.mean(list(changes.values())))
        return Proof(results, _verdict(results), kept, tuple(ordered), self._unseen)


def prove(recipe: Recipe, run: Path, cancelled: Callable[[], bool]) -> Iterator[Proving]:
    """Measure everything and write `proof.json` into the run, unless `cancelled`.

    Raises `UserError` as `Prover`.
    """
    prover, step = Prover(recipe, run), recipe.optimizer.steps
    done, more = 0, len(prover.images)
    for event in prover.measure(cancelled):
        if isinstance(event, Measured):
            done = event.total
            yield Proving(step, event.done, event.total + more)
    changes: dict[Path, float] = {}
    for image in prover.images:
        if cancelled():
            return
        changes[image] = prover.changed(image)
        yield Proving(step, done + len(changes), done + more)
    content = json.dumps(prover.proof(changes).to_json(), indent=1, allow_nan=False)
    write_atomically(run / PROOF_FILE, f"{content}\n".encode())


def _verdict(results: Results) -> Note:
    """The worst that can be said: a fall before doubt, doubt before a rise."""
    differences = _differences(results)
    clean, corrupted = _rise(differences, "clean"), _rise(differences, "mpc")
    points, other = round(100 * clean.value, 1), round(100 * corrupted.value, 1)
    if clean.value < 0:
        return Note("proof_clean_fell", {"clean": points, "corrupted": other})
    if corrupted.value < 0:
        return Note("proof_corrupted_fell", {"clean": points, "corrupted": other})
    if clean.low is None:
        return Note("proof_one_image", {"clean": points, "corrupted": other})
    if clean.low <= 0:
        return Note("proof_not_distinguishable", {"clean": points, "corrupted": other})
    return Note("proof_better", {"clean": points, "corrupted": other})


def _differences(results: Results) -> dict[Quantity, Difference]:
    return {one.quantity: one for one in results.differences}


def _rise(differences: dict[Quantity, Difference], quantity: Quantity) -> Estimate:
    """After less before."""
    fall = differences[quantity].estimate
    low, high = fall.low, fall.high
    if low is None or high is None:
        return Estimate(-fall.value)
    return Estimate(-fall.value, -high, -low)


def _pair(before: Estimate, after: Estimate) -> dict[str, object]:
    return {"before": before.to_json(), "after": after.to_json()}
