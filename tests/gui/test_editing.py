"""Correcting masks with the mouse, as a person does."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.annotation.superpixels import find_superpixels
from segformer_gui.core.render import outlines
from segformer_gui.gui.canvas import editor as canvas_editor
from segformer_gui.gui.canvas import stroke_tools
from segformer_gui.gui.canvas.layers import MaskLayer
from segformer_gui.gui.main_window import MainWindow
from segformer_gui.gui.session.pictures import label_levels
from tests.gui.conftest import CLASSES, make_image
from tests.gui.drawing import LEFT, NONE, at, click, drag, labels_of, undo


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
    assert editor.canvas.editor.layer.outlined
    rng = np.random.default_rng(0)
    for brush in (1, 3, 40, 7, 90):
        editor.session.tools.set(brush_px=brush, class_id=int(rng.integers(3)))
        places = rng.uniform(0, (1100, 700), (4, 2))
        drag(editor, *((float(x), float(y)) for x, y in places))
    levels = label_levels(labels_of(editor))
    assert shows(editor, [outlines(level) for level in levels])

    editor.session.view.set_outlined(False)
    assert shows(editor, levels)


def shows(window: MainWindow, expected: Sequence[np.ndarray]) -> bool:
    """Whether the canvas has these maps of the mask, in all their sizes."""
    layer = window.canvas.editor.layer
    if layer is None:
        return False
    images = [np.frombuffer(image.bits(), np.uint8) for image in layer._levels]
    return all(
        np.array_equal(image.reshape(level.shape), level)
        for image, level in zip(images, expected, strict=True)
    )


def test_a_large_mask_is_shown_by_a_worker_and_what_is_drawn_meanwhile_with_it(
    qtbot: QtBot, threaded: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, threads = threading.Event(), set[threading.Thread]()

    class SlowLayer(MaskLayer):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            threads.add(threading.current_thread())
            assert gate.wait(10)

    session = threaded.session
    monkeypatch.setattr(canvas_editor, "MaskLayer", SlowLayer)
    session.images.open([make_image(tmp_path / "large.png", 10, (2200, 2200))])
    qtbot.waitUntil(lambda: session.segmentation.result is not None)
    threaded.actions_by_id["tool_brush"].trigger()
    session.tools.set(brush_px=200, class_id=1)
    qtbot.waitUntil(lambda: session.editing.ready)

    drag(threaded, (300, 300), (900, 300))

    assert threaded.canvas.editor.layer is None
    gate.set()
    qtbot.waitUntil(lambda: bool((labels_of(threaded) == 2).any()) and session.editing.ready)
    assert (labels_of(threaded) == 1).any()
    for revise in (session.editing.undo, session.editing.redo):
        revise()
        qtbot.waitUntil(lambda: session.editing.ready)
        qtbot.waitUntil(lambda: shows(threaded, label_levels(labels_of(threaded))))
    session.view.set_outlined(True)
    expected = [outlines(level) for level in label_levels(labels_of(threaded))]
    qtbot.waitUntil(lambda: shows(threaded, expected))
    assert threading.main_thread() not in threads


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
