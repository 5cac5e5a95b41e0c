"""Masks and predictions as files: which is written, under which names, and writing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.annotation.predicted import in_classes
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error
from segformer_gui.core.outputs import (
    Outcome,
    OutputKind,
    ProjectMask,
    output_endings,
    plan_outputs,
    write_outputs,
)
from segformer_gui.core.project.project import Project
from segformer_gui.gui.session.batch import Progress
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.models import Models
from segformer_gui.gui.session.pictures import PackedResult, unpack
from segformer_gui.gui.session.ports import Job, Lanes
from segformer_gui.gui.session.projects import Projects
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.view import View


@dataclass(frozen=True)
class ExportPlan:
    """Which file each image and kind is written to, and which of those exist already.

    `corrected`: a mask goes before a prediction, where a person worked on it.
    """

    targets: dict[Path, dict[OutputKind, Path]]
    existing: tuple[Path, ...]
    opacity: float
    corrected: bool


class Export(QObject):
    """Writes masks and predictions to files, in one job that counts as it goes."""

    planned = Signal(ExportPlan)
    progress_changed = Signal()
    finished = Signal(Progress)
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        segmentation: Segmentation,
        models: Models,
        projects: Projects,
        masks: Masks,
        view: View,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._segmentation = segmentation
        self._models = models
        self._projects = projects
        self._masks = masks
        self._view = view
        self._job: Job | None = None
        self.progress: Progress | None = None

    @property
    def possible(self) -> bool:
        """Whether there is anything to write."""
        return self._segmentation.count() > 0 or self._masks.any

    def takes_mask(self, image: Path) -> bool:
        """Whether an image's mask is better than its prediction: a person worked on it, or there is
        no prediction.
        """
        status = self._masks.status(image)
        return status in ("corrected", "checked") or (
            status == "predicted" and image not in self._segmentation
        )

    def exportable(self, images: Sequence[Path], corrected: bool) -> list[Path]:
        """The images of which there is something to write."""
        return [
            image
            for image in images
            if image in self._segmentation or (corrected and self.takes_mask(image))
        ]

    @property
    def maps_classes(self) -> bool:
        """Whether predictions that go along with masks get the class ids of the project."""
        ready, classes = self._models.ready, self._masks.classes
        return ready is not None and classes is not None and ready.classes.names != classes.names

    def prepare(
        self,
        images: Sequence[Path],
        folder: Path,
        kinds: Sequence[OutputKind],
        opacity: float,
        corrected: bool = True,
    ) -> None:
        """Name the files and see which exist; `planned` brings the answer."""
        self._lanes.files.submit(
            lambda _job: plan_export(images, folder, kinds, opacity, corrected),
            self.planned.emit,
            self.failed.emit,
        )

    def start(self, plan: ExportPlan) -> None:
        """Write the planned files; a file that fails does not stop the others."""
        progress = self.progress = Progress(len(plan.targets))
        ready = self._models.ready
        model = ready.request.spec if ready else ""
        outcomes = self._outcomes(plan)

        def work(job: Job) -> None:
            for image, outcome in outcomes.items():
                if job.cancelled():
                    return
                job.report(count, (image, _write(image, outcome, plan, model)))

        def count(outcome: tuple[Path, Exception | None]) -> None:
            image, error = outcome
            progress.done += 1
            if error is not None:
                progress.errors.append((image, error))
            self.progress_changed.emit()

        def failed(error: Exception) -> None:
            self._finish()
            self.failed.emit(error)

        self.progress_changed.emit()
        self._job = self._lanes.files.submit(work, lambda _: self._finish(), failed)

    def cancel(self) -> None:
        """Stop; the files that are written stay."""
        if self._job is not None and self.progress is not None:
            self._job.cancel()
            self._finish()

    def _outcomes(self, plan: ExportPlan) -> dict[Path, Callable[[], Outcome | ProjectMask]]:
        """What makes each image's outcome, in a worker, in the colours that the window shows."""
        project, view = self._projects.project, self._view
        outcomes: dict[Path, Callable[[], Outcome | ProjectMask]] = {}
        masks = {
            image: row.id
            for image in plan.targets
            if plan.corrected and self.takes_mask(image) and (row := self._masks.row(image))
        }
        # Files of one export are to mean the same by the same id.
        ids = project.classes if project is not None and masks and self.maps_classes else None
        for image in plan.targets:
            if image in masks and project is not None:
                outcomes[image] = _mask(project, masks[image], view.painted(project.classes))
            else:
                packed = self._segmentation.packed(image)
                outcomes[image] = _prediction(
                    packed, ids, view.painted(ids or packed.result.classes)
                )
        return outcomes

    def _finish(self) -> None:
        progress, self.progress = self.progress, None
        self.progress_changed.emit()
        self.finished.emit(progress)


def plan_export(
    images: Sequence[Path],
    folder: Path,
    kinds: Iterable[OutputKind],
    opacity: float,
    corrected: bool,
) -> ExportPlan:
    """Name the files: `<stem>.png`, `<stem>_color.png`, `<stem>_statistics.json` and so on.

    Errors and images of the same stem as in `plan_outputs`; also raises `UserError` `no_permission`
    where the folder may not be looked into.
    """
    kinds = tuple(kinds)
    planned = plan_outputs(images, folder, output_endings(kinds))
    targets = {image: dict(zip(kinds, files, strict=True)) for image, files in planned.items()}
    try:
        existing = tuple(file for files in planned.values() for file in files if file.exists())
    except OSError as error:  # Under a closed folder nobody can tell.
        raise file_error(error, folder, "write_failed") from error
    return ExportPlan(targets, existing, opacity, corrected)


def _mask(project: Project, image: str, painted: ClassSet) -> Callable[[], ProjectMask]:
    def make() -> ProjectMask:
        labels, _ = project.document(image).mask.settled()
        return ProjectMask(labels, painted, project.images[image].status)

    return make


def _prediction(
    packed: PackedResult, ids: ClassSet | None, painted: ClassSet
) -> Callable[[], Outcome]:
    """A prediction; in the ids of a project where those are given."""

    def make() -> Outcome:
        result = unpack(packed)
        if ids is not None:
            labels = in_classes(result.labels, result.classes, ids)
            result = replace(result, levels=(labels,))
        return replace(result, classes=painted)

    return make


def _write(
    image: Path, outcome: Callable[[], Outcome | ProjectMask], plan: ExportPlan, model: str
) -> UserError | None:
    """Write the files of one image; returns what went wrong, unless nothing further can go well."""
    try:
        write_outputs(plan.targets[image], outcome(), image, model, plan.opacity)
    except UserError as error:
        if error.code == "disk_full":
            raise
        return error
    return None
