"""Editing the classes of a project in the window: the list, the pixels, and one undo for all.

Images are dark (class 0) on the left, bright (class 2) on the right; class 1 is middle.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.gui.class_dialogs import ClassDialog, MergeDialog
from segformer_gui.gui.main_window import MainWindow
from tests.gui.drawing import labels_of


def names(window: MainWindow) -> tuple[str, ...]:
    project = window.session.projects.project
    assert project is not None
    return project.classes.names


def listed(window: MainWindow) -> list[str]:
    view = window.edit.dock.classes.view
    return [view.item(row).text() for row in range(view.count() - 1)]


def trigger(window: MainWindow, *action_ids: str) -> None:
    for action_id in action_ids:
        window.actions_by_id[action_id].trigger()


def paint(window: MainWindow, class_id: int) -> None:
    editing = window.session.editing
    assert editing.begin_stroke(class_id)
    editing.stroke_to(20.5, 30.5)
    editing.end_stroke("stroke")


def answer(kind: type) -> object:
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, kind)
    return dialog


def test_a_class_is_added_painted_with_and_taken_back(editor: MainWindow) -> None:
    trigger(editor, "class_add")
    dialog = answer(ClassDialog)
    assert not dialog.buttons.buttons()[0].isEnabled()
    dialog.name.setText("lamp")
    dialog.set_color((1, 2, 3))
    dialog.accept()

    assert names(editor) == ("dark", "middle", "bright", "lamp")
    assert listed(editor) == ["dark", "middle", "bright", "lamp"]
    QTest.keyClick(editor, Qt.Key.Key_4)
    assert editor.session.tools.settings.class_id == 3
    paint(editor, 3)
    trigger(editor, "undo")
    assert names(editor)[3:] == ("lamp",)
    trigger(editor, "undo")
    assert names(editor) == ("dark", "middle", "bright")
    assert not (labels_of(editor) == 3).any()
    trigger(editor, "redo")
    assert names(editor)[3:] == ("lamp",)


def test_a_name_that_is_taken_is_refused(editor: MainWindow) -> None:
    trigger(editor, "class_add")
    dialog = answer(ClassDialog)
    dialog.name.setText("Dark")
    dialog.accept()

    assert names(editor) == ("dark", "middle", "bright")
    assert "Dark" in editor.message_bar.sentence.text()


def test_name_and_color_are_changed_and_legend_and_canvas_follow(editor: MainWindow) -> None:
    editor.session.tools.set(class_id=2)
    trigger(editor, "class_edit")
    dialog = answer(ClassDialog)
    dialog.name.setText("sky")
    dialog.set_color((9, 8, 7))
    dialog.accept()

    project = editor.session.projects.project
    assert project is not None
    assert (project.classes.names[2], project.classes.colors[2]) == ("sky", (9, 8, 7))
    model = editor.classes.view.model()
    assert [model.index(row, 0).data() for row in range(3)] == ["dark", "middle", "sky"]
    trigger(editor, "undo", "undo")
    assert (project.classes.names[2], project.classes.colors[2]) == ("bright", (0, 0, 200))


def test_merging_reaches_all_masks_and_leaves_an_id_that_nothing_shows(
    editor: MainWindow,
) -> None:
    trigger(editor, "next")
    trigger(editor, "previous")
    editor.session.tools.set(class_id=0)
    before = labels_of(editor).copy()
    trigger(editor, "class_merge")
    dialog = answer(MergeDialog)
    assert [dialog.target.itemText(row) for row in range(2)] == ["middle", "bright"]
    dialog.target.setCurrentIndex(1)
    dialog.accept()

    assert names(editor) == ("", "middle", "bright")
    assert (labels_of(editor) == 2).all()
    assert "changed: 2" in editor.message_bar.sentence.text()
    assert listed(editor) == ["middle", "bright"]
    assert editor.classes.view.model().rowCount() == 2
    assert editor.session.tools.settings.class_id == 1
    QTest.keyClick(editor, Qt.Key.Key_2)
    assert editor.session.tools.settings.class_id == 2

    trigger(editor, "next")
    assert (labels_of(editor) == 2).all()
    editor.message_bar.action.click()  # Undo, in all of them.
    assert names(editor) == ("dark", "middle", "bright")
    assert np.array_equal(labels_of(editor), before)
    trigger(editor, "previous")
    assert np.array_equal(labels_of(editor), before)


def test_a_deleted_class_leaves_unlabelled_pixels(editor: MainWindow) -> None:
    editor.session.tools.set(class_id=0, locked=frozenset({0}))
    trigger(editor, "class_delete")

    assert (labels_of(editor)[:, :40] == UNLABELLED).all()
    assert editor.session.tools.settings.locked == frozenset()
    trigger(editor, "undo")
    assert (labels_of(editor)[:, :40] == 0).all()


def test_what_other_masks_stand_on_is_not_undone(editor: MainWindow) -> None:
    editor.session.tools.set(class_id=1)
    trigger(editor, "next")
    trigger(editor, "previous")
    trigger(editor, "class_delete", "next")
    paint(editor, 0)
    trigger(editor, "previous", "undo")

    assert names(editor) == ("dark", "", "bright")
    assert "no longer the latest" in editor.message_bar.sentence.text()


def test_a_class_is_found_by_typing(editor: MainWindow) -> None:
    classes = editor.edit.dock.classes
    classes.search.setText("brI")
    shown = [r for r in range(classes.view.count()) if not classes.view.item(r).isHidden()]
    assert [classes.view.item(row).text() for row in shown] == ["bright"]
    QTest.keyClick(classes.search, Qt.Key.Key_Return)
    assert editor.session.tools.settings.class_id == 2
    assert classes.search.text() == ""
