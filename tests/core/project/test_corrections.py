"""What is learnt from a project: what a person has put there, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from segformer_gui.core.annotation.region import Region
from segformer_gui.core.classes import IGNORE
from segformer_gui.core.datasets import open_dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image
from segformer_gui.core.project.corrections import take_corrections, untouched_images
from tests.core.project.conftest import draw


def fill(project, image, class_id, touch):
    """Give the whole image a class: as a model would, or as a person."""
    document = project.document(image)
    everywhere = Region.of(np.ones(document.mask.labels.shape, bool))
    document.commit(document.mask.edit(everywhere.filled(class_id), touch=touch), "fill")


@pytest.fixture
def corrected(project):
    """img_0: a stroke on a prediction; img_1: a checked prediction; img_2: a prediction."""
    for image in project.images:
        fill(project, image, 0, touch=False)
    document = project.document("img_0")
    document.commit(draw(document.mask, 30, 30, class_id=2), "brush")
    project.update("img_1", status="checked")
    for image in project.images:
        project.save(image)
    return project


def test_touched_pixels_count_and_all_of_a_checked_image(corrected):
    dataset = open_dataset(corrected.folder)

    one, checked = dataset.samples
    assert (dataset.layout, one.id, checked.id) == ("project", "img_0", "img_1")
    touched = corrected.document("img_0").mask.touched
    labels = dataset.read_ground_truth(one)
    assert (labels[touched] == 2).all()
    assert (labels[~touched] == IGNORE).all()
    assert (dataset.read_ground_truth(checked) == 0).all()


def test_pixels_of_a_deleted_class_are_of_none(corrected):
    fill(corrected, "img_1", 1, touch=True)
    corrected.save("img_1")
    names = list(corrected.classes.names)
    for _ in corrected.class_edits.delete(1):
        pass
    dataset = open_dataset(corrected.folder)

    assert dataset.classes.names == (names[0], "", names[2])
    assert (dataset.read_ground_truth(dataset.samples[1]) == IGNORE).all()


def test_a_copy_holds_still_while_the_project_goes_on(corrected, tmp_path):
    corrected.update("img_1", hold_out=True)
    corrected.store()
    take_corrections(corrected.folder, tmp_path / "run" / "data")
    before = open_dataset(corrected.folder)
    labels = [before.read_ground_truth(sample) for sample in before.samples]
    fill(corrected, "img_0", 1, touch=True)
    corrected.save("img_0")

    copy = open_dataset(tmp_path / "run" / "data")
    assert [s.image for s in copy.samples] == [s.image for s in before.samples]
    assert [s.hold_out for s in copy.samples] == [False, True]
    for sample, expected in zip(copy.samples, labels, strict=True):
        assert np.array_equal(copy.read_ground_truth(sample), expected)
        read_image(sample.image)
    assert [path.name for path in untouched_images(tmp_path / "run" / "data")] == ["img_2.png"]


def test_a_project_without_a_corrected_mask_is_told(project, tmp_path):
    for find in (open_dataset, lambda folder: take_corrections(folder, tmp_path / "copy")):
        with pytest.raises(UserError, match="project_uncorrected"):
            find(project.folder)
