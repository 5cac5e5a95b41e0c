"""`segformer-gui train`: trains, stops at Ctrl+C, resumes, and names what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from segformer_gui.core.images import write_png
from segformer_gui.core.scenes import render_scene


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Two small scenes of a CamVid layout, and a recipe for a few steps over them."""
    for name in ("A_1", "B_1"):
        image, labels = render_scene(1, 180, 240)
        write_png(tmp_path / "data" / "train" / f"{name}.png", image)
        write_png(tmp_path / "data" / "trainannot" / f"{name}.png", labels)
    file = tmp_path / "recipe.toml"
    file.write_text(
        f"""
        device = "cpu"
        short_side = 64
        [data]
        root = "{(tmp_path / "data").as_posix()}"
        held_out = ["B"]
        [optimizer]
        steps = 3
        batch = 1
        [augmentation]
        crop = [64, 64]
        """
    )
    return file


def test_a_run_ends_with_a_model_that_predicts(run: Callable, recipe: Path, tmp_path: Path) -> None:
    result = run("train", recipe, "--out", tmp_path / "run")

    assert result.code == 0
    assert "1 images, 1 held out, 3,716,971 parameters" in result.out
    assert "step 3: mIoU 0." in result.out
    image = tmp_path / "data" / "train" / "A_1.png"
    out = tmp_path / "masks"
    assert run("predict", image, "--model", tmp_path / "run" / "model", "--out", out).code == 0


def test_json_is_a_line_an_event(run: Callable, recipe: Path, tmp_path: Path) -> None:
    lines = run("train", recipe, "--out", tmp_path / "run", "--json").out.splitlines()

    kinds = [json.loads(line)["event"] for line in lines]
    assert kinds == ["started", *["stepped"] * 3, "validated", "saved", "finished"]


def test_the_sequence_to_hold_out_can_be_chosen(
    run: Callable, recipe: Path, tmp_path: Path
) -> None:
    lines = run("train", recipe, "--out", tmp_path / "run", "--hold-out", "A", "--json").out

    events = [json.loads(line) for line in lines.splitlines()]
    assert (events[0]["images"], events[0]["held_out"]) == (1, 1)
    assert 'held_out = [\n    "A",\n]' in (tmp_path / "run" / "recipe.toml").read_text("utf-8")


def test_ctrl_c_keeps_a_checkpoint_and_resume_goes_on(recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(recipe.read_text().replace("steps = 3", "steps = 500"))
    command = [sys.executable, "-m", "segformer_gui", "train", str(recipe), "--out"]
    command += [str(tmp_path / "run"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "stepped":
                process.send_signal(signal.SIGINT)
                break
        rest = [json.loads(line)["event"] for line in process.stdout]

    assert process.returncode == 0
    assert rest[-2:] == ["saved", "stopped"]
    kept = torch.load(tmp_path / "run" / "checkpoint.pt")
    assert 1 <= kept["step"] < 500


def test_wrong_input_is_one_sentence_and_code_2(
    run: Callable, recipe: Path, tmp_path: Path
) -> None:
    missing = run("train", tmp_path / "nothing.toml", "--out", tmp_path / "run")
    unresumable = run("train", recipe, "--out", tmp_path / "run", "--resume")
    recipe.write_text(recipe.read_text().replace("steps", "stepps"))
    wrong = run("train", recipe, "--out", tmp_path / "run")

    assert [r.code for r in (missing, unresumable, wrong)] == [2, 2, 2]
    assert "nothing.toml does not exist" in missing.err
    assert "no checkpoint to go on from" in unresumable.err
    assert "optimizer.stepps" in wrong.err
