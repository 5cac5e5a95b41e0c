"""Tools that go around a region: lasso, rectangle, polygon, scissors."""

from __future__ import annotations

from collections.abc import Sequence

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.annotation.region import Region
from segformer_gui.core.annotation.scissors import Scissors
from segformer_gui.core.annotation.shapes import polygon, rectangle
from segformer_gui.gui.canvas.tool import CLOSE_PX, Desk, Hand, Point, Tool
from segformer_gui.gui.session.pictures import Picture
from segformer_gui.gui.session.ports import Job


class OutlineTool(Tool):
    """A region by its outline; `name` is that of the edit.

    Ctrl erases what lies inside, Shift takes the prediction over there.
    """

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
        editing, region = self.desk.editing, self.region()
        if hand.shift or self.desk.tools.settings.fill_with == "prediction":
            editing.accept(region=region)
        else:
            editing.fill(region, self.name, UNLABELLED if hand.control else None)
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
        """All four corners, and back to the first."""
        if not self.points:
            return (), False
        (x0, y0), (x1, y1) = self.points
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], False


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
        reach = CLOSE_PX / self.desk.scale()
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
        reach = CLOSE_PX / self.desk.scale()
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
