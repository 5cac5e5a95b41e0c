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

    @property
    def time_left(self) -> str:
        """The time until the end, as coarse as it is known: "40 s", "12 min", "2.5 h"."""
        minutes = round(self.seconds_left / 60)
        if minutes < 1:
            return f"{self.seconds_left:.0f} s"
        return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"


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
