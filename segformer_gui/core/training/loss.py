"""Losses of semantic segmentation, over the pixels that have a class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from segformer_gui.core.classes import IGNORE
from segformer_gui.core.training.recipe import Loss


def segmentation_loss(
    logits: Tensor,
    target: Tensor,
    settings: Loss,
    class_weights: Tensor | None,
    whole: Tensor | None = None,
    share: float = 1.0,
) -> Tensor:
    """Loss of logits (B, C, h, w) against labels (B, H, W) int64 at the labels' resolution.

    Cross-entropy, weighted by class where `class_weights` (C,) is given and restricted to the
    hardest pixels where `settings.ohem` is below 1, divided by the weight of the pixels that count;
    plus Dice and Lovasz. Where this is a part of a batch, a `share` of its crops, `whole` is the
    `labelled_weight` of the batch: cross-entropies of the parts add up to that of the batch, and
    Dice and Lovasz, which cannot be taken apart, to the mean of the parts'. A batch without any
    labelled pixel has the loss 0.
    """
    grid = logits.float()
    # One order in memory for everything below: mixing them is several times slower on a CPU.
    logits = F.interpolate(grid.contiguous(), target.shape[1:], mode="bilinear")
    log_p = logits.log_softmax(1)
    labelled = target != IGNORE
    at_target = log_p.gather(1, target.where(labelled, 0)[:, None])[:, 0]
    weight = _weights(target, class_weights)
    if whole is None:
        whole = weight.sum()
    if settings.ohem < 1:
        keep = max(1, int(settings.ohem * int(labelled.sum())))
        hardness = (-at_target.detach()).masked_fill(~labelled, -1)
        weight = weight * (hardness >= hardness.flatten().topk(keep).values[-1])
    loss = -(at_target * weight).sum() / (whole * settings.ohem).clamp(min=1)
    if settings.dice:
        loss = loss + settings.dice * share * dice_loss(log_p, at_target, target)
    if settings.lovasz:
        coarse = on_grid(target, grid.shape[2:])
        loss = loss + settings.lovasz * share * lovasz_loss(grid, coarse)
    return loss


def labelled_weight(target: Tensor, class_weights: Tensor | None) -> Tensor:
    """What cross-entropy over these labels is divided by."""
    return _weights(target, class_weights).sum()


def _weights(target: Tensor, class_weights: Tensor | None) -> Tensor:
    labelled = target != IGNORE
    if class_weights is None:
        return labelled.float()
    return class_weights[target.where(labelled, 0)] * labelled


def on_grid(target: Tensor, size: Sequence[int]) -> Tensor:
    """Labels (B, H, W) at the centres of a coarser grid: (B, *size)."""
    return F.interpolate(target[:, None].float(), tuple(size), mode="nearest-exact")[:, 0].long()


def lovasz_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Lovasz-softmax (Berman et al., 2018) of logits (B, C, h, w) against labels (B, h, w).

    A surface over the Jaccard index that can be descended: over the pixels in order of their
    error, each error times what that pixel adds to the Jaccard loss. The mean over the classes
    that are present; on the network's grid, since it sorts every pixel for every class.
    """
    labelled = target != IGNORE
    p = logits.softmax(1).movedim(1, -1)[labelled]  # (N, C)
    truth = F.one_hot(target[labelled], logits.shape[1]).to(p)
    errors, order = (truth - p).abs().sort(0, descending=True)
    truth = truth.gather(0, order)
    total = truth.sum(0)
    missed, added = truth.cumsum(0), (1 - truth).cumsum(0)
    jaccard = 1 - (total - missed) / (total + added)
    steps = torch.cat([jaccard[:1], jaccard.diff(dim=0)])
    present = total > 0
    return ((errors * steps).sum(0) * present).sum() / present.sum().clamp(min=1)


def divergence(student: Tensor, teacher: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean Kullback-Leibler divergence of the student's distribution from the teacher's.

    Both are logits (B, C, h, w); `where` (B, h, w) bool picks the positions that count. No gradient
    goes to the teacher.
    """
    expected = teacher.detach().float().log_softmax(1)
    each = (expected.exp() * (expected - student.float().log_softmax(1))).sum(1)
    if where is None:
        return each.mean()
    return (each * where).sum() / where.sum().clamp(min=1)


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
