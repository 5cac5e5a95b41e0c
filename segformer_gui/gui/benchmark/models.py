"""Model against model, and beside them what others have published."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.robustness.findings import interval, percent
from segformer_gui.core.robustness.published import published
from segformer_gui.core.robustness.results import Difference, ModelScores, Results
from segformer_gui.gui import theme
from segformer_gui.gui.benchmark.page import ResultPage, muted_label
from segformer_gui.gui.messages import corruption_title
from segformer_gui.gui.session.benchmark import GridState
from segformer_gui.gui.session.session import Session


class ModelsPage(ResultPage):
    """A row a model and, below, one a published model; then whether models can be told apart."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.table = self._make_table(self.tr("Scores of the models"))
        self.differences = self._make_table(self.tr("Differences of the models"))
        self.note = muted_label(self)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table, 3)
        layout.addWidget(self.differences, 1)
        layout.addWidget(self.note)

    def _make_table(self, name: str) -> QTableWidget:
        table = QTableWidget(self)
        table.setAccessibleName(name)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setDefaultSectionSize(26)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        return table

    def draw(self, grid: GridState) -> None:
        """Show the scores of a complete grid."""
        results = grid.results
        self.table.clear()
        self.table.setRowCount(0)
        self.differences.setVisible(results is not None and bool(results.differences))
        if results is None:
            self.note.setText(self.tr("Models have scores once the grid is complete."))
            return
        accuracy = grid.plan.mode == "accuracy"
        names = list(grid.plan.protocol.severities)
        heads = [self.tr("model")]
        heads += [self.tr("clean"), self.tr("mean (mPC)")] if accuracy else [self.tr("mean")]
        heads += [self.tr("kept (rPC)"), self.tr("mCD"), self.tr("ECE")] if accuracy else []
        heads += [self.tr("ms"), *(corruption_title(name) for name in names)]
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        for scores in results.models:
            self._add(self.table, self._row(scores, names, accuracy))
        others = published(grid.plan.protocol.name) if accuracy else None
        muted = QColor(theme.colors().muted)
        for row in sorted(others.rows, key=lambda row: row.mpc) if others else ():
            name = self.tr("{model} (published)").format(model=row.model)
            cells = [name, percent(row.clean), percent(row.mpc), percent(row.rpc), "", "", ""]
            self._add(self.table, [*cells, *(percent(row.miou[name]) for name in names)], muted)
        self._show_differences(results)
        self.note.setText(self._explained(results, others is not None))

    def _row(self, scores: ModelScores, names: list[str], accuracy: bool) -> list[str]:
        name = scores.model.name
        if scores.model.seen_sequences:
            name = self.tr("{model} (sequence seen in training)").format(model=name)
        cells = [name]
        if accuracy:
            estimates = (scores.clean_miou, scores.mpc, scores.rpc)
            cells += [percent(e.value) + interval(e) for e in estimates]
            cells += [_maybe(scores.mcd), _maybe(scores.ece)]
        else:
            cells.append(percent(scores.mpc.value) + interval(scores.mpc))
        cells.append(f"{scores.ms:.0f}")
        return [*cells, *(percent(scores.corruptions[name].miou.value) for name in names)]

    def _show_differences(self, results: Results) -> None:
        table = self.differences
        table.clear()
        table.setRowCount(0)
        accuracy = results.plan.mode == "accuracy"
        titles = {"clean": self.tr("clean mIoU"), "mpc": "mPC", "rpc": self.tr("kept (rPC)")}
        if not accuracy:
            titles = {"mpc": self.tr("mean consistency")}
        heads = [self.tr("points"), *titles.values()]
        table.setColumnCount(len(heads))
        table.setHorizontalHeaderLabels(heads)
        pairs = dict.fromkeys((d.first, d.second) for d in results.differences)
        for first, second in pairs:
            row = [self.tr("{first} less {second}").format(first=first, second=second)]
            row += [
                self._told(difference)
                for quantity in titles
                for difference in results.differences
                if (difference.first, difference.second, difference.quantity)
                == (first, second, quantity)
            ]
            self._add(table, row)

    def _told(self, difference: Difference) -> str:
        estimate = difference.estimate
        text = f"{100 * estimate.value:+.1f}{interval(estimate)}"
        if estimate.low is None:
            return self.tr("{text}, from one image or sequence").format(text=text)
        if not difference.distinguishable:
            return self.tr("{text} not distinguishable").format(text=text)
        return text

    def _explained(self, results: Results, has_others: bool) -> str:
        told = [self.tr("All in %, ECE in points; [low, high] is the 95 % interval.")]
        if results.reference:
            told.append(
                self.tr("CD is relative to {model}: below 100 is better.").format(
                    model=results.reference
                )
            )
        if has_others:
            told.append(
                self.tr(
                    "Published rows are SegFormer's Table 5, measured on Cityscapes val: comparable"
                    " only with figures of the same data, classes and input size."
                )
            )
        return " ".join(told)

    def _add(self, table: QTableWidget, texts: list[str], color: QColor | None = None) -> None:
        row = table.rowCount()
        table.insertRow(row)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if color is not None:
                item.setForeground(color)
            table.setItem(row, column, item)


def _maybe(value: float | None) -> str:
    return "-" if value is None else percent(value)
