"""Fixtures for tests of the core."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_PROGRAM = """
import os, sys
from pathlib import Path
from segformer_gui.core import files, images
from segformer_gui.core.errors import UserError
from segformer_gui.core.robustness import store
path = Path(sys.argv[1])
if os.getuid() == 0:
    os.setgroups([])
    os.setuid(65534)
try:
    {call}
except UserError as error:
    print(error.code)
"""


@pytest.fixture
def error_without_permission() -> Callable[[str, Path], str]:
    """Runs `call`, which may use `path`, as a user without root's rights; returns the error code.

    In a process of its own, since root may do anything whatever the permissions say.
    """
    if not hasattr(os, "setuid"):
        pytest.skip("the system has no user that a test could turn into")

    def run(call: str, path: Path) -> str:
        program = _PROGRAM.format(call=call)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", program, path],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    return run
