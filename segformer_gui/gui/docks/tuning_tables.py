"""Tables of the Fine-tune dock, and that of the classes: what each is learnt as."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.tuning import Tuning

_ROWS = 6  # Of a table, before it scrolls.
_NAME_ROLE = Qt.ItemDataRole.UserRole


class TuningTable(QTreeWidget):
    """A table as high as its rows need, up to some; its first column takes the width."""

    def __init__(self, titles: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setHeaderLabels(titles)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAccessibleName(titles[0])
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(titles)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def fit(self, rows: int) -> None:
        """Take the height that so many rows need."""
        row_px = max(1, self.sizeHintForRow(0))
        shown = min(max(1, rows), _ROWS)
        self.setFixedHeight(self.header().sizeHint().height() + shown * row_px + 6)


class ClassTable(TuningTable):
    """The classes of the data, their pixels, and what they are learnt as."""

    def __init__(self, tuning: Tuning, models: Models, parent: QWidget) -> None:
        super().__init__(("", "", ""), parent)
        titles = (self.tr("Class"), self.tr("pixels"), self.tr("learnt as"))
        self.setHeaderLabels(titles)
        self.setAccessibleName(titles[0])
        self._tuning = tuning
        self._models = models
        self.setToolTip(self.tr("Click the last column to learn a class as another one"))
        self.setItemDelegateForColumn(2, _LearnAs(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.itemClicked.connect(self._edit)
        self.itemActivated.connect(self._edit)

    def refresh(self) -> None:
        """Show what is to be learnt."""
        tuning, summary = self._tuning, self._tuning.summary
        pixels = summary.pixels_to_learn(tuning.held_out) if summary else {}
        self.setVisible(bool(pixels))
        self.clear()
        muted = self.palette().placeholderText()
        for name, count in sorted(pixels.items(), key=lambda pair: -pair[1]):
            item = QTreeWidgetItem(self, [name, count_told(count), self._learnt_text(name)])
            item.setData(0, _NAME_ROLE, name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
            item.setToolTip(1, f"{count:,}")
            if not count:
                for column in range(3):
                    item.setForeground(column, muted)
        self.fit(len(pixels))

    def choices_of(self, name: str) -> dict[str, str]:
        """What a class may be learnt as, with how that is called."""
        ready = self._models.ready
        choices = {own: own for own in (ready.classes.names if ready else ())}
        if self._tuning.is_new(name):
            choices = {name: self.tr("new: {name}").format(name=name)} | choices
        return choices | {"": self.tr("(not learnt)")}

    def learnt_as(self, name: str) -> str:
        """What it is learnt as now."""
        return self._tuning.learnt_as(name)

    def learn_as(self, name: str, learnt: str) -> None:
        """Change that."""
        self._tuning.set_learn_as(name, learnt)

    def _learnt_text(self, name: str) -> str:
        learnt = self.learnt_as(name)
        return self.choices_of(name).get(learnt, learnt)

    def _edit(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 2:
            self.editItem(item, 2)


class _LearnAs(QStyledItemDelegate):
    """What a class of the data is learnt as: one of the model's, a new one, or nothing."""

    def __init__(self, table: ClassTable) -> None:
        super().__init__(table)
        self._table = table

    def createEditor(
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        """A box with all choices, open at once."""
        del option
        box = QComboBox(parent)
        name = index.sibling(index.row(), 0).data(_NAME_ROLE)
        for learnt, text in self._table.choices_of(name).items():
            box.addItem(text, learnt)
        box.setCurrentIndex(max(0, box.findData(self._table.learnt_as(name))))
        box.activated.connect(lambda: self._table.learn_as(name, box.currentData()))
        return box

    def setModelData(self, *_: object) -> None:
        """The box itself tells the session."""


def count_told(pixels: int) -> str:
    """Such as 1.2 M."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if pixels >= size:
            return f"{pixels / size:.1f} {unit}"
    return str(pixels)
