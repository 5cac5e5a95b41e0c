"""What the corruption has changed: scores, and what each class has lost."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from segformer_gui.core.robustness.pairs import PairScores
from segformer_gui.gui.docks.charts import ChartDock
from segformer_gui.gui.messages import condition_title
from segformer_gui.gui.session.session import Session

_MOST_CLASSES = 20


class ComparisonDock(ChartDock):
    """Scores of the corrupted prediction, and bars of the classes' losses, the largest on top."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, "comparison_dock", parent)
        self.setWindowTitle(self.tr("Comparison"))
        self.hint.setText(
            self.tr("Corrupt a segmented image, in the Corruption tab, to see what it changes.")
        )
        session.lab.pair.changed.connect(self.refresh)
        session.view.overlay_changed.connect(self.refresh)

    def build(self) -> Generator[None, None, QWidget]:
        """Numbers above, bars below."""
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 2, 8, 8)
        self.condition = QLabel(page)
        self.condition.setWordWrap(True)
        self.condition.setStyleSheet("font-weight: 600;")
        layout.addWidget(self.condition)
        layout.addLayout(self._build_numbers(page))
        yield
        self.losses = self.plot(self.tr("Losses of the classes"), "")
        self.losses.getPlotItem().invertY(True)
        self.losses.getAxis("bottom").setStyle(maxTextLevel=0)  # Numbers in between would touch.
        layout.addWidget(self.losses, 1)
        return page

    def _build_numbers(self, page: QWidget) -> QGridLayout:
        titles = {
            "agreement": (self.tr("Agreement"), self.tr("Pixels that kept their class")),
            "consistency": (
                self.tr("Consistency"),
                self.tr(
                    "mIoU with the clean prediction in the place of ground truth: what the model"
                    " keeps, right or wrong"
                ),
            ),
            "truth": (self.tr("True mIoU"), self.tr("Against the ground truth: clean, corrupted")),
            "confidence": (self.tr("Confidence"), self.tr("In the mean: clean, corrupted")),
            "borders": (
                self.tr("Borders moved"),
                self.tr("Mean distance of a border's pixels from the nearest border of the other"),
            ),
        }
        self.numbers: dict[str, tuple[QLabel, QLabel]] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for row, (key, (title, tip)) in enumerate(titles.items()):
            name, value = QLabel(title, page), QLabel(page)
            name.setProperty("muted", True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for label in (name, value):
                label.setToolTip(tip)
            grid.addWidget(name, row, 0)
            grid.addWidget(value, row, 1)
            self.numbers[key] = name, value
        return grid

    def draw(self) -> bool:
        """Show the pair's scores."""
        scores = self._session.lab.pair.scores
        if scores is None:
            return False
        lab = self._session.lab
        condition = condition_title(lab.shown)
        seeded = self.tr("{condition}, seed {seed}").format(
            condition=condition, seed=lab.shown.seed
        )
        if not lab.shown.on_protocol:
            seeded = self.tr("{condition}, off protocol").format(condition=seeded)
        self.condition.setText(seeded)
        self._show_numbers(scores)
        self._show_losses(scores)
        return True

    def _show_numbers(self, scores: PairScores) -> None:
        lab, current = self._session.lab, self._session.current
        texts = {
            "agreement": f"{100 * scores.agreement:.1f} %",
            "consistency": f"{100 * scores.consistency:.1f} %",
            "truth": "",
            "confidence": "",
            "borders": "",
        }
        if scores.base_truth and scores.other_truth and scores.miou_change is not None:
            before, after = 100 * scores.base_truth.miou, 100 * scores.other_truth.miou
            change = 100 * scores.miou_change
            texts["truth"] = f"{before:.1f} → {after:.1f} %  ({change:+.1f})"
        if current.result and lab.corrupted.result:
            clean, corrupted = (
                100 * result.mean_confidence for result in (current.result, lab.corrupted.result)
            )
            texts["confidence"] = f"{clean:.1f} → {corrupted:.1f} %"
        if lab.pair.shift_px is not None and np.isfinite(lab.pair.shift_px):
            texts["borders"] = self.tr("{pixels:.1f} px").format(pixels=lab.pair.shift_px)
        for key, (name, value) in self.numbers.items():
            value.setText(texts[key])
            for label in (name, value):
                label.setVisible(bool(texts[key]))

    def _show_losses(self, scores: PairScores) -> None:
        result = self._session.current.result
        assert result is not None, "scores are of a result"
        classes = self._session.view.painted(result.classes)
        colors = dict(zip(classes.names, classes.colors, strict=True))
        losses = dict(list(scores.class_losses.items())[:_MOST_CLASSES])
        rows, widths = np.arange(len(losses)), 100 * np.array(list(losses.values()))
        bars = self.pg.BarGraphItem(
            x0=0,
            y=rows,
            width=widths,
            height=0.7,
            brushes=[QColor(*colors.get(name, (128, 128, 128))) for name in losses],
            pen=None,
        )
        self.losses.clear()
        self.losses.addItem(bars)
        self.losses.setLabel(
            "bottom",
            self.tr("loss of true IoU, points")
            if scores.other_truth
            else self.tr("loss of consistency, points"),
        )
        self.losses.getAxis("left").setTicks([list(enumerate(losses))])
        self.losses.setYRange(-0.6, max(1, len(losses)) - 0.4, padding=0)
        low = min(0.0, float(widths.min(initial=0)))
        self.losses.setXRange(low, max(1.0, float(widths.max(initial=1))), padding=0.03)
