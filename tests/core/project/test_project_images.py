"""A project's images: added, moved, taken over from another one, removed."""

from __future__ import annotations

import os

import numpy as np

from segformer_gui.core.annotation.brush import Brush, Stroke
from segformer_gui.core.images import read_image, write_png
from segformer_gui.core.project.project import Project
from tests.core.project.conftest import (
    CLASSES,
    SIZE,
    crash,
    draw,
    make_project,
    write_images,
)
from tests.errors import code_of


def test_images_are_added_once_under_names_of_their_own(tmp_path):
    project = make_project(tmp_path, images=2)
    more = write_images(tmp_path / "more", 2)
    inside = project.folder / "img_0.png"
    write_png(inside, read_image(more[0]))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    again = [tmp_path / "images" / "img_0.png", *more, inside, broken, tmp_path / "gone.png"]

    outcome = list(project.add(again))

    assert [path for path, error in outcome if error is None] == [*more, inside]
    assert [error.code for _, error in outcome if error] == ["image_broken", "file_missing"]
    assert list(project.images) == [
        "img_0",
        "img_1",
        "more_img_0",
        "more_img_1",
        "project_img_0",
    ]
    for image in project.images:
        assert project.image_path(image).exists()
        project.check_image(image)
    assert project.images["project_img_0"].path == "img_0.png"


def test_images_elsewhere_are_known_by_their_whole_path(tmp_path):
    (elsewhere,) = write_images(tmp_path / "far" / "away", 1)
    project = Project.create(tmp_path / "deep" / "project", CLASSES)
    list(project.add([elsewhere]))
    assert project.images["img_0"].path == str(elsewhere)
    assert project.image_path("img_0") == elsewhere


def test_long_and_odd_names_get_masks(tmp_path):
    names = ["x" * 240, "y" * 100 + "ü" * 70, "größe 写真 🚗 [x]"]
    paths = [tmp_path / "images" / f"{name}.png" for name in names]
    for path in paths:
        write_png(path, np.zeros((*SIZE, 3), np.uint8))
    raw = tmp_path / "images" / os.fsdecode(b"latin\xe9.png")
    raw.write_bytes(paths[0].read_bytes())
    project = Project.create(tmp_path / "project", CLASSES)
    assert all(error is None for _, error in project.add([*paths, raw]))
    project.store()
    project = crash(project)
    assert len(project.images) == 4
    for image in project.images:
        document = project.document(image)
        document.commit(draw(document.mask, 20, 20), "stroke")
        project.save(image)
        project.check_image(image)
    project = crash(project)
    for image in project.images:
        assert project.document(image).mask.touched.any()


def test_an_image_that_changed_or_went_is_noticed(project):
    write_png(project.image_path("img_0"), np.zeros((*SIZE, 3), np.uint8))
    project.image_path("img_1").unlink()
    assert code_of(project.check_image, "img_0") == "image_changed"
    assert code_of(project.check_image, "img_1") == "file_missing"
    project.check_image("img_2")


def test_an_image_that_was_moved_is_the_same_image(project, tmp_path):
    before = project.images["img_0"]
    new = tmp_path / "elsewhere" / "renamed.png"
    new.parent.mkdir()
    project.image_path("img_0").rename(new)
    assert list(project.add([new])) == [(new, None)]
    assert list(project.images) == ["img_0", "img_1", "img_2"]
    assert project.image_path("img_0").resolve() == new
    assert project.images["img_0"].sha256 == before.sha256


def test_a_new_project_begins_with_saved_masks_of_another(project, tmp_path):
    document = project.document("img_1")
    stroke = Stroke(document.mask, Brush(9), 2)
    stroke.move(20, 20)
    document.commit(stroke.end(), "stroke")
    project.save("img_1")
    project.update("img_1", status="checked", hold_out=True, sequence="walk")
    paths = [project.image_path(image) for image in project.images]
    with Project.create(tmp_path / "new", CLASSES) as new:
        assert new.take_over(project, paths) == 1
    with Project(tmp_path / "new") as new:
        row = new.images["img_1"]
        assert (row.status, row.hold_out, row.sequence) == ("checked", True, "walk")
        assert new.image_path("img_1").resolve() == paths[1].resolve()
        mask = new.document("img_1").mask
        assert np.array_equal(mask.labels, document.mask.labels)
        assert np.array_equal(mask.touched, document.mask.touched)


def test_moved_images_are_found_among_files_of_their_name_by_content(project, tmp_path):
    old = project.image_path("img_0").resolve()
    other, new = tmp_path / "other" / old.name, tmp_path / "new" / old.name
    for path in (other, new):
        path.parent.mkdir()
    other.write_bytes(project.image_path("img_1").read_bytes())
    old.rename(new)
    assert project.relocate([other]) == 0
    assert project.relocate([other, new]) == 1
    assert project.image_path("img_0").resolve() == new
    assert project.relocate([other, new]) == 0


def test_an_image_that_is_removed_leaves_its_files(project):
    document = project.document("img_0")
    document.commit(draw(document.mask, 20, 20), "stroke")
    project.save("img_0")
    project.remove("img_0")
    document.commit(draw(document.mask, 60, 20), "stroke")
    project.store()
    assert project.unsaved == ()
    assert project.mask_path("img_1").parent.joinpath("img_0.png").exists()
    project = crash(project)
    assert list(project.images) == ["img_1", "img_2"]
    list(project.add([project.folder.parent / "images" / "img_0.png"]))
    assert "images_img_0" in project.images
