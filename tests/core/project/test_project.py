"""A project keeps masks: saved, restored, locked, and never replaced by empty ones."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.annotation.brush import Brush, Stroke
from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.annotation.predicted import accepted
from segformer_gui.core.images import read_labels
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import read_record
from tests.core.project.conftest import (
    CLASSES,
    SIZE,
    crash,
    draw,
    edited,
    same,
)
from tests.errors import code_of


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
    import segformer_gui.core.project.mask_files as module

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
