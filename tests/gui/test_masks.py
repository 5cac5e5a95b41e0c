"""Masks are kept: files, projects, what a crash leaves behind, and what is known of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from segformer_gui.app import make_window
from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.images import read_labels
from segformer_gui.core.project.project import Project
from segformer_gui.core.settings import Settings
from segformer_gui.gui.docks.files import STATE_ROLE
from segformer_gui.gui.main_window import MainWindow
from tests.gui.conftest import CLASSES, FakeEngine, delete
from tests.gui.drawing import drag, labels_of, undo


def test_undo_survives_switching_images(editor: MainWindow) -> None:
    before = labels_of(editor).copy()
    drag(editor, (10.5, 20.5), (30.5, 20.5))
    first = labels_of(editor).copy()
    editor.actions_by_id["next"].trigger()
    drag(editor, (60.5, 20.5))
    assert (labels_of(editor)[20, 60], labels_of(editor)[20, 20]) == (1, 0)

    editor.actions_by_id["previous"].trigger()

    assert np.array_equal(labels_of(editor), first)
    undo(editor)
    assert np.array_equal(labels_of(editor), before)


def test_masks_are_files_with_palette_and_what_was_touched(
    editor: MainWindow, images: list[Path]
) -> None:
    drag(editor, (10.5, 20.5), (30.5, 20.5))
    project = editor.session.projects.project
    assert project is not None
    assert editor.session.masks.unsaved

    editor.actions_by_id["save_masks"].trigger()

    assert not editor.session.masks.unsaved
    saved = read_labels(project.mask_path("a_0"))
    assert np.array_equal(saved, labels_of(editor))
    assert project.images["a_0"].status == "corrected"
    assert project.image_path("a_0") == images[0]


def test_a_late_prediction_changes_no_correction(
    qtbot: QtBot, threaded: MainWindow, engine: FakeEngine, images: list[Path]
) -> None:
    engine.gate.clear()
    session = threaded.session
    session.images.open(images[:1])
    qtbot.waitUntil(lambda: session.images.picture is not None)
    threaded.actions_by_id["tool_brush"].trigger()
    qtbot.waitUntil(lambda: session.editing.ready)
    session.tools.set(class_id=1, brush_px=9)
    drag(threaded, (10.5, 20.5), (30.5, 20.5))
    corrected = labels_of(threaded).copy()
    assert (corrected == UNLABELLED).any()

    engine.gate.set()
    qtbot.waitUntil(lambda: session.segmentation.result is not None)
    qtbot.wait(50)

    assert np.array_equal(labels_of(threaded), corrected)
    threaded.actions_by_id["accept"].trigger()
    qtbot.waitUntil(lambda: session.editing.ready and not (labels_of(threaded) == 255).any())
    assert (labels_of(threaded)[20, 10:31] == 1).all()


def test_what_was_not_saved_is_brought_back_and_can_be_discarded(
    qtbot: QtBot, editor: MainWindow, engine: FakeEngine, settings: Settings, images: list[Path]
) -> None:
    drag(editor, (10.5, 20.5), (30.5, 20.5))
    drawn = labels_of(editor).copy()
    project = editor.session.projects.project
    assert project is not None
    project.close()  # As if the process had ended here: nothing has been saved.
    editor.session.masks._autosave.stop()

    again = make_window(settings, engine, synchronous=True)
    again.show()
    qtbot.waitExposed(again)
    again.session.start()
    assert "brought back" in again.message_bar.sentence.text()
    again.session.images.open(images)
    again.actions_by_id["tool_brush"].trigger()
    assert np.array_equal(labels_of(again), drawn)
    delete(again)


def test_the_second_window_keeps_corrections_of_its_own(
    editor: MainWindow, engine: FakeEngine, settings: Settings, images: list[Path], qtbot: QtBot
) -> None:
    other = make_window(settings, engine, synchronous=True)
    other.show()
    qtbot.waitExposed(other)
    other.session.start()
    other.session.images.open(images)
    other.actions_by_id["tool_brush"].trigger()
    ours, theirs = editor.session.projects.project, other.session.projects.project
    assert ours is not None
    assert theirs is not None
    assert ours.folder != theirs.folder
    delete(other)


def test_a_project_that_another_window_has_is_read_only(
    editor: MainWindow, tmp_path: Path, images: list[Path]
) -> None:
    other = Project.create(tmp_path / "project", CLASSES)
    for _ in other.add(images):
        pass
    other.store()

    editor.session.projects.open(tmp_path / "project")

    assert "another" in editor.message_bar.sentence.text()
    before = labels_of(editor).copy()
    drag(editor, (10.5, 20.5), (30.5, 20.5))
    assert np.array_equal(labels_of(editor), before)
    other.close()


def test_a_broken_mask_is_refused_and_left_as_it_is(editor: MainWindow, images: list[Path]) -> None:
    editor.actions_by_id["save_masks"].trigger()
    project = editor.session.projects.project
    assert project is not None
    folder, file = project.folder, project.mask_path("a_0")
    editor.session.masks.set_on(False)
    editor.actions_by_id["clear"].trigger()
    project.close()
    editor.session.projects.project = None
    file.write_bytes(b"broken")

    editor.session.projects.open(folder)
    editor.session.images.open(images)
    editor.actions_by_id["tool_brush"].trigger()

    assert str(file) in editor.message_bar.sentence.text()
    assert editor.session.masks.document is None
    assert file.read_bytes() == b"broken"


def test_checked_images_are_passed_over(editor: MainWindow, images: list[Path]) -> None:
    editor.actions_by_id["checked"].trigger()
    assert editor.session.masks.status(images[0]) == "checked"
    editor.actions_by_id["next_unchecked"].trigger()
    assert editor.session.images.current == images[1]
    editor.actions_by_id["checked"].trigger()
    editor.actions_by_id["next_unchecked"].trigger()
    assert editor.session.images.current == images[2]
    editor.actions_by_id["next_unchecked"].trigger()
    assert editor.session.images.current == images[2]


def test_the_list_of_images_tells_states_and_sets_them(
    editor: MainWindow, images: list[Path]
) -> None:
    session, model = editor.session, editor.files.view.model()

    def states() -> list[str]:
        return [model.index(row, 0).data(STATE_ROLE) for row in range(3)]

    assert states() == ["Segmented", "Not segmented", "Not segmented"]
    drag(editor, (10.5, 20.5))
    assert states()[0] == "Corrected"  # At once: nothing is saved yet.
    editor.actions_by_id["next"].trigger()
    editor.files.view.selectAll()
    editor.files.menu().checked.trigger()
    assert states() == ["Checked", "Checked", "Not segmented"]
    assert "2 checked" in editor.files._count.text()
    editor.files.menu().hold_out.trigger()
    assert states()[:2] == ["Checked, held out"] * 2
    project = session.projects.project
    assert project is not None
    with Project(project.folder) as saved:
        assert [row.status for row in saved.images.values()] == ["checked", "checked"]
        assert all(row.hold_out for row in saved.images.values())

    menu = editor.files.menu()
    assert menu.checked.isChecked()
    menu.checked.trigger()
    assert states() == ["Corrected, held out", "Segmented, held out", "Not segmented"]
    menu = editor.files.menu()
    menu.sequence.trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QInputDialog)
    dialog.setTextValue("street")
    dialog.accept()
    assert {row.sequence for row in project.images.values()} == {"street"}


def test_the_mask_of_the_image_before_can_be_taken(editor: MainWindow) -> None:
    drag(editor, (60.5, 20.5))
    first = labels_of(editor).copy()
    editor.actions_by_id["next"].trigger()

    editor.actions_by_id["copy_mask"].trigger()

    assert np.array_equal(labels_of(editor), first)


def test_a_model_of_other_classes_has_corrections_of_its_own(
    editor: MainWindow, engine: FakeEngine
) -> None:
    drag(editor, (10.5, 20.5), (30.5, 20.5))
    drawn = labels_of(editor).copy()
    session = editor.session
    first = session.projects.project
    assert first is not None
    engine.classes = ClassSet("other", ("sky", "road", "car"), CLASSES.colors)
    session.models.set_device("cpu")

    other = session.projects.project
    assert other is not None
    assert other.classes.names == ("sky", "road", "car")
    assert not (labels_of(editor) == 1).any()
    assert "kept apart" in editor.message_bar.sentence.text()
    assert np.array_equal(read_labels(first.mask_path("a_0")), drawn)  # Saved before it was left.

    engine.classes = CLASSES
    session.models.set_device("auto")
    assert np.array_equal(labels_of(editor), drawn)


def test_images_that_were_moved_are_found_by_their_content(
    editor: MainWindow, images: list[Path], tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "project", CLASSES)
    assert all(error is None for _, error in project.add(images))
    project.update("a_1", status="checked")
    project.store()
    project.close()
    moved = tmp_path / "moved"
    (tmp_path / "in").rename(moved)
    session = editor.session
    session.images.remove(images)

    session.projects.open(tmp_path / "project")
    assert "3 images" in editor.message_bar.sentence.text()
    session.images.open([moved])

    assert "3 images" in editor.message_bar.sentence.text()
    assert "new place" in editor.message_bar.sentence.text()
    assert session.masks.row(moved / "a_1.png") is not None
    opened = session.projects.project
    assert opened is not None
    assert opened.image_path("a_2").resolve() == moved / "a_2.png"
    assert session.status(moved / "a_1.png") == "checked"


def test_classes_that_a_project_lacks_are_told_once(editor: MainWindow, tmp_path: Path) -> None:
    fewer = ClassSet("own", ("Bright", "tree"), CLASSES.colors[:2])
    editor.session.projects.create(tmp_path / "project", fewer)

    assert "2 of the model's 3 classes" in editor.message_bar.sentence.text()
    assert "dark, middle" in editor.message_bar.details.toPlainText()
    assert (labels_of(editor)[:, 40:] == 0).all()
    assert (labels_of(editor)[:, :40] == UNLABELLED).all()
    editor.message_bar.hide()
    editor.actions_by_id["next"].trigger()
    assert editor.message_bar.isHidden()


def test_a_tool_taken_before_the_model_is_ready_opens_the_same_project(
    qtbot: QtBot, engine: FakeEngine, settings: Settings, images: list[Path]
) -> None:
    """Looking for the project and opening it must not lock each other out."""
    folders = set()
    for _ in range(2):
        window = make_window(settings, engine)
        window.show()
        session = window.session
        session.images.open(images[:1])
        qtbot.waitUntil(lambda session=session: session.images.picture is not None)
        session.tools.choose("brush")
        session.start()
        qtbot.waitUntil(lambda session=session: session.editing.ready, timeout=20_000)
        assert session.projects.project is not None
        folders.add(session.projects.project.folder)
        delete(window)
    assert len(folders) == 1


def test_a_new_project_takes_the_corrections_of_open_images_along(
    editor: MainWindow, tmp_path: Path, images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    drag(editor, (10.5, 20.5), (30.5, 20.5))
    editor.actions_by_id["checked"].trigger()
    mask = editor.session.masks.mask
    assert mask is not None
    labels, touched = mask.labels.copy(), mask.touched.copy()
    folder = tmp_path / "project"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", staticmethod(lambda *_: str(folder)))

    editor.actions_by_id["new_project"].trigger()

    project, mask = editor.session.projects.project, editor.session.masks.mask
    assert project is not None
    assert mask is not None
    assert project.folder == folder
    assert np.array_equal(mask.labels, labels)
    assert np.array_equal(mask.touched, touched)
    assert editor.session.status(images[0]) == "checked"
    assert list(project.images) == ["a_0"]
