"""What a run learns from: sequences held out, scenes, crops by number, classes by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from training_case import recipe_for

from segformer_gui.core.classes import IGNORE, class_set_of_names, known_class_set
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import write_png
from segformer_gui.core.training import dataset as dataset_module
from segformer_gui.core.training.dataset import TrainingSet, check_files, open_data
from segformer_gui.core.training.recipe import Data, Loss


def test_held_out_sequences_are_never_trained_on(camvid: Path) -> None:
    data = open_data(Data(root=str(camvid), held_out=("C",)))

    assert {s.sequence for s in data.training.samples} == {"A", "B"}
    assert data.held_out is not None
    assert [s.id for s in data.held_out.samples] == ["C_1"]
    with pytest.raises(UserError, match="sequence_unknown"):
        open_data(Data(root=str(camvid), held_out=("D",)))
    with pytest.raises(UserError, match="nothing_to_train"):
        open_data(Data(root=str(camvid), held_out=("A", "B", "C")))


def test_synthetic_scenes_join_the_training_set(camvid: Path) -> None:
    recipe = replace(recipe_for(camvid), data=Data(root=str(camvid), synthetic=1))

    crops = TrainingSet(recipe, open_data(recipe.data))

    assert len(crops) == 4
    assert crops.pixels[3, 3] > 0
    batch = crops.batch(0)
    assert batch.images.shape == (2, 64, 64, 3)
    assert set(np.unique(batch.labels)) <= {*range(11), 255}


def test_scenes_alone_make_a_training_set(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(recipe_for(Path()), data=Data(synthetic=3))
    one_by_one = TrainingSet(recipe, open_data(recipe.data))
    monkeypatch.setattr(dataset_module, "_MANY", 2)  # Now in processes.
    in_processes = TrainingSet(recipe, open_data(recipe.data))

    assert len(one_by_one) == 3
    assert open_data(recipe.data).held_out is None
    assert np.array_equal(one_by_one.pixels, in_processes.pixels)
    assert np.array_equal(one_by_one.batch(0).images, in_processes.batch(0).images)


def test_a_crop_is_decided_by_its_number_alone(camvid: Path) -> None:
    recipe = recipe_for(camvid)
    one, two = (TrainingSet(recipe, open_data(recipe.data)) for _ in range(2))
    one.batch(0)

    batch, again = one.batch(7), two.batch(7)

    assert np.array_equal(batch.images, again.images)
    assert np.array_equal(batch.labels, again.labels)


def test_corruptions_change_images_and_not_labels(camvid: Path) -> None:
    recipe = recipe_for(camvid)
    fog = replace(recipe.augmentation, corrupt=1.0, corruptions=("fog",), max_severity=3)
    clean = TrainingSet(recipe, open_data(recipe.data)).batch(0)
    foggy = TrainingSet(replace(recipe, augmentation=fog), open_data(recipe.data)).batch(0)

    assert np.array_equal(clean.labels, foggy.labels)
    assert not np.array_equal(clean.images, foggy.images)
    unknown = replace(fog, corruptions=("locusts",))
    with pytest.raises(UserError, match="corruption_unknown"):
        TrainingSet(replace(recipe, augmentation=unknown), open_data(recipe.data))


def test_processes_share_a_batch_crop_by_crop(camvid: Path) -> None:
    recipe = recipe_for(camvid)
    crops = TrainingSet(recipe, open_data(recipe.data))

    whole, parts = crops.batch(3), [crops.batch(3, rank, 2) for rank in (0, 1)]

    assert np.array_equal(whole.images, np.concatenate([part.images for part in parts]))


def test_twins_follow_their_crops_and_have_their_labels(camvid: Path) -> None:
    recipe = recipe_for(camvid)
    fog = replace(recipe.augmentation, corruptions=("fog",))
    plain = TrainingSet(recipe, open_data(recipe.data)).batch(2)
    recipe = replace(recipe, augmentation=fog, loss=Loss(consistency=1.0))

    batch = TrainingSet(recipe, open_data(recipe.data)).batch(2)

    assert batch.twins
    assert not plain.twins
    assert np.array_equal(batch.images[:2], plain.images)
    assert not np.array_equal(batch.images[2:], plain.images)
    assert np.array_equal(batch.labels, np.concatenate([plain.labels, plain.labels]))


def test_crops_that_are_used_again_are_the_same(camvid: Path) -> None:
    recipe = recipe_for(camvid)
    fresh = TrainingSet(recipe, open_data(recipe.data))
    # Checked with the recipe, which freezes the encoder for it; here only the numbers count.
    reused = TrainingSet(recipe, open_data(recipe.data))
    object.__setattr__(reused._recipe.augmentation, "reuse", 4)

    assert reused.batch(2).numbers == (0, 1)
    assert np.array_equal(reused.batch(2).images, fresh.batch(0).images)


def test_pasting_brings_classes_into_a_crop_along_their_borders(camvid: Path) -> None:
    recipe = recipe_for(camvid)
    mixed = replace(recipe.augmentation, mix=1.0)

    plain = TrainingSet(recipe, open_data(recipe.data))
    pasted = TrainingSet(replace(recipe, augmentation=mixed), open_data(recipe.data))

    changed = [
        not np.array_equal(plain.batch(step).labels, pasted.batch(step).labels) for step in range(4)
    ]
    assert any(changed)


def test_classes_meet_those_of_a_checkpoint_by_name(camvid: Path) -> None:
    data = Data(root=str(camvid), class_map={"car": "vehicle", "sky": ""})
    model = class_set_of_names(["Road", "vehicle", "moon"])

    own = open_data(data)
    kept = open_data(data, "initial", model)
    both = open_data(data, "both", model)

    assert own.classes.names == tuple(
        {"car": "vehicle"}.get(n, n) for n in known_class_set("camvid").names if n != "sky"
    )
    assert kept.classes is model
    assert both.classes.names[:3] == model.names
    assert len(both.classes) == 3 + 11 - 3
    assert both.classes.colors[:3] == model.colors
    road, car, sky = (known_class_set("camvid").names.index(n) for n in ("road", "car", "sky"))
    assert kept.class_ids[[road, car, sky]].tolist() == [0, 1, IGNORE]
    assert both.class_ids[[road, car, sky, 200]].tolist() == [0, 1, IGNORE, IGNORE]
    labels = TrainingSet(recipe_for(camvid), kept).batch(0).labels
    assert set(np.unique(labels)) <= {0, 1, IGNORE}
    with pytest.raises(UserError, match="class_unknown"):
        open_data(Data(root=str(camvid), class_map={"tram": "car"}))


def test_ade20k_is_learnt_from_in_the_ids_of_its_classes(tmp_path: Path) -> None:
    labels = np.array([[0, 1, 150, 255]], np.uint8)
    write_png(tmp_path / "images" / "training" / "a.png", np.zeros((1, 4, 3), np.uint8))
    write_png(tmp_path / "annotations" / "training" / "a.png", labels)
    (tmp_path / "objectInfo150.txt").touch()

    data = open_data(Data(root=str(tmp_path), layout="ade20k", splits=("training",)))

    assert data.classes.names == known_class_set("ade20k").names
    (counts,) = check_files(data.training, len(data.classes))
    assert np.flatnonzero(counts).tolist() == [0, 149]
