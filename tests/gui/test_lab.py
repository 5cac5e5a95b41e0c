"""The corruption lab's state: what is corrupted, segmented, compared, and never shown late."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QTimer

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
from segformer_gui.gui.session import lab as lab_module
from segformer_gui.gui.session.pair import ERROR_KINDS
from tests.gui.conftest import CLASSES, make_image

FOG = Condition((Step("fog", 4),))


@pytest.fixture
def lab(window, images):
    window.session.images.open(images)
    return window.session.lab


def labels_of(pixels: np.ndarray) -> np.ndarray:
    """What the engine of these tests sees in an image."""
    return (pixels[..., 0] // 86).astype(np.uint8)


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


# Threads ----------------------------------------------------------------------------------------


@pytest.fixture(params=[20.0, 500.0], ids=["fast network", "slow network"])
def threaded_lab(threaded, engine, images, qtbot, request):
    engine.network_ms = request.param
    session = threaded.session
    session.images.open(images)
    qtbot.waitUntil(lambda: session.current.result is not None)
    return session.lab


def settled(lab) -> bool:
    return lab.shown == lab.condition and lab.corrupted.result is not None


def test_a_mask_is_only_ever_shown_with_the_image_it_was_made_of(threaded_lab, qtbot, engine):
    lab = threaded_lab
    shown: list[str] = []

    def look() -> None:
        picture, result = lab.corrupted.picture, lab.corrupted.result
        if result is not None:
            assert np.array_equal(result.labels, labels_of(picture.pixels))
            shown.append(str(lab.shown))

    lab.corrupted.changed.connect(look)
    lab.corrupted.picture_changed.connect(look)
    lab.choose("fog")
    for tenths in range(51):
        lab.set_severity(tenths / 10)
        qtbot.wait(3)
    qtbot.waitUntil(lambda: settled(lab))
    assert shown[-1] == "fog:5"


def test_of_a_fast_network_the_mask_comes_with_its_image(threaded, engine, images, qtbot):
    threaded.session.images.open(images)
    qtbot.waitUntil(lambda: threaded.session.current.result is not None)
    lab = threaded.session.lab
    lab._patience.setInterval(10_000)  # However busy the machine is.
    without = []
    lab.choose("fog")
    qtbot.waitUntil(lambda: settled(lab))
    for severity in (1, 5, 2):
        painted = []
        lab.corrupted.picture_changed.connect(
            lambda painted=painted: QTimer.singleShot(
                0, lambda: painted.append(lab.corrupted.result is not None)
            )
        )
        lab.set_severity(severity)
        qtbot.waitUntil(lambda painted=painted: settled(lab) and bool(painted))
        without += [seen for seen in painted if not seen]
    assert without == []


def test_the_image_follows_while_the_network_is_busy(threaded_lab, qtbot, engine):
    lab = threaded_lab
    engine.gate.clear()
    for severity in (1, 3, 5):
        lab.set_severity(severity)
        qtbot.waitUntil(lambda severity=severity: str(lab.shown) == f"fog:{severity}")
        assert lab.corrupted.result is None
    engine.gate.set()
    qtbot.waitUntil(lambda: settled(lab))
    assert (
        len(
            [
                image
                for image in engine.images
                if np.array_equal(image, lab.corrupted.picture.pixels)
            ]
        )
        == 1
    )


def test_a_mask_that_is_outdated_before_its_image_is_shown_never_is(
    threaded, threaded_lab, qtbot, engine
):
    lab, session = threaded_lab, threaded.session
    lab._patience.setInterval(10_000)
    engine.entered.clear()
    engine.gate.clear()
    lab.choose("fog")
    qtbot.waitUntil(engine.entered.is_set)
    seen = []
    lab.corrupted.changed.connect(
        lambda: seen.append((session.current.result, lab.corrupted.result))
    )
    session.segmentation.forget()  # As another model does.
    engine.gate.set()
    session.segment_current()
    qtbot.waitUntil(lambda: settled(lab))
    assert all(clean is not None or corrupted is None for clean, corrupted in seen)
    assert np.array_equal(engine.images[-1], lab.corrupted.picture.pixels)


def test_one_image_is_corrupted_at_a_time_and_the_latest_comes_next(
    threaded_lab, qtbot, monkeypatch
):
    lab = threaded_lab
    gate, made = threading.Semaphore(0), []
    apply = Condition.apply

    def slow(asked: Condition, image: np.ndarray) -> np.ndarray:
        gate.acquire()
        made.append(asked.steps[0].severity)
        return apply(asked, image)

    monkeypatch.setattr(lab_module.Condition, "apply", slow)
    for severity in (1, 2, 3, 4):
        lab.set_severity(severity)
    gate.release()
    qtbot.waitUntil(lambda: str(lab.shown) == "fog:1")
    gate.release()
    qtbot.waitUntil(lambda: settled(lab))
    assert made == [1, 4]


def test_an_image_that_was_left_is_not_shown_corrupted_late(
    threaded, threaded_lab, images, qtbot, monkeypatch
):
    lab, session = threaded_lab, threaded.session
    gate = threading.Event()
    apply = Condition.apply

    def slow(asked: Condition, image: np.ndarray) -> np.ndarray:
        gate.wait()
        return apply(asked, image)

    monkeypatch.setattr(lab_module.Condition, "apply", slow)
    paths = []
    lab.corrupted.picture_changed.connect(
        lambda: paths.append((lab.corrupted.picture.path, session.current.picture.path))
    )
    lab.choose("fog")
    session.images.select(images[2])
    qtbot.waitUntil(lambda: session.current.result is not None)
    gate.set()
    qtbot.waitUntil(lambda: settled(lab))
    assert all(shown == current for shown, current in paths)
    assert lab.corrupted.picture.path == images[2]


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


def test_a_sweep_can_be_cancelled_and_keeps_what_it_has_read(threaded, threaded_lab, qtbot, engine):
    lab = threaded_lab
    lab.sweep.start("grid", lab.condition, 0)
    qtbot.waitUntil(lambda: lab.sweep.done >= 3)
    assert threaded.actions_by_id["cancel"].isEnabled()
    threaded.actions_by_id["cancel"].trigger()
    assert lab.sweep.running is None
    read = len(lab.sweep.grid)
    assert 3 <= read < 95
    qtbot.wait(50)
    assert len(lab.sweep.grid) == read


def test_the_slider_is_answered_in_the_middle_of_a_sweep(threaded_lab, qtbot, engine):
    lab = threaded_lab
    lab.sweep.start("grid", lab.condition, 0)
    lab.choose("fog")
    qtbot.waitUntil(lambda: settled(lab))
    assert lab.sweep.running == "grid"
    lab.sweep.cancel()
