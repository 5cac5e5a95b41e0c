"""What the mouse does with each tool. Places are (x, y) in image pixels, with fractions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from segformer_gui.core.annotation.connected import flood, runner_up_region, wand
from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.annotation.region import Box, Change, Region
from segformer_gui.core.annotation.scissors import Scissors
from segformer_gui.core.annotation.shapes import polygon, rectangle
from segformer_gui.core.annotation.superpixels import Superpixels, find_superpixels
from segformer_gui.gui.session.editing import Editing
from segformer_gui.gui.session.pictures import Picture
from segformer_gui.gui.session.ports import Job, Lanes
from segformer_gui.gui.session.tools import ToolName, Tools

Point = tuple[float, float]

_HANDLE_PX = 5.0
_CLOSE_PX = 10.0
_SUPERPIXELS_PX = 1024  # Side of the part of the image that is cut into superpixels at once.


@dataclass(frozen=True)
class Hand:
    """How the mouse is held: modifiers, and the pressure of a pen from 0 to 1."""

    shift: bool = False
    control: bool = False
    alt: bool = False
    pressure: float | None = None

    @staticmethod
    def of(modifiers: Qt.KeyboardModifier, pressure: float | None = None) -> Hand:
        """From an event's modifiers."""
        return Hand(
            bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            bool(modifiers & Qt.KeyboardModifier.ControlModifier),
            bool(modifiers & Qt.KeyboardModifier.AltModifier),
            pressure,
        )


@dataclass(frozen=True, eq=False)
class Desk:
    """What the tools work with. `picture` and `scale` are asked for, since they change."""

    editing: Editing
    tools: Tools
    lanes: Lanes
    picture: Callable[[], Picture | None]
    scale: Callable[[], float]
    refresh: Callable[[], None]

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the image."""
        mask = self.editing.mask
        return mask.size if mask is not None else (0, 0)


class Tool:
    """A tool that does nothing; the others override what they need."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def press(self, at: Point, hand: Hand) -> None:
        """The left button goes down."""

    def move(self, at: Point, hand: Hand) -> None:
        """The mouse moves with the left button down."""

    def release(self, at: Point, hand: Hand) -> None:
        """The left button goes up."""

    def hover(self, at: Point, hand: Hand) -> None:
        """The mouse moves with no button down."""

    def confirm(self) -> bool:
        """Enter or a double click; False where there is nothing to confirm."""
        return False

    def step_back(self) -> bool:
        """Backspace; False where there is no step to take back."""
        return False

    def cancel(self) -> bool:
        """Escape; False where there is nothing to cancel."""
        return False

    def outline(self) -> tuple[Sequence[Point], bool]:
        """Points of the line that is being drawn, and whether they are handles."""
        return (), False


class BrushTool(Tool):
    """Draws with the class in hand; Ctrl erases, Shift goes straight on from the last stroke."""

    erases = False
    name = "stroke"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._last: Point | None = None

    def press(self, at: Point, hand: Hand) -> None:
        """Begin a stroke."""
        erases = self.erases or hand.control
        class_id = UNLABELLED if erases else self.desk.tools.settings.class_id
        if not self.desk.editing.begin_stroke(class_id):
            return
        if hand.shift and self._last is not None:
            self._draw(self._last, hand)
        self._draw(at, hand)

    def move(self, at: Point, hand: Hand) -> None:
        """Draw on."""
        self._draw(at, hand)

    def release(self, at: Point, hand: Hand) -> None:
        """End the stroke."""
        self.desk.editing.end_stroke("erase" if self.erases else self.name)

    def cancel(self) -> bool:
        """Take the stroke back."""
        return self.desk.editing.cancel_stroke()

    def _draw(self, at: Point, hand: Hand) -> None:
        self._last = at
        size = self.desk.tools.settings.brush_px
        wide = None if hand.pressure is None else max(1, round(size * hand.pressure))
        self.desk.editing.stroke_to(*at, wide)


class EraserTool(BrushTool):
    """Draws "unlabelled"."""

    erases = True


