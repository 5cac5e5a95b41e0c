"""Drawing on the canvas of a window by mouse events; places are (x, y) in the image."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from segformer_gui.gui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


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
