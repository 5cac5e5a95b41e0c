"""Texts that change with every frame, in a window that is not laid out anew for them."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QWidget

from segformer_gui.gui.still_label import StillLabel


class Window(QWidget):
    """Counts how often it was asked to lay itself out."""

    asked = 0

    def event(self, event: QEvent) -> bool:
        self.asked += event.type() == QEvent.Type.LayoutRequest
        return super().event(event)


def test_only_a_text_that_needs_more_room_moves_others(qtbot):
    window = Window()
    qtbot.addWidget(window)
    still, beside = StillLabel(window), QLabel("beside", window)
    layout = QHBoxLayout(window)
    layout.addWidget(still)
    layout.addWidget(beside)
    still.setText("120 ms")
    window.show()
    QApplication.processEvents()
    window.asked = 0
    for text in ("121 ms", "9 ms", ""):
        still.setText(text)
        QApplication.processEvents()
        assert still.text() == text
    assert window.asked == 0
    still.setText("a much longer text than before")
    QApplication.processEvents()
    assert window.asked > 0
    assert still.width() >= still.label.sizeHint().width()
    assert still.label.geometry() == still.rect()
    assert not still.geometry().intersects(beside.geometry())
