"""Runs the command line in this process, as a user would call it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from segformer_gui.cli import main


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Result]:
    """`run("predict", path, "--out", folder)` -> exit code, standard output and error."""

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["segformer-gui", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "100")
        with pytest.raises(SystemExit) as stop:
            main()
        output = capsys.readouterr()
        code = stop.value.code
        return Result(code if isinstance(code, int) else int(code is not None), *output)

    return call
