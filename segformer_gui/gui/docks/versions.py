"""The versions: a tree of fine-tuned models, each with what it proved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.errors import Note
from segformer_gui.core.training.versions import Version
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.messages import note_sentence
from segformer_gui.gui.session.session import Session

if TYPE_CHECKING:
    from segformer_gui.core.network.write import Format

_NAME = Qt.ItemDataRole.UserRole


class VersionsDock(QDockWidget):
    """A tree, and for the version that is selected its facts, notes and buttons."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("versions_dock")
        self.setWindowTitle(self.tr("Versions"))
        self._session = session
        self._versions = session.versions
        self._used = ""
        self._noted = ""  # The version whose notes are shown.
        self._stack = QStackedWidget(self)
        hint = QLabel(self.tr("Models that you fine-tune and adopt are listed here."), self)
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setWordWrap(True)
        hint.setContentsMargins(16, 16, 16, 16)
        self._stack.addWidget(hint)
        self._stack.addWidget(self._build_page(actions))
        self.setWidget(self._stack)
        self._versions.changed.connect(self._show)
        session.models.entries_changed.connect(self._show)
        self._show()

    def _build_page(self, actions: Actions) -> QWidget:
        page = QWidget(self)
        self.tree = QTreeWidget(page)
        self.tree.setHeaderLabels((self.tr("Version"), self.tr("clean"), self.tr("corrupted")))
        self.tree.setIndentation(14)
        self.tree.setAccessibleName(self.tr("Versions"))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.currentItemChanged.connect(lambda *_: self._show_selected())
        self.facts = QLabel(page)
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.notes = QPlainTextEdit(page)
        self.notes.setPlaceholderText(self.tr("Notes"))
        self.notes.setAccessibleName(self.tr("Notes"))
        self.notes.setTabChangesFocus(True)
        self.notes.setFixedHeight(2 * self.fontMetrics().lineSpacing() + 14)
        self.keep = QPushButton(self.tr("Keep note"), page)
        self.keep.clicked.connect(self._keep_notes)
        self.notes.textChanged.connect(self._note_changed)
        self.use = QPushButton(self.tr("Use"), page)
        self.use.setToolTip(self.tr("Segment with this model from now on"))
        self.use.clicked.connect(lambda: self._versions.use(self.selected))
        self.compare = QPushButton(self.tr("Compare"), page)
        self.compare.setToolTip(self.tr("Show it beside the model in use"))
        self.compare.clicked.connect(lambda: self._versions.compare_with(self.selected))
        self.export = QPushButton(self.tr("Export"), page)
        menu = QMenu(self.export)
        for format_, text in (
            ("huggingface", self.tr("Hugging Face folder…")),
            ("safetensors", self.tr("Weights, .safetensors…")),
            ("onnx", self.tr("ONNX, any size…")),
        ):
            menu.addAction(text).triggered.connect(
                lambda _=False, format_=format_: self._export(cast("Format", format_))
            )
        self.export.setMenu(menu)
        back = actions["roll_back"]
        self.back = QPushButton(self.tr("Roll back"), page)
        self.back.setToolTip(back.toolTip())
        self.back.clicked.connect(back.trigger)
        back.changed.connect(lambda: self.back.setEnabled(back.isEnabled()))
        self.back.setEnabled(back.isEnabled())
        first, second = QHBoxLayout(), QHBoxLayout()
        for button in (self.use, self.compare, self.export):
            first.addWidget(button)
        first.addStretch(1)
        second.addWidget(self.back)
        second.addStretch(1)
        second.addWidget(self.keep)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.facts)
        layout.addLayout(first)
        layout.addWidget(self.notes)
        layout.addLayout(second)
        return page

    @property
    def selected(self) -> str:
        """The name of the model that is selected, "" of none."""
        item = self.tree.currentItem()
        return item.data(0, _NAME) if item else ""

    def _show(self) -> None:
        versions = self._versions.versions
        selected = self.selected if self._versions.used == self._used else self._versions.used
        self._used = self._versions.used
        blocked = self.tree.blockSignals(True)
        self.tree.clear()
        items: dict[str, QTreeWidgetItem] = {}
        for version in versions:  # The oldest first: a parent is there before its children.
            parent = items.get(version.parent) or self._root(version.parent, items)
            item = items[version.name] = QTreeWidgetItem(parent, [version.name])
            self._fill(item, version)
        for name, item in items.items():
            item.setData(0, _NAME, name)
            item.setToolTip(0, name)
            font = QFont(self.tree.font())
            font.setBold(name == self._versions.used)
            item.setFont(0, font)
        self.tree.expandAll()
        chosen = items.get(selected) or next(iter(items.values()), None)
        if chosen is not None:
            self.tree.setCurrentItem(chosen)
        self.tree.blockSignals(blocked)
        self._stack.setCurrentIndex(1 if versions else 0)
        self._show_selected()

    def _root(self, name: str, items: dict[str, QTreeWidgetItem]) -> QTreeWidgetItem:
        titles = {entry.id: entry.title for entry in self._session.models.entries}
        item = items[name] = QTreeWidgetItem(self.tree, [titles.get(name, Path(name).name)])
        return item

    def _fill(self, item: QTreeWidgetItem, version: Version) -> None:
        for column, quantity in enumerate(("clean", "corrupted"), 1):
            if version.proof is not None:
                pair = version.proof[quantity]
                before, after = (100 * pair[when]["value"] for when in ("before", "after"))
                item.setText(column, f"{after:.1f} ({after - before:+.1f})")
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight)

    def _show_selected(self) -> None:
        name = self.selected
        version = next((one for one in self._versions.versions if one.name == name), None)
        self.use.setEnabled(bool(name) and name != self._versions.used)
        self.compare.setEnabled(bool(name) and name != self._versions.used)
        self.export.setEnabled(version is not None)
        self.notes.setEnabled(version is not None)
        self.facts.setText(self._facts(version) if version else "")
        self.facts.setVisible(version is not None)
        self._fit()
        if name != self._noted or not self.notes.hasFocus():
            self._noted = name
            blocked = self.notes.blockSignals(True)
            self.notes.setPlainText(version.notes if version else "")
            self.notes.blockSignals(blocked)
            self.keep.setEnabled(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines wrap otherwise."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Room for all lines of the facts, which a layout does not give by itself."""
        needed = self.facts.heightForWidth(max(80, self.width() - 16))
        self.facts.setMinimumHeight(max(0, needed))

    def _facts(self, version: Version) -> str:
        lines = [
            self.tr("{date}, from {parent}, seed {seed}").format(
                date=version.created[:16].replace("T", " "),
                parent=Path(version.parent).name,
                seed=version.seed,
            ),
            self.tr("{images} images of {root}").format(
                images=version.data.get("images"), root=Path(str(version.data.get("root"))).name
            ),
        ]
        if version.proof is not None:
            note = Note(version.proof["verdict"], version.proof["parameters"])
            lines.append(note_sentence(note))
        return "\n".join(lines)

    def _note_changed(self) -> None:
        self.keep.setEnabled(True)

    def _keep_notes(self) -> None:
        self.keep.setEnabled(False)
        self._versions.write_notes(self._noted, self.notes.toPlainText())

    def _export(self, format_: Format) -> None:
        name = self.selected
        if format_ == "huggingface":
            folder = QFileDialog.getExistingDirectory(self, self.tr("Empty folder to write to"))
            target = folder
        else:
            suffix = {"safetensors": ".safetensors", "onnx": ".onnx"}[format_]
            target, _ = QFileDialog.getSaveFileName(
                self, self.tr("Export"), f"{name}{suffix}", f"*{suffix}"
            )
        if target:
            self._versions.export(name, Path(target), format_)
