"""`segformer-gui project`: create, info, predict, export."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.annotation.brush import Brush, Stroke
from segformer_gui.core.classes import known_class_set
from segformer_gui.core.images import read_image, read_labels, write_png
from segformer_gui.core.inference.segmenter import Segmenter
from segformer_gui.core.models import load_model
from segformer_gui.core.paths import shipped
from segformer_gui.core.project.project import Project


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Small pieces of two sample scenes."""
    folder = tmp_path / "photos"
    for name in ("street_01.png", "street_02.png"):
        sample = read_image(shipped("resources", "samples", name))
        write_png(folder / name, np.ascontiguousarray(sample[400:640:2, 200:520:2]))
    return folder


@pytest.fixture
def folder(run: Callable, photos: Path, tmp_path: Path) -> Path:
    assert run("project", "create", tmp_path / "project", photos).code == 0
    return tmp_path / "project"


def test_create_makes_a_project_of_images_that_stay_where_they_are(
    run: Callable, photos: Path, tmp_path: Path
) -> None:
    result = run("project", "create", tmp_path / "project", photos, "--classes", "cityscapes")

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("A project of 2 images is in ")
    with Project(tmp_path / "project") as project:
        assert project.classes == known_class_set("cityscapes")
        assert project.image_path("street_01").resolve() == photos / "street_01.png"
    assert [path.name for path in (tmp_path / "project").iterdir() if path.suffix != ".lock"] == [
        "project.json"
    ]


def test_create_names_what_cannot_be_read_and_takes_the_rest(
    run: Callable, photos: Path, tmp_path: Path
) -> None:
    (photos / "broken.jpg").write_bytes(b"nothing")
    result = run("project", "create", tmp_path / "project", photos)
    assert result.code == 2
    assert "broken.jpg is not an image that can be read." in result.err
    assert "2 images" in result.out


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("road\n\n Sky \ncat\n", None),
        ("road\nsky\nRoad\n", "There is a class called Road already."),
        ("\n \n", "A class needs a name."),
        ("\n".join(f"class {n}" for n in range(256)), "at most 255 classes"),
        (b"\xff\xfe\x00", "cannot be read: it is not text."),
        (None, "does not exist."),
    ],
)
def test_create_takes_class_names_from_a_file(
    run: Callable, photos: Path, tmp_path: Path, content: str | bytes | None, sentence: str | None
) -> None:
    names = tmp_path / "names.txt"
    if isinstance(content, bytes):
        names.write_bytes(content)
    elif content is not None:
        names.write_text(content)
    result = run("project", "create", tmp_path / "project", photos, "--classes", names)
    if sentence is None:
        with Project(tmp_path / "project") as project:
            assert project.classes.names == ("road", "Sky", "cat")
            return
    assert result.code == 2
    assert sentence in " ".join(result.err.split())
    assert not (tmp_path / "project").exists()


def test_create_and_others_name_what_is_wrong_with_the_folder(
    run: Callable, photos: Path, folder: Path
) -> None:
    for arguments, sentence in (
        (("create", folder, photos), "holds a project already"),
        (("create", folder / "new", photos / "nowhere"), "does not exist."),
        (("info", photos), "is not a project"),
        (("predict", photos), "is not a project"),
        (("predict", folder, "--model", "b9"), "b9"),
        (("predict", folder, "--size", "huge"), "neither"),
    ):
        result = run("project", *arguments)
        assert result.code == 2, arguments
        assert sentence in " ".join(result.err.split()), arguments


def test_predict_fills_masks_with_what_the_model_sees(run: Callable, folder: Path) -> None:
    result = run("project", "predict", folder, "--device", "cpu", "--json")

    facts = json.loads(result.out)
    sure = facts.pop("mean_confidence")
    assert facts == {
        "model": "segformer-b0-camvid",
        "filled": ["street_01", "street_02"],
        "failed": [],
    }
    with Project(folder) as project:
        segmenter = Segmenter(load_model("b0-camvid"), "cpu")
        for image, row in project.images.items():
            prediction = segmenter.segment(read_image(project.image_path(image)))
            assert np.array_equal(read_labels(project.mask_path(image)), prediction.labels)
            assert sure[image] == pytest.approx(prediction.mean_confidence)
            assert row.status == "predicted"
            assert not project.document(image).mask.touched.any()
    assert run("project", "predict", folder).out == "0 masks filled\n"


def test_predict_names_what_the_model_is_least_sure_of(run: Callable, folder: Path) -> None:
    sure = json.loads(run("project", "predict", folder, "--json").out)["mean_confidence"]
    first, second = sorted(sure, key=lambda image: sure[image])
    assert run("project", "predict", folder, "--all").out.splitlines() == [
        "2 masks filled",
        f"{100 * sure[first]:.1f} % sure: {first}",
        f"{100 * sure[second]:.1f} % sure: {second}",
    ]


