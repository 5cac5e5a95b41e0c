"""Where things lie: what ships with the application, and what belongs to the user."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(*parts: str) -> Path:
    """Path of a shipped file, e.g. `shipped("models", "catalogue.toml")`.

    A wheel carries `models/` and `resources/` inside the package as `_data/`; a checkout (and an
    editable install) has them beside the package.
    """
    packed = _PACKAGE / "_data"
    root = packed if packed.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)


def user_data_dir() -> Path:
    """Folder for the user's models and versions; `SEGFORMER_GUI_HOME` overrides the system's."""
    home = os.environ.get("SEGFORMER_GUI_HOME")
    return Path(home or platformdirs.user_data_dir("segformer_gui", appauthor=False))


def user_cache_dir() -> Path:
    """Folder for what can be made again; inside `SEGFORMER_GUI_HOME` where that is set."""
    home = os.environ.get("SEGFORMER_GUI_HOME")
    return Path(home, "cache") if home else platformdirs.user_cache_path("segformer_gui", False)


def user_models_dir() -> Path:
    """Folder of downloaded and imported models, one sub-folder a model."""
    return user_data_dir() / "models"


def settings_file() -> Path:
    """Preferences, as TOML."""
    return user_data_dir() / "settings.toml"


def window_file() -> Path:
    """Place and layout of the window, in Qt's own record."""
    return user_data_dir() / "window.ini"


def log_file() -> Path:
    """The application's rotating log."""
    return user_data_dir() / "segformer_gui.log"
