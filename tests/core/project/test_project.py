"""A project keeps masks: saved, restored, locked, and never replaced by empty ones."""

from __future__ import annotations

import gc
import json
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segformer_gui.core.annotation.brush import Brush, Stroke
from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.annotation.predicted import accepted
from segformer_gui.core.classes import known_class_set
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, read_labels, write_png
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import read_record
from tests.core.project.conftest import CLASSES, SIZE, crash, draw, make_project, write_images


def code_of(call, *arguments, **named) -> str:
    with pytest.raises(UserError) as error:
        call(*arguments, **named)
    return error.value.code


def same(a: Mask, b: Mask) -> bool:
    return np.array_equal(a.labels, b.labels) and np.array_equal(a.touched, b.touched)


def edited(project: Project, image: str = "img_0") -> Mask:
    """A mask with two strokes and an undo, and a copy of it."""
    document = project.document(image)
    document.commit(draw(document.mask, 20, 20), "stroke")
    document.commit(draw(document.mask, 60, 40, class_id=2), "stroke")
    document.commit(draw(document.mask, 5, 5, class_id=0), "stroke")
    document.undo()
    return Mask(*document.mask.settled())


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


def test_a_saved_mask_is_opened_as_it_was(project):
    mask = edited(project)
    project.save("img_0")
    again = crash(project)
    assert again.recovered == ()
    assert same(again.document("img_0").mask, mask)
    assert again.unsaved == ()


def test_work_without_a_save_comes_back_and_can_be_undone(project):
    mask = edited(project)
    again = crash(project)
    assert again.recovered == ("img_0",)
    document = again.document("img_0")
    assert same(document.mask, mask)
    assert again.unsaved == ("img_0",)
    while document.history.to_undo:
        document.undo()
    assert (document.mask.labels == UNLABELLED).all()
    assert not document.mask.touched.any()


def test_work_comes_back_as_often_as_the_process_ends(project):
    mask = edited(project)
    project.save("img_0")
    for number in range(4):
        document = project.document("img_0")
        assert same(document.mask, mask)
        document.commit(draw(document.mask, 10 + 15 * number, 30, number % 3), "stroke")
        mask = Mask(*document.mask.settled())
        del document
        project = crash(project)
    assert same(project.document("img_0").mask, mask)
    project.save("img_0")
    assert same(crash(project).document("img_0").mask, mask)


def test_unsaved_work_can_be_discarded(project):
    saved = edited(project)
    project.save("img_0")
    document = project.document("img_0")
    document.commit(draw(document.mask, 70, 10), "stroke")
    again = crash(project)
    again.discard("img_0")
    again.discard("img_1")
    assert same(again.document("img_0").mask, saved)
    assert list((again.folder / "journal").iterdir()) == []


def test_a_document_is_one_as_long_as_somebody_holds_it_or_it_is_unsaved(project):
    document = project.document("img_0")
    assert project.document("img_0") is document
    document.commit(draw(document.mask, 20, 20), "stroke")
    mask = Mask(*document.mask.settled())
    del document
    gc.collect()
    assert project.unsaved == ("img_0",)
    assert same(project.document("img_0").mask, mask)
    project.save("img_0")
    gc.collect()
    assert same(project.document("img_0").mask, mask)


def test_undo_survives_switching_images(project):
    first = project.document("img_0")
    first.commit(draw(first.mask, 20, 20), "stroke")
    project.save("img_0")
    del first
    gc.collect()
    second = project.document("img_1")
    second.commit(draw(second.mask, 40, 20), "other")
    first = project.document("img_0")
    assert first.history.to_undo is not None
    assert first.history.to_undo.name == "stroke"
    assert first.undo()
    assert (first.mask.labels == UNLABELLED).all()
    assert first.redo()
    assert (first.mask.labels != UNLABELLED).any()
    assert second.history.to_undo is not None
    assert second.history.to_undo.name == "other"


def test_the_histories_of_all_images_have_a_cap_together(project, monkeypatch):
    monkeypatch.setattr("segformer_gui.core.project.project._HISTORIES_BYTES", 3000)
    documents = [project.document(f"img_{number}") for number in range(3)]
    for turn in range(6):
        document = documents[turn % 3]
        document.commit(draw(document.mask, 10 * turn, 20), "stroke")
        total = sum(project.history(f"img_{n}").nbytes for n in range(3))
        assert total <= 3000
        assert document.history.to_undo is not None


def test_a_save_leaves_a_stroke_that_is_being_drawn_to_the_next_one(project):
    mask = edited(project)
    document = project.document("img_0")
    stroke = Stroke(document.mask, Brush(9), 0)
    stroke.move(80, 50)
    project.save("img_0")
    assert np.array_equal(read_labels(project.mask_path("img_0")), mask.labels)
    stroke.move(20, 10)
    document.commit(stroke.end(), "stroke")
    assert project.unsaved == ("img_0",)
    again = crash(project).document("img_0").mask
    assert same(again, document.mask)
    assert not same(again, mask)


def test_edits_while_a_save_is_written_are_kept_for_the_next(project, monkeypatch):
    edited(project)
    document = project.document("img_0")
    import segformer_gui.core.project.project as module

    write = module.write_index_png

    def write_and_edit(path, *arguments):
        document.commit(draw(document.mask, 30, 45, 0), "stroke")
        write(path, *arguments)

    monkeypatch.setattr(module, "write_index_png", write_and_edit)
    project.save("img_0")
    monkeypatch.undo()
    assert project.unsaved == ("img_0",)
    mask = Mask(*document.mask.settled())
    assert same(crash(project).document("img_0").mask, mask)


