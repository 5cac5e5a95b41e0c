"""The second page of the Fine-tune dock: a run while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.classes import ClassSet, class_set_of_names
from segformer_gui.core.training.progress import RunProgress
from segformer_gui.gui import theme
from segformer_gui.gui.messages import corruption_title, duration, sentence_and_hint
from segformer_gui.gui.session.runs import SamplePicture
from segformer_gui.gui.session.session import Session

_PLOT_PX = 150
# Of the corruptions that are watched, in colours that all eyes tell apart.
_COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")


class SampleStrip(QWidget):
    """Held-out images as the network sees them: at first, and as it learns."""

    _WIDTH_PX = 104
    _GAP_PX = 4

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Sample predictions"))
        self.setToolTip(self.tr("Held-out images as the network saw them, by step"))
        self._samples: Sequence[SamplePicture] = ()
        self._classes: ClassSet | None = None
        self._pixmaps: dict[tuple[int, int], QPixmap] = {}

    def show_samples(self, samples: Sequence[SamplePicture], classes: ClassSet) -> None:
        """Show them; labels are ids of `classes`."""
        if classes != self._classes:
            self._classes = classes
            self._pixmaps.clear()
        self._samples = samples
        wanted = {(one.step, one.number) for one in samples}
        self._pixmaps = {key: pixmap for key, pixmap in self._pixmaps.items() if key in wanted}
        self.setVisible(bool(samples))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        """One row an image, under the line with the steps."""
        rows = 1 + max((one.number for one in self._samples), default=0)
        ratio = 0.6
        if self._samples:
            height, width = self._samples[0].labels.shape
            ratio = height / width
        row = round(self._WIDTH_PX * ratio) + self._GAP_PX
        return QSize(self._WIDTH_PX, self.fontMetrics().height() + 4 + rows * row)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The first column and as many of the latest as there is room for."""
        del event
        steps = sorted({one.step for one in self._samples})
        columns = max(2, (self.width() + self._GAP_PX) // (self._WIDTH_PX + self._GAP_PX))
        if len(steps) > columns:
            steps = [steps[0], *steps[-(columns - 1) :]]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QColor(theme.colors().muted))
        line = self.fontMetrics().height() + 4
        for one in self._samples:
            if one.step not in steps:
                continue
            left = steps.index(one.step) * (self._WIDTH_PX + self._GAP_PX)
            height = round(self._WIDTH_PX * one.labels.shape[0] / one.labels.shape[1])
            top = line + one.number * (height + self._GAP_PX)
            painter.drawPixmap(QRect(left, top, self._WIDTH_PX, height), self._pixmap(one))
            if one.number == 0:
                text = self.tr("step {step}").format(step=one.step)
                painter.drawText(left, line - 6, self.tr("before") if one.step == 0 else text)
        painter.end()

    def _pixmap(self, one: SamplePicture) -> QPixmap:
        key = one.step, one.number
        if key not in self._pixmaps:
            assert self._classes is not None, "set with the samples"
            pixels = np.ascontiguousarray(self._classes.palette()[one.labels])
            height, width = one.labels.shape
            image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            self._pixmaps[key] = QPixmap.fromImage(image)
        return self._pixmaps[key]


