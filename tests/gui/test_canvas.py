"""The canvas under real wheel, mouse and key events; what it paints is read back as pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from segformer_gui.core.classes import class_set_of_count
from segformer_gui.gui.canvas.layers import LabelLayer
from tests.gui.conftest import make_image


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
    assert canvas.scale == 64
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


def test_hover_names_pixel_and_class(window, canvas, qtbot):
    qtbot.mouseMove(canvas, canvas.widget_position(QPointF(70.5, 20.5)).toPoint())
    assert window.statusBar().hover.text().split() == ["70,", "20", "bright"]
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
