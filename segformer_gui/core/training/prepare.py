"""What is written into a run's folder before a trainer starts there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from segformer_gui.core.datasets import detect_layout
from segformer_gui.core.files import write_atomically
from segformer_gui.core.project.corrections import take_corrections
from segformer_gui.core.training.folder import DATA_FOLDER, DECISION_FILE, RECIPE_FILE
from segformer_gui.core.training.recipe import Recipe, read_recipe, value_error


def prepare_run(recipe: Recipe, run: Path) -> Recipe:
    """Write a recipe into its run, as it is returned. Raises `UserError` as `with_own_data`."""
    recipe = with_own_data(recipe, run)
    write_atomically(run / RECIPE_FILE, recipe.to_toml().encode())
    return recipe


def keep_share(run: Path, share: float) -> Recipe:
    """Have the next trainer of a run keep a `share` of the first weights; returns its recipe.

    Of a run that is finished it writes the model again, and compares it with the first one; what
    was decided on the model until then is forgotten. Raises `UserError` as `read_recipe` and
    `write_atomically`.
    """
    file = run / RECIPE_FILE
    try:
        recipe = read_recipe(file).keeping(share)
    except ValidationError as error:
        raise value_error(error, file) from error
    write_atomically(file, recipe.to_toml().encode())
    (run / DECISION_FILE).unlink(missing_ok=True)
    return recipe


def with_own_data(recipe: Recipe, run: Path) -> Recipe:
    """The recipe with data that stay as they are while they are learnt, and whose layout is told.

    The masks of a project are copied into the folder. Raises `UserError` as `detect_layout`,
    `take_corrections` and `write_atomically`.
    """
    root = Path(recipe.data.root)
    layout = recipe.data.layout or detect_layout(root)
    data = replace(recipe.data, layout=layout)
    if layout == "project":
        copy = (
            run.absolute() / DATA_FOLDER / root.absolute().name
        )  # So that it is told by its name.
        take_corrections(root, copy)
        data = replace(data, root=str(copy))
    return replace(recipe, data=data)
