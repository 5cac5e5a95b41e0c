"""The first page of the Fine-tune dock: what is learnt from what, and how."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.training.options import PRESETS, Preset
from segformer_gui.gui import theme
from segformer_gui.gui.docks.tuning_options import TuningOptions
from segformer_gui.gui.docks.tuning_tables import ClassTable, TuningTable, count_told
from segformer_gui.gui.messages import duration, sentence_and_hint
from segformer_gui.gui.session.session import Session


class TuningSetup(QWidget):
    """Data, split, classes, preset, and how long it will take."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._tuning = session.tuning
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 8, 8, 4)
        layout.setSpacing(8)
        self._build_data(layout)
        self._build_tables(layout)
        self._build_presets(layout)
        layout.addStretch(1)
        area = QScrollArea(self)
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area, 1)
        outer.addLayout(self._build_start())

    # Building -----------------------------------------------------------------------------------

    def _build_data(self, layout: QVBoxLayout) -> None:
        self.source = QComboBox(self)
        self.source.setAccessibleName(self.tr("Data"))
        self.source.setToolTip(self.tr("Where the corrected masks come from"))
        self.source.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.source.activated.connect(self._choose_source)
        self.again = QToolButton(self)
        self.again.setToolTip(self.tr("Count again what has been corrected"))
        self.again.setAccessibleName(self.tr("Count again"))
        self.again.clicked.connect(self._tuning.read)
        row = QHBoxLayout()
        row.addWidget(self.source, 1)
        row.addWidget(self.again)
        layout.addLayout(row)
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        layout.addWidget(self.told)
        self.base = QLabel(self)
        self.base.setWordWrap(True)
        self.base.setToolTip(self.tr("The model in use; choose another one in the Model dock"))
        layout.addWidget(self.base)

    def _build_tables(self, layout: QVBoxLayout) -> None:
        self.sequences = TuningTable((self.tr("Held out for the proof"), self.tr("images")), self)
        self.sequences.setToolTip(
            self.tr(
                "Sequences with a tick are not learnt from: on them the new model is compared with"
                " the old one. Neighbouring frames of a video belong to one sequence."
            )
        )
        self.sequences.itemChanged.connect(self._hold_out)
        self.in_turn = QCheckBox(self.tr("Each in turn"), self)
        self.in_turn.setToolTip(
            self.tr(
                "Leave one out: a run for each sequence, which it holds out, one after the other."
                " For few images, of which none can be spared for the proof."
            )
        )
        self.in_turn.clicked.connect(lambda in_turn: self._tuning.choose(in_turn=in_turn))
        self.classes = ClassTable(self._tuning, self._session.models, self)
        layout.addWidget(self.sequences)
        layout.addWidget(self.in_turn)
        layout.addWidget(self.classes)

    def _build_presets(self, layout: QVBoxLayout) -> None:
        self.preset = QComboBox(self)
        self.preset.setAccessibleName(self.tr("Preset"))
        self._presets = {
            "quick": (self.tr("Quick"), self.tr("Only the head, on features computed once.")),
            "balanced": (
                self.tr("Balanced"),
                self.tr("Everything, the first layers least; some crops are corrupted."),
            ),
            "thorough": (
                self.tr("Thorough"),
                self.tr("As balanced, three times as long, and towards the Jaccard index."),
            ),
            "robust": (
                self.tr("Robust"),
                self.tr("Every crop beside a corrupted twin that is to be predicted alike."),
            ),
        }
        for preset in PRESETS:
            self.preset.addItem(self._presets[preset][0], preset)
        self.preset.activated.connect(lambda: self._tuning.choose(preset=self.preset.currentData()))
        label = QLabel(self.tr("&Preset"), self)
        label.setBuddy(self.preset)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.preset, 1)
        self.preset_told = QLabel(self)
        self.preset_told.setWordWrap(True)
        self.preset_told.setProperty("muted", True)
        self.more = QToolButton(self)
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setArrowType(Qt.ArrowType.RightArrow)
        self.more.toggled.connect(self._fold)
        self.options = TuningOptions(self._tuning, self)
        self.options.hide()
        layout.addLayout(row)
        layout.addWidget(self.preset_told)
        layout.addWidget(self.more)
        layout.addWidget(self.options)

    def _build_start(self) -> QVBoxLayout:
        self.time = QLabel(self)
        self.time.setWordWrap(True)
        self.measure = QPushButton(self)
        self.measure.setToolTip(self.tr("Take some steps, which change nothing, to see how long"))
        self.measure.clicked.connect(self._measure)
        self.start = QPushButton(self.tr("Fine-tune"), self)
        self.start.setProperty("primary", True)
        self.start.setToolTip(
            self.tr("Train in a process of its own, which goes on when the window is closed")
        )
        self.start.clicked.connect(self._tuning.start)
        row = QHBoxLayout()
        row.addWidget(self.measure)
        row.addStretch(1)
        row.addWidget(self.start)
        layout = QVBoxLayout()
        layout.setContentsMargins(8, 4, 8, 8)
        layout.addWidget(self.time)
        layout.addLayout(row)
        return layout

    # State to widgets ---------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what is chosen and what it leads to."""
        tuning = self._tuning
        self._show_source()
        self._show_told()
        self._show_sequences()
        self.classes.refresh()
        self.preset.setCurrentIndex(self.preset.findData(tuning.choice.preset))
        preset: Preset = tuning.choice.preset
        self.preset_told.setText(self._presets[preset][1])
        self.options.refresh()
        changed = any(value is not None for value in vars(tuning.choice.adjustments).values())
        self.more.setText(self.tr("Advanced, changed") if changed else self.tr("Advanced"))
        self._show_time()
        live = self._session.runs.live
        self.start.setEnabled(tuning.can_start and not live)
        self.start.setText(self.tr("Starting…") if tuning.starting else self.tr("Fine-tune"))

    def retint(self) -> None:
        """Take the theme's colours."""
        self.again.setIcon(theme.icon("loop"))
        self.again.setIconSize(QSize(16, 16))

    def _show_source(self) -> None:
        project, folder = self._session.projects.project, self._tuning.folder
        blocked = self.source.blockSignals(True)
        self.source.clear()
        if project is not None:
            own = self._session.projects.is_own
            name = self.tr("Your corrections") if own else project.folder.name
            self.source.addItem(self.tr("Project: {name}").format(name=name), "project")
        elif folder is None:
            self.source.addItem(self.tr("No project is open"), "project")
        if folder is not None:
            self.source.addItem(self.tr("Folder: {name}").format(name=folder.name), "folder")
        self.source.addItem(self.tr("Labelled folder…"), "choose")
        self.source.setCurrentIndex(self.source.findData("folder" if folder else "project"))
        self.source.blockSignals(blocked)

    def _show_told(self) -> None:
        tuning, models = self._tuning, self._session.models
        told = ""
        if tuning.summary is not None:
            held = tuning.held_out
            samples = tuning.summary.samples
            out = sum(sample.sequence in held for sample in samples)
            pixels = sum(tuning.summary.pixels_to_learn(held).values())
            told = self.tr("Images to learn from: {images}, with {pixels} labelled pixels.").format(
                images=len(samples) - out, pixels=count_told(pixels)
            )
            out_told = (
                self.tr("Held out: {count}.").format(count=out)
                if out
                else self.tr("None held out: nothing will be proven.")
            )
            if tuning.choice.in_turn:
                out_told = self.tr("Held out: each sequence in turn, in {count} runs.").format(
                    count=tuning.runs
                )
            told = f"{told} {out_told}"
        elif tuning.reading:
            told = self.tr("Counting…")
        elif tuning.source is None:
            told = self.tr("Correct some masks, open a project, or choose a labelled folder.")
        if tuning.problem is not None:
            told = "\n".join((*filter(None, [told]), *sentence_and_hint(tuning.problem)))
        self.told.setText(told)
        begins = self.tr("Begins with {model}").format(model=models.ready_title())
        self.base.setText(begins if models.ready else self.tr("The model is being loaded…"))

    def _show_sequences(self) -> None:
        summary, held = self._tuning.summary, self._tuning.held_out
        table = self.sequences
        counts = summary.sequences if summary else {}
        table.setVisible(bool(counts))
        table.setEnabled(not self._tuning.choice.in_turn)
        self.in_turn.setVisible(len(counts) > 1)
        self.in_turn.setChecked(self._tuning.choice.in_turn)
        blocked = table.blockSignals(True)
        if [table.topLevelItem(row).text(0) for row in range(table.topLevelItemCount())] != [  # pyright: ignore[reportOptionalMemberAccess]
            *counts
        ]:
            table.clear()
            for name, count in counts.items():
                item = QTreeWidgetItem(table, [name, str(count)])
                item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
                item.setToolTip(0, name)
            table.fit(len(counts))
        for row, name in enumerate(counts):
            item = table.topLevelItem(row)
            assert item is not None
            state = Qt.CheckState.Checked if name in held else Qt.CheckState.Unchecked
            item.setCheckState(0, state)
        table.blockSignals(blocked)

    def _show_time(self) -> None:
        tuning = self._tuning
        recipe, total = tuning.recipe, tuning.total_s
        steps = recipe.optimizer.steps if recipe else 0
        text = ""
        if tuning.measuring:
            text = self.tr("Measuring some steps…")
        elif recipe is not None and total is not None and tuning.step_s is not None:
            about = (
                self.tr(
                    "About {time}: {runs} runs of {steps} steps of {step:.2f} s, and the proofs"
                )
                if tuning.runs > 1
                else self.tr("About {time}: {steps} steps of {step:.2f} s, and the proof")
                if recipe.data.held_out
                else self.tr("About {time}: {steps} steps of {step:.2f} s")
            )
            text = about.format(
                time=duration(total), runs=tuning.runs, steps=steps, step=tuning.step_s
            )
        elif recipe is not None:
            told = (
                self.tr("{runs} runs of {steps} steps")
                if tuning.runs > 1
                else self.tr("{steps} steps")
            )
            text = told.format(runs=tuning.runs, steps=steps)
        self.time.setText(text)
        self.measure.setEnabled(recipe is not None)
        self.measure.setText(self.tr("Cancel") if tuning.measuring else self.tr("How long?"))

    # Widgets to session -------------------------------------------------------------------------

    def _hold_out(self, item: QTreeWidgetItem, _column: int) -> None:
        held = item.checkState(0) == Qt.CheckState.Checked
        self._tuning.set_hold_out(item.text(0), held)

    def _choose_source(self) -> None:
        chosen = self.source.currentData()
        if chosen == "project":
            self._tuning.use_folder(None)
        elif chosen == "choose":
            start = self._session.settings.open_folder
            folder = QFileDialog.getExistingDirectory(self, self.tr("Labelled folder"), start)
            if folder:
                self._tuning.use_folder(Path(folder))
            self._show_source()

    def _measure(self) -> None:
        if self._tuning.measuring:
            self._tuning.cancel_measuring()
        else:
            self._tuning.measure()

    def _fold(self, open_: bool) -> None:
        self.options.setVisible(open_)
        self.more.setArrowType(Qt.ArrowType.DownArrow if open_ else Qt.ArrowType.RightArrow)
