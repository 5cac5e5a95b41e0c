"""The core's errors and notes as sentences in the language of the window."""

from __future__ import annotations

import traceback

from PySide6.QtCore import QCoreApplication

from segformer_gui.core.corruption.condition import Condition
from segformer_gui.core.errors import Note, UserError, memory_ended
from segformer_gui.core.inference.options import Measure
from segformer_gui.gui.session.view import PairMapKind
from segformer_gui.messages import CONTEXT, QT_TRANSLATE_NOOP, explain, explain_note

_CORRUPTIONS = {
    "motion_blur": QT_TRANSLATE_NOOP("corruptions", "Motion blur"),
    "defocus_blur": QT_TRANSLATE_NOOP("corruptions", "Defocus blur"),
    "glass_blur": QT_TRANSLATE_NOOP("corruptions", "Glass blur"),
    "gaussian_blur": QT_TRANSLATE_NOOP("corruptions", "Gaussian blur"),
    "gaussian_noise": QT_TRANSLATE_NOOP("corruptions", "Gaussian noise"),
    "impulse_noise": QT_TRANSLATE_NOOP("corruptions", "Impulse noise"),
    "shot_noise": QT_TRANSLATE_NOOP("corruptions", "Shot noise"),
    "speckle_noise": QT_TRANSLATE_NOOP("corruptions", "Speckle noise"),
    "brightness": QT_TRANSLATE_NOOP("corruptions", "Brightness"),
    "contrast": QT_TRANSLATE_NOOP("corruptions", "Contrast"),
    "saturate": QT_TRANSLATE_NOOP("corruptions", "Saturate"),
    "jpeg_compression": QT_TRANSLATE_NOOP("corruptions", "JPEG"),
    "snow": QT_TRANSLATE_NOOP("corruptions", "Snow"),
    "spatter": QT_TRANSLATE_NOOP("corruptions", "Spatter"),
    "fog": QT_TRANSLATE_NOOP("corruptions", "Fog"),
    "frost": QT_TRANSLATE_NOOP("corruptions", "Frost"),
    "zoom_blur": QT_TRANSLATE_NOOP("corruptions", "Zoom blur"),
    "elastic_transform": QT_TRANSLATE_NOOP("corruptions", "Elastic"),
    "pixelate": QT_TRANSLATE_NOOP("corruptions", "Pixelate"),
}
# Below the title of their group.
_SHORT = {
    "motion_blur": QT_TRANSLATE_NOOP("corruptions", "Motion"),
    "defocus_blur": QT_TRANSLATE_NOOP("corruptions", "Defocus"),
    "glass_blur": QT_TRANSLATE_NOOP("corruptions", "Glass"),
    "gaussian_blur": QT_TRANSLATE_NOOP("corruptions", "Gaussian"),
    "gaussian_noise": QT_TRANSLATE_NOOP("corruptions", "Gaussian"),
    "impulse_noise": QT_TRANSLATE_NOOP("corruptions", "Impulse"),
    "shot_noise": QT_TRANSLATE_NOOP("corruptions", "Shot"),
    "speckle_noise": QT_TRANSLATE_NOOP("corruptions", "Speckle"),
}
_GROUPS = {
    "blur": QT_TRANSLATE_NOOP("corruptions", "Blur"),
    "noise": QT_TRANSLATE_NOOP("corruptions", "Noise"),
    "digital": QT_TRANSLATE_NOOP("corruptions", "Digital"),
    "weather": QT_TRANSLATE_NOOP("corruptions", "Weather"),
    "extra": QT_TRANSLATE_NOOP("corruptions", "Extra"),
}


def duration(seconds: float) -> str:
    """A length of time as a person would say it, such as "12 min"."""
    translate = QCoreApplication.translate
    if seconds < 90:
        return translate("times", "{count} s").format(count=max(1, round(seconds)))
    if seconds < 90 * 60:
        return translate("times", "{count} min").format(count=round(seconds / 60))
    return translate("times", "{count:.1f} h").format(count=seconds / 3600)


