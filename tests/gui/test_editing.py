"""Correcting masks with the mouse, as a person does; and that nothing of it is lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from segformer_gui.app import make_window
from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.annotation.region import Box
from segformer_gui.core.annotation.superpixels import find_superpixels
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.images import read_labels
from segformer_gui.core.project.project import Project
from segformer_gui.core.render import outlines
from segformer_gui.core.settings import Settings
from segformer_gui.gui.canvas import stroke_tools
from segformer_gui.gui.canvas.layers import mask_levels
from segformer_gui.gui.docks.files import STATE_ROLE
from segformer_gui.gui.main_window import MainWindow
from segformer_gui.gui.session.review import Visit
from tests.gui.conftest import CLASSES, FakeEngine, delete, make_image

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def editor(window: MainWindow, images: list[Path]) -> MainWindow:
    """The first image in the window, its mask taken from the prediction, the brush in hand.

    Images are 60 x 80: dark (class 0) on the left, bright (class 2) on the right.
    """
    window.session.images.open(images)
    window.actions_by_id["tool_brush"].trigger()
    window.session.tools.set(class_id=1, brush_px=9)
    return window


def labels_of(window: MainWindow) -> np.ndarray:
    mask = window.session.masks.mask
    assert mask is not None
    return mask.labels


def at(window: MainWindow, x: float, y: float) -> QPoint:
    return window.canvas.widget_position(QPointF(x, y)).toPoint()


def drag(
    window: MainWindow, *places: tuple[float, float], modifier: Qt.KeyboardModifier = NONE
) -> None:
    first, *rest = [at(window, *place) for place in places]
    QTest.mousePress(window.canvas, LEFT, modifier, first)
    for place in rest:
        QTest.mouseMove(window.canvas, place)
    QTest.mouseRelease(window.canvas, LEFT, modifier, (rest or [first])[-1])


def click(window: MainWindow, x: float, y: float, modifier: Qt.KeyboardModifier = NONE) -> None:
    QTest.mouseClick(window.canvas, LEFT, modifier, at(window, x, y))


def undo(window: MainWindow) -> None:
    window.actions_by_id["undo"].trigger()


def test_a_mask_begins_with_the_prediction(editor: MainWindow) -> None:
    labels = labels_of(editor)

    assert (labels[:, :40] == 0).all()
    assert (labels[:, 40:] == 2).all()
    mask = editor.session.masks.mask
    assert mask is not None
    assert not mask.touched.any()
    undo(editor)
    assert (labels_of(editor) == UNLABELLED).all()


def test_a_stroke_paints_and_can_be_undone_and_made_again(editor: MainWindow) -> None:
    before = labels_of(editor).copy()

    drag(editor, (10.5, 20.5), (30.5, 20.5))

    after = labels_of(editor).copy()
    assert (after[20, 10:31] == 1).all()
    assert (after[16:25, 20] == 1).all()
    assert after[15, 20] == after[25, 20] == 0
    mask = editor.session.masks.mask
    assert mask is not None
    assert np.array_equal(mask.touched, after != before)
    undo(editor)
    assert np.array_equal(labels_of(editor), before)
    editor.actions_by_id["redo"].trigger()
    assert np.array_equal(labels_of(editor), after)


def test_the_canvas_shows_the_stroke_in_the_class_color(editor: MainWindow) -> None:
    editor.session.view.set_opacity(1.0)

    drag(editor, (10.5, 20.5), (30.5, 20.5))

    image = editor.canvas.grab().toImage()
    ratio = image.devicePixelRatio()
    place = at(editor, 20.5, 18.5) * ratio
    assert image.pixelColor(place) == QColor(*CLASSES.colors[1])
    editor.actions_by_id["edit_masks"].trigger()
    image = editor.canvas.grab().toImage()
    assert image.pixelColor(place) == QColor(*CLASSES.colors[0])


def test_outlines_of_the_mask_follow_each_stroke(editor: MainWindow, tmp_path: Path) -> None:
    """Of all sizes that the canvas shows, as if all were found anew."""
    editor.session.images.open([make_image(tmp_path / "large.png", 10, (700, 1100))])
    editor.session.view.set_outlined(True)
    layer = editor.canvas._editor.layer
    assert layer.outlined
    rng = np.random.default_rng(0)
    for brush in (1, 3, 40, 7, 90):
        editor.session.tools.set(brush_px=brush, class_id=int(rng.integers(3)))
        places = rng.uniform(0, (1100, 700), (4, 2))
        drag(editor, *((float(x), float(y)) for x, y in places))
    expected = [outlines(level) for level in mask_levels(labels_of(editor))]
    for image, level in zip(layer._levels, expected, strict=True):
        rows = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), -1)
        assert np.array_equal(rows[:, : image.width()], level)

    editor.session.view.set_outlined(False)
    rows = np.frombuffer(layer._levels[0].bits(), np.uint8).reshape(700, -1)
    assert np.array_equal(rows[:, :1100], labels_of(editor))


def test_control_and_the_eraser_take_labels_away(editor: MainWindow) -> None:
    drag(editor, (10.5, 20.5), modifier=Qt.KeyboardModifier.ControlModifier)
    assert labels_of(editor)[20, 10] == UNLABELLED
    editor.actions_by_id["tool_eraser"].trigger()
    drag(editor, (10.5, 40.5))
    assert labels_of(editor)[40, 10] == UNLABELLED


def test_shift_draws_straight_on(editor: MainWindow) -> None:
    drag(editor, (10.5, 10.5))
    drag(editor, (10.5, 50.5), modifier=Qt.KeyboardModifier.ShiftModifier)

    assert (labels_of(editor)[10:51, 10] == 1).all()


def test_escape_takes_a_stroke_back_while_it_is_drawn(editor: MainWindow) -> None:
    before = labels_of(editor).copy()
    QTest.mousePress(editor.canvas, LEFT, NONE, at(editor, 10, 20))
    QTest.mouseMove(editor.canvas, at(editor, 30, 20))
    assert not np.array_equal(labels_of(editor), before)

    editor.actions_by_id["cancel"].trigger()

    assert np.array_equal(labels_of(editor), before)
    QTest.mouseRelease(editor.canvas, LEFT, NONE, at(editor, 30, 20))
    assert np.array_equal(labels_of(editor), before)
    assert editor.session.tools.name == "brush"
    editor.actions_by_id["cancel"].trigger()
    assert editor.session.tools.name == "look"


def test_space_drags_the_image_and_paints_nothing(editor: MainWindow) -> None:
    before = labels_of(editor).copy()
    editor.canvas.set_scale(20.0)
    centre = editor.canvas.viewport.centre
    QTest.keyPress(editor.canvas, Qt.Key.Key_Space)
    drag(editor, (30, 30), (32, 32))
    QTest.keyRelease(editor.canvas, Qt.Key.Key_Space)

    assert np.array_equal(labels_of(editor), before)
    assert editor.canvas.viewport.centre != centre


def test_a_polygon_is_closed_by_enter_and_its_corners_can_be_moved(editor: MainWindow) -> None:
    editor.actions_by_id["tool_polygon"].trigger()
    for place in ((10, 10), (30, 10), (30, 30), (10, 50)):
        click(editor, *place)
    drag(editor, (10, 50), (10, 30))
    QTest.keyClick(editor.canvas, Qt.Key.Key_Backspace)
    click(editor, 10, 30)

    QTest.keyClick(editor.canvas, Qt.Key.Key_Return)

    inside = labels_of(editor) == 1
    assert inside[12:28, 12:28].all()
    assert not inside[32:].any()
    undo(editor)
    assert not (labels_of(editor) == 1).any()


@pytest.mark.parametrize(
    ("tool", "places"),
    [("rectangle", ((10, 10), (30, 30))), ("lasso", ((10, 10), (30, 10), (30, 30), (10, 30)))],
)
def test_what_is_drawn_around_is_filled(
    editor: MainWindow, tool: str, places: tuple[tuple[float, float], ...]
) -> None:
    editor.actions_by_id[f"tool_{tool}"].trigger()

    drag(editor, *places)

    inside = labels_of(editor) == 1
    assert inside[12:28, 12:28].all()
    assert inside.sum() <= 21 * 21


def test_fill_shows_what_it_will_change_and_changes_it(editor: MainWindow) -> None:
    editor.actions_by_id["tool_fill"].trigger()
    QTest.mouseMove(editor.canvas, at(editor, 20, 20))
    preview = editor.session.editing.preview
    assert preview is not None
    assert preview.pixels == 60 * 40

    click(editor, 20, 20)

    assert (labels_of(editor)[:, :40] == 1).all()
    assert editor.session.editing.preview is None


def test_the_wand_goes_by_color_within_its_tolerance(editor: MainWindow) -> None:
    editor.actions_by_id["tool_wand"].trigger()

    click(editor, 60, 20)

    assert (labels_of(editor) == 1).sum() == 60 * 40
    editor.session.tools.set(tolerance=60)


def test_superpixels_are_painted_whole_and_end_at_edges(editor: MainWindow) -> None:
    editor.actions_by_id["tool_superpixel"].trigger()

    drag(editor, (20, 20), (21, 20))

    painted = labels_of(editor) == 1
    assert 50 < painted.sum() < 60 * 40
    assert not painted[:, 40:].any()
    undo(editor)
    assert not (labels_of(editor) == 1).any()


def test_a_click_before_superpixels_are_found_is_not_lost(
    qtbot: QtBot, threaded: MainWindow, images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = threaded.session
    session.images.open(images[:1])
    qtbot.waitUntil(lambda: session.images.picture is not None)
    threaded.actions_by_id["tool_superpixel"].trigger()
    qtbot.waitUntil(lambda: session.editing.ready and bool((labels_of(threaded) == 0).any()))
    session.tools.set(class_id=1)
    gate = threading.Event()

    def slowly(*arguments: object) -> object:
        assert gate.wait(10)
        return find_superpixels(*arguments)

    monkeypatch.setattr(stroke_tools, "find_superpixels", slowly)
    click(threaded, 20, 20)
    assert not (labels_of(threaded) == 1).any()
    gate.set()

    qtbot.waitUntil(lambda: session.editing.ready and bool((labels_of(threaded) == 1).any()))
    edit = session.masks.document.history.to_undo
    assert edit is not None
    assert edit.name == "superpixels"


def test_scissors_snap_to_the_edge(editor: MainWindow) -> None:
    editor.actions_by_id["tool_scissors"].trigger()
    click(editor, 40, 10)
    QTest.mouseMove(editor.canvas, at(editor, 40, 50))
    click(editor, 40, 50)
    click(editor, 75, 50)
    click(editor, 75, 10)

    QTest.keyClick(editor.canvas, Qt.Key.Key_Return)

    inside = labels_of(editor) == 1
    assert inside[15:45, 44:70].all()
    assert not inside[:, :36].any()


def test_the_models_region_comes_back_with_its_class(editor: MainWindow) -> None:
    drag(editor, (10.5, 20.5), (70.5, 20.5))
    editor.actions_by_id["tool_region"].trigger()

    click(editor, 20, 40)

    labels = labels_of(editor)
    assert (labels[:, :40] == 0).all()
    assert (labels == 1).any()


def test_picking_takes_the_class_and_gives_the_tool_back(editor: MainWindow) -> None:
    editor.actions_by_id["tool_pick"].trigger()

    click(editor, 60, 20)

    assert editor.session.tools.settings.class_id == 2
    assert editor.session.tools.name == "brush"


def test_locked_classes_and_rules_are_kept(editor: MainWindow) -> None:
    tools = editor.session.tools
    tools.set(class_id=0)
    editor.actions_by_id["lock_class"].trigger()
    tools.set(class_id=1)
    drag(editor, (35.5, 20.5), (50.5, 20.5))
    assert (labels_of(editor)[:, :40] == 0).all()
    assert labels_of(editor)[20, 45] == 1
    undo(editor)

    tools.toggle_lock(0)
    tools.set(over="class", only_over=0)
    drag(editor, (35.5, 20.5), (50.5, 20.5))
    assert labels_of(editor)[20, 36] == 1
    assert (labels_of(editor)[:, 40:] == 2).all()


def test_keys_choose_classes_tools_and_sizes(editor: MainWindow) -> None:
    tools = editor.session.tools
    for key, class_id in ((Qt.Key.Key_3, 2), (Qt.Key.Key_1, 0), (Qt.Key.Key_0, UNLABELLED)):
        QTest.keyClick(editor, key)
        assert tools.settings.class_id == class_id
    QTest.keyClick(editor, Qt.Key.Key_W)
    QTest.keyClick(editor, Qt.Key.Key_W)
    assert tools.settings.class_id == 1
    size = tools.settings.brush_px
    QTest.keyClick(editor, Qt.Key.Key_BracketRight)
    assert tools.settings.brush_px > size
    QTest.keyClick(editor, Qt.Key.Key_BracketLeft)
    assert tools.settings.brush_px <= size + 1
    QTest.keyClick(editor, Qt.Key.Key_G)
    assert tools.name == "fill"
    QTest.keyClick(editor, Qt.Key.Key_V)
    assert tools.name == "look"


@pytest.mark.parametrize(
    ("action", "expected"),
    [("gaps_nearest", 0), ("gaps_predicted", 0), ("holes", 1), ("closed", 1)],
)
def test_masks_are_tidied_up(editor: MainWindow, action: str, expected: int) -> None:
    editor.session.tools.set(brush_px=21)
    drag(editor, (20.5, 30.5))
    editor.session.tools.set(brush_px=3, radius_px=3)
    drag(editor, (20.5, 30.5), modifier=Qt.KeyboardModifier.ControlModifier)
    assert labels_of(editor)[30, 20] == UNLABELLED

    editor.actions_by_id[action].trigger()

    got = int(labels_of(editor)[30, 20])
    # The nearest label of the gap is the disc around it.
    assert got == (1 if action == "gaps_nearest" else expected)
    undo(editor)
    assert labels_of(editor)[30, 20] == UNLABELLED


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


def test_the_most_doubtful_region_is_flown_to(editor: MainWindow) -> None:
    editor.actions_by_id["next_suspect"].trigger()

    # The model is least sure where dark meets bright.
    assert abs(editor.canvas.viewport.centre.x() - 40) < 6
    assert editor.canvas.scale > 0


def test_doubt_by_corruption_and_by_models_flies_where_they_differ(editor: MainWindow) -> None:
    review, current = editor.session.review, editor.session.current
    visits: list[Visit] = []
    review.found.connect(visits.append)
    assert not review.can("corruption")
    result, picture = current.result, current.picture
    assert result is not None
    other = result.labels.copy()
    other[40:50, 10:20] = 1
    differing = replace(result, levels=(other,))
    editor.session.lab.corrupted.show_picture(picture)
    editor.session.lab.corrupted.show_result(differing)
    assert editor.actions_by_id["doubt_corruption"].isEnabled()
    editor.actions_by_id["doubt_corruption"].trigger()
    editor.actions_by_id["next_suspect"].trigger()
    assert visits[-1].box & Box(44, 14, 46, 16)
    assert visits[-1].box.shape < (20, 20)

    other = result.labels.copy()
    other[5:15, 60:70] = 1
    editor.session.lab.rival.clean.show_result(replace(result, levels=(other,)))
    editor.actions_by_id["doubt_models"].trigger()
    editor.actions_by_id["next_suspect"].trigger()
    assert visits[-1].box & Box(9, 64, 11, 66)
    # What a person put there is in no doubt.
    editor.session.tools.set(brush_px=60)
    drag(editor, (65, 10))
    editor.actions_by_id["next_suspect"].trigger()
    assert "No region" in editor.statusBar().currentMessage()


def test_the_way_back_through_doubtful_regions(editor: MainWindow) -> None:
    visits: list[object] = []
    editor.session.review.found.connect(visits.append)
    for action in ("next_suspect", "next_suspect", "previous_suspect", "next_suspect"):
        editor.actions_by_id[action].trigger()

    assert len(visits) == 4
    assert visits[0] is visits[2]
    assert visits[1] is visits[3]


@pytest.mark.parametrize("by_shift", [True, False])
def test_the_prediction_comes_back_inside_a_lasso(editor: MainWindow, by_shift: bool) -> None:
    editor.session.tools.set(brush_px=40)
    drag(editor, (20, 30))
    painted = labels_of(editor).copy()
    assert (painted[:, :40] == 1).any()
    editor.actions_by_id["tool_lasso"].trigger()
    if not by_shift:
        editor.session.tools.set(fill_with="prediction")

    modifier = Qt.KeyboardModifier.ShiftModifier if by_shift else NONE
    drag(editor, (1, 1), (20, 1), (20, 59), (1, 59), modifier=modifier)

    assert (labels_of(editor)[:, 2:19] == 0).all()
    assert np.array_equal(labels_of(editor)[:, 22:], painted[:, 22:])
    mask = editor.session.masks.mask
    assert mask is not None
    assert not mask.touched[:, 2:19].any()
    undo(editor)
    assert np.array_equal(labels_of(editor), painted)


def test_one_class_of_the_prediction_is_taken_over(editor: MainWindow) -> None:
    undo(editor)
    editor.session.tools.set(class_id=2)
    editor.actions_by_id["accept_class"].trigger()

    assert (labels_of(editor)[:, 40:] == 2).all()
    assert (labels_of(editor)[:, :40] == UNLABELLED).all()


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


def test_corrections_of_a_large_image_repaint_only_where_they_are(
    editor: MainWindow, tmp_path: Path
) -> None:
    big = make_image(tmp_path / "big.png", 10, (1200, 1600))
    editor.session.images.open([big])
    boxes: list[object] = []
    editor.session.editing.mask_changed.connect(boxes.append)

    drag(editor, (300, 300), (340, 300))

    areas = [(b.bottom - b.top) * (b.right - b.left) for b in boxes]
    assert areas
    assert max(areas) < 100 * 100


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