class TuningRun(QWidget):
    """State, commands, curves, and samples."""

    def __init__(
        self,
        session: Session,
        pg: Any,  # noqa: ANN401 (a module)
        plots: dict[str, Any],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._runs = session.runs
        self._pg = pg
        self._lines: dict[tuple[str, str], Any] = {}
        self.state = QLabel(self)
        self.state.setWordWrap(True)
        self.state.setStyleSheet("font-weight: 600;")
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.pause = QPushButton(self)
        self.pause.clicked.connect(lambda: self._runs.pause_or_go_on())
        self.stop = QPushButton(self.tr("Stop"), self)
        self.stop.setToolTip(self.tr("End after this step, with a checkpoint to go on from"))
        self.stop.clicked.connect(lambda: self._runs.stop())
        buttons = QHBoxLayout()
        buttons.addWidget(self.pause)
        buttons.addWidget(self.stop)
        buttons.addStretch(1)
        self.discard = QPushButton(self.tr("Discard"), self)
        self.discard.setToolTip(self.tr("Do without this run; its files stay in its folder"))
        self.discard.clicked.connect(self._runs.discard)
        buttons.addWidget(self.discard)
        self.plots = plots
        self.legends: dict[str, QLabel] = {}
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 4, 0)
        self.strip = SampleStrip(content)
        titles = {
            "loss": self.tr("Loss"),
            "scores": self.tr("Held out, mIoU %"),
            "classes": self.tr("Held out, IoU % of the classes"),
            "rate": self.tr("Learning rate"),
        }
        for name, widget in self.plots.items():
            legend = self.legends[name] = QLabel(titles[name], content)
            legend.setWordWrap(True)
            legend.setProperty("title", titles[name])
            widget.setFixedHeight(_PLOT_PX)
            column.addWidget(legend)
            column.addWidget(widget)
            if name == "scores":
                column.addWidget(self.strip)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.state)
        layout.addWidget(self.progress)
        layout.addWidget(self.told)
        layout.addLayout(buttons)
        layout.addWidget(area, 1)

    def refresh(self) -> None:
        """Show the run as it was last seen."""
        runs, progress = self._runs, self._runs.progress
        live = runs.live
        for widget in (self.progress, self.stop, self.pause):
            widget.setVisible(live)
        self.discard.hide()
        self.told.setText("")
        if progress is None:
            self.state.setText(
                self.tr("The trainer is starting…") if live else self.tr("There is no run yet.")
            )
            return
        self._show_state(progress)
        self._show_curves(progress)
        if progress.started is not None:
            classes = class_set_of_names(progress.started.classes)
            self.strip.show_samples(runs.samples, self._session.view.painted(classes))

    def _show_state(self, progress: RunProgress) -> None:
        runs = self._runs
        step = self.tr("step {step} of {steps}").format(step=progress.step, steps=progress.steps)
        titles = {
            "waiting": self.tr("Not begun"),
            "training": self.tr("Training, {step}").format(step=step),
            "paused": self.tr("Paused, {step}").format(step=step),
            "proving": self.tr("Comparing before and after…"),
            "stopped": self.tr("Stopped, {step}").format(step=step),
            "failed": self.tr("Failed, {step}").format(step=step),
            "killed": self.tr("Ended without a word, {step}").format(step=step),
            "finished": self.tr("Finished, {steps} steps").format(steps=progress.steps),
        }
        title = self.tr("The trainer is starting…") if runs.starting else titles[progress.state]
        if progress.state == "training" and progress.step == 0:
            title = self.tr("Scoring the model as it is…")
        if runs.asked == "stop":
            title = self.tr("Stopping after this step…")
        elif runs.asked == "pause":
            title = self.tr("Pausing after this step…")
        self.state.setText(title)
        done, total = progress.proving or (progress.step, progress.steps)
        self.progress.setRange(0, max(1, total))
        self.progress.setValue(done)
        self.told.setText("\n".join(self._told(progress)))
        goes_on = progress.state in ("paused", "stopped", "failed", "killed", "waiting")
        self.pause.setVisible(runs.live or goes_on)
        self.discard.setVisible(goes_on and not runs.live and not runs.decided)
        self.pause.setText(self.tr("Go on") if goes_on else self.tr("Pause"))
        self.pause.setEnabled(not runs.starting)

    def _told(self, progress: RunProgress) -> list[str]:
        lines: list[str] = []
        if (fold := self._runs.fold) is not None:
            lines.append(
                self.tr("Fold {number} of {count}: {sequence} is left out.").format(
                    number=fold.number, count=fold.count, sequence=fold.sequence
                )
            )
        if progress.remaining_s is not None and progress.state != "paused":
            lines.append(self.tr("{time} left").format(time=duration(progress.remaining_s)))
        if progress.failure is not None:
            lines += sentence_and_hint(progress.failure)
        elif progress.state == "stopped":
            lines.append(self.tr("Its checkpoint is kept; it can go on from there."))
        if progress.parts > 1:
            lines.append(
                self.tr("Memory is short: each batch is taken in {count} parts.").format(
                    count=progress.parts
                )
            )
        if progress.reduced is not None:
            reduced = progress.reduced
            short = self.tr("Memory is short: crops of {size} px in place of {asked}.")
            lines.append(
                short.format(
                    size=f"{reduced.width} x {reduced.height}",
                    asked=f"{reduced.asked_width} x {reduced.asked_height}",
                )
            )
        started = progress.started
        if started is not None and self._runs.live:
            lines.append(
                self.tr("{images} images on {device}, {precision}").format(
                    images=started.images, device=started.device, precision=started.precision
                )
            )
        return lines

    # Curves -------------------------------------------------------------------------------------

    def _show_curves(self, progress: RunProgress) -> None:
        step, loss, smoothed, rate = progress.curve
        colors = theme.colors()
        self._draw("loss", "raw", step, loss, colors.border, 1)
        self._draw("loss", "smoothed", step, smoothed, colors.accent, 2)
        self._draw("rate", "rate", step, rate, colors.accent, 2)
        shown: list[tuple[str, str]] = []
        for place, (name, points) in enumerate(progress.scores.items()):
            color = _COLORS[(place - 1) % len(_COLORS)] if name else colors.text
            self._draw_points("scores", name, points, color, 3 if not name else 1.5)
            shown.append((color, corruption_title(name) if name else self.tr("clean")))
        self._tell("scores", shown)
        self._show_class_curves(progress)
        for widget in self.plots.values():
            widget.setXRange(0, max(1, progress.steps), padding=0.02)

    def _show_class_curves(self, progress: RunProgress) -> None:
        if progress.started is None:
            return
        classes = self._session.view.painted(class_set_of_names(progress.started.classes))
        colors = dict(zip(classes.names, classes.colors, strict=True))
        shown: list[tuple[str, str]] = []
        for name, points in progress.classes.items():
            color = QColor(*colors.get(name, (128, 128, 128))).name()
            self._draw_points("classes", name, points, color, 2)
            shown.append((color, name))
        self._tell("classes", shown)

    def _draw_points(
        self, plot: str, name: str, points: list[tuple[int, float]], color: str, width: float
    ) -> None:
        x, y = np.array(points, np.float64).T
        self._draw(plot, name, x, 100 * y, color, width, symbol=len(points) < 2)

    def _draw(
        self,
        plot: str,
        name: str,
        x: np.ndarray[Any, Any],
        y: np.ndarray[Any, Any],
        color: str,
        width: float,
        symbol: bool = False,
    ) -> None:
        """Move a line that is there, or add it: clearing would take longer."""
        line = self._lines.get((plot, name))
        if line is None:
            line = self._lines[plot, name] = self.plots[plot].plot()
        line.setData(x, y, symbol="o" if symbol else None, symbolSize=6, symbolBrush=color)
        line.setPen(self._pg.mkPen(color, width=width))

    def clear(self) -> None:
        """Another run's curves come next."""
        for (plot, _), line in self._lines.items():
            self.plots[plot].removeItem(line)
        self._lines.clear()
        self.strip.show_samples((), ClassSet("none", (), ()))

    def _tell(self, plot: str, shown: list[tuple[str, str]]) -> None:
        legend = self.legends[plot]
        entries = "&nbsp; ".join(
            f'<span style="color:{color}">■</span>&nbsp;{escape(name).replace(" ", "&nbsp;")}'
            for color, name in shown
        )
        legend.setText(f"{escape(legend.property('title'))}<br>{entries}")
