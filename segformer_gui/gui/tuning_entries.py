"""The actions of fine-tuning: part of the table in `actions`."""

from __future__ import annotations

from segformer_gui.gui.entry import Entry
from segformer_gui.messages import QT_TRANSLATE_NOOP

TUNING_ENTRIES = (
    Entry(
        "fine_tune",
        "model",
        QT_TRANSLATE_NOOP("actions", "Fine-&tune…"),
        QT_TRANSLATE_NOOP("actions", "Teach the model what you have corrected"),
        ("Ctrl+T",),
        separated=True,
    ),
    Entry(
        "pause_run",
        "model",
        QT_TRANSLATE_NOOP("actions", "&Pause training or go on"),
        QT_TRANSLATE_NOOP("actions", "Have the trainer wait after its step, or go on"),
    ),
    Entry(
        "stop_run",
        "model",
        QT_TRANSLATE_NOOP("actions", "Stop tra&ining"),
        QT_TRANSLATE_NOOP("actions", "End the training after this step, with a checkpoint"),
    ),
    Entry(
        "follow_run",
        "model",
        QT_TRANSLATE_NOOP("actions", "Follow a &run…"),
        QT_TRANSLATE_NOOP("actions", "Watch a training that was started elsewhere, by its folder"),
    ),
    Entry(
        "roll_back",
        "model",
        QT_TRANSLATE_NOOP("actions", "Roll &back"),
        QT_TRANSLATE_NOOP("actions", "Use the model again that this version was trained from"),
    ),
)
