"""The corruption lab: the current image under a condition, and what models see in it then."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from segformer_gui.core.corruption.catalogue import MAX_SEVERITY
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.corruption.corrupt import Engine as CorruptionEngine
from segformer_gui.gui.session.corruption_thumbnails import CorruptionThumbnails
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.pair import Pair
from segformer_gui.gui.session.pictures import Picture, image_levels
from segformer_gui.gui.session.ports import Engine, Job, Lanes, Result
from segformer_gui.gui.session.rival import Rival
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.source import Source
from segformer_gui.gui.session.sweep import Sweep
from segformer_gui.gui.session.truth import Truth

_FIRST_SEVERITY = 3  # What a click on a corruption gives where nothing is corrupted yet.
_SEEDS = 1 << 31  # As many as a spin box holds.
_PATIENCE_MS = 80  # A mask that is expected sooner is waited for: else it would flicker.


class Lab(QObject):
    """Corrupts the current image, shows it at once, and then what the model sees in it.

    Corrupting has a thread of its own, so that the image follows the slider while the network is
    busy. At most one image is being corrupted: where the condition moves on meanwhile, that image
    is still shown, and the latest condition comes next. A mask is shown with the image that it was
    made of or not at all; where the network is fast, both are shown at once.
    """

    condition_changed = Signal()  # What is asked for; `shown` follows.
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        engine: Engine,
        models: Models,
        current: Source,
        segmentation: Segmentation,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._engine = engine
        self._current = current
        self._segmentation = segmentation
        self._making = False
        self._outdated = False
        self._next: tuple[Condition, Picture | None, Exception | None] | None = None
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._show_next)
        # Who makes the pictures instead, of the frames of a video; called when they are outdated.
        self.driver: Callable[[], None] | None = None
        self.condition = Condition((Step("fog", 0),))
        self.place = 0  # The step of the condition that is being edited.
        self.shown = Condition()  # That of the picture in `corrupted`.
        self.corrupted = Source(lanes, "corrupted")
        self.thumbnails = CorruptionThumbnails(lanes, current)
        self.truth = Truth(lanes, current)
        self.pair = Pair(lanes, current, self.corrupted, self.truth, "pair")
        self.rival = Rival(lanes, engine.another(), models, current, self.corrupted, segmentation)
        self.rival_pair = Pair(
            lanes, self.rival.clean, self.rival.corrupted, self.truth, "rival pair"
        )
        self.sweep = Sweep(lanes, engine, current, segmentation, self.pair)
        current.picture_changed.connect(self._start_afresh)
        current.changed.connect(self._follow_result)
        for store in (
            self.corrupted.maps,
            self.truth,
            self.pair,
            self.rival,
            self.rival_pair,
            self.sweep,
        ):
            store.failed.connect(self.failed)

    # The condition ------------------------------------------------------------------------------

    @property
    def step(self) -> Step:
        """The step that is being edited."""
        return self.condition.steps[self.place]

    def choose(self, name: str) -> None:
        """Corrupt in another way; where nothing is corrupted yet, so that it is seen."""
        self._set_step(Step(name, self.step.severity or _FIRST_SEVERITY))

    def set_severity(self, severity: float) -> None:
        """0 to 5, of the step that is being edited."""
        if self.condition.engine == "reference":
            severity = round(severity)
        self._set_step(replace(self.step, severity=severity))

    def step_severity(self, by: int) -> None:
        """To the next whole severity up or down."""
        severity = self.step.severity
        whole = int(severity) + (by if by > 0 or severity == int(severity) else 0)
        self.set_severity(max(0, min(whole, MAX_SEVERITY)))

    def set_seed(self, seed: int) -> None:
        """Other noise."""
        self.set_condition(replace(self.condition, seed=seed), self.place)

    def roll_seed(self) -> None:
        """Noise by chance."""
        self.set_seed(secrets.randbelow(_SEEDS))

    def set_engine(self, engine: CorruptionEngine) -> None:
        """Whose code corrupts; the reference knows whole severities only."""
        steps = self.condition.steps
        if engine == "reference":
            steps = tuple(replace(step, severity=round(step.severity)) for step in steps)
        self.set_condition(replace(self.condition, steps=steps, engine=engine), self.place)

    def select_step(self, place: int) -> None:
        """Edit another step of the stack."""
        self.set_condition(self.condition, place)

    def add_step(self) -> None:
        """Put another corruption on top, which does nothing until it is chosen."""
        steps = (*self.condition.steps, replace(self.step, severity=0))
        self.set_condition(replace(self.condition, steps=steps), len(steps) - 1)

    def remove_step(self) -> None:
        """Take the step that is being edited off the stack; the last one stays."""
        steps = list(self.condition.steps)
        if len(steps) > 1:
            del steps[self.place]
            self.set_condition(replace(self.condition, steps=tuple(steps)), len(steps) - 1)

    def clear(self) -> None:
        """Back to the clean image."""
        steps = (replace(self.step, severity=0),)
        self.set_condition(replace(self.condition, steps=steps))

    def set_condition(self, condition: Condition, place: int = 0) -> None:
        """Ask for a condition, of which one step is to be edited further."""
        if (condition, place) == (self.condition, self.place):
            return
        asked, self.condition, self.place = self.condition, condition, place
        self.condition_changed.emit()
        self.sweep.follow(condition)
        if condition != asked:
            self._refresh()

    def _set_step(self, step: Step) -> None:
        steps = list(self.condition.steps)
        steps[self.place] = step
        self.set_condition(replace(self.condition, steps=tuple(steps)), self.place)

    # The image and its mask ---------------------------------------------------------------------

    def drive(self, driver: Callable[[], None] | None) -> None:
        """Leave making the pictures to somebody, or take it back with None."""
        self._show_clean(None)
        self.driver = driver

    def show_frame(self, condition: Condition, picture: Picture, result: Result | None) -> None:
        """Show what the driver has made."""
        self.shown = condition
        self.corrupted.show_picture(picture)
        self.corrupted.show_result(result)

    def _refresh(self) -> None:
        picture = self._current.picture
        if self.driver is not None:
            self.driver()
        elif picture is None or self.condition.is_clean:
            self._show_clean(self._current.result)
        elif self._making:
            self._outdated = True
        else:
            self._make(picture)

    def _start_afresh(self) -> None:
        """Another image: its result, if there is one, is told next."""
        if self.driver is not None:
            return
        self._show_clean(None)
        if not self.condition.is_clean:
            self._refresh()

    def _show_clean(self, result: Result | None) -> None:
        self._lanes.corruption.cancel("corrupt")
        self._lanes.inference.cancel("corrupted")
        self._making = False
        self._next = Condition(), self._current.picture, self._current.error
        self._show_next()
        self.corrupted.show_result(result)

    def _make(self, picture: Picture) -> None:
        condition = self.condition

        def work(_job: Job) -> Picture:
            return Picture(picture.path, image_levels(condition.apply(picture.pixels)))

        def done(made: Picture) -> None:
            ended(made, None)

        def failed(error: Exception) -> None:
            ended(None, error)

        def ended(made: Picture | None, error: Exception | None) -> None:
            self._making = False
            self._lanes.inference.cancel("corrupted")
            self._next = condition, made, error
            if made is None or not self._network_is_fast():
                self._show_next()
            elif not self._patience.isActive():
                self._patience.start()
            if self._outdated:
                self._make(picture)
            elif made is not None:
                self._segment(made)

        self._making, self._outdated = True, False
        self.corrupted.set_state(True, self.corrupted.busy)
        self._lanes.corruption.submit(work, done, failed, "corrupt")

    def _show_next(self) -> None:
        """Show the image that was made last, for now without a mask."""
        if self._next is None:
            return
        self._patience.stop()
        (self.shown, picture, error), self._next = self._next, None
        self.corrupted.show_result(None)
        self.corrupted.show_picture(picture, error)
        self.corrupted.set_state(self._making, False)

    def _network_is_fast(self) -> bool:
        clean = self._current.result
        return clean is not None and clean.timings.total_ms < _PATIENCE_MS

    def _segment(self, picture: Picture) -> None:
        """Segment a corrupted image as soon as the clean one is segmented."""
        if self._current.result is None:
            return
        options = self._segmentation.options

        def work(job: Job) -> Result:
            return self._engine.segment(picture.pixels, options, job.cancelled)

        def done(result: Result) -> None:
            self._show_next()
            self.corrupted.set_state(self._making, False)
            self.corrupted.show_result(result)

        def failed(error: Exception) -> None:
            self._show_next()
            self.corrupted.set_state(self._making, False)
            self.failed.emit(error)

        self.corrupted.set_state(self._making, True)
        self._lanes.inference.submit(work, done, failed, "corrupted")

    def _follow_result(self) -> None:
        """The clean image has another result, such as of another model, or none."""
        result = self._current.result
        if self.driver is not None:
            return
        if result is None:
            self._lanes.inference.cancel("corrupted")
            self._show_next()
            self.corrupted.set_state(self._making, False)
            self.corrupted.show_result(None)
        elif self.shown.is_clean:
            self.corrupted.show_result(result)
        elif self.corrupted.result is None and not self._making and self.corrupted.picture:
            self._segment(self.corrupted.picture)
