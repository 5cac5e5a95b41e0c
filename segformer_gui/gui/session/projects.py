"""Where corrections are kept: in a project folder, or in one of the application's own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import UserError
from segformer_gui.core.paths import user_data_dir
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import RECORD_FILE
from segformer_gui.gui.session.ports import Lanes


class Projects(QObject):
    """The open project. Without one, corrections go to a folder of the user's data."""

    leaving = Signal()  # Another project is about to take the place of this one.
    changed = Signal()
    classes_changed = Signal()  # Names, colours, or which there are.
    follows_model = Signal()  # The application's own project is another one, that of the model.
    images_found = Signal(list)  # Of the project that was opened, as paths.
    restorable = Signal(list)  # Ids of images with work that no save holds.
    failed = Signal(Exception)

    def __init__(self, lanes: Lanes) -> None:
        super().__init__()
        self._lanes = lanes
        self.project: Project | None = None
        self.following = False  # The project of the model is being looked for.

    @property
    def is_own(self) -> bool:
        """Whether it is the application's own folder that is written to."""
        return self.project is not None and self.project.folder.is_relative_to(_own_folder())

    def open(self, folder: Path) -> None:
        """Open a project and its images."""
        if self.project is not None and self.project.folder == folder.absolute():
            self._show_images(self.project)
            return
        self._lanes.files.submit(lambda _job: Project(folder), self._use, self.failed.emit, "open")

    def create(self, folder: Path, classes: ClassSet, paths: Sequence[Path] = ()) -> None:
        """Make a project; what is corrected from now on is kept in it.

        The corrections of `paths` come along from the application's own project.
        """
        own = self.project if self.is_own else None

        def work(_job: object) -> Project:
            project = Project.create(folder, classes)
            if own is not None:
                for image in own.unsaved if own.read_only is None else ():
                    own.save(image)
                project.take_over(own, paths)
            return project

        self._lanes.files.submit(work, self._use, self.failed.emit, "open")

    def restore_own(self) -> None:
        """Look for corrections that an earlier run of the application could not save."""
        self._lanes.files.submit(lambda _job: _left_behind(), self._offer, self.failed.emit)

    def follow(self, classes: ClassSet) -> None:
        """A model of these classes is ready. Its corrections have a project of their own.

        A project that a person has opened stays, and so does one with work to be restored.
        """
        project = self.project
        if project is not None and (not self.is_own or project.recovered):
            return
        if project is not None and _is_for(project, classes):
            return

        def found(own: Project | None) -> None:
            self.following = False
            if self.project is not project:
                if own is not None:
                    own.close()
                self.changed.emit()
                return  # Something else was opened meanwhile.
            self._replace(own)
            if own is not None and own.recovered:
                self.restorable.emit(list(own.recovered))
            if project is not None:
                self.follows_model.emit()

        def failed(error: Exception) -> None:
            self.following = False
            self.failed.emit(error)
            self.changed.emit()

        self.following = True
        self._lanes.files.submit(lambda _job: _existing_own(classes), found, failed, "follow model")

    def for_classes(self, classes: ClassSet) -> Project:
        """The project to correct an image of a model of these classes in; a worker's.

        Raises `UserError` as `Project`.
        """
        return self.project or _own_project(classes)

    def use_own(self, project: Project) -> None:
        """`for_classes` has made this one."""
        if self.project is None:
            self.project = project
            self.changed.emit()

    def close(self) -> None:
        """Let go of the project."""
        if self.project is not None:
            self.project.close()

    def _use(self, project: Project) -> None:
        self._replace(project)
        if project.read_only is not None:
            self.failed.emit(project.read_only)
        if not self.is_own:
            self._show_images(project)
        if project.recovered:
            self.restorable.emit(list(project.recovered))

    def _replace(self, project: Project | None) -> None:
        old = self.project
        if old is not None:
            self.leaving.emit()
            # After what is saved now.
            self._lanes.files.submit(lambda _job: old.close(), lambda _: None, self.failed.emit)
        self.project = project
        self.changed.emit()

    def _show_images(self, project: Project) -> None:
        self.images_found.emit(list(ids_of(project)))

    def _offer(self, project: Project | None) -> None:
        if project is None:
            return
        if self.project is None:
            self._use(project)
        else:
            project.close()


def ids_of(project: Project) -> dict[Path, str]:
    """The project's id of each of its image files."""
    # Without a look at the disk: there may be thousands.
    return {Path(os.path.normpath(project.image_path(image))): image for image in project.images}


def _own_folder() -> Path:
    return user_data_dir() / "corrections"


def _own_project(classes: ClassSet) -> Project:
    """One folder a class set, so that the ids in the masks mean the same in all of them.

    Where another window writes to it, the next one is taken.
    """
    return _existing_own(classes) or Project.create(_free_own(classes), classes)


def _existing_own(classes: ClassSet) -> Project | None:
    """The first of these folders that no other window writes to; None where there is none yet."""
    for folder in _own_folders(classes):
        if not (folder / RECORD_FILE).exists():
            return None
        project = Project(folder)
        if project.read_only is None or project.read_only.code != "project_locked":
            return project
        project.close()
    raise AssertionError("unreachable")


def _free_own(classes: ClassSet) -> Path:
    return next(f for f in _own_folders(classes) if not (f / RECORD_FILE).exists())


def _own_folders(classes: ClassSet) -> Iterator[Path]:
    digest = _digest(classes)
    return (_own_folder() / (digest if n == 1 else f"{digest}-{n}") for n in count(1))


def _is_for(own: Project, classes: ClassSet) -> bool:
    """Whether it is the application's own project for models of these classes."""
    return own.folder.name.partition("-")[0] == _digest(classes)


def _digest(classes: ClassSet) -> str:
    return hashlib.sha256("\n".join(classes.names).encode()).hexdigest()[:8]


def _left_behind() -> Project | None:
    """A project of the application's own with work that no save holds."""
    folders = sorted(_own_folder().glob("*")) if _own_folder().is_dir() else []
    for folder in folders:
        try:
            project = Project(folder)
        except UserError:
            continue  # It is told when it is to be written to.
        if project.recovered:
            return project
        project.close()
    return None
