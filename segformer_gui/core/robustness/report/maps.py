"""Tables as pictures: the heat map of conditions, and what each class loses."""

from __future__ import annotations

import math

from segformer_gui.core.corruption.catalogue import GROUPS
from segformer_gui.core.robustness.findings import percent, plain
from segformer_gui.core.robustness.report.drawing import (
    LINE,
    SOFT,
    Drawing,
    ink_on,
    loss_color,
)
from segformer_gui.core.robustness.results import ModelScores, Results

_ROW, _CELL = 24, 52
_GROUP_OF = {name: group for group, names in GROUPS.items() for name in names}


def heat_map(results: Results, scores: ModelScores) -> Drawing:
    """Corruption by severity: the score in %, coloured by how much of the clean one is lost."""
    severities = sorted({s for own in scores.corruptions.values() for s in own.by_severity})
    left, top = 190, 58
    mean_at = left + len(severities) * _CELL + 8
    width, height = mean_at + _CELL + 12, top + (len(scores.corruptions) + 1) * _ROW + 50
    drawing = Drawing(width, height, f"{scores.model.name} by corruption and severity")
    drawing.text(0, 16, scores.model.name, size=14, bold=True)
    accuracy = results.plan.mode == "accuracy"
    word = "mIoU" if accuracy else "consistency"
    drawing.text(left, top - 24, f"severity, {word} in %", size=11, color=SOFT)
    for column, severity in enumerate(severities):
        x = left + (column + 0.5) * _CELL
        drawing.text(x, top - 8, f"{severity:g}", anchor="middle", color=SOFT)
    drawing.text(mean_at + _CELL / 2, top - 8, "mean", anchor="middle", color=SOFT, bold=True)
    clean = scores.clean_miou.value
    previous = None
    for row, (name, own) in enumerate(scores.corruptions.items()):
        y = top + row * _ROW
        group = _GROUP_OF[name]
        if group != previous:
            drawing.text(0, y + 16, group, size=11, color=SOFT)
            if previous:
                drawing.line([(0, y - 0.5), (width - 12, y - 0.5)], LINE)
            previous = group
        drawing.text(left - 10, y + 16, plain(name), anchor="end")
        for column, severity in enumerate(severities):
            x = left + column * _CELL
            if severity in own.by_severity:
                value = own.by_severity[severity].value
                _cell(drawing, x, y, value, clean, f"{plain(name)}, severity {severity:g}")
            else:  # The protocol leaves it out.
                drawing.text(x + _CELL / 2, y + 16, "\N{EN DASH}", anchor="middle", color=LINE)
        _cell(drawing, mean_at, y, own.miou.value, clean, f"{plain(name)}, mean")
    y = top + len(scores.corruptions) * _ROW + 6
    mean = "mean (mPC)" if accuracy else "mean"
    drawing.text(left - 10, y + 16, mean, anchor="end", bold=True)
    _cell(drawing, mean_at, y, scores.mpc.value, clean, "mean of all corruptions")
    if accuracy:
        drawing.text(left, y + 16, f"clean {percent(clean)}", color=SOFT)
    _loss_legend(drawing, left, y + 38)
    return drawing


def _cell(drawing: Drawing, x: float, y: float, value: float, clean: float, what: str) -> None:
    lost = 1 - value / clean if clean > 0 else 0.0
    color = loss_color(0.0 if math.isnan(lost) else lost)
    tip = f"{what}: {percent(value)} %, {percent(lost)} % of the clean score lost"
    drawing.rectangle(x + 1, y + 1, _CELL - 2, _ROW - 2, color, tip)
    drawing.text(x + _CELL / 2, y + 16, percent(value), anchor="middle", color=ink_on(color))


def _loss_legend(drawing: Drawing, x: float, y: float) -> None:
    drawing.text(x - 10, y + 9, "lost of clean", size=11, color=SOFT, anchor="end")
    for step in range(50):
        drawing.rectangle(x + 4 * step, y, 4.2, 10, loss_color(step / 49))
    for share in (0, 0.5, 1):
        anchor = "start" if share == 0 else "middle" if share < 1 else "end"
        label = f"{100 * share:.0f} %"
        drawing.text(x + 200 * share, y + 22, label, size=10, color=SOFT, anchor=anchor)
    drawing.height += 12


def class_matrix(results: Results, scores: ModelScores) -> Drawing:
    """Class by corruption: points of IoU lost, the clean IoU beside the name."""
    present = [p for p, iou in enumerate(scores.clean.class_iou) if not math.isnan(iou)]
    names = list(scores.corruptions)
    cell, left, top = 44, 190, 112
    drawing = Drawing(
        left + len(names) * cell + 60,
        top + len(present) * _ROW + 8,
        f"{scores.model.name}: what each class loses by corruption",
    )
    drawing.text(0, 16, scores.model.name, size=14, bold=True)
    accuracy = results.plan.mode == "accuracy"
    if accuracy:
        drawing.text(left - 8, top - 8, "clean IoU, %", size=11, color=SOFT, anchor="end")
    for column, name in enumerate(names):
        x = left + (column + 0.5) * cell + 4
        drawing.text(x, top - 8, plain(name), size=11, color=SOFT, turned=-50)
    for row, place in enumerate(present):
        y, clean = top + row * _ROW, scores.clean.class_iou[place]
        named_at = left - 52 if accuracy else left - 10
        drawing.text(named_at, y + 16, results.class_names[place], anchor="end")
        if accuracy:
            drawing.text(left - 8, y + 16, percent(clean), anchor="end", color=SOFT)
        for column, name in enumerate(names):
            lost = clean - scores.corruptions[name].class_iou[place]
            if math.isnan(lost):
                continue
            color, x = loss_color(lost), left + column * cell
            tip = f"{results.class_names[place]}, {plain(name)}: {-100 * lost:+.1f} points"
            drawing.rectangle(x + 1, y + 1, cell - 2, _ROW - 2, color, tip)
            label = (
                "0" if abs(lost) < 0.005 else f"{-100 * lost:+.0f}".replace("-", "\N{MINUS SIGN}")
            )
            drawing.text(x + cell / 2, y + 16, label, size=11, anchor="middle", color=ink_on(color))
    return drawing
