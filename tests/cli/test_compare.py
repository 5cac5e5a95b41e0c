"""`segformer-gui compare`: what it reports is what the core computes, or one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.images import read_image, read_labels, write_png
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import load_model
from segformer_gui.core.paths import shipped
from segformer_gui.core.robustness.pairs import boundary_shift, compare_labels

FOG = Condition((Step("fog", 3),), seed=5)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small piece of a sample scene, in a data set of CamVid's layout with its ground truth."""
    crop = np.s_[200:440:2, 200:520:2]
    image = read_image(shipped("resources", "samples", "street_01.png"))[crop]
    labels = read_labels(shipped("resources", "samples_labels", "street_01.png"))[crop]
    path = tmp_path / "val" / "straße.png"
    write_png(path, np.ascontiguousarray(image))
    write_png(tmp_path / "valannot" / path.name, np.ascontiguousarray(labels))
    return path


def test_json_reports_what_the_core_computes(run: Callable, photo: Path) -> None:
    result = run("compare", photo, "--corrupt", "fog:3", "--seed", 5, "--json", "--device", "cpu")

    assert (result.code, result.err) == (0, "")
    report = json.loads(result.out)
    image, classes = read_image(photo), known_class_set("camvid")
    segmenter = Segmenter(load_model("b0-camvid"), "cpu")
    clean, fog = (segmenter.segment(i) for i in (image, FOG.apply(image)))
    expected = compare_labels(clean.labels, fog.labels, classes.names)
    assert report["corruption"] == FOG.to_json()
    assert (report["width"], report["height"]) == (160, 120)
    (model,) = report["models"]
    assert model["model"] == "segformer-b0-camvid"
    assert model["agreement"] == pytest.approx(expected.agreement)
    assert model["consistency"] == pytest.approx(expected.consistency)
    assert model["boundary_shift_px"] == pytest.approx(boundary_shift(clean.labels, fog.labels))
    assert model["mean_confidence"]["corrupted"] == pytest.approx(fog.mean_confidence)
    truth = read_labels(photo.parent.parent / "valannot" / photo.name)
    against = model["ground_truth"]
    assert against["path"].endswith("straße.png")
    known = truth != 255
    assert against["clean"]["pixel_accuracy"] == pytest.approx(
        (clean.labels == truth)[known].mean()
    )
    change = against["corrupted"]["miou"] - against["clean"]["miou"]
    assert against["miou_change"] == pytest.approx(change)
    assert report["between_models"] == []


def test_every_model_gets_the_same_corrupted_image(run: Callable, photo: Path) -> None:
    models = ("--model", "b0-camvid", "--model", shipped("models", "segformer-b0-camvid"))
    # A file by itself does not say for which size it was made.
    options = ("--corrupt", "gaussian_noise:4", "--size", "native", "--json")
    result = run("compare", photo, *models, *options)

    report = json.loads(result.out)
    first, second = report["models"]
    assert first["consistency"] == second["consistency"] < 1
    (between,) = report["between_models"]
    assert between["agreement"] == {"clean": 1, "corrupted": 1}


def test_a_stack_is_marked_as_off_protocol(run: Callable, photo: Path) -> None:
    stack = ("--corrupt", "fog:1.5", "--corrupt", "jpeg_compression")
    result = run("compare", photo, *stack, "--json")

    assert "Severity 1.5 is off protocol" in result.err
    assert "stack of 2 corruptions is off protocol" in result.err
    corruption = json.loads(result.out)["corruption"]
    assert corruption["on_protocol"] is False
    assert [step["severity"] for step in corruption["steps"]] == [1.5, 3]


def test_a_person_gets_a_table(run: Callable, photo: Path, tmp_path: Path) -> None:
    lonely = tmp_path / "lonely.png"
    write_png(lonely, read_image(photo))

    with_truth = run("compare", photo, "--corrupt", "fog:3").out
    without = run("compare", lonely, "--corrupt", "fog:3").out

    for title in ("agreement %", "consistency %", "borders moved, px", "lost most of"):
        assert title in with_truth
        assert title in without
    assert "true mIoU %" in with_truth
    assert "true mIoU" not in without


def test_ground_truth_can_be_named(run: Callable, photo: Path, tmp_path: Path) -> None:
    lonely = tmp_path / "lonely.png"
    write_png(lonely, read_image(photo))
    truth = tmp_path / "valannot" / photo.name

    named = run("compare", lonely, "--corrupt", "fog:3", "--truth", truth, "--json")
    found = run("compare", photo, "--corrupt", "fog:3", "--json")

    scores = [json.loads(r.out)["models"][0]["ground_truth"]["clean"] for r in (named, found)]
    assert scores[0] == scores[1]


def test_bad_input_is_one_sentence_and_code_2(run: Callable, photo: Path, tmp_path: Path) -> None:
    tiny, other = tmp_path / "tiny.png", tmp_path / "other.png"
    write_png(tiny, np.zeros((12, 40, 3), np.uint8))
    write_png(other, np.zeros((9, 9), np.uint8))
    for arguments, sentence in (
        ((photo, "--corrupt", "frog:3"), "no corruption called frog"),
        ((photo, "--corrupt", "fog:high"), "no severity high"),
        ((photo,), "--corrupt"),
        ((photo, "--corrupt", "fog", "--model", "b9"), "b9"),
        ((tiny, "--corrupt", "fog"), "40 x 12 pixels are too few"),
        ((tmp_path / "no.png", "--corrupt", "fog"), "no.png does not exist."),
        ((photo, "--corrupt", "fog", "--truth", other), "9 x 9 pixels"),
    ):
        result = run("compare", *arguments)
        assert result.code == 2, arguments
        assert sentence in " ".join(result.err.split()), arguments
        assert "Traceback" not in result.err
