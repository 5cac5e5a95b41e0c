"""A window, and pictures of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from segformer_gui import app
from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Settings, Theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


FOLDER = Path(__file__).parents[1] / "images"
SAMPLES = shipped("resources", "samples")


class Studio:
    """A window, and pictures of it or of what is in it."""

    def __init__(self, theme: Theme, size: tuple[int, int]) -> None:
        from PySide6.QtWidgets import QApplication

        self.process_events = QApplication.processEvents
        self.window = app.make_window(Settings(theme=theme))
        self.session = self.window.session
        self.window.resize(*size)
        self.window.show()

    def wait_until(self, ready: Callable[[], object]) -> None:
        """Go on when something is so, and has been painted."""
        while not ready():
            self.process_events()
            time.sleep(0.005)  # A trainer may need the processor.
        for _ in range(60):
            self.process_events()

    def take(self, name: str, widget: QWidget | None = None) -> None:
        """Save a picture of a widget, of 256 colours: a fifth of the size, and as clear."""
        from PySide6.QtCore import QCoreApplication, QEvent
        from PySide6.QtGui import QImage

        # Only an event loop would; until then the docks' old tab bars lie under the new ones.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.window.statusBar().time.clear()  # It would tell of the author's machine.
        self.wait_until(lambda: True)
        image = (
            (widget or self.window).grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        )
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
        few = Image.fromarray(pixels).quantize(256, Image.Quantize.FASTOCTREE)
        few.save(FOLDER / f"{name}.png", optimize=True)

    def take_dialog(self, name: str, action_id: str, prepare: Callable[..., object]) -> None:
        """Open a dialog by its action, prepare it, save a picture of it, close it."""
        from PySide6.QtWidgets import QApplication

        self.window.actions_by_id[action_id].trigger()
        dialog = QApplication.activeModalWidget()
        prepare(dialog)
        self.take(name, dialog)
        dialog.reject()
