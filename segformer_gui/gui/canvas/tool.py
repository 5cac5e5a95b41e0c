"""What every tool of the mask editor has. Places are (x, y) in image pixels, with fractions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt

from segformer_gui.gui.session.editing import Editing
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.pictures import Picture
from segformer_gui.gui.session.ports import Lanes
from segformer_gui.gui.session.tools import Tools

Point = tuple[float, float]

CLOSE_PX = 10.0  # As near on the screen as counts as on it.


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

    masks: Masks
    editing: Editing
    tools: Tools
    lanes: Lanes
    picture: Callable[[], Picture | None]
    scale: Callable[[], float]
    refresh: Callable[[], None]

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the image."""
        mask = self.masks.mask
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
