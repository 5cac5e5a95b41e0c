"""Fixtures for every test: no user folders, no network, no window on a screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before anything imports Qt or huggingface_hub: both read their environment once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs real data where there is none."""
    if SHARED.is_dir():
        return
    skip = pytest.mark.skip(reason="needs the folder ../shared with real data, which is absent")
    for item in items:
        if "shared_data" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real images, labels and checkpoints; use with `@pytest.mark.shared_data`."""
    return SHARED / "data"


@pytest.fixture(autouse=True)
def user_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty user data folder for every test."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SEGFORMER_GUI_HOME", str(home))
    return home
