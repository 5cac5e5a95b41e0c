"""What the pages of results have in common: the grid they show, and colours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from segformer_gui.core.robustness.plan import Plan
from segformer_gui.core.robustness.report.drawing import loss_color
from segformer_gui.gui.session.benchmark import GridState
from segformer_gui.gui.session.session import Session


class ResultPage(QWidget):
    """A page of the window; `draw` is called when it is looked at and there is another grid."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._drawn: GridState | None = None

    def draw(self, grid: GridState) -> None:
        """Show a grid."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show the grid that there is, unless it is shown already."""
        grid = self._session.benchmark.grid
        if grid is not None and grid is not self._drawn and self.isVisible():
            self._drawn = grid
            self.draw(grid)

    def retint(self) -> None:
        """Take the theme's colours."""
        self._drawn = None
        self.refresh()


def muted_label(parent: QWidget) -> QLabel:
    """A sentence in small print."""
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setProperty("muted", True)
    return label


def relist(box: QComboBox, names: list[str]) -> None:
    """Offer other names; the choice stays where it is among them."""
    if [box.itemText(row) for row in range(box.count())] == names:
        return
    before = box.currentText()
    box.blockSignals(True)
    box.clear()
    box.addItems(names)
    box.setCurrentIndex(max(0, box.findText(before)))
    box.blockSignals(False)


def loss_tint(value: float, clean: float) -> QColor:
    """The colour of how much of a clean score is lost, as in the report."""
    lost = 1 - value / clean if clean > 0 else 0.0
    return QColor(loss_color(0.0 if np.isnan(lost) else lost))


def places_of(plan: Plan, name: str, severity: float) -> list[int]:
    """Places of a condition among the plan's, one a seed."""
    return [
        place
        for place, c in enumerate(plan.conditions)
        if (c.corruption, c.severity) == (name, severity)
    ]


def grid_rows(plan: Plan) -> tuple[list[str], list[float]]:
    """Corruptions and severities of a plan, as rows and columns."""
    severities = plan.protocol.severities
    return list(severities), sorted({level for levels in severities.values() for level in levels})


def conditions_of(plan: Plan) -> Iterator[tuple[int, int, str, float]]:
    """Row, column, corruption and severity of each cell of the table."""
    names, levels = grid_rows(plan)
    for name, severity in plan.protocol.conditions:
        yield names.index(name), levels.index(severity), name, severity


def worst_image(lost: NDArray[np.float64]) -> int:
    """The place of the largest loss that is known, else the first."""
    return 0 if np.isnan(lost).all() else int(np.nanargmax(lost))


CLEAN_PLACE = 0  # Of the plan's conditions.
