"""What the image consists of: shares of the classes, and how sure the model's pixels are."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from segformer_gui.core.classes import ClassSet
from segformer_gui.gui import theme
from segformer_gui.gui.docks.charts import ChartDock
from segformer_gui.gui.session.session import Session

_MOST_CLASSES = 15
_BINS = 32


class StatisticsDock(ChartDock):
    """Bars of class shares, the largest on top, and a histogram of the confidence."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, "statistics_dock", parent)
        self.setWindowTitle(self.tr("Statistics"))
        self.hint.setText(self.tr("Segment an image to see what it consists of."))
        # What changes at once, as where the editor is left, is drawn once.
        self._drawing = QTimer(self, singleShot=True, interval=0)
        self._drawing.timeout.connect(self.refresh)
        for signal in (
            session.contents.changed,
            session.maps.changed,
            session.view.overlay_changed,
        ):
            signal.connect(self._drawing.start)

    def build(self) -> Generator[None, None, QWidget]:
        """The two charts."""
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 2, 8, 8)
        self.shares = self.plot(self.tr("Shares of the classes"), self.tr("share of the pixels, %"))
        self.shares.getPlotItem().invertY(True)
        yield
        self.confidence = self.plot(
            self.tr("Histogram of the confidence"), self.tr("confidence"), self.tr("pixels, %")
        )
        self.confidence.setXRange(0, 1, padding=0.02)
        # As many classes as there is room for.
        self.shares.getViewBox().sigResized.connect(self.refresh)
        layout.addWidget(self.shares, 3)
        layout.addWidget(self.confidence, 2)
        return page

    def draw(self) -> bool:
        """Draw both charts: of the mask that is edited or the prediction, and of the prediction."""
        contents = self._session.contents
        if contents.counts is None or contents.classes is None:
            return False
        self._show_shares(contents.classes, contents.counts, contents.pixels)
        # The measure is that of the canvas's view, so it is computed once for both.
        made = self._session.maps.measure("confidence")
        self.confidence.clear()
        if made is not None:
            self._show_confidence(made.histogram)
        return True

    def _show_shares(
        self, class_set: ClassSet, counts: np.ndarray[Any, np.dtype[np.int64]], pixels: int
    ) -> None:
        classes = self._session.view.painted(class_set)
        shares = 100 * counts / max(1, pixels)
        lines = int(self.shares.getViewBox().height() / self.fontMetrics().height())
        order = np.argsort(-shares, kind="stable")[: max(3, min(lines, _MOST_CLASSES))]
        order = order[shares[order] > 0]
        colors = [QColor(*classes.colors[class_id]) for class_id in order]
        bars = self.pg.BarGraphItem(
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
        bars = self.pg.BarGraphItem(
            x=centres, height=shares, width=0.8 / _BINS, brush=accent, pen=None
        )
        self.confidence.addItem(bars)
