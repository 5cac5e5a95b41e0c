"""The image under many conditions: severity curve, all corruptions, breaking points."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.classes import Color
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.robustness.breaking import BreakingPoints, Reading, with_severity
from segformer_gui.core.robustness.pairs import PairScores
from segformer_gui.gui import theme
from segformer_gui.gui.docks.breaking_strip import BreakingStrip, Strip
from segformer_gui.gui.docks.charts import ChartDock
from segformer_gui.gui.docks.heat_map import HeatMap
from segformer_gui.gui.messages import condition_title, corruption_title
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.sweep import SweepKind

_KINDS: tuple[SweepKind, ...] = ("curve", "grid", "breaking")
_GREY: Color = (128, 128, 128)


class SeveritiesDock(ChartDock):
    """A page each, with a button that begins to read and a bar that tells how far it is."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, "severities_dock", parent)
        self.setWindowTitle(self.tr("Severities"))
        self.hint.setText(self.tr("Segment an image to see at which severity it breaks."))
        self._wanted: SweepKind = "curve"
        session.lab.sweep.changed.connect(self.refresh)
        session.lab.condition_changed.connect(self.refresh)
        session.current.changed.connect(self.refresh)
        session.view.overlay_changed.connect(self.refresh)

    def start(self, kind: SweepKind) -> None:
        """Show a page and begin to read for it."""
        self._wanted = kind
        self.show()
        self.raise_()
        if self.built:
            self.pages.setCurrentIndex(_KINDS.index(kind))
            lab = self._session.lab
            threshold = self.threshold.value() / 100
            lab.sweep.start(kind, lab.condition, lab.place, threshold)
        else:  # The charts are still to be made: the session needs none of them.
            lab = self._session.lab
            lab.sweep.start(kind, lab.condition, lab.place)

    def build(self) -> Generator[None, None, QWidget]:
        """Three pages over one bar of progress."""
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 2, 8, 8)
        self.pages = QTabWidget(page)
        self.pages.setDocumentMode(True)
        self.starts: dict[SweepKind, QPushButton] = {}
        self.notes: dict[SweepKind, QLabel] = {}
        self.pages.addTab(self._build_curve(), self.tr("Curve"))
        yield
        self.pages.addTab(self._build_grid(), self.tr("All"))
        self.pages.addTab(self._build_breaking(), self.tr("Breaking point"))
        self.pages.setCurrentIndex(_KINDS.index(self._wanted))
        self.pages.currentChanged.connect(self.refresh)
        self.progress = QProgressBar(page)
        self.progress.setTextVisible(False)
        self.progress_text = QLabel(page)
        self.cancel = QPushButton(self.tr("Cancel"), page)
        self.cancel.clicked.connect(self._session.lab.sweep.cancel)
        row = QHBoxLayout()
        row.addWidget(self.progress_text)
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancel)
        layout.addWidget(self.pages, 1)
        layout.addLayout(row)
        return page

    def _build_page(self, kind: SweepKind, text: str, tip: str) -> tuple[QWidget, QHBoxLayout]:
        """A page with its button in a row of its own, to which more can be added."""
        page = QWidget(self)
        start = self.starts[kind] = QPushButton(text, page)
        start.setToolTip(tip)
        start.clicked.connect(lambda: self.start(kind))
        note = self.notes[kind] = QLabel(page)
        note.setWordWrap(True)
        note.setProperty("muted", True)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 8, 0, 4)
        row = QHBoxLayout()
        row.addWidget(start)
        layout.addLayout(row)
        layout.addWidget(note)
        return page, row

    def _build_curve(self) -> QWidget:
        page, row = self._build_page(
            "curve", self.tr("Run 1 to 5"), self.tr("Segment this image at severities 1 to 5")
        )
        row.addStretch(1)
        self.curve = self.plot(self.tr("Severity curve"), self.tr("severity"), "%")
        self.curve.setXRange(0, 5, padding=0.04)
        self.curve.setYRange(0, 100, padding=0.04)
        layout = page.layout()
        assert layout is not None
        layout.addWidget(self.curve)
        return page

    def _build_grid(self) -> QWidget:
        page, row = self._build_page(
            "grid",
            self.tr("Run all 19 by 5"),
            self.tr("Segment this image under all corruptions at severities 1 to 5"),
        )
        row.addStretch(1)
        self.heat_map = HeatMap(page)
        self.heat_map.opened.connect(self._open)
        _add_scrolled(page, self.heat_map)
        return page

    def _build_breaking(self) -> QWidget:
        page, row = self._build_page(
            "breaking",
            self.tr("Search"),
            self.tr("Segment at severities 1 to 5, then between those where a class breaks"),
        )
        self.threshold = QSpinBox(page)
        self.threshold.setRange(5, 95)
        self.threshold.setSingleStep(5)
        self.threshold.setValue(50)
        self.threshold.setSuffix(" %")
        self.threshold.setToolTip(self.tr("What a score has to fall below to count as broken"))
        label = QLabel(self.tr("&Below"), page)
        label.setBuddy(self.threshold)
        row.addStretch(1)
        row.addWidget(label)
        row.addWidget(self.threshold)
        self.strip = BreakingStrip(page)
        _add_scrolled(page, self.strip)
        return page

    # State to widgets ---------------------------------------------------------------------------

    def draw(self) -> bool:
        """Show what has been read, and how far it is."""
        if self._session.current.result is None:
            return False
        sweep = self._session.lab.sweep
        self._show_progress()
        kind = _KINDS[self.pages.currentIndex()]
        if kind == "curve":
            self._show_curve()
        elif kind == "grid":
            self._show_grid()
        elif sweep.points is not None and sweep.searched is not None:
            self._show_breaking(sweep.points, *sweep.searched)
        else:
            self.strip.show_strips([], [])
            self.notes["breaking"].clear()
        return True

    def _show_progress(self) -> None:
        sweep = self._session.lab.sweep
        for widget in (self.progress, self.progress_text, self.cancel):
            widget.setVisible(sweep.running is not None)
        for start in self.starts.values():
            start.setEnabled(sweep.can_start)
        self.progress.setRange(0, sweep.total or 0)
        self.progress.setValue(sweep.done)
        total = "" if sweep.total is None else f" / {sweep.total}"
        self.progress_text.setText(f"{sweep.done}{total}")

    def _show_curve(self) -> None:
        sweep = self._session.lab.sweep
        self.curve.clear()
        readings = dict(sorted(sweep.curve.items()))
        if sweep.curve_of is None or not readings:
            self.notes["curve"].clear()
            return
        scores = [reading.scores for reading in readings.values()]
        self.notes["curve"].setText(self._told(*sweep.curve_of, scores[0]))
        for name, color in self._colors().items():
            values = [100 * score.class_scores.get(name, float("nan")) for score in scores]
            self.curve.plot(list(readings), values, pen=self.pg.mkPen(QColor(*color), width=1))
        text = QColor(theme.colors().text)
        values = [100 * score.score for score in scores]
        self.curve.plot(list(readings), values, pen=self.pg.mkPen(text, width=3))
        points = self.pg.ScatterPlotItem(
            list(readings), values, size=11, brush=text, pen=None, hoverable=True
        )
        points.sigClicked.connect(self._open_point)
        self.curve.addItem(points)

    def _open_point(self, _item: object, points: list[Any], _event: object = None) -> None:
        sweep = self._session.lab.sweep
        if sweep.curve_of is not None and len(points):
            condition, place = sweep.curve_of
            severity = float(points[0].pos().x())
            self._session.lab.set_condition(with_severity(condition, place, severity), place)

    def _show_grid(self) -> None:
        lab = self._session.lab
        scores: dict[tuple[str, int], float] = {}
        tips: dict[tuple[str, int], str] = {}
        for condition, reading in lab.sweep.grid.items():
            (step,) = condition.steps
            place = step.name, int(step.severity)
            scores[place] = reading.scores.score
            tips[place] = self._tip(reading)
        self.heat_map.show_scores(scores, tips)
        steps = lab.condition.applied
        single = steps[0] if len(steps) == 1 else Step("", 0)
        self.heat_map.mark_condition(single.name, single.severity)
        first = next(iter(lab.sweep.grid.values()), None)
        text = self._kind_of(first.scores) if first else ""
        if first and lab.sweep.running is None:
            text = self.tr("{score}; click a cell to open it").format(score=text)
        self.notes["grid"].setText(text)

    def _open(self, name: str, severity: int) -> None:
        lab = self._session.lab
        condition = Condition((Step(name, severity),), lab.condition.seed, lab.condition.engine)
        lab.set_condition(condition)

    def _show_breaking(self, points: BreakingPoints, condition: Condition, place: int) -> None:
        clean = points.readings[0].scores
        colors = self._colors()
        text = QColor(theme.colors().text)
        overall = (text.red(), text.green(), text.blue())
        strips = [Strip(self.tr("Overall"), overall, points.overall)]
        broken = sorted(points.classes, key=lambda name: points.classes[name].below)
        holding = [name for name in clean.class_scores if name not in points.classes]
        strips += [
            Strip(name, colors.get(name, _GREY), points.classes.get(name))
            for name in (*broken, *holding)
        ]
        scanned = sorted(points.readings)
        self.strip.show_strips(strips, scanned)
        told = ", ".join(f"{severity:g}" for severity in scanned)
        self.notes["breaking"].setText(
            self.tr(
                "{what}: where it is first below {threshold:.0f} %. Scanned: {scanned}. Scores need"
                " not fall steadily, and severities between whole ones are off protocol."
            ).format(
                what=self._told(condition, place, clean),
                threshold=100 * points.threshold,
                scanned=told,
            )
        )

    def _told(self, condition: Condition, place: int, scores: PairScores) -> str:
        """What a curve is of, such as "Fog, seed 0, consistency"."""
        step = condition.steps[place]
        title = corruption_title(step.name)
        others = [other for other in condition.applied if other is not step]
        if others:
            title = f"{condition_title(Condition(tuple(others)))} + {title}"
        told = self.tr("{corruption}, seed {seed}, {score}").format(
            corruption=title, seed=condition.seed, score=self._kind_of(scores)
        )
        return self.tr("{curve}, off protocol").format(curve=told) if others else told

    def _kind_of(self, scores: PairScores) -> str:
        return self.tr("consistency") if scores.other_truth is None else self.tr("true mIoU")

    def _tip(self, reading: Reading) -> str:
        scores = reading.scores
        lines = [
            condition_title(reading.condition),
            self.tr("agreement {value:.1f} %").format(value=100 * scores.agreement),
            self.tr("consistency {value:.1f} %").format(value=100 * scores.consistency),
        ]
        if scores.other_truth is not None:
            miou = 100 * scores.other_truth.miou
            lines.append(self.tr("true mIoU {value:.1f} %").format(value=miou))
        return "\n".join(lines)

    def _colors(self) -> dict[str, Color]:
        """Colours of the classes that the legend shows."""
        view, result = self._session.view, self._session.current.result
        assert result is not None, "only drawn with a result"
        classes = view.painted(result.classes)
        return {
            name: color
            for class_id, (name, color) in enumerate(
                zip(classes.names, classes.colors, strict=True)
            )
            if view.shows(class_id)
        }


def _add_scrolled(page: QWidget, widget: QWidget) -> None:
    """Add a widget that may need more room than the dock has."""
    area = QScrollArea(page)
    area.setWidget(widget)
    area.setWidgetResizable(True)
    layout = page.layout()
    assert layout is not None, "pages have one"
    layout.addWidget(area)
