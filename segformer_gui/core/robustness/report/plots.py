"""Plots: severity curves, calibration, and clean score against what is kept of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from segformer_gui.core.metrics.calibration import BINS, Calibration
from segformer_gui.core.robustness.findings import percent, plain
from segformer_gui.core.robustness.published import Published
from segformer_gui.core.robustness.report.drawing import (
    INK,
    LINE,
    SERIES,
    SOFT,
    Drawing,
    Point,
)
from segformer_gui.core.robustness.report.labels import Labels
from segformer_gui.core.robustness.results import ModelScores, Results

_FEW_PIXELS = 2e-4  # Of all: the accuracy of fewer is chance.


_PANEL = (252, 158)


def severity_curves(results: Results, title_of: Callable[[str], str] = plain) -> Drawing:
    """A panel a corruption: the score over severity, one line a model, with its interval."""
    names = list(results.plan.protocol.severities)
    columns, (width, height) = min(4, len(names)), _PANEL
    rows = -(-len(names) // columns)
    drawing = Drawing(columns * width, 0, "Score by severity of each corruption")
    top = _legend(drawing, results.models)
    drawing.height = top + rows * height
    for place, name in enumerate(names):
        row, column = divmod(place, columns)
        corner = column * width, top + row * height
        _panel(drawing, results, name, title_of(name), corner)
    return drawing


def severity_panels(results: Results) -> list[Drawing]:
    """The panels of `severity_curves`, each by itself."""
    panels: list[Drawing] = []
    for name in results.plan.protocol.severities:
        panel = Drawing(*_PANEL, f"Score by severity of {plain(name)}")
        _panel(panel, results, name, plain(name), (0, 0))
        panels.append(panel)
    return panels


def _panel(
    drawing: Drawing,
    results: Results,
    name: str,
    title: str,
    corner: Point,
) -> None:
    left, top, width, height = corner[0] + 34, corner[1] + 22, 206, 108
    # Hardly anything scores better corrupted than clean; if so, the panels have a little room.
    highest = max(scores.clean_miou.high or scores.clean_miou.value for scores in results.models)
    ceiling = max(0.2, math.ceil(highest * 5) / 5)
    farthest = max(s for levels in results.plan.protocol.severities.values() for s in levels)

    def at(severity: float, score: float) -> Point:
        return left + width * severity / farthest, top + height * (1 - score / ceiling)

    drawing.text(left, top - 7, title, bold=True)
    for score in np.linspace(0, ceiling, round(ceiling * 5) + 1):
        start, end = at(0, score), at(farthest, score)
        drawing.line([start, end], LINE)
        drawing.text(
            start[0] - 6, start[1] + 3.5, f"{100 * score:.0f}", size=10, color=SOFT, anchor="end"
        )
    for severity in range(int(farthest) + 1):
        x, y = at(severity, 0)
        drawing.text(x, y + 13, f"{severity}", size=10, color=SOFT, anchor="middle")
    for (color, dashed), scores in zip(lines_of(results.models), results.models, strict=True):
        points = [(0.0, scores.clean_miou), *sorted(scores.corruptions[name].by_severity.items())]
        upper = [at(s, e.high) for s, e in points if e.high is not None]
        lower = [at(s, e.low) for s, e in points if e.low is not None]
        if upper:
            drawing.area([*upper, *reversed(lower)], color, 0.16)
        drawing.line([at(s, e.value) for s, e in points], color, 1.8, dashed)
        for severity, estimate in points:
            tip = f"{scores.model.name}, severity {severity:g}: {percent(estimate.value)} %"
            drawing.circle(*at(severity, estimate.value), 2.6, color, tip)


def _legend(drawing: Drawing, models: Sequence[ModelScores]) -> float:
    """Write it at the top, in as many rows as it takes; returns where it ends."""
    x, y = 4.0, 10.0
    for (color, dashed), scores in zip(lines_of(models), models, strict=True):
        width = 26 + _text_width(scores.model.name)
        if x > 4 and x + width > drawing.width:
            x, y = 4.0, y + 20
        drawing.line([(x, y), (x + 20, y)], color, 3, dashed)
        drawing.text(x + 26, y + 4, scores.model.name)
        x += width + 24
    return y + 20


def reliability(scores: ModelScores) -> Drawing:
    """Accuracy over confidence, clean and corrupted; on the diagonal a model knows its limits."""
    drawing = Drawing(268, 262, f"{scores.model.name}: accuracy by confidence")
    drawing.text(0, 14, scores.model.name, bold=True)
    left, top, side = 44, 28, 190

    def at(confidence: float, accuracy: float) -> Point:
        return left + side * confidence, top + side * (1 - accuracy)

    _square(drawing, at, "confidence, %", "accuracy, %")
    drawing.line([at(0, 0), at(1, 1)], SOFT, 1, dashed=True)
    series = (("clean", SERIES[0]), ("corrupted", SERIES[1]))
    for row, ((label, color), bins) in enumerate(zip(series, scores.calibration, strict=True)):
        drawing.line([at(c, a) for c, a, _ in _bins(bins)], color, 1.8)
        for confidence, accuracy, share in _bins(bins):
            tip = (
                f"{label}: confidence {percent(confidence)} %, right {percent(accuracy)} %, "
                f"{percent(share)} % of the pixels"
            )
            drawing.circle(*at(confidence, accuracy), 1.5 + 4 * math.sqrt(share), color, tip)
        x, y = at(0.03, 0.93 - 0.08 * row)
        drawing.circle(x, y - 4, 4, color)
        drawing.text(x + 9, y, f"{label}, ECE {percent(bins.error)}", size=11)
    return drawing


def _bins(calibration: Calibration) -> list[tuple[float, float, float]]:
    """Mean confidence, accuracy and share of the pixels of each bin that has more than a few."""
    total = calibration.pixels.sum()
    return [
        (calibration.confidence[b] / n, calibration.correct[b] / n, n / total)
        for b in range(BINS)
        if (n := calibration.pixels[b]) > _FEW_PIXELS * total
    ]


def trade_off(
    results: Results,
    others: Published | None,
    axes: tuple[str, str] = ("clean mIoU, %", "kept when corrupted (rPC), %"),
) -> Drawing:
    """Clean score against what is kept of it; area of a disc in proportion to its latency."""
    drawing = Drawing(640, 420, "Clean mIoU, retention and latency")
    left, top, width, height = 52, 20, 560, 340
    rows = others.rows if others else ()
    # What is kept of nothing has no place.
    own = [
        (s.clean_miou.value, s.rpc.value) if s.clean_miou.value else (0, 0) for s in results.models
    ]
    points = own + [(row.clean, row.rpc) for row in rows]
    low_x, high_x = _range([x for x, _ in points])
    low_y, high_y = _range([y for _, y in points])

    def at(clean: float, kept: float) -> Point:
        across = (clean - low_x) / (high_x - low_x)
        up = (kept - low_y) / (high_y - low_y)
        return left + width * across, top + height * (1 - up)

    for value in np.arange(low_x, high_x + 0.01, 0.1):
        (x, y), (_, end) = at(value, low_y), at(value, high_y)
        drawing.line([(x, y), (x, end)], LINE)
        drawing.text(x, y + 16, f"{100 * value:.0f}", size=11, color=SOFT, anchor="middle")
    for value in np.arange(low_y, high_y + 0.01, 0.1):
        (x, y), (end, _) = at(low_x, value), at(high_x, value)
        drawing.line([(x, y), (end, y)], LINE)
        drawing.text(x - 8, y + 4, f"{100 * value:.0f}", size=11, color=SOFT, anchor="end")
    drawing.text(left + width / 2, 412, axes[0], size=12, color=SOFT, anchor="middle")
    drawing.text(
        14,
        top + height / 2,
        axes[1],
        color=SOFT,
        anchor="middle",
        turned=-90,
    )
    slowest = max(scores.ms for scores in results.models)
    labels = Labels((left, top, left + width, top + height))
    marks: list[tuple[Point, float, str, str, bool]] = []
    lines = lines_of(results.models)
    for (color, _), scores, point in zip(lines, results.models, own, strict=True):
        radius = 14 * math.sqrt(scores.ms / slowest)
        marks.append((at(*point), radius, color, f"{scores.model.name}, {scores.ms:.0f} ms", True))
    for row in rows:
        marks.append((at(row.clean, row.rpc), 4.5, SOFT, row.model, False))
    for place, radius, color, label, ours in marks:
        drawing.circle(*place, radius, color, label, hollow=not ours)
        labels.occupy(*place, radius)
    for place, radius, _, label, ours in marks:
        x, y = labels.place(*place, radius, _text_width(label), 14)
        drawing.text(x, y + 11, label, color=INK if ours else SOFT, bold=ours)
    return drawing


def _square(
    drawing: Drawing, at: Callable[[float, float], Point], across: str, upwards: str
) -> None:
    for value in (0, 0.25, 0.5, 0.75, 1):
        drawing.line([at(0, value), at(1, value)], LINE)
        drawing.line([at(value, 0), at(value, 1)], LINE)
        (x, y), label = at(0, value), f"{100 * value:.0f}"
        drawing.text(x - 6, y + 3.5, label, size=10, color=SOFT, anchor="end")
        x, y = at(value, 0)
        drawing.text(x, y + 13, label, size=10, color=SOFT, anchor="middle")
    x, y = at(0.5, 0)
    drawing.text(x, y + 30, across, size=11, color=SOFT, anchor="middle")
    x, y = at(0, 0.5)
    drawing.text(x - 32, y, upwards, size=11, color=SOFT, anchor="middle", turned=-90)


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Tenths around the values, at least two."""
    low = math.floor(min(values) * 10 - 0.2) / 10
    return max(0.0, low), max(low + 0.2, math.ceil(max(values) * 10 + 0.2) / 10)


def lines_of(models: Sequence[ModelScores]) -> list[tuple[str, bool]]:
    """Colour of each model, the same in every plot; dashed is whoever comes to it second."""
    rounds = (divmod(place, len(SERIES)) for place in range(len(models)))
    return [(SERIES[color], turn % 2 == 1) for turn, color in rounds]


def _text_width(text: str) -> float:
    """About what `text` takes at 12 px."""
    return 7.4 * len(text)
