"""What a person may choose for fine-tuning; light, so that a command line starts at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Preset = Literal["quick", "balanced", "thorough", "robust"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

Freeze = Literal["none", "encoder", "all_but_classifier"]


@dataclass(frozen=True)
class Adjustments:
    """What to do otherwise than a preset does; None leaves it. Fields are those of a recipe.

    `corruptions` are those to train against, at severity 1 to `max_severity`.
    """

    steps: int | None = None
    batch: int | None = None
    learning_rate: float | None = None
    freeze: Freeze | None = None
    keep: float | None = None
    distill: float | None = None
    consistency: float | None = None
    dice: float | None = None
    lovasz: float | None = None
    ohem: float | None = None
    corruptions: tuple[str, ...] | None = None
    max_severity: int | None = None
    seed: int | None = None
