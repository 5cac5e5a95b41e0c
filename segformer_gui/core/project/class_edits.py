"""Edits of a project's classes: the list, and the pixels that a class is taken from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from segformer_gui.core.annotation.history import next_serial
from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.annotation.patch import Patch
from segformer_gui.core.annotation.region import Region
from segformer_gui.core.classes import IGNORE, ClassSet, Color, distinct_color, plain_name
from segformer_gui.core.errors import UserError
from segformer_gui.core.project.record import project_classes

if TYPE_CHECKING:
    from segformer_gui.core.project.document import Document
    from segformer_gui.core.project.project import Project

_BLACK: Color = (0, 0, 0)

Value = TypeVar("Value")


@dataclass(frozen=True)
class ClassEdit:
    """What happened to the classes, and in the masks of which `images`."""

    name: str
    serial: int
    before: ClassSet
    after: ClassSet
    images: tuple[str, ...] = ()


class ClassEdits:
    """Changes the classes of a project, with an undo of its own.

    Ids never move: a class that is merged or deleted leaves an id without a name. What a class is
    taken from becomes an edit in the history of each image, which is undone in all images or none;
    until then it lies on what was done before it.

    Editing pixels is long work: a generator that yields the id of each image when it is through
    and takes everything back if it fails or is closed before its end. No other edits meanwhile.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._done: list[ClassEdit] = []
        self._undone: list[ClassEdit] = []

    @property
    def to_undo(self) -> ClassEdit | None:
        """What `undo` would undo."""
        return self._done[-1] if self._done else None

    @property
    def to_redo(self) -> ClassEdit | None:
        """What `redo` would make again."""
        return self._undone[-1] if self._undone else None

    def add(self, name: str, color: Color | None = None) -> int:
        """Add a class; returns its id.

        Raises `UserError` `class_name_empty`, `class_name_taken`, `classes_too_many`, or as
        `Project.store`.
        """
        classes = self._project.classes
        _check_name(classes, name)
        if len(classes) == IGNORE:
            raise UserError("classes_too_many", count=IGNORE)
        class_id = len(classes)
        names = (*classes.names, name.strip())
        colors = (*classes.colors, color or distinct_color(class_id))
        self._change("add", names, colors)
        return class_id

    def rename(self, class_id: int, name: str) -> None:
        """Give a class another name. Raises `UserError` as `add`."""
        classes = self._project.classes
        _check_name(classes, name, class_id)
        names = _replaced(classes.names, class_id, name.strip())
        self._change("rename", names, classes.colors)

    def recolor(self, class_id: int, color: Color) -> None:
        """Give a class another colour. Raises `UserError` as `Project.store`."""
        classes = self._project.classes
        colors = _replaced(classes.colors, class_id, color)
        self._change("recolor", classes.names, colors)

    def merge(self, source: int, target: int) -> Iterator[str]:
        """Give all pixels of the class `source` to `target`, and end `source`.

        Raises `UserError` as `Project.document` and `Project.save`.
        """
        assert source != target
        return self._take("merge", source, target)

    def delete(self, class_id: int) -> Iterator[str]:
        """Unlabel all pixels of a class and end it. As `merge`."""
        return self._take("delete", class_id, UNLABELLED)

    def undo(self) -> Iterator[str]:
        """Undo the latest edit of the classes.

        Raises `UserError` `classes_edited_since` where it took pixels, or added a class that may
        have some, and a mask was edited since.
        """
        project = self._project
        project.check_writable()
        if not self._done:
            return
        edit = self._done[-1]
        if edit.name == "add":
            self._check_nothing_since(edit)
        self._check_on_top(edit, "to_undo")
        # The list first, and in `redo` and `merge` last: at no moment is there a pixel in a file
        # whose class is none.
        project.classes = edit.before
        try:
            project.store()
            yield from self._for_all(edit.images, _undo(edit.serial), _redo(edit.serial))
        except BaseException:
            project.classes = edit.after
            with suppress(UserError):
                project.store()
            raise
        self._undone.append(self._done.pop())

    def redo(self) -> Iterator[str]:
        """Make again what was undone last. As `undo`."""
        self._project.check_writable()
        if not self._undone:
            return
        edit = self._undone[-1]
        self._check_on_top(edit, "to_redo")
        yield from self._for_all(edit.images, _redo(edit.serial), _undo(edit.serial))
        self._done.append(self._undone.pop())
        self._project.classes = edit.after
        self._project.store()

    def forget_undone(self) -> None:
        """Forget what could be made again, in the masks too: one of them was edited."""
        undone, self._undone = self._undone, []
        for edit in undone:
            for image in edit.images:
                self._project.history(image).forget_undone(edit.serial)

    def _change(
        self,
        name: str,
        names: Sequence[str],
        colors: Sequence[Color],
        images: Sequence[str] = (),
        serial: int | None = None,
    ) -> None:
        project = self._project
        project.check_writable()
        self.forget_undone()
        after = project_classes(names, colors)
        self._done.append(
            ClassEdit(name, serial or next_serial(), project.classes, after, tuple(images))
        )
        project.classes = after
        project.store()

    def _take(self, name: str, source: int, target: int) -> Iterator[str]:
        project = self._project
        project.check_writable()
        serial, images = next_serial(), [i for i in project.images if project.has_mask(i)]

        def take(document: Document) -> None:
            region = Region.of(document.mask.labels == source)
            patch = document.mask.edit(region.filled(target), touch=None)
            document.commit(patch or Patch(()), name, serial)

        # What was undone may hold pixels of the class that ends.
        for image in images:
            project.history(image).forget_undone()
        yield from self._for_all(images, take, _undo(serial))
        classes = project.classes
        names = _replaced(classes.names, source, "")
        self._change(name, names, _replaced(classes.colors, source, _BLACK), images, serial)

    def _for_all(
        self,
        images: Sequence[str],
        edit: Callable[[Document], object],
        back: Callable[[Document], object],
    ) -> Iterator[str]:
        """Edit and save the masks of all images, or of none."""
        project = self._project
        edited: list[str] = []
        try:
            for image in images:
                document = project.document(image)
                edited.append(image)
                edit(document)
                project.save(image)
                yield image
        except BaseException:  # Also when the generator is closed.
            for image in edited:
                with suppress(UserError):  # It is taken back in memory, if it cannot be written.
                    back(project.document(image))
            raise

    def _check_nothing_since(self, edit: ClassEdit) -> None:
        """No mask, and nothing that could be undone or made again, may hold an added class."""
        histories = {image: self._project.history(image) for image in self._project.images}
        since = [image for image, history in histories.items() if history.newest > edit.serial]
        if since:
            raise UserError("classes_edited_since", count=len(since), image=since[0])
        for history in histories.values():
            history.forget_undone()

    def _check_on_top(self, edit: ClassEdit, place: Literal["to_undo", "to_redo"]) -> None:
        since: list[str] = []
        for image in edit.images:
            history = self._project.history(image)
            top = history.to_undo if place == "to_undo" else history.to_redo
            if top is None or top.class_edit != edit.serial:
                since.append(image)
        if since:
            raise UserError("classes_edited_since", count=len(since), image=since[0])


def _undo(serial: int) -> Callable[[Document], None]:
    def undo(document: Document) -> None:
        top = document.history.to_undo
        if top is not None and top.class_edit == serial:
            document.undo(serial)

    return undo


def _redo(serial: int) -> Callable[[Document], None]:
    def redo(document: Document) -> None:
        top = document.history.to_redo
        if top is not None and top.class_edit == serial:
            document.redo(serial)

    return redo


def _check_name(classes: ClassSet, name: str, own: int | None = None) -> None:
    """Raise `UserError` `class_name_empty` or `class_name_taken`."""
    plain = plain_name(name)
    if not plain:
        raise UserError("class_name_empty")
    for class_id, other in enumerate(classes.names):
        if plain_name(other) == plain and class_id != own:
            raise UserError("class_name_taken", name=name.strip())


def _replaced(values: tuple[Value, ...], place: int, value: Value) -> tuple[Value, ...]:
    return (*values[:place], value, *values[place + 1 :])
