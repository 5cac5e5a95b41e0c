"""Recipes of fine-tuning: sound for few and many images, and honest about what is held out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from segformer_gui.core.datasets import Sample
from segformer_gui.core.training.fine_tuning import (
    TRAINED_CORRUPTIONS,
    UNSEEN_CORRUPTIONS,
    fast_precision,
    fine_tuning_recipe,
    propose_hold_out,
)
from segformer_gui.core.training.options import PRESETS, Preset
from segformer_gui.core.training.recipe import Data, read_recipe


def samples(counts: list[int]) -> list[Sample]:
    return [
        Sample(f"{sequence}_{n}", Path(f"{n}.png"), Path(f"{n}.png"), f"s{sequence}")
        for sequence, count in enumerate(counts)
        for n in range(count)
    ]


@pytest.mark.parametrize("native", [True, False])
def test_bfloat16_is_taken_where_the_card_computes_in_it(
    native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation: including_emulation or native
    )
    assert fast_precision() == ("bfloat16" if native else "float32")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("short_side", [None, 128, 480, 1024])
def test_every_recipe_can_be_written_down_and_read(
    tmp_path: Path, preset: Preset, short_side: int | None
) -> None:
    recipe = fine_tuning_recipe(Data(root="x"), "model", short_side, 3, preset)

    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    assert read_recipe(tmp_path / "recipe.toml") == recipe
    assert recipe.augmentation.crop[0] <= recipe.short_side
    assert recipe.network.classes == "initial"
    assert recipe.network.freeze_norm
    assert recipe.loss.distill > 0


def test_presets_differ_as_they_are_called() -> None:
    quick, balanced, thorough, robust = (
        fine_tuning_recipe(Data(root="x"), "model", 480, 20, preset) for preset in PRESETS
    )

    assert quick.network.freeze == "encoder"
    assert quick.augmentation.reuse > 0
    assert quick.optimizer.steps < balanced.optimizer.steps < thorough.optimizer.steps
    assert balanced.network.freeze == "none"
    assert robust.loss.consistency > 0


def test_some_corruptions_are_never_trained_against() -> None:
    recipe = fine_tuning_recipe(Data(root="x"), "model", 480, 20)

    assert set(UNSEEN_CORRUPTIONS) <= set(recipe.validate_corrupted)
    assert not set(UNSEEN_CORRUPTIONS) & set(recipe.augmentation.corruptions)
    assert len(TRAINED_CORRUPTIONS) == 14


def test_more_images_take_more_steps_within_bounds() -> None:
    steps = [
        fine_tuning_recipe(Data(root="x"), "model", 480, images).optimizer.steps
        for images in (1, 3, 10, 3000)
    ]

    assert steps == [300, 300, 1000, 4000]


@given(st.lists(st.integers(1, 30), min_size=2, max_size=12))
def test_whole_sequences_are_held_out_and_some_are_left(counts: list[int]) -> None:
    all_samples = samples(counts)

    held_out = propose_hold_out(all_samples)

    assert held_out
    left = [s for s in all_samples if s.sequence not in held_out]
    assert left
    assert held_out == propose_hold_out(all_samples[::-1])
    if min(counts) <= len(all_samples) // 5:
        assert len(all_samples) - len(left) <= len(all_samples) // 5


def test_a_single_sequence_is_learnt_whole() -> None:
    assert propose_hold_out(samples([9])) == ()
    assert propose_hold_out(samples([1, 1, 1, 1, 1, 1])) == ("s0",)
