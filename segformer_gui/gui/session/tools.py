"""Which tool is in hand, and how it is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.annotation.brush import MAX_DIAMETER_PX, Brush, BrushShape
from segformer_gui.core.annotation.mask import UNLABELLED, Rules

ToolName = Literal[
    "look",
    "brush",
    "eraser",
    "polygon",
    "lasso",
    "rectangle",
    "fill",
    "wand",
    "superpixel",
    "scissors",
    "region",
    "pick",
]
TOOLS: tuple[ToolName, ...] = get_args(ToolName)
# Whatever is there; only what nobody and nothing has labelled; only what has the class `only_over`.
Over = Literal["all", "unlabelled", "class"]
FillWith = Literal["class", "prediction"]  # What an outline is filled with.
OVERS: tuple[Over, ...] = get_args(Over)


@dataclass(frozen=True)
class ToolSettings:
    """`tolerance` is in CIE Lab; sizes are in image pixels; `class_id` 255 erases."""

    class_id: int = 0
    brush_px: int = 24
    brush_shape: BrushShape = "round"
    tolerance: float = 8.0
    contiguous: bool = True
    superpixel_px: int = 24
    over: Over = "all"
    only_over: int = 0
    fill_with: FillWith = "class"
    locked: frozenset[int] = frozenset()
    radius_px: int = 3
    island_px: int = 64

    @property
    def brush(self) -> Brush:
        """The brush, and the eraser."""
        return Brush(self.brush_px, self.brush_shape)

    @property
    def rules(self) -> Rules:
        """Which pixels an edit may change."""
        only: frozenset[int] | None = None
        if self.over != "all":
            only = frozenset({UNLABELLED if self.over == "unlabelled" else self.only_over})
        return Rules(only, self.locked)


class Tools(QObject):
    """The tool in hand. Another one than `look` changes the mask."""

    changed = Signal()  # Another tool.
    settings_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name: ToolName = "look"
        self._before: ToolName = "brush"
        self.settings = ToolSettings()

    def choose(self, name: ToolName) -> None:
        """Take a tool in hand."""
        if name != self.name:
            self._before = self.name
            self.name = name
            self.changed.emit()

    def choose_last(self) -> None:
        """Go back to the tool before this one."""
        self.choose("brush" if self._before in ("look", "pick") else self._before)

    def set(self, **changes: Any) -> None:  # noqa: ANN401 (fields of ToolSettings)
        """Change settings."""
        settings = ToolSettings(**(vars(self.settings) | changes))
        if settings != self.settings:
            self.settings = settings
            self.settings_changed.emit()

    def resize_brush(self, factor: float) -> None:
        """A larger or smaller brush, by a pixel at least."""
        old = self.settings.brush_px
        new = round(old * factor)
        if new == old:
            new += 1 if factor > 1 else -1
        self.set(brush_px=min(max(1, new), MAX_DIAMETER_PX))

    def toggle_lock(self, class_id: int) -> None:
        """Lock a class, so that no edit changes its pixels, or unlock it."""
        self.set(locked=self.settings.locked ^ {class_id})
