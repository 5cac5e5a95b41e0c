"""Losses of semantic segmentation, over the pixels that have a class."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from segformer_gui.core.classes import IGNORE
from segformer_gui.core.training.recipe import Loss


def segmentation_loss(
    logits: Tensor, target: Tensor, settings: Loss, class_weights: Tensor | None
) -> Tensor:
    """Loss of logits (B, C, h, w) against labels (B, H, W) int64 at the labels' resolution.

    Cross-entropy, weighted by class where `class_weights` (C,) is given and restricted to the
    hardest pixels where `settings.ohem` is below 1, divided by the weight of the pixels that count;
    plus Dice. A batch without any labelled pixel has the loss 0.
    """
    logits = F.interpolate(logits.float(), target.shape[1:], mode="bilinear")
    per_pixel = F.cross_entropy(logits, target, ignore_index=IGNORE, reduction="none").flatten()
    labelled = target.flatten() != IGNORE
    weight = labelled.float()
    if class_weights is not None:
        weight = class_weights[target.flatten().clamp(max=len(class_weights) - 1)] * labelled
    if settings.ohem < 1:
        keep = max(1, int(settings.ohem * int(labelled.sum())))
        threshold = per_pixel.detach().masked_fill(~labelled, -1).topk(keep).values[-1]
        weight = weight * (per_pixel.detach() >= threshold)
    loss = (per_pixel * weight).sum() / weight.sum().clamp(min=1)
    if settings.dice:
        loss = loss + settings.dice * dice_loss(logits, target)
    return loss


def dice_loss(logits: Tensor, target: Tensor) -> Tensor:
    """1 - the mean soft Dice coefficient (Milletari et al., 2016) of the classes in `target`.

    Summed over the whole batch, so that a class of few pixels counts like any other.
    """
    labelled = (target != IGNORE)[:, None]
    one_hot = F.one_hot(target.masked_fill(target == IGNORE, 0), logits.shape[1])
    truth = one_hot.permute(0, 3, 1, 2) * labelled
    probability = logits.softmax(1) * labelled
    overlap = (probability * truth).sum((0, 2, 3))
    total = (probability + truth).sum((0, 2, 3))
    present = truth.sum((0, 2, 3)) > 0
    dice = 2 * overlap / total.clamp(min=1e-6)
    return 1 - (dice * present).sum() / present.sum().clamp(min=1)


def balancing_weights(frequency: Tensor, power: float) -> Tensor | None:
    """Class weights (C,) by inverse frequency to `power`, of mean 1 over the pixels; None at 0."""
    if power == 0:
        return None
    weight = frequency.clamp(min=1e-4) ** -power
    return (weight / (weight * frequency).sum()).float()


def as_batch(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """(B, h, w, 3) uint8 RGB -> (B, 3, h, w) float32 normalised, in channels_last order."""
    return ((images.float() - mean) / std).permute(0, 3, 1, 2)


def poly_rate(step: int, steps: int, warmup: int, power: float) -> float:
    """Factor of the learning rate: linear warm-up, then (1 - step / steps) ** power."""
    if step < warmup:
        return (step + 1) / warmup
    return (1 - step / steps) ** power


@torch.no_grad()
def update_average(average: list[Tensor], current: list[Tensor], decay: float, step: int) -> None:
    """Exponential moving average in place; early on it is shorter, so as to forget the start."""
    weight = 1 - min(decay, (1 + step) / (10 + step))
    for kept, new in zip(average, current, strict=True):
        kept.lerp_(new, weight)
