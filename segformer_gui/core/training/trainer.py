"""What a step of training changes, and how: weights, their average, the optimizer, the count."""

from __future__ import annotations

import copy
import io
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segformer_gui.core.catalogue import find_model, training_sequences, write_facts
from segformer_gui.core.classes import IGNORE, ClassSet
from segformer_gui.core.corruption.corrupt import corrupt
from segformer_gui.core.datasets import Sample
from segformer_gui.core.errors import UserError, memory_ended
from segformer_gui.core.evaluation import Labels, evaluate_model
from segformer_gui.core.inference.options import DeviceChoice
from segformer_gui.core.inference.segmenter import Segmenter, available_devices
from segformer_gui.core.models import LoadedModel, load_model
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.export import export_hugging_face, plain_card
from segformer_gui.core.network.preprocess import normalize
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.processes import ALONE, Processes
from segformer_gui.core.training.dataset import Batch, TrainingSet, open_data
from segformer_gui.core.training.events import Started, Stepped, Validated
from segformer_gui.core.training.loss import (
    balancing_weights,
    divergence,
    labelled_weight,
    on_grid,
    poly_rate,
    segmentation_loss,
    update_average,
)
from segformer_gui.core.training.recipe import Recipe, recipe_from_toml
from segformer_gui.core.training.start import (
    mixed,
    new_network,
    parameter_groups,
    shared_classes,
    start_learning,
)

SAMPLES = 2
_LEAST_CROP_PX = 96
SAMPLE_WIDTH_PX = 240


