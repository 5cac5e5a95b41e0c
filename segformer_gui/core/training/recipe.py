"""What a training run does, as a TOML file that reproduces it."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

import tomli_w
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error

Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Side = Annotated[int, Field(ge=32)]

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class Data:
    """What is learnt from, and what is held out.

    `root` is a data set that `core.datasets` knows; its `splits` are joined. Images of the
    sequences `held_out` are not trained on: they are what is validated. A sequence is named by the
    part of a file name before the first `_`. `synthetic` counts scenes of `core.scenes` that are
    rendered into the training set, from seed `synthetic_seed` on; without a `root` they are all of
    it. `class_names` names the ids of an
    index layout, whose files do not.
    """

    root: str = ""
    layout: Literal["cityscapes", "camvid", "index"] | None = None
    splits: tuple[str, ...] = ("train",)
    held_out: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    synthetic: Annotated[int, Field(ge=0)] = 0
    synthetic_seed: int = 100_000

    @model_validator(mode="after")
    def _has_images(self) -> Self:
        if not self.root and not self.synthetic:
            raise ValueError("root is empty and synthetic is 0")
        return self


@dataclass(frozen=True, config=_STRICT)
class Network:
    """What is trained: a preset from scratch, or a checkpoint (path or catalogue name)."""

    preset: Literal["b0", "b1", "b2", "b3", "b4", "b5"] = "b0"
    initial: str = ""
    drop_path: Fraction = 0.1
    dropout: Fraction = 0.1


@dataclass(frozen=True, config=_STRICT)
class Optimizer:
    """AdamW with linear warm-up and polynomial decay, and the average of its weights.

    The head learns `head_factor` times as fast (the paper: 10, from a pretrained encoder). Norms
    and biases have no weight decay. `ema_decay` is that of the weights' running average, which is
    what is validated and kept; 0 keeps the weights themselves.
    """

    steps: Count = 8000
    batch: Count = 8
    learning_rate: Positive = 1e-3
    head_factor: Positive = 1.0
    weight_decay: Fraction = 0.01
    warmup_steps: Annotated[int, Field(ge=0)] = 200
    power: Positive = 1.0
    clip_norm: Positive = 1.0
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.999
    precision: Literal["float32", "bfloat16"] = "float32"


@dataclass(frozen=True, config=_STRICT)
class Loss:
    """Cross-entropy at full resolution, divided by the count of pixels that matter.

    `class_weight` 0 weighs all classes alike, 1 by inverse frequency, between them by its power.
    `ohem` is the share of the hardest pixels that count (online hard example mining); 1 is all.
    `dice` is the weight of an added Dice loss over the classes that are present.
    """

    class_weight: Fraction = 0.0
    ohem: Annotated[float, Field(gt=0, le=1)] = 1.0
    dice: Annotated[float, Field(ge=0)] = 0.0


@dataclass(frozen=True, config=_STRICT)
class Augmentation:
    """How a training crop is made from an image.

    `crop` is (height, width) in px; `scale` the range of the random resizing, in which doubling
    is as likely as halving. With probability `rare_classes` an image and a crop of it are chosen
    for a class, rare ones more often. With probability `mix` half of the classes of a second crop
    are pasted onto the first. `color` scales gamma, brightness, contrast, saturation and hue. With
    probability `corrupt` one of `corruptions` at severity 1 to `max_severity` is applied.
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

    @model_validator(mode="after")
    def _has_corruptions(self) -> Self:
        if self.corrupt and not self.corruptions:
            raise ValueError("corrupt needs corruptions to choose from")
        return self


@dataclass(frozen=True, config=_STRICT)
class Recipe:
    """A whole run. `validate_every` and `checkpoint_every` count steps."""

    data: Data
    network: Network = dataclasses.field(default_factory=Network)
    optimizer: Optimizer = dataclasses.field(default_factory=Optimizer)
    loss: Loss = dataclasses.field(default_factory=Loss)
    augmentation: Augmentation = dataclasses.field(default_factory=Augmentation)
    seed: int = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    short_side: Side = 360
    validate_every: Count = 1000
    checkpoint_every: Count = 250

    def to_toml(self) -> str:
        """The recipe as a file that `read_recipe` reads back as equal."""
        return tomli_w.dumps(_without_none(dataclasses.asdict(self)))


def read_recipe(path: Path) -> Recipe:
    """Read a recipe. Raises `UserError` `file_missing`, `recipe_broken` or `recipe_value`."""
    try:
        return TypeAdapter(Recipe).validate_python(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise file_error(error, path, "file_unreadable") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(
            "recipe_value", path=str(path), field=place, problem=first["msg"]
        ) from error
    except ValueError as error:
        raise UserError("recipe_broken", path=str(path), reason=str(error)) from error


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_none(cast(dict[str, Any], value)) if isinstance(value, dict) else value
        for name, value in values.items()
        if value is not None
    }
