"""What a cell is known by: whatever changes its content makes it another cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from segformer_gui.core.classes import class_set_of_names, known_class_set
from segformer_gui.core.corruption.catalogue import COMMON15, KR16
from segformer_gui.core.datasets import open_dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, read_labels, write_png
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.robustness import plan as module
from segformer_gui.core.robustness.plan import (
    CLEAN,
    Condition,
    custom_protocol,
    noise_seed,
    plan_grid,
    unlabelled,
)
from segformer_gui.messages import explain

FEW = custom_protocol(["fog", "contrast"], [1, 3])


def error_of(call) -> UserError:
    with pytest.raises(UserError) as error:
        call()
    assert all(explain(error.value))
    return error.value


def test_the_grid_is_clean_and_every_condition_of_the_protocol(camvid, tiny):
    plan = plan_grid(camvid, [tiny(0), tiny(1)], KR16)
    assert plan.conditions[0] == CLEAN
    assert len(plan.conditions) == 1 + 4 * 3 + 12 * 5
    assert plan.size == len(set(plan.cell_keys())) == 73 * 3 * 2


def test_seeds_are_for_what_is_random(camvid, tiny):
    plan = plan_grid(camvid, [tiny()], FEW, seeds=3)
    assert plan.conditions == (
        CLEAN,
        *(Condition("fog", severity, seed) for severity in (1, 3) for seed in range(3)),
        *(Condition("contrast", severity, 0) for severity in (1, 3)),
    )


def test_a_protocol_of_ones_own_holds_each_pair_once():
    protocol = custom_protocol(["fog", "snow", "fog"], [3, 1.5, 3])
    assert protocol.conditions == [("fog", 3), ("fog", 1.5), ("snow", 3), ("snow", 1.5)]


def test_equal_things_have_equal_keys(camvid, tiny):
    first, second = (plan_grid(camvid, [tiny()], FEW) for _ in range(2))
    assert first.settings_key == second.settings_key
    assert list(first.cell_keys()) == list(second.cell_keys())
    # Cells are shared between protocols: a larger one goes on from a smaller one.
    assert plan_grid(camvid, [tiny()], COMMON15).settings_key == first.settings_key


@pytest.mark.parametrize(
    "changed",
    [
        {"engine": "reference"},
        {"mode": "consistency"},
        {"options": SegmentOptions(short_side=64)},
        {"options": SegmentOptions(sliding=True)},
        {"options": SegmentOptions(flip=True)},
    ],
    ids=str,
)
def test_other_settings_are_other_cells(camvid, tiny, changed):
    before = plan_grid(camvid, [tiny()], FEW)
    assert plan_grid(camvid, [tiny()], FEW, **changed).settings_key != before.settings_key


def test_another_precision_is_other_cells(camvid, tiny):
    other = Segmenter(tiny().model, "cpu", "bfloat16")
    keys = {plan_grid(camvid, [model], FEW).settings_key for model in (tiny(), other)}
    assert len(keys) == 2


def test_other_code_and_libraries_are_other_cells(camvid, tiny, monkeypatch):
    keys = {plan_grid(camvid, [tiny()], FEW).settings_key}
    monkeypatch.setattr(module, "_code_digest", lambda: "edited")
    keys.add(plan_grid(camvid, [tiny()], FEW).settings_key)
    monkeypatch.setattr(module, "version", lambda name: "9.9")
    keys.add(plan_grid(camvid, [tiny()], FEW).settings_key)
    assert len(keys) == 3


def test_the_code_that_matters_is_found():
    files = [
        f for part in module._CODE for f in (module.Path(module.__file__).parent.parent).glob(part)
    ]
    names = {file.name for file in files}
    assert {"segformer.py", "weather.py", "segmenter.py", "confusion.py", "crew.py"} <= names


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.network.state_dict()["head.classifier.bias"].add_(1e-6),
        lambda model: replace(model, short_side=360),
        lambda model: replace(model, mean=(0.5, 0.5, 0.5)),
        lambda model: replace(model, std=(0.5, 0.5, 0.5)),
        lambda model: replace(model, layout="NVlabs"),
        lambda model: replace(
            model, classes=class_set_of_names([*model.classes.names[:-1], "tram"])
        ),
    ],
    ids=["weights", "size", "mean", "std", "layout", "classes"],
)
def test_another_model_is_other_cells(camvid, tiny, change):
    before, model = plan_grid(camvid, [tiny()], FEW), tiny().model
    with torch.no_grad():
        changed = change(model)
    other = Segmenter(changed if isinstance(changed, type(model)) else model, "cpu")
    assert plan_grid(camvid, [other], FEW).models[0].key != before.models[0].key


def test_another_image_or_truth_is_other_cells_and_only_that(camvid, tiny):
    before = plan_grid(camvid, [tiny()], FEW).images
    first, second, third = camvid.samples
    write_png(first.image, 255 - read_image(first.image))
    write_png(second.labels, (read_labels(second.labels) + 1) % 12)
    after = plan_grid(camvid, [tiny()], FEW).images
    assert [a.key == b.key for a, b in zip(before, after, strict=True)] == [False, False, True]
    # The noise belongs to the image alone.
    assert [a.content == b.content for a, b in zip(before, after, strict=True)] == [
        *(False, True, True)
    ]
    assert third


def test_the_numbering_of_cityscapes_labels_belongs_to_the_truth(tmp_path, tiny):
    image, labels = tmp_path / "leftImg8bit/val/a", tmp_path / "gtFine/val/a"
    write_png(image / "a_0_1_leftImg8bit.png", np.zeros((40, 40, 3), np.uint8))
    model = tiny(0, known_class_set("cityscapes"))
    keys = set()
    for kind in ("labelIds", "labelTrainIds"):
        file = labels / f"a_0_1_gtFine_{kind}.png"
        write_png(file, np.full((40, 40), 7, np.uint8))
        keys.add(plan_grid(open_dataset(tmp_path), [model], FEW).images[0].key)
        file.unlink()
    assert len(keys) == 2


def test_noise_differs_between_images_and_seeds_but_not_between_runs(camvid, tiny):
    images = plan_grid(camvid, [tiny()], FEW).images
    seeds = [noise_seed(image, seed) for image in images for seed in range(3)]
    assert len(set(seeds)) == 9
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert seeds == [
        noise_seed(image, seed)
        for image in plan_grid(camvid, [tiny(1)], KR16).images
        for seed in range(3)
    ]


def test_scores_are_of_the_classes_that_all_models_know(camvid, tiny):
    others = class_set_of_names(["Road", "tram", "sky", "car"])
    plan = plan_grid(camvid, [tiny(0), tiny(1, others)], FEW)
    assert [plan.classes.names[place] for place in plan.scored] == ["sky", "road", "car"]
    assert plan.models[1].table[:5].tolist() == [3, 255, 0, 8, 255]


def test_models_without_a_common_class_cannot_be_compared(camvid, tiny):
    sky, road = class_set_of_names(["sky"]), class_set_of_names(["road"])
    error = error_of(lambda: plan_grid(camvid, [tiny(0, sky), tiny(1, road)], FEW))
    assert error.code == "evaluation_no_shared_classes"


def test_the_same_model_twice_is_refused(camvid, tiny):
    assert error_of(lambda: plan_grid(camvid, [tiny(), tiny()], FEW)).code == "grid_model_twice"


def test_conditions_are_checked_before_anything_is_measured(camvid, tiny):
    for protocol, engine, code in (
        (custom_protocol(["fgo"], [3]), "fast", "corruption_unknown"),
        (custom_protocol(["fog"], [6]), "fast", "severity_out_of_range"),
        (custom_protocol(["fog"], [2.5]), "reference", "severity_not_whole"),
    ):
        error = error_of(lambda p=protocol, e=engine: plan_grid(camvid, [tiny()], p, engine=e))
        assert error.code == code


def test_models_are_called_by_as_little_of_their_path_as_tells_them_apart(tmp_path):
    def names(*specs: str) -> list[str]:
        from segformer_gui.core.catalogue import find_model

        return module._names([find_model(spec) for spec in specs])

    for folder in ("a/run/model", "b/run/model", "c/other"):
        (tmp_path / folder).mkdir(parents=True)
    a, b, c = (str(tmp_path / folder) for folder in ("a/run/model", "b/run/model", "c/other"))
    assert names("segformer-b0-camvid", c) == ["b0-camvid", "other"]
    assert names(a) == ["run/model"]
    assert names(a, c) == ["run/model", "c/other"]
    assert names(a, b) == ["a/run/model", "b/run/model"]


def test_a_folder_without_ground_truth_is_a_set_of_its_own(tmp_path):
    for name in ("b.png", "a/1.png", "a/2.png"):
        write_png(tmp_path / name, np.zeros((40, 40, 3), np.uint8))
    samples = unlabelled(tmp_path).samples
    assert {(s.id, s.sequence) for s in samples} == {
        *(("b.png", "b"), ("a/1.png", "a"), ("a/2.png", "a"))
    }
    single = unlabelled(tmp_path / "b.png").samples
    assert [s.id for s in single] == ["b.png"]


@pytest.mark.shared_data
def test_the_embedded_model_has_seen_camvids_validation_sequence(shared_data):
    from segformer_gui.core.models import load_model

    data = open_dataset(shared_data / "camvid")
    data = replace(data, samples=data.samples[:2])
    plan = plan_grid(data, [Segmenter(load_model("b0-camvid"), "cpu")], FEW)
    assert plan.models[0].name == "b0-camvid"
    assert plan.models[0].seen_sequences == ("0016E5",)
