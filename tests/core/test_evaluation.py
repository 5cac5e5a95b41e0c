"""Predictions of files and models against the ground truth of a data set."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from segformer_gui.core.classes import ClassSet, class_set_of_names, known_class_set
from segformer_gui.core.datasets import Dataset, Sample, open_dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.evaluation import evaluate_model, evaluate_predictions, match_classes
from segformer_gui.core.images import write_png
from segformer_gui.core.metrics.confusion import ConfusionMatrix
from segformer_gui.core.outputs import encode_labels
from segformer_gui.messages import explain

RNG = np.random.default_rng(0)
SHAPE = (8, 12)
CAMVID, CITYSCAPES = known_class_set("camvid"), known_class_set("cityscapes")


def noise_labels(count: int) -> np.ndarray:
    return RNG.integers(0, count, SHAPE, np.uint8)


def camvid(root: Path, *names: str) -> Dataset:
    """A data set whose ground truth is noise and whose images carry it in their red channel."""
    for name in names:
        truth = noise_labels(12)
        write_png(root / "val" / f"{name}.png", np.dstack([truth] * 3))
        write_png(root / "valannot" / f"{name}.png", truth)
    return open_dataset(root)


def index_set(root: Path, **labels: np.ndarray) -> Dataset:
    for name, truth in labels.items():
        write_png(root / "images" / f"{name}.png", np.dstack([truth.astype(np.uint8)] * 3))
        write_png(root / "labels" / f"{name}.png", truth)
    return open_dataset(root)


def last_result(progress):
    *_, last = progress
    return last.result


def error_of(run) -> UserError:
    with pytest.raises(UserError) as error:
        list(run())
    sentence, hint = explain(error.value)
    assert sentence
    assert hint
    return error.value


def red(image: np.ndarray) -> np.ndarray:
    return image[:, :, 0]


def test_a_model_that_sees_the_truth_is_always_right(tmp_path):
    dataset = camvid(tmp_path, "a", "b")
    document = last_result(evaluate_model(dataset, red, CAMVID)).to_json()
    assert document["miou"] == document["pixel_accuracy"] == 1
    assert document["images"] == 2
    assert document["classes"] == "same in model and data set"
    assert document["unmatched_classes"] == []
    assert list(document["per_class"]) == list(CAMVID.names)
    json.dumps(document, allow_nan=False)


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_names_each_image_and_covers_what_is_done(tmp_path, workers):
    dataset = camvid(tmp_path, "a", "b", "c")
    steps = list(evaluate_model(dataset, red, CAMVID, workers))
    assert [(step.done, step.total, step.sample.id) for step in steps] == [
        (1, 3, "a"),
        (2, 3, "b"),
        (3, 3, "c"),
    ]
    assert [step.result.scores().images for step in steps] == [1, 2, 3]


def test_an_evaluation_that_is_closed_segments_no_further_image(tmp_path):
    calls = []

    def segment(image: np.ndarray) -> np.ndarray:
        calls.append(image)
        return red(image)

    progress = evaluate_model(camvid(tmp_path, "a", "b"), segment, CAMVID)
    assert calls == []
    next(progress)
    progress.close()
    assert len(calls) == 1


def test_classes_of_another_set_are_matched_by_name(tmp_path):
    dataset = camvid(tmp_path, "a")
    truth = dataset.read_ground_truth(dataset.samples[0])
    to_cityscapes = [CITYSCAPES.names.index(name) for name in CAMVID.names]

    def segment(_image: np.ndarray) -> np.ndarray:
        labels = np.take([*to_cityscapes, 9], np.minimum(truth, 11)).astype(np.uint8)
        labels[0] = 9  # terrain, which CamVid has not: wrong wherever there is ground truth.
        return labels

    result = last_result(evaluate_model(dataset, segment, CITYSCAPES))
    scores = result.scores()
    assert scores.class_names == CAMVID.names
    known = truth != 255
    assert scores.pixel_accuracy == known[1:].sum() / known.sum()
    assert scores.pixels == known.sum()
    assert result.to_json()["classes"] == "shared by name"


def test_classes_that_the_model_does_not_know_are_ignored_and_named(tmp_path):
    dataset = camvid(tmp_path, "a")
    truth = dataset.read_ground_truth(dataset.samples[0])
    model = class_set_of_names(["hovercraft", "Sky", "traffic-sign"])
    sky_everywhere = np.ones(SHAPE, np.uint8)
    result = last_result(evaluate_model(dataset, lambda _: sky_everywhere, model))
    scores = result.scores()
    assert scores.class_names == ("sky", "traffic sign")
    sky, signs = (truth == 0).sum(), (truth == 6).sum()
    assert scores.class_iou == (sky / (sky + signs), 0)
    assert scores.pixels == sky + signs
    unmatched = [name for name in CAMVID.names if name not in ("sky", "traffic sign")]
    assert result.to_json()["unmatched_classes"] == unmatched


def test_no_class_in_common_is_an_error_before_the_first_image(tmp_path):
    dataset = camvid(tmp_path, "a")
    with pytest.raises(UserError) as error:
        evaluate_model(dataset, red, class_set_of_names(["cat", "dog"]))
    assert error.value.code == "evaluation_no_shared_classes"
    assert "cat, dog" in explain(error.value)[1]


def test_more_classes_than_a_byte_holds_are_refused(tmp_path):
    dataset = index_set(tmp_path, a=noise_labels(3))
    model = class_set_of_names([f"class {index}" for index in range(256)])
    error = error_of(lambda: evaluate_model(dataset, red, model))
    assert (error.code, error.parameters["count"]) == ("evaluation_too_many_classes", 256)


def test_a_model_of_many_classes_is_matched_with_a_small_set(tmp_path):
    dataset = camvid(tmp_path, "a")
    truth = dataset.read_ground_truth(dataset.samples[0])
    model = ClassSet("big", (*(f"class {i}" for i in range(300)), *CAMVID.names), ())

    def segment(_image: np.ndarray) -> np.ndarray:
        return truth.astype(np.uint16) + 300  # 255 + 300 is beyond every class.

    result = last_result(evaluate_model(dataset, segment, model))
    assert result.scores().miou == 1


def test_ids_without_names_are_the_models(tmp_path):
    dataset = index_set(tmp_path, a=np.array([[0, 1, 255]], np.uint8))
    model = class_set_of_names(["cat", "dog", "cow"])
    document = last_result(evaluate_model(dataset, red, model)).to_json()
    assert document["per_class"] == {"cat": 1.0, "dog": 1.0, "cow": None}
    assert document["classes"] == "ids as they are"


def test_ids_beyond_the_models_classes_are_an_error(tmp_path):
    dataset = index_set(tmp_path, a=np.array([[0, 3, 255]], np.uint8))
    error = error_of(
        lambda: evaluate_model(dataset, red, class_set_of_names(["cat", "dog", "cow"]))
    )
    assert error.code == "labels_id_too_large"
    assert (error.parameters["id"], error.parameters["classes"]) == (3, 3)


def test_labels_of_another_size_than_the_image_are_an_error(tmp_path):
    dataset = camvid(tmp_path, "a")
    write_png(dataset.samples[0].labels, noise_labels(3)[:4])
    error = error_of(lambda: evaluate_model(dataset, red, CAMVID))
    assert error.code == "labels_wrong_size"
    assert error.parameters["other"] == str(dataset.samples[0].image)
    assert (error.parameters["height"], error.parameters["other_height"]) == (4, 8)


def test_predictions_are_found_by_the_names_of_their_images(tmp_path):
    dataset = camvid(tmp_path / "data", "a", "b")
    shutil.copytree(tmp_path / "data/valannot", tmp_path / "predictions")
    result = last_result(evaluate_predictions(dataset, tmp_path / "predictions"))
    assert result.scores().miou == 1
    assert result.to_json()["missing_predictions"] == 0


def test_a_missing_prediction_counts_as_wrong(tmp_path):
    dataset = camvid(tmp_path / "data", "a", "b")
    truths = [dataset.read_ground_truth(sample) for sample in dataset.samples]
    write_png(tmp_path / "predictions/b.png", truths[1])
    result = last_result(evaluate_predictions(dataset, tmp_path / "predictions"))
    known = [(truth != 255).sum() for truth in truths]
    assert result.scores().pixel_accuracy == known[1] / sum(known)
    assert result.to_json()["missing_predictions"] == 1


def test_predictions_may_be_of_other_classes(tmp_path):
    dataset = camvid(tmp_path / "data", "a")
    write_png(tmp_path / "predictions/a.png", np.full(SHAPE, 10, np.uint8))
    truth = dataset.read_ground_truth(dataset.samples[0])
    result = last_result(
        evaluate_predictions(dataset, tmp_path / "predictions", classes=CITYSCAPES)
    )
    assert result.scores().pixel_accuracy == (truth == 0).sum() / (truth != 255).sum()


@pytest.mark.parametrize("prediction_format", ["trainIds", "labelIds"])
def test_ids_of_cityscapes_are_so_for_any_data_set(tmp_path, prediction_format):
    dataset = camvid(tmp_path / "data", "a")
    labels = encode_labels(
        dataset.read_ground_truth(dataset.samples[0]), dataset.classes, prediction_format
    )
    write_png(tmp_path / "predictions/a.png", labels)
    result = last_result(evaluate_predictions(dataset, tmp_path / "predictions", prediction_format))
    assert result.scores().miou == 1


def test_ids_without_names_on_either_side(tmp_path):
    truth = np.array([[0, 1, 1, 3, 255]], np.uint8)
    dataset = index_set(tmp_path / "data", a=truth)
    write_png(tmp_path / "predictions/a.png", np.array([[0, 1, 0, 3, 3]], np.uint8))
    document = last_result(evaluate_predictions(dataset, tmp_path / "predictions")).to_json()
    assert document["per_class"] == {"class 0": 0.5, "class 1": 0.5, "class 2": None, "class 3": 1}
    assert document["miou"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("name", ["ulm_000000_000001", "ulm_000000_000001_leftImg8bit",
                                  "sub/ulm_000000_000001_pred_labelIds"])  # fmt: skip
@pytest.mark.parametrize("prediction_format", ["index", "trainIds", "labelIds"])
def test_cityscapes_predictions_in_both_numberings(tmp_path, name, prediction_format):
    frame = "ulm_000000_000001"
    labels = noise_labels(19)
    label_ids = encode_labels(labels, CITYSCAPES, "labelIds")
    image = tmp_path / f"data/leftImg8bit/val/ulm/{frame}_leftImg8bit.png"
    write_png(image, np.zeros((*SHAPE, 3), np.uint8))
    write_png(tmp_path / f"data/gtFine/val/ulm/{frame}_gtFine_labelIds.png", label_ids)
    stored = label_ids if prediction_format == "labelIds" else labels
    write_png(tmp_path / f"predictions/{name}.png", stored)
    write_png(tmp_path / "predictions/ulm_000000_000002.png", stored)  # Of another frame.
    dataset = open_dataset(tmp_path / "data")
    result = last_result(evaluate_predictions(dataset, tmp_path / "predictions", prediction_format))
    assert result.scores().miou == 1


def test_the_whole_name_of_the_image_goes_before_the_frame_alone(tmp_path):
    frame = "ulm_000000_000001"
    labels = noise_labels(19)
    image = tmp_path / f"data/leftImg8bit/val/ulm/{frame}_leftImg8bit.png"
    write_png(image, np.zeros((*SHAPE, 3), np.uint8))
    write_png(tmp_path / f"data/gtFine/val/ulm/{frame}_gtFine_labelTrainIds.png", labels)
    write_png(tmp_path / f"predictions/{frame}_leftImg8bit.png", labels)
    write_png(tmp_path / f"predictions/{frame}_leftImg8bit_overlay.png", labels // 2)
    dataset = open_dataset(tmp_path / "data")
    assert last_result(evaluate_predictions(dataset, tmp_path / "predictions")).scores().miou == 1
    (tmp_path / f"predictions/{frame}_leftImg8bit.png").rename(
        tmp_path / f"predictions/{frame}_pred.png"
    )
    error = error_of(lambda: evaluate_predictions(dataset, tmp_path / "predictions"))
    assert error.code == "predictions_ambiguous"


def test_images_of_the_same_name_need_predictions_in_the_same_folders(tmp_path):
    labels = {"x/1": noise_labels(3), "y/1": noise_labels(3), "y/2": noise_labels(3)}
    dataset = index_set(tmp_path / "data", **labels)
    for name, truth in labels.items():
        write_png(tmp_path / f"predictions/{name}.png", truth)
    result = last_result(evaluate_predictions(dataset, tmp_path / "predictions"))
    assert result.scores().miou == 1
    shutil.rmtree(tmp_path / "predictions/x")
    write_png(tmp_path / "predictions/1.png", labels["x/1"])
    result = last_result(evaluate_predictions(dataset, tmp_path / "predictions"))
    assert result.missing_predictions == 1


def test_a_folder_without_any_prediction_is_an_error(tmp_path):
    dataset = camvid(tmp_path / "data", "a")
    write_png(tmp_path / "predictions/other.png", noise_labels(3))
    error = error_of(lambda: evaluate_predictions(dataset, tmp_path / "predictions"))
    assert error.code == "predictions_missing"
    assert "a.png" in explain(error)[1]
    error = error_of(lambda: evaluate_predictions(dataset, tmp_path / "absent"))
    assert error.code == "file_missing"


def test_a_prediction_of_another_size_is_an_error(tmp_path):
    dataset = camvid(tmp_path / "data", "a")
    write_png(tmp_path / "predictions/a.png", noise_labels(3)[:, :5])
    error = error_of(lambda: evaluate_predictions(dataset, tmp_path / "predictions"))
    assert error.code == "labels_wrong_size"
    assert error.parameters["other"] == str(tmp_path / "predictions/a.png")


NAMES = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True)


@given(NAMES, NAMES)
def test_matched_ids_mean_the_same_name_on_both_sides(model_names, truth_names):
    model = class_set_of_names([name.upper() for name in model_names])
    truth = class_set_of_names(truth_names)
    if not set(model_names) & set(truth_names):
        with pytest.raises(UserError):
            match_classes(model, truth)
        return
    match = match_classes(model, truth)
    assert list(match.names) == [name for name in truth_names if name in model_names]
    assert list(match.unmatched) == [name for name in truth_names if name not in model_names]
    for table, names in (
        (match.truth_table, truth_names),
        (match.prediction_table, model_names),
    ):
        for index, place in enumerate(table):
            name = names[index] if index < len(names) else None
            assert place == (match.names.index(name) if name in match.names else 255)


@pytest.mark.shared_data
def test_score_of_the_official_cityscapes_script(shared_data):
    dataset = open_dataset(shared_data / "cityscapes")
    folder = shared_data / "cityscapes" / "cityscapesScripts_eval"
    official = json.loads((folder / "eval_576.json").read_text())
    scores = last_result(evaluate_predictions(dataset, folder, "labelIds")).scores()
    assert scores.miou == official["averageScoreClasses"]
    np.testing.assert_array_equal(
        scores.class_iou, [official["classScores"][name] for name in scores.class_names]
    )
    by_train_ids = evaluate_predictions(dataset, shared_data / "cityscapes" / "espnet_pred")
    assert last_result(by_train_ids).scores().to_json() == scores.to_json()


@pytest.mark.shared_data
def test_score_of_the_bdd100k_tool_with_a_missing_prediction(shared_data):
    folder = shared_data / "metrics" / "bdd100k_seg"
    samples = tuple(
        Sample(name, folder / f"gt+/{name}.png", folder / f"gt+/{name}.png", name) for name in "ab"
    )
    dataset = Dataset(folder, "index", None, None, samples)
    document = last_result(evaluate_predictions(dataset, folder / "pred")).to_json()
    assert document["miou"] == pytest.approx(0.319110576923)
    assert document["pixel_accuracy"] == pytest.approx(0.475)
    assert document["missing_predictions"] == 1


@pytest.mark.shared_data
def test_camvid_against_one_matrix_of_all_pixels_at_once(shared_data):
    dataset = open_dataset(shared_data / "camvid")
    dataset = Dataset(dataset.root, "camvid", "val", dataset.classes, dataset.samples[:6])

    def segment(image: np.ndarray) -> np.ndarray:
        return (image[:, :, 1] // 24).astype(np.uint8)

    images = np.concatenate([np.array(Image.open(sample.image)) for sample in dataset.samples])
    truths = np.concatenate([np.array(Image.open(sample.labels)) for sample in dataset.samples])
    expected = ConfusionMatrix.of_image(truths, segment(images), 11)
    result = last_result(evaluate_model(dataset, segment, CAMVID))
    np.testing.assert_array_equal(result.matrix.counts, expected.counts)
