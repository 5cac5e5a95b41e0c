"""Charts of a complete grid: severity curves, and clean score against what is kept of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from segformer_gui.core.robustness.published import published
from segformer_gui.core.robustness.report.labels import Labels
from segformer_gui.core.robustness.results import Results
from segformer_gui.gui import theme
from segformer_gui.gui.benchmark.page import ResultPage, muted_label, series_color
from segformer_gui.gui.docks.charts import import_pyqtgraph
from segformer_gui.gui.messages import corruption_title
from segformer_gui.gui.session.benchmark import GridState
from segformer_gui.gui.session.session import Session

_COLUMNS = 4
_PANEL_PX = 150
_LARGEST_PX = 34  # The disc of the slowest model.
_BAND_OPACITY = 45  # Of 255.


class ChartPage(ResultPage):
    """Imports pyqtgraph, in a worker, when it is first looked at with something to draw."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.pg: Any = None
        self._asked = False
        self.view: Any = None
        self.note = muted_label(self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(QWidget(self))
        layout = QVBoxLayout(self)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.note)

    def draw_results(self, results: Results) -> None:
        """Draw a complete grid in `view`, which is empty."""
        raise NotImplementedError

    def draw(self, grid: GridState) -> None:
        """Draw a complete grid, or say that it is not."""
        if grid.results is None:
            self._stack.setCurrentIndex(0)
            self.note.setText(self.tr("There are charts once the grid is complete."))
        elif self.pg is not None:
            self.view.clear()
            self.view.setBackground(theme.colors().base)
            self._stack.setCurrentWidget(self.view)
            self.draw_results(grid.results)
        elif not self._asked:
            self._asked = True
            self._session.prepare(import_pyqtgraph, self._build)

    def _build(self, pg: Any) -> None:  # noqa: ANN401 (a module)
        self.pg = pg
        self.view = pg.GraphicsLayoutWidget()
        self._stack.addWidget(self.view)
        QTimer.singleShot(0, self.retint)  # Not at once: making it has taken its time.

    def tint(self, plot: Any) -> None:  # noqa: ANN401 (pyqtgraph's)
        """Give a chart the theme's colours, and hold it still."""
        colors = theme.colors()
        plot.setMouseEnabled(False, False)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.showGrid(x=True, y=True, alpha=0.15)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(colors.border)
            axis.setTextPen(colors.text)


