"""How long a run would take here: some of its own steps, and one held-out image, timed."""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass

from segformer_gui.core.images import read_image
from segformer_gui.core.training.loop import Prefetch
from segformer_gui.core.training.progress import images_to_segment
from segformer_gui.core.training.recipe import Recipe
from segformer_gui.core.training.trainer import Trainer

_WARM_UP, _STEPS = 1, 3


@dataclass(frozen=True)
class Estimate:
    """Seconds of a step, of segmenting a held-out image (None: there is none), and of everything.

    `device` is where it would run; `parts`: pieces of a batch that fit into memory.
    """

    step_s: float
    image_s: float | None
    total_s: float
    device: str
    parts: int

    def to_line(self) -> str:
        """As a line of JSON, which `from_line` reads back."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Estimate:
        """What `to_line` has written."""
        return cls(**json.loads(line))


def measure(recipe: Recipe) -> Estimate:
    """Take some steps of the recipe, which change nothing. Raises `UserError` as `train`."""
    trainer = Trainer(recipe)
    trainer.fit_into_memory()
    began = time.perf_counter()
    with Prefetch(trainer.batch, 0, _WARM_UP + _STEPS) as batches:
        for batch in batches:
            trainer.take_step(batch)
            if trainer.step == _WARM_UP:
                began = time.perf_counter()
    step_s = (time.perf_counter() - began) / _STEPS
    image_s = None
    if trainer.held_out:
        image = read_image(trainer.held_out[0].image)
        segmenter = trainer.segmenter()
        began = time.perf_counter()
        segmenter.segment(image)
        image_s = time.perf_counter() - began
    images = images_to_segment(recipe, len(trainer.held_out))
    total_s = recipe.optimizer.steps * step_s + images * (image_s or 0)
    return Estimate(step_s, image_s, total_s, trainer.device, trainer.parts)
