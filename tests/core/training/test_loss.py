"""Losses against torch's own and against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from segformer_gui.core.training.loss import (
    balancing_weights,
    dice_loss,
    divergence,
    labelled_weight,
    lovasz_loss,
    on_grid,
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


def test_lovasz_of_hard_predictions_is_one_minus_the_mean_iou() -> None:
    generator = torch.Generator().manual_seed(1)
    target = torch.randint(0, 3, (2, 6, 7), generator=generator)
    predicted = torch.randint(0, 4, (2, 6, 7), generator=generator)
    target[0, :2] = 255
    logits = 100.0 * F.one_hot(predicted, 4).movedim(-1, 1)
    seen = target != 255
    ious = [
        ((predicted == c) & (target == c) & seen).sum()
        / (((predicted == c) | (target == c)) & seen).sum()
        for c in range(3)
    ]

    assert lovasz_loss(logits, target) == pytest.approx(1 - float(sum(ious)) / 3, abs=1e-5)


def test_lovasz_descends_to_a_perfect_prediction() -> None:
    target = torch.tensor([[[0, 1, 2, 255]]])
    logits = torch.zeros(1, 3, 1, 4, requires_grad=True)
    optimizer = torch.optim.SGD([logits], 5.0)
    for _ in range(200):
        optimizer.zero_grad()
        lovasz_loss(logits, target).backward()
        optimizer.step()

    assert lovasz_loss(logits, target) < 0.05
    assert logits[0, :, 0, :3].argmax(0).tolist() == [0, 1, 2]
    assert not logits[0, :, 0, 3].any()


def test_divergence_is_torchs_and_leaves_the_teacher_alone() -> None:
    generator = torch.Generator().manual_seed(2)
    student = torch.randn(2, 3, 4, 5, generator=generator, requires_grad=True)
    teacher = torch.randn(2, 3, 4, 5, generator=generator, requires_grad=True)
    where = torch.zeros(2, 4, 5, dtype=torch.bool)
    where[0, 1:] = True

    ours = divergence(student, teacher, where)

    rows = (student.movedim(1, -1)[where], teacher.movedim(1, -1)[where])
    theirs = F.kl_div(rows[0].log_softmax(1), rows[1].softmax(1), reduction="batchmean")
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
    assert divergence(teacher, teacher).item() == pytest.approx(0, abs=1e-6)
    ours.backward()
    assert teacher.grad is None
    assert student.grad is not None
    assert not student.grad[1].any()


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 5.0, 0.2, 2.0])])
def test_parts_of_a_batch_add_up_to_the_whole(
    case: tuple[torch.Tensor, torch.Tensor], weights: torch.Tensor | None
) -> None:
    logits, target = case
    whole = labelled_weight(target, weights)

    parts = [
        segmentation_loss(logits[i : i + 1], target[i : i + 1], Loss(), weights, whole)
        for i in range(2)
    ]

    expected = segmentation_loss(logits, target, Loss(), weights)
    assert sum(parts).item() == pytest.approx(expected.item(), rel=1e-6)


def test_dice_and_lovasz_weigh_as_much_in_parts_as_in_a_batch(
    case: tuple[torch.Tensor, torch.Tensor],
) -> None:
    logits, target = (tensor[:1] for tensor in case)
    settings = Loss(dice=0.3, lovasz=0.5)
    twice = segmentation_loss(logits.repeat(2, 1, 1, 1), target.repeat(2, 1, 1), settings, None)
    whole = 2 * labelled_weight(target, None)

    part = segmentation_loss(logits, target, settings, None, whole, 0.5)

    assert 2 * part.item() == pytest.approx(twice.item(), rel=1e-5)


def test_labels_on_a_grid_are_those_at_its_centres() -> None:
    target = torch.arange(64).view(1, 8, 8)

    assert on_grid(target, (2, 2)).tolist() == [[[18, 22], [50, 54]]]
