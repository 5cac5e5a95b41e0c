"""Predictions are accepted as edits, and never over what a person did."""

from __future__ import annotations

import numpy as np
import pytest

from segformer_gui.core.annotation.brush import Brush, Stroke
from segformer_gui.core.annotation.mask import UNLABELLED, Mask, Rules
from segformer_gui.core.annotation.predicted import accepted, copied, gaps_predicted, in_classes
from segformer_gui.core.annotation.shapes import polygon
from segformer_gui.core.classes import class_set_of_names, known_class_set
from segformer_gui.core.errors import UserError
from tests.core.annotation.conftest import blobs, whole

SIZE = (60, 80)


def painted_mask() -> Mask:
    """A mask of class 9 where a person painted, unlabelled elsewhere."""
    mask = Mask.unlabelled(*SIZE)
    stroke = Stroke(mask, Brush(21), 9)
    stroke.move(20, 20)
    stroke.move(60, 40)
    stroke.end()
    return mask


def test_a_late_prediction_never_overwrites_a_correction():
    mask, prediction = painted_mask(), blobs(0, SIZE)
    corrected = mask.touched.copy()

    patch = mask.edit(accepted(mask, prediction), touch=False)

    assert (mask.labels[corrected] == 9).all()
    assert np.array_equal(mask.labels[~corrected], prediction[~corrected])
    assert np.array_equal(mask.touched, corrected)
    again = mask.edit(accepted(mask, blobs(1, SIZE)), touch=False)
    assert (mask.labels[corrected] == 9).all()
    assert patch is not None
    assert again is not None
    mask.revert(again)
    mask.revert(patch)
    assert (mask.labels[~corrected] == UNLABELLED).all()


def test_one_class_can_be_accepted():
    mask, prediction = painted_mask(), blobs(0, SIZE)
    before = mask.labels.copy()
    mask.edit(accepted(mask, prediction, class_id=2), touch=False)
    chosen = (prediction == 2) & ~mask.touched
    assert np.array_equal(mask.labels, np.where(chosen, 2, before))


def test_a_lasso_can_give_corrections_back_to_the_model():
    mask, prediction = painted_mask(), blobs(0, SIZE)
    before = mask.labels.copy(), mask.touched.copy()
    lasso = polygon([(10, 10), (50, 5), (45, 50)], SIZE)
    inside = whole(lasso, SIZE)

    patch = mask.edit(accepted(mask, prediction, over_touched=True).within(lasso), touch=False)

    assert np.array_equal(mask.labels, np.where(inside, prediction, before[0]))
    assert np.array_equal(mask.touched, before[1] & ~inside)
    assert patch is not None
    mask.revert(patch)
    assert np.array_equal(mask.touched, before[1])


def test_rules_hold_for_predictions():
    mask = Mask(np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.bool_))
    assert mask.edit(accepted(mask, blobs(0, SIZE)), Rules(locked=frozenset({0}))) is None


def test_what_is_predicted_as_unlabelled_changes_nothing():
    mask = Mask(np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.bool_))
    prediction = np.full(SIZE, UNLABELLED, np.uint8)
    assert mask.edit(accepted(mask, prediction), touch=False) is None
    assert mask.edit(copied(mask, prediction)) is None
    assert mask.edit(gaps_predicted(Mask.unlabelled(*SIZE), prediction)) is None


def test_gaps_are_filled_by_the_prediction():
    mask, prediction = painted_mask(), blobs(0, SIZE)
    stroke = Stroke(mask, Brush(9), UNLABELLED)
    stroke.move(20, 20)
    stroke.end()
    gaps = mask.labels == UNLABELLED
    mask.edit(gaps_predicted(mask, prediction), touch=False)
    assert np.array_equal(mask.labels, np.where(gaps, prediction, 9))


def test_a_copy_of_another_mask_is_a_persons_work():
    other = painted_mask()
    mask = Mask(np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.bool_))
    mask.edit(copied(mask, other.labels))
    assert np.array_equal(mask.labels, np.where(other.touched, 9, 0))
    assert np.array_equal(mask.touched, other.touched)


def test_a_mask_of_another_size_is_not_copied():
    with pytest.raises(UserError) as error:
        copied(painted_mask(), np.zeros((SIZE[1], SIZE[0]), np.uint8))
    assert error.value.code == "mask_sizes_differ"


def test_classes_are_found_by_name():
    camvid, cityscapes = known_class_set("camvid"), known_class_set("cityscapes")
    prediction = np.arange(len(camvid), dtype=np.uint8)[None]
    ids = in_classes(prediction, camvid, cityscapes)[0]
    for class_id, name in enumerate(camvid.names):
        if name in cityscapes.names:
            assert ids[class_id] == cityscapes.names.index(name)
        else:
            assert ids[class_id] == UNLABELLED
    assert np.array_equal(in_classes(prediction, camvid, camvid), prediction)


def test_more_classes_than_a_mask_holds_are_found_by_name_too():
    many = class_set_of_names([f"thing {number}" for number in range(300)])
    few = class_set_of_names(["thing 299", "thing 0"])
    prediction = np.array([[0, 299, 5]], np.uint16)
    assert in_classes(prediction, many, few).tolist() == [[1, 0, UNLABELLED]]


def test_without_a_name_in_common_there_is_nothing_to_accept():
    camvid, other = known_class_set("camvid"), class_set_of_names(["cell", "nucleus", ""])
    with pytest.raises(UserError) as error:
        in_classes(np.zeros((2, 2), np.uint8), camvid, other)
    assert error.value.code == "project_no_shared_classes"
