"""What a person may choose for fine-tuning; light, so that a command line starts at once."""

from __future__ import annotations

from typing import Literal, get_args

Preset = Literal["quick", "balanced", "thorough", "robust"]
PRESETS: tuple[Preset, ...] = get_args(Preset)
