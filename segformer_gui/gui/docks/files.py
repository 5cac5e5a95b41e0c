"""The list of open images: thumbnails, names and states, to be searched and sorted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QAction, QActionGroup, QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.images import CITYSCAPES_IMAGE
from segformer_gui.core.settings import ListOrder
from segformer_gui.gui import theme
from segformer_gui.gui.docks.mask_menu import MaskMenu
from segformer_gui.gui.messages import sentence_and_hint
from segformer_gui.gui.session.session import Session

Index = QModelIndex | QPersistentModelIndex
STATE_ROLE = Qt.ItemDataRole.UserRole
_ROOT = QModelIndex()
_ROW_HEIGHT = 58
_THUMBNAIL = QSize(64, 48)
_ICON = 16


class FilesModel(QAbstractListModel):
    """Names and states of the open images, read from the session."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        session.images.list_changed.connect(self._reset)
        session.images.pixels_changed.connect(lambda: self._refresh(session.images.current))
        session.thumbnails.made.connect(self._refresh)
        session.segmentation.status_changed.connect(self._refresh)
        session.segmentation.reset.connect(self._refresh_all)
        session.masks.status_changed.connect(self._refresh_all)

    def rowCount(self, parent: Index = _ROOT) -> int:
        """One row an image."""
        return 0 if parent.isValid() else len(self._session.images.listed)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Name, state and path of the image in a row."""
        if not index.isValid():
            return None
        path = self._session.images.listed[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return path.name
        status = self._session.status(path)
        state = {
            "failed": self.tr("Failed"),
            "open": self.tr("Video")
            if self._session.images.is_video(path)
            else self.tr("Not segmented"),
            "segmented": self.tr("Segmented"),
            "corrected": self.tr("Corrected"),
            "checked": self.tr("Checked"),
        }[status]
        confidence = self._session.segmentation.confidence(path)
        by_confidence = self._session.images.order == "confidence"
        if by_confidence and status == "segmented" and confidence is not None:
            state = self.tr("{state}, {percent:.1f} % sure").format(
                state=state, percent=100 * confidence
            )
        row = self._session.masks.row(path)
        if row is not None and row.hold_out:
            state = self.tr("{state}, held out").format(state=state)
        if role == STATE_ROLE:
            return state
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            session = self._session
            error = session.images.errors.get(path) or session.segmentation.errors.get(path)
            return f"{path}\n{sentence_and_hint(error)[0] if error else state}"
        return None

    def _reset(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def _refresh(self, path: Path | None) -> None:
        row = self._session.images.row(path)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row))

    def _refresh_all(self) -> None:
        if self.rowCount():
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))


class FileDelegate(QStyledItemDelegate):
    """Draws a row: thumbnail, name, state. Painting a row is what asks for its thumbnail."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are equally high, and as wide as there is room."""
        return QSize(0, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row in the theme's colours."""
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        path = self._session.images.listed[index.row()]
        colors = theme.colors()
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colors.selection))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colors.hover))
        place = QRect(rect.left() + 6, rect.top() + 5, _THUMBNAIL.width(), _THUMBNAIL.height())
        self._paint_thumbnail(painter, place, path)
        left = place.right() + 10
        name_box = QRect(left, rect.top() + 8, rect.right() - left - 6, 21)
        state_box = name_box.translated(0, 21)
        metrics = painter.fontMetrics()
        middle = Qt.TextElideMode.ElideMiddle
        painter.setPen(QColor(colors.text))
        vertical = Qt.AlignmentFlag.AlignVCenter
        name = path.name  # Of Cityscapes without what all names end in, which leaves the rest room.
        if path.stem.endswith(CITYSCAPES_IMAGE):
            name = path.stem.removesuffix(CITYSCAPES_IMAGE)
        name = metrics.elidedText(name, middle, name_box.width())
        painter.drawText(name_box, vertical, name)
        status = self._session.status(path)
        icon, tint = {
            "failed": ("error", colors.error),
            "open": ("waiting", colors.muted),
            "segmented": ("done", colors.muted),
            "corrected": ("tool-brush", colors.accent),
            "checked": ("checked", colors.good),
        }[status]
        painter.drawPixmap(left, state_box.center().y() - 7, theme.pixmap(icon, tint, _ICON))
        painter.setPen(QColor(colors.error if status == "failed" else colors.muted))
        state_box.setLeft(left + _ICON + 5)
        text = metrics.elidedText(index.data(STATE_ROLE), middle, state_box.width())
        painter.drawText(state_box, vertical, text)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, place: QRect, path: Path) -> None:
        images = self._session.images
        # What is being decoded to be shown brings its thumbnail along.
        decoding = path == images.current and not images.picture and path not in images.errors
        thumbnail = None if decoding else self._session.thumbnails.get(path)
        if thumbnail is None:
            name = theme.pixmap("image", theme.colors().disabled, 24)
            painter.drawPixmap(place.center().x() - 11, place.center().y() - 11, name)
            return
        height, width = thumbnail.shape[:2]
        image = QImage(thumbnail.data, width, height, 3 * width, QImage.Format.Format_RGB888)  # pyright: ignore
        size = QSize(width, height).scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, max(1, size.width()), max(1, size.height()))
        target.moveCenter(place.toRectF().center())
        rounded = QPainterPath()
        rounded.addRoundedRect(target, 4, 4)
        painter.save()
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        painter.setClipPath(rounded)
        painter.drawImage(target, image)
        painter.restore()


