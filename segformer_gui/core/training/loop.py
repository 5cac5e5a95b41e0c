"""The training loop: a generator of events that can be stopped after any step and resumed.

Nothing random survives a step: crops are drawn from (seed, number of the crop), dropout and drop
path from (seed, step). So a resumed run is the uninterrupted one, bit for bit on a CPU with the
same number of threads.
"""

from __future__ import annotations

import copy
import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segformer_gui.core.errors import UserError
from segformer_gui.core.evaluation import evaluate_model
from segformer_gui.core.files import write_atomically
from segformer_gui.core.inference.options import DeviceChoice
from segformer_gui.core.inference.segmenter import Segmenter, available_devices
from segformer_gui.core.models import LoadedModel, load_model
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.export import export_hugging_face, plain_card
from segformer_gui.core.network.preprocess import normalize
from segformer_gui.core.network.presets import preset
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.training.dataset import TrainingData, TrainingSet, open_data
from segformer_gui.core.training.events import (
    Event,
    Finished,
    Saved,
    Started,
    Stepped,
    Stopped,
    Validated,
    to_line,
)
from segformer_gui.core.training.loss import (
    balancing_weights,
    poly_rate,
    segmentation_loss,
    update_average,
)
from segformer_gui.core.training.recipe import Recipe

RECIPE_FILE = "recipe.toml"
EVENTS_FILE = "events.jsonl"
CHECKPOINT_FILE = "checkpoint.pt"
MODEL_FOLDER = "model"


