"""The command line and the window, as their own tests have them."""

from tests.cli.conftest import run
from tests.gui.conftest import engine, settings, window

__all__ = ["engine", "run", "settings", "window"]
