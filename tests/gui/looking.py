"""What tests do to look at a dock."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QApplication, QDockWidget

from segformer_gui.gui.docks.charts import ChartDock

Dock = TypeVar("Dock", bound=QDockWidget)


def in_front(dock: Dock) -> Dock:
    """Bring it to the front; where it has charts, wait for them."""
    dock.show()
    dock.raise_()
    QApplication.processEvents()
    while isinstance(dock, ChartDock) and dock.widget().count() < 2:
        QApplication.processEvents()
    return dock
