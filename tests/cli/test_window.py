"""Without a verb the command opens the window, with what it is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segformer_gui import app


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the window was opened with, in place of opening one."""
    calls: list[list[str]] = []
    monkeypatch.setattr(app, "main", lambda argv: calls.append(list(argv)) or 0)
    return calls


def test_no_verb_opens_the_window(run: Callable, opened: list[list[str]]) -> None:
    assert run().code == 0
    assert opened == [[]]


def test_paths_open_the_window_with_them(
    run: Callable, opened: list[list[str]], tmp_path: Path
) -> None:
    image = tmp_path / "a.png"
    image.touch()

    assert run(image, tmp_path).code == 0
    assert opened == [[str(image), str(tmp_path)]]


def test_a_misspelt_verb_is_named_and_opens_nothing(run: Callable, opened: list[list[str]]) -> None:
    result = run("predit", "a.png")

    assert result.code == 2
    assert "predit" in result.err
    assert opened == []
