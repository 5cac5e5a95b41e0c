"""The review queue leads to where the mistakes are."""

from __future__ import annotations

import numpy as np
import pytest

from segformer_gui.core.annotation.region import Box
from segformer_gui.core.annotation.review import disagreement, suspects
from segformer_gui.core.datasets import open_dataset
from segformer_gui.core.images import read_image
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import load_model


def test_disagreement_is_the_share_of_those_that_differ():
    labels = np.array([[0, 1, 2]], np.uint8)
    others = [np.array([[0, 1, 0]], np.uint8), np.array([[0, 0, 1]], np.uint8)]
    assert disagreement(labels, others).tolist() == [[0, 0.5, 1]]
    assert disagreement(labels, []).tolist() == [[0, 0, 0]]


def test_the_worst_region_comes_first_and_lies_where_the_doubt_is():
    doubt = np.zeros((400, 800), np.float32)
    doubt[100:160, 200:260] = 0.9
    doubt[300:320, 600:620] = 0.9
    doubt[:, 400] = 1  # A border: a thin line of doubt.

    found = suspects(doubt)

    assert found[0].box & Box(100, 200, 160, 260) == Box(100, 200, 160, 260)
    assert found[0].score == pytest.approx(60 * 60 * 0.9, rel=0.1)
    assert found[0].box.shape[0] < 120
    scores = [suspect.score for suspect in found]
    assert scores == sorted(scores, reverse=True)
    assert any(s.box & Box(300, 600, 320, 620) == Box(300, 600, 320, 620) for s in found[:3])


def test_what_a_person_touched_is_not_asked_about_again():
    doubt = np.zeros((400, 800), np.float32)
    doubt[100:160, 200:260] = 0.9
    touched = np.zeros((400, 800), np.bool_)
    touched[90:170, 190:270] = True
    assert suspects(doubt, touched) == []
    assert doubt.max() > 0


def test_no_region_is_listed_twice_and_the_list_ends():
    doubt = np.random.default_rng(0).random((300, 500)).astype(np.float32)
    found = suspects(doubt, limit=12)
    assert len(found) == 12
    assert sum(suspect.score for suspect in found) <= doubt.sum() * 1.01
    everywhere = suspects(np.ones((300, 500), np.float32), limit=1000)
    assert sum(suspect.score for suspect in everywhere) == pytest.approx(300 * 500, rel=0.01)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (39, 41)])
def test_the_smallest_images_have_regions_inside_of_them(size):
    (suspect,) = suspects(np.full(size, 0.5, np.float32), limit=1)
    assert suspect.box & Box(0, 0, *size) == suspect.box
    assert suspect.box


@pytest.mark.shared_data
def test_regions_of_high_entropy_hold_far_more_mistakes_than_others(shared_data):
    dataset = open_dataset(shared_data / "camvid", split="val")
    segmenter = Segmenter(load_model("b0-camvid"), "cpu")
    in_suspects, suspect_pixels, all_wrong, pixels = 0, 0, 0, 0
    for sample in dataset.samples[::25]:
        prediction = segmenter.segment(read_image(sample.image))
        truth = dataset.read_ground_truth(sample)
        wrong = (prediction.labels != truth) & (truth != 255)
        all_wrong += wrong.sum()
        pixels += wrong.size
        covered = np.zeros(wrong.shape, np.bool_)
        for suspect in suspects(prediction.entropy(), limit=10):
            covered[suspect.box.slices] = True
        in_suspects += wrong[covered].sum()
        suspect_pixels += covered.sum()
    gain = (in_suspects / all_wrong) / (suspect_pixels / pixels)
    assert gain > 2