class SuperpixelTool(Tool):
    """Draws whole superpixels under the mouse; they are found around it, in a worker."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._found: Superpixels | None = None
        self._of: tuple[Picture, int] | None = None
        self._finding: Box | None = None
        self._drawing = False
        self._last: Point = (0.0, 0.0)

    def press(self, at: Point, hand: Hand) -> None:
        """Begin a stroke of superpixels."""
        erases = hand.control
        class_id = UNLABELLED if erases else self.desk.tools.settings.class_id
        if self._at(at) and self.desk.editing.begin_stroke(class_id):
            self._drawing = True
            self.move(at, hand)

    def move(self, at: Point, hand: Hand) -> None:
        """Add the superpixel under the mouse."""
        region = self._at(at)
        if self._drawing and region:
            self.desk.editing.stroke_over(region)

    def release(self, at: Point, hand: Hand) -> None:
        """End the stroke."""
        if self._drawing:
            self._drawing = False
            self.desk.editing.end_stroke("superpixels")

    def hover(self, at: Point, hand: Hand) -> None:
        """Show the superpixel under the mouse."""
        self._last = at
        region = self._at(at)
        if region:
            self.desk.editing.show_preview(
                lambda _mask, _job: region, self.desk.tools.settings.class_id
            )

    def cancel(self) -> bool:
        """Take the stroke back."""
        self._drawing = False
        return self.desk.editing.cancel_stroke()

    def _at(self, at: Point) -> Region | None:
        picture, side = self.desk.picture(), self.desk.tools.settings.superpixel_px
        if picture is None:
            return None
        if self._of is None or self._of[0] is not picture or self._of[1] != side:
            self._of, self._found, self._finding = (picture, side), None, None
        region = self._known(at)
        if region is None:
            self._find(at, picture, side)
        return region or self._known(at)

    def _known(self, at: Point) -> Region | None:
        region = self._found.at(*at) if self._found else None
        return region or None

    def _find(self, at: Point, picture: Picture, side: int) -> None:
        height, width = picture.pixels.shape[:2]
        half = _SUPERPIXELS_PX // 2
        x, y = int(at[0]), int(at[1])
        around = Box(y - half, x - half, y + half, x + half) & Box(0, 0, height, width)
        waiting = self._finding
        if not around or (waiting and waiting & Box(y, x, y + 1, x + 1)):
            return
        self._finding = around

        def found(superpixels: Superpixels | None) -> None:
            if superpixels is not None and self._of == (picture, side):
                self._found, self._finding = superpixels, None
                self.hover(self._last, Hand())

        def work(job: Job) -> Superpixels | None:
            return find_superpixels(picture.pixels, side, around, job.cancelled)

        self.desk.lanes.editing.submit(work, found, self.desk.editing.failed.emit, "superpixels")


class OutlineTool(Tool):
    """A region by its outline; `name` is that of the edit."""

    name = "polygon"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.points: list[Point] = []

    def cancel(self) -> bool:
        """Forget the outline."""
        had = bool(self.points)
        self.points = []
        self.desk.refresh()
        return had

    def outline(self) -> tuple[Sequence[Point], bool]:
        """What has been drawn so far."""
        return self.points, False

    def region(self) -> Region:
        """What the outline goes around."""
        return polygon(self.points, self.desk.size)

    def _fill(self, hand: Hand) -> None:
        erased = UNLABELLED if hand.control else None
        self.desk.editing.fill(self.region(), self.name, erased)
        self.cancel()


class LassoTool(OutlineTool):
    """Drawn in one go."""

    name = "lasso"

    def press(self, at: Point, hand: Hand) -> None:
        """Begin."""
        self.points = [at]

    def move(self, at: Point, hand: Hand) -> None:
        """Go on."""
        self.points.append(at)
        self.desk.refresh()

    def release(self, at: Point, hand: Hand) -> None:
        """Close it and fill."""
        if len(self.points) > 2:
            self._fill(hand)
        else:
            self.cancel()


class RectangleTool(OutlineTool):
    """From corner to corner."""

    name = "rectangle"

    def press(self, at: Point, hand: Hand) -> None:
        """The first corner."""
        self.points = [at, at]

    def move(self, at: Point, hand: Hand) -> None:
        """The opposite one."""
        if self.points:
            self.points[1] = at
            self.desk.refresh()

    def release(self, at: Point, hand: Hand) -> None:
        """Fill."""
        if self.points and self.points[0] != self.points[1]:
            self._fill(hand)
        else:
            self.cancel()

    def region(self) -> Region:
        """What lies between the corners."""
        return rectangle(self.points[0], self.points[1], self.desk.size)

    def outline(self) -> tuple[Sequence[Point], bool]:
        """All four corners."""
        if not self.points:
            return (), False
        (x0, y0), (x1, y1) = self.points
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], False


class PolygonTool(OutlineTool):
    """Corner by corner; corners can be moved until it is closed."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._held: int | None = None
        self._hand = Hand()

    def press(self, at: Point, hand: Hand) -> None:
        """Take hold of a corner, or add one; on the first one, close."""
        self._hand = hand
        near = self._near(at)
        if near == 0 and len(self.points) > 2 and not hand.alt:
            self.confirm()
            return
        if near is None:
            self.points.append(at)
            near = len(self.points) - 1
        self._held = near
        self.desk.refresh()

    def move(self, at: Point, hand: Hand) -> None:
        """Move the corner."""
        if self._held is not None:
            self.points[self._held] = at
            self.desk.refresh()

    def release(self, at: Point, hand: Hand) -> None:
        """Let go of the corner."""
        self._held = None

    def confirm(self) -> bool:
        """Close it and fill."""
        if len(self.points) < 3:
            return False
        self._fill(self._hand)
        return True

    def step_back(self) -> bool:
        """Take the last corner away."""
        if not self.points:
            return False
        self.points.pop()
        self.desk.refresh()
        return True

    def outline(self) -> tuple[Sequence[Point], bool]:
        """The corners, as handles."""
        return self.points, True

    def _near(self, at: Point) -> int | None:
        reach = _CLOSE_PX / self.desk.scale()
        for index, (x, y) in enumerate(self.points):
            if abs(x - at[0]) <= reach and abs(y - at[1]) <= reach:
                return index
        return None


