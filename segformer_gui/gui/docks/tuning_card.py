"""The third page of the Fine-tune dock: what a run has done, and whether it is kept."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.errors import Note
from segformer_gui.core.training.folds import Table
from segformer_gui.core.training.versions import propose_name
from segformer_gui.gui import theme
from segformer_gui.gui.messages import corruption_title, note_sentence
from segformer_gui.gui.session.session import Session

_GOOD = ("proof_better",)
_DOUBTFUL = ("proof_one_image",)


class ResultTable(QTreeWidget):
    """The figures of a proof: before, after, change."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        titles = (self.tr("mIoU, %"), self.tr("before"), self.tr("after"), self.tr("change"))
        self.setHeaderLabels(titles)
        self.setAccessibleName(self.tr("Before and after"))
        self.setIndentation(14)
        self.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def show_proof(self, proof: dict[str, Any], folds: Table) -> None:
        """All in percent; changes in points. What all `folds` say, if there are any, is on top."""
        self.clear()
        titles = {"clean": self.tr("Clean"), "corrupted": self.tr("Corrupted")}
        if folds:
            group = QTreeWidgetItem(self)
            group.setText(0, self.tr("Mean of {count} folds").format(count=len(folds) - 1))
            group.setFirstColumnSpanned(True)
            group.setExpanded(True)
            for quantity, title in titles.items():
                mean = folds["mean"][quantity]
                item = self._add(group, title, mean["before"], mean["after"])
                for sequence, row in folds.items():
                    if sequence != "mean":
                        self._add(item, sequence, row[quantity]["before"], row[quantity]["after"])
                item.setExpanded(True)
        for quantity, title in titles.items():
            pair = proof[quantity]
            item = self._add(self, title, pair["before"]["value"], pair["after"]["value"])
            interval = QTreeWidgetItem(item, [self._interval(proof[f"{quantity}_rise"])])
            interval.setFirstColumnSpanned(True)
            item.setExpanded(True)
        kept = QTreeWidgetItem(self, [self.tr("Agreement")])
        kept.setText(2, f"{100 * proof['agreement']:.1f}")
        kept.setToolTip(
            0, self.tr("Pixels that kept their class, in images that were not trained on")
        )
        kept.setTextAlignment(2, Qt.AlignmentFlag.AlignRight)
        classes = QTreeWidgetItem(self, [self.tr("Classes, IoU")])
        for name, pair in proof["classes"].items():
            self._add(classes, name, pair["before"], pair["after"])
        classes.setExpanded(True)
        classes.setFirstColumnSpanned(True)
        corruptions = QTreeWidgetItem(self, [self.tr("Corruptions, severity 3")])
        corruptions.setFirstColumnSpanned(True)
        for name, pair in proof["corruptions"].items():
            title = corruption_title(name)
            if name in proof["unseen"]:
                title = self.tr("{corruption}, never trained against").format(corruption=title)
            self._add(corruptions, title, pair["before"]["value"], pair["after"]["value"])

    def _interval(self, rise: dict[str, float | None]) -> str:
        low, high = rise["low"], rise["high"]
        if low is None or high is None:
            return self.tr("one image: no interval")
        return self.tr("95 % interval: {low:+.1f} to {high:+.1f}").format(
            low=100 * low, high=100 * high
        )

    def _add(
        self,
        parent: QTreeWidget | QTreeWidgetItem,
        title: str,
        before: float | None,
        after: float | None,
    ) -> QTreeWidgetItem:
        item = QTreeWidgetItem([title])
        if isinstance(parent, QTreeWidget):
            parent.addTopLevelItem(item)
        else:
            parent.addChild(item)
        item.setToolTip(0, title)
        texts = ["-" if value is None else f"{100 * value:.1f}" for value in (before, after)]
        change = None if before is None or after is None else 100 * (after - before)
        small = change is not None and abs(change) < 0.05
        texts.append("" if change is None else "0.0" if small else f"{change:+.1f}")
        for column, text in enumerate(texts, 1):
            item.setText(column, text)
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
        if change is not None and not small:
            colors = theme.colors()
            item.setForeground(3, QBrush(QColor(colors.good if change > 0 else colors.error)))
        return item


