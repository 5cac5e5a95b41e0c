"""The one owner of the running application's state; widgets call it and listen to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.catalogue import ModelEntry, find_model
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.errors import UserError
from segformer_gui.core.paths import settings_file
from segformer_gui.core.settings import Settings, save_settings
from segformer_gui.core.training.folder import MODEL_FOLDER
from segformer_gui.core.video.frames import FOLDER
from segformer_gui.gui.session.batch import SegmentAll
from segformer_gui.gui.session.benchmark import BenchmarkRun
from segformer_gui.gui.session.class_editing import ClassEditing
from segformer_gui.gui.session.clipboard import Clipboard
from segformer_gui.gui.session.contents import Contents
from segformer_gui.gui.session.editing import Editing
from segformer_gui.gui.session.export import Export
from segformer_gui.gui.session.frame_view import FrameView
from segformer_gui.gui.session.images import Images, Status
from segformer_gui.gui.session.lab import Lab
from segformer_gui.gui.session.live import Live
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.ports import Engine, Lanes, ModelRequest, ReadyModel
from segformer_gui.gui.session.projects import Projects
from segformer_gui.gui.session.review import Review
from segformer_gui.gui.session.runs import Runs
from segformer_gui.gui.session.samples import Samples, sample_files
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.source import Source
from segformer_gui.gui.session.thumbnails import Thumbnails
from segformer_gui.gui.session.tools import Tools
from segformer_gui.gui.session.tuning import Tuning
from segformer_gui.gui.session.versions import Versions
from segformer_gui.gui.session.video import Player
from segformer_gui.gui.session.video_export import VideoExport
from segformer_gui.gui.session.video_frames import Frames
from segformer_gui.gui.session.view import View

_log = logging.getLogger(__name__)
_RECENT_COUNT = 10
_COMPARED = 6  # Images that changed most, to be looked at.
_PROVEN_SEVERITY = 3


class Session(QObject):
    """Brings the stores together: an image arrives, the model is ready, so it is segmented."""

    failed = Signal(Exception)
    settings_changed = Signal()

    def __init__(self, lanes: Lanes, engine: Engine, settings: Settings) -> None:
        super().__init__()
        self.lanes = lanes
        self._closed = False
        self.settings = settings
        self.segmentation = Segmentation(lanes, engine)
        sure = self.segmentation.confidence
        self.images = Images(lanes, self.status, sure, settings.list_order, settings.sequences)
        self.thumbnails = Thumbnails(lanes)
        self.current = Source(lanes, "current")
        self.maps = self.current.maps
        self.segment_all = SegmentAll(lanes, engine, self.segmentation)
        request = ModelRequest(settings.model, 0, settings.device, settings.precision)
        self.models = Models(lanes, engine, request)
        self.samples = Samples(lanes)
        self.view = View(settings.opacity, settings.palette)
        self.lab = Lab(lanes, engine, self.models, self.current, self.segmentation)
        self.benchmark = BenchmarkRun(lanes)
        self.projects = Projects(lanes)
        self.tools = Tools()
        self.masks = Masks(lanes, self.images, self.models, self.projects)
        self.editing = Editing(lanes, self.segmentation, self.projects, self.masks, self.tools)
        self.export = Export(
            lanes, self.segmentation, self.models, self.projects, self.masks, self.view
        )
        self.clipboard = Clipboard(lanes, self.images, self.segmentation, self.masks, self.view)
        self.contents = Contents(
            lanes,
            self.segmentation,
            self.models,
            self.projects,
            self.masks,
            self.editing,
            self.view,
        )
        self.class_editing = ClassEditing(
            lanes, self.projects, self.masks, self.editing, self.tools
        )
        self.review = Review(
            lanes, self.masks, self.current, self.lab.corrupted, self.lab.rival.clean
        )
        frame_view = FrameView(self.images, self.current, self.segmentation, self.lab)
        self.player = Player(
            lanes,
            engine,
            self.images,
            self.models,
            self.current,
            self.lab,
            self.view,
            frame_view,
        )
        self.live = Live(lanes, engine, self.images, self.models, self.lab, frame_view)
        self.frames = Frames(
            lanes, self.player, self.images, self.models, self.projects, self.masks
        )
        self.video_export = VideoExport(lanes, engine, self.models, self.player, self.segmentation)
        self.tuning = Tuning(lanes, self.models, self.projects)
        self.runs = Runs(lanes)
        self.versions = Versions(lanes, self.models)
        self.long_work = self.segment_all, self.export, self.video_export, self.class_editing
        self._model_of_results: ReadyModel | None = None
        self.segmentation.options = settings.options

        self.images.current_changed.connect(self.segmentation.cancel)
        self.images.current_changed.connect(self._state_changed)
        self.images.current_changed.connect(lambda: self.player.leave_unless(self.images.current))
        self.images.current_changed.connect(lambda: self.live.close_for(self.images.current))
        self.images.pixels_changed.connect(self._pixels_changed)
        self.images.checkpoint_found.connect(self.models.open_checkpoint)
        self.images.opened.connect(self._remember)
        self.benchmark.show_wanted.connect(self._show_cell)
        self.segmentation.changed.connect(
            lambda: self.current.show_result(self.segmentation.result)
        )
        self.segmentation.busy_changed.connect(self._state_changed)
        self.maps.logits_missing.connect(self._find_logits_again)
        self.models.ready_changed.connect(self._model_changed)
        self.tuning.started.connect(self.runs.attach)
        self.runs.adopted.connect(self.models.list_again)
        self.versions.compare.connect(self.compare_with)
        self.segmentation.reset.connect(self._status_changed)
        self.segment_all.finished.connect(self._status_changed)
        for store in (
            self.images,
            self.segmentation,
            self.maps,
            self.models,
            self.export,
            self.samples,
            self.clipboard,
            self.lab,
            self.benchmark,
            self.projects,
            self.masks,
            self.editing,
            self.contents,
            self.class_editing,
            self.review,
            self.player,
            self.live,
            self.frames,
            self.video_export,
            self.tuning,
            self.runs,
            self.versions,
        ):
            store.failed.connect(self.failed)

    def start(self) -> None:
        """Load samples and model. Called when the window is there: the model brings torch along."""
        self.samples.load()
        self.projects.restore_own()
        self.models.start()
        self.runs.find()

    def close(self, timeout_s: float = 2.0) -> bool:
        """Save the preferences, cancel all work, end the threads; False if one is still busy."""
        if not self._closed:
            self._closed = True
            for save, what in ((self._save_settings, "settings"), (self._save_masks, "masks")):
                try:
                    save()
                except UserError:
                    _log.exception("The %s could not be saved.", what)
            self.live.close()
            self.projects.close()
            self.runs.close()
        return self.lanes.close(timeout_s)

    def status(self, path: Path) -> Status:
        """How far an open image is."""
        if path in self.images.errors or path in self.segmentation.errors:
            return "failed"
        mask = self.masks.status(path)
        if mask == "corrected" or mask == "checked":
            return mask
        return "segmented" if path in self.segmentation else "open"

    def prepare(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Do what a widget needs and what takes long, such as an import, in a worker."""
        self.lanes.decode.submit(lambda _job: work(), done, self.failed.emit)

    def open_sample(self, path: Path) -> None:
        """Open all sample scenes and show this one."""
        self.images.open(sample_files(), select=path)

    def compare_with(self, entry: ModelEntry) -> None:
        """Show another model beside the one in use, clean and corrupted."""
        self.lab.rival.choose(entry)
        self.view.set_arrangement("grid")

    def compare_run(self) -> None:
        """Show what a run's model has changed most: before and after, clean and corrupted."""
        run, recipe, proof = self.runs.run, self.runs.recipe, self.runs.proof
        if run is None or recipe is None or proof is None:
            return
        condition = Condition((Step(_most_changed(proof), _PROVEN_SEVERITY),))

        def work() -> tuple[list[Path], ModelEntry, ModelEntry]:
            images = [path for name, _ in proof["changed"] if (path := Path(name)).is_file()]
            before, after = recipe.network.initial, str(run / MODEL_FOLDER)
            tuned = replace(find_model(after), title=self.tr("fine-tuned"))
            return images[:_COMPARED], find_model(before), tuned

        def found(what: tuple[list[Path], ModelEntry, ModelEntry]) -> None:
            images, before, after = what
            self.models.choose(before)
            if images:
                self.images.open(images, select=images[0])
            self.lab.set_condition(condition)
            self.compare_with(after)

        self.prepare(work, found)

    def segment_current(self) -> None:
        """Segment the current image, again if it has a result already."""
        self.images.retry()
        self._segment_again()

    def segment_every_image(self) -> None:
        """Segment all open images that have no result yet."""
        if self._can_segment():
            images = self.images
            self.segment_all.start([path for path in images.paths if not images.is_video(path)])

    @property
    def running(self) -> SegmentAll | Export | VideoExport | ClassEditing | None:
        """The long work that is going on, if there is any; its `progress` is not None."""
        return next((work for work in self.long_work if work.progress is not None), None)

    def cancel(self) -> None:
        """Stop whatever is running on images: the whole run, else the current image."""
        if self.running is not None:
            self.running.cancel()
        elif self.lab.sweep.running is not None:
            self.lab.sweep.cancel()
        else:
            self.segmentation.cancel()

    def remove_images(self, paths: Sequence[Path]) -> None:
        """Take images and their results off the list."""
        for path in paths:
            self.segmentation.drop(path)
        self.images.remove(paths)

    def change_settings(self, **changes: Any) -> None:  # noqa: ANN401 (fields of Settings)
        """Change preferences; what they decide follows at once."""
        self.settings = replace(self.settings, **changes)
        self.view.set_palette(self.settings.palette)
        self.settings_changed.emit()
        options = self.settings.options
        if options != self.segmentation.options:
            self.segmentation.options = options
            self._results_are_outdated()

    def forget_recent(self) -> None:
        """Forget what was opened lately."""
        self.change_settings(recent=())

    def _save_settings(self) -> None:
        """Write the preferences as they are now, with what the stores know better."""
        request = self.models.request
        rates = {str(path): rate for path, rate in self.images.rates.items()}
        recent = self.settings.recent
        self.settings = replace(
            self.settings,
            sequences={path: rate for path, rate in rates.items() if path in recent},
            opacity=self.view.opacity,
            list_order=self.images.order,
            model=request.spec,
            device=request.device,
            precision=request.precision,
        )
        save_settings(self.settings, settings_file())

    def _save_masks(self) -> None:
        self.editing.cancel_stroke()
        self.masks.close()

    def _show_cell(self, path: Path, condition: Condition, model: ModelEntry) -> None:
        """Open an image beside itself in a condition, as a model sees both."""
        if model.id != self.models.request.spec:
            self.models.choose(model)
        self.view.set_arrangement("side")
        self.images.open([path], select=path)
        self.lab.set_condition(condition)

    def _can_segment(self) -> bool:
        return self.models.ready is not None and not self.models.loading

    def _status_changed(self) -> None:
        """Sort anew by what has changed for many at once."""
        if self.images.order in ("status", "confidence"):
            self.images.relist()

    def _state_changed(self) -> None:
        images = self.images
        coming = images.current is not None and images.current not in images.errors
        self.current.set_state(coming and images.picture is None, self.segmentation.busy)

    def _pixels_changed(self) -> None:
        images = self.images
        if picture := images.picture:
            self.thumbnails.offer(picture.path, picture.levels[-1])
        error = images.errors.get(images.current) if images.current else None
        self.current.show_picture(images.picture, error)
        if images.picture is not None and images.picture.video is not None:
            self.segmentation.show(None)
            self.player.show(images.picture)
            return
        self.segmentation.show(self.images.current if self.images.picture else None)
        self._segment_if_wanted()

    def _model_changed(self) -> None:
        if self.models.loading:
            self.segmentation.cancel()
            self.segment_all.cancel()
            return
        ready = self.models.ready
        if ready is not None and ready is not self._model_of_results:
            self._model_of_results = ready
            self.view.show_all()
            self._results_are_outdated()
        else:
            self._segment_if_wanted()

    def _results_are_outdated(self) -> None:
        self.segment_all.cancel()
        self.segmentation.forget()
        self._segment_if_wanted()

    def _segment_again(self) -> None:
        if self.player.video is not None:
            self.player.refresh()
        elif self.images.picture is not None and self._can_segment():
            self.segmentation.run(self.images.picture)

    def _find_logits_again(self, by_mouse: bool) -> None:
        # Not again what has just failed: the mouse asks at every move.
        failed = self.images.current in self.segmentation.errors
        wanted = self.settings.auto_segment or not by_mouse
        if wanted and not failed and not self.segmentation.busy:
            self._segment_again()

    def _segment_if_wanted(self) -> None:
        picture = self.images.picture
        if picture is None or not self.settings.auto_segment or not self._can_segment():
            return
        if self.player.video is not None:
            self.player.refresh()
        elif picture.path not in self.segmentation:
            self.segmentation.run(picture)

    def _remember(self, paths: list[Path]) -> None:
        project = self.projects.project
        # A video's frames in the project are not what a person has opened.
        frames = project.folder / FOLDER if project else None
        samples = sample_files()
        opened = [str(p) for p in paths if p not in samples and p.parent != frames]
        recent = dict.fromkeys([*opened, *self.settings.recent])
        self.change_settings(recent=tuple(recent)[:_RECENT_COUNT])


def _most_changed(proof: dict[str, Any]) -> str:
    """The corruption whose mIoU a training has changed most."""
    changes = {
        name: abs(pair["after"]["value"] - pair["before"]["value"])
        for name, pair in proof["corruptions"].items()
    }
    return max(changes, key=lambda name: changes[name])
