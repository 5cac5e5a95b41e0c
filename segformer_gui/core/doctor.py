"""What this machine lacks to run the application."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import write_atomically
from segformer_gui.core.paths import user_data_dir

# What Debian and Ubuntu call the packages that Qt's window needs and a bare system lacks.
APT_PACKAGES = (
    "libegl1 libgl1 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libxcb-cursor0 libxcb-icccm4 "
    "libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xkb1"
)

_ALWAYS = ("libEGL.so.1", "libGL.so.1", "libfontconfig.so.1", "libdbus-1.so.3")
_ON_XCB = (
    "libxcb-cursor.so.0",
    "libxcb-icccm.so.4",
    "libxcb-image.so.0",
    "libxcb-keysyms.so.1",
    "libxcb-randr.so.0",
    "libxcb-render-util.so.0",
    "libxcb-shape.so.0",
    "libxcb-xkb.so.1",
    "libxkbcommon-x11.so.0",
)


def missing_qt_libraries() -> list[str]:
    """Shared libraries that Qt needs here and the system does not have; empty where all is well.

    Without them importing Qt raises ImportError, or creating the application aborts the process.
    """
    if sys.platform != "linux":
        return []
    needed = _ALWAYS + (_ON_XCB if _platform() == "xcb" else ())
    return [library for library in needed if not _loads(library)]


def _platform() -> str:
    """The Qt platform plugin that would be used."""
    chosen = os.environ.get("QT_QPA_PLATFORM")
    if chosen:
        return chosen.split(":")[0].split(";")[0]
    return "wayland" if os.environ.get("WAYLAND_DISPLAY") else "xcb"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _reaches_x_server() -> bool:
    """Whether the X server that DISPLAY names answers; Qt would abort the process if not."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed


@dataclass(frozen=True)
class Check:
    """One thing that was examined: what was found, and what is wrong with it if anything is."""

    name: str
    found: str
    problem: UserError | None = None


def examine() -> list[Check]:
    """Everything the application needs, looked at on this machine; imports torch."""
    return [
        Check("python", f"{platform.python_version()} on {platform.platform()}"),
        _packages(),
        _devices(),
        _qt(),
        _display(),
        _user_folder(),
        _embedded_model(),
    ]


def window_problem() -> UserError | None:
    """Why no window can open on this machine: `qt_libraries_missing`, `no_display`, or nothing."""
    return _qt().problem or _display().problem


def _packages() -> Check:
    names = ("torch", "PySide6-Essentials", "opencv-python", "numpy", "huggingface_hub")
    return Check("packages", ", ".join(f"{name} {metadata.version(name)}" for name in names))


def _devices() -> Check:
    import torch

    from segformer_gui.core.inference.segmenter import available_devices

    threads = f"{torch.get_num_threads()} CPU threads"
    return Check("devices", f"{', '.join(available_devices())}; {threads}")


def _qt() -> Check:
    missing = missing_qt_libraries()
    if not missing:
        return Check("qt libraries", "all there")
    problem = UserError("qt_libraries_missing", libraries=", ".join(missing), packages=APT_PACKAGES)
    return Check("qt libraries", f"{len(missing)} missing", problem)


def _display() -> Check:
    variables = ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM")
    found = ", ".join(f"{name}={os.environ[name]}" for name in variables if os.environ.get(name))
    if sys.platform == "linux" and _platform() == "xcb" and not _reaches_x_server():
        return Check("display", found or "none", UserError("no_display"))
    return Check("display", found or "the system's")


def _user_folder() -> Check:
    folder = user_data_dir()
    probe = folder / ".doctor"
    try:
        write_atomically(probe, b"")
        probe.unlink()
    except UserError as error:
        return Check("user folder", str(folder), error)
    return Check("user folder", str(folder))


def _embedded_model() -> Check:
    from segformer_gui.core.inference.segmenter import Segmenter
    from segformer_gui.core.models import load_model

    try:
        segmenter = Segmenter(load_model(EMBEDDED_MODEL))
        prediction = segmenter.segment(np.zeros((360, 480, 3), np.uint8))
    except UserError as error:
        return Check("embedded model", EMBEDDED_MODEL, error)
    return Check(
        "embedded model", f"{EMBEDDED_MODEL}, {prediction.timings.total_ms:.0f} ms for 480x360"
    )
