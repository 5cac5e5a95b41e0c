"""Masks are files that other programs read; those that cannot be read are left as they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.classes import known_class_set
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_labels, write_png
from segformer_gui.core.project.project import Project
from tests.core.project.conftest import (
    CLASSES,
    SIZE,
    crash,
    draw,
    edited,
    same,
    write_images,
)
from tests.errors import code_of


def test_masks_are_png_files_that_other_programs_can_read(project):
    mask = edited(project)
    project.save("img_0")

    path = project.folder / "masks" / "img_0.png"
    with Image.open(path) as image:
        assert image.mode == "P"
        assert np.array_equal(np.array(image), mask.labels)
        assert np.array_equal(np.array(image.convert("RGB"))[20, 20], CLASSES.colors[1])
    assert np.array_equal(read_labels(path), mask.labels)
    with Image.open(project.folder / "touched" / "img_0.png") as image:
        assert image.mode == "1"
        assert np.array_equal(np.array(image), mask.touched)
    assert list((project.folder / "journal").iterdir()) == []
    content = json.loads((project.folder / "project.json").read_text())
    assert [row["status"] for row in content["images"]] == ["corrected", "open", "open"]
    assert content["images"][0]["path"] == "../images/img_0.png"


def test_a_palette_of_many_classes_is_written(tmp_path):
    classes = known_class_set("ade20k")
    project = Project.create(tmp_path / "project", classes)
    list(project.add(write_images(tmp_path / "images", 1)))
    document = project.document("img_0")
    document.commit(draw(document.mask, 20, 20, class_id=149), "stroke")
    project.save("img_0")
    with Image.open(project.mask_path("img_0")) as image:
        assert image.convert("RGB").getpixel((20, 20)) == classes.colors[149]
        assert image.convert("RGB").getpixel((80, 55)) == (0, 0, 0)


def break_(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def color_picture(path: Path) -> None:
    write_png(path, np.zeros((*SIZE, 3), np.uint8))


def another_size(path: Path) -> None:
    write_png(path, np.zeros((5, 6), np.uint8))


def sixteen_bits(path: Path) -> None:
    write_png(path, np.zeros(SIZE, np.uint16))


def unknown_class(path: Path) -> None:
    write_png(path, np.full(SIZE, 77, np.uint8))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (break_, "mask_broken"),
        (color_picture, "mask_broken"),
        (sixteen_bits, "mask_broken"),
        (another_size, "mask_wrong_size"),
        (unknown_class, "mask_unknown_class"),
        (Path.unlink, "mask_missing"),
    ],
)
def test_a_mask_that_cannot_be_read_is_named_and_left_as_it_is(project, spoil, code):
    edited(project)
    project.save("img_0")
    path = project.mask_path("img_0")
    project = crash(project)
    spoil(path)
    before = path.read_bytes() if path.exists() else None

    with pytest.raises(UserError) as error:
        project.document("img_0")

    assert (error.value.code, error.value.parameters["path"]) == (code, str(path))
    project.save("img_0")
    project.store()
    assert (path.read_bytes() if path.exists() else None) == before
    if code == "mask_missing":
        project.update("img_0", status="open")
        assert (project.document("img_0").mask.labels == UNLABELLED).all()
    assert project.document("img_1")


@pytest.mark.parametrize("spoil", [break_, another_size])
def test_a_broken_touched_map_is_named_too(project, spoil):
    edited(project)
    project.save("img_0")
    path = project.folder / "touched" / "img_0.png"
    project = crash(project)
    spoil(path)
    with pytest.raises(UserError) as error:
        project.document("img_0")
    assert error.value.parameters["path"] == str(path)


def test_unsaved_work_on_a_mask_that_got_broken_is_kept(project):
    edited(project)
    project.save("img_0")
    document = project.document("img_0")
    document.commit(draw(document.mask, 70, 10), "stroke")
    mask = Mask(*document.mask.settled())
    path = project.mask_path("img_0")
    good = path.read_bytes()
    del document
    project = crash(project)
    break_(path)
    assert code_of(project.document, "img_0") == "mask_broken"
    project = crash(project)
    path.write_bytes(good)
    assert same(project.document("img_0").mask, mask)


def test_a_mask_of_another_tool_is_nobodys_correction(project):
    write_png(project.mask_path("img_1"), np.ones(SIZE, np.uint8))
    mask = project.document("img_1").mask
    assert (mask.labels == 1).all()
    assert not mask.touched.any()
