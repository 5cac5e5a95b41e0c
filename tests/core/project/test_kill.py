"""A killed process costs at most the edit that it was making."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

WORKER = Path(__file__).with_name("kill_worker.py")
KILLS = 60


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
def test_sixty_kills_at_random_moments_lose_nothing_that_was_done(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(WORKER), str(tmp_path), "0", str(KILLS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    # The processes did get to work, and were killed with work that no save held.
    assert report["steps"] > 4 * KILLS
    assert report["with_journal"] > KILLS / 4
