"""The application's window for a benchmark: opened, watched, and used by mouse events."""

from __future__ import annotations

import os
import tempfile
import time
from typing import TYPE_CHECKING

from segformer_gui import app
from segformer_gui.core.allocator import keep_large_blocks
from segformer_gui.core.settings import Settings

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QApplication, QWidget

    from segformer_gui.gui.main_window import MainWindow

TICK_MS = 2


def open_window(size: tuple[int, int] | None = None) -> tuple[QApplication, MainWindow]:
    """The application and its window, in a new home; `size` is (W, H) in pixels."""
    os.environ["SEGFORMER_GUI_HOME"] = tempfile.mkdtemp()
    keep_large_blocks()
    app.prepare_libraries()
    application = app.make_application()
    window = app.make_window(Settings(theme="light"))
    if size is not None:
        window.resize(*size)
    window.show()
    return application, window


def watch_stalls() -> list[float]:
    """A list that from now on gets how late each tick of a timer comes, in milliseconds."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    gaps: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append((now - last) * 1000 - TICK_MS)
        last = now

    timer = QTimer(QApplication.instance(), interval=TICK_MS)
    timer.timeout.connect(tick)
    timer.start()
    return gaps


def send(widget: QWidget, kind: str, at: QPoint) -> None:
    """A mouse event, as the window system sends it: a "press", "move" or "release"."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    kinds = {
        "press": (QEvent.Type.MouseButtonPress, left, left),
        "move": (QEvent.Type.MouseMove, none, left),
        "release": (QEvent.Type.MouseButtonRelease, left, none),
    }
    type_, button, buttons = kinds[kind]
    place, everywhere = QPointF(at), QPointF(widget.mapToGlobal(at))
    modifiers = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(type_, place, everywhere, button, buttons, modifiers)
    QApplication.sendEvent(widget, event)
