"""A disk that is full while a run writes its checkpoint: said as the run's last word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from training_case import recipe_for

from segformer_gui.core.training.events import Failed
from segformer_gui.core.training.folder import EventTail
from segformer_gui.core.training.progress import RunWatch

# A limit on the size of a file is the full disk that a test can have without harm.
_TRAINER = """
import resource, sys
from training_case import TINY
from segformer_gui.core.network import presets
from segformer_gui.core.training.__main__ import main
presets.PRESETS["b0"] = TINY
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")
def test_a_full_disk_is_told_and_leaves_nothing_half_written(camvid: Path, tmp_path: Path) -> None:
    recipe, run = recipe_for(camvid), tmp_path / "run"
    run.mkdir()
    (run / "recipe.toml").write_text(recipe.to_toml())
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}

    done = subprocess.run(
        [sys.executable, "-c", _TRAINER, run], env=environment, capture_output=True, text=True
    )

    assert done.returncode == 1, done.stderr
    last = EventTail(run).read()[-1]
    assert isinstance(last, Failed)
    assert last.code == "disk_full"
    progress = RunWatch(run, recipe).look()
    assert progress.state == "failed"
    assert progress.failure is not None
    assert progress.failure.code == "disk_full"
    names = {path.name for path in run.iterdir()}
    assert names <= {"recipe.toml", "events.jsonl", "lock", "samples"}
