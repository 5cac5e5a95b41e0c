"""Charts of a complete grid, as in the report: severity curves, and what is kept of the score."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from segformer_gui.core.robustness.published import published
from segformer_gui.core.robustness.report.plots import severity_curves, trade_off
from segformer_gui.core.robustness.results import Results
from segformer_gui.gui.benchmark.page import ResultPage, muted_label
from segformer_gui.gui.benchmark.picture import Picture
from segformer_gui.gui.messages import corruption_title
from segformer_gui.gui.session.benchmark import GridState
from segformer_gui.gui.session.session import Session


class ChartPage(ResultPage):
    """A picture, and small print."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.picture = Picture(self)
        self.note = muted_label(self)
        layout = QVBoxLayout(self)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.note)

    def draw_results(self, results: Results) -> str:
        """Draw a complete grid; returns the small print."""
        raise NotImplementedError

    def draw(self, grid: GridState) -> None:
        """Draw a complete grid, or say that it is not."""
        self.picture.show_drawing(None)
        if grid.results is None:
            self.note.setText(self.tr("There are charts once the grid is complete."))
        else:
            self.note.setText(self.draw_results(grid.results))


class CurvesPage(ChartPage):
    """Score over severity: a panel a corruption, a line a model, with the band of its interval."""

    def draw_results(self, results: Results) -> str:
        """All corruptions at once."""
        self.picture.show_drawing(severity_curves(results, corruption_title))
        word = self.tr("mIoU") if results.plan.mode == "accuracy" else self.tr("consistency")
        told = self.tr("{word} in % by severity; 0 is the clean image.").format(word=word)
        if results.resampling.blocks > 1:
            told += " " + self.tr("Band: 95 % interval.")
        return told


class PositionPage(ChartPage):
    """Clean score against what is kept of it; the area of a disc tells the latency."""

    def draw_results(self, results: Results) -> str:
        """Own models as discs, published ones as rings."""
        if results.plan.mode == "consistency":
            return self.tr("Without ground truth there is no clean score to compare with.")
        others = published(results.plan.protocol.name)
        axes = self.tr("clean mIoU, %"), self.tr("kept when corrupted (rPC), %")
        self.picture.show_drawing(trade_off(results, others, axes))
        told = self.tr("The larger a disc, the slower the model on this machine.")
        if others:
            told += " " + self.tr("Rings: published, on {data}, without latency.").format(
                data=others.data
            )
        return told
