"""Measuring: every cell is what the slow way gives, and nothing is measured twice."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from segformer_gui.core.classes import ClassSet, class_set_of_names
from segformer_gui.core.corruption.corrupt import corrupt
from segformer_gui.core.datasets import open_dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.evaluation import evaluate_model
from segformer_gui.core.images import read_image, write_png
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.metrics.calibration import Calibration
from segformer_gui.core.metrics.confusion import ConfusionMatrix
from segformer_gui.core.robustness import crew
from segformer_gui.core.robustness.events import Finished, Measured, Started, Stopped
from segformer_gui.core.robustness.grid import missing_tasks, run_grid
from segformer_gui.core.robustness.plan import (
    CLEAN,
    CellKey,
    Condition,
    custom_protocol,
    noise_seed,
    plan_grid,
    unlabelled,
)
from segformer_gui.core.robustness.results import score_grid
from segformer_gui.core.robustness.store import CellStore

FEW = custom_protocol(["glass_blur", "shot_noise", "contrast"], [2, 4])


@pytest.fixture
def store(tmp_path):
    with CellStore(tmp_path / "cells.sqlite") as store:
        yield store


def measure(plan, segmenters, store, **options) -> list[object]:
    return list(run_grid(plan, segmenters, store, missing_tasks(plan, store), **options))


def cells_by_key(plan, store):
    return {cell.key: cell for cell in store.cells(plan.settings_key)}


def test_every_cell_is_that_of_the_plain_loop(camvid, tiny, store):
    models = [tiny(0), tiny(1)]
    options = SegmentOptions(short_side=48)
    plan = plan_grid(camvid, models, FEW, seeds=2, options=options)
    measure(plan, models, store)
    cells = cells_by_key(plan, store)
    assert len(cells) == plan.size
    for image in plan.images:
        pixels = read_image(image.sample.image)
        truth = camvid.read_ground_truth(image.sample)
        for condition in plan.conditions:
            name, severity, seed = condition
            changed = pixels
            if condition != CLEAN:
                changed = corrupt(pixels, name, severity, noise_seed(image, seed))
            for model, segmenter in zip(plan.models, models, strict=True):
                prediction = segmenter.segment(changed, options)
                cell = cells[CellKey(model.key, image.key, condition)]
                expected = ConfusionMatrix.of_image(truth, prediction.labels, 11)
                np.testing.assert_array_equal(cell.counts, expected.counts)
                few = (slice(None, None, 4), slice(None, None, 4))
                counted = truth[few] != 255
                calibration = Calibration.of_pixels(
                    prediction.confidence()[few][counted],
                    (prediction.labels == truth)[few][counted],
                )
                assert cell.calibration is not None
                assert cell.calibration.error == pytest.approx(calibration.error, abs=1e-5)
                assert cell.calibration.pixels.sum() == counted.sum()


def test_clean_cells_add_up_to_the_evaluation(camvid, tiny, store):
    model = tiny(0, class_set_of_names(["Road", "tram", "sky", "car"]))
    plan = plan_grid(camvid, [model], FEW)
    measure(plan, [model], store)
    total = sum(c.counts for c in cells_by_key(plan, store).values() if c.key.condition == CLEAN)
    *_, last = evaluate_model(camvid, lambda i: model.segment(i).labels, model.model.classes)
    # `evaluate` counts the shared classes alone.
    places = [plan.classes.names.index(name) for name in last.result.match.names]
    np.testing.assert_array_equal(total[np.ix_(places, places)], last.result.matrix.counts[:, :-1])


def test_classes_of_one_name_are_one(camvid, tiny, store):
    names = list(camvid.classes.names)
    names[4], names[6] = "Road", "road"  # As 3 is.
    merged = replace(camvid, classes=ClassSet("merged", tuple(names), camvid.classes.colors))
    model = tiny()
    plan = plan_grid(merged, [model], custom_protocol(["fog"], [1]))
    measure(plan, [model], store)
    scores = score_grid(plan, store.cells(plan.settings_key)).models[0].clean
    *_, last = evaluate_model(merged, lambda i: model.segment(i).labels, model.model.classes)
    assert scores == last.result.scores()


def test_what_the_model_has_no_class_for_is_no_matter_of_calibration(camvid, tiny, store):
    model = tiny(0, class_set_of_names(["road", "sky"]))
    plan = plan_grid(camvid, [model], custom_protocol(["fog"], [1]))
    measure(plan, [model], store)
    for cell in store.cells(plan.settings_key):
        image = next(i for i in plan.images if i.key == cell.key.image)
        truth = camvid.read_ground_truth(image.sample)[::4, ::4]
        assert cell.calibration is not None
        assert cell.calibration.pixels.sum() == np.isin(truth, [0, 3]).sum()


def test_images_are_read_and_corrupted_once_for_all_models(camvid, tiny, store, monkeypatch):
    models = [tiny(0), tiny(1), tiny(2)]
    plan = plan_grid(camvid, models, FEW)
    calls: Counter[object] = Counter()
    threads = set()

    def counted(name, function):
        def call(*arguments):
            calls[name] += 1
            threads.add(threading.current_thread())
            return function(*arguments)

        monkeypatch.setattr(crew, name, call)

    counted("read_image", read_image)
    counted("corrupt", corrupt)
    measure(plan, models, store)
    assert calls == {"read_image": 3, "corrupt": 3 * 6}
    assert threading.current_thread() not in threads


def test_events_count_what_is_stored(camvid, tiny, store):
    models = [tiny(0), tiny(1)]
    plan = plan_grid(camvid, models, FEW)
    first, *between, last = run_grid(plan, models, store, missing_tasks(plan, store))
    assert first == Started(3 * 7 * 2)
    assert last == Finished(42)
    assert [event.done for event in between] == list(range(2, 43, 2))
    assert all(isinstance(e, Measured) and e.total == 42 for e in between)
    assert between[-1].seconds_left == 0
    assert {event.image for event in between} == {"s_1", "s_2", "t_1"}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(4.4, "4 s"), (29, "29 s"), (70, "1 min"), (5000, "83 min"), (9000, "2.5 h")],
)
def test_the_time_left_is_told_as_coarsely_as_it_is_known(seconds, told):
    assert Measured(1, 2, "image", CLEAN, seconds).time_left == told


def test_a_run_that_is_left_goes_on_where_it_was(camvid, tiny, store):
    models = [tiny(0)]
    plan = plan_grid(camvid, models, FEW)
    events = run_grid(plan, models, store, missing_tasks(plan, store))
    for event in events:
        if isinstance(event, Measured) and event.done == 5:
            assert len(store.keys(plan.settings_key)) >= 5
            break
    events.close()
    left = missing_tasks(plan, store)
    assert len(left) == plan.size - len(store.keys(plan.settings_key)) <= plan.size - 5
    assert measure(plan, models, store)[0] == Started(len(left))
    assert missing_tasks(plan, store) == []
    assert measure(plan, models, store) == [Started(0), Finished(0)]


def test_a_cancelled_run_has_stored_what_it_counted(camvid, tiny, store):
    models = [tiny(0)]
    plan = plan_grid(camvid, models, FEW)
    asked = itertools.count()
    *_, last = measure(plan, models, store, cancelled=lambda: next(asked) >= 9)
    assert last == Stopped(len(store.keys(plan.settings_key)), plan.size)
    assert 0 < last.done < plan.size
    measure(plan, models, store)
    assert missing_tasks(plan, store) == []


def test_only_what_is_new_is_measured(camvid, tiny, store):
    first, second = tiny(0), tiny(1)
    plan = plan_grid(camvid, [first], FEW)
    measure(plan, [first], store)
    # Another model: its own cells alone, on the same corrupted images.
    both = plan_grid(camvid, [first, second], FEW)
    assert {task.models for task in missing_tasks(both, store)} == {(1,)}
    # One image changes: its cells.
    sample = camvid.samples[0]
    write_png(sample.image, 255 - read_image(sample.image))
    changed = plan_grid(camvid, [first], FEW)
    assert {t.image.sample.id for t in missing_tasks(changed, store)} == {sample.id}
    # A further severity: its cells.
    more = plan_grid(camvid, [first], custom_protocol(["shot_noise"], [2, 3]))
    assert {t.condition for t in missing_tasks(more, store) if t.image.sample != sample} == {
        Condition("shot_noise", 3, 0)
    }
    # Another size: everything.
    larger = plan_grid(camvid, [first], FEW, options=SegmentOptions(short_side=64))
    assert len(missing_tasks(larger, store)) == larger.size


def test_consistency_compares_with_the_models_own_clean_prediction(camvid, tiny, store):
    models = [tiny(0), tiny(1)]
    data = unlabelled(camvid.root / "val")
    plan = plan_grid(data, models, FEW, mode="consistency")
    measure(plan, models, store)
    cells = cells_by_key(plan, store)
    for image in plan.images:
        pixels = read_image(image.sample.image)
        for model, segmenter in zip(plan.models, models, strict=True):
            clean = segmenter.segment(pixels).labels
            for condition in plan.conditions:
                cell = cells[CellKey(model.key, image.key, condition)]
                assert cell.calibration is None
                if condition == CLEAN:
                    assert cell.counts.sum() == cell.counts.diagonal().sum() == clean.size
                    continue
                name, severity, seed = condition
                changed = corrupt(pixels, name, severity, noise_seed(image, seed))
                labels = segmenter.segment(changed).labels
                expected = ConfusionMatrix.of_image(clean, labels, 11)
                np.testing.assert_array_equal(cell.counts, expected.counts)


def test_consistency_of_models_with_other_classes_is_over_those_they_share(camvid, tiny, store):
    models = [tiny(0), tiny(1, class_set_of_names(["car", "lamp", "road"]))]
    plan = plan_grid(unlabelled(camvid.root / "val"), models, FEW, mode="consistency")
    measure(plan, models, store)
    assert [plan.classes.names[place] for place in plan.scored] == ["road", "car"]
    for cell in store.cells(plan.settings_key):
        if cell.key.model == plan.models[1].key:
            assert set(np.flatnonzero(cell.counts.sum(1))) <= {3, 8}


def error_of(call) -> UserError:
    with pytest.raises(UserError) as error:
        call()
    return error.value


def test_what_cannot_be_measured_is_named_and_the_rest_stays(camvid, tiny, store):
    model = tiny(0)
    sample = camvid.samples[1]
    original = sample.image.read_bytes()
    for content, truth, code in (
        (np.zeros((20, 50, 3), np.uint8), np.zeros((20, 50), np.uint8), "grid_image_too_small"),
        (np.zeros((40, 60, 3), np.uint8), np.zeros((40, 50), np.uint8), "labels_wrong_size"),
    ):
        write_png(sample.image, content)
        write_png(sample.labels, truth)
        plan = plan_grid(camvid, [model], FEW)
        error = error_of(lambda plan=plan: measure(plan, [model], store))
        assert (error.code, str(sample.id) in str(error)) == (code, True)
    sample.image.write_bytes(original[: len(original) // 2])
    plan = plan_grid(camvid, [model], FEW)
    assert error_of(lambda: measure(plan, [model], store)).code == "image_broken"
    assert len(store.keys(plan.settings_key)) >= 6


def test_ids_beyond_the_models_classes_are_refused(tmp_path, tiny, store):
    write_png(tmp_path / "d" / "images" / "a.png", np.zeros((40, 40, 3), np.uint8))
    write_png(tmp_path / "d" / "labels" / "a.png", np.full((40, 40), 11, np.uint8))
    data = open_dataset(tmp_path / "d")
    model = tiny(0)
    plan = plan_grid(data, [model], FEW)
    assert error_of(lambda: measure(plan, [model], store)).code == "labels_id_too_large"
    write_png(tmp_path / "d" / "labels" / "a.png", np.full((40, 40), 10, np.uint8))
    plan = plan_grid(data, [model], FEW)
    measure(plan, [model], store)
    assert missing_tasks(plan, store) == []


def test_two_files_of_one_content_are_measured_like_one(camvid, tiny, store):
    twice = replace(camvid, samples=(*camvid.samples[:1], *camvid.samples[:1]))
    model = tiny(0)
    plan = plan_grid(twice, [model], FEW)
    assert measure(plan, [model], store)[-1] == Finished(plan.size)
    assert missing_tasks(plan, store) == []
