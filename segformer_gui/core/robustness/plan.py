"""What a benchmark measures: models x conditions x images, each named by what it consists of.

A cell of the grid is known by the hashes of its model, its image with ground truth, and the
settings, beside its condition. Whatever changes one of them makes other cells, so results of
different things cannot be mixed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.catalogue import ModelEntry, find_model, training_sequences
from segformer_gui.core.classes import IGNORE, ClassSet, plain_name
from segformer_gui.core.corruption.catalogue import SEEDLESS, Protocol
from segformer_gui.core.corruption.corrupt import Engine, check_condition
from segformer_gui.core.datasets import Dataset, Sample
from segformer_gui.core.errors import UserError
from segformer_gui.core.evaluation import match_classes
from segformer_gui.core.files import file_error
from segformer_gui.core.images import find_images
from segformer_gui.core.inference.options import SegmentOptions

if TYPE_CHECKING:
    from segformer_gui.core.inference.segmenter import Segmenter
    from segformer_gui.core.models import LoadedModel

Mode = Literal["accuracy", "consistency"]

# The code that the content of a cell depends on.
_CODE = (
    *("corruption/*.py", "inference/*.py", "network/*.py"),
    *("metrics/confusion.py", "metrics/calibration.py", "robustness/crew.py"),
)
_LIBRARIES = ("numpy", "opencv-python", "pillow", "torch")
_REFERENCE_LIBRARIES = ("imagecorruptions", "scikit-image", "scipy")


class Condition(NamedTuple):
    """What is done to an image. `seed` counts from 0; `noise_seed` makes random numbers of it."""

    corruption: str
    severity: float
    seed: int


CLEAN = Condition("clean", 0, 0)


class CellKey(NamedTuple):
    """One measurement within the cells of equal settings; `model` and `image` are hashes."""

    model: str
    image: str
    condition: Condition


@dataclass(frozen=True)
class GridImage:
    """An image of the benchmark; `content` is the hash of its file, `key` also of its truth's."""

    sample: Sample
    content: str
    key: str


@dataclass(frozen=True, eq=False)
class GridModel:
    """A model of the benchmark.

    `name` is unique in it; `key` is the hash of everything that its predictions depend on.
    `table` (N,) uint8 makes the plan's classes of the model's, `IGNORE` of those that the plan has
    not; `known` (C,) bool says which of the plan's classes the model has. `short_side` in px is
    what it was made for. `seen_sequences` of the data are those that it was trained on, as far as
    its card says so.
    """

    name: str
    key: str
    table: NDArray[np.uint8]
    known: NDArray[np.bool_]
    short_side: int | None
    seen_sequences: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """A benchmark, before anything is measured; made by `plan_grid`.

    Mode "accuracy" compares with the ground truth, "consistency" with the same model's prediction
    of the clean image. `classes` are those that cells count; `settings` whatever else they depend
    on, as JSON values.
    """

    data: Dataset
    mode: Mode
    images: tuple[GridImage, ...]
    models: tuple[GridModel, ...]
    protocol: Protocol
    seeds: int
    engine: Engine
    options: SegmentOptions
    classes: ClassSet
    settings: dict[str, object]

    @cached_property
    def settings_key(self) -> str:
        """Hash of the settings."""
        return _digest(json.dumps(self.settings, sort_keys=True).encode())

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Clean first, then the protocol's by name, severity and seed."""
        return (
            CLEAN,
            *(
                Condition(name, severity, seed)
                for name, severity in self.protocol.conditions
                for seed in self.seeds_of(name)
            ),
        )

    @cached_property
    def truth_table(self) -> NDArray[np.uint8]:
        """What each id of a ground truth counts as, (256,) uint8: classes of one name are one."""
        table = np.full(IGNORE + 1, IGNORE, np.uint8)
        table[: len(self.classes)] = _first_places(self.classes)
        return table

    @property
    def scored(self) -> NDArray[np.intp]:
        """Places of the classes that every model knows: only these make scores comparable."""
        return np.flatnonzero(np.logical_and.reduce([model.known for model in self.models]))

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.conditions) * len(self.images) * len(self.models)

    def seeds_of(self, corruption: str) -> range:
        """Seeds that a corruption is measured with: one where nothing in it is random."""
        return range(1 if corruption in SEEDLESS else self.seeds)

    def cell_keys(self) -> Iterable[CellKey]:
        """The key of every cell."""
        for image in self.images:
            for condition in self.conditions:
                for model in self.models:
                    yield CellKey(model.key, image.key, condition)


def plan_grid(
    data: Dataset,
    segmenters: Sequence[Segmenter],
    protocol: Protocol,
    *,
    mode: Mode = "accuracy",
    seeds: int = 1,
    engine: Engine = "fast",
    options: SegmentOptions = SegmentOptions(),
) -> Plan:
    """Plan the benchmark of `segmenters` (one device, one precision) on `data`.

    All files are read once, for their hashes. Where the data set does not name its classes, and in
    mode "consistency", the classes are those of the first model. Raises `UserError`
    `grid_model_twice`, as `match_classes`, `check_condition` and the errors of reading files.
    """
    for name, severity in protocol.conditions:
        check_condition(name, severity, engine)
    first = segmenters[0]
    classes = data.classes if mode == "accuracy" else None
    classes = classes or first.model.classes
    models = _grid_models(segmenters, classes, {sample.sequence for sample in data.samples})
    with ThreadPoolExecutor() as pool:
        images = tuple(pool.map(lambda sample: grid_image(sample, mode), data.samples))
    return Plan(
        data=data,
        mode=mode,
        images=images,
        models=models,
        protocol=protocol,
        seeds=seeds,
        engine=engine,
        options=options,
        classes=classes,
        settings={
            "mode": mode,
            "layout": data.layout,
            "classes": list(classes.names),
            "engine": engine,
            "options": asdict(options),
            "device": first.device,
            "precision": first.precision,
            "versions": _versions(engine),
            "code": _code_digest(),
        },
    )


