"""Edits of the classes reach all masks, and can be undone in all or none."""

from __future__ import annotations

import numpy as np
import pytest

from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.annotation.region import NOWHERE, Region
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import read_record
from tests.core.project.conftest import CLASSES, SIZE, crash, draw, make_project
from tests.errors import code_of


@pytest.fixture
def painted(project: Project) -> Project:
    """img_0 has classes 1 and 2, img_1 class 2 only, img_2 nothing; all saved."""
    for image, places in (("img_0", ((20, 20, 1), (60, 40, 2))), ("img_1", ((40, 30, 2),))):
        document = project.document(image)
        for x, y, class_id in places:
            document.commit(draw(document.mask, x, y, class_id), "stroke")
        project.save(image)
    return project


def states(project: Project) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {image: project.document(image).mask.settled() for image in project.images}


def assert_states(project: Project, expected) -> None:
    for image, (labels, touched) in expected.items():
        mask = project.document(image).mask
        assert np.array_equal(mask.labels, labels), image
        assert np.array_equal(mask.touched, touched), image


def test_classes_are_added_renamed_and_recoloured(project):
    edits = project.class_edits
    assert edits.add(" dog ") == 3
    edits.rename(0, "Road")
    edits.recolor(1, (1, 2, 3))
    stored, _ = read_record(project.folder / "project.json")
    assert stored == project.classes
    assert stored.names == ("Road", "sky", "cat", "dog")
    assert stored.colors[1] == (1, 2, 3)
    list(edits.undo())
    assert (project.classes.names, project.classes.colors[1]) == (stored.names, CLASSES.colors[1])
    list(edits.undo())
    assert project.classes.names == ("road", "sky", "cat", "dog")
    list(edits.undo())
    assert project.classes == CLASSES
    assert read_record(project.folder / "project.json")[0] == CLASSES
    assert edits.to_undo is None
    assert list(edits.undo()) == []
    for _ in range(3):
        list(edits.redo())
    assert project.classes == stored
    assert list(edits.redo()) == []


def test_an_added_class_stays_as_long_as_there_may_be_pixels_of_it(project):
    dog = project.class_edits.add("dog")
    document = project.document("img_0")
    document.commit(draw(document.mask, 20, 20, dog), "stroke")
    document.commit(draw(document.mask, 20, 20, 0, diameter=40), "stroke")
    assert code_of(list, project.class_edits.undo()) == "classes_edited_since"
    document.undo()
    document.undo()
    list(project.class_edits.undo())
    assert project.classes == CLASSES
    assert document.redo() == NOWHERE
    assert (document.mask.labels == UNLABELLED).all()


def test_an_added_class_stays_when_its_edits_are_forgotten(project):
    dog = project.class_edits.add("dog")
    document = project.document("img_0")
    document.commit(draw(document.mask, 20, 20, dog), "stroke")
    document.history.forget()
    assert code_of(list, project.class_edits.undo()) == "classes_edited_since"


def test_names_must_be_there_and_differ(project):
    edits = project.class_edits
    assert code_of(edits.add, "  ") == "class_name_empty"
    assert code_of(edits.add, "ROAD") == "class_name_taken"
    assert code_of(edits.rename, 0, "Sky") == "class_name_taken"
    edits.rename(0, "ROAD")
    for number in range(3, 255):
        edits.add(f"class {number}")
    assert code_of(edits.add, "one too many") == "classes_too_many"


def test_a_merge_moves_pixels_in_all_masks_and_ends_the_class(painted):
    before = states(painted)
    assert list(painted.class_edits.merge(2, 0)) == ["img_0", "img_1"]

    assert painted.classes.names == ("road", "sky", "")
    after = {
        image: (np.where(labels == 2, 0, labels), touched)
        for image, (labels, touched) in before.items()
    }
    assert_states(painted, after)
    assert painted.unsaved == ()
    assert_states(crash(painted), after)


def test_a_delete_unlabels_and_keeps_who_touched_what(painted):
    before = states(painted)
    list(painted.class_edits.delete(1))
    assert painted.classes.names == ("road", "", "cat")
    assert_states(
        painted,
        {i: (np.where(labels == 1, UNLABELLED, labels), t) for i, (labels, t) in before.items()},
    )
    assert painted.class_edits.add("sky") == 3


