"""What docks with charts have in common: pyqtgraph once it is needed, and the theme's colours."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QLabel, QStackedWidget, QWidget

from segformer_gui.gui import theme
from segformer_gui.gui.session.session import Session


class ChartDock(QDockWidget):
    """A page of charts, or a sentence that says what to do while there is nothing to draw.

    pyqtgraph is imported, in a worker, when the first of these docks is seen; nothing is computed
    while a dock is hidden. `chart_count` is how many charts `build` asks for.
    """

    chart_count = 1

    def __init__(self, session: Session, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._session = session
        self.pg: Any = None
        self.built = False
        self._asked = False
        self._looked_at = False  # A dock behind another one counts as visible to Qt.
        self._spare: list[Any] = []
        self._plots: list[Any] = []
        self._stack = QStackedWidget(self)
        self.hint = QLabel(self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setContentsMargins(16, 16, 16, 16)
        self._stack.addWidget(self.hint)
        self.setWidget(self._stack)
        self.visibilityChanged.connect(self._seen)

    def build(self) -> QWidget:
        """The page; `plot` makes its charts."""
        raise NotImplementedError

    def draw(self) -> bool:
        """Draw anew; False where there is nothing to draw."""
        raise NotImplementedError

    def plot(self, name: str, bottom: str, left: str = "") -> Any:  # noqa: ANN401 (pyqtgraph's)
        """A chart that stays where it is."""
        plot = self._spare.pop()
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
        self._make_charts()

    def _make_charts(self) -> None:
        """One at a time, then the page: each takes half as long as the window may stand still."""
        if len(self._spare) < self.chart_count:
            # A menu would take as long as the chart.
            self._spare.append(self.pg.PlotWidget(enableMenu=False))
            QTimer.singleShot(0, self, self._make_charts)
        else:
            page = self.build()
            self.built = True
            QTimer.singleShot(0, self, lambda: self._show(page))

    def _show(self, page: QWidget) -> None:
        self._stack.addWidget(page)
        self.retint()


def import_pyqtgraph() -> object:
    """The module, for `Session.prepare`: importing it takes long."""
    import pyqtgraph

    return pyqtgraph
