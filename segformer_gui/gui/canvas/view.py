"""The canvas: the image under its mask, with zoom and pan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from segformer_gui.core.inference.probe import class_probabilities, measure_of
from segformer_gui.gui import theme
from segformer_gui.gui.canvas.editor import CanvasEditor
from segformer_gui.gui.canvas.layers import PictureLayer
from segformer_gui.gui.canvas.marks import (
    paint_badge,
    paint_error,
    paint_grid,
)
from segformer_gui.gui.canvas.stack import LayerStack
from segformer_gui.gui.canvas.tool import Hand
from segformer_gui.gui.canvas.viewport import Viewport
from segformer_gui.gui.canvas.zoomable import Zoomable
from segformer_gui.gui.messages import sentence_and_hint
from segformer_gui.gui.session.pair import Pair
from segformer_gui.gui.session.ports import Result
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.source import Source
from segformer_gui.gui.session.view import Hover, Shown, View

_GRID_SCALE = 8.0
_HOVER_CLASSES = 3
_WHEEL_NOTCH = 1.25
_LOADING_AFTER_MS = 200


class Canvas(Zoomable):
    """Shows a source's picture and result, through a viewport that others may share.

    While it is hidden it takes no notice of either, and asks for no maps.
    """

    def __init__(
        self,
        view: View,
        source: Source,
        parent: QWidget | None = None,
        viewport: Viewport | None = None,
        pair: Pair | None = None,
    ) -> None:
        """With a `pair`, of which the source is the corrupted part, its maps can be shown."""
        super().__init__(parent, viewport)
        self._view = view
        self._source = source
        self._pair = pair
        self._caption: Sequence[str] = ()
        self._caption_right = False
        self.stack = LayerStack(view, source, pair)
        self.editor: CanvasEditor | None = None
        self._grabbed_at: QPointF | None = None
        self._space_held = False
        self._loading = QTimer(self, singleShot=True, interval=_LOADING_AFTER_MS)
        self._loading.timeout.connect(self.update)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Canvas"))
        self.setMinimumSize(240, 200)
        self.viewport.changed.connect(self._moved)
        source.picture_changed.connect(self._show_picture)
        source.changed.connect(self._show_result)
        source.state_changed.connect(self._show_state)
        source.maps.changed.connect(self._show_maps)
        view.overlay_changed.connect(self._show_maps)
        if pair is not None:
            pair.changed.connect(self._show_maps)

    def edit_with(self, session: Session) -> None:
        """Have the masks of the session's current image edited here."""
        self.editor = CanvasEditor(session, self._source, self)

    def set_caption(self, lines: Sequence[str], right: bool = False) -> None:
        """Say in the upper left or right corner what is shown."""
        if (lines, right) != (self._caption, self._caption_right):
            self._caption, self._caption_right = lines, right
            self.update()

    def sizeHint(self) -> QSize:
        """Room for a usual photo."""
        return QSize(960, 640)

    # The picture and what lies over it ----------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with the source."""
        self._show_picture()
        self._show_result()

    def _show_state(self) -> None:
        if self._source.waiting and not self._loading.isActive():
            self._loading.start()
        self.update()

    def _show_picture(self) -> None:
        if not self.isVisible():
            return
        self._loading.stop()
        self.stack.show_picture()
        # The next frame of a series is looked at where the last one was.
        size = self.image_size
        if size is not None and size != self.viewport.image_size:
            self.viewport.image_size = size
            self.fit()
        if self.underMouse():
            self._view.set_hover(None)
        self.update()

    def _show_result(self) -> None:
        if not self.isVisible():
            return
        self.stack.show_result()
        self.update()
        self._point_at_cursor()

    def _show_maps(self) -> None:
        if self.isVisible():
            self.stack.show_maps()
            self.update()

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(W, H) of the picture that is shown."""
        picture = self.stack.picture
        return (picture.width, picture.height) if picture is not None else None

    def _moved(self) -> None:
        self._view.set_zoom(self.scale * self.devicePixelRatioF())
        self._point_at_cursor()
        self.update()

    # Painting -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is exposed, and nothing else."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.colors().canvas))
        error = self._source.error
        if self.stack.picture is not None:
            self._paint_layers(painter, QRectF(event.rect()), self.stack.picture)
        elif error is not None:
            paint_error(painter, self, *sentence_and_hint(error))
        self.stack.paint_scale(painter, self, self._caption_right)
        lines = [*self._caption, *([badge] if (badge := self._badge()) else [])]
        if lines:
            paint_badge(painter, self, lines, self._caption_right)

    def _paint_layers(self, painter: QPainter, exposed: QRectF, picture: PictureLayer) -> None:
        origin, scale, editor = self.origin(), self.scale, self.editor
        self.stack.paint(painter, exposed, origin, scale, editor.layer if editor else None)
        if scale >= _GRID_SCALE:
            size = QRectF(origin.x(), origin.y(), picture.width * scale, picture.height * scale)
            paint_grid(painter, exposed & size, origin, scale)
        if self.editor is not None:
            self.editor.paint(painter, exposed, origin)

    def _badge(self) -> str:
        if self._source.waiting:
            text = self.tr("Corrupting…") if self._pair else self.tr("Loading…")
            return "" if self._loading.isActive() else text
        if self._source.busy:
            return self.tr("Segmenting…")
        return self.tr("Computing…") if self.stack.computing else ""

    # Mouse and keyboard -------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        notches = event.angleDelta().y() / 120
        both = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
        if self.editor is not None and event.modifiers() & both == both:
            self.editor.resize_brush(_WHEEL_NOTCH**notches)
            event.accept()
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.ignore()  # It moves the line between two canvases.
            return
        if notches:
            self.zoom(self.scale * _WHEEL_NOTCH**notches, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the image."""
        if self._tool_takes(event) and self.editor is not None:
            right = event.button() == Qt.MouseButton.RightButton
            if self.editor.press(self._place(event), Hand.of(event.modifiers()), right):
                return
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._grabbed_at = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the image, or tell what lies under the mouse."""
        if self._grabbed_at is not None:
            moved = event.position() - self._grabbed_at
            self._grabbed_at = event.position()
            self.look_at(self.viewport.centre - moved / self.scale, self.scale)
        elif self.editor is not None and self.editor.move(
            self._place(event), Hand.of(event.modifiers())
        ):
            return  # Telling of each pixel takes longer than drawing over it.
        self._point_at(event.position())
        self._source.maps.ask_for_logits(by_mouse=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the image."""
        if self._grabbed_at is None and self.editor is not None:
            self.editor.release(self._place(event), Hand.of(event.modifiers()))
        self._grabbed_at = None
        self._set_cursor()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen draws, and may press."""
        editor = self.editor
        at, kind = self.image_position(event.position()), event.type()
        hand = Hand.of(event.modifiers(), event.pressure())
        taken = False
        if editor is not None and not self._space_held:
            if kind == QEvent.Type.TabletPress and event.button() == Qt.MouseButton.LeftButton:
                taken = editor.press(at, hand, right=False)
            elif kind == QEvent.Type.TabletMove and event.buttons() & Qt.MouseButton.LeftButton:
                taken = editor.move(at, hand)
            elif kind == QEvent.Type.TabletRelease:
                taken = editor.release(at, hand)
        event.setAccepted(taken)  # What is not taken comes again as a mouse's.

    def _tool_takes(self, event: QMouseEvent) -> bool:
        """Whether a press is a tool's: not while the image is dragged."""
        drawing = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
        return event.button() in drawing and not self._space_held

    def _place(self, event: QMouseEvent) -> QPointF:
        return self.image_position(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit, or close what is being outlined."""
        if self.editor is None or self._space_held or not self.editor.confirm():
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space shows that the image can be dragged."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = True
            self._set_cursor()
            return
        editor, key = self.editor, event.key()
        if editor is not None:
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and editor.confirm():
                return
            if key == Qt.Key.Key_Backspace and editor.step_back():
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
        if self.editor is not None:
            self.editor.leave()
        self._view.set_hover(None)

    def _set_cursor(self) -> None:
        if self._space_held:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self.editor is not None and (shape := self.editor.cursor()) is not None:
            self.setCursor(shape)
        else:
            self.unsetCursor()

    def cancel_tool(self) -> bool:
        """Give up what the tool in hand is doing; False where it does nothing."""
        return self.editor is not None and self.editor.cancel()

    def _point_at_cursor(self) -> None:
        if self.underMouse():
            self._point_at(QPointF(self.mapFromGlobal(QCursor.pos())))

    def _point_at(self, position: QPointF) -> None:
        at = self.image_position(position)
        x, y = int(at.x() // 1), int(at.y() // 1)
        picture, result = self.stack.picture, self._source.result
        if picture is None or not (0 <= x < picture.width and 0 <= y < picture.height):
            self._view.set_hover(None)
            return
        edited = self.editor.hover(x, y) if self.editor else None
        hover = edited or Hover(x, y)
        if (
            edited is None
            and result is not None
            and result.labels.shape == (picture.height, picture.width)
        ):
            hover = _hover(result, x, y, self._view.shown)
        self._view.set_hover(hover)


def _hover(result: Result, x: int, y: int, shown: Shown) -> Hover:
    class_id = int(result.labels[y, x])
    if result.logits is None:
        return Hover(x, y, result.classes, class_id)
    height, width = result.labels.shape
    probabilities = class_probabilities(result.logits, (height, width), x, y)
    likeliest = np.argsort(-probabilities, kind="stable")[:_HOVER_CLASSES]
    return Hover(
        x,
        y,
        result.classes,
        class_id,
        tuple((int(id_), float(probabilities[id_])) for id_ in likeliest),
        measure_of(probabilities, shown) if shown in ("entropy", "margin") else None,
    )
