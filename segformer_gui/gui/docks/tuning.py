"""Fine-tuning: what is learnt from what, the run as it goes on, and what came of it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QTabWidget, QWidget

from segformer_gui.gui.docks.charts import ChartDock
from segformer_gui.gui.docks.tuning_card import TuningCard
from segformer_gui.gui.docks.tuning_run import TuningRun
from segformer_gui.gui.docks.tuning_setup import TuningSetup
from segformer_gui.gui.session.session import Session

_SETUP, _RUN, _RESULT = range(3)


class TuningDock(ChartDock):
    """Three pages, of which the one that matters comes to the front."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, "tuning_dock", parent)
        self.setWindowTitle(self.tr("Fine-tune"))
        self.hint.setText(self.tr("One moment…"))
        self._run: Path | None = None
        self._was_finished = False
        session.tuning.changed.connect(self.refresh)
        session.runs.changed.connect(self.refresh)
        session.models.ready_changed.connect(self.refresh)
        session.projects.changed.connect(self.refresh)
        session.view.overlay_changed.connect(self.refresh)

    def build(self) -> Generator[None, None, QWidget]:
        """The pages."""
        self.pages = QTabWidget(self)
        self.pages.setDocumentMode(True)
        self.setup = TuningSetup(self._session, self.pages)
        yield
        titles = {
            "loss": self.tr("Loss"),
            "scores": self.tr("mIoU on held-out images"),
            "classes": self.tr("IoU of the classes"),
            "rate": self.tr("Learning rate"),
        }
        plots: dict[str, Any] = {}
        for name, title in titles.items():
            plots[name] = self.plot(title, self.tr("step"))
            yield
        self.run = TuningRun(self._session, self.pg, plots, self.pages)
        yield
        self.card = TuningCard(self._session, self.pages)
        self.pages.addTab(self.setup, self.tr("Set up"))
        self.pages.addTab(self.run, self.tr("Run"))
        self.pages.addTab(self.card, self.tr("Result"))
        self.pages.currentChanged.connect(self.refresh)
        tuning = self._session.tuning
        if tuning.summary is None and not tuning.reading:
            tuning.read()
        return self.pages

    def draw(self) -> bool:
        """Show the page in front, and bring another one there when something begins or ends."""
        runs = self._session.runs
        finished = runs.progress is not None and runs.progress.state == "finished"
        new_run = runs.run != self._run
        if new_run:
            self._run = runs.run
            self.run.clear()
        begun = new_run or (self._was_finished and not finished)
        if finished and (new_run or not self._was_finished) and not runs.decided:
            self._turn_to(_RESULT)
        elif begun and runs.run is not None and not runs.decided:
            self._turn_to(_RUN)
        self._was_finished = finished
        (self.setup, self.run, self.card)[self.pages.currentIndex()].refresh()
        return True

    def retint(self) -> None:
        """Draw in the colours of the theme."""
        if self.built:
            self.setup.retint()
        super().retint()

    def _turn_to(self, page: int) -> None:
        blocked = self.pages.blockSignals(True)
        self.pages.setCurrentIndex(page)
        self.pages.blockSignals(blocked)
