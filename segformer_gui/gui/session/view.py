"""How the canvas shows things: nothing in here changes a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.classes import ClassSet, plain_name
from segformer_gui.core.inference.options import MEASURES, Measure
from segformer_gui.core.palettes import Palette, painted

Shown = Literal["labels"] | Measure
SHOWN: tuple[Shown, ...] = ("labels", *MEASURES)
# Of a clean and a corrupted image: which pixels changed class, where confidence fell, where borders
# moved, where the corrupted one is wrong.
PairMapKind = Literal["flips", "confidence_drop", "borders", "errors"]
PAIR_MAPS: tuple[PairMapKind, ...] = get_args(PairMapKind)
# One image; clean and corrupted side by side; one wiped over the other; both through two models.
Arrangement = Literal["single", "side", "wipe", "grid"]
ARRANGEMENTS: tuple[Arrangement, ...] = get_args(Arrangement)


@dataclass(frozen=True)
class Hover:
    """The pixel under the mouse.

    `class_id`, of `classes`, is None where there is no result. `likeliest` are ids and
    probabilities of at most three classes, `value` is the measure that is shown, if they do not
    tell it.
    """

    x: int
    y: int
    classes: ClassSet | None = None
    class_id: int | None = None
    likeliest: tuple[tuple[int, float], ...] = ()
    value: float | None = None


class View(QObject):
    """What lies over the image, how much it covers, and what the mouse points at."""

    overlay_changed = Signal()
    hover_changed = Signal()
    zoom_changed = Signal()
    arrangement_changed = Signal()

    def __init__(self, opacity: float, palette: Palette) -> None:
        super().__init__()
        self.opacity = opacity
        self.palette: Palette = palette
        self.peeking = False
        self.shown: Shown = "labels"
        self.outlined = False
        self.pair_map: PairMapKind | None = None
        self.arrangement: Arrangement = "single"
        self.before = False
        self.classes: ClassSet | None = None  # Those of the legend, which `hidden` is about.
        self.hidden: frozenset[int] = frozenset()
        self.solo: int | None = None
        self.hover: Hover | None = None
        self.zoom = 1.0

    def shows(self, class_id: int) -> bool:
        """Whether the overlay shows this class."""
        if self.solo is not None:
            return class_id == self.solo
        return class_id not in self.hidden

    def shows_of(self, classes: ClassSet) -> Callable[[int], bool]:
        """As `shows`, for the ids of another model: its classes go by their names."""
        if self.classes is None or classes.names == self.classes.names:
            return self.shows
        legend = _ids_by_name(self.classes)

        def shows(class_id: int) -> bool:
            known = legend.get(plain_name(classes.names[class_id]))
            return self.solo is None if known is None else self.shows(known)

        return shows

    def set_classes(self, classes: ClassSet | None) -> None:
        """The legend is about other classes; which are hidden goes by their names."""
        if classes == self.classes:
            return
        if self.classes is not None and classes is not None:
            ids = _ids_by_name(classes)
            kept = {old: ids.get(plain_name(name)) for old, name in enumerate(self.classes.names)}
            self.hidden = frozenset(new for old in self.hidden if (new := kept[old]) is not None)
            self.solo = None if self.solo is None else kept[self.solo]
        self.classes = classes
        self.overlay_changed.emit()

    def painted(self, classes: ClassSet) -> ClassSet:
        """The classes in the colours of the chosen palette."""
        return painted(classes, self.palette)

    def set_palette(self, palette: Palette) -> None:
        """Which colours classes have, on the canvas and everywhere else."""
        if palette != self.palette:
            self.palette = palette
            self.overlay_changed.emit()

    def set_opacity(self, opacity: float) -> None:
        """0 shows the image alone, 1 the colours alone."""
        self.opacity = opacity
        self.overlay_changed.emit()

    def set_shown(self, shown: Shown) -> None:
        """What lies over the image: class colours, or how sure they are."""
        self.shown = shown
        self.overlay_changed.emit()

    def set_outlined(self, outlined: bool) -> None:
        """Show the borders of the regions only."""
        self.outlined = outlined
        self.overlay_changed.emit()

    def set_pair_map(self, kind: PairMapKind | None) -> None:
        """What lies over the corrupted image: a map of what changed, or what lies over the clean
        one, too.
        """
        self.pair_map = kind
        self.overlay_changed.emit()

    def set_arrangement(self, arrangement: Arrangement) -> None:
        """How clean and corrupted images lie beside or over each other."""
        self.arrangement = arrangement
        self.arrangement_changed.emit()

    def set_before(self, before: bool) -> None:
        """While this is on, the clean image is shown alone."""
        self.before = before
        self.arrangement_changed.emit()

    def set_peeking(self, peeking: bool) -> None:
        """While peeking the overlay is off."""
        self.peeking = peeking
        self.overlay_changed.emit()

    def set_hidden(self, class_id: int, hidden: bool) -> None:
        """Hide or show one class; this ends a solo."""
        self.solo = None
        self.hidden = self.hidden | {class_id} if hidden else self.hidden - {class_id}
        self.overlay_changed.emit()

    def toggle_solo(self, class_id: int) -> None:
        """Show only this class, or, if it is alone already, all that are not hidden."""
        self.solo = None if self.solo == class_id else class_id
        self.overlay_changed.emit()

    def show_all(self) -> None:
        """Hide no class."""
        self.hidden = frozenset()
        self.solo = None
        self.overlay_changed.emit()

    def set_hover(self, hover: Hover | None) -> None:
        """Tell what the mouse points at."""
        if hover != self.hover:
            self.hover = hover
            self.hover_changed.emit()

    def set_zoom(self, zoom: float) -> None:
        """Tell the canvas's scale: screen pixels an image pixel."""
        if zoom != self.zoom:
            self.zoom = zoom
            self.zoom_changed.emit()


def _ids_by_name(classes: ClassSet) -> dict[str, int]:
    return {plain_name(classes.names[class_id]): class_id for class_id in classes.ids}
