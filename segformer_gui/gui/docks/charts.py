"""What docks with charts have in common: pyqtgraph once it is needed, and the theme's colours."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QLabel, QStackedWidget, QWidget

from segformer_gui.gui import theme
from segformer_gui.gui.session.session import Session


class ChartDock(QDockWidget):
    """A page of charts, or a sentence that says what to do while there is nothing to draw.

    pyqtgraph is imported, in a worker, when the first of these docks is seen; nothing is computed
    while a dock is hidden.
    """

    def __init__(self, session: Session, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._session = session
        self.pg: Any = None
        self.built = False
        self._asked = False
        self._looked_at = False  # A dock behind another one counts as visible to Qt.
        self._plots: list[Any] = []
        self._stack = QStackedWidget(self)
        self.hint = QLabel(self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setContentsMargins(16, 16, 16, 16)
        self._stack.addWidget(self.hint)
        self.setWidget(self._stack)
        self.visibilityChanged.connect(self._seen)

    def build(self) -> Generator[None, None, QWidget]:
        """The page; `plot` makes its charts.

        At each `yield` the window does something else: a chart takes half as long to make as the
        window may stand still.
        """
        raise NotImplementedError

    def draw(self) -> bool:
        """Draw anew; False where there is nothing to draw."""
        raise NotImplementedError

    def plot(self, name: str, bottom: str, left: str = "") -> Any:  # noqa: ANN401 (pyqtgraph's)
        """A chart that stays where it is."""
        plot = self.pg.PlotWidget(enableMenu=False)  # A menu would take as long as the chart.
        plot.setMouseEnabled(False, False)
        plot.hideButtons()
        plot.setAccessibleName(name)
        plot.setLabel("bottom", bottom)
        if left:
            plot.setLabel("left", left)
        self._plots.append(plot)
        return plot

    def refresh(self) -> None:
        """Draw what is known now, if anybody looks."""
        if self._stack.count() > 1 and self._looked_at:
            self._stack.setCurrentIndex(1 if self.draw() else 0)

    def retint(self) -> None:
        """Draw in the colours of the theme."""
        colors = theme.colors()
        for plot in self._plots:
            plot.setBackground(colors.base)
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(colors.border)
                axis.setTextPen(colors.text)
        self.refresh()

    def _seen(self, visible: bool) -> None:
        self._looked_at = visible
        if visible and not self._asked:
            self._asked = True
            self._session.prepare(import_pyqtgraph, self._build)
        elif visible:
            self.refresh()

    def _build(self, pg: Any) -> None:  # noqa: ANN401 (a module)
        self.pg = pg
        self._advance(self.build())

    def _advance(self, building: Generator[None, None, QWidget]) -> None:
        try:
            next(building)
        except StopIteration as end:
            page: QWidget = end.value
            self.built = True
            QTimer.singleShot(0, self, lambda: self._show(page))
        else:
            QTimer.singleShot(0, self, lambda: self._advance(building))

    def _show(self, page: QWidget) -> None:
        self._stack.addWidget(page)
        self.retint()


def import_pyqtgraph() -> object:
    """The module, for `Session.prepare`: importing it takes long."""
    import pyqtgraph

    return pyqtgraph
