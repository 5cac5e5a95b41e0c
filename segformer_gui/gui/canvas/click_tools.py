"""Tools that work at one place: fill, magic wand, the model's region, pick."""

from __future__ import annotations

from collections.abc import Callable

from segformer_gui.core.annotation.connected import flood, runner_up_region, wand
from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.annotation.predicted import class_ids
from segformer_gui.core.annotation.region import Change, Region
from segformer_gui.gui.canvas.tool import Hand, Point, Tool
from segformer_gui.gui.session.ports import Job


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
        if result is None:
            return UNLABELLED
        return self._id_of(int(result.labels[int(at[1]), int(at[0])]))

    def _id_of(self, predicted: int) -> int:
        result, classes = self.desk.editing.prediction, self.desk.masks.classes
        if result is None or classes is None:
            return UNLABELLED
        return class_ids(result.classes, classes)[predicted]

    def _change(self, at: Point, second: bool) -> Change | None:
        prediction, result = self.desk.editing.predicted(), self.desk.editing.prediction
        if prediction is None or result is None:
            return None
        if not second:
            class_id = int(prediction[int(at[1]), int(at[0])])
            return None if class_id == UNLABELLED else flood(prediction, *at).filled(class_id)
        if result.logits is None:
            return None
        region, predicted = runner_up_region(result.logits, self.desk.size, *at)
        class_id = self._id_of(predicted)
        return None if class_id == UNLABELLED else region.filled(class_id)


class PickTool(Tool):
    """Takes the class under the mouse in hand."""

    def press(self, at: Point, hand: Hand) -> None:
        """Pick, and go back to the tool before."""
        mask = self.desk.masks.mask
        height, width = self.desk.size
        if mask is not None and 0 <= at[0] < width and 0 <= at[1] < height:
            picked = int(mask.labels[int(at[1]), int(at[0])])
            self.desk.tools.set(class_id=picked)
            self.desk.tools.choose_last()
