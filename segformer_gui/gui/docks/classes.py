"""The legend: colours, names and shares of the classes; hide and solo."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.classes import ClassSet
from segformer_gui.gui import theme
from segformer_gui.gui.session.session import Session

Index = QModelIndex | QPersistentModelIndex

CLASS_ROLE = Qt.ItemDataRole.UserRole
SHARE_ROLE = Qt.ItemDataRole.UserRole + 1
SOLO_ROLE = Qt.ItemDataRole.UserRole + 2
_ROOT = QModelIndex()
_ROW_HEIGHT = 28
_PAD = 6
_ICON = 16


class ClassesModel(QAbstractListModel):
    """Classes of what is shown, mask or prediction; checked are those that the overlay shows."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._contents = session.contents
        self._classes: ClassSet | None = None
        self._ids: tuple[int, ...] = ()  # An id whose class has ended has no row.
        session.contents.changed.connect(self._contents_changed)
        session.view.overlay_changed.connect(self._refresh)

    def rowCount(self, parent: Index = _ROOT) -> int:
        """One row a class."""
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Name, colour, share and visibility of the class in a row."""
        if not index.isValid() or self._classes is None:
            return None
        class_id = self._ids[index.row()]
        view = self._session.view
        if role == Qt.ItemDataRole.DisplayRole:
            return self._classes.names[class_id]
        if role == Qt.ItemDataRole.DecorationRole:
            return QColor(*view.painted(self._classes).colors[class_id])
        if role == Qt.ItemDataRole.CheckStateRole:
            shown = view.shows(class_id)
            return Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tr("Click the eye to hide (H), Alt+click to see this class alone (S)")
        own = {CLASS_ROLE: class_id, SHARE_ROLE: self._contents.share(class_id)}
        own[SOLO_ROLE] = view.solo == class_id
        return own.get(role)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: ANN401
        """Hide or show a class by its check state."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        class_id = self._ids[index.row()]
        self._session.view.set_hidden(class_id, Qt.CheckState(value) != Qt.CheckState.Checked)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be checked."""
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def _contents_changed(self) -> None:
        classes = self._contents.classes
        if classes != self._classes:
            self.beginResetModel()
            self._classes = classes
            self._ids = classes.ids if classes else ()
            self.endResetModel()
        else:
            self._refresh()

    def _refresh(self) -> None:
        if self.rowCount():
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))


class ClassDelegate(QStyledItemDelegate):
    """Draws a row: eye, colour, name, share, and the solo button."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are equally high."""
        return QSize(160, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row in the theme's colours."""
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        colors = theme.colors()
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colors.selection))
        elif hovered:
            painter.fillRect(rect, QColor(colors.hover))
        shown = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        share: float | None = index.data(SHARE_ROLE)
        text = colors.text if shown and share != 0 else colors.muted

        eye = theme.pixmap("visible" if shown else "hidden", text, _ICON)
        painter.drawPixmap(_eye(rect), eye)
        swatch = QRect(_eye(rect).right() + _PAD, rect.center().y() - 6, 14, 14)
        color: QColor = index.data(Qt.ItemDataRole.DecorationRole)
        painter.setPen(QColor(colors.disabled))
        painter.setBrush(color)
        painter.setOpacity(1 if shown else 0.3)
        painter.drawRoundedRect(swatch, 3, 3)
        painter.setOpacity(1)

        right = _solo(rect)
        if index.data(SOLO_ROLE) or hovered:
            tint = colors.accent if index.data(SOLO_ROLE) else colors.muted
            painter.drawPixmap(right, theme.pixmap("solo", tint, _ICON))
        percent = "" if share is None else _percent(share)
        metrics = painter.fontMetrics()
        width = metrics.horizontalAdvance("100.0 %")
        share_box = QRect(right.left() - _PAD - width, rect.top(), width, rect.height())
        painter.setPen(QColor(text if share else colors.muted))
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(share_box, vertical | Qt.AlignmentFlag.AlignRight, percent)
        name_box = QRect(rect)
        name_box.setLeft(swatch.right() + _PAD + 2)
        name_box.setRight(share_box.left() - _PAD)
        name = index.data(Qt.ItemDataRole.DisplayRole)
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, name_box.width())
        painter.setPen(QColor(text))
        painter.drawText(name_box, vertical | Qt.AlignmentFlag.AlignLeft, elided)
        painter.restore()

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """A click on the eye hides or shows; Alt+click and the icon on the right solo."""
        if event.type() != QEvent.Type.MouseButtonRelease or not isinstance(event, QMouseEvent):
            return False
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        class_id: int = index.data(CLASS_ROLE)
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        at = event.position().toPoint()
        if alt or _solo(rect).adjusted(-_PAD, -_PAD, _PAD, _PAD).contains(at):
            self._session.view.toggle_solo(class_id)
        elif _eye(rect).adjusted(-_PAD, -_PAD, _PAD, _PAD).contains(at):
            self._session.view.set_hidden(class_id, self._session.view.shows(class_id))
        else:
            return False
        return True


class ClassesView(QListView):
    """The rows; H or Space hides the selected class, S shows it alone."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def event(self, event: QEvent) -> bool:
        """Keep the keys of this list from the window's shortcuts while it has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(self._class_of(event) is not None)
            return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hide, show or solo the selected class."""
        class_id = self._class_of(event)
        if class_id is None:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_S:
            self._session.view.toggle_solo(class_id)
        else:
            view = self._session.view
            view.set_hidden(class_id, view.shows(class_id))

    def _class_of(self, event: QKeyEvent) -> int | None:
        """The class that a key is about; None where it is another key or none is selected."""
        keys = (Qt.Key.Key_H, Qt.Key.Key_S, Qt.Key.Key_Space)
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        return self.currentIndex().data(CLASS_ROLE) if plain and event.key() in keys else None


class ClassesDock(QDockWidget):
    """The legend of the overlay."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("classes_dock")
        self.setWindowTitle(self.tr("Classes"))
        self._session = session
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find a class"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(self.tr("Find a class"))
        self.show_all = QPushButton(self.tr("Show all"), self)
        self.show_all.clicked.connect(session.view.show_all)
        self.view = ClassesView(session, self)
        self.view.setMouseTracking(True)
        self.view.setUniformItemSizes(True)
        self.view.setItemDelegate(ClassDelegate(session, self))
        self.view.setAccessibleName(self.tr("Classes"))
        proxy = QSortFilterProxyModel(self)
        proxy.setSourceModel(ClassesModel(session, self))
        proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search.textChanged.connect(proxy.setFilterFixedString)
        self.view.setModel(proxy)
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.show_all)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        self.setWidget(content)
        session.view.overlay_changed.connect(self._show_state)
        self._show_state()

    def _show_state(self) -> None:
        view = self._session.view
        self.show_all.setEnabled(bool(view.hidden) or view.solo is not None)


def _eye(rect: QRect) -> QRect:
    return QRect(rect.left() + _PAD, rect.center().y() - _ICON // 2 + 1, _ICON, _ICON)


def _solo(rect: QRect) -> QRect:
    return QRect(rect.right() - _ICON - _PAD, rect.center().y() - _ICON // 2 + 1, _ICON, _ICON)


def _percent(share: float) -> str:
    if share == 0:
        return "\N{EN DASH}"
    return "<0.1 %" if share < 0.001 else f"{share * 100:.1f} %"