class CurvesPage(ChartPage):
    """A panel a corruption, made one after the other: all at once would take too long."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.panels: dict[str, Any] = {}
        self._todo: list[Callable[[], None]] = []
        self._next = QTimer(self, interval=0)
        self._next.timeout.connect(self._make_next)

    def draw_results(self, results: Results) -> None:
        """Score over severity, one line a model, with the band of its interval."""
        names = list(results.plan.protocol.severities)
        self.panels = {}
        rows = -(-len(names) // _COLUMNS)
        self.view.setMinimumHeight(min(rows, 4) * _PANEL_PX)
        highest = max(s.clean_miou.high or s.clean_miou.value for s in results.models)
        ceiling = 100 * max(0.2, math.ceil(highest * 5) / 5)

        def panel(place: int, name: str) -> None:
            self._make_panel(results, name, divmod(place, _COLUMNS), ceiling)

        self._todo = [
            lambda place=place, name=name: panel(place, name) for place, name in enumerate(names)
        ]
        self._next.start()
        models = "   ".join(
            f'<span style="color:{series_color(place).name()}">&#9632;</span> {scores.model.name}'
            for place, scores in enumerate(results.models)
        )
        word = self.tr("mIoU") if results.plan.mode == "accuracy" else self.tr("consistency")
        told = self.tr("{word} in % by severity; 0 is the clean image.").format(word=word)
        if results.resampling.blocks > 1:
            told += " " + self.tr("Band: 95 % interval.")
        self.note.setText(f"{models}<br>{told}")

    def _make_next(self) -> None:
        if self._todo:
            self._todo.pop(0)()
        else:
            self._next.stop()

    def _make_panel(
        self, results: Results, name: str, place: tuple[int, int], ceiling: float
    ) -> None:
        plot = self.panels[name] = self.view.addPlot(*place)
        plot.setTitle(corruption_title(name), color=theme.colors().text, size="9pt")
        self.tint(plot)
        plot.setYRange(0, ceiling, padding=0.02)
        farthest = max(s for levels in results.plan.protocol.severities.values() for s in levels)
        plot.setXRange(0, farthest, padding=0.04)
        for model, scores in enumerate(results.models):
            points = [
                (0.0, scores.clean_miou),
                *sorted(scores.corruptions[name].by_severity.items()),
            ]
            xs = [severity for severity, _ in points]
            color = series_color(model)
            if all(e.low is not None and e.high is not None for _, e in points):
                band = QColor(color)
                band.setAlpha(_BAND_OPACITY)
                low, high = (
                    self.pg.PlotDataItem(xs, [100 * (edge or 0) for edge in edges])
                    for edges in ([e.low for _, e in points], [e.high for _, e in points])
                )
                plot.addItem(self.pg.FillBetweenItem(low, high, brush=band))
            values = [100 * e.value for _, e in points]
            plot.plot(
                xs,
                values,
                pen=self.pg.mkPen(color, width=2),
                symbol="o",
                symbolSize=5,
                symbolBrush=color,
                symbolPen=None,
            )


class PositionPage(ChartPage):
    """Clean score against what is kept of it; the area of a disc tells the latency."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self._marks: list[tuple[QPointF, float, Any]] = []  # Place, radius in px, label.

    def draw_results(self, results: Results) -> None:
        """Own models as discs, published ones as rings."""
        if results.plan.mode == "consistency":
            self._stack.setCurrentIndex(0)
            self.note.setText(
                self.tr("Without ground truth there is no clean score to compare with.")
            )
            return
        plot = self.plot = self.view.addPlot()
        self.tint(plot)
        plot.setLabel("bottom", self.tr("clean mIoU, %"))
        plot.setLabel("left", self.tr("kept when corrupted (rPC), %"))
        self._marks = []
        slowest = max(scores.ms for scores in results.models)
        for model, scores in enumerate(results.models):
            size = max(6.0, _LARGEST_PX * math.sqrt(scores.ms / slowest))
            fill = series_color(model)
            fill.setAlpha(190)
            text = f"{scores.model.name}, {scores.ms:.0f} ms"
            at = QPointF(100 * scores.clean_miou.value, 100 * scores.rpc.value)
            self._mark(at, size, text, theme.colors().text, brush=fill, pen=None)
        others = published(results.plan.protocol.name)
        muted = QColor(theme.colors().muted)
        for row in others.rows if others else ():
            at = QPointF(100 * row.clean, 100 * row.rpc)
            self._mark(at, 9, row.model, muted, brush=None, pen=muted)
        box = plot.getViewBox()
        box.autoRange(padding=0.2)
        box.sigResized.connect(self._place_labels)
        self._place_labels()
        told = self.tr("The larger a disc, the slower the model on this machine.")
        if others:
            told += " " + self.tr("Rings: published, on {data}, without latency.").format(
                data=others.data
            )
        self.note.setText(told)

    def _mark(
        self, at: QPointF, size: float, text: str, color: QColor | str, **look: QColor | None
    ) -> None:
        """A disc of `size` px across, and its label."""
        disc = self.pg.ScatterPlotItem([at.x()], [at.y()], size=size, **look)
        label = self.pg.TextItem(text, color=color)
        self.plot.addItem(disc)
        self.plot.addItem(label, ignoreBounds=True)
        self._marks.append((at, size / 2, label))

    def _place_labels(self) -> None:
        box = self.plot.getViewBox()
        area = box.sceneBoundingRect()
        labels = Labels((area.left(), area.top(), area.right(), area.bottom()))
        places = [box.mapViewToScene(at) for at, _, _ in self._marks]
        for place, (_, radius, _) in zip(places, self._marks, strict=True):
            labels.occupy(place.x(), place.y(), radius)
        for place, (_, radius, label) in zip(places, self._marks, strict=True):
            size = label.boundingRect()
            corner = labels.place(place.x(), place.y(), radius, size.width(), size.height())
            label.setPos(box.mapSceneToView(QPointF(*corner)))