class ScissorsTool(OutlineTool):
    """An outline that snaps to edges: from anchor to anchor, each found in a worker."""

    name = "scissors"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._scissors: Scissors | None = None
        self._of: Picture | None = None
        self._anchors: list[int] = []  # Places among the points.
        self._ahead: list[Point] = []

    def press(self, at: Point, hand: Hand) -> None:
        """Set an anchor; on the first one, close."""
        picture = self.desk.picture()
        if picture is None:
            return
        if picture is not self._of:
            self._of, self._scissors = picture, None
        if len(self._anchors) > 1 and self._is_first(at):
            self.confirm()
            return
        self.points += self._ahead or [at]
        self._anchors.append(len(self.points))
        self._ahead = []
        self._set_anchor(self.points[-1], picture)

    def hover(self, at: Point, hand: Hand) -> None:
        """Show the path to the mouse."""
        if self._scissors is not None and self.points:
            self._ahead = [(float(x), float(y)) for x, y in self._scissors.path(*at)]
            self.desk.refresh()

    move = hover

    def confirm(self) -> bool:
        """Close it and fill."""
        if len(self.points) < 3:
            return False
        self._fill(Hand())
        return True

    def step_back(self) -> bool:
        """Go back to the anchor before."""
        if not self._anchors:
            return False
        self._anchors.pop()
        self.points = self.points[: self._anchors[-1]] if self._anchors else []
        self._ahead = []
        if self.points and self._of is not None:
            self._set_anchor(self.points[-1], self._of)
        self.desk.refresh()
        return True

    def cancel(self) -> bool:
        """Forget the outline."""
        self._anchors, self._ahead, self._scissors = [], [], None
        return super().cancel()

    def outline(self) -> tuple[Sequence[Point], bool]:
        """The way so far, and that to the mouse."""
        return [*self.points, *self._ahead], False

    def _is_first(self, at: Point) -> bool:
        reach = _CLOSE_PX / self.desk.scale()
        x, y = self.points[0]
        return abs(x - at[0]) <= reach and abs(y - at[1]) <= reach

    def _set_anchor(self, at: Point, picture: Picture) -> None:
        self._scissors = None

        def work(_job: Job) -> Scissors:
            scissors = Scissors(picture.pixels)
            scissors.set_anchor(*at)
            return scissors

        def found(scissors: Scissors) -> None:
            if self.points and self.points[-1] == at:
                self._scissors = scissors

        self.desk.lanes.editing.submit(work, found, self.desk.editing.failed.emit, "scissors")


class ClickTool(Tool):
    """A region that is found from one place: shown under the mouse, filled by a click."""

    name = "fill"

    def press(self, at: Point, hand: Hand) -> None:
        """Find the region and fill it."""
        if not self._inside(at):
            return
        class_id = UNLABELLED if hand.control else self.desk.tools.settings.class_id
        find = self.finder(at)

        def change(mask: Mask, _job: Job) -> Change | None:
            region = find(mask)
            return region.filled(class_id) if region is not None else None

        self.desk.editing.edit(change, self.name)

    def hover(self, at: Point, hand: Hand) -> None:
        """Show what a click would change."""
        if not self._inside(at):
            self.desk.editing.clear_preview()
            return
        class_id = UNLABELLED if hand.control else self.desk.tools.settings.class_id
        find = self.finder(at)
        self.desk.editing.show_preview(lambda mask, _job: find(mask), class_id)

    def finder(self, at: Point) -> Callable[[Mask], Region | None]:
        """What finds the region, in a worker."""
        return lambda mask: flood(mask.labels, *at)

    def _inside(self, at: Point) -> bool:
        height, width = self.desk.size
        return 0 <= at[0] < width and 0 <= at[1] < height


