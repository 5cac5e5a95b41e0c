"""`segformer-gui evaluate`: scores that can be checked by hand, and the official ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.images import write_png
from segformer_gui.core.paths import shipped


@pytest.fixture
def camvid(tmp_path: Path) -> Path:
    """Two images of a CamVid layout: half sky, half road; in the second also some void."""
    truth = np.zeros((40, 60), np.uint8)
    truth[20:] = 3
    void = truth.copy()
    void[:, :30] = 11
    for name, labels in (("s_1.png", truth), ("s_2.png", void)):
        write_png(tmp_path / "data" / "val" / name, np.zeros((40, 60, 3), np.uint8))
        write_png(tmp_path / "data" / "valannot" / name, labels)
    return tmp_path / "data"


def test_a_sequence_is_taken_from_whichever_split_it_is_in(run: Callable, camvid: Path) -> None:
    for name in ("s_3.png", "t_1.png"):
        write_png(camvid / "train" / name, np.zeros((40, 60, 3), np.uint8))
        write_png(camvid / "trainannot" / name, np.zeros((40, 60), np.uint8))

    both = json.loads(run("evaluate", camvid, "--sequence", "s", "--json").out)
    one = json.loads(run("evaluate", camvid, "--sequence", "s", "--split", "val", "--json").out)
    none = run("evaluate", camvid, "--sequence", "u")

    assert (both["images"], one["images"]) == (3, 2)
    assert none.code == 2
    assert "It has: s, t." in none.err


def test_scores_of_masks_are_those_counted_by_hand(
    run: Callable, camvid: Path, tmp_path: Path
) -> None:
    predicted = np.zeros((40, 60), np.uint8)
    predicted[30:] = 3
    write_png(tmp_path / "masks" / "s_1.png", predicted)
    write_png(tmp_path / "masks" / "s_2.png", predicted)

    result = run("evaluate", camvid, "--predictions", tmp_path / "masks", "--json")

    scores = json.loads(result.out)
    assert result.code == 0
    # 3 of 4 rows are called sky, of which 2 are; 1 row is called road and is.
    assert scores["per_class"]["sky"] == pytest.approx(2 / 3)
    assert scores["per_class"]["road"] == pytest.approx(1 / 2)
    assert scores["per_class"]["car"] is None
    assert scores["miou"] == pytest.approx(7 / 12)
    assert scores["pixel_accuracy"] == pytest.approx(0.75)
    assert scores["mean_accuracy"] == pytest.approx(0.75)
    assert scores["images"] == 2


def test_a_missing_mask_counts_as_wrong(run: Callable, camvid: Path, tmp_path: Path) -> None:
    perfect = np.zeros((40, 60), np.uint8)
    perfect[20:] = 3
    write_png(tmp_path / "masks" / "s_1.png", perfect)

    scores = json.loads(run("evaluate", camvid, "--predictions", tmp_path / "masks", "--json").out)

    # 2400 pixels are right, the 1200 of the second image that are not void are wrong.
    assert scores["pixel_accuracy"] == pytest.approx(2 / 3)
    assert scores["missing_predictions"] == 1


@pytest.mark.parametrize("how", [(), ("--scales", "0.75,1.5", "--flip")])
def test_a_model_is_scored_by_what_predict_writes(
    run: Callable, camvid: Path, tmp_path: Path, how: tuple[str, ...]
) -> None:
    run("predict", camvid / "val", "--out", tmp_path / "masks", "--size", "64", *how)
    of_masks = json.loads(
        run("evaluate", camvid, "--predictions", tmp_path / "masks", "--json").out
    )
    of_model = json.loads(run("evaluate", camvid, "--size", "64", *how, "--json").out)

    assert of_model["per_class"] == of_masks["per_class"]
    assert of_model["model"] == "segformer-b0-camvid"
    assert of_model["scales"] == ([0.75, 1.5] if how else [1])
    table = run("evaluate", camvid, "--size", "64", *how).out
    assert "mIoU" in table
    assert f"{100 * of_model['miou']:.1f}" in table


def test_samples_are_an_index_data_set_of_camvid_ids(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "images").symlink_to(shipped("resources", "samples"))
    (tmp_path / "d" / "labels").symlink_to(shipped("resources", "samples_labels"))

    scores = json.loads(run("evaluate", tmp_path / "d", "--layout", "index", "--json").out)

    assert scores["images"] == 6
    assert set(scores["per_class"]) == set(known_class_set("camvid").names)
    assert scores["pixel_accuracy"] > 0.75


def test_ground_truth_may_count_its_classes_from_1(run: Callable, tmp_path: Path) -> None:
    ids = np.array([[0, 1, 2, 255]], np.uint8)
    for folder, labels in {"images": ids, "labels": np.where(ids == 255, 0, ids + 1)}.items():
        write_png(tmp_path / "data" / folder / "a.png", labels.astype(np.uint8))
    write_png(tmp_path / "masks" / "a.png", ids)
    arguments = ("evaluate", tmp_path / "data", "--predictions", tmp_path / "masks", "--json")

    as_it_is = json.loads(run(*arguments).out)
    reduced = json.loads(run(*arguments, "--reduce-zero-label").out)

    assert as_it_is["pixel_accuracy"] == 0
    assert (reduced["pixel_accuracy"], reduced["reduce_zero_label"]) == (1, True)


def test_bad_data_is_one_sentence_and_code_2(run: Callable, camvid: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for arguments in (
        (tmp_path / "nowhere",),
        (tmp_path / "empty",),
        (camvid, "--split", "night"),
        (camvid, "--layout", "cityscapes"),
        (camvid, "--predictions", tmp_path / "empty"),
        (camvid, "--layout", "other"),
    ):
        result = run("evaluate", *arguments)
        assert result.code == 2, arguments
        assert result.err
        assert "Traceback" not in result.err


@pytest.mark.shared_data
def test_official_cityscapes_score(run: Callable, shared_data: Path) -> None:
    folder = shared_data / "cityscapes"
    expected = json.loads((folder / "cityscapesScripts_eval" / "eval_576.json").read_text())
    for masks, ids in (("cityscapesScripts_eval", "labelIds"), ("espnet_pred", "trainIds")):
        scores = json.loads(
            run(
                "evaluate", folder, "--split", "val", "--layout", "cityscapes",
                "--predictions", folder / masks, "--format", ids, "--json",
            ).out
        )  # fmt: skip
        assert scores["miou"] == pytest.approx(expected["averageScoreClasses"], abs=1e-12)
        for name, iou in scores["per_class"].items():
            official = expected["classScores"][name]
            assert (iou is None and np.isnan(official)) or iou == pytest.approx(official)
