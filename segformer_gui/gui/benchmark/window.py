"""The benchmark's own window: what to measure on the left, what came of it on the right."""

from __future__ import annotations

from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.robustness.findings import cautions, findings
from segformer_gui.gui import theme
from segformer_gui.gui.benchmark.charts import CurvesPage, PositionPage
from segformer_gui.gui.benchmark.classes import ClassesPage
from segformer_gui.gui.benchmark.conditions import ConditionsPage
from segformer_gui.gui.benchmark.form import BenchmarkForm
from segformer_gui.gui.benchmark.models import ModelsPage
from segformer_gui.gui.benchmark.page import ResultPage
from segformer_gui.gui.message_bar import MessageBar
from segformer_gui.gui.messages import corruption_title, details, note_sentence, sentence_and_hint
from segformer_gui.gui.session.benchmark import GridState
from segformer_gui.gui.session.session import Session

_SIZE = (1240, 800)
_FORM_PX = 350


class SummaryPage(ResultPage):
    """What came out, and what limits its meaning, in sentences."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.text = QTextBrowser(self)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        self._show(
            [
                self.tr("Choose data and models on the left, and start."),
                self.tr(
                    "Each model segments each image clean and under every corruption of the"
                    " protocol. What is measured is kept: stop at any time, and the same folder"
                    " goes on."
                ),
            ],
            [],
        )

    def draw(self, grid: GridState) -> None:
        """Tell of a grid."""
        if grid.results is None:
            done, total = int(grid.images.measured.sum()), grid.plan.size
            told = self.tr(
                "{done} of {total} cells are measured. There are no scores until all of them are:"
                " those of a part would be of another benchmark. Single images have theirs under"
                " Conditions."
            ).format(done=done, total=total)
            self._show([told], [])
            return
        found = [note_sentence(note) for note in findings(grid.results)]
        notes = (*self._session.benchmark.notes, *cautions(grid.results))
        limits = [note_sentence(note) for note in notes]
        self._show(found, limits)

    def _show(self, found: list[str], limits: list[str]) -> None:
        warning = theme.colors().warning
        lines = [f"<p>{escape(sentence)}</p>" for sentence in found]
        lines += [f'<p style="color:{warning}">{escape(sentence)}</p>' for sentence in limits]
        self.text.setHtml("".join(lines))


class BenchmarkWindow(QMainWindow):
    """Beside the main window, so that both can be seen; what runs goes on when it is closed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("Robustness benchmark"))
        self.setObjectName("benchmark_window")
        self._session = session
        self.message_bar = MessageBar(self)
        self.form = BenchmarkForm(session, self)
        area = QScrollArea(self)
        area.setWidget(self.form)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(_FORM_PX)
        self._build_pages()
        split = QSplitter(self)
        split.addWidget(area)
        split.addWidget(self.pages)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        centre = QWidget(self)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.message_bar)
        layout.addWidget(split, 1)
        layout.addLayout(self._build_controls())
        self.setCentralWidget(centre)
        self.resize(*_SIZE)
        run = session.benchmark
        run.changed.connect(self._update)
        run.found.connect(self._show_grid)
        run.finished.connect(self._tell_end)
        run.failed.connect(self._show_error)
        run.request_read.connect(self.form.show_request)
        run.exported.connect(self._tell_export)
        self.form.changed.connect(self._update)
        session.settings_changed.connect(self.retint)
        self._update()

    def _build_pages(self) -> None:
        self.summary = SummaryPage(self._session, self)
        self.conditions = ConditionsPage(self._session, self)
        self.curves = CurvesPage(self._session, self)
        self.classes = ClassesPage(self._session, self)
        self.models = ModelsPage(self._session, self)
        self.position = PositionPage(self._session, self)
        self.pages = QTabWidget(self)
        self.pages.setDocumentMode(True)
        for page, title in {
            self.summary: self.tr("In short"),
            self.conditions: self.tr("Conditions"),
            self.curves: self.tr("Curves"),
            self.classes: self.tr("Classes"),
            self.models: self.tr("Models"),
            self.position: self.tr("Clean and kept"),
        }.items():
            self.pages.addTab(page, title)
        self.pages.currentChanged.connect(self._show_grid)

    def _build_controls(self) -> QHBoxLayout:
        self.open = QPushButton(self.tr("&Open…"), self)
        self.open.setToolTip(self.tr("Go on with, or look at, what a folder holds already"))
        self.open.clicked.connect(self._open)
        self.go = QPushButton(self.tr("&Start"), self)
        self.go.setProperty("primary", True)
        self.go.setShortcut(QKeySequence("Ctrl+Return"))
        self.go.setToolTip(self.tr("Measure what the folder lacks, then report (Ctrl+Return)"))
        self.go.clicked.connect(self._start)
        self.pause = QPushButton(self.tr("&Pause"), self)
        self.pause.setToolTip(self.tr("Wait after the image at hand, and go on later"))
        self.pause.clicked.connect(self._pause)
        self.cancel = QPushButton(self.tr("&Cancel"), self)
        self.cancel.setToolTip(self.tr("Stop; what was measured stays, and the same start goes on"))
        self.cancel.clicked.connect(self._session.benchmark.stop)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setMinimumWidth(160)
        self.told = QLabel(self)
        self.report = QPushButton(self.tr("Open &report"), self)
        self.report.setToolTip(self.tr("Show report.html in the browser: one page to send"))
        self.report.clicked.connect(self._open_report)
        self.export = QPushButton(self.tr("&Export…"), self)
        self.export.setToolTip(
            self.tr("Write report, tables (CSV, JSON) and plots (PNG, SVG) to a folder")
        )
        self.export.clicked.connect(self._export)
        row = QHBoxLayout()
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(8)
        for widget in (self.open, self.go, self.pause, self.cancel, self.progress):
            row.addWidget(widget)
        row.addWidget(self.told, 1)
        row.addWidget(self.report)
        row.addWidget(self.export)
        return row

    # State to widgets ---------------------------------------------------------------------------

    def retint(self) -> None:
        """Take the theme's colours."""
        self.message_bar.retint()
        page = self.pages.currentWidget()
        for other in self._pages():
            if other is not page:
                other.retint()
        page.retint() if isinstance(page, ResultPage) else None

    def showEvent(self, event: QShowEvent) -> None:
        """Show what was found while it was closed."""
        super().showEvent(event)
        self._show_grid()

    def _pages(self) -> tuple[ResultPage, ...]:
        return (
            *(self.summary, self.conditions, self.curves),
            *(self.classes, self.models, self.position),
        )

    def _update(self) -> None:
        run = self._session.benchmark
        complete = run.grid is not None and run.grid.results is not None
        self.form.setEnabled(not run.running)
        self.open.setEnabled(not run.running)
        self.go.setEnabled(not run.running and self.form.request() is not None)
        self.pause.setEnabled(run.running and not run.stopping)
        self.pause.setText(self.tr("&Go on") if run.paused else self.tr("&Pause"))
        self.cancel.setEnabled(run.running and not run.stopping)
        self.report.setEnabled(complete and not run.running)
        self.export.setEnabled(complete and not run.running)
        self.progress.setVisible(run.running)
        self.progress.setRange(0, run.total)
        self.progress.setValue(run.done)
        self.told.setText(self._told())

    def _told(self) -> str:
        run = self._session.benchmark
        if not run.running:
            return ""
        if not run.total:
            return self.tr("Reading images and models…")
        count = self.tr("{done} of {total} cells").format(done=run.done, total=run.total)
        if run.stopping:
            return self.tr("{count}, stopping…").format(count=count)
        if run.paused:
            return self.tr("{count}, paused").format(count=count)
        if run.latest is None:
            return count
        corruption, severity, _ = run.latest.condition
        name = self.tr("clean") if severity == 0 else f"{corruption_title(corruption)} {severity:g}"
        return self.tr("{count}, {time} left: {image}, {condition}").format(
            count=count,
            time=run.latest.time_left,
            image=run.latest.image,
            condition=name,
        )

    def _show_grid(self) -> None:
        page = self.pages.currentWidget()
        if isinstance(page, ResultPage):
            page.refresh()

    def _tell_end(self) -> None:
        grid = self._session.benchmark.grid
        assert grid is not None, "it has just been found"
        sentence = self.tr("Every cell is measured; the report is written.")
        self.message_bar.show_message("success", sentence, str(grid.out))
        self.message_bar.offer(self.tr("Open report"), self._open_report)

    def _tell_export(self, folder: Path) -> None:
        self.message_bar.show_message("success", self.tr("Everything is written."), str(folder))
        self.message_bar.offer(self.tr("Open folder"), lambda: _open_path(folder))

    def _show_error(self, error: Exception) -> None:
        sentence, hint = sentence_and_hint(error)
        self.message_bar.show_message("error", sentence, hint, details(error))

    # Actions ------------------------------------------------------------------------------------

    def _start(self) -> None:
        request = self.form.request()
        folder = self.form.out.folder
        if request is not None and folder is not None:
            self.message_bar.hide()
            self._session.benchmark.start(request, folder)

    def _pause(self) -> None:
        run = self._session.benchmark
        (run.go_on if run.paused else run.pause)()

    def _open(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of a benchmark"))
        if folder:
            self._session.benchmark.read(Path(folder))

    def _open_report(self) -> None:
        grid = self._session.benchmark.grid
        if grid is not None:
            _open_path(grid.page)

    def _export(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Export the benchmark to"))
        if folder:
            self._session.benchmark.export(Path(folder))


def _open_path(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
