"""Fields of the benchmark's form that consist of several: folder, models, protocol."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.catalogue import CONFIG_FILE, ModelEntry
from segformer_gui.core.corruption.catalogue import NAMES, PROTOCOLS, Protocol
from segformer_gui.core.robustness.plan import custom_protocol
from segformer_gui.gui.benchmark.page import muted_label, relist
from segformer_gui.gui.messages import corruption_title

_SEVERITIES = (1, 2, 3, 4, 5)
_LIST_PX = 92  # Four rows, before a list scrolls.
_DATA = Qt.ItemDataRole.UserRole


class FolderField(QWidget):
    """A line for a path, and a button that asks for it."""

    changed = Signal()

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = title
        self.line = QLineEdit(self)
        self.line.setPlaceholderText(self.tr("Choose a folder"))
        self.line.setAccessibleName(title)
        self.line.textChanged.connect(self.changed)
        browse = QPushButton(self.tr("Browse…"), self)
        browse.clicked.connect(self._browse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(browse)
        self.setFocusProxy(self.line)

    @property
    def folder(self) -> Path | None:
        """The folder, None where the line is empty."""
        text = self.line.text().strip()
        return Path(text).expanduser().absolute() if text else None

    def show_folder(self, folder: Path) -> None:
        """Fill the line."""
        self.line.setText(str(folder))

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self._title, self.line.text())
        if folder:
            self.line.setText(folder)


class ModelsField(QWidget):
    """The models of this machine to choose from, and which of several is the reference."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setToolTip(self.tr("The models to compare, of those that are on this machine"))
        self.list.setAccessibleName(self.tr("Models"))
        self.list.setFixedHeight(_LIST_PX)
        self.list.itemChanged.connect(self._update)
        add = QPushButton(self.tr("Add a &checkpoint…"), self)
        add.setToolTip(self.tr("Compare a checkpoint from anywhere on the disk, too"))
        add.clicked.connect(self._browse)
        self.reference = QComboBox(self)
        self.reference.setToolTip(
            self.tr("The model that errors under corruption are relative to: CD, rCD, mCD")
        )
        self.reference.currentIndexChanged.connect(self.changed)
        self._reference_row = QWidget(self)
        row = QHBoxLayout(self._reference_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(self.tr("Reference"), self))
        row.addWidget(self.reference, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        layout.addWidget(add)
        layout.addWidget(self._reference_row)
        self._update()

    def offer(self, entries: Sequence[ModelEntry], usual: str) -> None:
        """Add models that are not listed yet; the `usual` one is checked."""
        known = {entry.id for entry in self._entries()}
        for entry in entries:
            if entry.path is not None and entry.id not in known:
                self._add(entry, entry.id == usual)

    def specs(self, before: Sequence[str]) -> tuple[str, ...]:
        """What names the chosen models, the reference first; as `before` where it did."""
        chosen = self._chosen()
        if (place := self.reference.currentIndex()) > 0:
            chosen = [chosen[place], *chosen[:place], *chosen[place + 1 :]]
        return tuple(next((m for m in before if m in _names(e)), e.id) for e in chosen)

    def choose(self, specs: Sequence[str]) -> None:
        """Choose these models, listed or not, of which the first is the reference."""
        listed = {name for entry in self._entries() for name in _names(entry)}
        for spec in specs:
            if spec not in listed:
                self._add(ModelEntry(spec, Path(spec).name, "local", path=Path(spec)), True)
        for item in _items(self.list):
            _check(item, any(name in specs for name in _names(item.data(_DATA))))
        first = [specs[0] in _names(entry) for entry in self._chosen()]
        self.reference.setCurrentIndex(first.index(True))

    def _update(self) -> None:
        titles = [entry.title for entry in self._chosen()]
        relist(self.reference, titles)
        self._reference_row.setVisible(len(titles) > 1)
        self.changed.emit()

    def _entries(self) -> list[ModelEntry]:
        return [item.data(_DATA) for item in _items(self.list)]

    def _chosen(self) -> list[ModelEntry]:
        return [item.data(_DATA) for item in _items(self.list) if _is_checked(item)]

    def _add(self, entry: ModelEntry, checked: bool) -> None:
        item = _checkable(entry.title, entry, checked)
        item.setToolTip(entry.id)
        self.list.addItem(item)
        self._update()

    def _browse(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Add a checkpoint"))
        if name:
            path = Path(name)
            # The weights of a Hugging Face folder stand for the folder.
            path = path.parent if (path.parent / CONFIG_FILE).is_file() else path
            self._add(ModelEntry(str(path), path.name, "local", path=path), True)


class ProtocolField(QWidget):
    """A protocol by name, or corruptions and severities of one's own."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.box = QComboBox(self)
        for name in PROTOCOLS:
            self.box.addItem(name, name)
        self.box.addItem(self.tr("custom: my own choice"), "custom")
        self.box.setToolTip(self.tr("Which conditions make up the mean"))
        self.source = muted_label(self)
        self.corruptions = QListWidget(self)
        self.corruptions.setAccessibleName(self.tr("Corruptions"))
        self.corruptions.setFixedHeight(_LIST_PX)
        for name in NAMES:
            self.corruptions.addItem(_checkable(corruption_title(name), name, True))
        self._levels = QWidget(self)
        row = QHBoxLayout(self._levels)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(self.tr("Severities"), self))
        row.addStretch(1)
        self.severities: dict[float, QCheckBox] = {}
        for level in _SEVERITIES:
            self._add_severity(level)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.box, self.source, self.corruptions, self._levels):
            layout.addWidget(widget)
        self.box.currentIndexChanged.connect(self._update)
        self.corruptions.itemChanged.connect(self._update)
        self._update()

    @property
    def name(self) -> str:
        """The protocol's name."""
        return self.box.currentData()

    def protocol(self) -> Protocol | None:
        """The protocol; None where nothing is chosen of what is one's own."""
        if self.name != "custom":
            return PROTOCOLS[self.name]
        names = [i.data(_DATA) for i in _items(self.corruptions) if _is_checked(i)]
        levels = [level for level, box in self.severities.items() if box.isChecked()]
        return custom_protocol(names, levels) if names and levels else None

    def choose(self, protocol: Protocol) -> None:
        """Show a protocol."""
        choose(self.box, protocol.name)
        if protocol.name == "custom":
            for item in _items(self.corruptions):
                _check(item, item.data(_DATA) in protocol.severities)
            levels = next(iter(protocol.severities.values()))
            for level in levels:
                if level not in self.severities:  # One in between, from the command line.
                    self._add_severity(level)
            for level, box in self.severities.items():
                box.setChecked(level in levels)

    def _add_severity(self, level: float) -> None:
        box = self.severities[level] = QCheckBox(f"{level:g}", self)
        box.setChecked(True)
        box.toggled.connect(self._update)
        row = self._levels.layout()
        assert isinstance(row, QHBoxLayout), "it has just been made"
        row.insertWidget(row.count() - 1, box)

    def _update(self) -> None:
        custom = self.name == "custom"
        self.source.setVisible(not custom)
        self.source.setText("" if custom else PROTOCOLS[self.name].source)
        self.corruptions.setVisible(custom)
        self._levels.setVisible(custom)
        self.changed.emit()


def choose(box: QComboBox, data: object) -> None:
    """Choose the entry of some data, else the first one."""
    box.setCurrentIndex(max(0, box.findData(data)))


def _names(entry: ModelEntry) -> tuple[str | None, str | None]:
    return entry.id, entry.alias


def _items(box: QListWidget) -> list[QListWidgetItem]:
    return [box.item(row) for row in range(box.count())]


def _checkable(text: str, data: object, checked: bool) -> QListWidgetItem:
    item = QListWidgetItem(text)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
    item.setData(_DATA, data)
    _check(item, checked)
    return item


def _check(item: QListWidgetItem, on: bool) -> None:
    item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)


def _is_checked(item: QListWidgetItem) -> bool:
    return item.checkState() == Qt.CheckState.Checked
