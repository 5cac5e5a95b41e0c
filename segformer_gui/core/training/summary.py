"""What there is to learn from, counted before anything is trained."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import ClassSet, plain_name
from segformer_gui.core.datasets import Sample
from segformer_gui.core.training.dataset import check_files, open_data
from segformer_gui.core.training.fine_tuning import propose_hold_out
from segformer_gui.core.training.recipe import Data


@dataclass(frozen=True, eq=False)
class Summary:
    """Samples, the data's classes, and the labelled pixels of each in each: (N, C) int64.

    `hold_out` is the proposal of `propose_hold_out`.
    """

    data: Data
    samples: tuple[Sample, ...]
    classes: ClassSet
    pixels: NDArray[np.int64]
    hold_out: tuple[str, ...]

    @property
    def sequences(self) -> dict[str, int]:
        """How many images each sequence has, in their order."""
        names = [sample.sequence for sample in self.samples]
        return {name: names.count(name) for name in dict.fromkeys(names)}

    def pixels_to_learn(self, hold_out: Collection[str]) -> dict[str, int]:
        """Labelled pixels of each class that has a name, in what is not held out."""
        rows = [sample.sequence not in hold_out for sample in self.samples]
        counts = self.pixels[rows].sum(0)
        return {
            name: int(count) for name, count in zip(self.classes.names, counts, strict=True) if name
        }


def summarize(data: Data) -> Summary:
    """Read and count all label files. Raises `UserError` as `open_data` and `check_files`."""
    found = open_data(data)
    classes = found.training.classes
    assert classes is not None, "training data has names"
    samples = found.training.samples
    pixels = check_files(found.training, len(classes))
    return Summary(data, samples, classes, pixels, propose_hold_out(samples))


def unknown_classes(classes: ClassSet, model: ClassSet) -> tuple[str, ...]:
    """Names of the data's classes that the model does not know."""
    known = {plain_name(name) for name in model.names}
    return tuple(name for name in classes.names if name and plain_name(name) not in known)
