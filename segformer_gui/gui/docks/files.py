"""The list of open images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QLabel,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.gui import theme
from segformer_gui.gui.messages import sentence_and_hint
from segformer_gui.gui.session.session import Session

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class FilesModel(QAbstractListModel):
    """Names and states of the open images, read from the session."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        session.images.list_changed.connect(self._reset)
        session.images.pixels_changed.connect(lambda: self._refresh(session.images.current))
        session.segmentation.status_changed.connect(self._refresh)
        session.segmentation.reset.connect(self._refresh_all)

    def rowCount(self, parent: Index = _ROOT) -> int:
        """One row an image."""
        return 0 if parent.isValid() else len(self._session.images.paths)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Name, state and path of the image in a row."""
        if not index.isValid():
            return None
        path = self._session.images.paths[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return path.name
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(path)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return f"{path}\n{self._status(path)}"
        return None

    def _error(self, path: Path) -> Exception | None:
        return self._session.images.errors.get(path) or self._session.segmentation.errors.get(path)

    def _icon(self, path: Path) -> object:
        colors = theme.colors()
        if self._error(path):
            return theme.pixmap("error", colors.error, 16)
        if path in self._session.segmentation:
            return theme.pixmap("done", colors.good, 16)
        return theme.pixmap("waiting", colors.disabled, 16)

    def _status(self, path: Path) -> str:
        if error := self._error(path):
            return sentence_and_hint(error)[0]
        if path in self._session.segmentation:
            return self.tr("Segmented")
        return self.tr("Not segmented")

    def _reset(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def _refresh(self, path: Path | None) -> None:
        if path is not None and path in self._session.images:
            index = self.index(self._session.images.row(path))
            self.dataChanged.emit(index, index)

    def _refresh_all(self) -> None:
        if self.rowCount():
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))


class _NameDelegate(QStyledItemDelegate):
    """Lets a long name be shortened in the middle instead of making the list wider."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as usual, as wide as there is room."""
        return QSize(0, super().sizeHint(option, index).height())


class FilesView(QListView):
    """The list; says what to do while it is empty."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the hint."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(theme.colors().muted))
            box = self.viewport().rect().adjusted(16, 16, -16, -16)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box, flags, self.tr("No images yet.\nDrop some on the window."))


class FilesDock(QDockWidget):
    """Lists the open images; selecting one shows it."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("files_dock")
        self.setWindowTitle(self.tr("Images"))
        self._session = session
        self.view = FilesView(self)
        self.view.setModel(FilesModel(session, self))
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setItemDelegate(_NameDelegate(self))
        self.view.setUniformItemSizes(True)
        self.view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.view.setIconSize(QSize(16, 16))
        self.view.setAccessibleName(self.tr("Open images"))
        self.view.selectionModel().currentChanged.connect(self._select)
        self._count = QLabel(self)
        self._count.setProperty("muted", True)
        content = QWidget(self)
        content.setMinimumWidth(150)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.addWidget(self.view)
        layout.addWidget(self._count)
        self.setWidget(content)
        session.images.list_changed.connect(self._show_current)
        session.images.current_changed.connect(self._show_current)
        session.images.scanning_changed.connect(self._show_count)
        session.segmentation.status_changed.connect(self._show_count)
        session.segmentation.reset.connect(self._show_count)
        self._show_count()

    def selected_paths(self) -> list[Path]:
        """The images that are selected in the list."""
        paths = self._session.images.paths
        return [paths[index.row()] for index in self.view.selectedIndexes()]

    def _select(self, index: QModelIndex) -> None:
        if index.isValid():
            self._session.images.select(self._session.images.paths[index.row()])

    def _show_current(self) -> None:
        current = self._session.images.current
        if current is not None and current in self._session.images:
            index = self.view.model().index(self._session.images.row(current), 0)
            selection = self.view.selectionModel()
            # A list that gets the focus makes its first row current, without selecting it.
            if index != self.view.currentIndex() or not selection.isSelected(index):
                flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
                selection.setCurrentIndex(index, flag)
            self.view.scrollTo(index)
        self._show_count()

    def _show_count(self) -> None:
        images = self._session.images
        if images.scans:
            self._count.setText(self.tr("Looking for images…"))
            return
        if images.current is None or images.current not in images:
            self._count.setText(self.tr("No image open"))
            return
        self._count.setText(
            self.tr("{row} of {total}  ·  {segmented} segmented").format(
                row=images.row(images.current) + 1,
                total=len(images.paths),
                segmented=self._session.segmentation.count(),
            )
        )
