"""The classes to paint with: found by typing, chosen by a click or a key, edited by a menu."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.gui import theme
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.aside import paint_aside
from segformer_gui.gui.edit_entries import CLASS_ENTRIES
from segformer_gui.gui.session.session import Session

ID_ROLE = Qt.ItemDataRole.UserRole
_KEY_ROLE = Qt.ItemDataRole.UserRole + 1
_LOCKED_ROLE = Qt.ItemDataRole.UserRole + 2
_SWATCH = 14
_PAD = 8
_KEYS = 9


class _Delegate(QStyledItemDelegate):
    """Draws a class's lock and key at the right of its name."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the row."""
        super().paint(painter, option, index)
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        colors = theme.colors()
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        color = colors.text if chosen else colors.muted
        paint_aside(painter, option, index.data(_KEY_ROLE) or "", color, _PAD)
        if index.data(_LOCKED_ROLE):
            place = QPoint(rect.right() - _PAD - 36, rect.center().y() - 7)
            painter.drawPixmap(place, theme.pixmap("lock", colors.text, 16))


class ClassList(QWidget):
    """The classes of the project, or before there is one those of the model."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._tools = session.tools
        self._actions = actions
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find a class to paint with"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(self.tr("Find a class to paint with"))
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._choose_found)
        add = QToolButton(self)
        add.setDefaultAction(actions["class_add"])
        add.setAccessibleName(self.tr("Add a class"))
        add.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.view = QListWidget(self)
        self.view.setAccessibleName(self.tr("Classes to paint with"))
        self.view.setUniformItemSizes(True)
        self.view.setItemDelegate(_Delegate(self.view))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.currentItemChanged.connect(self._choose)
        self.view.itemDoubleClicked.connect(lambda _: actions["class_edit"].trigger())
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        session.tools.settings_changed.connect(self._show_settings)
        session.contents.changed.connect(self._show_unlabelled)
        for signal in (
            session.masks.document_changed,
            session.projects.changed,
            session.projects.classes_changed,
            session.models.ready_changed,
            session.view.overlay_changed,
        ):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """List the classes anew, in the colours of the view."""
        session = self._session
        ready = session.models.ready
        classes = session.masks.classes or (ready.classes if ready else None)
        with QSignalBlocker(self.view):
            self.view.clear()
            if classes is None:
                return
            painted = session.view.painted(classes)
            for place, class_id in enumerate(classes.ids, 1):
                self._add(
                    classes.names[class_id],
                    QColor(*painted.colors[class_id]),
                    class_id,
                    str(place) if place <= _KEYS else "",
                )
            self._add("", QColor(theme.colors().border), UNLABELLED, "0")
        self._show_unlabelled()
        self._filter(self.search.text())
        self._show_settings()

    def _add(self, name: str, color: QColor, class_id: int, key: str) -> None:
        item = QListWidgetItem(theme.swatch(color, _SWATCH), name)
        item.setData(ID_ROLE, class_id)
        item.setData(_KEY_ROLE, key)
        self.view.addItem(item)

    def _show_unlabelled(self) -> None:
        """The last row tells how much is still to be labelled."""
        contents = self._session.contents
        share = contents.share(UNLABELLED) if contents.of_mask else None
        if self.view.count():
            text = self.tr("Unlabelled")
            last = self.view.item(self.view.count() - 1)
            last.setText(text if not share else f"{text}  ·  {max(0.1, 100 * share):.1f} %")

    def _show_settings(self) -> None:
        settings = self._tools.settings
        for row in range(self.view.count()):
            item = self.view.item(row)
            locked = item.data(ID_ROLE) in settings.locked
            item.setData(_LOCKED_ROLE, locked)
            tip = self.tr("Locked: no edit changes its pixels (L unlocks it)")
            item.setToolTip(tip if locked else "")
            if item.data(ID_ROLE) == settings.class_id:
                with QSignalBlocker(self.view):
                    self.view.setCurrentRow(row)

    def _filter(self, text: str) -> None:
        for row in range(self.view.count()):
            item = self.view.item(row)
            item.setHidden(text.casefold() not in item.text().casefold())

    def _choose_found(self) -> None:
        """Enter takes the first class that was found in hand."""
        rows = range(self.view.count())
        found = next((row for row in rows if not self.view.item(row).isHidden()), None)
        if found is not None:
            self.view.setCurrentRow(found)
            self.search.clear()

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._tools.set(class_id=item.data(ID_ROLE))

    def _show_menu(self, at: QPoint) -> None:
        if self.view.itemAt(at) is None:
            return
        menu = QMenu(self)
        menu.addAction(self._actions["lock_class"])
        menu.addAction(self._actions["accept_class"])
        menu.addSeparator()
        menu.addActions([self._actions[entry.id] for entry in CLASS_ENTRIES])
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.view.viewport().mapToGlobal(at))
