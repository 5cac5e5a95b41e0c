"""Composition root of the window: libraries, log, settings, session, main window."""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import logging.handlers
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from segformer_gui.core.allocator import keep_large_blocks
from segformer_gui.core.doctor import window_problem
from segformer_gui.core.errors import UserError
from segformer_gui.core.paths import log_file, settings_file, shipped
from segformer_gui.core.recent_log import FORMAT, RECENT_LOG
from segformer_gui.core.settings import Settings, load_settings
from segformer_gui.messages import explain

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from segformer_gui.gui.main_window import MainWindow
    from segformer_gui.gui.session.ports import Engine

_log = logging.getLogger(__name__)
_CLOSE_TIMEOUT_S = 2.0


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window with the images, folders or checkpoint in `argv`; returns the exit code."""
    problem = window_problem()
    if problem is not None:
        sys.stderr.write("\n".join(explain(problem)) + "\n")
        return 1
    keep_large_blocks()
    prepare_libraries()
    start_log()
    application = make_application()
    window = make_window(_settings())
    install_excepthook(window.session.failed.emit)
    window.show()
    # After the first paint: the model brings torch along.
    from PySide6.QtCore import QTimer

    paths = [Path(path) for path in (sys.argv[1:] if argv is None else argv)]
    QTimer.singleShot(0, lambda: start(window, paths))
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Qt's loop would never run Python's handler.
    code = application.exec()
    if not window.session.close(_CLOSE_TIMEOUT_S):
        # A thread is inside the network and cannot be interrupted; tearing Python down around it
        # would crash.
        _log.warning("A worker is still busy; leaving without it.")
        logging.shutdown()
        os._exit(code)
    return code


def prepare_libraries() -> None:
    """Make OpenCV, torch and Qt get along in one process; to be called before Qt is imported."""
    import cv2

    # The window asks an export's threads for Python's lock after half a millisecond, not after 5.
    sys.setswitchinterval(0.0005)
    # On Linux, importing OpenCV points Qt at OpenCV's own copy of Qt's plugins and fonts.
    bundled = str(Path(cv2.__file__).parent)
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if os.environ.get(name, "").startswith(bundled):
            del os.environ[name]
    if sys.platform == "win32":
        # torch's libraries must be loaded before Qt's; torch itself is imported much later.
        torch = importlib.util.find_spec("torch")
        if torch is not None and torch.origin is not None:
            with suppress(OSError):
                ctypes.CDLL(str(Path(torch.origin).parent / "lib" / "c10.dll"))


def start_log() -> None:
    """Write a log that rotates to the user's folder; without one where it cannot be written."""
    logging.raiseExceptions = False  # Or each line that a full disk takes would be a traceback.
    logging.getLogger().addHandler(RECENT_LOG)
    logging.getLogger("segformer_gui").setLevel(logging.INFO)
    with suppress(OSError):
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            log_file(),
            maxBytes=1 << 20,
            backupCount=2,
            encoding="utf-8",
            delay=True,
            errors="backslashreplace",
        )
        handler.setFormatter(logging.Formatter(FORMAT))
        logging.getLogger().addHandler(handler)


def make_application() -> QApplication:
    """The application object, with its style and translations."""
    from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
    from PySide6.QtWidgets import QApplication

    application = QApplication(sys.argv[:1])
    application.setApplicationName("segformer_gui")
    application.setApplicationDisplayName("SegFormer GUI")
    application.setDesktopFileName("segformer-gui")
    application.setStyle("Fusion")
    qt_texts = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    our_texts = str(shipped("resources", "translations"))
    for name, folder in (("qtbase", qt_texts), ("segformer_gui", our_texts)):
        translator = QTranslator(application)
        if translator.load(QLocale(), name, "_", folder):
            application.installTranslator(translator)
    return application


def make_window(
    settings: Settings, engine: Engine | None = None, synchronous: bool = False
) -> MainWindow:
    """The main window with its session; tests give an `engine` of their own and no threads."""
    from segformer_gui.gui.main_window import MainWindow
    from segformer_gui.gui.session.ports import Lanes
    from segformer_gui.gui.session.session import Session
    from segformer_gui.gui.workers.engine import TorchEngine
    from segformer_gui.gui.workers.jobs import Lane

    names = [field.name for field in fields(Lanes)]
    lanes = Lanes(**{name: Lane(name, synchronous) for name in names})
    return MainWindow(Session(lanes, engine or TorchEngine(), settings))


def start(window: MainWindow, paths: Sequence[Path]) -> None:
    """Load the model and open the first images."""
    window.session.start()
    if paths:
        window.session.images.open(paths)


def install_excepthook(report: Callable[[BaseException], None]) -> None:
    """Send what nobody caught to the log and the window."""

    def hook(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, traceback)
            return
        report(error)

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            report(args.exc_value)

    sys.excepthook = hook
    threading.excepthook = thread_hook


def _settings() -> Settings:
    try:
        return load_settings(settings_file())
    except UserError:
        _log.exception("The settings cannot be read; the defaults are taken.")
        return Settings()
