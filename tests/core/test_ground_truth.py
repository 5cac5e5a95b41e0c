"""Where the ground truth of one image lies, in each layout, and what it scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.classes import class_set_of_names, known_class_set
from segformer_gui.core.errors import UserError
from segformer_gui.core.ground_truth import (
    find_ground_truth,
    ground_truth_file,
    read_ground_truth,
)
from segformer_gui.core.images import write_png
from segformer_gui.core.paths import shipped

CAMVID = known_class_set("camvid")
CITYSCAPES = known_class_set("cityscapes")


def pair(root: Path, image: str, labels: str, value: int = 1) -> Path:
    write_png(root / image, np.zeros((4, 6, 3), np.uint8))
    write_png(root / labels, np.full((4, 6), value, np.uint8))
    return root / image


@pytest.mark.parametrize(
    ("image", "labels", "layout", "split"),
    [
        ("val/a_1.png", "valannot/a_1.png", "camvid", "val"),
        (
            "leftImg8bit/val/ulm/ulm_0_1_leftImg8bit.png",
            "gtFine/val/ulm/ulm_0_1_gtFine_labelIds.png",
            "cityscapes",
            "val/ulm",
        ),
        ("images/a.png", "labels/a.png", "index", ""),
        ("imgs/val/one/a.png", "masks/val/one/a.png", "index", "val/one"),
    ],
)
def test_it_is_found_beside_the_image_in_every_layout(tmp_path, image, labels, layout, split):
    path = pair(tmp_path, image, labels)
    dataset = find_ground_truth(path)
    assert (dataset.root, dataset.layout, dataset.split) == (tmp_path, layout, split)
    assert [(s.image, s.labels) for s in dataset.samples] == [(path, tmp_path / labels)]


def test_that_of_ade20k_counts_from_1(tmp_path):
    path = pair(tmp_path, "images/validation/a.jpg", "annotations/validation/a.png", value=3)
    (tmp_path / "objectInfo150.txt").touch()
    dataset = find_ground_truth(path)
    assert (dataset.layout, dataset.split) == ("ade20k", "validation")
    truth = read_ground_truth(dataset, known_class_set("ade20k"), (4, 6))
    assert (truth.labels == 2).all()


def test_there_is_none_where_the_file_or_the_layout_is_missing(tmp_path):
    path = pair(tmp_path, "val/a.png", "valannot/b.png")
    write_png(tmp_path / "photos" / "c.png", np.zeros((4, 6, 3), np.uint8))
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    write_png(tmp_path / "images" / "d.png", np.zeros((4, 6, 3), np.uint8))
    for image in (path, tmp_path / "photos" / "c.png", tmp_path / "images" / "d.png"):
        assert find_ground_truth(image) is None


def test_the_sample_scenes_have_theirs(monkeypatch):
    for image in shipped("resources", "samples").glob("*.png"):
        dataset = find_ground_truth(image)
        truth = read_ground_truth(dataset, CAMVID, (720, 960))
        assert truth.match.names == CAMVID.names
        assert truth.scores(truth.labels).miou == 1


def test_labels_become_places_among_the_shared_classes(tmp_path):
    path = pair(
        tmp_path, "leftImg8bit/val/x_leftImg8bit.png", "gtFine/val/x_gtFine_labelIds.png", 26
    )
    truth = read_ground_truth(find_ground_truth(path), CAMVID, (4, 6))
    assert set(truth.match.names) < set(CITYSCAPES.names)
    car = truth.match.names.index("car")
    assert set(np.unique(truth.labels)) == {car}
    assert truth.scores(np.full((4, 6), CAMVID.names.index("car"), np.uint8)).miou == 1


def test_a_file_that_is_named_holds_the_models_ids_or_cityscapes(tmp_path):
    image = pair(tmp_path, "a.png", "mine.png", 2)
    mine = read_ground_truth(ground_truth_file(image, tmp_path / "mine.png"), CAMVID, (4, 6))
    assert set(np.unique(mine.labels)) == {2}
    pair(tmp_path, "a.png", "a_gtFine_labelTrainIds.png", CITYSCAPES.names.index("pole"))
    named = ground_truth_file(image, tmp_path / "a_gtFine_labelTrainIds.png")
    theirs = read_ground_truth(named, CAMVID, (4, 6))
    assert theirs.match.names[int(theirs.labels[0, 0])] == "pole"


@pytest.mark.parametrize(
    ("value", "names", "size", "code"),
    [
        (1, CAMVID.names, (4, 7), "labels_wrong_size"),
        (30, CAMVID.names, (4, 6), "labels_id_too_large"),
        (1, None, (4, 6), "evaluation_no_shared_classes"),
    ],
)
def test_ground_truth_that_does_not_fit_is_refused(tmp_path, value, names, size, code):
    name = "mine.png" if names else "a_gtFine_labelIds.png"
    image = pair(tmp_path, "a.png", name, value)
    dataset = ground_truth_file(image, tmp_path / name)
    with pytest.raises(UserError) as caught:
        read_ground_truth(dataset, class_set_of_names(names or ("cheese",)), size)
    assert caught.value.code == code


@pytest.mark.shared_data
def test_real_data_sets_are_found(shared_data):
    camvid = find_ground_truth(sorted((shared_data / "camvid" / "val").glob("*.png"))[3])
    assert camvid.layout == "camvid"
    frames = sorted((shared_data / "cityscapes" / "leftImg8bit").rglob("*.png"))
    truth = read_ground_truth(find_ground_truth(frames[0]), CITYSCAPES, (1024, 2048))
    assert len(np.unique(truth.labels)) > 5
