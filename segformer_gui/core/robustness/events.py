"""What a benchmark tells while it runs. Counts are of the cells that this run is to measure."""

from __future__ import annotations

from dataclasses import dataclass

from segformer_gui.core.robustness.plan import Condition


@dataclass(frozen=True)
class Started:
    """The run begins."""

    total: int


@dataclass(frozen=True)
class Measured:
    """All models are measured on `image` in `condition`; `seconds_left` until the end, about."""

    done: int
    total: int
    image: str
    condition: Condition
    seconds_left: float


@dataclass(frozen=True)
class Stopped:
    """The run was asked to stop; the same run again goes on."""

    done: int
    total: int


@dataclass(frozen=True)
class Finished:
    """Every cell of this run is measured and stored."""

    total: int


Event = Started | Measured | Stopped | Finished
