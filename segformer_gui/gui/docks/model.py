"""Which model runs, where it comes from, and how it is run."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDockWidget,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.catalogue import ModelEntry
from segformer_gui.core.inference.options import SCALES
from segformer_gui.gui import theme
from segformer_gui.gui.aside import paint_aside
from segformer_gui.gui.messages import note_sentence, scales_title
from segformer_gui.gui.session.session import Session

_DETAILS_ROLE = Qt.ItemDataRole.UserRole + 1
_SIZES = ("model", "native", "512", "768", "1024", "1536", "2048")


class _EntryDelegate(QStyledItemDelegate):
    """Draws score and download size at the right of a model's title."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw title and details."""
        super().paint(painter, option, index)
        paint_aside(painter, option, index.data(_DETAILS_ROLE) or "", theme.colors().muted)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """A little air around each line."""
        size = super().sizeHint(option, index)
        return QSize(size.width(), size.height() + 6)


class ModelDock(QDockWidget):
    """Picks the model, downloads it, and sets device, precision, sizes and protocol."""

    def __init__(self, session: Session, open_actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("model_dock")
        self.setWindowTitle(self.tr("Model"))
        self._session = session
        self.picker = QComboBox(self)
        self.picker.setAccessibleName(self.tr("Model"))
        self.picker.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.picker.setMinimumContentsLength(18)
        self.picker.setMaxVisibleItems(24)
        self.picker.view().setMinimumWidth(330)
        self.picker.setItemDelegate(_EntryDelegate(self.picker))
        self.picker.activated.connect(self._pick)
        self.notes = QLabel(self)
        self.notes.setWordWrap(True)
        self.notes.setProperty("role", "warning")
        self._build_download()
        self.open = QPushButton(self.tr("Open…"), self)
        self.open.setToolTip(self.tr("Load a model from the disk"))
        menu = QMenu(self.open)
        menu.addActions(open_actions)
        self.open.setMenu(menu)
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(8)
        top = QHBoxLayout()
        top.addWidget(self.picker, 1)
        top.addWidget(self.open)
        layout.addLayout(top)
        layout.addLayout(self._build_facts())
        layout.addWidget(self.notes)
        layout.addWidget(self._download_row)
        layout.addLayout(self._build_options())
        layout.addStretch(1)
        self.setWidget(content)
        session.models.entries_changed.connect(self._list)
        session.models.chosen_changed.connect(self._show_chosen)
        session.models.ready_changed.connect(self._show_ready)
        session.models.download_changed.connect(self._show_download)
        session.settings_changed.connect(self._show_options)
        self._list()
        self._show_ready()
        self._show_options()

    def _build_facts(self) -> QGridLayout:
        texts = {
            "classes": self.tr("Classes"),
            "layout": self.tr("Layout"),
            "size": self.tr("Size"),
            "score": self.tr("mIoU"),
            "licence": self.tr("Licence"),
            "path": self.tr("File"),
        }
        self.facts: dict[str, tuple[QLabel, QLabel]] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for row, (fact, text) in enumerate(texts.items()):
            name, value = QLabel(text, self), QLabel(self)
            name.setProperty("muted", True)
            value.setWordWrap(True)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
            self.facts[fact] = name, value
        return grid

    def _build_download(self) -> None:
        self._download_row = QWidget(self)
        self.download = QPushButton(self.tr("Download"), self._download_row)
        self.download.setProperty("primary", True)
        self.download.clicked.connect(self._start_download)
        self.progress = QProgressBar(self._download_row)
        self.progress.setTextVisible(False)
        self.progress_text = QLabel(self._download_row)
        self.progress_text.setProperty("muted", True)
        self.cancel = QPushButton(self.tr("Cancel"), self._download_row)
        self.cancel.clicked.connect(self._session.models.cancel_download)
        row = QHBoxLayout(self._download_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.download)
        row.addWidget(self.progress, 1)
        row.addWidget(self.progress_text)
        row.addWidget(self.cancel)

    def _build_options(self) -> QGridLayout:
        session = self._session
        self.device = QComboBox(self)
        self.device.setToolTip(self.tr("Where the network runs"))
        self.device.activated.connect(lambda: session.models.set_device(self.device.currentData()))
        self.precision = QComboBox(self)
        self.precision.setToolTip(
            self.tr("Half precision is faster on most graphics cards; OpenVINO on many processors")
        )
        self.precision.activated.connect(
            lambda: session.models.set_precision(self.precision.currentData())
        )
        self.input_size = QComboBox(self)
        self.input_size.setToolTip(self.tr("Length of the image's shorter side inside the network"))
        self.input_size.activated.connect(
            lambda: session.change_settings(short_side=self.input_size.currentData())
        )
        self.scales = QComboBox(self)
        self.scales.setToolTip(
            self.tr("Multi-scale testing: the mean over several input sizes, slower and better")
        )
        self.scales.activated.connect(
            lambda: session.change_settings(scales=self.scales.currentData())
        )
        self.sliding = QCheckBox(self.tr("Sliding window"), self)
        self.sliding.setToolTip(
            self.tr("Segment in overlapping squares of 1024 pixels: slower, better on large images")
        )
        self.sliding.clicked.connect(lambda on: session.change_settings(sliding=on))
        self.flip = QCheckBox(self.tr("Average with the mirrored image"), self)
        self.flip.setToolTip(self.tr("Flip augmentation: takes twice as long, a little better"))
        self.flip.clicked.connect(lambda on: session.change_settings(flip=on))
        grid = QGridLayout()
        grid.setContentsMargins(0, 6, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        boxes = {
            self.tr("&Device"): self.device,
            self.tr("&Precision"): self.precision,
            self.tr("Input &size"): self.input_size,
            self.tr("S&cales"): self.scales,
        }
        for row, (text, box) in enumerate(boxes.items()):
            label = QLabel(text, self)
            label.setBuddy(box)
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
        grid.addWidget(self.sliding, len(boxes), 0, 1, 2)
        grid.addWidget(self.flip, len(boxes) + 1, 0, 1, 2)
        return grid

    # The list -----------------------------------------------------------------------------------

    def _list(self) -> None:
        """Fill the picker, grouped by where the models come from."""
        headings = {
            "embedded": self.tr("Embedded"),
            "user": self.tr("Yours"),
            "local": self.tr("Opened from disk"),
            "hub": self.tr("On the hub"),
        }
        items = QStandardItemModel(self)
        for origin, heading in headings.items():
            entries = [entry for entry in self._session.models.entries if entry.origin == origin]
            if entries:
                title = QStandardItem(heading)
                title.setFlags(Qt.ItemFlag.NoItemFlags)
                bold = title.font()
                bold.setBold(True)
                title.setFont(bold)
                items.appendRow(title)
            for entry in entries:
                item = QStandardItem(entry.title)
                item.setData(self._details(entry), _DETAILS_ROLE)
                item.setData(entry.id, Qt.ItemDataRole.UserRole)
                item.setToolTip(str(entry.path or entry.id))
                items.appendRow(item)
        self.picker.setModel(items)
        self._show_chosen()

    def _details(self, entry: ModelEntry) -> str:
        parts: list[str] = []
        if entry.score is not None:
            parts.append(self.tr("{score} %").format(score=entry.score))
        if entry.path is None:
            parts.append(self.tr("↓ {size} MB").format(size=entry.size_mb))
        return "   ".join(parts)

    def _pick(self, row: int) -> None:
        model_id = self.picker.itemData(row)
        for entry in self._session.models.entries:
            if entry.id == model_id:
                self._session.models.choose(entry)

    def _show_chosen(self) -> None:
        chosen = self._session.models.chosen
        if chosen is not None:
            self.picker.setCurrentIndex(self.picker.findData(chosen.id))
        self._show_facts()
        self._show_download()

    def _show_facts(self) -> None:
        chosen = self._session.models.chosen
        facts = self._facts(chosen) if chosen is not None else {}
        for fact, labels in self.facts.items():
            labels[1].setText(facts.get(fact, ""))
            for label in labels:
                label.setVisible(fact in facts)

    def _facts(self, entry: ModelEntry) -> dict[str, str]:
        facts: dict[str, str] = {}
        ready = self._session.models.ready
        if ready is not None and ready.request.spec == entry.id:
            facts["classes"] = str(len(ready.classes))
            if entry.origin in ("local", "user"):
                facts["layout"] = ready.layout
        if entry.size_mb is not None:
            facts["size"] = self.tr("{size} MB").format(size=entry.size_mb)
        if entry.score is not None:
            score = (
                self.tr("{score} %, measured by this project")
                if entry.score_source == "measured"
                else self.tr("{score} %, as published")
            )
            facts["score"] = score.format(score=entry.score)
        if entry.licence:
            facts["licence"] = entry.licence
        if entry.origin == "local":
            facts["path"] = str(entry.path).replace("/", "/\u200b")  # May break after each folder.
        return facts

    # Download -----------------------------------------------------------------------------------

    def _start_download(self) -> None:
        if self._session.models.chosen is not None:
            self._session.models.start_download(self._session.models.chosen)

    def _show_download(self) -> None:
        chosen, running = self._session.models.chosen, self._session.models.download
        missing = chosen is not None and chosen.path is None
        self._download_row.setVisible(missing or running is not None)
        self.download.setVisible(running is None)
        for widget in (self.progress, self.progress_text, self.cancel):
            widget.setVisible(running is not None)
        if running is None or running.progress is None:
            self.progress.setRange(0, 0)
            self.progress_text.setText(self.tr("Connecting…"))
            return
        done, total = running.progress.done_bytes, running.progress.total_bytes
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(done / max(1, total) * 1000))
        self.progress_text.setText(
            self.tr("{done:.0f} of {total:.0f} MB").format(done=done / 1e6, total=total / 1e6)
        )

    # Options ------------------------------------------------------------------------------------

    def _show_ready(self) -> None:
        models = self._session.models
        ready, request = models.ready, models.request
        devices = ready.devices if ready else ()
        precisions = ready.precisions if ready else ()
        auto = self.tr("Automatic")
        _fill(self.device, {"auto": auto} | {d: _DEVICES[d] for d in devices}, request.device)
        _fill(self.precision, {"auto": auto} | {p: p for p in precisions}, request.precision)
        for widget in (self.device, self.precision):
            widget.setEnabled(ready is not None and not models.loading)
        notes = ready.notes if ready else ()
        self.notes.setText("\n".join(note_sentence(note) for note in notes))
        self.notes.setVisible(bool(notes))
        self._show_facts()
        self._show_options()

    def _show_options(self) -> None:
        settings = self._session.settings
        ready = self._session.models.ready
        own = self.tr("The model's own")
        if ready is not None and ready.short_side is not None:
            own = self.tr("The model's own ({pixels} px)").format(pixels=ready.short_side)
        named = {"model": own, "native": self.tr("The image's own")}
        choices = {size: named.get(size, f"{size} px") for size in (*_SIZES, settings.short_side)}
        _fill(self.input_size, choices, settings.short_side)
        scales = {text: scales_title(text) for text in (*SCALES, settings.scales)}
        _fill(self.scales, scales, settings.scales)
        self.sliding.setChecked(settings.sliding)
        self.flip.setChecked(settings.flip)


_DEVICES = {"cpu": "CPU", "cuda": "CUDA", "mps": "MPS"}


def _fill(box: QComboBox, choices: dict[str, str], chosen: str) -> None:
    """Set the choices of a box, by their data, without a signal."""
    blocked = box.blockSignals(True)
    box.clear()
    for data, text in choices.items():
        box.addItem(text, data)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.blockSignals(blocked)