class FilesView(QListView):
    """The list; says what to do while it is empty."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the hint."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(theme.colors().muted))
            box = self.viewport().rect().adjusted(16, 16, -16, -16)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            searched = bool(self._session.images.filter_text)
            painter.drawText(
                box,
                flags,
                self.tr("No name contains that.")
                if searched
                else self.tr("No images yet.\nDrop some on the window."),
            )


class FilesDock(QDockWidget):
    """Lists the open images; selecting one shows it."""

    def __init__(self, session: Session, remove: QAction, parent: QWidget) -> None:
        super().__init__(parent)
        self._remove = remove
        self.setObjectName("files_dock")
        self.setWindowTitle(self.tr("Images"))
        self._session = session
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find an image"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(self.tr("Find an image"))
        self.search.textChanged.connect(session.images.set_filter)
        self.sort = QToolButton(self)
        self.sort.setToolTip(self.tr("Sort the list"))
        self.sort.setAccessibleName(self.tr("Sort the list"))
        self.sort.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.sort.setIcon(theme.icon("sort"))
        self.sort.setMenu(self._sort_menu())
        self.view = FilesView(session, self)
        self.view.setModel(FilesModel(session, self))
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setItemDelegate(FileDelegate(session, self))
        self.view.setMouseTracking(True)
        self.view.setUniformItemSizes(True)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setAccessibleName(self.tr("Open images"))
        self.view.selectionModel().currentChanged.connect(self._select)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self._count = QLabel(self)
        self._count.setProperty("muted", True)
        content = QWidget(self)
        content.setMinimumWidth(150)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.sort)
        layout.addLayout(top)
        layout.addWidget(self.view)
        layout.addWidget(self._count)
        self.setWidget(content)
        session.images.list_changed.connect(self._show_current)
        session.images.current_changed.connect(self._show_current)
        session.images.scanning_changed.connect(self._show_count)
        session.segmentation.status_changed.connect(self._show_count)
        session.segmentation.reset.connect(self._show_count)
        session.masks.status_changed.connect(self._show_count)
        self._show_count()

    def selected_paths(self) -> list[Path]:
        """The images that are selected in the list."""
        paths = self._session.images.listed
        return [paths[index.row()] for index in self.view.selectedIndexes()]

    def menu(self) -> MaskMenu:
        """What can be said of the selected images."""
        return MaskMenu(self._session, self.selected_paths(), self._remove, self)

    def _show_menu(self, at: QPoint) -> None:
        if self.view.indexAt(at).isValid():
            self.menu().popup(self.view.viewport().mapToGlobal(at))

    def _select(self, index: QModelIndex) -> None:
        if index.isValid():
            self._session.images.select(self._session.images.listed[index.row()])

    def changeEvent(self, event: QEvent) -> None:
        """Take the theme's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.sort.setIcon(theme.icon("sort"))

    def _sort_menu(self) -> QMenu:
        images = self._session.images
        texts: dict[ListOrder, str] = {
            "opened": self.tr("As &opened"),
            "name": self.tr("By &name"),
            "date": self.tr("By &date, latest first"),
            "status": self.tr("By &status, failed first"),
            "confidence": self.tr("By &confidence, least sure first"),
        }
        menu = QMenu(self.sort)
        group = QActionGroup(menu)
        for order in get_args(ListOrder):
            action = menu.addAction(texts[order])
            action.setCheckable(True)
            action.setChecked(order == images.order)
            action.triggered.connect(lambda _=False, order=order: images.set_order(order))
            group.addAction(action)
        return menu

    def _show_current(self) -> None:
        images = self._session.images
        if self.search.text() != images.filter_text:
            self.search.setText(images.filter_text)
        row = images.row(images.current)
        if row is not None:
            index = self.view.model().index(row, 0)
            selection = self.view.selectionModel()
            # A list that gets the focus makes its first row current, without selecting it.
            if index != self.view.currentIndex() or not selection.isSelected(index):
                flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
                selection.setCurrentIndex(index, flag)
            self.view.scrollTo(index)
        self._show_count()

    def _show_count(self) -> None:
        images = self._session.images
        row = images.row(images.current)
        if images.scans:
            text = self.tr("Looking for images…")
        elif not images.paths:
            text = self.tr("No image open")
        elif images.filter_text:
            text = self.tr("{listed} of {total} found").format(
                listed=len(images.listed), total=len(images.paths)
            )
        else:
            text = self.tr("{row} of {total}  ·  {segmented} segmented").format(
                row=row + 1 if row is not None else 0,
                total=len(images.paths),
                segmented=self._session.segmentation.count(),
            )
            checked = self._session.masks.checked_count()
            if checked:
                text += self.tr("  ·  {count} checked").format(count=checked)
        self._count.setText(text)
