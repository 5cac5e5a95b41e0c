"""The canvas: the image under its mask, with zoom and pan."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from segformer_gui.gui import theme
from segformer_gui.gui.canvas.layers import LabelLayer, PictureLayer
from segformer_gui.gui.messages import sentence_and_hint
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.view import Hover

_LARGEST_SCALE = 64.0
_WHEEL_NOTCH = 1.25
_MARGIN_PX = 16
_LOADING_AFTER_MS = 200


class Canvas(QWidget):
    """Shows the current image and its result; `scale` is screen pixels an image pixel."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._picture: PictureLayer | None = None
        self._labels: LabelLayer | None = None
        self._origin = QPointF()
        self._fitted = True
        self._grabbed_at: QPointF | None = None
        self._space_held = False
        self._loading = QTimer(self, singleShot=True, interval=_LOADING_AFTER_MS)
        self._loading.timeout.connect(self.update)
        self.scale = 1.0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Canvas"))
        self.setMinimumSize(240, 200)
        session.images.current_changed.connect(self._loading.start)
        session.images.pixels_changed.connect(self._show_picture)
        session.segmentation.changed.connect(self._show_result)
        session.segmentation.busy_changed.connect(self.update)
        session.view.overlay_changed.connect(self._recolor)

    def sizeHint(self) -> QSize:
        """Room for a usual photo."""
        return QSize(960, 640)

    # The picture and its mask -------------------------------------------------------------------

    def _show_picture(self) -> None:
        self._loading.stop()
        picture = self._session.images.picture
        before = self._picture
        self._picture = PictureLayer(picture.levels) if picture else None
        same_size = (
            before is not None
            and self._picture is not None
            and (before.width, before.height) == (self._picture.width, self._picture.height)
        )
        # The next frame of a series is looked at where the last one was.
        if not same_size:
            self.fit()
        self._session.view.set_hover(None)
        self.update()

    def _show_result(self) -> None:
        result = self._session.segmentation.result
        self._labels = LabelLayer(result.levels) if result else None
        self._recolor()

    def _recolor(self) -> None:
        result = self._session.segmentation.result
        if self._labels is not None and result is not None:
            self._labels.set_colors(result.classes, self._session.view.shows)
        self.update()

    # Where it lies ------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole image, as large as it goes; small ones at most four times."""
        self._fitted = True
        if self._picture is not None:
            room = QSize(self.width() - 2 * _MARGIN_PX, self.height() - 2 * _MARGIN_PX)
            largest = min(
                room.width() / self._picture.width, room.height() / self._picture.height, 4.0
            )
            self._set_scale(max(largest, 0.001), QPointF(self.rect().center()))

    def set_scale(self, scale: float) -> None:
        """Zoom about the middle of the canvas."""
        self._zoom(scale, QPointF(self.rect().center()))

    def zoom_by(self, factor: float) -> None:
        """Zoom in or out about the middle of the canvas."""
        self.set_scale(self.scale * factor)

    def _zoom(self, scale: float, fixed: QPointF) -> None:
        """Zoom so that what lies under `fixed` stays there."""
        if self._picture is None:
            return
        self._fitted = False
        smallest = min(1.0, 32 / max(self._picture.width, self._picture.height))
        self._set_scale(max(smallest, min(scale, _LARGEST_SCALE)), fixed)

    def _set_scale(self, scale: float, fixed: QPointF) -> None:
        self._origin = fixed - (fixed - self._origin) * (scale / self.scale)
        self.scale = scale
        self._keep_in_sight()
        self._session.view.set_zoom(scale)
        if self.underMouse():
            self._point_at(QPointF(self.mapFromGlobal(QCursor.pos())))
        self.update()

    def _keep_in_sight(self) -> None:
        """Centre an image that is smaller than the canvas; let no gap open beside a larger one."""
        if self._picture is None:
            return
        width, height = self._picture.width * self.scale, self._picture.height * self.scale
        self._origin = QPointF(
            _within(self._origin.x(), width, self.width()),
            _within(self._origin.y(), height, self.height()),
        )

    def image_position(self, position: QPointF) -> QPointF:
        """Widget coordinates as image coordinates; pixel (0, 0) reaches from 0 to 1."""
        return (position - self._origin) / self.scale

    def widget_position(self, position: QPointF) -> QPointF:
        """Image coordinates as widget coordinates."""
        return position * self.scale + self._origin

    # Painting -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is exposed, and nothing else."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.colors().canvas))
        error = self._session.images.errors.get(self._session.images.current)  # pyright: ignore
        if self._picture is not None:
            exposed = QRectF(event.rect())
            self._picture.paint(painter, exposed, self._origin, self.scale)
            if self._labels is not None and not self._session.view.peeking:
                painter.setOpacity(self._session.view.opacity)
                self._labels.paint(painter, exposed, self._origin, self.scale)
                painter.setOpacity(1)
        elif error is not None:
            self._paint_error(painter, error)
        badge = self._badge()
        if badge:
            self._paint_badge(painter, badge)

    def _badge(self) -> str:
        images = self._session.images
        waits = images.picture is None and images.current is not None
        if waits and images.current not in images.errors:
            return "" if self._loading.isActive() else self.tr("Loading…")
        return self.tr("Segmenting…") if self._session.segmentation.busy else ""

    def _paint_badge(self, painter: QPainter, text: str) -> None:
        metrics = self.fontMetrics()
        box = QRect(12, 12, metrics.horizontalAdvance(text) + 24, metrics.height() + 12)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(16, 18, 22, 200))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_error(self, painter: QPainter, error: Exception) -> None:
        sentence, hint = sentence_and_hint(error)
        chosen = theme.colors()
        middle = self.rect().center()
        icon = theme.pixmap("error", chosen.error, 48)
        painter.drawPixmap(middle.x() - 24, middle.y() - 80, icon)
        box = self.rect().adjusted(40, 0, -40, 0)
        box.setTop(middle.y() - 18)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        bold = QFont(self.font())
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(QColor(chosen.text))
        used = painter.drawText(box, flags, _breakable(sentence))
        box.setTop(used.bottom() + 8)
        painter.setFont(self.font())
        painter.setPen(QColor(chosen.muted))
        painter.drawText(box, flags, hint)

    # Mouse and keyboard -------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted image stays fitted."""
        if self._fitted:
            self.fit()
        else:
            self._keep_in_sight()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        notches = event.angleDelta().y() / 120
        if notches:
            self._zoom(self.scale * _WHEEL_NOTCH**notches, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the image."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._grabbed_at = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the image, or tell what lies under the mouse."""
        if self._grabbed_at is not None:
            self._fitted = False
            self._origin += event.position() - self._grabbed_at
            self._grabbed_at = event.position()
            self._keep_in_sight()
            self.update()
        self._point_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the image."""
        self._grabbed_at = None
        self._set_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit."""
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space shows that the image can be dragged."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = True
            self._set_cursor()
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space is let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = False
            self._set_cursor()
            return
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys that go up elsewhere are not seen here."""
        self._space_held = False
        self._set_cursor()
        super().focusOutEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing lies under the mouse."""
        self._session.view.set_hover(None)

    def _set_cursor(self) -> None:
        if self._space_held:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    def _point_at(self, position: QPointF) -> None:
        at = self.image_position(position)
        x, y = int(at.x() // 1), int(at.y() // 1)
        picture, result = self._picture, self._session.segmentation.result
        if picture is None or not (0 <= x < picture.width and 0 <= y < picture.height):
            self._session.view.set_hover(None)
            return
        name = None
        if result is not None and result.labels.shape == (picture.height, picture.width):
            name = result.classes.names[result.labels[y, x]]
        self._session.view.set_hover(Hover(x, y, name))


def _within(start: float, length: float, room: float) -> float:
    if length <= room:
        return (room - length) / 2
    return max(room - length, min(start, 0.0))


def _breakable(text: str) -> str:
    """Let long paths break at their separators: a zero-width space after each."""
    return text.replace("/", "/\u200b").replace("\\", "\\\u200b")