def train(
    recipe: Recipe,
    run: Path,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train by `recipe` in the folder `run`, and yield what happens.

    Each event is also a line of `run/events.jsonl`. `stop` is asked after each step; then a
    checkpoint is written and the run ends. Raises `UserError` `run_exists` for a folder that holds
    another run, `resume_nothing` or `resume_other_recipe`, and those of `open_data` and
    `check_files`, all before the first step.
    """
    checkpoint = _open_run(recipe, run, resume)
    data = open_data(recipe.data)
    trainer = _Trainer(recipe, data)
    if checkpoint is not None:
        trainer.load(checkpoint)
    with (run / EVENTS_FILE).open("a", encoding="utf-8") as log:
        for event in _run(trainer, run, stop):
            log.write(to_line(event) + "\n")
            log.flush()
            yield event


def _run(trainer: _Trainer, run: Path, stop: Callable[[], bool]) -> Iterator[Event]:
    recipe = trainer.recipe
    steps = recipe.optimizer.steps
    yield trainer.started()
    with _Prefetch(trainer.crops.batch, trainer.step, steps) as batches:
        for images, labels in batches:
            yield trainer.take_step(images, labels)
            done, stopping = trainer.step == steps, stop()
            if done or trainer.step % recipe.validate_every == 0:
                yield from trainer.validate()
            if done or stopping or trainer.step % recipe.checkpoint_every == 0:
                write_atomically(run / CHECKPOINT_FILE, trainer.saved())
                yield Saved(trainer.step, str(run / CHECKPOINT_FILE))
            if stopping and not done:
                yield Stopped(trainer.step)
                return
    trainer.export(run / MODEL_FOLDER)
    yield Finished(trainer.step, str(run / MODEL_FOLDER))


def _open_run(recipe: Recipe, run: Path, resume: bool) -> dict[str, Any] | None:
    """The checkpoint to go on from, or None for a new run, whose recipe is written down."""
    file = run / CHECKPOINT_FILE
    if resume:
        if not file.is_file():
            raise UserError("resume_nothing", path=str(run))
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
        if checkpoint["recipe"] != recipe.to_toml():
            raise UserError("resume_other_recipe", path=str(run))
        return checkpoint
    if file.exists():
        raise UserError("run_exists", path=str(run))
    write_atomically(run / RECIPE_FILE, recipe.to_toml().encode())
    (run / EVENTS_FILE).unlink(missing_ok=True)
    return None


class _Trainer:
    """Everything that a step changes: weights, their average, the optimizer, the step number."""

    def __init__(self, recipe: Recipe, data: TrainingData) -> None:
        self.recipe = recipe
        self._data = data
        self.crops = TrainingSet(recipe, data)
        self.device = available_devices()[0] if recipe.device == "auto" else recipe.device
        self.network = _new_network(recipe, len(data.classes)).to(self.device)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.network, recipe), recipe.optimizer.learning_rate, fused=True
        )
        frequency = torch.from_numpy(self.crops.class_frequency)
        weights = balancing_weights(frequency, recipe.loss.class_weight)
        self._class_weights = None if weights is None else weights.to(self.device)
        self.step = 0

    def started(self) -> Started:
        return Started(
            step=self.step,
            steps=self.recipe.optimizer.steps,
            images=len(self.crops),
            held_out=len(self._data.held_out.samples) if self._data.held_out else 0,
            parameters=sum(p.numel() for p in self.network.parameters()),
            classes=self._data.classes.names,
            device=self.device,
            precision=self.recipe.optimizer.precision,
            threads=torch.get_num_threads(),
        )

    def take_step(self, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Stepped:
        """One step of gradient descent, and of the average of the weights."""
        began = time.perf_counter()
        settings = self.recipe.optimizer
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        rate = poly_rate(self.step, settings.steps, settings.warmup_steps, settings.power)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * settings.learning_rate * group["factor"]
        x = normalize(torch.from_numpy(images).to(self.device), IMAGENET_MEAN, IMAGENET_STD)
        target = torch.from_numpy(labels).to(self.device).long()
        self.network.train()
        with self._autocast():
            logits = self.network(x)
        loss = segmentation_loss(logits, target, self.recipe.loss, self._class_weights)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip_norm)
        self.optimizer.step()
        update_average(_floats(self.average), _floats(self.network), settings.ema_decay, self.step)
        self.step += 1
        value = float(loss.detach())
        if not np.isfinite(value):
            raise UserError("training_diverged", step=self.step)
        return Stepped(self.step, value, rate * settings.learning_rate, time.perf_counter() - began)

    def validate(self) -> Iterator[Validated]:
        """Scores of the averaged weights on the held-out images, if there are any."""
        if self._data.held_out is None:
            return
        began = time.perf_counter()
        segmenter = Segmenter(self._model(), cast(DeviceChoice, self.device))
        result = None
        for step in evaluate_model(
            self._data.held_out, lambda image: segmenter.segment(image).labels, self._data.classes
        ):
            result = step.result
        assert result is not None  # A data set has at least one sample.
        scores = result.scores().to_json()
        yield Validated(self.step, scores, time.perf_counter() - began)

    def saved(self) -> bytes:
        """Everything that `load` needs to go on, as a file."""
        buffer = io.BytesIO()
        content = {
            "recipe": self.recipe.to_toml(),
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(content, buffer)
        return buffer.getvalue()

    def load(self, checkpoint: dict[str, Any]) -> None:
        """Go on from what `saved` has kept."""
        self.step = checkpoint["step"]
        self.network.load_state_dict(checkpoint["network"])
        self.average.load_state_dict(checkpoint["average"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])

    def export(self, folder: Path) -> None:
        """Write the averaged weights as a Hugging Face folder."""
        model = self._model()
        card = plain_card(folder.parent.name, model.network, model.classes, "a training run")
        export_hugging_face(
            model.network, model.classes, folder, card=card, mean=model.mean, std=model.std
        )

    def _model(self) -> LoadedModel:
        return LoadedModel(
            id=MODEL_FOLDER,
            network=self.average,
            classes=self._data.classes,
            short_side=self.recipe.short_side,
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
            layout="Hugging Face",
            notes=(),
        )

    def _autocast(self) -> AbstractContextManager[object]:
        if self.recipe.optimizer.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device, torch.bfloat16)


def _new_network(recipe: Recipe, num_classes: int) -> SegFormer:
    """The network at step 0: from scratch, or the encoder and head of a checkpoint."""
    settings = recipe.network
    torch.manual_seed(recipe.seed)
    if settings.initial:
        initial = load_model(settings.initial).network
        config = replace(
            initial.config,
            num_classes=num_classes,
            drop_path=settings.drop_path,
            dropout=settings.dropout,
        )
        network = SegFormer(config)
        state = initial.state_dict()
        if initial.config.num_classes != num_classes:
            state = {k: v for k, v in state.items() if not k.startswith("head.classifier.")}
        network.load_state_dict(state, strict=False)
        return network
    config = preset(settings.preset, num_classes)
    return SegFormer(replace(config, drop_path=settings.drop_path, dropout=settings.dropout))


def _parameter_groups(network: SegFormer, recipe: Recipe) -> list[dict[str, Any]]:
    """Encoder and head, each with and without weight decay; `factor` is of the learning rate."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        factor = recipe.optimizer.head_factor if name.startswith("head.") else 1.0
        decay = recipe.optimizer.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((factor, decay), []).append(parameter)
    return [
        {"params": parameters, "factor": factor, "weight_decay": decay}
        for (factor, decay), parameters in groups.items()
    ]


def _floats(network: nn.Module) -> list[Tensor]:
    return [tensor for tensor in network.state_dict().values() if tensor.is_floating_point()]


class _Prefetch:
    """Makes the batch of the next step while this one is trained on."""

    def __init__(
        self,
        make: Callable[[int], tuple[NDArray[np.uint8], NDArray[np.uint8]]],
        first: int,
        end: int,
    ) -> None:
        self._make, self._next, self._end = make, first, end
        self._pool = ThreadPoolExecutor(1)
        self._pending: Future[tuple[NDArray[np.uint8], NDArray[np.uint8]]] | None = None

    def __enter__(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
        self._ask()
        return self._batches()

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self) -> None:
        self._pending = None
        if self._next < self._end:
            self._pending = self._pool.submit(self._make, self._next)
            self._next += 1

    def _batches(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
        while self._pending is not None:
            batch = self._pending.result()
            self._ask()
            yield batch
