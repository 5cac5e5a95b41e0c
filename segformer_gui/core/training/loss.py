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
    # One order in memory for everything below: mixing them is several times slower on a CPU.
    logits = F.interpolate(logits.float().contiguous(), target.shape[1:], mode="bilinear")
    log_p = logits.log_softmax(1)
    labelled = target != IGNORE
    at_target = log_p.gather(1, target.where(labelled, 0)[:, None])[:, 0]
    weight = labelled.float()
    if class_weights is not None:
        weight = class_weights[target.where(labelled, 0)] * labelled
    if settings.ohem < 1:
        keep = max(1, int(settings.ohem * int(labelled.sum())))
        hardness = (-at_target.detach()).masked_fill(~labelled, -1)
        weight = weight * (hardness >= hardness.flatten().topk(keep).values[-1])
    loss = -(at_target * weight).sum() / weight.sum().clamp(min=1)
    if settings.dice:
        loss = loss + settings.dice * dice_loss(log_p, at_target, target)
    return loss


def dice_loss(log_p: Tensor, at_target: Tensor, target: Tensor) -> Tensor:
    """1 - the mean soft Dice coefficient (Milletari et al., 2016) of the classes in `target`.

    `log_p` (B, C, H, W) are log-probabilities, `at_target` (B, H, W) those of the labels. Summed
    over the whole batch, so that a class of few pixels counts like any other.
    """
    labelled = target != IGNORE
    classes = target[labelled]
    empty = log_p.new_zeros(log_p.shape[1])
    truth = empty.index_add(0, classes, torch.ones_like(classes, dtype=log_p.dtype))
    overlap = empty.index_add(0, classes, at_target[labelled].exp())
    predicted = (log_p.exp() * labelled[:, None]).sum((0, 2, 3))
    dice = 2 * overlap / (predicted + truth).clamp(min=1e-6)
    present = truth > 0
    return 1 - (dice * present).sum() / present.sum().clamp(min=1)


def balancing_weights(frequency: Tensor, power: float) -> Tensor | None:
    """Class weights (C,) by inverse frequency to `power`, of mean 1 over the pixels; None at 0."""
    if power == 0:
        return None
    weight = frequency.clamp(min=1e-4) ** -power
    return (weight / (weight * frequency).sum()).float()


def poly_rate(step: int, steps: int, warmup: int, power: float) -> float:
    """Factor of the learning rate: linear warm-up, then (1 - step / steps) ** power."""
    if step < warmup:
        return (step + 1) / warmup
    return (1 - step / steps) ** power


@torch.no_grad()
def update_average(average: list[Tensor], current: list[Tensor], decay: float, step: int) -> None:
    """Exponential moving average in place; early on it is shorter, so as to forget the start."""
    weight = 1 - min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(average, current, weight)  # pyright: ignore
