"""What a benchmark found, and what to know about its scores, as notes for a person."""

from __future__ import annotations

from collections.abc import Iterator

from segformer_gui.core.corruption.catalogue import is_on_protocol
from segformer_gui.core.errors import Note
from segformer_gui.core.robustness.bootstrap import FEW_BLOCKS, Estimate
from segformer_gui.core.robustness.results import Difference, ModelScores, Results

_FEW_IMAGES = 50
_NAMED = 3  # Of corruptions, and of models that are told of in full.
_QUANTITIES = {"clean": "clean mIoU", "mpc": "mPC", "rpc": "rPC"}


def findings(results: Results) -> list[Note]:
    """What came out: how much each model keeps, where it loses most, and who is better.

    Of many models only the means, compared with the reference's.
    """
    accuracy = results.plan.mode == "accuracy"
    many = len(results.models) > _NAMED
    found: list[Note] = []
    for scores in results.models:
        found.append(_kept(scores) if accuracy else _agrees(scores))
        if many:
            continue
        if len(scores.corruptions) > 1:
            found.append(_extremes(scores))
        # Below one point neither is worth a word.
        if scores.ece is not None and scores.clean_ece is not None and scores.ece > 0.01:
            found.append(
                Note(
                    "grid_calibration",
                    {
                        "model": scores.model.name,
                        "clean": points(scores.clean_ece),
                        "corrupted": points(scores.ece),
                    },
                )
            )
    named = _QUANTITIES if accuracy else {"mpc": "mean consistency"}
    for difference in results.differences:
        with_reference = results.reference in (difference.first, difference.second)
        if many and not (with_reference and difference.quantity == "mpc"):
            continue
        if difference.quantity in named:
            found.append(_compared(difference, named[difference.quantity]))
    return found


def cautions(results: Results) -> Iterator[Note]:
    """What limits the scores' meaning."""
    plan = results.plan
    yield from plan.data.notes
    if plan.mode == "consistency":
        yield Note("grid_consistency", {})
    for scores in results.models:
        if scores.model.seen_sequences:
            yield Note(
                "grid_seen_sequences",
                {
                    "model": scores.model.name,
                    "sequences": ", ".join(scores.model.seen_sequences),
                },
            )
    named = [name for name in plan.classes.names if name]
    left_out = [name for name in named if name not in results.class_names]
    if left_out:
        yield Note(
            "grid_classes_left_out",
            {
                "scored": len(results.class_names),
                "total": len(named),
                "classes": ", ".join(left_out),
            },
        )
    yield from _about_intervals(results)
    if not all(is_on_protocol(severity) for _, severity in plan.protocol.conditions):
        yield Note("grid_off_protocol", {})
    cells = sum(
        count
        for m in results.models
        for note, count in m.notes.items()
        if note.startswith("memory")
    )
    if cells:
        yield Note("grid_memory", {"cells": cells, "total": plan.size})


def _about_intervals(results: Results) -> Iterator[Note]:
    images = len(results.plan.images)
    blocks = results.resampling.blocks
    if blocks == 1:
        yield Note("grid_no_interval", {})
    elif images < _FEW_IMAGES:
        yield Note("grid_few_images", {"images": images})
    sequences = {image.sample.sequence for image in results.plan.images}
    if results.resampling.kind == "images" and blocks > 1 and len(sequences) < images:
        yield Note("grid_neighbouring_images", {})
    elif results.resampling.kind == "sequences" and 1 < blocks < FEW_BLOCKS:
        yield Note("grid_few_sequences", {"sequences": blocks})


def _kept(scores: ModelScores) -> Note:
    return Note(
        "grid_kept",
        {
            "model": scores.model.name,
            "rpc": percent(scores.rpc.value),
            "clean": percent(scores.clean_miou.value),
            "mpc": percent(scores.mpc.value),
            "interval": interval(scores.mpc),
            "count": len(scores.corruptions),
        },
    )


def _agrees(scores: ModelScores) -> Note:
    return Note(
        "grid_agrees",
        {
            "model": scores.model.name,
            "mpc": percent(scores.mpc.value),
            "interval": interval(scores.mpc),
            "count": len(scores.corruptions),
        },
    )


def _extremes(scores: ModelScores) -> Note:
    order = sorted(scores.corruptions, key=lambda name: scores.corruptions[name].miou.value)
    named = max(1, min(_NAMED, len(order) // 2))

    def listed(names: list[str]) -> str:
        return ", ".join(
            f"{plain(name)} ({percent(scores.corruptions[name].miou.value)})" for name in names
        )

    return Note(
        "grid_extremes",
        {
            "model": scores.model.name,
            "worst": listed(order[:named]),
            "best": listed(order[: -named - 1 : -1]),
        },
    )


def _compared(difference: Difference, quantity: str) -> Note:
    first, second, estimate = difference.first, difference.second, difference.estimate
    if estimate.value < 0:
        first, second, estimate = second, first, _negated(estimate)
    if estimate.low is None:
        return Note(
            "grid_untold",
            {
                "first": first,
                "second": second,
                "quantity": quantity,
                "difference": points(estimate.value),
            },
        )
    if difference.distinguishable:
        return Note(
            "grid_better",
            {
                "first": first,
                "second": second,
                "quantity": quantity,
                "difference": points(estimate.value),
                "interval": interval(estimate),
            },
        )
    return Note(
        "grid_not_distinguishable",
        {
            "first": first,
            "second": second,
            "quantity": quantity,
            "difference": points(estimate.value),
            "interval": interval(estimate),
        },
    )


def _negated(estimate: Estimate) -> Estimate:
    if estimate.low is None or estimate.high is None:
        return Estimate(-estimate.value)
    return Estimate(-estimate.value, -estimate.high, -estimate.low)


def interval(estimate: Estimate, digits: int = 1) -> str:
    """ " [low, high]" in points, or nothing where there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f" [{100 * estimate.low:.{digits}f}, {100 * estimate.high:.{digits}f}]"


def percent(value: float) -> str:
    """A score of 0..1 in %, or a dash for none."""
    return "-" if value != value else f"{100 * value:.1f}"


def points(value: float) -> str:
    """A difference of scores in percentage points."""
    return f"{100 * value:.1f}"


def plain(corruption: str) -> str:
    """A corruption's name as it is read: without underscores."""
    return corruption.replace("_", " ")
