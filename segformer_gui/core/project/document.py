"""The mask of one image of a project, with what was done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.history import Edit, History
from segformer_gui.core.annotation.mask import Mask
from segformer_gui.core.annotation.patch import Patch
from segformer_gui.core.annotation.region import NOWHERE, Box
from segformer_gui.core.errors import Note
from segformer_gui.core.project.journal import Journal


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A mask as it is to be saved: after `edits` edits, with all that its `segments` hold."""

    labels: NDArray[np.uint8]
    touched: NDArray[np.bool_]
    edits: int
    segments: list[Path]


class Document:
    """An image's mask, history and journal: edit the `mask`, then `commit` the patch.

    `image` is the image's id in the project, and `notes` tell what was found when its mask was
    opened. All of this is for one thread; only saving may happen in another one meanwhile.
    """

    def __init__(
        self,
        image: str,
        mask: Mask,
        history: History,
        journal: Journal,
        lock: RLock,
        edited: Callable[[Document, bool], None],
    ) -> None:
        self.image = image
        self.mask = mask
        self.history = history
        self.notes: tuple[Note, ...] = ()
        self._edits = 0
        self._saved_edits = 0
        self._journal = journal
        self._lock = lock
        self._edited = edited
        self._restore()

    def commit(self, patch: Patch | None, name: str, class_edit: int | None = None) -> None:
        """Remember an edit of the mask, so that it can be undone and is not lost.

        Raises `UserError` `disk_full`, `no_permission` or `write_failed` if it could not be written
        to the journal: the edit stands and can be undone, but would be lost with the process.
        """
        if patch is not None:
            with self._lock:
                self.history.push(Edit(name, patch, class_edit))
                self._record(patch, new=True)

    def undo(self, class_edit: int | None = None) -> Box:
        """Undo the latest edit; returns what may have changed. Raises `UserError` as `commit`.

        An edit whose `class_edit` is set is one of all images, which `ClassEdits.undo` undoes.
        """
        with self._lock:
            edit = self.history.to_undo
            if edit is None:
                return NOWHERE
            assert edit.class_edit == class_edit, "an edit of the classes is undone in all images"
            self.history.undo()
            box = self.mask.revert(edit.patch)
            self._record(edit.patch.inverse(), new=False)
            return box

    def redo(self, class_edit: int | None = None) -> Box:
        """Make what was undone last again. As `undo`."""
        with self._lock:
            edit = self.history.to_redo
            if edit is None:
                return NOWHERE
            assert edit.class_edit == class_edit, "an edit of the classes is made in all images"
            self.history.redo()
            box = self.mask.apply(edit.patch)
            self._record(edit.patch, new=False)
            return box

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that the mask's file does not hold."""
        return self._edits > self._saved_edits

    def snapshot(self) -> Snapshot:
        """What a save is to write, without a stroke that is being drawn."""
        with self._lock:
            segments = self._journal.begin_segment()
            labels, touched = self.mask.settled()
            return Snapshot(labels, touched, self._edits, segments)

    def saved(self, snapshot: Snapshot) -> None:
        """The mask's file holds `snapshot`. Raises `UserError` as `file_error`."""
        with self._lock:
            # First: a segment that is left makes the mask count as unsaved, so that the row of
            # segments on the disk never has a gap.
            self._journal.remove(snapshot.segments)
            self._saved_edits = snapshot.edits

    def _record(self, patch: Patch, new: bool) -> None:
        self._edits += 1
        self._edited(self, new)
        if patch.tiles:
            self._journal.append(patch)

    def _restore(self) -> None:
        """Make the journal's patches again; each of them can be undone."""
        for patch in self._journal.read():
            self.mask.apply(patch)
            self.history.push(Edit("restored", patch))
            self._edits += 1
        paths = self._journal.damaged
        self.notes = tuple(Note("journal_damaged", {"path": str(path)}) for path in paths)
