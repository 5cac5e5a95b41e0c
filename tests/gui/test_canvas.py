"""The canvas under real wheel, mouse and key events; what it paints is read back as pixels."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication

from segformer_gui.core.classes import class_set_of_count
from segformer_gui.core.images import read_image
from segformer_gui.core.inference.probe import class_probabilities, measure_of
from segformer_gui.core.palettes import measure_colors, painted
from segformer_gui.core.paths import settings_file
from segformer_gui.core.settings import load_settings
from segformer_gui.gui.canvas.layers import LabelLayer, PictureLayer
from segformer_gui.gui.canvas.view import Canvas
from segformer_gui.gui.session import maps
from segformer_gui.gui.session.view import SHOWN
from tests.gui.conftest import CLASSES, make_image


def _color(canvas, x: float, y: float) -> tuple[int, int, int]:
    """Colour on the screen at an image position."""
    at = canvas.widget_position(QPointF(x, y)).toPoint()
    color = QColor(canvas.grab().toImage().pixel(at))
    return color.red(), color.green(), color.blue()


def _wheel(canvas, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, canvas.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


@pytest.fixture
def canvas(window, images):
    window.session.images.open(images)
    return window.canvas


def test_overlay_blends_class_colour_over_image(window, canvas):
    window.toolbar.opacity.setValue(50)
    # Dark pixels are 10, and class "dark" is (200, 0, 0).
    assert _color(canvas, 10, 30) == pytest.approx((105, 5, 5), abs=2)
    window.toolbar.opacity.setValue(0)
    assert _color(canvas, 10, 30) == (10, 10, 10)
    window.toolbar.opacity.setValue(100)
    assert _color(canvas, 10, 30) == pytest.approx((200, 0, 0), abs=1)


def test_hidden_class_shows_the_image(window, canvas):
    window.toolbar.opacity.setValue(100)
    window.session.view.set_hidden(0, True)
    assert _color(canvas, 10, 30) == (10, 10, 10)
    assert _color(canvas, 70, 30) == pytest.approx((0, 0, 200), abs=1)


def test_solo_shows_one_class_only(window, canvas):
    window.toolbar.opacity.setValue(100)
    window.session.view.toggle_solo(0)
    assert _color(canvas, 10, 30) == pytest.approx((200, 0, 0), abs=1)
    assert _color(canvas, 70, 30) == (250, 250, 250)
    window.session.view.toggle_solo(0)
    assert _color(canvas, 70, 30) == pytest.approx((0, 0, 200), abs=1)


def test_peek_lasts_while_the_key_is_held(window, canvas, qtbot):
    window.toolbar.opacity.setValue(100)
    qtbot.keyPress(window, Qt.Key.Key_X)
    assert _color(canvas, 10, 30) == (10, 10, 10)
    qtbot.keyRelease(window, Qt.Key.Key_X)
    assert _color(canvas, 10, 30) == pytest.approx((200, 0, 0), abs=1)


def test_wheel_zooms_at_the_cursor(canvas):
    canvas.set_scale(12)
    at = QPointF(canvas.width() * 0.6, canvas.height() * 0.4)
    before = canvas.image_position(at)
    _wheel(canvas, at, 1)
    after = canvas.image_position(at)
    assert canvas.scale == pytest.approx(15)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))


def test_zoom_keeps_within_bounds(window, canvas):
    _wheel(canvas, QPointF(300, 300), 100)
    assert canvas.scale == 256
    _wheel(canvas, QPointF(300, 300), -200)
    assert canvas.scale == pytest.approx(32 / 80)
    assert window.statusBar().zoom.text() == "40 %"


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
def test_drag_moves_the_image(canvas, qtbot, button):
    canvas.set_scale(30)
    before = canvas.widget_position(QPointF(0, 0))
    qtbot.mousePress(canvas, button, pos=QPoint(200, 200))
    qtbot.mouseMove(canvas, QPoint(230, 215))
    qtbot.mouseRelease(canvas, button, pos=QPoint(230, 215))
    moved = canvas.widget_position(QPointF(0, 0)) - before
    assert (moved.x(), moved.y()) == pytest.approx((30, 15))


def test_fitted_image_stays_fitted_when_the_window_changes(window, tmp_path, qtbot):
    window.session.images.open([make_image(tmp_path / "large.png", size=(1200, 1600))])
    canvas = window.canvas
    before = canvas.scale
    window.resize(window.width() - 300, window.height() - 200)
    qtbot.waitUntil(lambda: canvas.scale != before)
    corner = canvas.widget_position(QPointF(1600, 1200))
    assert corner.x() <= canvas.width()
    assert corner.y() <= canvas.height()
    assert min(canvas.width() - corner.x(), canvas.height() - corner.y()) == pytest.approx(16)


def test_keys_zoom_and_fit(window, canvas, qtbot):
    fitted = canvas.scale
    qtbot.keyClick(window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert canvas.scale == 1
    qtbot.keyClick(window, Qt.Key.Key_Plus)
    assert canvas.scale == pytest.approx(1.25)
    qtbot.keyClick(window, Qt.Key.Key_Minus)
    assert canvas.scale == pytest.approx(1)
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert canvas.scale == pytest.approx(fitted)


def test_hover_names_pixel_and_the_likeliest_classes(window, canvas, qtbot):
    qtbot.mouseMove(canvas, canvas.widget_position(QPointF(70.5, 20.5)).toPoint())
    shown = re.sub("<.*?>|&nbsp;|■", " ", window.statusBar().hover.text()).split()
    assert shown[:5] == ["70,", "20", "bright", "98.6", "%"]
    assert [shown[5], shown[8]] == ["middle", "dark"]
    qtbot.mouseMove(canvas, QPoint(1, 1))
    assert window.statusBar().hover.text() == ""


def test_next_frame_of_same_size_keeps_the_view(window, canvas):
    canvas.set_scale(20)
    window.session.images.step(1)
    assert canvas.scale == 20


def test_image_of_another_size_is_fitted(window, canvas, tmp_path):
    canvas.set_scale(20)
    window.session.images.open([make_image(tmp_path / "wide.png", size=(300, 1200))])
    assert canvas.scale == pytest.approx((canvas.width() - 32) / 1200)


def test_small_levels_line_up_with_the_full_image(window, tmp_path):
    """Far zoomed out, where a smaller level is painted, edges still lie where they belong."""
    window.session.images.open([make_image(tmp_path / "large.png", 10, (1801, 2403))])
    window.toolbar.opacity.setValue(100)
    canvas = window.canvas
    canvas.set_scale(0.2)
    assert _color(canvas, 1190, 900) == pytest.approx((200, 0, 0), abs=1)
    assert _color(canvas, 1212, 900) == pytest.approx((0, 0, 200), abs=1)


def test_more_than_255_classes_are_coloured():
    classes = class_set_of_count(300)
    labels = np.array([[0, 299], [256, 10]], np.uint16)
    layer = LabelLayer([labels])
    layer.set_colors(classes, lambda class_id: class_id != 256)
    image: QImage = layer._levels[0]
    assert QColor(image.pixel(1, 0)).getRgb()[:3] == classes.colors[299]
    assert image.pixelColor(0, 1).alpha() == 0


def test_measures_are_shown_in_their_colours_with_a_scale(window, canvas, qtbot):
    window.toolbar.opacity.setValue(100)
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.session.view.shown == "confidence"
    result = window.session.segmentation.result
    confidence = class_probabilities(result.logits, (60, 80), 10, 30).max()
    expected = measure_colors()[int(confidence * 256)]
    assert _color(canvas, 10.5, 30.5) == pytest.approx(tuple(map(int, expected)), abs=1)
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert _color(canvas, 10.5, 30.5) == pytest.approx((200, 0, 0), abs=1)


@pytest.mark.parametrize(("key", "measure"), [(Qt.Key.Key_3, "entropy"), (Qt.Key.Key_4, "margin")])
def test_hover_tells_the_measure_that_is_shown(window, canvas, qtbot, key, measure):
    qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    for x in (20.5, 39.5):  # A mouse that is there already does not move.
        qtbot.mouseMove(canvas, canvas.widget_position(QPointF(x, 20.5)).toPoint())
    result = window.session.segmentation.result
    value = measure_of(class_probabilities(result.logits, (60, 80), 39, 20), measure)
    assert 0.01 < value < 0.99
    assert window.statusBar().hover.text().endswith(f"{measure.capitalize()} {value:.3f}")


def test_measure_steps_are_those_of_the_whole_map(window, canvas):
    made = window.session.maps.measure("margin")
    result = window.session.segmentation.result
    for x, y in ((0, 0), (38, 30), (79, 59)):
        value = measure_of(class_probabilities(result.logits, (60, 80), x, y), "margin")
        assert made.levels[0][y, x] == min(255, int(value * 256))
    assert made.histogram.sum() == 60 * 80
    assert made.histogram[made.levels[0][0, 0]] >= 1


def test_a_map_is_computed_once_a_result(window, canvas, images, monkeypatch):
    calls = []
    original = maps._measure_map
    monkeypatch.setattr(maps, "_measure_map", lambda *args: calls.append(1) or original(*args))
    for shown in ("entropy", "labels", "entropy"):
        window.session.view.set_shown(shown)
    assert len(calls) == 1
    window.session.images.step(1)
    assert len(calls) == 2


def test_a_result_whose_logits_are_gone_is_made_again_when_a_measure_is_shown(
    window, canvas, engine
):
    segmentation = window.session.segmentation
    segmentation._cache.clear()
    segmentation.show(window.session.images.current)
    assert segmentation.result.logits is None
    assert len(engine.options) == 1
    canvas.grab()
    window.session.view.set_shown("confidence")
    assert len(engine.options) == 2
    assert window.session.maps.measure("confidence") is not None


def test_moving_the_mouse_brings_back_the_probabilities_of_an_old_result(
    window, canvas, engine, qtbot
):
    session, segmentation = window.session, window.session.segmentation

    def move_to(x: int) -> None:
        qtbot.mouseMove(canvas, canvas.widget_position(QPointF(x, 30)).toPoint())

    def move_over_an_old_result() -> None:
        segmentation._cache.clear()
        segmentation.show(session.images.current)
        for x in (5, 10):
            move_to(x)

    session.change_settings(auto_segment=False)
    move_over_an_old_result()
    assert len(engine.options) == 1
    assert session.view.hover.likeliest == ()
    assert session.view.hover.class_id == 0
    session.change_settings(auto_segment=True)
    move_over_an_old_result()
    assert len(engine.options) == 2
    move_to(15)
    assert len(session.view.hover.likeliest) == 3
    engine.broken[10] = ZeroDivisionError()
    move_over_an_old_result()
    move_over_an_old_result()
    assert len(engine.options) == 3  # Once: what failed is not tried at every move.


def test_outlines_are_the_borders_and_follow_hide_and_solo(window, canvas, qtbot):
    window.toolbar.opacity.setValue(100)
    qtbot.keyClick(window, Qt.Key.Key_O)
    assert window.actions_by_id["outlines"].isChecked()
    assert _color(canvas, 10.5, 30.5) == (10, 10, 10)
    assert _color(canvas, 39.5, 30.5) == pytest.approx((200, 0, 0), abs=1)
    assert _color(canvas, 40.5, 30.5) == pytest.approx((0, 0, 200), abs=1)
    window.session.view.toggle_solo(2)
    assert _color(canvas, 39.5, 30.5) == (10, 10, 10)
    assert _color(canvas, 40.5, 30.5) == pytest.approx((0, 0, 200), abs=1)
    qtbot.keyClick(window, Qt.Key.Key_O)
    assert _color(canvas, 70.5, 30.5) == pytest.approx((0, 0, 200), abs=1)


def test_outlines_cover_more_than_areas_do_at_the_same_opacity(window, canvas):
    window.toolbar.opacity.setValue(50)
    window.session.view.set_outlined(True)
    # Of class "bright", (0, 0, 200), on pixels of 250.
    assert _color(canvas, 40.5, 30.5) == pytest.approx((62, 62, 212), abs=3)
    window.toolbar.opacity.setValue(0)
    assert _color(canvas, 40.5, 30.5) == (250, 250, 250)


def test_choosing_what_is_shown_moves_nothing_in_the_tool_bar(window, canvas):
    places = set()
    for shown in SHOWN:
        window.session.view.set_shown(shown)
        window.toolbar.layout().activate()
        places.add(window.toolbar.opacity.x())
    assert len(places) == 1


def test_close_up_shows_a_grid_on_dark_and_bright_pixels(window, canvas):
    window.toolbar.opacity.setValue(0)

    def tones(x: int) -> set[tuple[int, int, int]]:
        at = canvas.widget_position(QPointF(x, 30)).toPoint()
        image = canvas.grab().toImage()
        return {image.pixelColor(at.x(), at.y() + step).getRgb()[:3] for step in range(2, 8)}

    canvas.set_scale(7.9)
    assert tones(30) == {(10, 10, 10)}
    canvas.set_scale(9)
    dark, bright = tones(30), tones(50)
    assert max(color[0] for color in dark) > 60
    assert min(color[0] for color in bright) < 200


def test_the_grid_leaves_the_scale_of_colours_as_it_is(window, canvas):
    window.session.view.set_shown("confidence")
    pictures = []
    for scale in (7.9, 9.3):
        canvas.set_scale(scale)
        image = canvas.grab().toImage()
        pictures.append(image.copy(20, image.height() - 70, 150, 60))
    assert len({pictures[0].pixel(x, 31) for x in range(10, 140)}) > 50
    assert pictures[0] == pictures[1]


def test_a_sharp_screen_gets_all_pixels_that_it_can_show():
    fine = np.zeros((512, 512, 3), np.uint8)
    fine[::2] = 255
    layer = PictureLayer([fine, np.full((256, 256, 3), 128, np.uint8)])
    seen = {}
    for ratio in (1, 2):
        screen = QImage(256 * ratio, 256 * ratio, QImage.Format.Format_RGB32)
        screen.setDevicePixelRatio(ratio)
        painter = QPainter(screen)
        layer.paint(painter, QRectF(0, 0, 256, 256), QPointF(), 0.5)
        painter.end()
        seen[ratio] = {QColor(screen.pixel(100, y)).red() for y in range(100, 110)}
    assert seen == {1: {128}, 2: {0, 255}}


def test_canvases_that_share_a_viewport_zoom_and_move_together(window, canvas, qtbot):
    other = Canvas(window.session.view, window.session.current, viewport=canvas.viewport)
    qtbot.addWidget(other)
    other.resize(canvas.size())
    other.show()
    window.session.images.step(1)
    canvas.set_scale(30)
    assert other.scale == 30
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(canvas, QPoint(230, 215))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(230, 215))
    at = QPointF(20, 10)
    assert other.widget_position(at) == canvas.widget_position(at)
    _wheel(other, QPointF(300, 100), -2)
    assert canvas.scale == other.scale < 30
    assert other.widget_position(at) == canvas.widget_position(at)


def test_classes_have_the_colours_of_the_chosen_palette_everywhere(window, canvas, tmp_path):
    window.toolbar.opacity.setValue(100)
    window.actions_by_id["palette_colorblind"].trigger()
    expected = painted(CLASSES, "colorblind").colors
    assert _color(canvas, 10.5, 30.5) == pytest.approx(expected[0], abs=1)
    swatch = window.classes.view.model().index(2, 0).data(Qt.ItemDataRole.DecorationRole)
    assert swatch.getRgb()[:3] == expected[2]
    window.session.export.planned.connect(window.session.export.start)
    window.session.export.prepare(window.session.images.paths[:1], tmp_path / "out", ["color"], 0.5)
    written = read_image(next((tmp_path / "out").iterdir()))
    assert tuple(written[0, 0]) == expected[0]
    window.close()
    assert load_settings(settings_file()).palette == "colorblind"


def test_a_hidden_canvas_neither_moves_the_view_nor_asks_for_maps(
    window, canvas, images, qtbot, monkeypatch
):
    hidden = Canvas(window.session.view, window.session.current, viewport=canvas.viewport)
    qtbot.addWidget(hidden)
    hidden.resize(300, 200)
    monkeypatch.setattr(hidden._source.maps, "measure", lambda _: pytest.fail("asked for a map"))
    window.compare.hide()
    window.session.view.set_shown("entropy")
    canvas.set_scale(20)
    window.session.images.step(1)
    assert canvas.viewport.scale == 20

    monkeypatch.undo()
    hidden.show()
    assert hidden.scale == 20
    assert hidden.stack.picture is not None
    assert hidden.stack.measure is not None


def test_a_canvas_that_is_shown_again_has_caught_up(window, canvas, images):
    window.toolbar.opacity.setValue(100)
    window.compare.hide()
    window.session.images.select(images[2])
    window.compare.show()
    assert _color(canvas, 10, 30) == pytest.approx((0, 200, 0), abs=1)
