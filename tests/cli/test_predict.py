"""`segformer-gui predict`: the right files, or one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.images import read_image, read_labels, write_png
from segformer_gui.core.inference.options import MEASURES
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import load_model
from segformer_gui.core.palettes import painted
from segformer_gui.core.paths import shipped
from segformer_gui.core.render import colorize, overlay

SAMPLES = shipped("resources", "samples")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small piece of a sample scene."""
    sample = read_image(next(iter(sorted(SAMPLES.glob("*.*g")))))
    path = tmp_path / "in" / "straße.png"
    write_png(path, np.ascontiguousarray(sample[200:440:2, 200:520:2]))
    return path


def test_masks_and_overlays_are_what_the_core_computes(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    result = run("predict", photo, "--out", tmp_path / "out", "--overlay", "--device", "cpu")

    assert (result.code, result.err) == (0, "")
    image = read_image(photo)
    prediction = Segmenter(load_model("b0-camvid"), "cpu").segment(image)
    written = read_labels(tmp_path / "out" / "straße.png")
    assert np.array_equal(written, prediction.labels)
    blended = overlay(image, prediction.labels, prediction.classes)
    assert np.array_equal(read_image(tmp_path / "out" / "straße_overlay.png"), blended)
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_images_of_several_sizes_get_the_masks_that_they_get_alone(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    pixels = read_image(photo)
    for number in range(9):
        part = pixels[: 40 + 10 * number, : 160 - 10 * number]
        write_png(photo.with_name(f"{number}.png"), np.ascontiguousarray(part))

    result = run("predict", photo.parent, "--out", tmp_path / "out", "--device", "cpu", "--json")

    facts = json.loads(result.out)["written"]
    names = [*(f"{number}.png" for number in range(9)), photo.name]
    assert [Path(fact["image"]).name for fact in facts] == names
    segmenter = Segmenter(load_model("b0-camvid"), "cpu")
    for name in names:
        alone = segmenter.segment(read_image(photo.with_name(name)))
        written = read_labels(tmp_path / "out" / name)
        # Other threads may sum in another order: what is as good as equal may turn.
        assert np.mean(written != alone.labels) < 1e-3
        assert written.shape == read_image(photo.with_name(name)).shape[:2]


def test_formats_are_three_numberings_and_the_colours(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    for name in ("index", "color", "labelIds", "trainIds"):
        assert run("predict", photo, "--out", tmp_path / name, "--format", name).code == 0

    classes, cityscapes = known_class_set("camvid"), known_class_set("cityscapes")
    index = read_labels(tmp_path / "index" / photo.name)
    train_ids = read_labels(tmp_path / "trainIds" / photo.name)
    label_ids = read_labels(tmp_path / "labelIds" / photo.name)
    color = read_image(tmp_path / "color" / photo.name)
    assert np.array_equal(color, colorize(index, classes))
    for class_id in np.unique(index):
        name, at = classes.names[class_id], index == class_id
        train_id = cityscapes.names.index(name)
        assert set(train_ids[at]) == {train_id}
        assert set(label_ids[at]) == {cityscapes.label_ids[train_id]}


def test_maps_hold_the_predictions_own_measures_in_16_bits(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    maps = [f"--{measure}" for measure in MEASURES]
    result = run("predict", photo, "--out", tmp_path / "out", *maps, "--overlay", "--device", "cpu")

    assert result.code == 0
    prediction = Segmenter(load_model("b0-camvid"), "cpu").segment(read_image(photo))
    for measure in MEASURES:
        written = read_labels(tmp_path / "out" / f"straße_{measure}.png")
        assert written.dtype == np.uint16
        assert np.abs(written / 65535 - prediction.measured(measure)).max() < 1e-5
    assert (tmp_path / "out" / "straße_overlay.png").exists()


def test_palette_colours_masks_and_overlays(run: Callable, photo: Path, tmp_path: Path) -> None:
    chosen = ("--palette", "colorblind", "--format", "color", "--overlay")
    assert run("predict", photo, "--out", tmp_path / "out", *chosen).code == 0

    image = read_image(photo)
    prediction = Segmenter(load_model("b0-camvid")).segment(image)
    classes = painted(prediction.classes, "colorblind")
    written = read_image(tmp_path / "out" / photo.name)
    assert np.array_equal(written, colorize(prediction.labels, classes))
    blended = read_image(tmp_path / "out" / "straße_overlay.png")
    assert np.array_equal(blended, overlay(image, prediction.labels, classes))


def test_the_corrupted_image_is_what_is_segmented_and_lies_under_the_overlay(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    options = ("--corrupt", "fog:3", "--corrupt", "snow:2.5", "--seed", 7, "--device", "cpu")
    wanted = ("--overlay", "--statistics", "--json")
    result = run("predict", photo, "--out", tmp_path / "out", *options, *wanted)

    assert result.code == 0
    assert "off protocol" in result.err
    condition = Condition((Step("fog", 3), Step("snow", 2.5)), seed=7)
    image = condition.apply(read_image(photo))
    prediction = Segmenter(load_model("b0-camvid"), "cpu").segment(image)
    assert np.array_equal(read_labels(tmp_path / "out" / "straße.png"), prediction.labels)
    blended = overlay(image, prediction.labels, prediction.classes)
    assert np.array_equal(read_image(tmp_path / "out" / "straße_overlay.png"), blended)
    report = json.loads((tmp_path / "out" / "straße_statistics.json").read_text("utf-8"))
    assert report["corruption"] == json.loads(result.out)["corruption"] == condition.to_json()


def test_an_image_too_small_to_corrupt_is_named(run: Callable, photo: Path, tmp_path: Path) -> None:
    tiny = photo.with_name("tiny.png")
    write_png(tiny, np.zeros((12, 40, 3), np.uint8))

    result = run("predict", photo.parent, "--out", tmp_path / "out", "--corrupt", "fog")

    assert result.code == 2
    assert f"{tiny}:\nError: 40 x 12 pixels are too few" in result.err
    assert [file.name for file in (tmp_path / "out").iterdir()] == [photo.name]


def test_statistics_are_written_beside_the_mask(run: Callable, photo: Path, tmp_path: Path) -> None:
    assert run("predict", photo, "--out", tmp_path / "out", "--statistics").code == 0

    report = json.loads((tmp_path / "out" / "straße_statistics.json").read_text("utf-8"))
    labels = read_labels(tmp_path / "out" / "straße.png")
    for entry in report["classes"]:
        assert entry["pixels"] == int((labels == entry["id"]).sum())
    assert report["model"] == "segformer-b0-camvid"
    assert 0 < report["mean_confidence"] <= 1
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_json_reports_each_image(run: Callable, photo: Path, tmp_path: Path) -> None:
    result = run("predict", photo.parent, "--out", tmp_path / "out", "--json", "--size", "64")

    report = json.loads(result.out)
    assert report["model"] == "segformer-b0-camvid"
    assert report["written"][0]["image"] == str(photo)
    assert (report["written"][0]["width"], report["written"][0]["height"]) == (160, 120)
    assert report["failed"] == []


def test_a_broken_image_is_named_and_the_others_are_segmented(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    broken = photo.with_name("broken.jpg")
    broken.write_bytes(photo.read_bytes()[:300])

    result = run("predict", photo.parent, "--out", tmp_path / "out")

    assert result.code == 2
    assert f"{broken} is not an image that can be read." in result.err
    assert [file.name for file in (tmp_path / "out").iterdir()] == [photo.name]


def test_bad_input_is_one_sentence_and_code_2(run: Callable, photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "empty").mkdir()
    for arguments, sentence in (
        ((tmp_path / "nowhere.png", "--out", out), "nowhere.png does not exist."),
        ((tmp_path / "empty", "--out", out), "No images were found in"),
        ((photo, "--out", out, "--model", "b9"), "b9"),
        ((photo, "--out", out, "--model", "b2-cityscapes"), "download"),
        ((photo, "--out", out, "--size", "huge"), "neither"),
        ((photo, "--out", out, "--scales", "0.5,big"), "up to 8 numbers from 0.25 to 4"),
        ((photo, "--out", out, "--precision", "float16", "--device", "cpu"), "float16"),
        ((photo, "--out", photo.parent), "would be overwritten"),
    ):
        result = run("predict", *arguments)
        assert result.code == 2, arguments
        assert sentence in " ".join(result.err.split()), arguments
        assert "Traceback" not in result.err
    assert not out.exists()


def test_images_of_one_name_in_two_folders_both_get_a_mask(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    other = tmp_path / "in" / "more" / photo.name
    write_png(other, read_image(photo))

    assert run("predict", photo.parent, "--out", tmp_path / "out").code == 0

    masks = {file.name for file in (tmp_path / "out").iterdir()}
    assert masks == {f"in_{photo.name}", f"more_{photo.name}"}


def test_an_output_folder_that_is_a_file_is_one_sentence(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("in the way")

    result = run("predict", photo, "--out", tmp_path / "out")

    assert result.code == 2
    assert "could not be written" in result.err
    assert (tmp_path / "out").read_text() == "in the way"
