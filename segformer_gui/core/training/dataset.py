"""What a run learns from: checked file by file first, then crops by number, always the same."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.classes import (
    IGNORE,
    ClassSet,
    Color,
    class_set_of_names,
    known_class_set,
    plain_name,
)
from segformer_gui.core.corruption.corrupt import check_condition, corrupt
from segformer_gui.core.datasets import Dataset, Sample, check_sequences, open_dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, read_labels, read_size
from segformer_gui.core.scenes import render_scene
from segformer_gui.core.training.augment import Crop, augment, paste_classes
from segformer_gui.core.training.recipe import Data, Recipe

_CACHE_BYTES = 2 << 30
_Choice = Literal["data", "initial", "both"]
_SYNTHETIC_SIZE = (360, 480)
_MANY = 32  # Scenes from which on it pays to start processes.

# Ids that a layout's label files may hold beside its classes, and that are ignored.
_VOID_IDS = {
    "camvid": {11, IGNORE},
    "cityscapes": {*range(34), IGNORE},
    "ade20k": {150, IGNORE},
    "index": {IGNORE},
    "project": {IGNORE},
}


@dataclass(frozen=True)
class TrainingData:
    """The training and the held-out part of a recipe's data, and the classes that are learnt.

    `class_ids` (256,) uint8 turns the data's ids into those of `classes`, or `IGNORE`.
    """

    training: Dataset
    held_out: Dataset | None
    classes: ClassSet
    class_ids: NDArray[np.uint8]


def open_data(
    data: Data,
    choice: _Choice = "data",
    initial: ClassSet | None = None,
) -> TrainingData:
    """Find the samples and part them by sequence; nothing is decoded yet.

    `choice` is that of `recipe.Network.classes`, `initial` the classes of the checkpoint. Raises
    `UserError` as `open_dataset`, `sequence_unknown` for one to hold out that is not there,
    `nothing_to_train` where all of it is held out, or `class_unknown` for a name in `class_map`
    that is not the data's.
    """
    if not data.root:
        scenes = Dataset(Path(), "camvid", None, known_class_set("camvid"), ())
        return _training_data(data, scenes, None, choice, initial)
    root = Path(data.root)
    datasets = [open_dataset(root, data.layout, split) for split in data.splits or (None,)]
    samples = [sample for dataset in datasets for sample in dataset.samples]
    check_sequences(samples, data.held_out)
    training = tuple(s for s in samples if s.sequence not in data.held_out)
    held_out = tuple(s for s in samples if s.sequence in data.held_out)
    if not training:
        raise UserError("nothing_to_train", path=data.root)
    whole = replace(datasets[0], split=None, samples=training)
    return _training_data(data, whole, held_out, choice, initial)


def _training_data(
    data: Data,
    dataset: Dataset,
    held_out: tuple[Sample, ...] | None,
    choice: _Choice,
    initial: ClassSet | None,
) -> TrainingData:
    own = _renamed(_classes(data, dataset), data.class_map)
    dataset = replace(dataset, classes=own)
    classes = _learnt_classes(own, choice, initial)
    places = {plain_name(name): place for place, name in enumerate(classes.names)}
    class_ids = np.full(256, IGNORE, np.uint8)
    class_ids[: len(own)] = [places.get(plain_name(name), IGNORE) for name in own.names]
    return TrainingData(
        training=dataset,
        held_out=replace(dataset, samples=held_out) if held_out else None,
        classes=classes,
        class_ids=class_ids,
    )


def _classes(data: Data, dataset: Dataset) -> ClassSet:
    if data.class_names:
        return class_set_of_names(data.class_names)
    if dataset.classes is None:
        raise UserError("classes_unnamed", path=data.root)
    return dataset.classes


def _renamed(classes: ClassSet, names: dict[str, str]) -> ClassSet:
    """The data's classes under the names that the recipe gives them; "" is no class."""
    for name in names:
        if name not in classes.names:
            raise UserError("class_unknown", name=name, known=", ".join(classes.names))
    if not names:
        return classes
    return replace(classes, names=tuple(names.get(name, name) for name in classes.names))


