"""Tools that draw: brush, eraser, superpixels."""

from __future__ import annotations

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.annotation.region import Box, Region
from segformer_gui.core.annotation.superpixels import Superpixels, find_superpixels
from segformer_gui.gui.canvas.tool import Desk, Hand, Point, Tool
from segformer_gui.gui.session.pictures import Picture
from segformer_gui.gui.session.ports import Job

_SUPERPIXELS_PX = 1024  # Side of the part of the image that is cut into superpixels at once.


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
        self._passed: list[Point] = []  # Where the mouse drew before superpixels were found there.
        self._released = False
        self._last: Point = (0.0, 0.0)

    def press(self, at: Point, hand: Hand) -> None:
        """Begin a stroke of superpixels."""
        class_id = UNLABELLED if hand.control else self.desk.tools.settings.class_id
        if self.desk.editing.begin_stroke(class_id):
            self._drawing, self._released, self._passed = True, False, []
            self.move(at, hand)

    def move(self, at: Point, hand: Hand) -> None:
        """Add the superpixel under the mouse, as soon as it is found."""
        region = self._at(at)
        if not self._drawing or self._released:
            return
        if region is None:
            self._passed.append(at)
        else:
            self.desk.editing.stroke_over(region)

    def release(self, at: Point, hand: Hand) -> None:
        """End the stroke, when all superpixels on its way are found."""
        if self._drawing:
            self._released = True
            self._end()

    def _end(self) -> None:
        if self._released and not (self._passed and self._finding):
            self._drawing, self._passed = False, []
            self.desk.editing.end_stroke("superpixels")

    def _catch_up(self) -> None:
        """Draw over what has been found meanwhile."""
        regions = {at: self._known(at) for at in self._passed}
        for region in regions.values():
            if region is not None:
                self.desk.editing.stroke_over(region)
        self._passed = [at for at, region in regions.items() if region is None]
        self._end()

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
        self._drawing, self._released, self._passed = False, False, []
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
                if self._drawing:
                    self._catch_up()
                else:
                    self.hover(self._last, Hand())

        def work(job: Job) -> Superpixels | None:
            return find_superpixels(picture.pixels, side, around, job.cancelled)

        self.desk.lanes.editing.submit(work, found, self.desk.editing.failed.emit, "superpixels")
