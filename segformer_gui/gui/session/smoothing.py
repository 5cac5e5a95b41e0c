"""Masks that flicker less while frames are shown: which past each frame is averaged with."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segformer_gui.gui.session.frame_view import Frame, Results

if TYPE_CHECKING:
    from segformer_gui.core.video.smoothing import Smoother

STRENGTHS = (0.3, 0.5, 0.7, 0.9)  # As `Smoother.amount`.


@dataclass(frozen=True, eq=False)
class Past:
    """What one side, clean or corrupted, remembers: `after` is fed with frame `number`."""

    number: int
    seen_by: tuple[object, ...]
    before: Smoother
    after: Smoother


Pasts = tuple[Past | None, Past | None]  # Of the clean side, and of the corrupted one.


class Smoothing:
    """Goes on from frame to frame as far as each was shown with its mask.

    Everything else begins afresh: a jump, a loop, a step back, another model, size or corruption. A
    frame that is segmented again has the past that it had before, and so the same mask.
    """

    def __init__(self) -> None:
        self._kept: Pasts = None, None
        self.amount = 0.0
        self.strength = 0.5  # What it is switched on with.

    def set(self, amount: float) -> None:
        """0 is off; it begins with the next frame."""
        self.amount = amount
        self.strength = amount or self.strength

    def pasts(self, frame: Frame, *seen_by: object) -> Pasts:
        """What the frame is to be averaged with, by a worker; `seen_by` are model and options."""
        if self.amount == 0:
            return None, None
        clean, corrupted = self._kept
        seen_by = (self.amount, *seen_by)
        return (
            self._past(clean, frame, seen_by),
            self._past(corrupted, frame, (*seen_by, frame.condition)),
        )

    def keep(self, pasts: Pasts, results: Results) -> None:
        """The frame is shown: of the sides that have a result, it is the past of the next one."""
        clean, corrupted = (
            new if result else old
            for old, new, result in zip(self._kept, pasts, results, strict=True)
        )
        self._kept = clean, corrupted

    def forget(self) -> None:
        """Another video."""
        self._kept = None, None

    def _past(self, kept: Past | None, frame: Frame, seen_by: tuple[object, ...]) -> Past:
        from segformer_gui.core.video.smoothing import Smoother  # Brings torch along.

        before = Smoother(self.amount)
        if kept is not None and kept.seen_by == seen_by:
            if kept.number == frame.number:
                before = kept.before
            elif kept.number == frame.after:
                before = kept.after
        # A copy, which shares the mean until it is fed: what does not land is not remembered.
        return Past(frame.number, seen_by, before, copy(before))
