"""Losses against torch's own and against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from segformer_gui.core.training.loss import (
    balancing_weights,
    dice_loss,
    poly_rate,
    segmentation_loss,
    update_average,
)
from segformer_gui.core.training.recipe import Loss


@pytest.fixture
def case() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 4, 8, 10, generator=generator)
    target = torch.randint(0, 4, (2, 32, 40), generator=generator)
    target[:, :5] = 255
    return logits, target


def test_plain_loss_is_torchs_cross_entropy_at_full_resolution(
    case: tuple[torch.Tensor, torch.Tensor],
) -> None:
    logits, target = case
    full = F.interpolate(logits, (32, 40), mode="bilinear")

    ours = segmentation_loss(logits, target, Loss(), None)

    assert ours == pytest.approx(F.cross_entropy(full, target, ignore_index=255).item(), rel=1e-5)


def test_class_weights_are_torchs(case: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, target = case
    weights = torch.tensor([1.0, 5.0, 0.2, 2.0])
    full = F.interpolate(logits, (32, 40), mode="bilinear")

    ours = segmentation_loss(logits, target, Loss(), weights)

    theirs = F.cross_entropy(full, target, weights, ignore_index=255)
    assert ours == pytest.approx(theirs.item(), rel=1e-5)


def test_ohem_is_the_mean_of_the_hardest_labelled_pixels(
    case: tuple[torch.Tensor, torch.Tensor],
) -> None:
    logits, target = case
    full = F.interpolate(logits, (32, 40), mode="bilinear")
    each = F.cross_entropy(full, target, ignore_index=255, reduction="none")[target != 255]

    ours = segmentation_loss(logits, target, Loss(ohem=0.25), None)

    hardest = np.sort(each.numpy())[::-1][: len(each) // 4]
    assert ours == pytest.approx(hardest.mean(), rel=1e-5)


def test_dice_is_that_of_the_classes_present() -> None:
    target = torch.tensor([[[0, 0, 1, 255]]])
    logits = torch.zeros(1, 3, 1, 4)
    logits[0, 0, 0, :3] = 100.0

    # Class 0: overlap 2, sizes 3 and 2. Class 1: overlap 0. Class 2 is not there.
    log_p = logits.log_softmax(1)
    at_target = log_p.gather(1, target.clamp(max=2)[:, None])[:, 0]

    dice = dice_loss(log_p, at_target, target).item()

    assert dice == pytest.approx(1 - (4 / 5 + 0) / 2, abs=1e-6)


def test_a_batch_without_labels_has_no_loss_and_no_gradient() -> None:
    logits = torch.randn(1, 3, 4, 4, requires_grad=True)

    loss = segmentation_loss(
        logits, torch.full((1, 16, 16), 255), Loss(ohem=0.5, dice=1.0), torch.ones(3)
    )
    loss.backward()

    assert torch.isfinite(loss)
    assert logits.grad is not None
    assert logits.grad.abs().max() == 0


def test_balancing_weights_leave_the_mean_pixel_at_one() -> None:
    frequency = torch.tensor([0.9, 0.09, 0.01])

    weights = balancing_weights(frequency, 0.5)

    assert weights is not None
    assert (weights * frequency).sum().item() == pytest.approx(1)
    assert (weights[2] / weights[0]).item() == pytest.approx(90**0.5, rel=1e-4)
    assert balancing_weights(frequency, 0) is None


def test_rate_warms_up_and_decays_to_nothing() -> None:
    rates = [poly_rate(step, 100, 10, 1.0) for step in range(100)]

    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates[55] == pytest.approx(0.45)
    assert rates[-1] == pytest.approx(0.01)


def test_average_follows_quickly_at_first_and_slowly_later() -> None:
    average, current = [torch.zeros(1)], [torch.ones(1)]

    update_average(average, current, 0.999, step=0)
    assert average[0].item() == pytest.approx(0.9)
    update_average([start := torch.zeros(1)], current, 0.999, step=10**6)
    assert start.item() == pytest.approx(0.001)