def _learnt_classes(own: ClassSet, choice: _Choice, initial: ClassSet | None) -> ClassSet:
    known = own if choice == "data" or initial is None else initial
    chosen: dict[str, tuple[str, Color]] = {}
    for classes in (known,) if choice == "initial" else (known, own):
        for name, color in zip(classes.names, classes.colors, strict=True):
            if name:  # Else the recipe ignores it; and several may have been given one name.
                chosen.setdefault(plain_name(name), (name, color))
    if len(chosen) == len(known):
        return known
    names, colors = zip(*chosen.values(), strict=True)
    return class_set_of_names(names, colors)


def check_files(dataset: Dataset, num_classes: int) -> NDArray[np.int64]:
    """Pixels of each class in each sample: (N, C) int64; reads every label file.

    Raises `UserError` `dataset_broken` that names every file that cannot be read, every label map
    of another size than its image, and every id that is no class.
    """
    counts = np.zeros((len(dataset.samples), num_classes), np.int64)
    problems: list[str] = []
    for row, sample in zip(counts, dataset.samples, strict=True):
        try:
            ids = read_labels(sample.labels)
            size = read_size(sample.image)
        except UserError as error:
            problems.append(f"{sample.labels}: {error.code}")
            continue
        found = np.bincount(ids.ravel(), minlength=256)
        allowed = set(range(num_classes)) | _VOID_IDS[dataset.layout]
        if strange := [int(i) for i in np.flatnonzero(found) if i not in allowed]:
            problems.append(f"{sample.labels}: ids {strange}")
        elif ids.shape != size:
            shape = f"{ids.shape[1]} x {ids.shape[0]}"
            problems.append(f"{sample.labels}: {shape}, {sample.image}: {size[1]} x {size[0]}")
        else:
            row[:] = np.bincount(dataset.read_ground_truth(sample).ravel(), minlength=256)[
                :num_classes
            ]
    if problems:
        raise UserError("dataset_broken", count=len(problems), problems="\n".join(problems))
    return counts


