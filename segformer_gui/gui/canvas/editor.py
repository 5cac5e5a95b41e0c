"""The mask on the canvas while it is edited: its layer, the tool in hand, and what they show."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.annotation.region import NOWHERE, Box
from segformer_gui.core.classes import ClassSet, Color
from segformer_gui.gui.canvas.layers import MaskLayer, RegionLayer
from segformer_gui.gui.canvas.marks import paint_brush, paint_frame, paint_outline
from segformer_gui.gui.canvas.tool import Desk, Hand, Tool
from segformer_gui.gui.canvas.tools import make_tools
from segformer_gui.gui.canvas.zoomable import Zoomable
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.source import Source
from segformer_gui.gui.session.view import Hover

_ERASED: Color = (255, 255, 255)
_MARGIN_PX = 4
_MANY_PX = 1 << 22  # A change of more is shown by a worker.
_MARKED_MS = 2500
_RESIZE_PX = 120.0  # Of dragging, that double the brush.


class CanvasEditor(QObject):
    """What a canvas gives its mouse and its overlay to while a mask is edited."""

    def __init__(self, session: Session, source: Source, canvas: Zoomable) -> None:
        super().__init__(canvas)
        self._view = session.view
        self._masks = session.masks
        self._editing = session.editing
        self._tools = session.tools
        self._lanes = session.lanes
        self._canvas = canvas
        self._layer: MaskLayer | None = None
        self._preview: RegionLayer | None = None
        self._at: QPointF | None = None
        self._drawing = False
        self._making: bool | None = None  # Whether a layer is, and whether of outlines.
        self._missed = NOWHERE  # What has changed meanwhile.
        self._resizing: tuple[float, int] | None = None
        self._suspect: Box | None = None  # Marked for a moment after the flight to it.
        self._unmark = QTimer(self, singleShot=True, interval=_MARKED_MS)
        self._unmark.timeout.connect(partial(self._mark, None))
        session.review.found.connect(lambda visit: self._mark(visit.box))
        desk = Desk(
            session.masks,
            session.editing,
            session.tools,
            session.lanes,
            lambda: source.picture,
            lambda: canvas.scale,
            canvas.update,
        )
        self._kinds = make_tools(desk)
        session.masks.document_changed.connect(self._show_document)
        session.editing.mask_changed.connect(self._show_change)
        session.editing.preview_changed.connect(self._show_preview)
        session.editing.busy_changed.connect(self._set_cursor)
        session.tools.changed.connect(self._tool_changed)
        session.tools.settings_changed.connect(canvas.update)
        session.projects.changed.connect(self._color)
        session.projects.classes_changed.connect(self._color)
        session.view.overlay_changed.connect(self._color)
        session.view.overlay_changed.connect(self._show_as_wanted)

    # What is shown ------------------------------------------------------------------------------

    @property
    def layer(self) -> MaskLayer | None:
        """The mask, where one is edited."""
        return self._layer

    def hover(self, x: int, y: int) -> Hover | None:
        """The pixel of the mask; None where the prediction is shown."""
        mask, classes = self._masks.mask, self._masks.classes
        if mask is None or classes is None:
            return None
        if not (0 <= y < mask.size[0] and 0 <= x < mask.size[1]):
            return None
        class_id = int(mask.labels[y, x])
        return Hover(x, y, classes, class_id) if class_id < len(classes) else Hover(x, y)

    def paint(self, painter: QPainter, exposed: QRectF, origin: QPointF) -> None:
        """What the tool is about to change, and its outline."""
        if self._masks.mask is None:
            return
        scale = self._canvas.scale
        if self._preview is not None and self._editing.preview is not None:
            box = self._editing.preview.box
            painter.setOpacity(0.65)
            corner = origin + QPointF(box.left, box.top) * scale
            self._preview.paint(painter, exposed, corner, scale)
            painter.setOpacity(1)
        if self._suspect is not None:
            paint_frame(painter, self._rect_of(self._suspect))
        tool, color = self._tool(), QColor(*self._color_of(self._tools.settings.class_id))
        points, handles = tool.outline()
        if points:
            there = [self._canvas.widget_position(QPointF(x, y)) for x, y in points]
            paint_outline(painter, there, color, handles)
        if self._at is not None and self._tools.name in ("brush", "eraser"):
            brush = self._tools.settings.brush
            centre = self._canvas.widget_position(self._at)
            paint_brush(painter, centre, brush.diameter_px * scale, brush.shape == "square")

    def _show_document(self) -> None:
        for tool in self._kinds.values():
            tool.cancel()
        self._layer = self._making = None
        self._lanes.editing.cancel("mask layer")
        self._show_as_wanted()
        self._set_cursor()
        self._canvas.update()

    def _show_as_wanted(self) -> None:
        """Show regions or outlines, as the view asks for."""
        shown = self._layer.outlined if self._layer else None
        if (shown if self._making is None else self._making) != self._view.outlined:
            self._make_layer()

    def _make_layer(self) -> None:
        """Have what is shown of the mask made, in the worker that edits it."""
        mask, outlined = self._masks.mask, self._view.outlined
        if mask is None:
            return

        def done(layer: MaskLayer) -> None:
            self._layer, self._making = layer, None
            self._color()
            self._show_change(self._missed)

        def failed(error: Exception) -> None:
            self._making = None
            self._editing.failed.emit(error)

        self._making, self._missed = outlined, NOWHERE
        self._lanes.editing.submit(
            lambda _job: MaskLayer(mask.labels, outlined), done, failed, "mask layer"
        )

    def _show_change(self, box: Box) -> None:
        height, width = box.shape
        if height * width > _MANY_PX:
            self._make_layer()
            return
        self._missed |= box
        if self._layer is None or not box:
            return
        self._layer.update(box)
        rect = self._rect_of(box).toAlignedRect()
        self._canvas.update(rect.adjusted(-_MARGIN_PX, -_MARGIN_PX, _MARGIN_PX, _MARGIN_PX))

    def _show_preview(self) -> None:
        region = self._editing.preview
        self._preview = None
        if region is not None and region.box:
            color = self._color_of(self._editing.preview_class)
            self._preview = RegionLayer(region.inside, color)
        self._canvas.update()

    def _color(self) -> None:
        classes = self._masks.classes
        if self._layer is not None and classes is not None:
            self._layer.set_colors(self._painted(classes), self._view.shows_of(classes))
            self._canvas.update()

    def _mark(self, box: Box | None) -> None:
        self._suspect = box
        if box is not None:
            self._unmark.start()
        self._canvas.update()

    def _rect_of(self, box: Box) -> QRectF:
        """Where a part of the image lies on the canvas."""
        first = self._canvas.widget_position(QPointF(box.left, box.top))
        return QRectF(first, self._canvas.widget_position(QPointF(box.right, box.bottom)))

    def _painted(self, classes: ClassSet) -> ClassSet:
        return self._view.painted(classes)

    def _color_of(self, class_id: int) -> Color:
        classes = self._masks.classes
        if classes is None or class_id == UNLABELLED or class_id >= len(classes):
            return _ERASED
        return self._painted(classes).colors[class_id]

    # What the mouse does ------------------------------------------------------------------------

    def press(self, at: QPointF, hand: Hand, right: bool) -> bool:
        """A button goes down at a place in the image; whether the tool has taken it."""
        if self._idle:
            return False
        if right:
            if not hand.alt:
                return False
            self._resizing = self._canvas.widget_position(at).x(), self._tools.settings.brush_px
            return True
        self._drawing = True
        self._tool().press((at.x(), at.y()), hand)
        self._canvas.update()
        return True

    def move(self, at: QPointF, hand: Hand) -> bool:
        """The mouse moves; whether something is being drawn."""
        self._follow(at)
        if self._idle:
            return False
        if self._resizing is not None:
            begun, size = self._resizing
            factor = 2 ** ((self._canvas.widget_position(at).x() - begun) / _RESIZE_PX)
            self._tools.resize_brush(size * factor / self._tools.settings.brush_px)
            return True
        if self._drawing:
            self._tool().move((at.x(), at.y()), hand)
            return True
        if self._editing.ready:
            self._tool().hover((at.x(), at.y()), hand)
        return False

    def release(self, at: QPointF, hand: Hand) -> bool:
        """A button goes up; whether something was being drawn."""
        if self._resizing is not None:
            self._resizing = None
            return True
        if not self._drawing:
            return False
        self._drawing = False
        self._tool().release((at.x(), at.y()), hand)
        return True

    def resize_brush(self, factor: float) -> None:
        """A larger or a smaller brush."""
        self._tools.resize_brush(factor)

    def leave(self) -> None:
        """The mouse is elsewhere."""
        self._follow(None)
        self._editing.clear_preview()

    def confirm(self) -> bool:
        """Enter or a double click; whether a tool is in hand."""
        if self._idle:
            return False
        self._tool().confirm()
        return True

    def step_back(self) -> bool:
        """Backspace; whether there was a step to take back."""
        return not self._idle and self._tool().step_back()

    def cancel(self) -> bool:
        """Escape; whether there was something to cancel."""
        self._drawing = False
        return self._tool().cancel()

    @property
    def _idle(self) -> bool:
        return self._masks.mask is None or self._tools.name == "look"

    def _tool(self) -> Tool:
        return self._kinds[self._tools.name]

    def _tool_changed(self) -> None:
        for tool in self._kinds.values():
            tool.cancel()
        self._drawing = False
        self._set_cursor()
        self._canvas.update()

    def _follow(self, at: QPointF | None) -> None:
        """The brush's rim moves: repaint where it was and where it is."""
        before, self._at = self._at, at
        if self._tools.name not in ("brush", "eraser"):
            return
        reach = int(self._tools.settings.brush_px * self._canvas.scale / 2) + _MARGIN_PX
        for place in (before, at):
            if place is not None:
                centre = self._canvas.widget_position(place).toPoint()
                self._canvas.update(
                    QRect(centre.x() - reach, centre.y() - reach, 2 * reach, 2 * reach)
                )

    def cursor(self) -> Qt.CursorShape | None:
        """How the mouse looks over the canvas; None: as ever."""
        if self._idle:
            return None
        if self._editing.busy:
            return Qt.CursorShape.BusyCursor
        small = self._tools.settings.brush_px * self._canvas.scale < 6
        if self._tools.name in ("brush", "eraser") and not small:
            return Qt.CursorShape.BlankCursor
        return Qt.CursorShape.CrossCursor

    def _set_cursor(self) -> None:
        shape = self.cursor()
        if shape is None:
            self._canvas.unsetCursor()
        else:
            self._canvas.setCursor(shape)
