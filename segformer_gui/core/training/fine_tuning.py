"""Recipes for fine-tuning: defaults that work for three images and for three thousand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.datasets import Sample
from segformer_gui.core.training.options import Adjustments, Preset
from segformer_gui.core.training.recipe import (
    Augmentation,
    Data,
    Loss,
    Network,
    Optimizer,
    Recipe,
)

# Never trained against, so that what is reported for them is honest.
UNSEEN_CORRUPTIONS = ("glass_blur", "frost")
TRAINED_CORRUPTIONS = tuple(name for name in KR16.severities if name not in UNSEEN_CORRUPTIONS)
_WATCHED_CORRUPTIONS = ("gaussian_noise", "fog", *UNSEEN_CORRUPTIONS)

_STEPS_AN_IMAGE = 100
_STEPS = (300, 4000)


def fine_tuning_recipe(
    data: Data, model: str, short_side: int | None, images: int, preset: Preset = "balanced"
) -> Recipe:
    """How the model named `model`, made for `short_side` px, learns from `images` images.

    - quick: only the head, on features that are computed once
    - balanced: everything, the encoder's first blocks least; corrupted crops among the others
    - thorough: as balanced, for three times as long, and towards the Jaccard index
    - robust: every crop beside a corrupted twin, which is to be predicted alike

    Pixels without a label keep what the model makes of them now (distillation).
    """
    short_side = short_side or 512
    height = min(max(96, short_side * 2 // 3), 512) // 32 * 32
    steps = min(max(_STEPS[0], _STEPS_AN_IMAGE * images), _STEPS[1])
    recipe = Recipe(
        data=data,
        network=Network(initial=model, classes="initial", freeze_norm=True, drop_path=0.05),
        optimizer=Optimizer(
            steps=steps,
            batch=4,
            learning_rate=2e-4,
            head_factor=3.0,
            layer_decay=0.8,
            weight_decay=0.05,
            warmup_steps=steps // 20,
            ema_decay=0.995,
            precision=fast_precision(),
        ),
        loss=Loss(class_weight=0.2, dice=0.2, distill=0.5),
        augmentation=Augmentation(
            crop=(height, height * 7 // 5 // 32 * 32),
            scale=(0.7, 2.0),
            rare_classes=0.4,
            mix=0.3,
            corrupt=0.3,
            corruptions=TRAINED_CORRUPTIONS,
        ),
        short_side=short_side,
        validate_every=max(100, steps // 5),
        validate_corrupted=_WATCHED_CORRUPTIONS,
        checkpoint_every=50,
        prove=True,
    )
    return _PRESETS[preset](recipe)


def _quick(recipe: Recipe) -> Recipe:
    return replace(
        recipe,
        network=replace(recipe.network, freeze="encoder"),
        optimizer=replace(recipe.optimizer, steps=300, learning_rate=1e-3, head_factor=1.0),
        augmentation=replace(recipe.augmentation, reuse=128),
    )


def _thorough(recipe: Recipe) -> Recipe:
    steps = 3 * recipe.optimizer.steps
    return replace(
        recipe,
        optimizer=replace(recipe.optimizer, steps=steps),
        loss=replace(recipe.loss, lovasz=0.5),
        validate_every=max(100, steps // 10),
    )


def _robust(recipe: Recipe) -> Recipe:
    # Half as many crops, each with its twin: a step costs what it costs elsewhere.
    return replace(
        recipe,
        optimizer=replace(recipe.optimizer, batch=2, steps=recipe.optimizer.steps * 3 // 2),
        loss=replace(recipe.loss, consistency=0.5),
        augmentation=replace(recipe.augmentation, corrupt=0.0),
    )


_PRESETS = {
    "quick": _quick,
    "balanced": lambda recipe: recipe,
    "thorough": _thorough,
    "robust": _robust,
}


def adjusted(recipe: Recipe, adjustments: Adjustments) -> Recipe:
    """The recipe with a person's own choices. Raises pydantic's `ValidationError`, a `ValueError`.

    Without a corruption to choose nothing is corrupted. Only what a frozen encoder makes is kept.
    """
    given = {name: value for name, value in vars(adjustments).items() if value is not None}

    def taken(*names: str) -> dict[str, Any]:
        return {name: given[name] for name in names if name in given}

    optimizer = replace(recipe.optimizer, **taken("steps", "batch", "learning_rate"))
    optimizer = replace(optimizer, warmup_steps=min(optimizer.warmup_steps, optimizer.steps // 5))
    network = replace(recipe.network, **taken("freeze", "keep"))
    loss = replace(recipe.loss, **taken("distill", "consistency", "dice", "lovasz", "ohem"))
    augmentation = replace(recipe.augmentation, **taken("max_severity"))
    if "corruptions" in given:
        share = augmentation.corrupt if given["corruptions"] else 0.0
        augmentation = replace(augmentation, corruptions=given["corruptions"], corrupt=share)
    if not augmentation.corruptions:
        loss = replace(loss, consistency=0.0)
    if network.freeze == "none":
        augmentation = replace(augmentation, reuse=0)
    return replace(
        recipe,
        network=network,
        optimizer=optimizer,
        loss=loss,
        augmentation=augmentation,
        validate_every=max(1, min(recipe.validate_every, optimizer.steps)),
        **taken("seed"),
    )


def fast_precision() -> Literal["float32", "bfloat16"]:
    """bfloat16 where this machine computes in it: cards from Ampere on, AVX-512 BF16."""
    import torch  # The window asks for recipes before it has torch.

    if torch.cuda.is_available():
        has_it = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        has_it = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return "bfloat16" if has_it else "float32"


def propose_hold_out(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Sequences to hold out: about a fifth of the images, never all; none if there is only one.

    Those with images that a person holds out, if there are any. By whole sequences, since
    neighbouring frames would tell the answer. Those that come closest to a fifth from below are
    taken in the order of their size, so that the choice is always the same.
    """
    counts: dict[str, int] = {}
    for sample in samples:
        counts[sample.sequence] = counts.get(sample.sequence, 0) + 1
    wanted = {sample.sequence for sample in samples if sample.hold_out}
    if 0 < len(wanted) < len(counts):
        return tuple(sorted(wanted))
    if len(counts) < 2:
        return ()
    target = max(1, len(samples) // 5)
    chosen: list[str] = []
    for sequence in sorted(counts, key=lambda name: (-counts[name], name)):
        if sum(counts[name] for name in chosen) + counts[sequence] <= target:
            chosen.append(sequence)
    return tuple(sorted(chosen)) or (min(counts, key=lambda name: (counts[name], name)),)