def sentence_and_hint(error: BaseException) -> tuple[str, str]:
    """What happened and what can be done about it."""
    if isinstance(error, UserError):
        return explain(error, _translate)
    if memory_ended(error):
        return explain(UserError("memory_ended"), _translate)
    return (
        QCoreApplication.translate("errors", "Something unexpected went wrong: {kind}.").format(
            kind=type(error).__name__
        ),
        QCoreApplication.translate("errors", "The details are in the log; you can go on working."),
    )


def details(error: BaseException) -> str:
    """The traceback of an error that nobody foresaw, empty for one that has its sentence."""
    if isinstance(error, UserError) or memory_ended(error):
        return ""
    return "".join(traceback.format_exception(error))


def measure_title(measure: Measure) -> str:
    """What a measure is called."""
    titles: dict[Measure, str] = {
        "confidence": QCoreApplication.translate("measures", "Confidence"),
        "entropy": QCoreApplication.translate("measures", "Entropy"),
        "margin": QCoreApplication.translate("measures", "Margin"),
    }
    return titles[measure]


def scales_title(scales: str) -> str:
    """What the scales of a segmentation, as `parsed_scales` takes them, are called."""
    numbers = scales.split(",")
    if len(numbers) > 1:
        text = QCoreApplication.translate("scales", "{count} sizes, {first} to {last} times")
        return text.format(count=len(numbers), first=numbers[0], last=numbers[-1])
    if scales == "1":
        return QCoreApplication.translate("scales", "One size")
    return QCoreApplication.translate("scales", "{scale} times").format(scale=scales)


def pair_map_title(kind: PairMapKind) -> str:
    """What a map of a pair is called."""
    titles: dict[PairMapKind, str] = {
        "flips": QCoreApplication.translate("pairs", "Changed class"),
        "confidence_drop": QCoreApplication.translate("pairs", "Loss of confidence"),
        "borders": QCoreApplication.translate("pairs", "Moved borders"),
        "errors": QCoreApplication.translate("pairs", "Errors"),
    }
    return titles[kind]


def pair_map_kinds(kind: PairMapKind) -> tuple[str, ...]:
    """What the colours of such a map mean, in the order of the pair's kinds; or its two ends."""
    kinds: dict[PairMapKind, tuple[str, ...]] = {
        "flips": (),
        "confidence_drop": (
            QCoreApplication.translate("pairs", "risen"),
            QCoreApplication.translate("pairs", "fallen"),
        ),
        "borders": (
            QCoreApplication.translate("pairs", "where it was"),
            QCoreApplication.translate("pairs", "gone"),
            QCoreApplication.translate("pairs", "new"),
        ),
        "errors": (
            QCoreApplication.translate("pairs", "by the corruption"),
            QCoreApplication.translate("pairs", "in the clean image only"),
            QCoreApplication.translate("pairs", "in both"),
        ),
    }
    return kinds[kind]


def corruption_title(name: str) -> str:
    """What a corruption is called."""
    return QCoreApplication.translate("corruptions", _CORRUPTIONS[name])


def corruption_short_title(name: str) -> str:
    """What a corruption is called below the title of its group."""
    return QCoreApplication.translate("corruptions", _SHORT.get(name) or _CORRUPTIONS[name])


def corruption_group_title(group: str) -> str:
    """What a group of corruptions is called."""
    return QCoreApplication.translate("corruptions", _GROUPS[group])


def condition_title(condition: Condition) -> str:
    """A condition in words: "Fog 3 + JPEG 2"."""
    parts = [f"{corruption_title(step.name)} {step.severity:g}" for step in condition.applied]
    return " + ".join(parts) or QCoreApplication.translate("corruptions", "Clean")


def note_sentence(note: Note) -> str:
    """What a note tells the user."""
    return explain_note(note.code, note.parameters, _translate)


def _translate(text: str) -> str:
    return QCoreApplication.translate(CONTEXT, text)