@pytest.mark.usefixtures("small_tiles")
def test_saving_from_another_thread_disturbs_no_edit(project):
    document = project.document("img_0")
    stop = threading.Event()
    errors: list[BaseException] = []

    def save() -> None:
        try:
            while not stop.is_set():
                project.save("img_0")
        except Exception as error:  # noqa: BLE001 (raised below, in the test's thread)
            errors.append(error)

    thread = threading.Thread(target=save)
    thread.start()
    rng = np.random.default_rng(0)
    try:
        for _ in range(150):
            x, y, class_id = rng.uniform(0, 90), rng.uniform(0, 60), int(rng.integers(3))
            document.commit(draw(document.mask, x, y, class_id), "stroke")
            if rng.random() < 0.3:
                document.undo()
    finally:
        stop.set()
        thread.join()
    assert errors == []
    mask = Mask(*document.mask.settled())
    assert same(crash(project).document("img_0").mask, mask)


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_save_that_ends_half_way_is_made_good(project, monkeypatch, failing):
    """Killed between any two of the files that it writes."""
    edited(project)
    project.save("img_0")
    document = project.document("img_0")
    document.commit(draw(document.mask, 70, 10, 0), "stroke")
    mask = Mask(*document.mask.settled())
    project.update("img_0", status="checked")
    writes = []

    class Killed(BaseException):
        pass

    def count_down(path: Path, content) -> None:
        writes.append(path)
        if len(writes) == failing:
            raise Killed
        path.write_bytes(content)

    monkeypatch.setattr("segformer_gui.core.images.write_atomically", count_down)
    monkeypatch.setattr("segformer_gui.core.project.project.write_atomically", count_down)
    with pytest.raises(Killed):
        project.save("img_0")
    monkeypatch.undo()
    assert same(crash(project).document("img_0").mask, mask)


def test_an_image_can_be_checked_before_its_mask_is_saved(project):
    document = project.document("img_0")
    document.commit(draw(document.mask, 20, 20), "stroke")
    for image in ("img_0", "img_1"):
        project.update(image, status="checked")
    project.store()
    again = crash(project)
    assert same(again.document("img_0").mask, document.mask)
    assert (again.document("img_1").mask.labels == UNLABELLED).all()


def test_status_tells_what_the_mask_is(project):
    document = project.document("img_0")
    prediction = np.ones(SIZE, np.uint8)
    document.commit(document.mask.edit(accepted(document.mask, prediction), touch=False), "accept")
    project.save("img_0")
    assert project.images["img_0"].status == "predicted"
    document.commit(draw(document.mask, 20, 20), "stroke")
    project.save("img_0")
    assert project.images["img_0"].status == "corrected"
    project.update("img_0", status="checked", hold_out=True, sequence="night")
    document.commit(draw(document.mask, 60, 20), "stroke")
    project.save("img_0")
    row = read_record(project.folder / "project.json")[1]["img_0"]
    assert (row.status, row.hold_out, row.sequence) == ("checked", True, "night")
    fresh = project.document("img_1")
    fresh.commit(draw(fresh.mask, 20, 20), "stroke")
    fresh.undo()
    project.save("img_1")
    assert project.images["img_1"].status == "open"


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


def test_damage_in_the_journal_is_told_and_kept(project):
    edited(project)
    (segment,) = (project.folder / "journal").iterdir()
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 0xFF
    segment.write_bytes(content)
    project = crash(project)
    document = project.document("img_0")
    (note,) = document.notes
    assert note.code == "journal_damaged"
    document.commit(draw(document.mask, 70, 10), "stroke")
    project.save("img_0")
    assert Path(str(note.parameters["path"])).read_bytes() == content
    assert crash(project).document("img_0").notes == ()


def test_a_second_window_looks_but_does_not_write(project):
    edited(project)
    second = Project(project.folder)
    assert second.read_only is not None
    assert second.read_only.code == "project_locked"
    mask = second.document("img_0").mask
    assert same(mask, project.document("img_0").mask)
    with pytest.raises(ValueError, match="read-only"):
        draw(mask, 20, 20, class_id=0)
    for call in (
        lambda: second.save("img_0"),
        second.store,
        lambda: second.update("img_0", hold_out=True),
        lambda: list(second.add([])),
        lambda: second.class_edits.add("dog"),
        lambda: list(second.class_edits.delete(1)),
        lambda: second.discard("img_0"),
        lambda: second.remove("img_0"),
    ):
        assert code_of(call) == "project_locked"
    project.save("img_0")
    assert same(Project(project.folder).document("img_0").mask, mask)
    project.close()
    assert Project(project.folder).read_only is None


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


def test_a_project_is_not_made_over_another_or_over_masks(project, tmp_path):
    assert code_of(Project.create, project.folder, CLASSES) == "project_exists"
    (tmp_path / "data" / "masks").mkdir(parents=True)
    assert code_of(Project.create, tmp_path / "data", CLASSES) == "project_exists"
    assert code_of(Project, tmp_path) == "project_missing"
    assert code_of(Project, tmp_path / "nowhere") == "project_missing"
    assert not (tmp_path / "project.lock").exists()


def test_a_project_with_a_broken_file_lets_its_lock_go(project):
    path = project.folder / "project.json"
    good = path.read_bytes()
    project.close()
    path.write_bytes(good[:100])
    assert code_of(Project, project.folder) == "project_broken"
    path.write_bytes(good)
    assert Project(project.folder).read_only is None


def test_storing_twice_writes_once(project):
    path = project.folder / "project.json"
    project.store()
    path.unlink()
    project.store()
    assert not path.exists()
    project.update("img_0", hold_out=True)
    project.store()
    assert path.exists()


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
