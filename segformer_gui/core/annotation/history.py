"""Undo and redo of an image's mask: a list of patches, capped in bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from segformer_gui.core.annotation.patch import Patch

MAX_BYTES = 64 << 20

# Numbers edits in the order in which they were made, in all images.
next_serial: Callable[[], int] = count(1).__next__


@dataclass(frozen=True)
class Edit:
    """One thing that can be undone. `name` tells a person what it was, such as "stroke".

    `class_edit` is the serial of the project's class edit that it is a part of, which can only be
    undone in all images at once.
    """

    name: str
    patch: Patch
    class_edit: int | None = None
    serial: int = field(default_factory=next_serial)


class History:
    """What was done to a mask and what was undone, the latest last.

    Above `max_bytes` the oldest edits are forgotten; the latest one always stays.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._forgotten = 0  # Serial of the latest edit that is in the mask for good.
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._done) + len(self._undone)

    @property
    def to_undo(self) -> Edit | None:
        """What `undo` would undo."""
        return self._done[-1] if self._done else None

    @property
    def to_redo(self) -> Edit | None:
        """What `redo` would make again."""
        return self._undone[-1] if self._undone else None

    @property
    def newest(self) -> int:
        """Serial of the latest edit that is in the mask; 0 if there is none."""
        return self._done[-1].serial if self._done else self._forgotten

    def push(self, edit: Edit) -> None:
        """Remember an edit that was just made; what was undone before is forgotten."""
        self.forget_undone()
        self._done.append(edit)
        self.nbytes += edit.patch.nbytes
        while self.nbytes > self._max_bytes and len(self._done) > 1:
            oldest = self._done.pop(0)
            self._forgotten = oldest.serial
            self.nbytes -= oldest.patch.nbytes

    def undo(self) -> Edit | None:
        """Count the latest edit as undone and return it, for its patch to be reverted."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Edit | None:
        """Count the latest edit that was undone as done, and return it to be applied."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def forget_undone(self, class_edit: int | None = None) -> None:
        """Forget what could be made again: all, or a part of a class edit and what lies on it."""
        ends = [
            number
            for number, edit in enumerate(self._undone, 1)
            if class_edit in (None, edit.class_edit)
        ]
        forgotten = self._undone[: max(ends, default=0)]
        self.nbytes -= sum(edit.patch.nbytes for edit in forgotten)
        del self._undone[: len(forgotten)]

    def forget(self) -> None:
        """Forget all."""
        self._forgotten = self.newest
        self._done.clear()
        self._undone.clear()
        self.nbytes = 0
