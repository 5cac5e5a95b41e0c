"""The log window: live, from any thread, filtered, and its diagnostics."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from segformer_gui.core.doctor import Check
from segformer_gui.core.recent_log import RECENT_LOG, RecentLog
from segformer_gui.core.settings import Settings
from segformer_gui.gui.log_window import LogWindow, diagnostics

_log = logging.getLogger("segformer_gui.test")


@pytest.fixture
def log(window) -> LogWindow:
    logging.getLogger().addHandler(RECENT_LOG)
    window.actions_by_id["log"].trigger()
    yield window.findChild(LogWindow)
    logging.getLogger().removeHandler(RECENT_LOG)


def test_what_a_thread_logs_appears_and_the_level_filters_it(log, qtbot):
    def work() -> None:
        _log.warning("a warning")
        _log.error("an error")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: "an error" in log.text.toPlainText())
    assert "a warning" in log.text.toPlainText()
    log.level.setCurrentIndex(2)
    assert "a warning" not in log.text.toPlainText()
    assert "an error" in log.text.toPlainText()


def test_copied_diagnostics_hold_checks_and_log(log, qtbot, monkeypatch):
    checks = [Check("python", "3.12")]
    monkeypatch.setattr("segformer_gui.gui.log_window.examine", lambda: checks)
    _log.error("it broke")
    qtbot.mouseClick(log.copy, Qt.MouseButton.LeftButton)
    text = QApplication.clipboard().text()
    assert "python: 3.12" in text
    assert "it broke" in text


def test_diagnostics_name_no_home_folder():
    text = diagnostics([], Settings(export_folder=str(Path.home() / "out")), [])
    assert str(Path.home()) not in text
    assert "~/out" in text


def test_only_the_last_two_thousand_records_are_kept():
    kept = RecentLog()
    for number in range(2005):
        kept.handle(logging.LogRecord("x", logging.INFO, "", 0, str(number), None, None))
    assert len(kept.lines()) == 2000
    assert kept.lines()[-1][1].endswith("2004")
