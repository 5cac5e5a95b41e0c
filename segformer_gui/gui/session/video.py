"""Playing a video: which frame is shown, with its mask, and which is next."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from segformer_gui.core.corruption.condition import Condition
from segformer_gui.core.video.video import Video
from segformer_gui.gui.session.flips import Flips
from segformer_gui.gui.session.frame_view import Frame, FrameView, Results, make_frame
from segformer_gui.gui.session.images import Images
from segformer_gui.gui.session.lab import Lab
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.pictures import Picture
from segformer_gui.gui.session.ports import Engine, Job, Lanes
from segformer_gui.gui.session.smoothing import Smoothing
from segformer_gui.gui.session.source import Source
from segformer_gui.gui.session.view import View

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
_STEADY = 0.8  # Share of the past in the measured time a frame.
_PATIENCE_S = 0.15  # A mask that is expected sooner is waited for: else it would flicker.


class Player(QObject):
    """Shows frames of the current video, one in the network at a time.

    Pull, not push: while a frame is in the network, the next one is read (and corrupted), the one
    that the clock will be at when the network is free again; frames in between are dropped and
    counted. A frame is shown with its mask, except where a person goes through frames faster than
    the network.
    """

    changed = Signal()  # Another video, or none.
    frame_changed = Signal()
    state_changed = Signal()  # Playing, speed, loop, marks, moving corruption, smoothing.
    noted = Signal(object)  # A `Note` on the video that was opened.
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        engine: Engine,
        images: Images,
        models: Models,
        current: Source,
        lab: Lab,
        view: View,
        frames: FrameView,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._engine = engine
        self._images = images
        self._models = models
        self._current = current
        self._lab = lab
        self._view = view
        self._frames = frames
        self._places: dict[Path, int] = {}  # Where one was in videos that were left.
        self._wanted = 0
        self._reading = False
        self._in_network = False
        self._prepared: Frame | None = None
        self._shown: Frame | None = None
        self._flips = Flips()
        self._base = (0.0, 0.0)  # When, by the clock and in the video, playing began.
        self._landed_s = 0.0
        self._network_s: float | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._advance)
        self.video: Video | None = None
        self.path: Path | None = None
        self.times = np.zeros(0)
        self.number = 0
        self.playing = False
        self.speed = 1.0
        self.loop = False
        self.moving = False
        self.smoothing = Smoothing()
        self.first, self.last = 0, 0  # The marks: what is played and exported.
        self.dropped = 0
        self.frame_s: float | None = None  # Seconds a frame takes while playing.

    # Which video --------------------------------------------------------------------------------

    def show(self, picture: Picture | None) -> None:
        """Play this picture's video from now on, if it is of one."""
        video = picture.video if picture else None
        if video is self.video:
            return
        self._leave()
        self.video = video
        if video is not None and picture is not None:
            self.path = picture.path
            self.times = video.times
            self.first, self.last = 0, video.count - 1
            self._flips.forget(video.count)
            self._wanted = min(self._places.get(self.path, 0), self.last)
            self._lab.drive(self.refresh)
            self._have(Frame(0, picture, Condition()))
            for note in video.notes:
                self.noted.emit(note)
        self.changed.emit()
        self.state_changed.emit()

    def leave_unless(self, path: Path | None) -> None:
        """Another entry of the list is looked at."""
        if self.path is not None and self.path != path:
            self.show(None)

    def _leave(self) -> None:
        video, path = self.video, self.path
        if video is not None and path is not None:
            self._places[path] = self.number
        self.playing = False
        self._give_up()
        self._shown = None
        self.smoothing.forget()
        self.video = self.path = None
        self.number = self.dropped = 0
        self.frame_s = None
        if video is not None and path is not None:
            self._images.release(path)
            self._lab.drive(None)
            self._lanes.decode.submit(lambda _job: video.close(), _ignore, _ignore)

    # What a person asks for ---------------------------------------------------------------------

    @property
    def frame(self) -> Frame | None:
        """The frame that is shown."""
        return self._shown

    def seek(self, number: int) -> None:
        """Show a frame as soon as it is there; playing goes on from it."""
        if self.video is None:
            return
        self._wanted = max(0, min(number, self.video.count - 1))
        if self.playing:
            self._drop_prepared()
            self._begin(self._wanted)
        if not self._reading:
            self._read(self._wanted)

    def step(self, by: int) -> None:
        """Some frames on or back; this ends playing. A frame that cannot be shown counts, too."""
        self.pause()
        self.seek(self._wanted + by)

    def toggle(self) -> None:
        """Play or pause."""
        if self.playing:
            self.pause()
        elif self.video is not None:
            self.playing = True
            self.dropped, self.frame_s = 0, None
            inside = self.first <= self.number < self.last
            start = self.number if inside else self.first
            self._drop_prepared()
            self._begin(start)
            self._landed_s = time.monotonic()
            self.state_changed.emit()
            self._read(start)

    def pause(self) -> None:
        """Stay where it is."""
        if self.playing:
            self.playing = False
            self._timer.stop()
            self._give_up()
            self._wanted = self.number
            self.state_changed.emit()
            if not self._whole():
                self.refresh()

    def set_speed(self, speed: float) -> None:
        """Seconds of the video a second."""
        self.speed = speed
        self._begin(self.number)
        self.state_changed.emit()

    def set_loop(self, loop: bool) -> None:
        """Begin again at the end."""
        self.loop = loop
        self.state_changed.emit()

    def set_moving(self, moving: bool) -> None:
        """Whether a corruption moves from frame to frame."""
        self.moving = moving
        self.state_changed.emit()
        self.refresh()

    def set_smoothing(self, amount: float) -> None:
        """0 is off."""
        self.smoothing.set(amount)
        self.state_changed.emit()
        self.refresh()

    def mark_first(self) -> None:
        """What is played and exported begins here."""
        self.first = self.number
        self.last = max(self.last, self.first)
        self.state_changed.emit()

    def mark_last(self) -> None:
        """It ends here."""
        self.last = self.number
        self.first = min(self.first, self.last)
        self.state_changed.emit()

    def unmark(self) -> None:
        """The whole video."""
        self.first, self.last = 0, max(0, len(self.times) - 1)
        self.state_changed.emit()

    def refresh(self) -> None:
        """Show the frame anew: another model, other options, another corruption."""
        if self.video is not None and not self.playing:
            self.seek(self.number)

    @property
    def flips(self) -> NDArray[np.float64]:
        """Flip rates of the frames as they are seen now; see `Flips`."""
        way = self.way(self._frames.condition, self.moving, self.smoothing.amount)
        return self._flips.rates(way)

    def set_flips(self, first: int, rates: list[float], way: Hashable) -> None:
        """Flip rates that a run over all frames has measured; the one of `first` + 1 leads."""
        self._flips.put(way, first + 1, rates)
        self.frame_changed.emit()

    def way(self, condition: Condition, moving: bool, smoothing: float) -> Hashable:
        """What decides a frame's mask, with the model that is ready."""
        ready = self._models.ready
        spoilt = None if condition.is_clean else (condition, moving)
        return ready and ready.request, self._frames.options, spoilt, smoothing

    # Frames on their way ------------------------------------------------------------------------

    def _read(self, number: int, after: int | None = None) -> None:
        """Read a frame that follows frame `after`, by default the one before it."""
        video, path = self.video, self.path
        assert video is not None
        assert path is not None
        condition, moving = self._frames.condition, self.moving
        self._reading = True

        def work(_job: Job) -> Frame:
            frame = make_frame(number, video.frame(number), path, condition, moving, video)
            return replace(frame, after=number - 1 if after is None else after)

        def done(frame: Frame) -> None:
            self._reading = False
            self._have(frame)

        def failed(error: Exception) -> None:
            self._reading = False
            self.pause()
            self.failed.emit(error)

        self._lanes.decode.submit(work, done, failed, "frame")

    def _have(self, frame: Frame) -> None:
        """A frame was read: for now, or, while playing, for when it is due."""
        if self.playing:
            self._prepared = frame
            self._timer.start(0)  # Not from within: frames that are there at once would not return.
            return
        outdated = frame.condition != self._frames.condition or self._wanted != frame.number
        if outdated or self._network_s is None or self._network_s > _PATIENCE_S:
            self._present(frame, (None, None))
        if outdated:
            self._read(self._wanted)
        else:
            self._segment(frame)

    def _advance(self) -> None:
        """Give the network its next frame, if it is free and the frame is there and due."""
        frame = self._prepared
        if not self.playing or self._in_network:
            return
        if frame is None:
            self._read_following(self.number)
            return
        early_s = self._due_s(frame.number) - time.monotonic()
        if early_s > 0.001:
            self._timer.start(round(early_s * 1000))
            return
        self._prepared = None
        self._segment(frame)
        self._read_following(frame.number)

    def _segment(self, frame: Frame) -> None:
        alone = self.playing and self._view.arrangement == "single"

        def done(results: Results) -> None:
            self._in_network = False
            self.smoothing.keep(pasts, results)
            self._landed(frame, results)

        def failed(error: Exception) -> None:
            self._in_network = False
            self._present(frame, (None, None))
            self.pause()
            self.failed.emit(error)

        ready = self._models.ready
        if ready is None or self._models.loading:
            self._landed(frame, (None, None))
            return
        pasts = self.smoothing.pasts(frame, ready, self._frames.options)
        work = self._frames.segmenting(self._engine, frame, not alone, pasts)
        self._in_network = True
        self._lanes.inference.submit(work, done, failed, "video")

    def _landed(self, frame: Frame, results: Results) -> None:
        now = time.monotonic()
        if self.playing:
            self.dropped += max(0, frame.number - self.number - 1)
            taken = now - self._landed_s
            before = taken if self.frame_s is None else self.frame_s
            self.frame_s = _STEADY * before + (1 - _STEADY) * taken
        self._landed_s = now
        clean, corrupted = results
        result = corrupted or clean
        self._network_s = result.timings.total_ms / 1000 if result else None
        self._present(frame, results)
        if self.playing and frame.number >= self.last and not self.loop:
            self.pause()
        elif self.playing:
            self._timer.start(0)

    def _present(self, frame: Frame, results: Results) -> None:
        clean, corrupted = results
        result = corrupted or clean
        if result is not None:
            way = self.way(frame.condition, self.moving, self.smoothing.amount)
            self._flips.show(way, frame.number, result.levels[-1])
        self.number, self._shown = frame.number, frame
        self._frames.show(frame, results)
        self.frame_changed.emit()

    def _whole(self) -> bool:
        """Whether what is shown is all that is asked for: while playing, less is made."""
        shown = self._shown
        asked = shown is not None and shown.condition == self._frames.condition
        return asked and self._current.result is not None

    def _drop_prepared(self) -> None:
        """What was read ahead is not what is wanted."""
        self._lanes.decode.cancel("frame")
        self._prepared, self._reading = None, False

    def _give_up(self) -> None:
        self._timer.stop()
        self._drop_prepared()
        self._lanes.inference.cancel("video")
        self._in_network = False

    # The clock ----------------------------------------------------------------------------------

    def _begin(self, number: int, in_s: float = 0) -> None:
        """Have this frame due in so many seconds, and the others after it."""
        if len(self.times):
            self._base = (time.monotonic() + in_s, float(self.times[number]))

    def _due_s(self, number: int) -> float:
        return self._base[0] + (float(self.times[number]) - self._base[1]) / self.speed

    def _read_following(self, number: int) -> None:
        """Read the frame that the clock will be at when the network is free again."""
        if self._reading:
            return
        if number >= self.last:
            if self.loop:
                frames = max(1, self.last - self.first)
                step_s = float(self.times[self.last] - self.times[self.first]) / frames
                self._begin(self.first, step_s / self.speed)
                self._read(self.first)
            return
        then_s = time.monotonic() + (self.frame_s or 0)
        position = self._base[1] + (then_s - self._base[0]) * self.speed
        clock = int(np.searchsorted(self.times, position, side="right")) - 1
        self._read(max(number + 1, min(clock, self.last)), after=number)


def _ignore(_: Any) -> None:  # noqa: ANN401 (of a job whose end nobody waits for)
    pass
