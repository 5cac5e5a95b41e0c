"""What a training run tells while it runs; one line of JSON each in its log."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass


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
class Stepped:
    """Step number `step` (from 1) is done; `parts`: pieces of the batch that fit into memory."""

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
class Finished:
    """The model lies in the folder `model`."""

    step: int
    model: str


Event = Started | Stepped | Validated | Saved | Stopped | Finished


def to_line(event: Event) -> str:
    """The event as a line of JSON, its kind under "event"."""
    content = {"event": type(event).__name__.lower(), **dataclasses.asdict(event)}
    return json.dumps(content, ensure_ascii=False, allow_nan=False)
