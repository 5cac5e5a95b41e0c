"""What is done to an image before a model sees it: corruptions one after the other, and a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.corruption.catalogue import is_on_protocol
from segformer_gui.core.corruption.corrupt import Engine, check_condition, corrupt
from segformer_gui.core.errors import Note, UserError

_SEEDS = 1 << 32


@dataclass(frozen=True)
class Step:
    """One corruption at a severity of 0 to 5; written `fog:3`."""

    name: str
    severity: float

    @classmethod
    def parsed(cls, text: str, severity: float = 3) -> Step:
        """`fog:2.4`, or `fog` for the given severity. Raises `UserError` as `check_condition`."""
        name, colon, number = text.partition(":")
        if colon:
            try:
                severity = float(number)
            except ValueError:
                raise UserError("severity_out_of_range", severity=number) from None
        check_condition(name, severity)
        return cls(name, severity)

    def __str__(self) -> str:
        return f"{self.name}:{self.severity:g}"


@dataclass(frozen=True)
class Condition:
    """Corruptions in the order in which they are applied; none, or only severity 0, is "clean".

    More than one of them is a stack, which is our own: benchmarks know single corruptions only.
    """

    steps: tuple[Step, ...] = ()
    seed: int = 0
    engine: Engine = "fast"

    @property
    def applied(self) -> tuple[Step, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.severity > 0)

    @property
    def is_clean(self) -> bool:
        """Whether the image stays as it is."""
        return not self.applied

    @property
    def on_protocol(self) -> bool:
        """Whether benchmarks have this condition: at most one corruption, of a whole severity."""
        return not self.notes

    @property
    def notes(self) -> tuple[Note, ...]:
        """Why the condition is off protocol, if it is."""
        notes = [
            Note("off_protocol", {"severity": f"{step.severity:g}"})
            for step in self.applied
            if not is_on_protocol(step.severity)
        ]
        if len(self.applied) > 1:
            notes.append(Note("stack_off_protocol", {"count": len(self.applied)}))
        return tuple(notes)

    def check(self) -> None:
        """Raise `UserError` as `corrupt` would, whatever the image."""
        for step in self.steps:
            check_condition(step.name, step.severity, self.engine)

    def apply(self, image: NDArray[np.uint8], frame: int | None = None) -> NDArray[np.uint8]:
        """The corrupted image, (H, W, 3) uint8 RGB in and out; `frame` and errors as `corrupt`.

        The first step gets the seed itself, each further one the next number, so that two noises
        of a stack are not the same numbers twice. A step's place counts even where its severity is
        0: the others keep their noise while one is faded in.
        """
        if self.is_clean:
            return image.copy()
        for place, step in enumerate(self.steps):
            if step.severity > 0:
                seed = (self.seed + place) % _SEEDS
                image = corrupt(image, step.name, step.severity, seed, self.engine, frame)
        return image

    def to_json(self) -> dict[str, object]:
        """What was done, as JSON values."""
        return {
            "steps": [{"name": step.name, "severity": step.severity} for step in self.applied],
            "seed": self.seed,
            "engine": self.engine,
            "on_protocol": self.on_protocol,
        }

    def __str__(self) -> str:
        return " + ".join(map(str, self.applied)) or "clean"
