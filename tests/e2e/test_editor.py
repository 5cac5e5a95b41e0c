"""The mask editor as a user has it: real mouse events, and a process that is killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.images import write_png
from segformer_gui.core.paths import shipped

ROOT = Path(__file__).resolve().parent.parent.parent
DRIVER = Path(__file__).with_name("driver.py")
KILLS = 3


def _start(scenario: str, *paths: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(DRIVER), scenario, *map(str, paths)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _play(scenario: str, *paths: Path) -> dict:
    process = _start(scenario, *paths)
    try:
        out, err = process.communicate(timeout=240)
    finally:
        process.kill()
    assert process.returncode == 0, err
    return json.loads(out)


def _check_tools(*images: Path) -> None:
    changed = _play("tools", *images)["changed"]
    assert len(changed) == 10
    assert min(changed.values()) > 0, changed


def test_every_tool_works_by_the_mouse_and_is_undone():
    _check_tools(*(shipped("resources", "samples", f"street_0{n}.png") for n in (1, 2)))


@pytest.mark.shared_data
def test_every_tool_works_on_a_photo_of_two_megapixels(shared_data):
    photos = sorted((shared_data / "cityscapes" / "leftImg8bit").rglob("*_leftImg8bit.png"))
    _check_tools(*photos[:2])


def test_what_is_drawn_outlives_a_kill_in_mid_stroke(tmp_path):
    image = tmp_path / "noise.png"
    write_png(image, np.random.default_rng(0).integers(0, 256, (320, 480, 3), np.uint8))
    chance, told = random.Random(7), 0
    for _ in range(KILLS):
        process = _start("scribble", image)
        assert process.stdout is not None
        for _ in range(chance.randrange(3, 20)):
            told = int(process.stdout.readline())
        time.sleep(chance.uniform(0, 0.02))
        process.kill()
        out, _ = process.communicate()
        told = max([told, *map(int, out.split())])

        seen = _play("restored", image)

        # One stroke may have ended and not been told.
        assert told <= seen["strokes"] <= told + 1
        assert seen["whole"]  # None is there in part.
        assert ("brought back" in seen["said"]) == (seen["left"] > 0)