class Trainer:
    """One run of training in memory; one of several `processes` that share it."""

    def __init__(self, recipe: Recipe, processes: Processes = ALONE) -> None:
        self.recipe = recipe
        self.asked = recipe  # Before its crops were made to fit.
        self._processes = processes
        initial = load_model(recipe.network.initial) if recipe.network.initial else None
        known = initial.classes if initial else None
        self._data = open_data(recipe.data, recipe.network.classes, known)
        self.crops = TrainingSet(recipe, self._data)
        self.device = available_devices()[0] if recipe.device == "auto" else recipe.device
        self._mean = initial.mean if initial else IMAGENET_MEAN
        self._std = initial.std if initial else IMAGENET_STD
        self.network = new_network(recipe, self._data.classes, initial).to(self.device)
        start_learning(self.network, recipe)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.network, recipe), recipe.optimizer.learning_rate, fused=True
        )
        frequency = torch.from_numpy(self.crops.class_frequency)
        weights = balancing_weights(frequency, recipe.loss.class_weight)
        self._class_weights = None if weights is None else weights.to(self.device)
        if initial:
            self._shared = shared_classes(self._data.classes, initial.classes)
        self._begun: dict[str, Tensor] = {}
        if recipe.network.keep:
            self._begun = {key: value.clone() for key, value in self.network.state_dict().items()}
        self._teacher: SegFormer | None = None
        if recipe.loss.distill and initial:
            self._teacher = initial.network.to(self.device).requires_grad_(False)
        self._features: dict[int, list[Tensor]] = {}
        learner = self.network.head if recipe.network.freeze == "encoder" else self.network
        self._learner = processes.joined(learner)
        self.parts = 1
        self.step = 0
        self.samples: list[NDArray[np.uint8]] = []  # Of the first held-out images.

    @property
    def held_out(self) -> tuple[Sample, ...]:
        """What the network is scored on."""
        return self._data.held_out.samples if self._data.held_out else ()

    @property
    def classes(self) -> ClassSet:
        """What is learnt."""
        return self._data.classes

    def segmenter(self) -> Segmenter:
        """What `export` would write, as it is used."""
        return Segmenter(self._model(), cast(DeviceChoice, self.device))

    def started(self) -> Started:
        return Started(
            step=self.step,
            steps=self.recipe.optimizer.steps,
            images=len(self.crops),
            held_out=len(self.held_out),
            parameters=sum(p.numel() for p in self.network.parameters()),
            classes=self._data.classes.names,
            device=self.device,
            precision=self.recipe.optimizer.precision,
            threads=torch.get_num_threads(),
        )

    def batch(self, step: int) -> Batch:
        """This process's crops of a step."""
        return self.crops.batch(step, self._processes.rank, self._processes.count)

    def take_step(self, batch: Batch) -> Stepped:
        """One step of gradient descent, and of the average of the weights.

        When memory runs out, the batch is taken in twice as many parts, from then on; the step is
        the same but for Dice and Lovasz, and BatchNorm unless that is frozen. Raises `UserError`
        `training_out_of_memory` where one crop does not fit, and `training_diverged`.
        """
        began = time.perf_counter()
        settings = self.recipe.optimizer
        rate = poly_rate(self.step, settings.steps, settings.warmup_steps, settings.power)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * settings.learning_rate * group["factor"]
        loss = self._fitting_gradients(batch)
        nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip_norm)
        self.optimizer.step()
        update_average(_floats(self.average), _floats(self.network), settings.ema_decay, self.step)
        self.step += 1
        if not np.isfinite(loss):
            raise UserError("training_diverged", step=self.step)
        seconds = time.perf_counter() - began
        return Stepped(self.step, loss, rate * settings.learning_rate, seconds, self.parts)

    def fit_into_memory(self) -> None:
        """Find by trying, before the first step, how much of a batch fits, and which crops do.

        Where not one crop does, `recipe` is from then on the one `asked` for with smaller crops.
        Several processes would have to agree on a size: theirs stays. Raises `UserError`
        `training_out_of_memory`.
        """
        while True:
            try:
                self._fitting_gradients(self.batch(0))
                break
            except UserError as error:
                if error.code != "training_out_of_memory" or self._processes.count > 1:
                    raise
                height, width = self.recipe.augmentation.crop
                crop = height * 3 // 4 // 32 * 32, width * 3 // 4 // 32 * 32
                if min(crop) < _LEAST_CROP_PX:
                    raise
            augmentation = replace(self.recipe.augmentation, crop=crop)
            self.recipe = replace(self.recipe, augmentation=augmentation)
            self.crops = TrainingSet(self.recipe, self._data)
            self.parts = 1
        # BatchNorm may have taken note of it; the average has not moved yet.
        self.network.load_state_dict(self.average.state_dict())

    def _fitting_gradients(self, batch: Batch) -> float:
        while True:
            try:
                return self._gradients(batch)
            except (MemoryError, RuntimeError) as error:
                if not memory_ended(error):
                    raise
                if self.parts >= len(batch.numbers):
                    raise UserError("training_out_of_memory") from error
            self.parts *= 2

    def _gradients(self, batch: Batch) -> float:
        """Gradients of the loss of the whole batch, of all processes; returns the loss."""
        self.optimizer.zero_grad()
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        images, labels = (torch.from_numpy(array) for array in (batch.images, batch.labels))
        count = self._processes.count
        whole = self._processes.total(
            labelled_weight(labels.to(self.device).long(), self._class_weights)
        )
        total = torch.zeros((), device=self.device)
        places = torch.arange(len(batch.numbers)).chunk(self.parts)
        for place, chosen in enumerate(places):
            # Only the last part's gradients travel, with those of the parts before it.
            waits = count > 1 and place < len(places) - 1
            with cast(Any, self._learner).no_sync() if waits else nullcontext():
                rows = torch.cat([chosen, chosen + len(batch.numbers)]) if batch.twins else chosen
                share = len(chosen) / (len(batch.numbers) * count)
                numbers = [batch.numbers[i] for i in chosen.tolist()]
                loss = self._loss(images[rows], labels[rows], numbers, whole, share)
                (loss * count).backward()  # Whose mean over the processes is taken.
            total += loss.detach()
        return float(self._processes.total(total))

    def _loss(
        self, images: Tensor, labels: Tensor, numbers: list[int], whole: Tensor, share: float
    ) -> Tensor:
        """What a part of the batch, a `share` of it, adds to the loss of the `whole`."""
        settings = self.recipe.loss
        x = normalize(images.to(self.device), self._mean, self._std)
        target = labels.to(self.device).long()
        with self._autocast():
            if self.recipe.network.freeze == "encoder":
                features = self._encoded(x, numbers)
                logits = self._learner(features)
            else:
                features = None
                logits = self._learner(x)
        loss = segmentation_loss(logits, target, settings, self._class_weights, whole, share)
        clean = len(numbers)
        if self._teacher is not None:
            ours, theirs = self._shared
            with torch.no_grad(), self._autocast():
                # The twins are to be what the checkpoint makes of the crops themselves.
                expected = self._teacher(x[:clean])[:, theirs]
            expected = expected.repeat(len(x) // clean, 1, 1, 1)
            unlabelled = on_grid(target, logits.shape[2:]) == IGNORE
            loss = loss + settings.distill * share * divergence(
                logits[:, ours], expected, unlabelled
            )
        if settings.consistency:
            loss = loss + settings.consistency * share * divergence(logits[clean:], logits[:clean])
        return loss

    @torch.no_grad()
    def _encoded(self, x: Tensor, numbers: list[int]) -> list[Tensor]:
        """Features of a frozen encoder, kept where the same crops come again."""
        if not self.recipe.augmentation.reuse:
            return self.network.encode(x)
        keys = [*numbers, *(-1 - number for number in numbers)][: len(x)]
        for place, key in enumerate(keys):
            if key not in self._features:
                self._features[key] = self.network.encode(x[place : place + 1])
        kept = [self._features[key] for key in keys]
        return [torch.cat(stage) for stage in zip(*kept, strict=True)]

    def validate(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Validated | None]:
        """Scores of what `export` would write on the held-out images, clean and as the recipe asks.

        Yields None after each image, too, for a pause; then `cancelled` is asked.
        """
        if self._data.held_out is None:
            return
        segmenter = self.segmenter()
        self.samples = []
        for condition in ("", *self.recipe.validate_corrupted):
            began = time.perf_counter()

            def segment(image: NDArray[np.uint8], name: str = condition) -> Labels:
                labels = segmenter.segment(corrupt(image, name, 3, 0) if name else image).labels
                if not name and len(self.samples) < SAMPLES:
                    self.samples.append(_reduced(labels))
                return labels

            result = None
            for done in evaluate_model(self._data.held_out, segment, self._data.classes):
                result = done.result
                yield None
                if cancelled():
                    return
            assert result is not None  # A data set has at least one sample.
            seconds = time.perf_counter() - began
            yield Validated(self.step, condition, result.scores().to_json(), seconds)

    def saved(self) -> bytes:
        """Everything that `load` needs to go on, as a file."""
        buffer = io.BytesIO()
        content = {
            "recipe": self.recipe.to_toml(),
            "asked": self.asked.to_toml(),
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(content, buffer)
        return buffer.getvalue()

    def load(self, checkpoint: dict[str, Any]) -> None:
        """Go on from what `saved` has kept."""
        self.asked = recipe_from_toml(checkpoint.get("asked", checkpoint["recipe"]))
        self.step = checkpoint["step"]
        self.network.load_state_dict(checkpoint["network"])
        self.average.load_state_dict(checkpoint["average"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])

    def export(self, folder: Path) -> None:
        """Write a Hugging Face folder: the averaged weights, and what is kept of the first ones."""
        model = self._model()
        seen = {sample.sequence for sample in self._data.training.samples}
        if self.recipe.network.initial:
            seen |= training_sequences(find_model(self.recipe.network.initial))
        title = folder.parent.name
        card = plain_card(title, model.network, model.classes, "a training run", sorted(seen))
        write_facts(folder, title, self.recipe.short_side)
        export_hugging_face(
            model.network, model.classes, folder, card=card, mean=model.mean, std=model.std
        )

    def _model(self) -> LoadedModel:
        network = self.average
        if self._begun:
            known, _ = self._shared
            network = mixed(network, self._begun, self.recipe.network.keep, known)
        return LoadedModel(
            id="model",
            network=network,
            classes=self._data.classes,
            short_side=self.recipe.short_side,
            mean=self._mean,
            std=self._std,
            layout="Hugging Face",
            notes=(),
        )

    def _autocast(self) -> AbstractContextManager[object]:
        if self.recipe.optimizer.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device, torch.bfloat16)


def _reduced(labels: Labels) -> NDArray[np.uint8]:
    """Every so manieth pixel, for a small picture."""
    step = max(1, labels.shape[1] // SAMPLE_WIDTH_PX)
    return labels[::step, ::step].astype(np.uint8)


def _floats(network: nn.Module) -> list[Tensor]:
    return [tensor for tensor in network.state_dict().values() if tensor.is_floating_point()]
