"""The log as it is written, and what a report of a problem should hold."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

import segformer_gui
from segformer_gui.core.doctor import Check, examine
from segformer_gui.core.paths import log_file
from segformer_gui.core.recent_log import RECENT_LOG
from segformer_gui.core.settings import Settings
from segformer_gui.gui.session.session import Session

_SHOWN_LINES = 2000
_REPORTED_LINES = 200
_PRIVATE = {"recent"}


class LogWindow(QDialog):
    """Shows the latest records, live, from a level on."""

    _logged = Signal(int, str)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Log"))
        self._session = session
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(_SHOWN_LINES)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(self.tr("Log"))
        self.level = QComboBox(self)
        self.level.addItem(self.tr("Everything"), logging.NOTSET)
        self.level.addItem(self.tr("Warnings and errors"), logging.WARNING)
        self.level.addItem(self.tr("Errors"), logging.ERROR)
        self.level.setToolTip(self.tr("Which records are shown"))
        self.level.currentIndexChanged.connect(self._list)
        self.copy = QPushButton(self.tr("&Copy diagnostics"), self)
        self.copy.setToolTip(
            self.tr("Copy versions, checks of this machine, settings and the end of the log")
        )
        self.copy.clicked.connect(self._examine)
        folder = QPushButton(self.tr("&Open folder"), self)
        folder.setToolTip(self.tr("Show the folder of the log files"))
        folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file().parent)))
        )
        for button in (self.copy, folder):
            button.setAutoDefault(False)  # Enter is not for the first button that there is.
        # What failed is told in the window's message bar; it can be tried again.
        session.failed.connect(lambda _: self.copy.setEnabled(True))
        self.note = QLabel(self)
        self.note.setProperty("muted", True)
        row = QHBoxLayout()
        row.addWidget(self.level)
        row.addWidget(self.note, 1)
        row.addWidget(self.copy)
        row.addWidget(folder)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addLayout(row)
        self.resize(860, 460)
        # Queued, since any thread may log.
        self._logged.connect(self._add, Qt.ConnectionType.QueuedConnection)
        self._list()
        RECENT_LOG.listener = self._logged.emit

    def _list(self) -> None:
        self.text.clear()
        for line in RECENT_LOG.lines():
            self._add(*line)

    def _add(self, level: int, text: str) -> None:
        if level >= self.level.currentData():
            self.text.appendPlainText(text)

    def _examine(self) -> None:
        self.copy.setEnabled(False)
        self.note.setText(self.tr("Looking at this machine…"))
        self._session.prepare(examine, self._put)

    def _put(self, checks: Sequence[Check]) -> None:
        lines = [text for _, text in RECENT_LOG.lines()][-_REPORTED_LINES:]
        QGuiApplication.clipboard().setText(diagnostics(checks, self._session.settings, lines))
        self.copy.setEnabled(True)
        self.note.setText(self.tr("Copied"))


def diagnostics(checks: Sequence[Check], settings: Settings, lines: Sequence[str]) -> str:
    """A report of a problem: versions, checks, settings, log; the home folder is called ~."""
    kept = {name: value for name, value in asdict(settings).items() if name not in _PRIVATE}
    parts = [
        f"SegFormer GUI {segformer_gui.__version__}",
        *(f"{c.name}: {c.found}{f' ({c.problem.code})' if c.problem else ''}" for c in checks),
        "",
        *(f"{name} = {value!r}" for name, value in kept.items()),
        "",
        *lines,
    ]
    return "\n".join(parts).replace(str(Path.home()), "~")