def test_a_merge_is_undone_and_made_again_in_all_masks(painted):
    before = states(painted)
    list(painted.class_edits.merge(2, 0))
    after = states(painted)
    assert sorted(painted.class_edits.undo()) == ["img_0", "img_1"]
    assert painted.classes.names == ("road", "sky", "cat")
    assert_states(painted, before)
    list(painted.class_edits.redo())
    assert painted.classes.names == ("road", "sky", "")
    assert_states(painted, after)
    list(painted.class_edits.undo())
    document = painted.document("img_0")
    while document.history.to_undo:
        document.undo()
    assert (document.mask.labels == UNLABELLED).all()
    assert_states(crash(painted), {"img_1": before["img_1"]})


def test_a_merge_lies_on_the_strokes_before_it(painted):
    """Also where it changed nothing: undoing the stroke would bring an ended class back."""
    document = painted.document("img_1")
    region = Region.of(document.mask.labels == 2)
    document.commit(document.mask.edit(region.filled(0)), "fill")
    list(painted.class_edits.merge(2, 1))
    top = document.history.to_undo
    assert top is not None
    assert top.class_edit == painted.class_edits.to_undo.serial
    with pytest.raises(AssertionError):
        document.undo()
    list(painted.class_edits.undo())
    document.undo()
    assert (document.mask.labels == 2).any()


def test_what_was_undone_before_a_merge_cannot_bring_its_class_back(painted):
    document = painted.document("img_1")
    document.undo()
    assert document.history.to_redo is not None
    list(painted.class_edits.merge(2, 1))
    assert document.history.to_redo is None


def test_a_merge_is_not_undone_under_later_strokes(painted):
    list(painted.class_edits.merge(2, 0))
    document = painted.document("img_1")
    document.commit(draw(document.mask, 10, 10), "stroke")
    after = states(painted)
    assert code_of(list, painted.class_edits.undo()) == "classes_edited_since"
    assert_states(painted, after)
    assert painted.classes.names[2] == ""
    document.undo()
    list(painted.class_edits.undo())
    assert painted.classes.names[2] == "cat"


def test_a_stroke_ends_what_could_be_made_again_in_all_images(painted):
    list(painted.class_edits.merge(2, 0))
    list(painted.class_edits.undo())
    document = painted.document("img_2")
    document.commit(draw(document.mask, 10, 10), "stroke")
    assert painted.class_edits.to_redo is None
    assert painted.document("img_0").history.to_redo is None


def test_what_was_undone_below_a_merge_can_be_made_again_when_the_merge_cannot(painted):
    document = painted.document("img_0")
    before = document.mask.settled()
    list(painted.class_edits.merge(2, 0))
    list(painted.class_edits.undo())
    document.undo()

    painted.class_edits.add("dog")

    assert painted.class_edits.to_redo is None
    document.redo()
    assert np.array_equal(document.mask.labels, before[0])
    assert document.history.to_redo is None


@pytest.mark.parametrize("how", ["broken", "closed"])
def test_a_merge_that_does_not_end_changes_nothing(painted, how):
    before = states(painted)
    generator = painted.class_edits.merge(2, 0)
    if how == "closed":
        assert next(generator) == "img_0"
        generator.close()
    else:
        path = painted.mask_path("img_1")
        good = path.read_bytes()
        path.write_bytes(b"broken")
        assert code_of(list, generator) == "mask_broken"
        path.write_bytes(good)
    assert painted.classes.names == ("road", "sky", "cat")
    assert painted.class_edits.to_undo is None
    assert_states(painted, before)
    assert_states(crash(painted), before)


def test_an_undo_that_does_not_end_changes_nothing(painted):
    list(painted.class_edits.merge(2, 0))
    after = states(painted)
    generator = painted.class_edits.undo()
    next(generator)
    generator.close()
    assert painted.classes.names[2] == ""
    assert_states(painted, after)
    list(painted.class_edits.undo())
    assert painted.classes.names[2] == "cat"


def test_a_merge_reaches_what_a_process_before_left_in_the_journal(tmp_path):
    project = make_project(tmp_path, images=1)
    document = project.document("img_0")
    document.commit(draw(document.mask, 20, 20, 2), "stroke")
    labels = Mask(*document.mask.settled()).labels
    del document
    project = crash(project)
    list(project.class_edits.merge(2, 1))
    assert np.array_equal(project.document("img_0").mask.labels, np.where(labels == 2, 1, labels))
    assert project.document("img_0").mask.labels.shape == SIZE
