"""What each class loses, by corruption."""

from __future__ import annotations

import math

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from segformer_gui.core.robustness.findings import percent
from segformer_gui.core.robustness.report.drawing import loss_color
from segformer_gui.gui.benchmark.page import ResultPage, muted_label, relist
from segformer_gui.gui.color_table import ColorTable, Place, TableCell
from segformer_gui.gui.messages import corruption_title
from segformer_gui.gui.session.benchmark import GridState
from segformer_gui.gui.session.session import Session


class ClassesPage(ResultPage):
    """Change of IoU in points, mean over the severities of each corruption."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.model = QComboBox(self)
        self.model.setToolTip(self.tr("Whose scores"))
        self.model.currentIndexChanged.connect(lambda _: self.retint())
        self.table = ColorTable(self, upright=True)
        self.table.setAccessibleName(self.tr("Loss of each class by corruption"))
        self.note = muted_label(self)
        label = QLabel(self.tr("&Model"), self)
        label.setBuddy(self.model)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.model)
        row.addStretch(1)
        area = QScrollArea(self)
        area.setWidget(self.table)
        area.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(area, 1)
        layout.addWidget(self.note)

    def draw(self, grid: GridState) -> None:
        """Show the classes of the model that is chosen."""
        relist(self.model, [model.name for model in grid.plan.models])
        if grid.results is None:
            self.table.set_heads([], [])
            self.note.setText(self.tr("Classes have scores once the grid is complete."))
            return
        accuracy = grid.plan.mode == "accuracy"
        scores = grid.results.models[self.model.currentIndex()]
        present = [p for p, iou in enumerate(scores.clean.class_iou) if not math.isnan(iou)]
        names = grid.results.class_names
        heads = [names[place] for place in present]
        if accuracy:
            heads = [f"{names[p]}  {percent(scores.clean.class_iou[p])}" for p in present]
        self.table.set_heads(heads, [corruption_title(name) for name in scores.corruptions])
        cells: dict[Place, TableCell] = {}
        for row, place in enumerate(present):
            clean = scores.clean.class_iou[place]
            for column, (name, own) in enumerate(scores.corruptions.items()):
                lost = clean - own.class_iou[place]
                if math.isnan(lost):
                    continue
                tip = self.tr("{name}, {corruption}: {change:+.1f} points").format(
                    name=names[place], corruption=corruption_title(name), change=-100 * lost
                )
                shown = f"{-100 * lost:+.0f}".replace("-0", "0").replace("+0", "0")
                cells[row, column] = TableCell(shown, QColor(loss_color(lost)), tip)
        self.table.show_cells(cells)
        self.note.setText(
            self.tr("Beside each class its clean IoU in %; in the table its change in points.")
            if accuracy
            else self.tr("Change of consistency in points.")
        )
