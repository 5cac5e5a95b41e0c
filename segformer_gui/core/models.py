"""A model that is ready to run: network, classes, and the size and colours it was made for."""

from __future__ import annotations

from dataclasses import dataclass

from segformer_gui.core.catalogue import find_model, installed_path
from segformer_gui.core.classes import ClassSet, class_set_of_count, class_set_of_names
from segformer_gui.core.errors import Note
from segformer_gui.core.network.checkpoints import Checkpoint, Three, build, read_checkpoint
from segformer_gui.core.network.segformer import SegFormer


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A network with what is needed to use it.

    `short_side` in pixels is the image size that the model was made for, None where that is not
    known. `mean` and `std` normalise RGB in 0..1. `notes` tell what the user should know, such as
    that the head is untrained.
    """

    id: str
    network: SegFormer
    classes: ClassSet
    short_side: int | None
    mean: Three
    std: Three
    layout: str
    notes: tuple[Note, ...]


def load_model(spec: str) -> LoadedModel:
    """Load the model that `spec` names: a catalogue id, a user's model, or a path.

    Raises `UserError` as `find_model`, `installed_path` and `read_checkpoint`.
    """
    entry = find_model(spec)
    checkpoint = read_checkpoint(installed_path(entry))
    notes: list[Note] = []
    if checkpoint.fresh_head:
        notes.append(Note("fresh_head", {"model": entry.id}))
    return LoadedModel(
        id=entry.id,
        network=build(checkpoint),
        classes=_classes_of(checkpoint),
        short_side=entry.short_side,
        mean=checkpoint.mean,
        std=checkpoint.std,
        layout=checkpoint.layout.title,
        notes=tuple(notes),
    )


def _classes_of(checkpoint: Checkpoint) -> ClassSet:
    if checkpoint.class_names is None:
        return class_set_of_count(checkpoint.config.num_classes)
    return class_set_of_names(checkpoint.class_names, checkpoint.class_colors)
