"""Corruption by severity as a table of colours, of all images or of one."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from segformer_gui.core.robustness.findings import interval, percent
from segformer_gui.gui.benchmark.page import (
    CLEAN_PLACE,
    ResultPage,
    conditions_of,
    grid_rows,
    loss_tint,
    muted_label,
    places_of,
    relist,
    worst_image,
)
from segformer_gui.gui.color_table import ColorTable, Place, TableCell
from segformer_gui.gui.messages import corruption_title
from segformer_gui.gui.session.benchmark import GridState
from segformer_gui.gui.session.session import Session


class ConditionsPage(ResultPage):
    """A click on a cell opens that image in that condition in the main window.

    Of all images that is the one that loses most there. A grid that is not complete has scores of
    single images only; of all images it shows how many are measured.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.model, self.image = QComboBox(self), QComboBox(self)
        self.model.setToolTip(self.tr("Whose scores"))
        self.image.setToolTip(self.tr("Scores of all images together, or of a single one"))
        self.image.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.image.setMinimumContentsLength(24)
        for box in (self.model, self.image):
            box.currentIndexChanged.connect(lambda _: self.retint())
        self.table = ColorTable(self)
        self.table.setAccessibleName(self.tr("Scores by corruption and severity"))
        self.table.chosen.connect(self._open)
        self.note = muted_label(self)
        row = QHBoxLayout()
        for text, box in ((self.tr("&Model"), self.model), (self.tr("&Images"), self.image)):
            label = QLabel(text, self)
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box)
        row.addStretch(1)
        area = QScrollArea(self)
        area.setWidget(self.table)
        area.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(area, 1)
        layout.addWidget(self.note)

    def draw(self, grid: GridState) -> None:
        """Show the scores of the model and the images that are chosen."""
        plan = grid.plan
        relist(self.model, [model.name for model in plan.models])
        images = [image.sample.id for image in plan.images]
        relist(self.image, [self.tr("All {count} images").format(count=len(images)), *images])
        names, levels = grid_rows(plan)
        self.table.set_heads(
            [corruption_title(name) for name in names],
            [*(f"{level:g}" for level in levels), self.tr("mean")],
        )
        image = self.image.currentIndex() - 1
        if image >= 0:
            self.table.show_cells(self._of_one(grid, image))
        elif grid.results is not None:
            self.table.show_cells(self._of_all(grid))
        else:
            self.table.show_cells(self._measured(grid))
        self.note.setText(self._explained(grid, image))

    def _of_all(self, grid: GridState) -> dict[Place, TableCell]:
        assert grid.results is not None, "only of a complete grid"
        scores = grid.results.models[self.model.currentIndex()]
        clean, names = scores.clean_miou.value, list(scores.corruptions)
        cells: dict[Place, TableCell] = {}
        for row, column, name, severity in conditions_of(grid.plan):
            estimate = scores.corruptions[name].by_severity[severity]
            tip = self._tip(name, severity, estimate.value, clean, interval(estimate))
            shown = f"{100 * estimate.value:.1f}"
            cells[row, column] = TableCell(shown, loss_tint(estimate.value, clean), tip)
        last = len(grid_rows(grid.plan)[1])
        for row, name in enumerate(names):
            mean = scores.corruptions[name].miou
            tip = self.tr("{corruption}, mean of its severities: {score} %{interval}").format(
                corruption=corruption_title(name),
                score=percent(mean.value),
                interval=interval(mean),
            )
            cells[row, last] = TableCell(percent(mean.value), loss_tint(mean.value, clean), tip)
        return cells

    def _of_one(self, grid: GridState, image: int) -> dict[Place, TableCell]:
        scores = grid.images.miou[self.model.currentIndex()]
        measured = grid.images.measured[self.model.currentIndex()]
        clean = float(scores[CLEAN_PLACE, image])
        cells: dict[Place, TableCell] = {}
        for row, column, name, severity in conditions_of(grid.plan):
            places = places_of(grid.plan, name, severity)
            if measured[places, image].all():
                value = float(scores[places, image].mean())
                tip = self._tip(name, severity, value, clean, "")
                tint = None if np.isnan(value) else loss_tint(value, clean)
                cells[row, column] = TableCell(percent(value), tint, tip)
        return cells

    def _measured(self, grid: GridState) -> dict[Place, TableCell]:
        measured = grid.images.measured[self.model.currentIndex()]
        total = measured.shape[1]
        return {
            (row, column): TableCell(
                f"{measured[places_of(grid.plan, name, severity)].all(0).sum()}/{total}",
                tip=self.tr("Images that are measured in this condition"),
            )
            for row, column, name, severity in conditions_of(grid.plan)
        }

    def _tip(self, name: str, severity: float, value: float, clean: float, told: str) -> str:
        lost = 1 - value / clean if clean > 0 else float("nan")
        return "\n".join(
            [
                self.tr("{corruption} {severity:g}: {score} %{interval}").format(
                    corruption=corruption_title(name),
                    severity=severity,
                    score=percent(value),
                    interval=told,
                ),
                self.tr("{share} % of the clean score is lost").format(share=percent(lost)),
                self.tr("Click to see it in the main window"),
            ]
        )

    def _explained(self, grid: GridState, image: int) -> str:
        word = self.tr("mIoU") if grid.plan.mode == "accuracy" else self.tr("Consistency")
        if image < 0 and grid.results is None:
            return self.tr(
                "The grid is not complete, so there are no scores over all images yet: those of a"
                " part would be of another benchmark. Choose an image to see its own."
            )
        if image >= 0:
            clean = percent(float(grid.images.miou[self.model.currentIndex(), CLEAN_PLACE, image]))
            return self.tr(
                "{word} in % of this image alone, {clean} clean, coloured by what is lost of that."
                " A click on a cell opens it in the main window."
            ).format(word=word, clean=clean)
        assert grid.results is not None, "told above"
        clean = percent(grid.results.models[self.model.currentIndex()].clean_miou.value)
        return self.tr(
            "{word} in %, {clean} clean, coloured by what is lost of that. A click on a cell opens"
            " the image that loses most there in the main window."
        ).format(word=word, clean=clean)

    def _open(self, row: int, column: int) -> None:
        grid = self._session.benchmark.grid
        if grid is None:
            return
        names, levels = grid_rows(grid.plan)
        places = places_of(grid.plan, names[row], levels[column]) if column < len(levels) else []
        if not places:  # The mean, or what the protocol leaves out.
            return
        self.table.mark((row, column))
        model, image = self.model.currentIndex(), self.image.currentIndex() - 1
        if image < 0:
            scores = grid.images.miou[model]
            image = worst_image(scores[CLEAN_PLACE] - scores[places].mean(0))
        self._session.benchmark.show(model, places[0], image)
