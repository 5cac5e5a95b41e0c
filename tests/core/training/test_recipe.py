"""Recipes as files: read back as equal, and wrong ones named in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.errors import UserError
from segformer_gui.core.paths import shipped
from segformer_gui.core.training.recipe import (
    Augmentation,
    Data,
    Loss,
    Network,
    Optimizer,
    Recipe,
    read_recipe,
)


@given(
    root=st.text(min_size=1, max_size=20),
    held_out=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    layout=st.sampled_from([None, "camvid", "index"]),
    steps=st.integers(1, 10**6),
    rate=st.floats(1e-6, 1),
    ohem=st.floats(0.01, 1),
    crop=st.tuples(st.integers(32, 2000), st.integers(32, 2000)),
    preset=st.sampled_from(["b0", "b5"]),
    seed=st.integers(0, 2**31),
)
def test_a_recipe_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory,
    root: str,
    held_out: tuple[str, ...],
    layout: str | None,
    steps: int,
    rate: float,
    ohem: float,
    crop: tuple[int, int],
    preset: str,
    seed: int,
) -> None:
    recipe = Recipe(
        data=Data(root=root, held_out=held_out, layout=layout),
        network=Network(preset=preset),
        optimizer=Optimizer(steps=steps, learning_rate=rate),
        loss=Loss(ohem=ohem),
        augmentation=Augmentation(crop=crop),
        seed=seed,
    )
    file = tmp_path_factory.mktemp("r") / "recipe.toml"
    file.write_text(recipe.to_toml(), "utf-8")

    assert read_recipe(file) == recipe


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("not = [toml", "recipe_broken", None),
        ("seed = 1", "recipe_value", "data"),
        ("[data]\nsynthetic = 0", "recipe_value", "data"),
        ('[data]\nroot = "x"\nspeed = 9', "recipe_value", "data.speed"),
        ('[data]\nroot = "x"\n[loss]\nohem = 2', "recipe_value", "loss.ohem"),
        ('[data]\nroot = "x"\n[augmentation]\ncorrupt = 0.5', "recipe_value", "augmentation"),
        ('[data]\nroot = "x"\n[network]\npreset = "b9"', "recipe_value", "network.preset"),
        ('[data]\nroot = "x"\n[augmentation]\ncrop = [8, 64]', "recipe_value", "crop"),
    ],
)
def test_a_wrong_recipe_is_named(tmp_path: Path, text: str, code: str, field: str | None) -> None:
    (tmp_path / "recipe.toml").write_text(text)

    with pytest.raises(UserError) as error:
        read_recipe(tmp_path / "recipe.toml")

    assert error.value.code == code
    assert field is None or field in str(error.value.parameters["field"])


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="file_missing"):
        read_recipe(tmp_path / "recipe.toml")


@pytest.mark.parametrize("file", sorted(shipped("resources", "recipes").glob("*.toml")))
def test_shipped_recipes_are_valid_and_leave_corruptions_out(file: Path) -> None:
    recipe = read_recipe(file)

    seen = set(recipe.augmentation.corruptions)
    assert seen < set(KR16.severities)
    assert len(set(KR16.severities) - seen) >= 2
