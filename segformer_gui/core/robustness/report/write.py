"""A benchmark's folder: the page, the pictures, and the scores for other programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from segformer_gui.core.files import write_atomically
from segformer_gui.core.robustness.published import published
from segformer_gui.core.robustness.report.drawing import Drawing
from segformer_gui.core.robustness.report.files import (
    Provenance,
    classes_csv,
    images_csv,
    scores_csv,
    to_json,
)
from segformer_gui.core.robustness.report.maps import class_matrix, heat_map
from segformer_gui.core.robustness.report.page import report_page
from segformer_gui.core.robustness.report.plots import reliability, severity_curves, trade_off
from segformer_gui.core.robustness.report.raster import png
from segformer_gui.core.robustness.results import Results

PAGE_FILE = "report.html"


def write_report(
    folder: Path,
    results: Results,
    provenance: Provenance,
    findings: Sequence[str],
    cautions: Sequence[str],
) -> Path:
    """Write report.html, results.json, three CSV tables, plots as SVG and PNG; returns the page.

    `findings` and `cautions` are the sentences of the notes so called. Raises `UserError` as
    `write_atomically`.
    """
    page = report_page(results, provenance, findings, cautions)
    document = json.dumps(to_json(results, provenance), indent=2, ensure_ascii=False)
    texts = {
        PAGE_FILE: page,
        "results.json": document + "\n",
        "scores.csv": scores_csv(results),
        "classes.csv": classes_csv(results),
        "images.csv": images_csv(results),
    }
    contents = {name: text.encode() for name, text in texts.items()}
    for name, drawing in _plots(results).items():
        contents |= {f"plots/{name}.svg": drawing.svg().encode(), f"plots/{name}.png": png(drawing)}
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return folder / PAGE_FILE


def _plots(results: Results) -> dict[str, Drawing]:
    plots = {"severity_curves": severity_curves(results)}
    accuracy = results.plan.mode == "accuracy"
    if accuracy:
        plots["trade_off"] = trade_off(results, published(results.plan.protocol.name))
    for scores in results.models:
        name = re.sub(r"[^\w.-]+", "_", scores.model.name)
        plots[f"heat_map_{name}"] = heat_map(results, scores)
        plots[f"classes_{name}"] = class_matrix(results, scores)
        if accuracy:
            plots[f"calibration_{name}"] = reliability(scores)
    return plots
