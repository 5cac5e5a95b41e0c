"""Any sequence of edits, saves, crashes and class edits leaves masks as a plain model has them."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from segformer_gui.core.annotation.brush import Brush, Stroke
from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.annotation.region import Region
from segformer_gui.core.project.project import Project
from tests.core.project.conftest import CLASSES, SIZE, write_images

IMAGES = ("img_0", "img_1")


class Using(RuleBasedStateMachine):
    """A project against plain lists of the states that each mask has been in."""

    @initialize()
    def create(self):
        self.folder = Path(mkdtemp())
        self.project = Project.create(self.folder / "project", CLASSES)
        list(self.project.add(write_images(self.folder / "images", len(IMAGES))))
        self.project.store()
        empty = np.full(SIZE, UNLABELLED, np.uint8), np.zeros(SIZE, np.bool_)
        self.states = {image: [empty] for image in IMAGES}
        self.places = dict.fromkeys(IMAGES, 0)
        self.current = IMAGES[0]

    def teardown(self):
        self.project.close()
        shutil.rmtree(self.folder)

    @property
    def document(self):
        return self.project.document(self.current)

    def _commit(self, document, patch, name):
        document.commit(patch, name)
        if patch is not None:
            place = self.places[self.current] + 1
            states = self.states[self.current]
            states[place:] = [document.mask.settled()]
            self.places[self.current] = place

    @rule(image=st.sampled_from(IMAGES))
    def switch(self, image):
        self.current = image

    @rule(
        points=st.lists(st.tuples(st.floats(-9, 99), st.floats(-9, 69)), min_size=1, max_size=4),
        diameter=st.integers(1, 40),
        class_id=st.sampled_from([0, 1, UNLABELLED]),
    )
    def stroke(self, points, diameter, class_id):
        document = self.document
        stroke = Stroke(document.mask, Brush(diameter), class_id)
        for point in points:
            stroke.move(*point)
        self._commit(document, stroke.end(), "stroke")

    @rule(class_id=st.sampled_from([0, 1]))
    def swap_a_class(self, class_id):
        document = self.document
        region = Region.of(document.mask.labels == class_id)
        self._commit(document, document.mask.edit(region.filled(1 - class_id), touch=False), "fill")

    @rule()
    def undo(self):
        document = self.document
        before = self.places[self.current]
        document.undo()
        self.places[self.current] = max(before - 1, 0)

    @rule()
    def redo(self):
        document = self.document
        if document.history.to_redo is not None and document.history.to_redo.class_edit:
            return  # That is for the classes to make again.
        document.redo()
        last = len(self.states[self.current]) - 1
        self.places[self.current] = min(self.places[self.current] + 1, last)

    @rule()
    def save(self):
        self.project.save(self.current)

    @rule()
    def save_in_the_middle_of_a_stroke(self):
        document = self.document
        stroke = Stroke(document.mask, Brush(20), 1)
        stroke.move(40, 30)
        self.project.save(self.current)
        stroke.move(50, 30)
        self._commit(document, stroke.end(), "stroke")

    @rule(by_name=st.booleans())
    def rename_or_add(self, by_name):
        if by_name:
            self.project.class_edits.rename(0, f"road {len(self.project.classes)}")
        elif len(self.project.classes) < 8:
            self.project.class_edits.add(f"more {len(self.project.classes)}")

    @rule(into=st.sampled_from([0, 2]))
    def merge_and_undo_and_redo(self, into):
        """Class 1 into another and back, which leaves the masks and their past as they were."""
        edits = self.project.class_edits
        before = {image: self.project.document(image).mask.settled() for image in IMAGES}
        list(edits.merge(1, into))
        for image in IMAGES:
            labels = before[image][0]
            merged = self.project.document(image).mask.labels
            assert np.array_equal(merged, np.where(labels == 1, into, labels))
        list(edits.undo())
        list(edits.redo())
        list(edits.undo())
        for image in IMAGES:  # What had been undone before is forgotten.
            if self.project.has_mask(image):
                del self.states[image][self.places[image] + 1 :]

    @rule()
    def crash(self):
        """What was done can be undone as far as it is restored: one step an edit since a save."""
        self.project.close()
        self.project = Project(self.project.folder)
        for image in IMAGES:
            document = self.project.document(image)
            self.states[image] = [document.mask.settled()]
            steps = 0
            while document.history.to_undo is not None:
                document.undo()
                self.states[image].insert(0, document.mask.settled())
                steps += 1
            for _ in range(steps):
                document.redo()
            self.places[image] = len(self.states[image]) - 1

    @invariant()
    def every_mask_is_in_its_state(self):
        if not hasattr(self, "states"):
            return
        for image in IMAGES:
            labels, touched = self.states[image][self.places[image]]
            mask = self.project.document(image).mask
            assert np.array_equal(mask.labels, labels)
            assert np.array_equal(mask.touched, touched)

    @invariant()
    def the_next_process_would_find_the_same(self):
        if not hasattr(self, "states"):
            return
        reader = Project(self.project.folder)
        assert reader.read_only is not None
        for image in IMAGES:
            labels, touched = self.states[image][self.places[image]]
            mask = reader.document(image).mask
            assert np.array_equal(mask.labels, labels)
            assert np.array_equal(mask.touched, touched)
        assert reader.classes == self.project.classes


TestUsing = Using.TestCase
TestUsing.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
