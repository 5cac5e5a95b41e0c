"""Undo and redo: any sequence of edits can be walked back and forth, within a cap in bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from numpy.typing import NDArray

from segformer_gui.core.annotation.brush import Brush, Stroke
from segformer_gui.core.annotation.history import MAX_BYTES, Edit, History
from segformer_gui.core.annotation.mask import Mask
from segformer_gui.core.annotation.patch import Patch, Tile
from segformer_gui.core.annotation.region import Box, Region
from tests.core.annotation.conftest import blobs

HEIGHT, WIDTH = 300, 520  # Two rows and three columns of tiles.
State = tuple[NDArray[np.uint8], NDArray[np.bool_]]


class Editing(RuleBasedStateMachine):
    """A mask with its history against a plain list of all of its states."""

    def __init__(self) -> None:
        super().__init__()
        self.mask = Mask(blobs(0, (HEIGHT, WIDTH), grain=64), np.zeros((HEIGHT, WIDTH), np.bool_))
        self.history = History()
        self.states: list[State] = [self.mask.settled()]
        self.place = 0

    def _keep(self, patch: Patch | None) -> None:
        if patch is not None:
            self.history.push(Edit("edit", patch))
            del self.states[self.place + 1 :]
            self.states.append(self.mask.settled())
            self.place += 1

    @rule(
        points=st.lists(
            st.tuples(st.floats(-50, 600), st.floats(-50, 400)), min_size=1, max_size=5
        ),
        diameter=st.integers(1, 90),
        class_id=st.sampled_from([0, 1, 2, 255]),
    )
    def stroke(self, points, diameter, class_id):
        stroke = Stroke(self.mask, Brush(diameter), class_id)
        for point in points:
            stroke.move(*point)
        self._keep(stroke.end())

    @rule(points=st.lists(st.tuples(st.floats(0, 500), st.floats(0, 300)), min_size=1, max_size=3))
    def cancelled_stroke(self, points):
        stroke = Stroke(self.mask, Brush(50), 3)
        for point in points:
            stroke.move(*point)
        stroke.cancel()

    @rule(class_id=st.integers(0, 4), by_person=st.booleans())
    def replace_a_class(self, class_id, by_person):
        region = Region.of(self.mask.labels == class_id)
        self._keep(self.mask.edit(region.filled(class_id + 1), touch=by_person))

    @rule()
    def undo(self):
        edit = self.history.undo()
        assert (edit is None) == (self.place == 0)
        if edit is not None:
            self.mask.revert(edit.patch)
            self.place -= 1

    @precondition(lambda self: self.place < len(self.states) - 1)
    @rule()
    def redo(self):
        edit = self.history.redo()
        assert edit is not None
        self.mask.apply(edit.patch)
        self.place += 1

    @invariant()
    def is_the_state_of_its_place(self):
        labels, touched = self.states[self.place]
        assert np.array_equal(self.mask.labels, labels)
        assert np.array_equal(self.mask.touched, touched)
        assert len(self.history) == len(self.states) - 1


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=40, deadline=None)


def edit(size: int, name: str = "edit") -> Edit:
    return Edit(name, Patch((Tile(Box(0, 0, 1, 1), b"x" * size, b""),)))


def test_the_oldest_edits_go_first_and_the_latest_stays():
    history = History(max_bytes=10_000)
    for number in range(10):
        history.push(edit(2000, str(number)))
        assert history.nbytes <= 10_000
    assert [history.undo().name for _ in range(len(history))] == ["9", "8", "7", "6"]
    assert history.undo() is None

    history.push(edit(50_000, "huge"))
    assert history.to_undo is not None
    assert history.to_undo.name == "huge"
    assert len(history) == 1


def test_a_new_edit_ends_what_could_be_made_again():
    history = History()
    history.push(edit(10, "first"))
    history.push(edit(10, "second"))
    history.undo()
    assert history.to_redo is not None
    assert history.to_redo.name == "second"
    history.push(edit(10, "third"))
    assert history.to_redo is None
    assert history.redo() is None
    assert history.nbytes == sum(edit(10).patch.nbytes for _ in range(2))


@pytest.mark.parametrize("undone", [0, 1, 3])
def test_bytes_are_those_of_what_is_kept(undone):
    history = History()
    for _ in range(3):
        history.push(edit(100))
    for _ in range(undone):
        history.undo()
    assert history.nbytes == 3 * edit(100).patch.nbytes
    history.forget_undone()
    assert history.nbytes == (3 - undone) * edit(100).patch.nbytes
    history.forget()
    assert (history.nbytes, len(history)) == (0, 0)


def test_a_hundred_strokes_on_an_8k_mask_take_less_than_a_tenth_of_the_cap():
    rng = np.random.default_rng(0)
    mask = Mask(blobs(0, (4320, 7680), classes=19, grain=90), np.zeros((4320, 7680), np.bool_))
    history = History()
    for _ in range(100):
        stroke = Stroke(mask, Brush(64), int(rng.integers(19)))
        x, y = rng.uniform(500, 3500, 2)
        for _ in range(20):
            stroke.move(x, y)
            x, y = x + rng.uniform(-60, 60), y + rng.uniform(-60, 60)
        patch = stroke.end()
        assert patch is not None
        history.push(Edit("stroke", patch))
    assert len(history) == 100
    assert history.nbytes < MAX_BYTES / 10
