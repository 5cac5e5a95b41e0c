"""What the canvas paints, against pictures that were looked at and found right.

With SEGFORMER_GUI_UPDATE_SNAPSHOTS set, the pictures are written anew: look at them before they are
committed. The tolerance is for other versions of Qt and other processors; texts are left out.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage

from segformer_gui.core.images import read_image, write_png
from segformer_gui.core.paths import shipped
from segformer_gui.gui.canvas.view import Canvas

FOLDER = Path(__file__).parents[1] / "snapshots"
SIZE = (240, 180)


@pytest.fixture
def canvas(window, qtbot):
    """A canvas of its own on a sample scene; the engine takes three greys for classes."""
    window.session.images.open([shipped("resources", "samples", "street_03.png")])
    canvas = Canvas(window.session.view, window.session.current)
    qtbot.addWidget(canvas)
    canvas.resize(*SIZE)
    canvas.show()
    return canvas


def _plain(canvas):
    pass


def _outlines(canvas):
    canvas._view.set_outlined(True)


def _confidence(canvas):
    canvas._view.set_shown("confidence")


def _pixels(canvas):
    canvas.viewport.move(12.0, QPointF(440, 330))


def _solo(canvas):
    canvas._view.set_palette("contrast")
    canvas._view.toggle_solo(2)


@pytest.mark.parametrize("arrange", [_plain, _outlines, _confidence, _pixels, _solo])
def test_canvas_looks_as_it_did(canvas, arrange):
    arrange(canvas)

    painted = _grabbed(canvas)

    file = FOLDER / f"canvas{arrange.__name__}.png"
    if os.environ.get("SEGFORMER_GUI_UPDATE_SNAPSHOTS"):
        write_png(file, painted)
    expected = read_image(file).astype(int)
    assert painted.shape == expected.shape
    difference = np.abs(painted - expected).max(2)
    if arrange is _confidence:
        difference[-70:, :190] = 0  # Its scale has texts.
    assert difference.mean() < 2
    assert (difference > 40).mean() < 0.02


def test_a_snapshot_of_something_else_is_noticed(canvas):
    painted = _grabbed(canvas)
    other = read_image(FOLDER / "canvas_outlines.png").astype(int)

    assert np.abs(painted - other).max(2).mean() > 2


def _grabbed(canvas):
    """(H, W, 3) uint8 RGB."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
