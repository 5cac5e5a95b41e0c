"""Scores of all corruptions at all severities as a table of colours; a click opens one."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.palettes import measure_colors
from segformer_gui.core.robustness.breaking import SEVERITIES
from segformer_gui.gui.color_table import ColorTable, TableCell
from segformer_gui.gui.messages import corruption_title


class HeatMap(ColorTable):
    """One row a corruption, one column a severity; `opened` tells which cell was chosen."""

    opened = Signal(str, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Scores of all corruptions"))
        self.chosen.connect(lambda row, column: self.opened.emit(NAMES[row], SEVERITIES[column]))
        self.set_heads([corruption_title(name) for name in NAMES], list(map(str, SEVERITIES)))

    def sizeHint(self) -> QSize:
        """Room for 19 rows of text."""
        return QSize(260, 20 * 20)

    def show_scores(
        self, scores: dict[tuple[str, int], float], tips: dict[tuple[str, int], str]
    ) -> None:
        """Scores in 0..1 by corruption and severity, and what a tool tip says of each."""
        palette = measure_colors()
        self.show_cells(
            {
                (NAMES.index(name), severity - 1): TableCell(
                    f"{100 * score:.0f}",
                    QColor(*map(int, palette[min(255, int(score * 256))])),
                    tips.get((name, severity), ""),
                )
                for (name, severity), score in scores.items()
            }
        )

    def mark_condition(self, name: str, severity: float) -> None:
        """Show which cell is that of the image on the canvas."""
        known = name in NAMES and severity in SEVERITIES
        self.mark((NAMES.index(name), int(severity) - 1) if known else None)

    def cell_of(self, name: str, severity: int) -> QRect:
        """Where a cell lies."""
        return self.cell(NAMES.index(name), severity - 1)
