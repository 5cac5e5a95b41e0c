"""What a training run does, as a TOML file that reproduces it."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

import tomli_w
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from segformer_gui.core.datasets import Layout
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error

Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Side = Annotated[int, Field(ge=32)]
Weight = Annotated[float, Field(ge=0)]

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class Data:
    """What is learnt from, and what is held out.

    `root` is a data set that `core.datasets` knows; its `splits` are joined (none: it is not
    split). Images of the sequences `held_out` are not trained on: they are what is validated; a
    CamVid sequence is named by the part of a file name before the first `_`. `synthetic` counts
    scenes of `core.scenes` that are rendered into the training set, from seed `synthetic_seed` on;
    without a `root` they are all of it. `class_names` names the ids of an index layout, whose files
    do not. `class_map` renames classes of the data before they meet those of a checkpoint; one of
    the name "" is ignored.
    """

    root: str = ""
    layout: Layout | None = None
    splits: tuple[str, ...] = ("train",)
    held_out: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    class_map: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    synthetic: Annotated[int, Field(ge=0)] = 0
    synthetic_seed: int = 100_000

    @model_validator(mode="after")
    def _has_images(self) -> Self:
        if not self.root and not self.synthetic:
            raise ValueError("root is empty and synthetic is 0")
        return self


@dataclass(frozen=True, config=_STRICT)
class Network:
    """What is trained: a preset from scratch, or a checkpoint (path or catalogue name).

    `classes` are those of the data, of the `initial` checkpoint (others in the data are ignored),
    or both: the checkpoint's, then what is new in the data. Rows of the checkpoint's classifier are
    kept for classes of the same name. `freeze` keeps the encoder, or everything but the classifier,
    as it is. `freeze_norm` normalises with the checkpoint's statistics (BatchNorm), which a few
    images in a batch cannot better. `keep` is the share of the checkpoint in the weights that are
    validated and written, mixed with those that were learnt: better on images unlike those that
    are trained on (WiSE-FT, arXiv 2109.01903).
    """

    preset: Literal["b0", "b1", "b2", "b3", "b4", "b5"] = "b0"
    initial: str = ""
    classes: Literal["data", "initial", "both"] = "data"
    freeze: Literal["none", "encoder", "all_but_classifier"] = "none"
    freeze_norm: bool = False
    keep: Annotated[float, Field(ge=0, lt=1)] = 0.0
    drop_path: Fraction = 0.1
    dropout: Fraction = 0.1

    @model_validator(mode="after")
    def _has_initial(self) -> Self:
        if not self.initial and (self.classes != "data" or self.freeze != "none" or self.keep):
            raise ValueError("classes, freeze and keep need an initial checkpoint")
        return self


@dataclass(frozen=True, config=_STRICT)
class Optimizer:
    """AdamW with linear warm-up and polynomial decay, and the average of its weights.

    The head learns `head_factor` times as fast as the encoder's last block (the paper: 10, from a
    pretrained encoder), and each block before that `layer_decay` times as fast as the next. Norms
    and biases have no weight decay. `ema_decay` is that of the weights' running average, which is
    what is validated and kept; 0 keeps the weights themselves.
    """

    steps: Count = 8000
    batch: Count = 8
    learning_rate: Positive = 1e-3
    head_factor: Positive = 1.0
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    weight_decay: Fraction = 0.01
    warmup_steps: Annotated[int, Field(ge=0)] = 200
    power: Positive = 1.0
    clip_norm: Positive = 1.0
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.999
    precision: Literal["float32", "bfloat16"] = "float32"


@dataclass(frozen=True, config=_STRICT)
class Loss:
    """Cross-entropy at full resolution, divided by the weight of the labelled pixels.

    `class_weight` 0 weighs all classes alike, 1 by inverse frequency, between them by its power.
    `ohem` is the share of the hardest pixels that count (online hard example mining); 1 is all.
    `dice` and `lovasz` are the weights of an added Dice and Lovasz-softmax loss over the classes
    that are present. `distill` is the weight of staying with the initial checkpoint on pixels that
    have no label; `consistency` that of predicting on each crop's corrupted twin what is predicted
    on the crop itself.
    """

    class_weight: Fraction = 0.0
    ohem: Annotated[float, Field(gt=0, le=1)] = 1.0
    dice: Weight = 0.0
    lovasz: Weight = 0.0
    distill: Weight = 0.0
    consistency: Weight = 0.0


@dataclass(frozen=True, config=_STRICT)
class Augmentation:
    """How a training crop is made from an image.

    `crop` is (height, width) in px; `scale` the range of the random resizing, in which doubling
    is as likely as halving. With probability `rare_classes` an image and a crop of it are chosen
    for a class, rare ones more often. With probability `mix` half of the classes of a second crop
    are pasted onto the first. `color` scales gamma, brightness, contrast, saturation and hue. With
    probability `corrupt` one of `corruptions` at severity 1 to `max_severity` is applied. With
    `reuse`, only so many different crops are made and seen again and again; what a frozen encoder
    makes of them is then computed once.
    """

    crop: tuple[Side, Side] = (256, 320)
    scale: tuple[Positive, Positive] = (0.5, 2.0)
    flip: bool = True
    color: Fraction = 0.3
    rare_classes: Fraction = 0.5
    mix: Fraction = 0.0
    corrupt: Fraction = 0.0
    corruptions: tuple[str, ...] = ()
    max_severity: Annotated[int, Field(ge=1, le=5)] = 3
    reuse: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _has_corruptions(self) -> Self:
        if self.corrupt and not self.corruptions:
            raise ValueError("corrupt needs corruptions to choose from")
        return self


@dataclass(frozen=True, config=_STRICT)
class Recipe:
    """A whole run.

    `validate_every` and `checkpoint_every` count steps. Validation is on the held-out images as
    they are, and again under each of `validate_corrupted`, corruptions at severity 3. `prove`
    compares the new model with the initial one when it is done.
    """

    data: Data
    network: Network = dataclasses.field(default_factory=Network)
    optimizer: Optimizer = dataclasses.field(default_factory=Optimizer)
    loss: Loss = dataclasses.field(default_factory=Loss)
    augmentation: Augmentation = dataclasses.field(default_factory=Augmentation)
    seed: int = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    short_side: Side = 360
    validate_every: Count = 1000
    validate_corrupted: tuple[str, ...] = ()
    checkpoint_every: Count = 250
    prove: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.loss.distill and not self.network.initial:
            raise ValueError("loss.distill needs network.initial")
        if self.prove and not self.network.initial:
            raise ValueError("prove needs network.initial")
        if self.loss.consistency and not self.augmentation.corruptions:
            raise ValueError("loss.consistency needs augmentation.corruptions")
        if self.augmentation.reuse and self.network.freeze == "none":
            raise ValueError("augmentation.reuse needs a frozen encoder")
        return self

    def keeping(self, share: float) -> Recipe:
        """The same recipe with another `network.keep`, on which no step depends.

        Raises pydantic's `ValidationError`, a `ValueError`.
        """
        return dataclasses.replace(self, network=dataclasses.replace(self.network, keep=share))

    def to_toml(self) -> str:
        """The recipe as a file that `read_recipe` reads back as equal."""
        return tomli_w.dumps(_without_none(dataclasses.asdict(self)))


def recipe_from_toml(text: str) -> Recipe:
    """What `Recipe.to_toml` has written. Raises `ValueError`."""
    return TypeAdapter(Recipe).validate_python(tomllib.loads(text))


def read_recipe(path: Path) -> Recipe:
    """Read a recipe. Raises `UserError` `file_missing`, `recipe_broken` or `recipe_value`."""
    try:
        return recipe_from_toml(path.read_text("utf-8"))
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error
    except ValidationError as error:
        raise value_error(error, path) from error
    except ValueError as error:
        raise UserError("recipe_broken", path=str(path), reason=str(error)) from error


def value_error(error: ValidationError, path: Path) -> UserError:
    """`recipe_value`, for the first value of a recipe in `path` that cannot be."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return UserError("recipe_value", path=str(path), field=place, problem=first["msg"])


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_none(cast(dict[str, Any], value)) if isinstance(value, dict) else value
        for name, value in values.items()
        if value is not None
    }
