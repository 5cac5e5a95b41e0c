"""The mask editor."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from studio import SAMPLES, Studio

from segformer_gui import app
from segformer_gui.core.settings import Theme

if TYPE_CHECKING:
    pass


def take_editor(theme: Theme) -> None:
    """A mask is corrected: a polygon, a preview, a doubtful region, the list of images, classes."""
    from PySide6.QtCore import QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    os.environ["SEGFORMER_GUI_HOME"] = tempfile.mkdtemp()  # No mask of the other theme's pictures.
    studio = Studio(theme, (1320, 840))
    window, session = studio.window, studio.session
    canvas, actions = window.canvas, window.actions_by_id

    def point(x: float, y: float) -> None:
        """Move the mouse in the image, by an event: the pointer may lie there already."""
        place = canvas.widget_position(QPointF(x, y))
        none = Qt.MouseButton.NoButton
        kind, keys = QMouseEvent.Type.MouseMove, Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, place, canvas.mapToGlobal(place), none, none, keys)
        QApplication.sendEvent(canvas, event)

    def click(x: float, y: float) -> None:
        place = canvas.widget_position(QPointF(x, y)).toPoint()
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)

    def opened() -> bool:
        mask = session.masks.mask
        return session.editing.ready and mask is not None and bool((mask.labels != 255).any())

    app.start(window, [SAMPLES])
    studio.wait_until(lambda: session.segmentation.result)
    actions["tool_polygon"].trigger()
    studio.wait_until(opened)
    session.tools.set(class_id=3)
    for place in ((795, 440), (870, 465), (862, 565), (790, 560)):
        click(*place)
    studio.take(f"editor-{theme}")
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    studio.wait_until(lambda: session.editing.ready)
    actions["tool_region"].trigger()
    point(845, 480)
    studio.wait_until(lambda: session.editing.preview)
    studio.take(f"editor-preview-{theme}", canvas)
    actions["next_suspect"].trigger()
    studio.wait_until(lambda: window.statusBar().currentMessage())
    studio.take(f"editor-doubt-{theme}", canvas)
    actions["fit"].trigger()
    actions["checked"].trigger()
    actions["next"].trigger()
    studio.wait_until(lambda: session.segmentation.result and opened())
    actions["tool_brush"].trigger()
    click(100, 340)
    window.files.raise_()
    studio.take(f"editor-images-{theme}", window.files)
    studio.take_dialog(f"editor-class-{theme}", "class_edit", lambda _: None)
    session.close()
    window.close()
