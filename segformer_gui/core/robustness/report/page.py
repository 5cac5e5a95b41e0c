"""The report: one HTML page that needs nothing else, to read, print and send."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from segformer_gui.core.inference.options import scales_text
from segformer_gui.core.metrics.confusion import RULE
from segformer_gui.core.robustness.bootstrap import LEVEL, REPLICATES, Estimate
from segformer_gui.core.robustness.findings import interval, percent, plain, points
from segformer_gui.core.robustness.published import Published, published
from segformer_gui.core.robustness.report.files import CONSISTENCY_RULE, Provenance
from segformer_gui.core.robustness.report.maps import class_matrix, heat_map
from segformer_gui.core.robustness.report.markup import (
    document,
    drawn,
    facts,
    legend,
    listed,
    remark,
    table,
    titled,
)
from segformer_gui.core.robustness.report.plots import (
    lines_of,
    reliability,
    severity_panels,
    trade_off,
)
from segformer_gui.core.robustness.results import Difference, ModelScores, Results

_WORST_IMAGES = 10
_NAMED = 3  # More models than these are counted in the title.
_ENGINES = {
    "fast": "kernels of our own, held against imagecorruptions 1.1.2: the deterministic ones within"
    " a grey level, the random ones in distribution",
    "reference": "the original package imagecorruptions",
}


def report_page(
    results: Results, provenance: Provenance, findings: Sequence[str], cautions: Sequence[str]
) -> str:
    """The report as HTML; `findings` and `cautions` are the sentences of the notes so called."""
    plan = results.plan
    accuracy = plan.mode == "accuracy"
    names = ", ".join(scores.model.name for scores in results.models)
    kind = "robustness" if accuracy else "consistency"
    if len(results.models) > _NAMED:
        names = _counted(len(results.models), "model")
    title = f"Corruption {kind}: {names}"
    others = published(plan.protocol.name) if accuracy else None
    sections = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(_subtitle(results, provenance))}</p>',
        listed(cautions, "caution"),
        "<h2>In short</h2>" + _summary(results) + listed(findings),
        _comparison(results.differences) if accuracy else "",
        _by_corruption(results, others),
        "<h2>By corruption and severity</h2>"
        + drawn(heat_map(results, scores) for scores in results.models),
        "<h2>Severity curves</h2>"
        + f'<p class="soft">{_band_words(results)}</p>'
        + legend([s.model.name for s in results.models], lines_of(results.models))
        + drawn(severity_panels(results), "panels"),
        _details(results),
        _classes(results),
        _calibration(results) if accuracy else "",
        _position(results, others) if accuracy else "",
        _worst_images(results),
        _method(results, provenance),
    ]
    return document(title, sections)


def _subtitle(results: Results, provenance: Provenance) -> str:
    plan = results.plan
    split = f" ({plan.data.split})" if plan.data.split else ""
    images, seeds = _counted(len(plan.images), "image"), _counted(plan.seeds, "seed")
    return (
        f"Protocol {plan.protocol.name} ({plan.protocol.source}) on {_data_name(results)}{split}, "
        f"{images}, {seeds}. {provenance.date}."
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _data_name(results: Results) -> str:
    return results.plan.data.root.resolve().name


def _summary(results: Results) -> str:
    if results.plan.mode == "consistency":
        rows = [[_name(s), _with_range(s.mpc), f"{s.ms:.0f}"] for s in results.models]
        return table(["model", "mean consistency, %", "ms an image"], rows)
    header = ["model", "clean mIoU, %", "mean (mPC), %", "kept (rPC), %", "ECE clean", "ECE mean"]
    header += ["mCD, %", "mean rCD, %"] if results.reference else []
    rows: list[list[str]] = []
    for s in results.models:
        row = [_name(s), *(_with_range(e) for e in (s.clean_miou, s.mpc, s.rpc))]
        row += [_points(s.clean_ece), _points(s.ece)]
        if results.reference:
            row += [_percent(s.mcd), _percent(s.mrcd)]
        rows.append([*row, f"{s.ms:.0f}"])
    caption = "[low, high]: " + _interval_words(results) if results.resampling.blocks > 1 else ""
    if results.reference:
        caption += (
            f" CD and rCD relative to {results.reference}, which has 100: less is better. There is"
            " no mean where the reference loses nothing under one of the corruptions."
        )
    caption += " ECE in points. ms: median of clean images, each by itself."
    return table([*header, "ms an image"], rows) + remark(caption)


def _comparison(differences: Sequence[Difference]) -> str:
    if not differences:
        return ""
    rows: list[list[str]] = []
    for first, second in dict.fromkeys((d.first, d.second) for d in differences):
        row = [f"{escape(first)} less {escape(second)}"]
        for d in differences:
            if (d.first, d.second) == (first, second):
                told = d.distinguishable or d.estimate.low is None
                value = f"{100 * d.estimate.value:+.1f}{_range(d.estimate)}"
                row.append(value if told else f"{value} not distinguishable")
        rows.append(row)
    caption = "On the same images, corrupted alike."
    if differences[0].estimate.low is not None:
        caption += " Not distinguishable: the interval of the difference includes 0."
    header = ["points", "clean mIoU", "mean (mPC)", "kept (rPC)"]
    return "<h2>Model against model</h2>" + table(header, rows) + remark(caption)


def _by_corruption(results: Results, others: Published | None) -> str:
    names = list(results.plan.protocol.severities)
    accuracy = results.plan.mode == "accuracy"
    header = [*(["clean"] if accuracy else []), "mean", *(plain(name) for name in names)]
    rows: list[list[str]] = []
    for s in results.models:
        values = [s.mpc.value, *(s.corruptions[name].miou.value for name in names)]
        if accuracy:
            values.insert(0, s.clean_miou.value)
        rows.append([_name(s), *(percent(value) for value in values)])
    classes = [""] * len(rows)
    word = "mIoU" if accuracy else "Consistency"
    caption = f"{word} in %, for each corruption the protocol's mean over its severities."
    if others:
        for row in sorted(others.rows, key=lambda row: row.mpc):
            name = f'{escape(row.model)} <span class="tag">published</span>'
            values = [row.clean, row.mpc, *(row.miou[corruption] for corruption in names)]
            rows.append([name, *(percent(value) for value in values)])
            classes.append("published")
        classes[len(results.models)] = "published first-published"
        caption += (
            f" Published rows: {others.source}, measured on {others.data}. They are comparable"
            " only with figures of the same data, classes and input size."
        )
    scores = table(["model", *header], rows, classes, "dense")
    return f"<h2>By corruption</h2>{scores}{remark(caption)}"


def _details(results: Results) -> str:
    accuracy = results.plan.mode == "accuracy"
    tables: list[tuple[str, str]] = []
    for scores in results.models:
        compared = results.reference is not None and scores.mcd is not None
        header = ["corruption", "mIoU, %" if accuracy else "consistency, %"]
        header += ["kept, %", "ECE"] if accuracy else []
        header += ["CD, %", "rCD, %"] if compared and accuracy else []
        header += ["spread over seeds"] if results.plan.seeds > 1 else []
        rows: list[list[str]] = []
        for name, own in scores.corruptions.items():
            row = [plain(name), _with_range(own.miou)]
            row += [percent(own.retention.value), _points(own.ece)] if accuracy else []
            row += [_percent(own.cd), _percent(own.rcd)] if compared and accuracy else []
            row += [_points(own.seed_spread)] if results.plan.seeds > 1 else []
            rows.append(row)
        caption = scores.model.name
        if compared and accuracy:
            caption += f"; CD and rCD against {results.reference}"
        tables.append((caption, table(header, rows)))
    return f"<h2>Each corruption in figures</h2>{titled(tables)}"


def _classes(results: Results) -> str:
    what = "IoU" if results.plan.mode == "accuracy" else "consistency"
    words = f"Change of {what} in points, mean over the severities of each corruption."
    figures = drawn(class_matrix(results, scores) for scores in results.models)
    return f'<h2>By class</h2><p class="soft">{words}</p>{figures}'


def _calibration(results: Results) -> str:
    return (
        "<h2>Calibration</h2>"
        '<p class="soft">How often pixels are right that the model is so sure of. Below the'
        " diagonal it is surer than it should be. ECE: mean distance from it, in points. Corrupted:"
        " the pixels of all corrupted images together.</p>"
        + drawn(reliability(scores) for scores in results.models)
    )


def _position(results: Results, others: Published | None) -> str:
    words = "The larger a disc, the slower the model."
    if others:
        words += f" Hollow: published ({others.source}), on {others.data}, without latency."
    return (
        f'<h2>Clean score, what is kept, and latency</h2><p class="soft">{escape(words)}</p>'
        + drawn([trade_off(results, others)])
    )


def _worst_images(results: Results) -> str:
    images = results.plan.images
    if len(images) < 2:
        return ""
    tables: list[tuple[str, str]] = []
    for scores in results.models:
        clean, corrupted = scores.image_miou[0], scores.image_miou[1:]
        lost = clean - corrupted.mean(0)
        order = [int(place) for place in np.argsort(-lost) if not np.isnan(lost[place])]
        rows: list[list[str]] = []
        for place in order[:_WORST_IMAGES]:
            worst = results.plan.conditions[1 + int(np.nanargmin(corrupted[:, place]))]
            rows.append(
                [
                    escape(images[place].sample.id),
                    percent(float(clean[place])),
                    percent(float(corrupted[:, place].mean())),
                    f"{plain(worst.corruption)} {worst.severity:g}",
                ]
            )
        header = ["image", "clean, %", "mean corrupted, %", "worst condition"]
        tables.append((scores.model.name, table(header, rows)))
    return (
        "<h2>Images that lose most</h2>"
        '<p class="soft">Scores of single images; every condition of every image is in'
        f" images.csv.</p>{titled(tables)}"
    )


def _method(results: Results, provenance: Provenance) -> str:
    plan = results.plan
    told = {
        "Score": _score_words(results),
        "Corruptions": f"Made by {_ENGINES[plan.engine]}, at native size, before resizing. Every"
        " image has noise of its own, the same for every model.",
        "Seeds": ", ".join(str(seed) for seed in range(plan.seeds))
        + "; what they become for each image is in images.csv",
        "Intervals": _interval_words(results),
        "Input": _input_words(results),
        "Machine": f"{provenance.machine}; {plan.settings['device']}, {plan.settings['precision']}",
        "Versions": provenance.program + ", " + _pairs(plan.settings["versions"]),
        "Settings": plan.settings_key,
        **{f"Model {s.model.name}": s.model.key for s in results.models},
        "Data": f"{plan.data.root}; hashes of the images in results.json",
    }
    return (
        f"<h2>How it was measured</h2>{facts(told)}<p>To repeat it:</p>"
        f"<pre>{escape(provenance.command)}</pre>"
    )


def _score_words(results: Results) -> str:
    means = (
        "The mean of a corruption is over its severities, mPC the mean over the corruptions, rPC is"
        " mPC over clean. D = 1 - mIoU; CD = sum of D over the reference's; rCD the same of D less"
        " the clean D; mCD the mean of CD. ECE from 15 bins, of each fourth pixel of each fourth"
        " row."
    )
    return f"{RULE} {means if results.plan.mode == 'accuracy' else CONSISTENCY_RULE}"


def _input_words(results: Results) -> str:
    options = results.plan.options
    size = "of the image" if options.short_side is None else f"{options.short_side} px"
    if options.short_side == "model":
        made_for = {s.model.name: s.model.short_side for s in results.models}
        size = "what each model was made for, " + ", ".join(
            f"{name}: {f'{side} px' if side else 'that of the image'}"
            for name, side in made_for.items()
        )
    words = f"Short side: {size}"
    if options.scales != (1.0,):
        words += f"; averaged over {scales_text(options.scales).replace(',', ', ')} times that size"
    if options.sliding:
        words += f"; sliding windows of {options.crop} px every {options.stride} px"
    return words + ("; averaged with the mirrored image" if options.flip else "")


def _band_words(results: Results) -> str:
    if results.resampling.blocks == 1:
        return "Severity 0 is the clean image."
    return f"Severity 0 is the clean image. Band: {_interval_words(results)}"


def _interval_words(results: Results) -> str:
    blocks, kind = results.resampling.blocks, results.resampling.kind
    if blocks == 1:
        return "None: everything is of one image or sequence."
    return (
        f"{100 * LEVEL:.0f} % interval of a bootstrap over {blocks} {kind},"
        f" {REPLICATES} draws, the same for all models."
    )


def _pairs(values: object) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())  # pyright: ignore


def _name(scores: ModelScores) -> str:
    seen = (
        ' <span class="tag">sequence seen in training</span>' if scores.model.seen_sequences else ""
    )
    return f"{escape(scores.model.name)}{seen}"


def _with_range(estimate: Estimate) -> str:
    return percent(estimate.value) + _range(estimate)


def _range(estimate: Estimate) -> str:
    text = interval(estimate)
    return f'<span class="range">{text}</span>' if text else ""


def _points(value: float | None) -> str:
    return "-" if value is None else points(value)


def _percent(value: float | None) -> str:
    return "-" if value is None else percent(value)
