"""Scores of a grid, against loops over the definitions and other people's numbers."""

from __future__ import annotations

import json
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from robustness_grids import cells_of, plan_of, random_counts

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.corruption.catalogue import COMMON15, KR16
from segformer_gui.core.datasets import from_label_ids, open_dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_labels
from segformer_gui.core.metrics.calibration import Calibration
from segformer_gui.core.metrics.confusion import ConfusionMatrix
from segformer_gui.core.robustness.bootstrap import REPLICATES, resample
from segformer_gui.core.robustness.plan import CLEAN, Condition, custom_protocol
from segformer_gui.core.robustness.results import score_grid
from segformer_gui.messages import explain

FEW = custom_protocol(["fog", "contrast"], [1, 4])


def error_of(call) -> UserError:
    with pytest.raises(UserError) as error:
        call()
    assert all(explain(error.value))
    return error.value


def slow_miou(matrices, scored) -> float:
    """mIoU of the sum of confusion matrices, class by class, over `scored` classes alone."""
    total = np.sum(matrices, 0)
    ious = []
    for c in scored:
        truth = sum(total[c])
        predicted = sum(total[row][c] for row in scored)
        union = truth + predicted - total[c][c]
        if union:
            ious.append(total[c][c] / union)
    return sum(ious) / len(ious) if ious else math.nan


@st.composite
def grids(draw):
    """A plan of a random protocol and its cells."""
    names = st.sampled_from(["fog", "frost", "snow", "contrast", "pixelate"])
    protocol = custom_protocol(
        draw(st.lists(names, min_size=1, max_size=3, unique=True)),
        draw(st.lists(st.integers(1, 5), min_size=1, max_size=3, unique=True)),
    )
    count = draw(st.integers(1, 3))
    known = draw(
        st.lists(st.lists(st.booleans(), min_size=2, max_size=2), min_size=count, max_size=count)
    )
    plan = plan_of(
        protocol,
        images=draw(st.integers(1, 4)),
        models="abc"[:count],
        known=[[True, *row] for row in known],
        seeds=draw(st.integers(1, 3)),
    )
    return plan, cells_of(plan, random_counts(plan, draw(st.integers(0, 99))))


@given(grids())
@settings(deadline=None, max_examples=40)
def test_scores_are_those_of_the_definitions(case):
    plan, cells = case
    results = score_grid(plan, cells)
    scored = [c for c in range(3) if all(model.known[c] for model in plan.models)]

    def miou(model, *condition) -> float:
        return slow_miou(
            [
                cell.counts
                for cell in cells
                if cell.key.model == model.key and cell.key.condition == condition
            ],
            scored,
        )

    for model, scores in zip(plan.models, results.models, strict=True):
        clean = miou(model, *CLEAN)
        assert scores.clean_miou.value == pytest.approx(clean)
        assert scores.clean.miou == pytest.approx(clean)
        means = []
        for name, severities in plan.protocol.severities.items():
            own = scores.corruptions[name]
            for severity in severities:
                expected = statistics.mean(
                    miou(model, name, severity, seed) for seed in plan.seeds_of(name)
                )
                assert own.by_severity[severity].value == pytest.approx(expected)
            means.append(statistics.mean(own.by_severity[s].value for s in severities))
            assert own.miou.value == pytest.approx(means[-1])
            assert own.retention.value == pytest.approx(means[-1] / clean)
        assert scores.mpc.value == pytest.approx(statistics.mean(means))
        assert scores.rpc.value == pytest.approx(scores.mpc.value / clean)


