"""Synthetic street scenes: repeatable, varied, and labelled as drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.images import read_image, read_labels
from segformer_gui.core.paths import shipped
from segformer_gui.core.scenes import Label, render_scene
from segformer_gui.core.scenes.__main__ import SAMPLE_SEEDS, write_samples
from segformer_gui.core.scenes.canvas import Camera, Canvas, Light

SMALL = (180, 240)
SEEDS = range(8)


@pytest.fixture(scope="module")
def scenes() -> dict[int, tuple[np.ndarray, np.ndarray]]:
    return {seed: render_scene(seed, *SMALL) for seed in SEEDS}


def test_labels_follow_the_camvid_class_set():
    names = known_class_set("camvid").names
    assert len(names) == len(Label) - 1
    assert names[Label.ROAD] == "road"
    assert names[Label.CAR] == "car"
    assert len(names) - 1 == Label.BICYCLIST


def test_the_same_seed_gives_the_same_scene(scenes):
    again = render_scene(3, *SMALL)
    np.testing.assert_array_equal(again[0], scenes[3][0])
    np.testing.assert_array_equal(again[1], scenes[3][1])


def test_seeds_differ(scenes):
    images = [image for image, _ in scenes.values()]
    masks = [labels for _, labels in scenes.values()]
    for i in range(1, len(images)):
        assert np.mean(images[i] != images[i - 1]) > 0.5
        assert np.mean(masks[i] != masks[i - 1]) > 0.05


def test_every_class_appears_over_a_few_seeds(scenes):
    found = np.unique(np.concatenate([labels.ravel() for _, labels in scenes.values()]))
    assert set(found) == {label.value for label in Label}


@pytest.mark.parametrize("size", [(180, 240), (241, 333), (400, 180), (240, 900), (720, 1280)])
def test_any_size_works(size):
    image, labels = render_scene(1, *size)
    assert image.shape == (*size, 3)
    assert image.dtype == np.uint8
    assert labels.shape == size
    assert labels.dtype == np.uint8
    assert set(np.unique(labels)) <= {label.value for label in Label}


def test_pictures_have_contrast_and_their_brightness_varies(scenes):
    means = [image.mean() for image, _ in scenes.values()]
    assert max(means) > min(means) + 60
    for image, _ in scenes.values():
        low, high = np.percentile(image, [2, 98])
        assert high > low + 90


def test_labels_agree_with_where_things_are(scenes):
    height, width = SMALL
    # A bus may be near, and a scaffold, which is of no class.
    above = {Label.SKY, Label.BUILDING, Label.POLE, Label.TREE, Label.CAR, Label.IGNORE}
    for _, labels in scenes.values():
        assert set(np.unique(labels[0])) <= above
        # The road ahead, or the bonnet of the camera's own car.
        road = np.isin(labels[-10:, width // 3 : 2 * width // 3], (Label.ROAD, Label.CAR))
        assert road.mean() > 0.9
        assert Label.SKY not in labels[height * 6 // 10 :]
        assert Label.ROAD not in labels[: height * 4 // 10]


def test_sky_is_brighter_than_road_and_the_road_is_grey(scenes):
    for image, labels in scenes.values():
        sky, road = image[labels == Label.SKY], image[labels == Label.ROAD]
        assert sky.mean() > road.mean() + 30
        assert np.ptp(road.mean(axis=0)) < 35


def test_a_projected_face_covers_the_pixels_that_geometry_says():
    # One metre is 100 canvas pixels at 10 m: a 2 m x 1 m face, centred, on the ground.
    camera = Camera(focal=1000, center=400, horizon=300, height=1.5, bend=0)
    light = Light((0, 1, 0), 1, 0, (255, 255, 255), 1e9)
    canvas = Canvas(300, 400, camera, light)
    canvas.pixels[..., 3] = Label.ROAD
    face = [(-1, 0, 10), (1, 0, 10), (1, 1, 10), (-1, 1, 10)]
    canvas.polygon(face, (10, 200, 30), Label.CAR)
    image, labels = canvas.result()
    expected = np.zeros((300, 400), bool)
    expected[(300 + 50) // 2 : (300 + 150) // 2, 300 // 2 : 500 // 2] = True
    wrong = (labels == Label.CAR) != expected
    assert wrong.sum() <= 2 * (100 + 50)  # half a pixel along the outline
    np.testing.assert_array_equal(image[200, 200], (10, 200, 30))
    np.testing.assert_array_equal(image[100, 100], (0, 0, 0))


def test_colour_and_label_are_drawn_as_one():
    camera = Camera(focal=1000, center=400, horizon=300, height=1.5, bend=0.001)
    light = Light((0.5, 0.7, -0.5), 0.6, 0.6, (255, 255, 255), 1e9)
    canvas = Canvas(300, 400, camera, light)
    canvas.capsule(((0, 0.2, 9), (0.5, 1.4, 11)), (0.2, 0.4), (90, 80, 70), Label.PEDESTRIAN)
    canvas.polygon([(-1, 0, 8), (-1, 2, 8), (-2, 1, 12)], (50, 60, 70), Label.SIGN)
    coloured = canvas.pixels[..., :3].any(axis=2)
    np.testing.assert_array_equal(coloured, canvas.pixels[..., 3] > 0)


def test_the_shipped_samples_are_what_the_command_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("segformer_gui.core.scenes.__main__.SAMPLE_SEEDS", SAMPLE_SEEDS[:2])
    write_samples(tmp_path)
    for name in ("street_01.png", "street_02.png"):
        image = read_image(tmp_path / "samples" / name).astype(int)
        labels = read_labels(tmp_path / "samples_labels" / name)
        shipped_labels = read_labels(shipped("resources", "samples_labels", name))
        np.testing.assert_array_equal(shipped_labels, labels)
        # OpenCV 4 and 5 round differently when they interpolate: up to 3 levels were seen.
        difference = np.abs(read_image(shipped("resources", "samples", name)) - image)
        assert difference.max() <= 8
        assert difference.mean() < 0.1


def test_all_samples_ship_with_their_labels():
    names = {f"street_{number:02}.png" for number in range(1, len(SAMPLE_SEEDS) + 1)}
    for folder in ("samples", "samples_labels"):
        assert {path.name for path in shipped("resources", folder).glob("*.png")} == names
    for name in names:
        assert read_image(shipped("resources", "samples", name)).shape == (720, 960, 3)
