"""The scores as files for other programs: JSON with everything, CSV tables with a row a score."""

from __future__ import annotations

import csv
import io
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from segformer_gui import __version__
from segformer_gui.core.metrics.confusion import RULE
from segformer_gui.core.robustness.bootstrap import LEVEL, REPLICATES, Estimate
from segformer_gui.core.robustness.plan import noise_seed
from segformer_gui.core.robustness.results import CorruptionScores, ModelScores, Results

CONSISTENCY_RULE = (
    "Consistency: the same, with the model's own prediction of the clean image in place of the"
    " ground truth."
)


@dataclass(frozen=True)
class Provenance:
    """Where a report comes from: program, day, machine, and the command to repeat it."""

    program: str
    date: str
    machine: str
    command: str

    @classmethod
    def here(cls, command: str) -> Provenance:
        """This program on this machine, today."""
        system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
        return cls(
            program=f"segformer_gui {__version__}",
            date=datetime.now().astimezone().date().isoformat(),
            machine=f"{system}, Python {platform.python_version()}",
            command=command,
        )


def to_json(results: Results, provenance: Provenance) -> dict[str, object]:
    """Everything that is known of a benchmark, as JSON values; scores in 0..1."""
    plan = results.plan
    return {
        "program": provenance.program,
        "date": provenance.date,
        "machine": provenance.machine,
        "command": provenance.command,
        "mode": plan.mode,
        "rule": RULE if plan.mode == "accuracy" else f"{RULE} {CONSISTENCY_RULE}",
        "protocol": {
            "name": plan.protocol.name,
            "source": plan.protocol.source,
            "severities": {n: list(s) for n, s in plan.protocol.severities.items()},
        },
        "seeds": plan.seeds,
        "data": {
            "root": str(plan.data.root),
            "layout": plan.data.layout,
            "split": plan.data.split,
            "images": {image.sample.id: image.key for image in plan.images},
        },
        "classes": list(results.class_names),
        "settings": plan.settings,
        "settings_key": plan.settings_key,
        "reference": results.reference,
        "intervals": {
            "level": LEVEL,
            "drawn": results.resampling.kind,
            "blocks": results.resampling.blocks,
            "replicates": REPLICATES if results.resampling.blocks > 1 else 0,
        },
        "models": [_model_json(results, scores) for scores in results.models],
        "differences": [
            {
                "first": difference.first,
                "second": difference.second,
                "quantity": difference.quantity,
                **difference.estimate.to_json(),
                "distinguishable": difference.distinguishable,
            }
            for difference in results.differences
        ],
    }


def _model_json(results: Results, scores: ModelScores) -> dict[str, object]:
    return {
        "name": scores.model.name,
        "key": scores.model.key,
        "seen_sequences": list(scores.model.seen_sequences),
        "clean": scores.clean.to_json(),
        "clean_miou": scores.clean_miou.to_json(),
        "clean_ece": scores.clean_ece,
        "mpc": scores.mpc.to_json(),
        "rpc": scores.rpc.to_json(),
        "ece": scores.ece,
        "mcd": scores.mcd,
        "mrcd": scores.mrcd,
        "ms": scores.ms,
        "notes": scores.notes,
        "corruptions": {
            name: _corruption_json(results, own) for name, own in scores.corruptions.items()
        },
    }


def _corruption_json(results: Results, own: CorruptionScores) -> dict[str, object]:
    return {
        "miou": own.miou.to_json(),
        "retention": own.retention.to_json(),
        "by_severity": {f"{level:g}": e.to_json() for level, e in own.by_severity.items()},
        "per_class": {
            name: None if np.isnan(iou) else iou
            for name, iou in zip(results.class_names, own.class_iou, strict=True)
        },
        "ece": own.ece,
        "seed_spread": own.seed_spread,
        "cd": own.cd,
        "rcd": own.rcd,
    }


def scores_csv(results: Results) -> str:
    """A row a model and condition; severity "mean" is the protocol's mean over severities."""
    header = ["model", "corruption", "severity", _score(results), "low", "high", "retention", "ece"]
    header += ["cd", "rcd", "seed_spread"]
    rows: list[Sequence[object]] = []
    for scores in results.models:
        name = scores.model.name
        clean = _estimate(scores.clean_miou)
        rows.append([name, "clean", 0, *clean, 1, scores.clean_ece])
        for corruption, own in scores.corruptions.items():
            for level, estimate in own.by_severity.items():
                rows.append([name, corruption, f"{level:g}", *_estimate(estimate)])
            mean = [own.retention.value, own.ece, own.cd, own.rcd, own.seed_spread]
            rows.append([name, corruption, "mean", *_estimate(own.miou), *mean])
        mean = [scores.rpc.value, scores.ece, scores.mcd, scores.mrcd]
        rows.append([name, "mean", "mean", *_estimate(scores.mpc), *mean])
    return _csv(header, rows)


def classes_csv(results: Results) -> str:
    """A row a model, class and corruption: IoU, mean over the severities, and what is lost."""
    rows: list[Sequence[object]] = []
    for scores in results.models:
        for place, name in enumerate(results.class_names):
            clean = scores.clean.class_iou[place]
            rows.append([scores.model.name, name, "clean", clean, 0])
            for corruption, own in scores.corruptions.items():
                iou = own.class_iou[place]
                rows.append([scores.model.name, name, corruption, iou, clean - iou])
    return _csv(["model", "class", "corruption", "iou", "lost"], rows)


def images_csv(results: Results) -> str:
    """A row a model, image and condition: the score of that image alone.

    `noise_seed` is what `segformer-gui corrupt --seed` makes the same corrupted image with.
    """
    header = ["model", "image", "sequence", "corruption", "severity", "seed", "noise_seed"]
    rows: list[Sequence[object]] = []
    for scores in results.models:
        for place, image in enumerate(results.plan.images):
            sample = image.sample
            for condition, values in zip(results.plan.conditions, scores.image_miou, strict=True):
                corruption, severity, seed = condition
                where = [corruption, f"{severity:g}", seed, noise_seed(image, seed)]
                score = values[place]
                rows.append([scores.model.name, sample.id, sample.sequence, *where, score])
    return _csv([*header, _score(results)], rows)


def _score(results: Results) -> str:
    return "miou" if results.plan.mode == "accuracy" else "consistency"


def _estimate(estimate: Estimate) -> list[float | None]:
    return [estimate.value, estimate.low, estimate.high]


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Empty where there is no number; six digits are more than a score is worth."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        cells = [_cell(value) for value in row]
        writer.writerow(cells + [""] * (len(header) - len(cells)))
    return text.getvalue()


def _cell(value: object) -> object:
    if value is None or value != value:
        return ""
    return f"{value:.6f}" if isinstance(value, float) else value