def test_predict_leaves_corrections_as_they_are(run: Callable, folder: Path) -> None:
    with Project(folder) as project:
        document = project.document("street_01")
        stroke = Stroke(document.mask, Brush(41), 10)
        stroke.move(80, 60)
        document.commit(stroke.end(), "stroke")  # Not saved: it is in the journal.
        touched = document.mask.touched.copy()

    assert "1 masks filled" in run("project", "predict", folder).out
    assert "2 masks filled" in run("project", "predict", folder, "--all").out

    with Project(folder) as project:
        mask = project.document("street_01").mask
        assert np.array_equal(mask.touched, touched)
        assert (mask.labels[touched] == 10).all()
        assert (mask.labels[~touched] != 255).all()
        assert project.images["street_01"].status == "corrected"


def test_predict_finds_classes_by_name(run: Callable, photos: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("cat\nROAD\n")
    assert run("project", "create", tmp_path / "project", photos, "--classes", names).code == 0
    assert run("project", "predict", tmp_path / "project").code == 0
    labels = read_labels(tmp_path / "project" / "masks" / "street_01.png")
    assert set(np.unique(labels)) <= {1, 255}
    assert (labels == 1).any()

    names.write_text("cat\n")
    assert run("project", "create", tmp_path / "cats", photos, "--classes", names).code == 0
    result = run("project", "predict", tmp_path / "cats")
    assert result.code == 2
    assert "no class name in common" in result.err


def test_predict_names_what_it_cannot_read_and_fills_the_rest(run: Callable, folder: Path) -> None:
    (folder.parent / "photos" / "street_01.png").unlink()
    result = run("project", "predict", folder)
    assert result.code == 2
    assert "street_01.png does not exist." in result.err
    assert "1 masks filled" in result.out


def test_predict_waits_for_nobody_who_has_the_project_open(run: Callable, folder: Path) -> None:
    with Project(folder):
        result = run("project", "predict", folder)
        assert run("project", "info", folder).code == 0
    assert result.code == 2
    assert "is open in another window or command" in result.err


def test_info_tells_what_is_there_and_what_is_not_saved(run: Callable, folder: Path) -> None:
    with Project(folder) as project:
        project.update("street_02", status="checked", hold_out=True)
        project.store()
        document = project.document("street_01")
        stroke = Stroke(document.mask, Brush(8, "square"), 3)
        stroke.move(80, 60)
        document.commit(stroke.end(), "stroke")
    run("project", "predict", folder, "--all")
    with Project(folder) as project:
        document = project.document("street_02")
        stroke = Stroke(document.mask, Brush(8, "square"), 3)
        stroke.move(80, 60)
        document.commit(stroke.end(), "stroke")

    facts = json.loads(run("project", "info", folder, "--json", "--verify").out)

    assert facts == {
        "folder": str(folder),
        "images": 2,
        "open": 0,
        "predicted": 0,
        "corrected": 1,
        "checked": 1,
        "hold_out": 1,
        "sequences": 1,
        "unsaved": ["street_02"],
        "classes": list(known_class_set("camvid").names),
        "corrected_share": 128 / (2 * 120 * 160),
        "problems": 0,
    }
    assert "unsaved  street_02" in run("project", "info", folder).out


def test_info_verifies_images_and_masks(run: Callable, folder: Path) -> None:
    run("project", "predict", folder)
    mask = folder / "masks" / "street_01.png"
    mask.write_bytes(mask.read_bytes()[:50])
    write_png(folder.parent / "photos" / "street_02.png", np.zeros((120, 160, 3), np.uint8))
    assert run("project", "info", folder).code == 0
    result = run("project", "info", folder, "--verify")
    assert result.code == 2
    assert "street_01.png is not a mask that can be read." in result.err
    assert "street_02.png is not the image any more" in result.err


def test_export_writes_masks_with_corrections_that_no_save_holds(
    run: Callable, folder: Path, tmp_path: Path
) -> None:
    with Project(folder) as project:
        document = project.document("street_01")
        stroke = Stroke(document.mask, Brush(9), 3)
        stroke.move(20, 20)
        document.commit(stroke.end(), "stroke")  # In the journal alone.
        expected = document.mask.labels.copy()

    result = run("project", "export", folder, "--out", tmp_path / "out", "--statistics", "--json")

    assert (result.code, result.err) == (0, "")
    assert np.array_equal(read_labels(tmp_path / "out" / "street_01.png"), expected)
    report = json.loads((tmp_path / "out" / "street_01_statistics.json").read_text("utf-8"))
    assert report["source"] == "mask"
    assert [Path(entry["image"]).stem for entry in json.loads(result.out)["written"]] == [
        "street_01"
    ]
    assert len(list((folder / "journal").iterdir())) == 1


def test_export_takes_checked_masks_alone_and_names_broken_ones(
    run: Callable, folder: Path, tmp_path: Path
) -> None:
    with Project(folder) as project:
        for image in ("street_01", "street_02"):
            document = project.document(image)
            stroke = Stroke(document.mask, Brush(9), 3)
            stroke.move(20, 20)
            document.commit(stroke.end(), "stroke")
            project.save(image)
        project.update("street_02", status="checked")
        project.store()
    (folder / "masks" / "street_01.png").write_bytes(b"broken")

    result = run("project", "export", folder, "--out", tmp_path / "all")
    assert (result.code, len(list((tmp_path / "all").iterdir()))) == (2, 1)
    assert "street_01.png" in result.err
    result = run("project", "export", folder, "--out", tmp_path / "checked", "--checked")
    assert (result.code, result.out.split()[0]) == (0, "1")