class TuningCard(QWidget):
    """Verdict, figures, and the decision."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._runs = session.runs
        self._shown: object = None
        self.verdict = QLabel(self)
        self.verdict.setWordWrap(True)
        self.cautions = QLabel(self)
        self.cautions.setWordWrap(True)
        self.cautions.setProperty("muted", True)
        self.table = ResultTable(self)
        self.name = QLineEdit(self)
        self.name.setAccessibleName(self.tr("Name of the version"))
        self.name.setToolTip(self.tr("What the version will be called"))
        self.adopt = QPushButton(self.tr("Adopt"), self)
        self.adopt.setToolTip(self.tr("Keep the model as a version, and use it from now on"))
        self.adopt.clicked.connect(lambda: self._runs.adopt(self.name.text().strip()))
        self.discard = QPushButton(self.tr("Discard"), self)
        self.discard.setToolTip(self.tr("Go on with the model as it was"))
        self.discard.clicked.connect(self._runs.discard)
        self.compare = QPushButton(self.tr("Compare"), self)
        self.compare.setToolTip(
            self.tr("Show the images that changed most: before and after, clean and corrupted")
        )
        self.compare.clicked.connect(session.compare_run)
        self.share = QDoubleSpinBox(self)
        self.share.setRange(0, 0.95)
        self.share.setSingleStep(0.1)
        self.share.setPrefix(self.tr("Kept: "))
        self.share.setAccessibleName(self.tr("Kept"))
        self.share.setToolTip(
            self.tr("Share of the model from before in the new weights: safer on other images")
        )
        self.share.valueChanged.connect(self._offer_mixing)
        self.mix = QPushButton(self.tr("Mix and compare"), self)
        self.mix.setToolTip(
            self.tr("Make the model with that share, without training, and compare it anew")
        )
        self.mix.clicked.connect(lambda: self._runs.keep(self.share.value()))
        row, mixing, buttons = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.name, 1)
        mixing.addWidget(self.share)
        mixing.addWidget(self.mix)
        mixing.addStretch(1)
        buttons.addWidget(self.adopt)
        buttons.addWidget(self.compare)
        buttons.addStretch(1)
        buttons.addWidget(self.discard)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.verdict)
        layout.addWidget(self.cautions)
        layout.addWidget(self.table, 1)
        layout.addLayout(mixing)
        layout.addLayout(row)
        layout.addLayout(buttons)

    def refresh(self) -> None:
        """Show the run's proof, or why there is none."""
        runs = self._runs
        finished = runs.progress is not None and runs.progress.state == "finished"
        open_ = finished and not runs.decided
        for widget in (self.name, self.adopt, self.discard, self.share, self.mix):
            widget.setVisible(open_)
            widget.setEnabled(not runs.live)
        self._offer_mixing()
        proof = runs.proof
        self.table.setVisible(proof is not None)
        self.compare.setVisible(proof is not None)
        shown = (proof, finished, runs.decided, theme.colors())
        if shown == self._shown:
            return
        self._shown = shown
        if open_ and runs.recipe is not None:
            self.name.setText(propose_name(runs.recipe.network.initial))
            self.share.setValue(runs.recipe.network.keep)
        if proof is not None:
            self._show_proof(proof)
            return
        self.cautions.clear()
        self.verdict.setStyleSheet("")
        self.verdict.setText(
            self.tr("Nothing was held out, so nothing is proven.")
            if finished
            else self.tr("When a run is finished, it is compared here with what it began with.")
        )

    def _offer_mixing(self) -> None:
        recipe = self._runs.recipe
        changed = recipe is not None and self.share.value() != round(recipe.network.keep, 2)
        self.mix.setEnabled(changed and not self._runs.live)

    def _show_proof(self, proof: dict[str, Any]) -> None:
        colors = theme.colors()
        code = proof["verdict"]
        color = colors.good if code in _GOOD else colors.error
        color = colors.warning if code in _DOUBTFUL else color
        self.verdict.setText(note_sentence(Note(code, proof["parameters"])))
        self.verdict.setStyleSheet(
            f"border: none; border-left: 4px solid {color}; padding: 2px 8px;"
            f" font-weight: 600; color: {color};"
        )
        # What the figures speak for is offered first; in doubt, neither.
        _emphasize(self.adopt, code in _GOOD)
        _emphasize(self.discard, code not in _GOOD + _DOUBTFUL)
        notes = [note_sentence(Note(code, parameters)) for code, parameters in proof["cautions"]]
        if (fold := self._runs.fold) is not None:
            told = self.tr("This model has learnt from all but {sequence}.")
            notes.insert(0, told.format(sequence=fold.sequence))
        if self._runs.decided:
            notes.insert(0, self.tr("It has been decided on this model."))
        self.cautions.setText("\n".join(notes))
        self.cautions.setVisible(bool(notes))
        fold = self._runs.fold
        self.table.show_proof(proof, fold.table if fold else {})


def _emphasize(button: QPushButton, primary: bool) -> None:
    button.setProperty("primary", primary)
    button.style().unpolish(button)
    button.style().polish(button)
