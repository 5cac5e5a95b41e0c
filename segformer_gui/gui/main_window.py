"""The main window: brings widgets, actions and session together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, QSize, Qt, QUrl
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.palettes import PALETTES, Palette
from segformer_gui.core.paths import log_file, window_file
from segformer_gui.core.recent_log import RECENT_LOG
from segformer_gui.core.settings import Theme
from segformer_gui.gui import theme
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.canvas.compare import CompareView
from segformer_gui.gui.command_palette import CommandPalette
from segformer_gui.gui.dialogs import AboutDialog, ShortcutsDialog
from segformer_gui.gui.docks.classes import ClassesDock
from segformer_gui.gui.docks.files import FilesDock
from segformer_gui.gui.docks.model import ModelDock
from segformer_gui.gui.docks.statistics import StatisticsDock
from segformer_gui.gui.edit_parts import EditParts
from segformer_gui.gui.file_parts import FileParts
from segformer_gui.gui.lab_parts import LabParts
from segformer_gui.gui.log_window import LogWindow
from segformer_gui.gui.menu_bar import MenuBar
from segformer_gui.gui.message_bar import MessageBar
from segformer_gui.gui.messages import details, sentence_and_hint
from segformer_gui.gui.preferences import PreferencesDialog
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.view import SHOWN
from segformer_gui.gui.status_bar import StatusBar
from segformer_gui.gui.toolbar import ToolBar
from segformer_gui.gui.tuning_parts import TuningParts
from segformer_gui.gui.video_parts import VideoParts
from segformer_gui.gui.welcome import Welcome

_log = logging.getLogger(__name__)
_ZOOM_STEP = 1.25
_SIZE = QSize(1320, 840)
_COPIED_SHOWN_MS = 4000


class MainWindow(QMainWindow):
    """Menus, tool bar, docks, canvas. `session` is to be started after the window is shown."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("main_window")
        self.setAcceptDrops(True)
        theme.apply_theme(session.settings.theme)
        self.actions_by_id = Actions(self)
        self.addActions(self.actions_by_id.all())
        self._log_window: LogWindow | None = None
        self._held: Callable[[bool], None] | None = None
        self.compare = CompareView(session, self)
        self.canvas = self.compare.clean
        self.welcome = Welcome(session, self.actions_by_id, self)
        self.message_bar = MessageBar(self)
        self._stack = QStackedWidget(self)
        # In a small window the page scrolls; the docks keep their room.
        self._welcome_area = QScrollArea(self)
        self._welcome_area.setWidget(self.welcome)
        self._welcome_area.setWidgetResizable(True)
        self._welcome_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack.addWidget(self._welcome_area)
        self._stack.addWidget(self.compare)
        centre = QWidget(self)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.message_bar)
        layout.addWidget(self._stack, 1)
        self.video = VideoParts(session, self.actions_by_id, self.message_bar, self)
        layout.addWidget(self.video.bar)
        self.setCentralWidget(centre)

        self.files = FilesDock(session, self.actions_by_id["remove"], self)
        open_model = [self.actions_by_id[name] for name in ("open_checkpoint", "open_model_folder")]
        self.model = ModelDock(session, open_model, self)
        self.classes = ClassesDock(session, self)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.files)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.model)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.classes)
        self.statistics = StatisticsDock(session, self)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.statistics)
        self.file_parts = FileParts(session, self.actions_by_id, self.message_bar, self)
        self.toolbar = ToolBar(session, self.actions_by_id, self)
        self.addToolBar(self.toolbar)
        self.lab = LabParts(session, self.actions_by_id, self)
        self.edit = EditParts(
            session, self.actions_by_id, self.compare.clean, self.message_bar, self
        )
        self.tuning = TuningParts(session, self.actions_by_id, self.message_bar, self)
        self.tabifyDockWidget(self.files, self.edit.dock)
        self.tabifyDockWidget(self.files, self.lab.corruption)
        self.tabifyDockWidget(self.files, self.tuning.dock)
        self.tabifyDockWidget(self.model, self.tuning.versions)
        for dock in (self.statistics, self.lab.comparison, self.lab.severities):
            self.tabifyDockWidget(self.classes, dock)
        self.files.raise_()
        self.tuning.versions.hide()  # There are none at first.
        self.classes.raise_()
        self.resizeDocks([self.files, self.model], [264, 300], Qt.Orientation.Horizontal)
        self.resizeDocks([self.model, self.classes], [320, 480], Qt.Orientation.Vertical)
        docks = (
            self.files,
            self.model,
            self.classes,
            self.statistics,
            self.edit.dock,
            *self.lab.docks,
            *self.tuning.docks,
        )
        self.menus = MenuBar(session, self.actions_by_id, docks, self._reset_layout, self)
        self.setMenuBar(self.menus)
        self.setStatusBar(StatusBar(session, self.actions_by_id["cancel"], self))
        self._connect_actions()
        self._connect_session()
        self._update()
        self.resize(_SIZE.boundedTo(self.screen().availableSize() * 0.94))  # There is a frame, too.
        self._default_layout = self.saveState()
        self._restore_layout()

    # Building -----------------------------------------------------------------------------------

    def _connect_actions(self) -> None:
        session = self.session
        self.actions_by_id.handle(
            {
                "quit": self.close,
                "copy": session.clipboard.copy,
                "copy_view": lambda: session.clipboard.put(self.compare.grab().toImage()),
                "paste": session.clipboard.paste,
                "previous": lambda: session.images.step(-1),
                "next": lambda: session.images.step(1),
                "remove": lambda: session.remove_images(self.files.selected_paths()),
                "clear": lambda: session.remove_images(session.images.paths),
                "preferences": lambda: PreferencesDialog(session, self).open(),
                "commands": lambda: CommandPalette(self.menus, self).open(),
                "fit": lambda: self.compare.active.fit(),
                "actual_size": lambda: self.compare.active.show_actual_size(),
                "zoom_in": lambda: self.compare.active.zoom_by(_ZOOM_STEP),
                "zoom_out": lambda: self.compare.active.zoom_by(1 / _ZOOM_STEP),
                "peek": lambda: self._hold(session.view.set_peeking),
                "before": lambda: self._hold(session.view.set_before),
                "show_all": session.view.show_all,
                "outlines": lambda: session.view.set_outlined(not session.view.outlined),
                **{f"show_{shown}": partial(session.view.set_shown, shown) for shown in SHOWN},
                **{f"palette_{name}": partial(self._set_palette, name) for name in PALETTES},
                "segment": session.segment_current,
                "segment_all": session.segment_every_image,
                "cancel": lambda: self.edit.cancel() or session.cancel(),
                "auto_segment": self._set_auto_segment,
                "shortcuts": lambda: ShortcutsDialog(self.actions_by_id, self).open(),
                "log": self._show_log,
                "open_log": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file()))),
                "about": lambda: AboutDialog(self).open(),
            }
        )
        self.actions_by_id["auto_segment"].setChecked(session.settings.auto_segment)

    def _connect_session(self) -> None:
        session = self.session
        session.failed.connect(self.show_error)
        session.settings_changed.connect(self._apply_settings)
        session.clipboard.copied.connect(self._copied)
        session.view.overlay_changed.connect(self._update)
        for signal in (
            session.images.list_changed,
            session.images.current_changed,
            session.images.pixels_changed,
            session.models.ready_changed,
            session.segmentation.busy_changed,
            session.segmentation.changed,
            *(work.progress_changed for work in session.long_work),
            session.masks.status_changed,
            session.live.changed,
            session.lab.sweep.changed,
            session.tools.changed,
        ):
            signal.connect(self._update)
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(lambda _: self._retint())
        self._theme: Theme = session.settings.theme
        self._retint()

    # State to widgets ---------------------------------------------------------------------------

    def _update(self) -> None:
        session = self.session
        images = session.images
        many = session.segment_all.progress is not None or session.export.progress is not None
        ready = session.models.ready is not None and not session.models.loading
        shown = images.picture is not None
        enabled = {
            "copy": shown,
            "copy_view": shown,
            "previous": images.neighbour(-1) is not None,
            "next": images.neighbour(1) is not None,
            "remove": bool(images.paths) and not many,
            "clear": bool(images.paths) and not many,
            "fit": shown,
            "actual_size": shown,
            "zoom_in": shown,
            "zoom_out": shown,
            "peek": session.segmentation.result is not None,
            "outlines": session.segmentation.result is not None,
            "show_all": bool(session.view.hidden) or session.view.solo is not None,
            "segment": ready and images.current is not None,
            "segment_all": ready and not many and len(images.paths) > session.segmentation.count(),
            "cancel": session.running is not None
            or session.segmentation.busy
            or session.lab.sweep.running is not None
            or self.edit.can_cancel,
            "export": session.export.possible and not many,
        }
        for action_id, on in enabled.items():
            self.actions_by_id[action_id].setEnabled(on)
        self.actions_by_id[f"show_{session.view.shown}"].setChecked(True)
        self.actions_by_id["outlines"].setChecked(session.view.outlined)
        self.actions_by_id[f"palette_{session.view.palette}"].setChecked(True)
        anything = images.paths or session.live.address
        self._stack.setCurrentWidget(self.compare if anything else self._welcome_area)
        name = images.current.name if images.current else ""
        self.setWindowTitle(f"{name} - SegFormer GUI" if name else "SegFormer GUI")

    def _apply_settings(self) -> None:
        self.actions_by_id["auto_segment"].setChecked(self.session.settings.auto_segment)
        if self.session.settings.theme != self._theme:
            self._theme = self.session.settings.theme
            self._retint()

    def _retint(self) -> None:
        theme.apply_theme(self._theme)
        self.actions_by_id.retint()
        self.welcome.retint()
        self.message_bar.retint()
        self.toolbar.retint()
        self.statistics.retint()
        self.lab.retint()
        self.edit.retint()
        self.video.retint()
        self.tuning.retint()
        self.setWindowIcon(theme.icon("app"))

    # Messages -----------------------------------------------------------------------------------

    def show_error(self, error: BaseException) -> None:
        """Say in the message bar what went wrong, and write it to the log."""
        _log.error("%s", error, exc_info=error)
        sentence, hint = sentence_and_hint(error)
        self.message_bar.show_message("error", sentence, hint, details(error))

    def _copied(self, width: int, height: int) -> None:
        text = self.tr("Copied {width} x {height} pixels").format(width=width, height=height)
        self.statusBar().showMessage(text, _COPIED_SHOWN_MS)

    # Actions ------------------------------------------------------------------------------------

    def _show_log(self) -> None:
        self._log_window = self._log_window or LogWindow(self.session, self)
        self._log_window.show()
        self._log_window.activateWindow()

    def _set_auto_segment(self) -> None:
        on = self.actions_by_id["auto_segment"].isChecked()
        self.session.change_settings(auto_segment=on)

    def _set_palette(self, palette: Palette) -> None:
        self.session.change_settings(palette=palette)

    # Peek and before: while a key is held --------------------------------------------------------

    def _hold(self, switch: Callable[[bool], None]) -> None:
        self._held = switch
        switch(True)
        # Whichever widget has the focus, the key that goes up ends it.
        QApplication.instance().installEventFilter(self)  # pyright: ignore

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End what a key is held for when it goes up, or when attention goes elsewhere."""
        ends = event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.WindowDeactivate)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyRelease:
            ends = not event.isAutoRepeat()
        if ends and self._held is not None:
            QApplication.instance().removeEventFilter(self)  # pyright: ignore
            self._held(False)
            self._held = None
        return False

    # Drop, close --------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._show_drop_target(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They went by."""
        self._show_drop_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self._show_drop_target(False)
        urls = event.mimeData().urls()
        self.session.images.open([Path(url.toLocalFile()) for url in urls if url.isLocalFile()])
        event.acceptProposedAction()

    def _show_drop_target(self, on: bool) -> None:
        color = theme.colors().accent
        self._stack.setStyleSheet(f"QStackedWidget {{ border: 3px solid {color}; }}" if on else "")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout, stop all work, go."""
        if self.tuning.asks_before_closing():
            event.ignore()
            return
        RECENT_LOG.listener = None
        self.hide()  # At once: ending the threads may take a moment.
        self.lab.close()
        record = _window_record()
        record.setValue("geometry", self.saveGeometry())
        record.setValue("layout", self.saveState())
        self.session.close()
        event.accept()

    def _reset_layout(self) -> None:
        self.restoreState(self._default_layout)

    def _restore_layout(self) -> None:
        record = _window_record()
        if isinstance(geometry := record.value("geometry"), QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(layout := record.value("layout"), QByteArray):
            self.restoreState(layout)


def _window_record() -> QSettings:
    """Where Qt keeps the place of the window and its docks; preferences are in the settings."""
    return QSettings(str(window_file()), QSettings.Format.IniFormat)