def unlabelled(root: Path) -> Dataset:
    """The images in `root` and below as a data set without ground truth, for "consistency".

    A sub-folder is a sequence. Raises `UserError` as `find_images`.
    """
    base = root if root.is_dir() else root.parent
    samples: list[Sample] = []
    for image in find_images([root]):
        name = image.relative_to(base)
        sequence = name.with_suffix("") if name.parent == Path() else name.parent
        samples.append(Sample(name.as_posix(), image, image, sequence.as_posix()))
    return Dataset(root, "index", None, None, tuple(samples))


def noise_seed(image: GridImage, seed: int) -> int:
    """Seed for `corrupt`: other images and other seeds get other noise, models all get the same.

    One seed for all would give every image of a size the same noise field.
    """
    return int(_digest(f"{seed} {image.content}".encode())[:8], 16)


def custom_protocol(names: Sequence[str], severities: Sequence[float]) -> Protocol:
    """Every one of `names` at every one of `severities`, in their order and once."""
    levels = tuple(dict.fromkeys(severities))
    return Protocol("custom", "chosen for this run", dict.fromkeys(names, levels))


def _grid_models(
    segmenters: Sequence[Segmenter], classes: ClassSet, sequences: set[str]
) -> tuple[GridModel, ...]:
    models: list[GridModel] = []
    entries = [_entry(segmenter.model) for segmenter in segmenters]
    names = _names(entries)
    for segmenter, entry, name in zip(segmenters, entries, names, strict=True):
        match = match_classes(segmenter.model.classes, classes)
        shared = [classes.names.index(shared) for shared in match.names]
        places = np.full(IGNORE + 1, IGNORE, np.uint8)
        places[: len(shared)] = shared
        model = GridModel(
            name=name,
            key=model_digest(segmenter.model),
            table=places[match.prediction_table],
            known=np.isin(np.arange(len(classes)), shared),
            short_side=segmenter.model.short_side,
            seen_sequences=tuple(sorted(training_sequences(entry) & sequences)),
        )
        same = next((other.name for other in models if other.key == model.key), None)
        if same is not None:
            raise UserError("grid_model_twice", first=same, second=name)
        models.append(model)
    if not np.logical_and.reduce([model.known for model in models]).any():
        raise UserError(
            "evaluation_no_shared_classes",
            model_classes=", ".join(segmenters[-1].model.classes.names),
            dataset_classes=", ".join(classes.names),
        )
    return tuple(models)


def _first_places(classes: ClassSet) -> list[int]:
    """For each class, the place of the first one of the same name."""
    names = [plain_name(name) for name in classes.names]
    return [names.index(name) for name in names]


def _entry(model: LoadedModel) -> ModelEntry:
    """The catalogue's entry of a model, or one for a model that only memory holds."""
    try:
        return find_model(model.id)
    except UserError:
        return ModelEntry(model.id, model.id, "local")


def _names(entries: Sequence[ModelEntry]) -> list[str]:
    """Short names that differ: the alias, or as much of the end of a path as it takes."""
    names = [entry.alias or entry.id for entry in entries]
    paths = [
        entry.path.absolute() if entry.origin == "local" and entry.path else None
        for entry in entries
    ]
    deepest = max((len(path.parts) for path in paths if path), default=0)
    for length in range(1, deepest + 1):
        ends = [
            "/".join(path.parts[-length:]) if path else name
            for path, name in zip(paths, names, strict=True)
        ]
        # What training calls every model says nothing alone.
        if len(set(ends)) == len(ends) and "model" not in ends:
            return ends
    return names


def grid_image(sample: Sample, mode: Mode) -> GridImage:
    """A sample by its content. Raises `UserError` as `file_error`."""
    content = _file_digest(sample.image)
    if mode == "consistency":
        return GridImage(sample, content, content)
    # Cityscapes' label files say by their name in which numbering they are.
    kind = sample.labels.name.rpartition("_")[2]
    truth = _file_digest(sample.labels)
    if sample.touched is not None:
        truth += _file_digest(sample.touched)
    return GridImage(sample, content, _digest(f"{content} {truth} {kind}".encode()))


def model_digest(model: LoadedModel) -> str:
    """Hash of everything that a model's predictions depend on: weights, shape, classes, size."""
    facts = (
        *(model.network.config, model.classes.names, model.short_side),
        *(model.mean, model.std, model.layout),
    )
    digest = hashlib.sha256(repr(facts).encode())
    for name, tensor in model.network.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().data)
    return digest.hexdigest()[:32]


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:32]
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error


def _digest(content: bytes) -> str:
    """The first half of SHA-256: no two things of this world share it by chance."""
    return hashlib.sha256(content).hexdigest()[:32]


def _versions(engine: Engine) -> dict[str, str]:
    names = _LIBRARIES + (_REFERENCE_LIBRARIES if engine == "reference" else ())
    return {name: version(name) for name in names}


def _code_digest() -> str:
    core = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for part in _CODE:
        for file in sorted(core.glob(part)):
            digest.update(file.relative_to(core).as_posix().encode())
            # A checkout on Windows may have other line ends.
            digest.update(file.read_bytes().replace(os.linesep.encode(), b"\n"))
    return digest.hexdigest()[:32]