@dataclass(frozen=True, eq=False)
class Batch:
    """Images (B, h, w, 3) uint8 RGB and labels (B, h, w) uint8.

    `numbers` are those of the crops; there are twice as many images where twins follow them.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    numbers: tuple[int, ...]

    @property
    def twins(self) -> bool:
        """Whether the second half is the first one, corrupted."""
        return len(self.images) > len(self.numbers)


class TrainingSet:
    """Training crops by number: recipe and number decide a crop, not what came before it.

    Where the recipe's loss compares a crop with its corrupted twin, the twins follow the crops in
    a batch. Safe to use from one thread at a time.
    """

    def __init__(self, recipe: Recipe, data: TrainingData) -> None:
        for name in recipe.augmentation.corruptions:
            check_condition(name, recipe.augmentation.max_severity, "fast")
        self._recipe = recipe
        self._dataset = data.training
        self._class_ids = data.class_ids
        self.classes = data.classes
        self._cached: dict[int, Crop] = {}
        self._cached_bytes = 0
        assert data.training.classes is not None  # Training data has names.
        found = check_files(data.training, len(data.training.classes))
        real = np.zeros((len(found), len(data.classes)), np.int64)
        for source, target in enumerate(data.class_ids[: found.shape[1]]):
            if target != IGNORE:
                real[:, target] += found[:, source]
        self.pixels = np.concatenate([real, self._render_scenes(recipe.data)])

    def __len__(self) -> int:
        return len(self.pixels)

    @cached_property
    def class_frequency(self) -> NDArray[np.float64]:
        """Share of each class among the labelled pixels: (C,), at least one pixel's worth."""
        total = np.maximum(self.pixels.sum(0), 1)
        return total / total.sum()

    def batch(self, step: int, rank: int = 0, processes: int = 1) -> Batch:
        """The crops of one step, or the share that one of several processes has of them."""
        size, reuse = self._recipe.optimizer.batch, self._recipe.augmentation.reuse
        numbers = range(step * size + rank, (step + 1) * size, processes)
        numbers = [number % reuse if reuse else number for number in numbers]
        crops = [self._crop(number) for number in numbers]
        if self._recipe.loss.consistency:
            crops += [self._twin(*pair) for pair in zip(numbers, crops, strict=True)]
        images, labels = zip(*crops, strict=True)
        return Batch(np.stack(images), np.stack(labels), tuple(numbers))

    def _twin(self, number: int, crop: Crop) -> Crop:
        # A third number: the crop's own draws are not to be repeated.
        rng = np.random.default_rng([self._recipe.seed, number, 2])
        return self._corrupted(crop[0], rng), crop[1]

    def _corrupted(self, image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        settings = self._recipe.augmentation
        name = str(rng.choice(settings.corruptions))
        severity = int(rng.integers(1, settings.max_severity + 1))
        return corrupt(image, name, severity, int(rng.integers(2**32)))

    def _crop(self, number: int) -> Crop:
        settings = self._recipe.augmentation
        rng = np.random.default_rng([self._recipe.seed, number])
        if rng.random() < settings.rare_classes:
            crop = self._crop_of_class(rng)
        else:
            epoch, place = divmod(number, len(self))
            crop = self._augmented(
                int(_permutation(self._recipe.seed, epoch, len(self))[place]), rng
            )
        if rng.random() < settings.mix:
            crop = paste_classes(crop, self._crop_of_class(rng), rng)
        image, labels = crop
        if rng.random() < settings.corrupt:
            image = self._corrupted(image, rng)
        return image, labels

    def _crop_of_class(self, rng: np.random.Generator) -> Crop:
        """A crop that shows a class that is drawn, of an image that has it."""
        wanted = int(rng.choice(len(self.classes), p=self._class_probability))
        return self._augmented(int(rng.choice(np.flatnonzero(self.pixels[:, wanted]))), rng, wanted)

    def _augmented(self, index: int, rng: np.random.Generator, wanted: int | None = None) -> Crop:
        image, labels = self._sample(index)
        recipe = self._recipe
        return augment(image, labels, recipe.short_side, recipe.augmentation, rng, wanted)

    @cached_property
    def _class_probability(self) -> NDArray[np.float64]:
        """How often a class is asked for: by the inverse root of its frequency."""
        weight = np.where(self.pixels.any(0), self.class_frequency**-0.5, 0)
        return weight / weight.sum()

    def _sample(self, index: int) -> Crop:
        """Image and labels, decoded once as far as the cache goes."""
        if index in self._cached:
            return self._cached[index]
        samples: Sequence[Sample] = self._dataset.samples
        if index < len(samples):
            sample = samples[index]
            ids = self._dataset.read_ground_truth(sample)
            pair = read_image(sample.image), self._class_ids[ids]
        else:
            pair = _render(self._recipe.data.synthetic_seed + index - len(samples))
        self._keep(index, pair)
        return pair

    def _keep(self, index: int, pair: Crop) -> None:
        size = pair[0].nbytes + pair[1].nbytes
        if self._cached_bytes + size <= _CACHE_BYTES:
            self._cached[index] = pair
            self._cached_bytes += size

    def _render_scenes(self, data: Data) -> NDArray[np.int64]:
        """Render the synthetic scenes and count their pixels of each class: (N, C) int64."""
        counts = np.zeros((data.synthetic, len(self.classes)), np.int64)
        if data.synthetic and self.classes != known_class_set("camvid"):
            raise UserError("synthetic_needs_camvid", path=data.root)
        seeds = range(data.synthetic_seed, data.synthetic_seed + data.synthetic)
        for row, pair in enumerate(_in_processes(_render, seeds)):
            counts[row] = np.bincount(pair[1].ravel(), minlength=256)[: len(self.classes)]
            self._keep(len(self._dataset.samples) + row, pair)
        return counts


def _render(seed: int) -> Crop:
    return render_scene(seed, *_SYNTHETIC_SIZE)


def _in_processes(make: Callable[[int], Crop], numbers: Sequence[int]) -> Iterator[Crop]:
    """`make` of each number, in as many processes as there are processors if it is worth it."""
    if len(numbers) < _MANY:
        yield from map(make, numbers)
        return
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(make, numbers, chunksize=4)


@lru_cache(maxsize=2)
def _permutation(seed: int, epoch: int, length: int) -> NDArray[np.int64]:
    # A third number, so that no crop's generator is the same.
    return np.random.default_rng([seed, epoch, 1]).permutation(length)
