"""The command palette: every action of the menus, found by typing and run with Enter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QMenuBar,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.gui import theme
from segformer_gui.gui.aside import paint_aside
from segformer_gui.gui.entry import plain

_KEY_ROLE = Qt.ItemDataRole.UserRole + 1
_SIZE = QSize(560, 420)
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True)
class Command:
    """An action, what it is called without mnemonics, and the menus on the way to it."""

    action: QAction
    text: str
    menu: str


def commands(menu_bar: QMenuBar) -> list[Command]:
    """Every visible action of the menus, in their order."""
    return [
        command
        for top in menu_bar.actions()
        if (menu := _menu_of(top))
        for command in _within(menu, plain(top.text()))
    ]


def score(query: str, text: str) -> float | None:
    """How well `text` answers `query`, whose letters it must hold in their order; None if not.

    The best way to place the letters counts: one that starts a word gives 3, one that follows the
    letter before it gives 2, any other 1. Of equals the shorter text is better.
    """
    wanted, letters = "".join(query.casefold().split()), text.casefold()
    # best[i]: the most that the letters so far can give with the last of them at i.
    best: dict[int, float] = {-1: 0.0}
    for letter in wanted:
        placed: dict[int, float] = {}
        before = [(place, gain) for place, gain in best.items()]
        for place, found in enumerate(letters):
            earlier = [
                gain + (2 if place == last + 1 and last >= 0 else 1)
                for last, gain in before
                if last < place
            ]
            if found == letter and earlier:
                starts = place == 0 or not letters[place - 1].isalnum()
                placed[place] = max(earlier) + (2 if starts else 0)
        best = placed
    return max(best.values()) - len(letters) / 1000 if best else None


class CommandPalette(QDialog):
    """A field to type in, and below it the commands that fit, the best first."""

    def __init__(self, menu_bar: QMenuBar, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Commands"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._commands = commands(menu_bar)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Type what you want to do"))
        self.search.setAccessibleName(self.tr("Search the commands"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._list)
        self.search.installEventFilter(self)
        self.found = QListWidget(self)
        self.found.setAccessibleName(self.tr("Commands"))
        self.found.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # The keys stay in the field.
        self.found.setItemDelegate(_Row(self.found))
        self.found.itemClicked.connect(self._run)
        self.nothing = QLabel(self.tr("No command is called so"), self)
        self.nothing.setProperty("muted", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        for widget in (self.search, self.nothing, self.found):
            layout.addWidget(widget)
        self.resize(_SIZE)
        self._list("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand the keys that move and run from the field to the list."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() in _MOVES:
            self.found.event(event)
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if item := self.found.currentItem():
                self._run(item)
            return True
        return False

    def _list(self, query: str) -> None:
        rated = [(score(query, command.text), command) for command in self._commands]
        fitting = [(rating, command) for rating, command in rated if rating is not None]
        if query.strip():
            fitting.sort(key=lambda pair: -pair[0])
        self.found.clear()
        for _, command in fitting:
            item = QListWidgetItem(command.text, self.found)
            item.setData(Qt.ItemDataRole.UserRole, command)
            keys = command.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item.setData(_KEY_ROLE, (command.menu, keys))
            item.setToolTip(command.action.toolTip())
            if command.action.isCheckable():
                checked = command.action.isChecked()
                item.setText(f"{command.text}  ✓" if checked else command.text)
            if not command.action.isEnabled():
                item.setFlags(Qt.ItemFlag.NoItemFlags)
        runnable = [row for row, (_, command) in enumerate(fitting) if command.action.isEnabled()]
        self.found.setCurrentRow(runnable[0] if runnable else -1)
        self.found.scrollToTop()
        self.nothing.setVisible(not fitting)

    def _run(self, item: QListWidgetItem) -> None:
        action = item.data(Qt.ItemDataRole.UserRole).action
        if action.isEnabled():
            self.accept()  # First, so that a dialog of the action comes over the window.
            action.trigger()


class _Row(QStyledItemDelegate):
    """Draws menu and key at the right of a command."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw text, menu and key."""
        super().paint(painter, option, index)
        menu, keys = index.data(_KEY_ROLE)
        enabled = index.flags() & Qt.ItemFlag.ItemIsEnabled
        color = theme.colors().muted if enabled else theme.colors().disabled
        paint_aside(painter, option, keys, color)
        paint_aside(painter, option, menu, color, margin_px=120)


def _within(menu: QMenu, path: str) -> Iterator[Command]:
    for action in menu.actions():
        if below := _menu_of(action):
            yield from _within(below, f"{path} > {plain(action.text())}")
        elif not action.isSeparator() and action.isVisible():
            yield Command(action, plain(action.text()), path)


def _menu_of(action: QAction) -> QMenu | None:
    menu = action.menu()
    return menu if isinstance(menu, QMenu) else None
