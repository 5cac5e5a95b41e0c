"""How long a run would take: measured by its own steps, which leave nothing behind."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from training_case import recipe_for

from segformer_gui.core.training.__main__ import main
from segformer_gui.core.training.estimate import Estimate, measure
from segformer_gui.core.training.progress import images_to_segment


def test_steps_and_images_add_up(camvid: Path) -> None:
    recipe = recipe_for(camvid, 600)
    estimate = measure(recipe)
    assert estimate.step_s > 0
    assert estimate.image_s is not None
    images = images_to_segment(recipe, 1)
    assert estimate.total_s == pytest.approx(600 * estimate.step_s + images * estimate.image_s)
    assert (estimate.device, estimate.parts) == ("cpu", 1)
    assert Estimate.from_line(estimate.to_line()) == estimate


def test_it_is_printed_and_changes_nothing(
    camvid: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = recipe_for(camvid)
    run = tmp_path / "run"
    run.mkdir()
    (run / "recipe.toml").write_text(recipe.to_toml())
    monkeypatch.setattr(sys, "argv", ["trainer", str(run), "--estimate"])

    assert main() == 0
    assert Estimate.from_line(capsys.readouterr().out).step_s > 0
    assert [path.name for path in run.iterdir()] == ["recipe.toml"]

    broken = replace(recipe, data=replace(recipe.data, held_out=("nowhere",)))
    (run / "recipe.toml").write_text(broken.to_toml())
    assert main() == 1
    assert json.loads(capsys.readouterr().out)["error"] == "sequence_unknown"
