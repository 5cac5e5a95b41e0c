"""Finding images and ground truth that belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.datasets import Dataset, from_label_ids, open_dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import write_png
from segformer_gui.core.outputs import encode_labels
from segformer_gui.messages import explain


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def ids_of(dataset: Dataset) -> list[str]:
    return [sample.id for sample in dataset.samples]


def error_of(*args, **kwargs) -> UserError:
    with pytest.raises(UserError) as error:
        open_dataset(*args, **kwargs)
    sentence, hint = explain(error.value)  # Every code has its sentence and every blank is filled.
    assert sentence
    assert hint
    return error.value


def cityscapes_frame(root: Path, split: str, city: str, frame: str, kind: str = "labelIds") -> None:
    touch(
        root,
        f"leftImg8bit/{split}/{city}/{city}_{frame}_leftImg8bit.png",
        f"gtFine/{split}/{city}/{city}_{frame}_gtFine_{kind}.png",
        f"gtFine/{split}/{city}/{city}_{frame}_gtFine_instanceIds.png",
    )


def test_cityscapes_is_found_by_split_city_and_frame(tmp_path):
    cityscapes_frame(tmp_path, "train", "aachen", "000000_000019")
    cityscapes_frame(tmp_path, "val", "ulm", "000001_000019", "labelTrainIds")
    cityscapes_frame(tmp_path, "val", "bonn", "000002_000019")
    touch(tmp_path, "leftImg8bit/val/bonn/preview.png")
    dataset = open_dataset(tmp_path)
    assert (dataset.layout, dataset.split) == ("cityscapes", "val")
    assert dataset.classes is known_class_set("cityscapes")
    assert ids_of(dataset) == ["bonn_000002_000019", "ulm_000001_000019"]
    bonn, ulm = dataset.samples
    assert bonn.image == tmp_path / "leftImg8bit/val/bonn/bonn_000002_000019_leftImg8bit.png"
    assert bonn.labels == tmp_path / "gtFine/val/bonn/bonn_000002_000019_gtFine_labelIds.png"
    assert bonn.sequence == "bonn_000002"
    assert ulm.labels.name == "ulm_000001_000019_gtFine_labelTrainIds.png"
    assert ids_of(open_dataset(tmp_path, split="train")) == ["aachen_000000_000019"]


def test_cityscapes_without_folders_for_splits_and_cities(tmp_path):
    touch(
        tmp_path,
        "leftImg8bit/ulm_000000_000001_leftImg8bit.png",
        "gtFine/ulm_000000_000001_gtFine_labelIds.png",
    )
    dataset = open_dataset(tmp_path)
    assert dataset.split is None
    assert ids_of(dataset) == ["ulm_000000_000001"]


def test_camvid_labels_lie_in_a_folder_named_after_the_split(tmp_path):
    touch(tmp_path, "val/Seq_10.png", "val/Seq_9.png", "valannot/Seq_9.png", "valannot/Seq_10.png")
    touch(tmp_path, "train/0001TP_1.png", "trainannot/0001TP_1.png", "other/readme.txt")
    dataset = open_dataset(tmp_path)
    assert (dataset.layout, dataset.split) == ("camvid", "val")
    assert dataset.classes is known_class_set("camvid")
    assert ids_of(dataset) == ["Seq_9", "Seq_10"]
    assert dataset.samples[0].labels == tmp_path / "valannot/Seq_9.png"
    assert dataset.samples[0].sequence == "Seq"
    assert open_dataset(tmp_path, split="train").samples[0].sequence == "0001TP"


@pytest.mark.parametrize("images", ["images", "imgs"])
@pytest.mark.parametrize("labels", ["labels", "masks", "annotations", "gts"])
def test_index_layout_pairs_files_by_their_names(tmp_path, images, labels):
    touch(tmp_path, f"{images}/a.jpg", f"{images}/b.v2.png", f"{labels}/a.png")
    touch(tmp_path, f"{labels}/b.v2.tif", f"{labels}/unused.png")
    dataset = open_dataset(tmp_path)
    assert (dataset.layout, dataset.split, dataset.classes) == ("index", None, None)
    assert ids_of(dataset) == ["a", "b.v2"]
    assert [sample.labels.name for sample in dataset.samples] == ["a.png", "b.v2.tif"]
    assert [sample.sequence for sample in dataset.samples] == ["a", "b.v2"]


def test_index_layout_with_splits_and_sequences(tmp_path):
    for part in ("train", "val"):
        for name in ("1", "clip/1", "clip/2"):
            touch(tmp_path, f"images/{part}/{name}.png", f"masks/{part}/{name}.png")
    dataset = open_dataset(tmp_path)
    assert dataset.split == "val"
    assert ids_of(dataset) == ["val/1", "val/clip/1", "val/clip/2"]
    assert [sample.sequence for sample in dataset.samples] == ["val/1", "val/clip", "val/clip"]


def test_without_val_the_only_split_or_everything_is_taken(tmp_path):
    touch(tmp_path, "images/train/1.png", "labels/train/1.png")
    assert open_dataset(tmp_path).split == "train"
    touch(tmp_path, "images/test/1.png", "labels/test/1.png")
    dataset = open_dataset(tmp_path)
    assert dataset.split is None
    assert ids_of(dataset) == ["test/1", "train/1"]


def test_a_given_layout_wins(tmp_path):
    touch(tmp_path, "images/1.png", "labels/1.png")
    cityscapes_frame(tmp_path, "val", "ulm", "000000_000001")
    assert open_dataset(tmp_path).layout == "cityscapes"
    assert ids_of(open_dataset(tmp_path, layout="index")) == ["1"]


def test_hidden_folders_are_no_splits(tmp_path):
    touch(tmp_path, "images/.cache/x.png", "images/dev/1.png", "labels/dev/1.png")
    assert open_dataset(tmp_path).split == "dev"


def test_a_folder_without_known_layout_says_which_are_known(tmp_path):
    touch(tmp_path, "pictures/1.png")
    assert error_of(tmp_path).code == "dataset_layout_unknown"
    assert error_of(tmp_path, layout="camvid").code == "dataset_layout_unknown"


def test_what_a_given_layout_lacks_is_named(tmp_path):
    error = error_of(tmp_path, layout="cityscapes")
    assert error.code == "file_missing"
    assert error.parameters["path"] == str(tmp_path / "leftImg8bit")


def test_missing_folder_and_file_in_place_of_a_folder(tmp_path):
    assert error_of(tmp_path / "absent").code == "file_missing"
    touch(tmp_path, "file")
    assert error_of(tmp_path / "file").code == "file_unreadable"


def test_unknown_split_names_those_there_are(tmp_path):
    touch(tmp_path, "images/a/1.png", "images/b/1.png")
    error = error_of(tmp_path, split="val")
    assert (error.code, error.parameters["available"]) == ("dataset_split_unknown", "a, b")


def test_all_splits_can_be_taken_together(tmp_path):
    touch(tmp_path, "train/1.png", "trainannot/1.png", "val/2.png", "valannot/2.png")
    assert [sample.id for sample in open_dataset(tmp_path, split="all").samples] == ["1", "2"]
    touch(tmp_path, "all/3.png", "allannot/3.png")  # Unless one of them is called so.
    assert [sample.id for sample in open_dataset(tmp_path, split="all").samples] == ["3"]


def test_images_without_labels_are_counted_and_one_is_named(tmp_path):
    touch(tmp_path, "images/1.png", "images/2.png", "images/3.png", "labels/1.png")
    error = error_of(tmp_path)
    assert error.code == "dataset_labels_missing"
    assert error.parameters == {
        "count": 2,
        "total": 3,
        "image": str(tmp_path / "images/2.png"),
        "labels": str(tmp_path / "labels/2.png"),
    }
    touch(tmp_path, "leftImg8bit/val/ulm/ulm_000000_000001_leftImg8bit.png")
    assert error_of(tmp_path).code == "dataset_labels_missing"


def test_an_empty_data_set_is_an_error(tmp_path):
    (tmp_path / "images").mkdir()
    assert error_of(tmp_path).code == "no_images"
    touch(tmp_path, "leftImg8bit/val/ulm/other.png")
    assert error_of(tmp_path).code == "no_images"


def test_cityscapes_label_ids_become_class_ids(tmp_path):
    cityscapes_frame(tmp_path, "val", "ulm", "000000_000001")
    dataset = open_dataset(tmp_path)
    write_png(dataset.samples[0].labels, np.arange(256, dtype=np.uint8).reshape(16, 16))
    truth = dataset.read_ground_truth(dataset.samples[0])
    assert truth.dtype == np.uint8
    label_ids = known_class_set("cityscapes").label_ids
    expected = [label_ids.index(i) if i in label_ids else 255 for i in range(256)]
    np.testing.assert_array_equal(truth.ravel(), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_label_ids_that_were_written_are_read_as_the_same_classes(dtype):
    ids = np.append(np.arange(19), 255).astype(dtype)[np.newaxis]
    label_ids = encode_labels(ids, known_class_set("cityscapes"), "labelIds")
    assert label_ids[0, -1] == 0
    np.testing.assert_array_equal(from_label_ids(label_ids, known_class_set("cityscapes")), ids)


def test_cityscapes_train_ids_are_class_ids(tmp_path):
    cityscapes_frame(tmp_path, "val", "ulm", "000000_000001", "labelTrainIds")
    dataset = open_dataset(tmp_path)
    write_png(dataset.samples[0].labels, np.array([[0, 18, 19, 254, 255]], np.uint8))
    truth = dataset.read_ground_truth(dataset.samples[0])
    np.testing.assert_array_equal(truth, [[0, 18, 255, 255, 255]])


def test_void_of_camvid_is_ignored(tmp_path):
    touch(tmp_path, "val/1.png", "valannot/1.png")
    dataset = open_dataset(tmp_path)
    write_png(dataset.samples[0].labels, np.array([[0, 10, 11, 255]], np.uint8))
    truth = dataset.read_ground_truth(dataset.samples[0])
    np.testing.assert_array_equal(truth, [[0, 10, 255, 255]])


def test_index_labels_are_ids_as_they_are(tmp_path):
    touch(tmp_path, "images/1.png", "labels/1.png")
    dataset = open_dataset(tmp_path)
    sample = dataset.samples[0]
    write_png(sample.labels, np.array([[0, 7, 254, 255]], np.uint8))
    np.testing.assert_array_equal(dataset.read_ground_truth(sample), [[0, 7, 254, 255]])
    write_png(sample.labels, np.array([[0, 7, 255, 65535]], np.uint16))
    truth = dataset.read_ground_truth(sample)
    assert truth.dtype == np.uint8
    np.testing.assert_array_equal(truth, [[0, 7, 255, 255]])
    write_png(sample.labels, np.array([[0, 300, 65535]], np.uint16))
    with pytest.raises(UserError) as error:
        dataset.read_ground_truth(sample)
    assert (error.value.code, error.value.parameters["id"]) == ("labels_id_too_large", 300)


def ade20k(root: Path) -> Path:
    """As its release lies on the disk, with an image of each split."""
    for split in ("training", "validation"):
        touch(root, f"images/{split}/ADE_{split}_1.jpg")
        labels = np.array([[0, 1, 150, 255]], np.uint8)
        write_png(root / "annotations" / split / f"ADE_{split}_1.png", labels)
    touch(root, "objectInfo150.txt")
    return root


def test_ade20k_counts_its_classes_from_1(tmp_path):
    dataset = open_dataset(ade20k(tmp_path), split="validation")
    assert (dataset.layout, dataset.classes) == ("ade20k", known_class_set("ade20k"))
    assert ids_of(dataset) == ["validation/ADE_validation_1"]
    truth = dataset.read_ground_truth(dataset.samples[0])
    np.testing.assert_array_equal(truth, [[255, 0, 149, 255]])


def test_ids_of_an_index_layout_can_count_from_1_too(tmp_path):
    touch(tmp_path, "images/1.png", "labels/1.png")
    dataset = open_dataset(tmp_path, reduce_zero_label=True)
    (sample,) = dataset.samples
    for labels in (
        np.array([[0, 1, 254, 255]], np.uint8),
        np.array([[0, 1, 254, 65535]], np.uint16),
    ):
        write_png(sample.labels, labels)
        truth = dataset.read_ground_truth(sample)
        assert truth.dtype == np.uint8
        np.testing.assert_array_equal(truth, [[255, 0, 253, 255]])


@pytest.mark.shared_data
def test_real_camvid(shared_data):
    dataset = open_dataset(shared_data / "camvid")
    assert (dataset.layout, dataset.split, len(dataset.samples)) == ("camvid", "val", 101)
    assert {sample.sequence for sample in dataset.samples} == {"0016E5"}
    train = open_dataset(shared_data / "camvid", split="train")
    assert len(train.samples) == 367
    assert len({sample.sequence for sample in train.samples}) == 3
    truth = dataset.read_ground_truth(dataset.samples[0])
    assert truth.shape == (360, 480)
    assert set(np.unique(truth)) <= {*range(11), 255}


@pytest.mark.shared_data
def test_real_cityscapes(shared_data):
    dataset = open_dataset(shared_data / "cityscapes")
    assert ids_of(dataset) == ["frankfurt_000000_000576"]
    assert len(open_dataset(shared_data / "cityscapes", split="train").samples) == 5
    truth = dataset.read_ground_truth(dataset.samples[0])
    assert truth.shape == (1024, 2048)
    assert set(np.unique(truth)) <= {*range(19), 255}


@pytest.mark.shared_data
def test_flat_cityscapes_has_the_same_classes_in_both_numberings(shared_data, tmp_path):
    root = shared_data / "annotations/mmseg_tests/pseudo_cityscapes_dataset"
    by_label_ids = open_dataset(root)
    (tmp_path / "gtFine").mkdir()
    (tmp_path / "leftImg8bit").symlink_to(root / "leftImg8bit")
    for labels in (root / "gtFine").glob("*_labelTrainIds.png"):
        (tmp_path / "gtFine" / labels.name).symlink_to(labels)
    by_train_ids = open_dataset(tmp_path)
    one, other = (
        dataset.read_ground_truth(dataset.samples[0]) for dataset in (by_label_ids, by_train_ids)
    )
    assert (one == other).mean() > 0.99  # Their makers scaled the two down apart: edges differ.
    assert len(np.unique(one)) > 5