class WandTool(ClickTool):
    """What looks alike."""

    name = "wand"

    def finder(self, at: Point) -> Callable[[Mask], Region | None]:
        """By colour, as the settings say."""
        picture, settings = self.desk.picture(), self.desk.tools.settings
        if picture is None:
            return lambda _mask: None
        return lambda _mask: wand(picture.pixels, *at, settings.tolerance, settings.contiguous)


class RegionTool(ClickTool):
    """The model's region under the mouse, with the class it predicts; Ctrl: its second choice."""

    name = "region"

    def press(self, at: Point, hand: Hand) -> None:
        """Take the region over, with its class."""
        if self._inside(at):
            self.desk.editing.edit(
                lambda _mask, _job: self._change(at, hand.control), self.name, touch=True
            )

    def hover(self, at: Point, hand: Hand) -> None:
        """Show it, where it would change something."""
        if not self._inside(at):
            self.desk.editing.clear_preview()
            return

        def region(_mask: Mask, _job: Job) -> Region | None:
            change = self._change(at, hand.control)
            return None if change is None else change.region

        self.desk.editing.show_preview(region, self._class_at(at))

    def _class_at(self, at: Point) -> int:
        result = self.desk.editing.prediction
        names = self.desk.editing.classes
        if result is None or names is None:
            return UNLABELLED
        name = result.classes.names[int(result.labels[int(at[1]), int(at[0])])]
        return names.names.index(name) if name in names.names else UNLABELLED

    def _change(self, at: Point, second: bool) -> Change | None:
        prediction, result = self.desk.editing.predicted(), self.desk.editing.prediction
        if prediction is None or result is None:
            return None
        if not second:
            region = flood(prediction, *at)
            return region.filled(int(prediction[int(at[1]), int(at[0])]))
        if result.logits is None:
            return None
        region, class_id = runner_up_region(result.logits, self.desk.size, *at)
        names = self.desk.editing.classes
        name = result.classes.names[class_id]
        if names is None or name not in names.names:
            return None
        return region.filled(names.names.index(name))


class PickTool(Tool):
    """Takes the class under the mouse in hand."""

    def press(self, at: Point, hand: Hand) -> None:
        """Pick, and go back to the tool before."""
        mask = self.desk.editing.mask
        height, width = self.desk.size
        if mask is not None and 0 <= at[0] < width and 0 <= at[1] < height:
            picked = int(mask.labels[int(at[1]), int(at[0])])
            self.desk.tools.set(class_id=picked)
            self.desk.tools.choose_last()


def make_tools(desk: Desk) -> dict[ToolName, Tool]:
    """One of each."""
    kinds: dict[ToolName, type[Tool]] = {
        "look": Tool,
        "brush": BrushTool,
        "eraser": EraserTool,
        "polygon": PolygonTool,
        "lasso": LassoTool,
        "rectangle": RectangleTool,
        "fill": ClickTool,
        "wand": WandTool,
        "superpixel": SuperpixelTool,
        "scissors": ScissorsTool,
        "region": RegionTool,
        "pick": PickTool,
    }
    return {name: kind(desk) for name, kind in kinds.items()}


def paint_outline(
    painter: QPainter, points: Sequence[QPointF], color: QColor, handles: bool
) -> None:
    """A line over the image that can be seen on any ground, filled lightly, with its corners."""
    shape = QPolygonF(list(points))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill = QColor(color)
    fill.setAlpha(70)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawPolygon(shape)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(0, 0, 0, 190), 3), QPen(QColor("#ffffff"), 1)):
        painter.setPen(pen)
        painter.drawPolyline(shape)
    if not handles:
        return
    for index, point in enumerate(points):
        size = _HANDLE_PX + (2 if index == 0 else 0)
        painter.setPen(QPen(QColor(0, 0, 0, 190), 1))
        painter.setBrush(QColor("#ffffff") if index else color)
        painter.drawEllipse(point, size, size)


def paint_brush(painter: QPainter, centre: QPointF, diameter: float, square: bool) -> None:
    """The rim of the brush, seen on any ground."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = diameter / 2
    for pen, grown in ((QPen(QColor(0, 0, 0, 190), 1), 1.0), (QPen(QColor("#ffffff"), 1), 0.0)):
        painter.setPen(pen)
        r = radius + grown
        if square:
            painter.drawRect(
                int(centre.x() - r), int(centre.y() - r), max(1, int(2 * r)), max(1, int(2 * r))
            )
        else:
            painter.drawEllipse(centre, r, r)
