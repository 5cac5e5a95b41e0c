"""What the current result consists of: shares of the classes, and how sure the pixels are."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDockWidget, QLabel, QStackedWidget, QVBoxLayout, QWidget

from segformer_gui.gui import theme
from segformer_gui.gui.session.session import Session

_MOST_CLASSES = 15
_BINS = 32


class StatisticsDock(QDockWidget):
    """Bars of class shares, the largest on top, and a histogram of the confidence.

    pyqtgraph is imported, in a worker, when the dock is first seen; nothing is computed while it is
    hidden.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(self.tr("Statistics"), parent)
        self.setObjectName("statistics_dock")
        self._session = session
        self._pg: Any = None
        self._asked = False
        self._stack = QStackedWidget(self)
        empty = QLabel(self.tr("Segment an image to see what it consists of."), self)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setWordWrap(True)
        self._stack.addWidget(empty)
        self.setWidget(self._stack)
        self.visibilityChanged.connect(self._seen)
        session.segmentation.changed.connect(self._refresh)
        session.maps.changed.connect(self._refresh)
        session.view.overlay_changed.connect(self._refresh)

    def _seen(self, visible: bool) -> None:
        if visible and not self._asked:
            self._asked = True
            self._session.prepare(_import_pyqtgraph, self._build)
        elif visible:
            self._refresh()

    def _build(self, pg: Any) -> None:  # noqa: ANN401 (a module)
        self._pg = pg
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 2, 8, 8)
        self.shares, self.confidence = (self._plot(pg) for _ in range(2))
        self.shares.getPlotItem().invertY(True)
        self.shares.setLabel("bottom", self.tr("share of the pixels, %"))
        self.shares.setAccessibleName(self.tr("Shares of the classes"))
        self.confidence.setLabel("bottom", self.tr("confidence"))
        self.confidence.setLabel("left", self.tr("pixels, %"))
        self.confidence.setXRange(0, 1, padding=0.02)
        self.confidence.setAccessibleName(self.tr("Histogram of the confidence"))
        layout.addWidget(self.shares, 3)
        layout.addWidget(self.confidence, 2)
        self._stack.addWidget(page)
        self.retint()

    def _plot(self, pg: Any) -> Any:  # noqa: ANN401
        plot = pg.PlotWidget()
        plot.setMouseEnabled(False, False)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        return plot

    def retint(self) -> None:
        """Draw in the colours of the theme."""
        if self._pg is None:
            return
        colors = theme.colors()
        for plot in (self.shares, self.confidence):
            plot.setBackground(colors.base)
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(colors.border)
                axis.setTextPen(colors.text)
        self._refresh()

    def _refresh(self) -> None:
        if self._pg is None or not self.isVisible():
            return
        result = self._session.segmentation.result
        self._stack.setCurrentIndex(0 if result is None else 1)
        if result is None:
            return
        self._show_shares()
        # The measure is that of the canvas's view, so it is computed once for both.
        made = self._session.maps.measure("confidence")
        self.confidence.clear()
        if made is not None:
            self._show_confidence(made.histogram)

    def _show_shares(self) -> None:
        result = self._session.segmentation.result
        assert result is not None
        classes = self._session.view.painted(result.classes)
        shares = 100 * result.counts / max(1, result.labels.size)
        order = np.argsort(-shares, kind="stable")[:_MOST_CLASSES]
        order = order[shares[order] > 0]
        colors = [QColor(*classes.colors[class_id]) for class_id in order]
        bars = self._pg.BarGraphItem(
            x0=0, y=np.arange(len(order)), width=shares[order], height=0.7, brushes=colors, pen=None
        )
        self.shares.clear()
        self.shares.addItem(bars)
        names = [(row, classes.names[class_id]) for row, class_id in enumerate(order)]
        self.shares.getAxis("left").setTicks([names])
        self.shares.setYRange(-0.6, max(1, len(order)) - 0.4, padding=0)
        self.shares.setXRange(0, max(1.0, float(shares.max())), padding=0.03)

    def _show_confidence(self, histogram: np.ndarray[Any, np.dtype[np.int64]]) -> None:
        bins = histogram.reshape(_BINS, -1).sum(1)
        shares = 100 * bins / max(1, bins.sum())
        centres = (np.arange(_BINS) + 0.5) / _BINS
        accent = theme.colors().accent
        bars = self._pg.BarGraphItem(
            x=centres, height=shares, width=0.8 / _BINS, brush=accent, pen=None
        )
        self.confidence.addItem(bars)


def _import_pyqtgraph() -> object:
    import pyqtgraph

    return pyqtgraph