@given(grids())
@settings(deadline=None, max_examples=40)
def test_degradation_is_errors_over_those_of_the_reference(case):
    plan, cells = case
    reference, *others = score_grid(plan, cells).models
    assert reference.mcd is None
    for scores in others:
        for name, own in scores.corruptions.items():
            other = reference.corruptions[name]
            assert own.cd == pytest.approx((1 - own.miou.value) / (1 - other.miou.value))
            lost = reference.clean_miou.value - other.miou.value
            if lost > 1e-9:
                expected = (scores.clean_miou.value - own.miou.value) / lost
                assert own.rcd == pytest.approx(expected)
            elif lost < -1e-9:
                assert own.rcd is None
        cds = [own.cd for own in scores.corruptions.values()]
        assert scores.mcd == pytest.approx(statistics.mean(cds))


@given(grids(), st.data())
@settings(deadline=None, max_examples=25)
def test_a_missing_cell_means_no_scores_at_all(case, data):
    plan, cells = case
    left_out = data.draw(st.integers(0, len(cells) - 1))
    error = error_of(lambda: score_grid(plan, cells[:left_out] + cells[left_out + 1 :]))
    assert error.code == "grid_incomplete"
    assert error.parameters == {"missing": 1, "total": len(cells)}


def test_cells_of_other_things_in_the_file_do_not_count():
    plan = plan_of(FEW)
    cells = cells_of(plan, random_counts(plan))
    larger = plan_of(KR16, images=3, models="ab")
    others = [
        c for c in cells_of(larger, random_counts(larger, 9)) if c.key not in set(plan.cell_keys())
    ]
    assert score_grid(plan, others + cells).models[0].mpc == score_grid(plan, cells).models[0].mpc


def test_the_mean_of_kr16_runs_over_three_severities_of_noise_and_five_of_the_others():
    plan = plan_of(KR16, images=1)

    def counts(_model, _image, condition):
        hits = 100 - 10 * int(condition.severity)
        return np.array([[hits, 0, 0, 100 - hits], [0] * 4, [0] * 4])

    (scores,) = score_grid(plan, cells_of(plan, counts)).models
    means = {name: own.miou.value for name, own in scores.corruptions.items()}
    assert means["shot_noise"] == pytest.approx(0.8)
    assert means["snow"] == pytest.approx(0.7)
    assert scores.mpc.value == pytest.approx((4 * 0.8 + 12 * 0.7) / 16)
    assert len(means) == 16


