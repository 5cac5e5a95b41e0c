"""The window's part of the corruption lab: its docks, its tool bar, and what its actions do."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMainWindow

from segformer_gui.gui.actions import Actions
from segformer_gui.gui.benchmark.window import BenchmarkWindow
from segformer_gui.gui.compare_bar import CompareBar
from segformer_gui.gui.docks.comparison import ComparisonDock
from segformer_gui.gui.docks.corruption import CorruptionDock
from segformer_gui.gui.docks.severities import SeveritiesDock
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.sweep import SweepKind
from segformer_gui.gui.session.view import ARRANGEMENTS, PAIR_MAPS

_KINDS: tuple[SweepKind, ...] = ("curve", "grid", "breaking")


class LabParts(QObject):
    """Docks and tool bar of the lab, added to a window; its actions work from then on."""

    def __init__(self, session: Session, actions: Actions, window: QMainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._actions = actions
        self._window = window
        self.corruption = CorruptionDock(session, actions, window)
        self.comparison = ComparisonDock(session, window)
        self.severities = SeveritiesDock(session, window)
        self.docks = (self.corruption, self.comparison, self.severities)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.corruption)
        for dock in (self.comparison, self.severities):
            window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        self.benchmark: BenchmarkWindow | None = None
        self.bar = CompareBar(session, actions, window)
        window.addToolBarBreak()
        window.addToolBar(self.bar)
        self._connect_actions()
        self.corruption.visibilityChanged.connect(lambda _: self._update())
        session.benchmark.show_wanted.connect(lambda *_: self._come_forward())
        lab, view = session.lab, session.view
        for signal in (
            lab.condition_changed,
            lab.sweep.changed,
            lab.pair.truth_changed,
            view.arrangement_changed,
            view.overlay_changed,
            session.current.picture_changed,
            session.current.changed,
        ):
            signal.connect(self._update)
        self._update()

    def show_benchmark(self) -> None:
        """Open the benchmark's window, or bring it to the front."""
        self.benchmark = self.benchmark or BenchmarkWindow(self._session)
        self.benchmark.show()
        self.benchmark.activateWindow()

    def _come_forward(self) -> None:
        """A cell of the benchmark is to be seen, in the main window."""
        self._window.activateWindow()

    def close(self) -> None:
        """Close the window of the benchmark with the main one."""
        if self.benchmark is not None:
            self.benchmark.close()
            self.benchmark.deleteLater()
            self.benchmark = None

    def retint(self) -> None:
        """Take the theme's colours."""
        self.bar.retint()
        self.comparison.retint()
        self.severities.retint()

    def _connect_actions(self) -> None:
        lab, view = self._session.lab, self._session.view
        self._actions.handle(
            {
                "severity_up": lambda: lab.step_severity(1),
                "severity_down": lambda: lab.step_severity(-1),
                "roll_seed": lab.roll_seed,
                "clean": lab.clear,
                "pair_none": lambda: view.set_pair_map(None),
                "open_truth": self._open_truth,
                "benchmark": self.show_benchmark,
                **{f"pair_{kind}": partial(view.set_pair_map, kind) for kind in PAIR_MAPS},
                **{f"arrange_{name}": partial(view.set_arrangement, name) for name in ARRANGEMENTS},
                **{f"sweep_{kind}": partial(self.severities.start, kind) for kind in _KINDS},
            }
        )

    def _update(self) -> None:
        lab, view = self._session.lab, self._session.view
        shown = self._session.current.picture is not None
        enabled = {
            "severity_up": shown,
            "severity_down": shown and lab.step.severity > 0,
            "clean": lab.condition.steps != () and not lab.condition.is_clean,
            "before": shown and not lab.condition.is_clean,
            "open_truth": shown,
            "pair_errors": lab.pair.ground_truth is not None,
            **{f"arrange_{name}": shown for name in ARRANGEMENTS},
            **{f"sweep_{kind}": lab.sweep.can_start for kind in _KINDS},
        }
        for action_id, on in enabled.items():
            self._actions[action_id].setEnabled(on)
        self._actions[f"arrange_{view.arrangement}"].setChecked(True)
        self._actions[f"pair_{view.pair_map or 'none'}"].setChecked(True)
        compares = view.arrangement != "single" or not lab.condition.is_clean
        self.bar.setVisible(shown and (compares or self.corruption.looked_at))

    def _open_truth(self) -> None:
        picture = self._session.current.picture
        if picture is None:
            return
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Open ground truth"),
            str(picture.path.parent),
            self.tr("Label files ({patterns});;All files (*)").format(patterns="*.png"),
        )
        if name:
            self._session.lab.truth.open(Path(name))
