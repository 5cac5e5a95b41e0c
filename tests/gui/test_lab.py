"""The corruption lab's state: what is corrupted, segmented, compared, and never shown late."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import write_png
from segformer_gui.core.robustness.pairs import (
    boundary_kinds,
    boundary_shift,
    compare_labels,
    confidence_drop,
    error_kinds,
    flips,
)
from segformer_gui.gui.session.pair import ERROR_KINDS
from tests.gui.conftest import CLASSES, labels_of, make_image

FOG = Condition((Step("fog", 4),))


def condition(*texts: str, **fields) -> Condition:
    return Condition(tuple(map(Step.parsed, texts)), **fields)


def test_the_corrupted_image_and_its_mask_are_those_of_the_condition(window, lab):
    lab.choose("fog")
    lab.set_severity(4)

    clean = window.session.current.picture.pixels
    assert np.array_equal(lab.corrupted.picture.pixels, FOG.apply(clean))
    assert np.array_equal(lab.corrupted.result.labels, labels_of(FOG.apply(clean)))
    assert lab.shown == lab.condition == FOG


def test_choosing_a_corruption_on_the_clean_image_lets_one_see_it(lab):
    assert lab.condition.is_clean
    lab.choose("snow")
    assert lab.step == Step("snow", 3)
    lab.set_severity(5)
    lab.choose("frost")
    assert lab.step == Step("frost", 5)


def test_severity_0_shows_the_clean_image_and_segments_nothing(window, lab, engine):
    lab.choose("fog")
    segmented = len(engine.images)
    lab.set_severity(0)
    assert lab.corrupted.picture is window.session.current.picture
    assert lab.corrupted.result is window.session.current.result
    assert lab.pair.scores is None
    assert len(engine.images) == segmented


@pytest.mark.parametrize(
    ("start", "by", "expected"), [(0, 1, 1), (2, 1, 3), (2.4, 1, 3), (2.4, -1, 2), (5, 1, 5)]
)
def test_keys_go_to_the_next_whole_severity(lab, start, by, expected):
    lab.choose("fog")
    lab.set_severity(start)
    lab.step_severity(by)
    assert lab.step.severity == expected


def test_another_seed_gives_other_noise_and_the_dice_another_seed(window, lab):
    lab.choose("gaussian_noise")
    first = lab.corrupted.picture.pixels
    lab.set_seed(8)
    clean = window.session.current.picture.pixels
    assert np.array_equal(
        lab.corrupted.picture.pixels, condition("gaussian_noise:3", seed=8).apply(clean)
    )
    assert not np.array_equal(first, lab.corrupted.picture.pixels)
    lab.roll_seed()
    assert lab.condition.seed != 8


def test_the_reference_engine_gets_whole_severities(window, lab):
    lab.choose("gaussian_noise")
    lab.set_severity(2.4)
    assert not lab.condition.on_protocol
    lab.set_engine("reference")
    assert lab.condition == condition("gaussian_noise:2", engine="reference")
    lab.set_severity(3.6)
    assert lab.step.severity == 4
    expected = lab.condition.apply(window.session.current.picture.pixels)
    assert np.array_equal(lab.corrupted.picture.pixels, expected)


def test_a_stack_is_built_edited_and_taken_down(window, lab):
    lab.choose("fog")
    lab.add_step()
    assert lab.condition.on_protocol
    lab.choose("snow")
    assert str(lab.condition) == "fog:3 + snow:3"
    lab.select_step(0)
    lab.set_severity(1)
    assert str(lab.condition) == "fog:1 + snow:3"
    assert not lab.condition.on_protocol
    expected = lab.condition.apply(window.session.current.picture.pixels)
    assert np.array_equal(lab.corrupted.picture.pixels, expected)
    lab.remove_step()
    assert str(lab.condition) == "snow:3"
    lab.remove_step()
    assert len(lab.condition.steps) == 1
    lab.clear()
    assert lab.condition.is_clean


def test_the_next_image_is_corrupted_alike(window, lab, images):
    lab.choose("fog")
    window.session.images.step(2)
    clean = window.session.current.picture.pixels
    assert clean[0, 0, 0] == 100
    fog = condition("fog:3").apply(clean)
    assert np.array_equal(lab.corrupted.picture.pixels, fog)
    assert np.array_equal(lab.corrupted.result.labels, labels_of(fog))


def test_without_automatic_segmentation_nothing_is_segmented_before_it_is_asked(
    window, engine, images
):
    window.session.change_settings(auto_segment=False)
    window.session.images.open(images)
    lab = window.session.lab
    lab.choose("fog")
    assert lab.corrupted.picture is not window.session.current.picture
    assert engine.images == []
    window.session.segment_current()
    assert len(engine.images) == 2
    assert lab.corrupted.result is not None


def test_an_image_too_small_for_it_says_so_in_its_place(window, tmp_path):
    tiny = make_image(tmp_path / "tiny.png", size=(20, 20))
    window.session.images.open([tiny])
    lab = window.session.lab
    lab.choose("fog")
    assert lab.corrupted.picture is None
    assert lab.corrupted.error.code == "corruption_image_too_small"
    window.compare.grab()
    lab.clear()
    assert lab.corrupted.picture is not None


def test_another_model_sees_both_images_again(window, lab, engine):
    lab.choose("fog")
    seen = len(engine.images)
    window.session.models.set_precision("bfloat16")
    assert len(engine.images) == seen + 2
    assert lab.corrupted.result is not None
    assert lab.pair.scores is not None


def test_a_mask_that_fails_is_told_and_the_image_stays(window, lab, engine):
    corrupted = condition("brightness:5").apply(window.session.current.picture.pixels)
    engine.broken[int(corrupted[0, 0, 0])] = UserError("disk_full", path="x")
    lab.choose("brightness")
    lab.set_severity(5)
    assert "no space left" in window.message_bar.sentence.text()
    assert lab.corrupted.picture is not None
    assert (lab.corrupted.result, lab.corrupted.busy) == (None, False)


# Pairs ------------------------------------------------------------------------------------------


def test_scores_of_the_pair_are_those_of_the_core(window, lab):
    lab.choose("fog")
    base, other = window.session.current.result, lab.corrupted.result
    expected = compare_labels(base.labels, other.labels, CLASSES.names)
    assert lab.pair.scores.agreement == expected.agreement < 1
    assert lab.pair.scores.class_consistency == pytest.approx(
        expected.class_consistency, nan_ok=True
    )
    assert lab.pair.shift_px == boundary_shift(base.labels, other.labels)


def test_maps_of_the_pair_are_those_of_the_core(window, lab):
    lab.choose("fog")
    base, other = window.session.current.result, lab.corrupted.result
    assert np.array_equal(lab.pair.map("flips").levels[0], flips(base.labels, other.labels))
    borders = lab.pair.map("borders")
    assert np.array_equal(borders.levels[0], boundary_kinds(base.labels, other.labels))
    drop = lab.pair.map("confidence_drop")
    steps = [
        source.maps.measure("confidence").levels[0]
        for source in (window.session.current, lab.corrupted)
    ]
    assert np.array_equal(drop.levels[0], confidence_drop(*steps))
    assert lab.pair.map("errors") is None


def test_maps_go_with_the_results_they_are_of(lab):
    lab.choose("fog")
    first = lab.pair.map("flips")
    assert lab.pair.map("flips") is first
    lab.set_severity(5)
    assert lab.pair.map("flips") is not first


# Ground truth -----------------------------------------------------------------------------------


@pytest.fixture
def with_truth(window, tmp_path):
    """An image with ground truth beside it: the left half dark, the right one bright."""
    image = make_image(tmp_path / "images" / "a.png", 10)
    labels = np.zeros((60, 80), np.uint8)
    labels[:, 40:] = 2
    write_png(tmp_path / "labels" / "a.png", labels)
    window.session.images.open([image])
    return window.session.lab


def test_ground_truth_beside_the_image_makes_scores_true(window, with_truth):
    lab = with_truth
    assert lab.pair.ground_truth.path.name == "a.png"
    lab.choose("fog")
    scores = lab.pair.scores
    assert scores.base_truth.miou == 1
    wrong = labels_of(lab.corrupted.picture.pixels) != lab.pair.ground_truth.labels
    assert scores.other_truth.pixel_accuracy == pytest.approx(1 - wrong.mean())
    kinds = lab.pair.map("errors")
    assert kinds.classes is ERROR_KINDS
    base, other = window.session.current.result, lab.corrupted.result
    expected = error_kinds(base.labels, other.labels, lab.pair.ground_truth)
    assert np.array_equal(kinds.levels[0], expected)


def test_ground_truth_can_be_opened_and_is_kept_for_its_image(window, lab, images, tmp_path):
    write_png(tmp_path / "mine.png", np.full((60, 80), 2, np.uint8))
    lab.truth.open(tmp_path / "mine.png")
    assert lab.pair.ground_truth.path.name == "mine.png"
    window.session.images.step(1)
    assert lab.pair.ground_truth is None
    window.session.images.step(-1)
    assert lab.pair.ground_truth.path.name == "mine.png"


def test_ground_truth_that_does_not_fit_is_one_sentence_said_once(window, lab, tmp_path):
    write_png(tmp_path / "small.png", np.zeros((10, 10), np.uint8))
    lab.truth.open(tmp_path / "small.png")
    assert "10 x 10 pixels" in window.message_bar.sentence.text()
    window.message_bar.hide()
    lab.choose("fog")
    lab.set_severity(5)
    assert window.message_bar.isHidden()
    assert lab.pair.scores.other_truth is None


# A second model ---------------------------------------------------------------------------------


@pytest.fixture
def rival(window, lab, engine):
    window.session.view.set_arrangement("grid")
    lab.rival.choose(window.session.models.entries[0])
    return lab.rival


def test_the_second_model_gets_the_very_same_images(window, lab, rival, engine):
    lab.choose("gaussian_noise")
    assert rival.ready is not None
    assert np.array_equal(engine.other.images[0], window.session.current.picture.pixels)
    assert engine.other.images[-1] is lab.corrupted.picture.pixels
    assert rival.corrupted.result is not None
    assert lab.rival_pair.scores.agreement == lab.pair.scores.agreement


def test_the_second_model_is_loaded_when_it_is_first_looked_at(window, lab, engine):
    lab.rival.choose(window.session.models.entries[0])
    assert engine.other.requests == []
    window.session.view.set_arrangement("grid")
    assert len(engine.other.requests) == 1
    assert lab.rival.clean.result is not None
    window.session.view.set_arrangement("single")
    seen = len(engine.other.images)
    lab.choose("fog")
    assert len(engine.other.images) == seen
    window.session.view.set_arrangement("grid")
    assert len(engine.other.images) == seen + 1


def test_the_second_model_runs_where_and_how_the_first_one_does(window, rival, engine):
    assert engine.other.requests[-1].precision == "auto"
    window.session.models.set_precision("bfloat16")
    assert engine.other.requests[-1].precision == "bfloat16"
    assert engine.other.requests[-1].spec == "segformer-b0-camvid"
    assert rival.clean.result is not None
    loads = len(engine.other.requests)
    window.session.change_settings(sliding=True)
    assert engine.other.options[-1].sliding
    assert len(engine.other.requests) == loads


def test_nothing_corrupted_is_segmented_once_by_the_second_model(rival, engine):
    assert len(engine.other.images) == 1
    assert rival.corrupted.result is rival.clean.result


def test_a_second_model_that_cannot_be_loaded_is_told(window, lab, engine):
    entry = window.session.models.entries[0]
    window.session.view.set_arrangement("grid")
    lab.rival.choose(replace(entry, id="broken.pth"))
    assert "broken.pth" in window.message_bar.sentence.text()
    assert lab.rival.entry is None
    lab.rival.choose(entry)
    assert lab.rival.clean.result is not None


# Sweeps -----------------------------------------------------------------------------------------


def test_a_curve_reads_clean_and_1_to_5(window, lab):
    lab.choose("fog")
    lab.sweep.start("curve", lab.condition, 0)
    assert sorted(lab.sweep.curve) == [0, 1, 2, 3, 4, 5]
    assert lab.sweep.curve[0].scores.consistency == 1
    assert lab.sweep.curve[3].scores.agreement == lab.pair.scores.agreement
    assert lab.sweep.running is None


def test_all_corruptions_are_95_readings(window, lab):
    lab.sweep.start("grid", lab.condition, 0)
    assert len(lab.sweep.grid) == 95
    expected = condition("frost:2")
    lab.set_condition(expected)
    assert lab.sweep.grid[expected].scores.agreement == lab.pair.scores.agreement


def test_breaking_points_are_searched_at_the_threshold(lab):
    lab.choose("fog")
    lab.sweep.start("breaking", lab.condition, 0, 0.8)
    points = lab.sweep.points
    assert points.threshold == 0.8
    assert points.overall is not None
    assert points.readings[points.overall.below].scores.score < 0.8


def test_readings_go_with_the_image_the_model_the_seed_and_the_truth(window, lab, tmp_path):
    write_png(tmp_path / "mine.png", np.full((60, 80), 2, np.uint8))
    for change in (
        lambda: window.session.images.step(1),
        lambda: window.session.models.set_precision("bfloat16"),
        lambda: lab.set_seed(5),
        lambda: lab.set_engine("reference"),
        lambda: lab.truth.open(tmp_path / "mine.png"),
    ):
        lab.choose("brightness")
        lab.sweep.start("curve", lab.condition, 0)
        assert lab.sweep.curve
        lab.set_severity(1)
        assert lab.sweep.curve
        change()
        assert lab.sweep.curve == {}
