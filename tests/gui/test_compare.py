"""Canvases beside and over each other, under real keys and mouse events."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.images import write_png
from segformer_gui.core.palettes import drop_colors
from segformer_gui.gui.session.pair import BORDER_KINDS, ERROR_KINDS
from tests.gui.conftest import CLASSES, make_image

ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def compare(window, images):
    window.session.images.open(images)
    window.session.lab.choose("fog")
    return window.compare


def shown(compare) -> list[str]:
    names = ("clean", "corrupted", "rival_clean", "rival_corrupted")
    return [name for name in names if getattr(compare, name).isVisible()]


def color(canvas, x: float, y: float) -> tuple[int, int, int]:
    """Colour on the screen at an image position."""
    at = canvas.widget_position(QPointF(x, y)).toPoint()
    return QColor(canvas.grab().toImage().pixel(at)).getRgb()[:3]


def turn_wheel(widget, notches: int, keys=Qt.KeyboardModifier.NoModifier) -> bool:
    """Whether the widget took it; Qt itself hands on only what comes from the system."""
    at = QPointF(widget.width() / 2, widget.height() / 2)
    event = QWheelEvent(
        at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_keys_arrange_the_canvases(window, compare, qtbot):
    assert shown(compare) == ["corrupted"]
    for key, names in (
        (Qt.Key.Key_2, ["clean", "corrupted"]),
        (Qt.Key.Key_3, ["clean", "corrupted"]),
        (Qt.Key.Key_4, ["clean", "corrupted", "rival_clean", "rival_corrupted"]),
        (Qt.Key.Key_1, ["corrupted"]),
    ):
        qtbot.keyClick(window, key, ALT)
        assert shown(compare) == names
        assert compare.line.isVisible() == (key == Qt.Key.Key_3)


def test_arrangements_share_the_room_without_overlap(window, compare, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_4, ALT)
    places = [canvas.geometry() for canvas in compare._canvases]
    assert not any(a.intersects(b) for a in places for b in places if a is not b)
    area = sum(place.width() * place.height() for place in places)
    assert area > 0.98 * compare.width() * compare.height()
    assert places[0].right() < places[1].left()
    assert places[0].bottom() < places[2].top()


def test_the_clean_image_is_shown_while_nothing_is_corrupted(window, compare):
    window.session.lab.clear()
    assert shown(compare) == ["clean"]


def test_before_is_shown_while_its_key_is_held(window, compare, qtbot):
    for arrangement in (Qt.Key.Key_1, Qt.Key.Key_2):
        qtbot.keyClick(window, arrangement, ALT)
        others = shown(compare)
        qtbot.keyPress(window, Qt.Key.Key_Backslash)
        assert shown(compare) == ["clean"]
        qtbot.keyRelease(window, Qt.Key.Key_Backslash)
        assert shown(compare) == others


def test_views_stay_where_they_are_while_severity_and_before_change(window, compare, qtbot):
    compare.active.set_scale(20)
    compare.corrupted.viewport.move(20, QPointF(30, 20))
    for _ in range(3):
        window.session.lab.step_severity(1)
    window.session.lab.clear()
    assert shown(compare) == ["clean"]
    assert compare.clean.scale == 20
    assert compare.clean.viewport.centre == QPointF(30, 20)


def test_all_canvases_zoom_together(window, compare, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_4, ALT)
    turn_wheel(compare.rival_corrupted, 3)
    assert len({canvas.scale for canvas in compare._canvases}) == 1
    before = compare.clean.scale
    window.actions_by_id["zoom_in"].trigger()
    assert compare.rival_clean.scale > before
    window.actions_by_id["fit"].trigger()
    corner = compare.clean.widget_position(QPointF(80, 60))
    assert corner.x() <= compare.clean.width()


def test_the_focus_stays_on_the_canvas_when_another_one_is_shown(window, compare, qtbot):
    window.activateWindow()
    compare.corrupted.setFocus()
    qtbot.waitUntil(compare.corrupted.hasFocus)
    window.session.lab.clear()
    assert compare.clean.hasFocus()


# Wipe -------------------------------------------------------------------------------------------


def test_the_wipe_shows_clean_left_of_the_line_and_corrupted_right_of_it(window, compare, qtbot):
    window.toolbar.opacity.setValue(0)
    window.session.lab.choose("brightness")
    qtbot.keyClick(window, Qt.Key.Key_3, ALT)

    def at(fraction: float) -> int:
        image = compare.grab().toImage()
        scene = compare.clean.widget_position(QPointF(10, 30))
        compare.move_line(round(scene.x() + fraction * 40))
        image = compare.grab().toImage()
        return QColor(image.pixel(scene.toPoint())).red()

    assert at(1) == 10
    assert at(-1) > 60
    assert compare.clean.geometry() == compare.corrupted.geometry()


def test_the_line_is_dragged_and_turned_by_the_wheel(window, compare, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_3, ALT)
    line = compare.line
    start = line.geometry().center().x()
    qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(5, 50))
    qtbot.mouseMove(line, QPoint(5 - 100, 50))
    moved = line.geometry().center().x()
    assert moved == pytest.approx(start - 100, abs=6)
    scale = compare.clean.scale
    assert not turn_wheel(compare.corrupted, 2, Qt.KeyboardModifier.ShiftModifier)
    assert turn_wheel(compare, 2, Qt.KeyboardModifier.ShiftModifier)
    assert line.geometry().center().x() == pytest.approx(moved + 0.04 * compare.width(), abs=3)
    assert compare.clean.scale == scale
    compare.move_line(-50)
    assert line.geometry().center().x() == pytest.approx(0, abs=6)
    qtbot.keyClick(window, Qt.Key.Key_1, ALT)
    assert compare.clean.mask().isEmpty()


# What is said -----------------------------------------------------------------------------------


def test_captions_name_condition_scores_and_models(window, compare, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_2, ALT)
    scores = window.session.lab.pair.scores
    assert compare.clean._caption == ["Clean"]
    title, numbers = compare.corrupted._caption
    assert title == "Fog 3"
    assert f"agreement {100 * scores.agreement:.1f} %" in numbers
    assert f"consistency {100 * scores.consistency:.1f} %" in numbers
    window.session.lab.set_severity(2.5)
    assert compare.corrupted._caption[0] == "Fog 2.5  ·  off protocol"
    qtbot.keyClick(window, Qt.Key.Key_4, ALT)
    window.session.lab.rival.choose(window.session.models.entries[0])
    assert compare.rival_clean._caption[0] == "Clean  ·  B: SegFormer-B0, CamVid"


def test_the_caption_tells_true_miou_where_there_is_ground_truth(window, compare, tmp_path):
    write_png(tmp_path / "truth.png", np.zeros((60, 80), np.uint8))
    window.session.lab.truth.open(tmp_path / "truth.png")
    scores = window.session.lab.pair.scores
    miou, change = 100 * scores.other_truth.miou, 100 * scores.miou_change
    assert compare.corrupted._caption[-1] == f"true mIoU {miou:.1f} %  ({change:+.1f})"


def test_a_single_clean_image_has_no_caption(window, compare):
    window.session.lab.clear()
    assert list(compare.clean._caption) == []


# Maps -------------------------------------------------------------------------------------------


def test_changed_classes_lie_over_the_corrupted_image_alone(window, compare, qtbot):
    window.toolbar.opacity.setValue(100)
    lab = window.session.lab
    qtbot.keyClick(window, Qt.Key.Key_2, ALT)
    qtbot.keyClick(window, Qt.Key.Key_5, CONTROL)
    flips = lab.pair.map("flips").levels[0]
    y, x = (int(place[0]) for place in np.nonzero(flips != 255))
    expected = CLASSES.colors[int(flips[y, x])]
    assert color(compare.corrupted, x + 0.5, y + 0.5) == pytest.approx(expected, abs=1)
    y, x = (int(place[-1]) for place in np.nonzero(flips == 255))
    pixels = lab.corrupted.picture.pixels
    assert color(compare.corrupted, x + 0.5, y + 0.5) == tuple(map(int, pixels[y, x]))
    assert color(compare.clean, 10.5, 30.5) == pytest.approx((200, 0, 0), abs=1)
    qtbot.keyClick(window, Qt.Key.Key_9, CONTROL)
    labels = lab.corrupted.result.labels
    expected = CLASSES.colors[int(labels[y, x])]
    assert color(compare.corrupted, x + 0.5, y + 0.5) == pytest.approx(expected, abs=1)


def test_loss_of_confidence_has_its_own_colours(window, compare, qtbot):
    window.toolbar.opacity.setValue(100)
    qtbot.keyClick(window, Qt.Key.Key_6, CONTROL)
    drop = window.session.lab.pair.map("confidence_drop").levels[0]
    y, x = np.unravel_index(int(np.abs(drop.astype(int) - 128).argmax()), drop.shape)
    red, green, blue, alpha = map(int, drop_colors()[drop[y, x]])
    below = window.session.lab.corrupted.picture.pixels[y, x].astype(int)
    expected = [
        round(c * alpha / 255 + b * (1 - alpha / 255))
        for c, b in zip((red, green, blue), below, strict=True)
    ]
    assert color(compare.corrupted, x + 0.5, y + 0.5) == pytest.approx(expected, abs=3)
    assert drop_colors()[128, 3] == 0


def test_borders_and_errors_have_a_key(window, compare, qtbot, tmp_path):
    window.toolbar.opacity.setValue(100)
    qtbot.keyClick(window, Qt.Key.Key_7, CONTROL)
    borders = window.session.lab.pair.map("borders").levels[0]
    y, x = (int(place[0]) for place in np.nonzero(borders != 255))
    expected = BORDER_KINDS.colors[int(borders[y, x])]
    assert color(compare.corrupted, x + 0.5, y + 0.5) == pytest.approx(expected, abs=1)
    assert not window.actions_by_id["pair_errors"].isEnabled()
    write_png(tmp_path / "truth.png", np.full((60, 80), 2, np.uint8))
    window.session.lab.truth.open(tmp_path / "truth.png")
    qtbot.keyClick(window, Qt.Key.Key_8, CONTROL)
    errors = window.session.lab.pair.map("errors").levels[0]
    y, x = (int(place[0]) for place in np.nonzero(errors != 255))
    expected = ERROR_KINDS.colors[int(errors[y, x])]
    assert color(compare.corrupted, x + 0.5, y + 0.5) == pytest.approx(expected, abs=1)


def test_without_ground_truth_errors_give_way_to_labels(window, compare):
    window.toolbar.opacity.setValue(100)
    window.session.view.set_pair_map("errors")
    labels = window.session.lab.corrupted.result.labels
    expected = CLASSES.colors[int(labels[30, 10])]
    assert color(compare.corrupted, 10.5, 30.5) == pytest.approx(expected, abs=1)


def test_hiding_a_class_hides_it_by_name_for_another_class_set(window, compare, engine, qtbot):
    window.toolbar.opacity.setValue(100)
    qtbot.keyClick(window, Qt.Key.Key_4, ALT)
    engine.other.classes = ClassSet(
        "other", ("Bright", "sky", "dark"), ((1, 2, 3), (4, 5, 6), (7, 8, 9))
    )
    window.session.lab.rival.choose(window.session.models.entries[0])
    canvas = compare.rival_clean
    assert color(canvas, 10.5, 30.5) == pytest.approx((1, 2, 3), abs=1)
    window.session.view.set_hidden(2, True)  # "bright" of the first model is the other's 0.
    assert color(canvas, 10.5, 30.5) == (10, 10, 10)
    window.session.view.toggle_solo(0)  # "dark": the other's 2, on the right half.
    assert color(canvas, 70.5, 30.5) == pytest.approx((7, 8, 9), abs=1)
    assert color(canvas, 10.5, 30.5) == (10, 10, 10)


def test_the_status_bar_names_the_classes_of_the_model_under_the_mouse(
    window, compare, engine, qtbot
):
    qtbot.keyClick(window, Qt.Key.Key_4, ALT)
    engine.other.classes = ClassSet("other", ("ash", "oak", "elm"), CLASSES.colors)
    window.session.lab.rival.choose(window.session.models.entries[0])
    for canvas, name in ((compare.rival_clean, "ash"), (compare.clean, "dark")):
        for x in (12.5, 10.5):
            qtbot.mouseMove(canvas, canvas.widget_position(QPointF(x, 30.5)).toPoint())
        assert name in window.statusBar().hover.text()


def test_the_bar_is_there_while_something_is_compared(window, images, tmp_path):
    assert window.lab.bar.isHidden()
    window.session.images.open(images)
    assert window.lab.bar.isHidden()
    window.session.lab.choose("fog")
    assert window.lab.bar.isVisible()
    window.session.lab.clear()
    assert window.lab.bar.isHidden()
    window.lab.corruption.raise_()
    QApplication.processEvents()
    assert window.lab.bar.isVisible()


def test_models_on_the_disk_can_be_the_second_one(window, compare, engine, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_4, ALT)
    box = window.lab.bar.rival
    QApplication.processEvents()
    assert box.isVisible()
    titles = [box.itemText(row) for row in range(box.count())]
    assert titles == ["SegFormer-B0, CamVid", "SegFormer-B0, synthetic scenes"]
    box.activated.emit(1)
    assert engine.other.requests[0].spec == "segformer-b0-scenes"
    assert box.currentText() == "SegFormer-B0, synthetic scenes"


def test_images_of_another_size_are_fitted_in_every_arrangement(window, compare, tmp_path, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_2, ALT)
    window.session.images.open([make_image(tmp_path / "wide.png", size=(300, 1200))])
    assert compare.clean.scale == pytest.approx((compare.clean.width() - 32) / 1200, rel=0.01)
