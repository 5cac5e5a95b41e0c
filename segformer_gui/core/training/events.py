"""What a training run tells while it runs; one line of JSON each in its log."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import get_args


@dataclass(frozen=True)
class Started:
    """The run begins, or goes on, at `step` of `steps`; `device` and `precision` are concrete."""

    step: int
    steps: int
    images: int
    held_out: int
    parameters: int
    classes: tuple[str, ...]
    device: str
    precision: str
    threads: int


@dataclass(frozen=True)
class Reduced:
    """Not one crop of the size that was asked for, in px, fits into memory; smaller ones do."""

    step: int
    height: int
    width: int
    asked_height: int
    asked_width: int


@dataclass(frozen=True)
class Stepped:
    """Step number `step` (from 1) is done, in `seconds` with the wait for its batch.

    `parts`: pieces of the batch that fit into memory.
    """

    step: int
    loss: float
    learning_rate: float
    seconds: float
    parts: int


@dataclass(frozen=True)
class Validated:
    """Scores (as `Scores.to_json`) of the averaged weights on the held-out images.

    `corruption` is the one, at severity 3, that the images had; empty for none.
    """

    step: int
    corruption: str
    scores: dict[str, object]
    seconds: float


@dataclass(frozen=True)
class Saved:
    """A checkpoint holds everything up to `step`."""

    step: int
    path: str


@dataclass(frozen=True)
class Stopped:
    """The run was asked to stop; its checkpoint resumes it."""

    step: int


@dataclass(frozen=True)
class Paused:
    """The run waits, as it was asked to."""

    step: int


@dataclass(frozen=True)
class Resumed:
    """The pause is over."""

    step: int


@dataclass(frozen=True)
class Proving:
    """Of the `total` measurements that compare the new model with the old one, `done` are."""

    step: int
    done: int
    total: int


@dataclass(frozen=True)
class Failed:
    """The run ended with the `UserError` of this code; its last checkpoint is kept."""

    step: int
    code: str
    parameters: dict[str, str]


@dataclass(frozen=True)
class Finished:
    """The model lies in the folder `model`."""

    step: int
    model: str


Event = (
    Started
    | Reduced
    | Stepped
    | Validated
    | Saved
    | Paused
    | Resumed
    | Proving
    | Stopped
    | Failed
    | Finished
)
_KINDS: dict[str, type[Event]] = {kind.__name__.lower(): kind for kind in get_args(Event)}


def to_line(event: Event) -> str:
    """The event as a line of JSON, its kind under "event"."""
    content = {"event": type(event).__name__.lower(), **dataclasses.asdict(event)}
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def from_line(line: str) -> Event | None:
    """The event that `to_line` wrote; None for a line that is damaged or of another version."""
    try:
        content = json.loads(line)
        if "classes" in content:
            content["classes"] = tuple(content["classes"])
        return _KINDS[content.pop("event")](**content)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
