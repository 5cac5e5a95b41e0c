"""What lies on a canvas, one over the other: the picture, and one of the maps over it."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from segformer_gui.core.palettes import drop_colors, measure_colors
from segformer_gui.gui.canvas.layers import (
    LabelLayer,
    Layer,
    MaskLayer,
    MeasureLayer,
    PictureLayer,
)
from segformer_gui.gui.canvas.marks import paint_color_bar, paint_key
from segformer_gui.gui.messages import measure_title, pair_map_kinds, pair_map_title
from segformer_gui.gui.session.pair import Pair, PairMap
from segformer_gui.gui.session.source import Source
from segformer_gui.gui.session.view import PairMapKind, View


class LayerStack:
    """The layers of a source, as the view asks for them; those of its pair, if it has one."""

    def __init__(self, view: View, source: Source, pair: Pair | None) -> None:
        self._view = view
        self._source = source
        self._pair = pair
        self._pair_map: PairMap | None = None
        self._pair_layer: Layer | None = None
        self._labels: LabelLayer | None = None
        self._outlines: LabelLayer | None = None
        self.measure: MeasureLayer | None = None
        self.picture: PictureLayer | None = None

    def show_picture(self) -> None:
        """The source has another picture, or none."""
        picture = self._source.picture
        self.picture = PictureLayer(picture.levels) if picture else None

    def show_result(self) -> None:
        """The source has another result, or none."""
        result = self._source.result
        self._labels = LabelLayer(result.levels) if result else None
        self._outlines = self.measure = None
        self.show_maps()

    def show_maps(self) -> None:
        """Take what the view asks for and has come; colour what is coloured by class."""
        view, result, maps = self._view, self._source.result, self._source.maps
        if view.shown == "labels":
            self.measure = None
        else:
            made = maps.measure(view.shown)
            self.measure = MeasureLayer(made.levels, measure_colors()) if made else None
        if view.outlined and self._outlines is None:
            levels = maps.outlines()
            self._outlines = LabelLayer(levels) if levels else None
        for layer in (self._labels, self._outlines):
            if layer is not None and result is not None:
                layer.set_colors(view.painted(result.classes), view.shows_of(result.classes))
        self._show_pair_map()

    @property
    def computing(self) -> bool:
        """Whether a map that is wanted is on its way."""
        waiting = self._view.shown != "labels" and self.measure is None
        if self._pair_kind() is not None:
            waiting = self._pair_layer is None
        return waiting and self._labels is not None

    def paint(
        self,
        painter: QPainter,
        exposed: QRectF,
        origin: QPointF,
        scale: float,
        mask: MaskLayer | None,
    ) -> None:
        """Paint what lies within `exposed`; a `mask` that is edited takes the place of maps."""
        view = self._view
        if self.picture is None:
            return
        self.picture.paint(painter, exposed, origin, scale)
        if view.peeking:
            return
        opaque = 1 - (1 - view.opacity) ** 2  # Thin lines need more to be seen.
        kind = self._pair_kind()
        filled = self.measure if view.shown != "labels" else self._labels
        if view.outlined and view.shown == "labels":
            filled = None
        if kind is not None:
            filled = self._pair_layer
        filled = mask or filled
        lines = kind == "borders" if mask is None else mask.outlined
        if filled is not None:
            painter.setOpacity(opaque if lines else view.opacity)
            filled.paint(painter, exposed, origin, scale)
        if mask is None and view.outlined and self._outlines is not None:
            painter.setOpacity(opaque)
            self._outlines.paint(painter, exposed, origin, scale)
        painter.setOpacity(1)

    def paint_scale(self, painter: QPainter, canvas: QWidget, right: bool) -> None:
        """What the colours of the map mean, where the legend does not tell."""
        kind, shown = self._pair_kind(), self._view.shown
        made = self._pair_map
        if kind == "confidence_drop":
            risen, fallen = pair_map_kinds(kind)
            title = pair_map_title(kind)
            paint_color_bar(painter, canvas, title, drop_colors(), (risen, fallen), right)
        elif kind in ("borders", "errors") and made is not None and made.classes is not None:
            key = zip(made.classes.colors, pair_map_kinds(kind), strict=True)
            paint_key(painter, canvas, pair_map_title(kind), list(key), right)
        elif kind is None and self.measure is not None and shown != "labels":
            title = measure_title(shown)
            paint_color_bar(painter, canvas, title, measure_colors(), right=right)

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


def _pair_layer(made: PairMap) -> Layer:
    if made.classes is None:
        return MeasureLayer(cast("Any", made.levels), drop_colors())
    return LabelLayer(made.levels)
