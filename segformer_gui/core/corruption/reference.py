"""The original: the installed package `imagecorruptions` 1.1.2, made to run on today's libraries.

Its module is loaded under a name of our own with names of its namespace exchanged, so nothing
global is touched: not `sys.modules`, not numpy or scikit-image, not numpy's global random state.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import threading
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# The module has one random stream at a time, so one corruption runs at a time.
_lock = threading.Lock()


def package_folder() -> Path:
    """Folder of the installed package, found without importing it (the import fails today)."""
    spec = importlib.util.find_spec("imagecorruptions")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("imagecorruptions is not installed")
    return Path(spec.origin).parent


def corrupt_by_reference(
    image: NDArray[np.uint8], name: str, severity: int, seed: int
) -> NDArray[np.uint8]:
    """Corrupt (H, W, 3) uint8 RGB with the original at `severity` 1..5.

    Bit-identical to calling `np.random.seed(seed)` and then the package. impulse_noise, which the
    package does not let one seed, is seeded too. Safe in several threads, which take turns.
    """
    with _lock, np.errstate(invalid="ignore", divide="ignore"):
        module = _original()
        module.np.random = np.random.RandomState(seed)
        module.sk.util.random_noise = partial(_skimage().util.random_noise, rng=seed)
        corrupted = getattr(module, name)(Image.fromarray(image), severity)
        return np.asarray(corrupted).astype(np.uint8)


@cache
def _original() -> Any:  # noqa: ANN401 (an untyped module)
    location = package_folder() / "corruptions.py"
    spec = importlib.util.spec_from_file_location("imagecorruptions.corruptions", location)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{location} cannot be loaded")
    module: Any = importlib.util.module_from_spec(spec)
    module.__builtins__ = {**vars(builtins), "__import__": _import, "print": _say_nothing}
    spec.loader.exec_module(module)
    module.np = SimpleNamespace(**{**vars(np), "float_": np.float64})
    module.sk = SimpleNamespace(util=SimpleNamespace(), color=_skimage().color)
    module.gaussian = _gaussian
    return module


def _import(name: str, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 (as the built-in)
    """The built-in import, except for two modules that are gone or will be."""
    if name == "pkg_resources":
        return SimpleNamespace(resource_filename=_resource_filename)
    if name == "scipy.ndimage.interpolation":
        return importlib.import_module("scipy.ndimage")
    return builtins.__import__(name, *arguments, **named)


def _resource_filename(_module: str, name: str) -> str:
    return str(package_folder() / name)


def _gaussian(
    image: NDArray[np.floating],
    sigma: Any,  # noqa: ANN401 (a number or one an axis)
    multichannel: bool = False,
    **options: Any,  # noqa: ANN401
) -> NDArray[np.floating]:
    """skimage's filter with the argument that it called `multichannel` before 0.19."""
    channel_axis = -1 if multichannel else None
    return _skimage().filters.gaussian(image, sigma, channel_axis=channel_axis, **options)


def _say_nothing(*_arguments: object) -> None:
    """Stands for `print`, with which the original reports arrays that do not fit."""


@cache
def _skimage() -> Any:  # noqa: ANN401 (untyped)
    # Imported on first use: it takes half a second, and the fast engine does without it.
    for part in ("color", "filters", "util"):
        importlib.import_module(f"skimage.{part}")
    return importlib.import_module("skimage")
