"""The canvas: the image under its mask, with zoom and pan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

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
    QResizeEvent,
    QShowEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from segformer_gui.core.inference.probe import class_probabilities, measure_of
from segformer_gui.core.palettes import drop_colors, measure_colors
from segformer_gui.gui import theme
from segformer_gui.gui.canvas.editor import CanvasEditor
from segformer_gui.gui.canvas.layers import LabelLayer, Layer, MeasureLayer, PictureLayer
from segformer_gui.gui.canvas.marks import (
    paint_badge,
    paint_color_bar,
    paint_error,
    paint_grid,
    paint_key,
)
from segformer_gui.gui.canvas.tool import Hand
from segformer_gui.gui.canvas.viewport import Viewport
from segformer_gui.gui.messages import (
    measure_title,
    pair_map_kinds,
    pair_map_title,
    sentence_and_hint,
)
from segformer_gui.gui.session.pair import Pair, PairMap
from segformer_gui.gui.session.ports import Result
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.source import Source
from segformer_gui.gui.session.view import Hover, PairMapKind, Shown, View

_LARGEST_SCALE = 256.0
_GRID_SCALE = 8.0
_HOVER_CLASSES = 3
_WHEEL_NOTCH = 1.25
_MARGIN_PX = 16
_LOADING_AFTER_MS = 200


class Canvas(QWidget):
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
        super().__init__(parent)
        self._view = view
        self._source = source
        self._pair = pair
        self._pair_map: PairMap | None = None
        self._pair_layer: Layer | None = None
        self._caption: Sequence[str] = ()
        self._caption_right = False
        self.viewport = viewport or Viewport(self)
        self._picture: PictureLayer | None = None
        self._labels: LabelLayer | None = None
        self._outlines: LabelLayer | None = None
        self._measure: MeasureLayer | None = None
        self._editor: CanvasEditor | None = None
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
        self._editor = CanvasEditor(
            session, self._source, self, lambda: self.scale, self.widget_position
        )

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
        picture = self._source.picture
        self._picture = PictureLayer(picture.levels) if picture else None
        # The next frame of a series is looked at where the last one was.
        if self._picture is not None:
            size = self._picture.width, self._picture.height
            if size != self.viewport.image_size:
                self.viewport.image_size = size
                self.fit()
        if self.underMouse():
            self._view.set_hover(None)
        self.update()

    def _show_result(self) -> None:
        if not self.isVisible():
            return
        result = self._source.result
        self._labels = LabelLayer(result.levels) if result else None
        self._outlines = self._measure = None
        self._show_maps()
        self._point_at_cursor()

    def _show_maps(self) -> None:
        """Take what the view asks for and has come; colour what is coloured by class."""
        if not self.isVisible():
            return
        view, result, maps = self._view, self._source.result, self._source.maps
        if view.shown == "labels":
            self._measure = None
        else:
            made = maps.measure(view.shown)
            self._measure = MeasureLayer(made.levels, measure_colors()) if made else None
        if view.outlined and self._outlines is None:
            levels = maps.outlines()
            self._outlines = LabelLayer(levels) if levels else None
        for layer in (self._labels, self._outlines):
            if layer is not None and result is not None:
                layer.set_colors(view.painted(result.classes), view.shows_of(result.classes))
        self._show_pair_map()
        self.update()

    def _pair_kind(self) -> PairMapKind | None:
        """The map of the pair that is wanted here, if there can be one."""
        kind = self._view.pair_map
        if kind is None or self._pair is None:
            return None
        return kind if self._pair.comparable and self._pair.has(kind) else None

    def _show_pair_map(self) -> None:
        kind, view = self._pair_kind(), self._view
        made = self._pair.map(kind) if self._pair and kind else None
        if made is not self._pair_map:
            self._pair_map, self._pair_layer = made, _pair_layer(made) if made else None
        if made is None or made.classes is None or not isinstance(self._pair_layer, LabelLayer):
            return
        if kind == "flips":
            classes = view.painted(made.classes)
            self._pair_layer.set_colors(classes, view.shows_of(made.classes))
        else:
            self._pair_layer.set_colors(made.classes, lambda _: True)

    # Where it lies ------------------------------------------------------------------------------

    @property
    def scale(self) -> float:
        """Widget units an image pixel; a sharp screen has several pixels in one of them."""
        return self.viewport.scale

    def fit(self) -> None:
        """Show the whole image, as large as it goes; small ones at most four times."""
        if self._picture is None:
            return
        width, height = self._picture.width, self._picture.height
        room = QSize(self.width() - 2 * _MARGIN_PX, self.height() - 2 * _MARGIN_PX)
        largest = min(room.width() / width, room.height() / height, 4.0)
        self.viewport.move(max(largest, 0.001), QPointF(width / 2, height / 2), fitted=True)

    def set_scale(self, scale: float) -> None:
        """Zoom about the middle of the canvas."""
        self._zoom(scale, self._middle())

    def show_actual_size(self) -> None:
        """Zoom to one pixel of the screen for each of the image."""
        self.set_scale(1 / self.devicePixelRatioF())

    def zoom_by(self, factor: float) -> None:
        """Zoom in or out about the middle of the canvas."""
        self.set_scale(self.scale * factor)

    def look_at(self, centre: QPointF, scale: float) -> None:
        """Show a place of the image in the middle, as near as can be."""
        self._look_at(centre, scale)

    def _zoom(self, scale: float, fixed: QPointF) -> None:
        """Zoom so that what lies under `fixed` stays there."""
        if self._picture is None:
            return
        smallest = min(1.0, 32 / max(self._picture.width, self._picture.height))
        scale = max(smallest, min(scale, _LARGEST_SCALE))
        self._look_at(self.image_position(fixed) + (self._middle() - fixed) / scale, scale)

    def _look_at(self, centre: QPointF, scale: float) -> None:
        """Centre an image that is smaller than the canvas; let no gap open beside a larger one."""
        if self._picture is not None:
            x = _within(centre.x(), self._picture.width, self.width() / scale)
            y = _within(centre.y(), self._picture.height, self.height() / scale)
            self.viewport.move(scale, QPointF(x, y))

    def _moved(self) -> None:
        self._view.set_zoom(self.scale * self.devicePixelRatioF())
        self._point_at_cursor()
        self.update()

    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _origin(self) -> QPointF:
        """Where the image begins on the canvas; at 100 % its pixels are those of the screen."""
        origin = self._middle() - self.viewport.centre * self.scale
        ratio = self.devicePixelRatioF()
        if not math.isclose(self.scale * ratio, 1):
            return origin
        return QPointF((origin * ratio).toPoint()) / ratio

    def image_position(self, position: QPointF) -> QPointF:
        """Widget coordinates as image coordinates; pixel (0, 0) reaches from 0 to 1."""
        return (position - self._origin()) / self.scale

    def widget_position(self, position: QPointF) -> QPointF:
        """Image coordinates as widget coordinates."""
        return position * self.scale + self._origin()

    # Painting -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is exposed, and nothing else."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.colors().canvas))
        error = self._source.error
        if self._picture is not None:
            self._paint_layers(painter, QRectF(event.rect()), self._picture)
        elif error is not None:
            paint_error(painter, self, *sentence_and_hint(error))
        self._paint_scale(painter)
        lines = [*self._caption, *([badge] if (badge := self._badge()) else [])]
        if lines:
            paint_badge(painter, self, lines, self._caption_right)

    def _paint_scale(self, painter: QPainter) -> None:
        """What the colours of the map mean, where the legend does not tell."""
        kind, shown, right = self._pair_kind(), self._view.shown, self._caption_right
        made = self._pair_map
        if kind == "confidence_drop":
            risen, fallen = pair_map_kinds(kind)
            title = pair_map_title(kind)
            paint_color_bar(painter, self, title, drop_colors(), (risen, fallen), right)
        elif kind in ("borders", "errors") and made is not None and made.classes is not None:
            key = zip(made.classes.colors, pair_map_kinds(kind), strict=True)
            paint_key(painter, self, pair_map_title(kind), list(key), right)
        elif kind is None and self._measure is not None and shown != "labels":
            title = measure_title(shown)
            paint_color_bar(painter, self, title, measure_colors(), right=right)

    def _paint_layers(self, painter: QPainter, exposed: QRectF, picture: PictureLayer) -> None:
        view, origin, scale = self._view, self._origin(), self.scale
        picture.paint(painter, exposed, origin, scale)
        if not view.peeking:
            opaque = 1 - (1 - view.opacity) ** 2  # Thin lines need more to be seen.
            kind = self._pair_kind()
            filled = self._measure if view.shown != "labels" else self._labels
            if view.outlined and view.shown == "labels":
                filled = None
            if kind is not None:
                filled = self._pair_layer
            mask = self._editor.layer if self._editor else None
            filled = mask or filled
            lines = kind == "borders" if mask is None else mask.outlined
            if filled is not None:
                painter.setOpacity(opaque if lines else view.opacity)
                filled.paint(painter, exposed, origin, scale)
            if mask is None and view.outlined and self._outlines is not None:
                painter.setOpacity(opaque)
                self._outlines.paint(painter, exposed, origin, scale)
            painter.setOpacity(1)
        if scale >= _GRID_SCALE:
            size = QRectF(origin.x(), origin.y(), picture.width * scale, picture.height * scale)
            paint_grid(painter, exposed & size, origin, scale)
        if self._editor is not None:
            self._editor.paint(painter, exposed, origin)

    def _badge(self) -> str:
        if self._source.waiting:
            text = self.tr("Corrupting…") if self._pair else self.tr("Loading…")
            return "" if self._loading.isActive() else text
        if self._source.busy:
            return self.tr("Segmenting…")
        computing = self._view.shown != "labels" and self._measure is None
        if self._pair_kind() is not None:
            computing = self._pair_layer is None
        return self.tr("Computing…") if computing and self._labels is not None else ""

    # Mouse and keyboard -------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted image stays fitted."""
        if self.viewport.fitted:
            self.fit()
        else:
            self._look_at(self.viewport.centre, self.scale)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        notches = event.angleDelta().y() / 120
        both = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
        if self._editor is not None and event.modifiers() & both == both:
            self._editor.resize_brush(_WHEEL_NOTCH**notches)
            event.accept()
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.ignore()  # It moves the line between two canvases.
            return
        if notches:
            self._zoom(self.scale * _WHEEL_NOTCH**notches, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the image."""
        if self._tool_takes(event) and self._editor is not None:
            right = event.button() == Qt.MouseButton.RightButton
            if self._editor.press(self._place(event), Hand.of(event.modifiers()), right):
                return
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._grabbed_at = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the image, or tell what lies under the mouse."""
        if self._grabbed_at is not None:
            moved = event.position() - self._grabbed_at
            self._grabbed_at = event.position()
            self._look_at(self.viewport.centre - moved / self.scale, self.scale)
        elif self._editor is not None and self._editor.move(
            self._place(event), Hand.of(event.modifiers())
        ):
            return  # Telling of each pixel takes longer than drawing over it.
        self._point_at(event.position())
        self._source.maps.ask_for_logits(by_mouse=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the image."""
        if self._grabbed_at is None and self._editor is not None:
            self._editor.release(self._place(event), Hand.of(event.modifiers()))
        self._grabbed_at = None
        self._set_cursor()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen draws, and may press."""
        editor = self._editor
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
        if self._editor is None or self._space_held or not self._editor.confirm():
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space shows that the image can be dragged."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = True
            self._set_cursor()
            return
        editor, key = self._editor, event.key()
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
        if self._editor is not None:
            self._editor.leave()
        self._view.set_hover(None)

    def _set_cursor(self) -> None:
        if self._space_held:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._editor is not None and (shape := self._editor.cursor()) is not None:
            self.setCursor(shape)
        else:
            self.unsetCursor()

    def cancel_tool(self) -> bool:
        """Give up what the tool in hand is doing; False where it does nothing."""
        return self._editor is not None and self._editor.cancel()

    def _point_at_cursor(self) -> None:
        if self.underMouse():
            self._point_at(QPointF(self.mapFromGlobal(QCursor.pos())))

    def _point_at(self, position: QPointF) -> None:
        at = self.image_position(position)
        x, y = int(at.x() // 1), int(at.y() // 1)
        picture, result = self._picture, self._source.result
        if picture is None or not (0 <= x < picture.width and 0 <= y < picture.height):
            self._view.set_hover(None)
            return
        edited = self._editor.hover(x, y) if self._editor else None
        hover = edited or Hover(x, y)
        if (
            edited is None
            and result is not None
            and result.labels.shape == (picture.height, picture.width)
        ):
            hover = _hover(result, x, y, self._view.shown)
        self._view.set_hover(hover)


def _pair_layer(made: PairMap) -> Layer:
    if made.classes is None:
        return MeasureLayer(cast("Any", made.levels), drop_colors())
    return LabelLayer(made.levels)


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


def _within(centre: float, length: float, room: float) -> float:
    """A centre from which `room` shows nothing beyond `length`, if that can be."""
    if length <= room:
        return length / 2
    return max(room / 2, min(centre, length - room / 2))
