"""Paste and copy: pixels and files, in and out."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage

from segformer_gui.core.images import read_image
from segformer_gui.core.paths import user_data_dir


@pytest.fixture(autouse=True)
def clipboard():
    clipboard = QGuiApplication.clipboard()
    clipboard.clear()
    yield clipboard
    clipboard.clear()


def test_pasted_pixels_are_saved_opened_and_segmented(window, clipboard, qtbot):
    image = QImage(81, 60, QImage.Format.Format_ARGB32)  # Rows of 243 bytes are padded.
    image.fill(QColor(10, 20, 30, 0))
    image.setPixelColor(80, 59, QColor(200, 100, 50))
    clipboard.setImage(image)
    qtbot.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    path = window.session.images.current
    assert path.parent == user_data_dir() / "pasted"
    pixels = read_image(path)
    assert pixels.shape == (60, 81, 3)
    assert pixels[0, 0].tolist() == [10, 20, 30]
    assert pixels[59, 80].tolist() == [200, 100, 50]
    assert window.session.segmentation.result is not None


def test_pasting_twice_makes_two_files(window, clipboard):
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(0)
    clipboard.setImage(image)
    for _ in range(3):
        window.actions_by_id["paste"].trigger()
    assert len(window.session.images.paths) == 3
    assert len(list((user_data_dir() / "pasted").iterdir())) == 3


def test_copied_files_are_opened_where_they_are(window, clipboard, images):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in images])
    clipboard.setMimeData(data)
    window.actions_by_id["paste"].trigger()
    assert window.session.images.paths == images


@pytest.mark.parametrize("text", ["", "some text"])
def test_nothing_to_paste_is_one_sentence(window, clipboard, text):
    if text:
        clipboard.setText(text)
    window.actions_by_id["paste"].trigger()
    assert "no image on the clipboard" in window.message_bar.sentence.text()
    assert window.session.images.paths == []


def test_pasting_into_a_text_field_is_left_to_it(window, clipboard, images, qtbot):
    window.session.images.open(images)
    clipboard.setText("a_1")
    window.files.search.setFocus()
    qtbot.keyClick(window.files.search, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert window.files.search.text() == "a_1"
    assert not window.message_bar.isVisible()


def _colors(clipboard) -> np.ndarray:
    image = clipboard.image().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def test_copy_has_the_full_size_and_the_mask_as_it_is_shown(window, clipboard, images):
    window.session.images.open(images)
    window.session.view.set_opacity(0.5)
    window.session.view.set_hidden(2, True)
    window.actions_by_id["copy"].trigger()
    pixels = _colors(clipboard)
    assert pixels.shape == (60, 80, 3)
    assert np.abs(pixels[0, 0] - np.array([105, 5, 5])).max() <= 1  # Half 10, half (200, 0, 0).
    assert pixels[0, 79].tolist() == [250, 250, 250]  # A hidden class.
    assert "80 x 60" in window.statusBar().currentMessage()


def test_copy_without_a_mask_is_the_image(window, clipboard, images):
    window.session.change_settings(auto_segment=False)
    window.session.images.open(images)
    window.actions_by_id["copy"].trigger()
    assert np.array_equal(_colors(clipboard), read_image(images[0]))


def test_copied_view_is_what_the_canvas_shows(window, clipboard, images):
    assert not window.actions_by_id["copy_view"].isEnabled()
    window.session.images.open(images)
    window.actions_by_id["copy_view"].trigger()
    assert clipboard.image().size() == window.canvas.grab().toImage().size()
