"""The core's errors and notes as sentences in the language of the window."""

from __future__ import annotations

import traceback

from PySide6.QtCore import QCoreApplication

from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.inference.options import Measure
from segformer_gui.messages import CONTEXT, explain, explain_note


def sentence_and_hint(error: BaseException) -> tuple[str, str]:
    """What happened and what can be done about it."""
    if isinstance(error, UserError):
        return explain(error, _translate)
    return (
        QCoreApplication.translate("errors", "Something unexpected went wrong: {kind}.").format(
            kind=type(error).__name__
        ),
        QCoreApplication.translate("errors", "The details are in the log; you can go on working."),
    )


def details(error: BaseException) -> str:
    """The traceback of an error that nobody foresaw, empty for one that has its sentence."""
    if isinstance(error, UserError):
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


def note_sentence(note: Note) -> str:
    """What a note tells the user."""
    return explain_note(note.code, note.parameters, _translate)


def _translate(text: str) -> str:
    return QCoreApplication.translate(CONTEXT, text)
