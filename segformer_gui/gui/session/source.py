"""What a canvas shows: an image, what a model sees in it, and the maps over that."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from segformer_gui.gui.session.maps import Maps
from segformer_gui.gui.session.pictures import Picture
from segformer_gui.gui.session.ports import Lanes, Result


class Source(QObject):
    """A picture and a result that belong together, set by the stores and shown by canvases.

    `waiting`: a picture is being made or read; `busy`: its result is. `error` says why there is no
    picture.
    """

    picture_changed = Signal()
    changed = Signal()  # Another result, or none.
    state_changed = Signal()  # Waiting or busy.

    def __init__(self, lanes: Lanes, name: str) -> None:
        super().__init__()
        self.picture: Picture | None = None
        self.result: Result | None = None
        self.error: Exception | None = None
        self.waiting = False
        self.busy = False
        self.maps = Maps(lanes, self, name)

    def show_picture(self, picture: Picture | None, error: Exception | None = None) -> None:
        """Another picture, or none; it is waited for no longer."""
        self.picture, self.error, self.waiting = picture, error, False
        self.picture_changed.emit()

    def show_result(self, result: Result | None) -> None:
        """What a model sees in the picture; None while that is not known."""
        self.result = result
        self.changed.emit()

    def set_state(self, waiting: bool, busy: bool) -> None:
        """What is under way."""
        if (waiting, busy) != (self.waiting, self.busy):
            self.waiting, self.busy = waiting, busy
            self.state_changed.emit()
