"""A request: the command that repeats it, the folder that remembers it, projects as data."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.corruption.catalogue import COMMON15
from segformer_gui.core.datasets import open_dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import write_png
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.project.dataset import project_dataset
from segformer_gui.core.project.project import Project
from segformer_gui.core.robustness.benchmark import Request, read_request, write_request
from segformer_gui.core.robustness.findings import cautions
from segformer_gui.core.robustness.grid import missing_tasks, run_grid
from segformer_gui.core.robustness.plan import custom_protocol, plan_grid
from segformer_gui.core.robustness.results import score_grid, score_images
from segformer_gui.core.robustness.store import CellStore

FEW = custom_protocol(("fog",), (2,))


def test_the_command_says_what_differs_from_the_usual():
    assert Request(Path("data")).command(Path("out")).split() == [
        *("segformer-gui", "robustness", "data", "--out", "out"),
        *("--model", "segformer-b0-camvid"),
    ]
    request = Request(
        Path("my data"),
        ("a", "b"),
        custom_protocol(("fog", "snow"), (1, 2.5)),
        layout="camvid",
        sequences=("s",),
        seeds=2,
        options=SegmentOptions(None, sliding=True, scales=(0.75, 1.0)),
        reference="b",
        blocks="images",
    )
    assert shlex.split(request.command(Path("out")))[2:] == [
        *("my data", "--out", "out", "--model", "a", "--model", "b", "--protocol", "custom"),
        *("--corruption", "fog", "--corruption", "snow", "--severity", "1", "--severity", "2.5"),
        *("--layout", "camvid", "--sequence", "s", "--seeds", "2", "--size", "native"),
        *("--scales", "0.75,1"),
        *("--reference", "b", "--intervals", "images", "--sliding"),
    ]


@pytest.mark.parametrize(
    "request_",
    [
        Request(Path("/data")),
        Request(
            Path("/data"),
            ("b2-cityscapes",),
            COMMON15,
            True,
            options=SegmentOptions(512, flip=True, scales=(0.75, 1.0)),
        ),
        Request(Path("/data"), protocol=custom_protocol(("fog",), (2.5, 1)), every=3),
    ],
)
def test_a_folder_remembers_its_request(tmp_path, request_):
    write_request(tmp_path, request_)
    assert read_request(tmp_path) == request_


def test_a_folder_without_one_is_told(tmp_path):
    for content in (None, "{}", "not json"):
        if content is not None:
            (tmp_path / "benchmark.json").write_text(content)
        with pytest.raises(UserError, match="grid_folder_unknown"):
            read_request(tmp_path)


@pytest.fixture
def project(tmp_path):
    """Five images, of which one is checked, two are corrected, one of them held out."""
    classes = known_class_set("camvid")
    classes = replace(classes, names=("sky", "", *classes.names[2:]))  # A class was deleted.
    folder = tmp_path / "project"
    with Project.create(folder, classes) as project:
        rng = np.random.default_rng(0)
        paths = [tmp_path / "images" / f"s_{number}.png" for number in range(5)]
        for path in paths:
            write_png(path, rng.integers(0, 256, (4, 5, 3), np.uint8).repeat(10, 0).repeat(10, 1))
        assert not [error for _, error in project.add(paths) if error]
        statuses = ("checked", "corrected", "corrected", "predicted", "open")
        for number, status in enumerate(statuses):
            labels = rng.integers(0, 11, (4, 5), np.uint8).repeat(10, 0).repeat(10, 1)
            labels[:5] = 255
            image = f"s_{number}"
            write_png(project.mask_path(image), labels)
            if status == "corrected":
                touched = np.zeros((40, 50), np.uint8)
                touched[:, :20] = 255
                write_png(folder / "touched" / f"{image}.png", touched)
            project.update(image, status=status, hold_out=number == 2)
            project._put(replace(project.images[image], saved=status != "open"))
        project.store()
    return folder


@pytest.mark.parametrize(
    ("part", "expected"), [("checked", [0]), ("corrected", [0, 1, 2]), ("hold-out", [2])]
)
def test_masks_that_a_person_stands_for_are_ground_truth(project, part, expected):
    assert [s.id for s in project_dataset(project, part).samples] == [f"s_{n}" for n in expected]
    assert Request(project, split=part).open_data() == project_dataset(project, part)


def test_a_project_without_such_masks_or_with_another_part_is_told(project):
    with pytest.raises(UserError, match="dataset_split_unknown"):
        project_dataset(project, "val")
    with Project(project) as opened:
        for image in opened.images:
            opened.update(image, hold_out=False)
        opened.store()
    with pytest.raises(UserError, match="project_no_masks"):
        project_dataset(project, "hold-out")


def test_a_grid_of_a_project_leaves_deleted_classes_and_unlabelled_pixels_out(
    project, tiny, tmp_path
):
    data = Request(project).open_data()
    models = [tiny(0)]
    plan = plan_grid(data, models, FEW)
    assert [plan.classes.names[place] for place in plan.scored] == [
        name for name in data.classes.names if name
    ]
    with CellStore(tmp_path / "cells.sqlite") as store:
        assert not score_images(plan, store.cells(plan.settings_key)).measured.any()
        list(run_grid(plan, models, store, missing_tasks(plan, store)))
        cells = list(store.cells(plan.settings_key))
    assert {cell.counts.sum() <= 35 * 50 for cell in cells} == {True}
    assert sum(cell.counts.sum() <= 35 * 20 for cell in cells) == 2 * len(plan.conditions)
    results = score_grid(plan, cells)
    assert results.models[0].clean.pixels == sum(
        int(np.isin(data.read_ground_truth(s), [0, *range(2, 11)]).sum()) for s in data.samples
    )
    codes = {note.code: note.parameters for note in cautions(results)}
    assert codes["grid_masks_unchecked"] == {"count": 2, "total": 3}
    assert "grid_classes_left_out" not in codes
    images = score_images(plan, cells[1:])
    assert images.measured.sum() == plan.size - 1
    assert not images.complete
    whole = score_images(plan, cells)
    assert whole.complete
    np.testing.assert_array_equal(whole.miou[0], results.models[0].image_miou)


def test_a_mask_that_changes_meanwhile_stops_the_run(project, tiny, tmp_path):
    data = Request(project).open_data()
    models = [tiny(0)]
    plan = plan_grid(data, models, FEW)
    write_png(data.samples[1].labels, np.zeros((40, 50), np.uint8))
    with CellStore(tmp_path / "cells.sqlite") as store:
        with pytest.raises(UserError, match="grid_image_changed"):
            list(run_grid(plan, models, store, missing_tasks(plan, store)))
        assert {key.image for key in store.keys(plan.settings_key)} == {plan.images[0].key}


def test_a_data_set_is_opened_as_it_is_and_every_nth(camvid):
    assert Request(camvid.root).open_data() == open_dataset(camvid.root)
    assert Request(camvid.root, every=2).open_data().samples == camvid.samples[::2]
    with pytest.raises(UserError, match="grid_no_truth"):
        Request(camvid.root / "val").open_data()
    assert Request(camvid.root / "val", consistency=True).open_data().classes is None


def test_sequences_are_taken_from_whatever_is_measured(camvid, project):
    def ids(request):
        return [sample.id for sample in request.open_data().samples]

    assert ids(Request(camvid.root, sequences=("t",))) == ["t_1"]
    pictures = Request(camvid.root / "val", consistency=True, sequences=("t_1",))
    assert ids(pictures) == ["t_1.png"]
    assert len(ids(Request(project, sequences=("s",)))) == 3
    with pytest.raises(UserError, match="sequence_unknown"):
        ids(Request(project, sequences=("t",)))