def test_an_interval_is_that_of_drawing_the_images_again():
    plan = plan_of(FEW, images=12)
    cells = cells_of(plan, random_counts(plan))
    (scores,) = score_grid(plan, cells).models
    clean = [c.counts for c in cells if c.key.condition == CLEAN]
    rng = np.random.default_rng(1)
    drawn = [slow_miou([clean[i] for i in rng.integers(0, 12, 12)], range(3)) for _ in range(2000)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    assert scores.clean_miou.low == pytest.approx(low, abs=0.01)
    assert scores.clean_miou.high == pytest.approx(high, abs=0.01)
    assert scores.mpc.low < scores.mpc.value < scores.mpc.high


def test_sequences_are_drawn_whole_where_there_are_enough_of_them():
    many = plan_of(FEW, images=30, sequences=[f"s{i // 3}" for i in range(30)])
    samples = [image.sample for image in many.images]
    resampling = resample(samples)
    assert (resampling.kind, resampling.blocks) == ("sequences", 10)
    assert resampling.weights.shape == (REPLICATES + 1, 30)
    assert (resampling.weights[0] == 1).all()
    assert (resampling.weights[:, ::3] == resampling.weights[:, 1::3]).all()
    assert (resampling.weights.sum(1) == 30).all()
    assert (resample(samples[:27]).kind, resample(samples[:27]).blocks) == ("images", 27)
    assert (resample(samples, "images").kind, resample(samples, "images").blocks) == ("images", 30)


def test_of_one_image_or_sequence_no_interval_is_told():
    for plan, blocks in (
        (plan_of(FEW, images=1), None),
        (plan_of(FEW, images=3, sequences=["s"] * 3, models="ab"), "sequences"),
    ):
        results = score_grid(plan, cells_of(plan, random_counts(plan)), blocks=blocks)
        for scores in results.models:
            assert scores.mpc.low is scores.mpc.high is None
        assert not any(difference.distinguishable for difference in results.differences)


def test_equal_models_are_not_distinguishable_and_a_much_better_one_is():
    plan = plan_of(FEW, images=15, models="abc")

    def counts(model, image, condition):
        hits = {0: 50, 1: 50, 2: 90}[model]
        # Images differ far more than models do; that all see the same ones makes up for it.
        noise = np.random.default_rng(image).integers(0, 40)
        wrong = np.random.default_rng([model < 2, image, int(condition.severity)]).integers(0, 9)
        return np.array([[hits, 0, 0, 10 + noise + wrong], [0, 60, 0, 0], [0, 0, 40, noise]])

    results = score_grid(plan, cells_of(plan, counts))
    told = {(d.first, d.second, d.quantity): d.distinguishable for d in results.differences}
    assert [told["a", "b", q] for q in ("clean", "mpc", "rpc")] == [False, False, False]
    assert told["a", "c", "mpc"]
    assert told["b", "c", "clean"]
    (difference,) = [d for d in results.differences if (d.second, d.quantity) == ("b", "mpc")]
    assert difference.estimate.value == 0


def test_the_reference_can_be_chosen_and_has_to_be_there():
    plan = plan_of(FEW, models="ab")
    cells = cells_of(plan, random_counts(plan))
    first, second = score_grid(plan, cells), score_grid(plan, cells, "b")
    assert (first.reference, second.reference) == ("a", "b")
    assert first.models[0].mcd is second.models[1].mcd is None
    assert first.models[1].corruptions["fog"].cd == pytest.approx(
        1 / second.models[0].corruptions["fog"].cd
    )
    assert error_of(lambda: score_grid(plan, cells, "x")).code == "grid_reference_unknown"
    alone = plan_of(FEW)
    assert score_grid(alone, cells_of(alone, random_counts(alone))).reference is None


def test_what_loses_nothing_has_no_relative_degradation():
    plan = plan_of(FEW, models="ab")
    results = score_grid(plan, cells_of(plan, lambda *_: np.eye(3, 4, dtype=int)))
    assert results.models[1].corruptions["fog"].cd is None
    assert results.models[1].mrcd is None
    assert results.models[1].rpc.value == 1


def test_seeds_are_averaged_and_their_spread_is_told():
    plan = plan_of(custom_protocol(["fog", "contrast"], [1]), images=1, seeds=3)

    def counts(_model, _image, condition):
        hits = 60 + 10 * condition.seed
        return np.array([[hits, 0, 0, 100 - hits], [0] * 4, [0] * 4])

    (scores,) = score_grid(plan, cells_of(plan, counts)).models
    assert scores.corruptions["fog"].miou.value == pytest.approx(0.7)
    assert scores.corruptions["fog"].seed_spread == pytest.approx(0.1)
    assert scores.corruptions["contrast"].miou.value == pytest.approx(0.6)
    assert scores.corruptions["contrast"].seed_spread is None


def test_calibration_adds_up_over_the_images_of_a_condition():
    plan = plan_of(FEW, images=2)

    def calibration(_model, image, condition):
        sure = np.full(100, 0.9)
        right = np.arange(100) < (70 if condition == CLEAN else 20 + 20 * image)
        return Calibration.of_pixels(sure, right)

    (scores,) = score_grid(plan, cells_of(plan, random_counts(plan), calibration)).models
    assert scores.clean_ece == pytest.approx(0.2)
    assert scores.corruptions["fog"].ece == pytest.approx(0.6)
    assert scores.ece == pytest.approx(0.6)
    (without,) = score_grid(plan, cells_of(plan, random_counts(plan))).models
    assert without.clean_ece is without.ece is None


def test_classes_that_lose_are_told_apart():
    plan = plan_of(custom_protocol(["fog"], [1, 2]), images=1)

    def counts(_model, _image, condition):
        lost = 20 * int(condition.severity)
        return np.array([[100 - lost, 0, 0, lost], [0, 50, 0, 0], [0, 0, 0, 0]])

    (scores,) = score_grid(plan, cells_of(plan, counts)).models
    road, sky, car = scores.corruptions["fog"].class_iou
    assert (road, sky) == (pytest.approx(0.7), 1)
    assert math.isnan(car)


def test_notes_are_counted():
    plan = plan_of(FEW)
    cells = cells_of(plan, random_counts(plan), notes=("memory_tiled",))
    assert score_grid(plan, cells).models[0].notes == {"memory_tiled": plan.size}


@pytest.mark.shared_data
def test_bdd100k_numbers_of_its_own_tool_come_out_of_a_grid(shared_data):
    folder = shared_data / "metrics" / "bdd100k_seg"
    truth, prediction = read_labels(folder / "gt/a.png"), read_labels(folder / "pred/a.png")
    plan = plan_of(FEW, images=1, classes=known_class_set("cityscapes"))
    matrix = ConfusionMatrix.of_image(truth, prediction, 19).counts
    (scores,) = score_grid(plan, cells_of(plan, lambda *_: matrix)).models
    assert 100 * scores.clean_miou.value == pytest.approx(61.7346938776)
    assert 100 * scores.mpc.value == pytest.approx(61.7346938776)
    assert 100 * scores.clean.pixel_accuracy == pytest.approx(95.0)
    assert 100 * scores.clean.fw_iou == pytest.approx(90.9183673469)


@pytest.mark.shared_data
def test_bdd100k_numbers_of_a_set_come_out_of_a_grid(shared_data):
    folder = shared_data / "metrics" / "bdd100k_seg"
    pairs = [
        (read_labels(folder / "gt+/a.png"), read_labels(folder / "pred/a.png")),
        (read_labels(folder / "gt+/b.png"), None),
    ]
    matrices = [ConfusionMatrix.of_image(*pair, 19).counts for pair in pairs]
    plan = plan_of(FEW, images=2, classes=known_class_set("cityscapes"))
    (scores,) = score_grid(plan, cells_of(plan, lambda _, image, __: matrices[image])).models
    assert 100 * scores.clean_miou.value == pytest.approx(31.9110576923)
    assert 100 * scores.clean.pixel_accuracy == pytest.approx(47.5)


@pytest.mark.shared_data
def test_the_official_cityscapes_score_comes_out_of_a_grid(shared_data):
    folder = shared_data / "cityscapes"
    official = json.loads((folder / "cityscapesScripts_eval" / "eval_576.json").read_text())
    data = open_dataset(folder, split="val")
    file = folder / "cityscapesScripts_eval" / "frankfurt_000000_000576_pred_labelIds.png"
    predicted = from_label_ids(read_labels(file), known_class_set("cityscapes"))
    truth = data.read_ground_truth(data.samples[0])
    plan = plan_of(FEW, images=1, classes=known_class_set("cityscapes"))
    matrix = ConfusionMatrix.of_image(truth, predicted, 19).counts
    (scores,) = score_grid(plan, cells_of(plan, lambda *_: matrix)).models
    assert scores.clean_miou.value == pytest.approx(official["averageScoreClasses"])
    for name, iou in zip(plan.classes.names, scores.corruptions["fog"].class_iou, strict=True):
        np.testing.assert_allclose(iou, official["classScores"][name], rtol=1e-9)


def test_common15_is_a_plain_mean_over_its_grid():
    plan = plan_of(COMMON15, images=2)
    (scores,) = score_grid(plan, cells_of(plan, random_counts(plan))).models
    every = [e.value for own in scores.corruptions.values() for e in own.by_severity.values()]
    assert len(every) == 75
    assert scores.mpc.value == pytest.approx(statistics.mean(every))


def test_conditions_know_their_seed():
    plan = plan_of(custom_protocol(["fog"], [1]), seeds=2)
    assert Condition("fog", 1, 1) in plan.conditions
