"""The benchmark's window in its tests: opened, with small data or a grid that is made up."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication
from robustness_grids import cells_of, random_counts

from segformer_gui.core.robustness.benchmark import Request
from segformer_gui.core.robustness.plan import custom_protocol
from segformer_gui.core.robustness.report.files import Provenance
from segformer_gui.core.robustness.results import score_grid, score_images
from segformer_gui.gui.session.benchmark import GridState

FEW = custom_protocol(("fog", "shot_noise"), (1, 3))


def opened(window):
    window.actions_by_id["benchmark"].trigger()
    QApplication.processEvents()
    return window.lab.benchmark


def state_of(plan, leave_out: int = 0, models: tuple[str, ...] = ("a", "b")) -> GridState:
    """A grid of made-up cells, without the last of them."""
    cells = cells_of(plan, random_counts(plan))
    cells = cells[: len(cells) - leave_out]
    results = None if leave_out else score_grid(plan, cells)
    request = Request(Path("data"), models, plan.protocol)
    here = Provenance("program", "today", "machine", request.command(Path("out")))
    return GridState(request, Path("out"), plan, here, score_images(plan, cells), results)


def show(window, state, page):
    window._session.benchmark._show(state)
    window.pages.setCurrentWidget(page)
    QApplication.processEvents()
