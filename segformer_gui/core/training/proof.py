"""What fine-tuning has done: the model before and after, on images that neither has learnt from.

Measured by the grid of the robustness benchmark, clean and under its sixteen corruptions at
severity 3, so that the figures are those that the benchmark itself would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.errors import Note
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.metrics.confusion import none_if_nan
from segformer_gui.core.models import load_model
from segformer_gui.core.robustness.bootstrap import Estimate
from segformer_gui.core.robustness.events import Event
from segformer_gui.core.robustness.grid import missing_tasks, run_grid
from segformer_gui.core.robustness.plan import custom_protocol, plan_grid
from segformer_gui.core.robustness.results import Difference, Quantity, Results, score_grid
from segformer_gui.core.robustness.store import CellStore
from segformer_gui.core.training.dataset import open_data
from segformer_gui.core.training.folder import MODEL_FOLDER
from segformer_gui.core.training.recipe import Recipe

PROOF_FILE = "proof.sqlite"
_SEVERITY = 3


@dataclass(frozen=True, eq=False)
class Proof:
    """Scores before and after, and what to make of them."""

    results: Results
    verdict: Note

    @property
    def is_better(self) -> bool:
        """Whether nothing speaks against the new model."""
        return self.verdict.code == "proof_better"

    def to_json(self) -> dict[str, object]:
        """Everything that a card shows, as JSON values."""
        before, after = self.results.models
        ious = zip(before.clean.class_iou, after.clean.class_iou, strict=True)
        return {
            "images": len(self.results.plan.images),
            "verdict": self.verdict.code,
            "clean": _pair(before.clean_miou, after.clean_miou),
            "corrupted": _pair(before.mpc, after.mpc),
            "classes": {
                name: {"before": none_if_nan(one), "after": none_if_nan(other)}
                for name, (one, other) in zip(self.results.class_names, ious, strict=True)
            },
            "corruptions": {
                name: _pair(scores.miou, after.corruptions[name].miou)
                for name, scores in before.corruptions.items()
            },
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
        # Both at the size that was trained for, which the new model's folder does not tell.
        options = SegmentOptions(short_side=recipe.short_side)
        self._plan = plan_grid(held_out, self._segmenters, protocol, options=options)
        self._file = run / PROOF_FILE

    def measure(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Measure what is missing. Raises `UserError` as `run_grid`."""
        with CellStore(self._file) as store:
            tasks = missing_tasks(self._plan, store)
            yield from run_grid(self._plan, self._segmenters, store, tasks, cancelled)

    def proof(self) -> Proof:
        """What was measured. Raises `UserError` `grid_incomplete`."""
        with CellStore(self._file) as store:
            results = score_grid(self._plan, store.cells(self._plan.settings_key))
        return Proof(results, _verdict(results))


def _verdict(results: Results) -> Note:
    """The worst that can be said: a fall before doubt, doubt before a rise."""
    differences: dict[Quantity, Difference] = {one.quantity: one for one in results.differences}
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


def _rise(differences: dict[Quantity, Difference], quantity: Quantity) -> Estimate:
    """After less before."""
    fall = differences[quantity].estimate
    low, high = fall.low, fall.high
    if low is None or high is None:
        return Estimate(-fall.value)
    return Estimate(-fall.value, -high, -low)


def _pair(before: Estimate, after: Estimate) -> dict[str, object]:
    return {"before": before.to_json(), "after": after.to_json()}
