"""One benchmark by several processes, on one machine or many: who measures what, and the end.

`torchrun` or `accelerate launch` starts the processes; the package accelerate brings them together.
Each writes to a file of its own, and the first one takes the others' files in.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from segformer_gui.core.errors import UserError
from segformer_gui.core.robustness.store import CELLS_FILE, CellStore

T = TypeVar("T")

# The last process may be at it for long after the others.
_LONGEST_WAIT = timedelta(days=14)
_PARTS = "cells.part-*.sqlite"


@dataclass(frozen=True)
class Team:
    """This process is number `rank`, from 0, of `size`."""

    rank: int = 0
    size: int = 1
    _state: Any = None

    def share(self, tasks: Sequence[T]) -> Sequence[T]:
        """What this process is to do; together the processes do all of it, and nothing twice."""
        return tasks[self.rank :: self.size]

    def told(self, value: T) -> T:
        """The first process's `value`, in every process."""
        if self.size == 1:
            return value
        from accelerate.utils import broadcast_object_list

        box = [value]
        broadcast_object_list(box)
        return box[0]

    def wait(self) -> None:
        """Until every process is here."""
        if self.size > 1:
            self._state.wait_for_everyone()

    def file(self, folder: Path) -> Path:
        """The file that this process stores its cells in."""
        name = CELLS_FILE if self.rank == 0 else _PARTS.replace("*", str(self.rank))
        return folder / name


def join_team(cpu: bool) -> Team:
    """The processes that were started together; a single one where none were.

    `cpu` keeps off the graphics cards. Raises `UserError` `team_needs_accelerate`.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return Team()
    try:
        from accelerate import PartialState
    except ImportError as error:
        raise UserError("team_needs_accelerate") from error
    state: Any = PartialState(cpu=cpu, timeout=_LONGEST_WAIT)
    return Team(state.process_index, state.num_processes, state)


def take_in_parts(store: CellStore) -> None:
    """Move the cells of every other process's file in the same folder into `store`."""
    for part in sorted(store.file.parent.glob(_PARTS)):
        store.take_in(part)
