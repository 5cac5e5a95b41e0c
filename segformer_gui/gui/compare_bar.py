"""The tool bar of comparisons: how the images lie, which map, which second model, which truth."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QLabel, QToolBar, QToolButton, QWidget

from segformer_gui.core.catalogue import ModelEntry
from segformer_gui.gui import theme
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.entry import plain
from segformer_gui.gui.menu_button import add_menu_button
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.view import ARRANGEMENTS, PAIR_MAPS


class CompareBar(QToolBar):
    """Shown while something is compared, or while the corruptions are looked at."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._actions = actions
        self.setWindowTitle(self.tr("Compare"))
        self.setObjectName("compare_bar")
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        for name in ARRANGEMENTS:
            action = actions[f"arrange_{name}"]
            self.addAction(action)
            button = self.widgetForAction(action)
            assert isinstance(button, QToolButton)
            button.setAccessibleName(plain(action.text()))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.addSeparator()
        self.map_button = self._add_map_button()
        self.truth = self._add_truth_button()
        self.addSeparator()
        label = QLabel(self.tr("Model B"), self)
        label.setContentsMargins(6, 0, 6, 0)
        self._listed: dict[str, ModelEntry] = {}
        self.rival = QComboBox(self)
        self.rival.setAccessibleName(self.tr("Model B"))
        self.rival.setToolTip(self.tr("The second of two models, in the lower row"))
        self.rival.setMinimumContentsLength(22)
        self.rival.activated.connect(self._choose_rival)
        self._rival_widgets = [self.addWidget(label), self.addWidget(self.rival)]
        session.view.arrangement_changed.connect(self._show_state)
        session.view.overlay_changed.connect(self._show_state)
        session.lab.pair.truth_changed.connect(self._show_state)
        session.lab.rival.changed.connect(self._show_state)
        session.models.entries_changed.connect(self._list_models)
        self._list_models()

    def retint(self) -> None:
        """Take the theme's colours."""
        self.map_button.setIcon(theme.icon("layers"))
        self.truth.setIcon(theme.icon("truth"))
        self._show_state()

    def _add_map_button(self) -> QToolButton:
        """Which map lies over the corrupted image, as a menu; its text is the choice."""
        button, menu = add_menu_button(self, self.tr("What lies over the corrupted image"))
        menu.addActions([self._actions[f"pair_{kind}"] for kind in ("none", *PAIR_MAPS)])
        return button

    def _add_truth_button(self) -> QToolButton:
        """Opens ground truth; pressed in where there is some. An action's own button would not keep
        that.
        """
        button = QToolButton(self)
        button.setText(self.tr("Ground truth"))
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(self._actions["open_truth"].trigger)
        button.clicked.connect(self._show_state)
        self.addWidget(button)
        return button

    def _list_models(self) -> None:
        """Models on the disk; the rest must be downloaded in the Model dock first."""
        self.rival.clear()
        self._listed = {}
        for entry in self._session.models.entries:
            if entry.path is not None:
                self._list_model(entry)
        self._show_state()

    def _list_model(self, entry: ModelEntry) -> None:
        self._listed[entry.id] = entry
        self.rival.addItem(entry.title, entry.id)

    def _choose_rival(self, row: int) -> None:
        self._session.lab.rival.choose(self._listed[self.rival.itemData(row)])

    def _show_state(self) -> None:
        view, lab = self._session.view, self._session.lab
        chosen = self._actions[f"pair_{view.pair_map or 'none'}"]
        none = self.tr("Map: none")
        self.map_button.setText(none if view.pair_map is None else plain(chosen.text()))
        truth = lab.pair.ground_truth
        self.truth.setChecked(truth is not None)
        found = self.tr("Scores are against {path}\nClick to open another file")
        self.truth.setToolTip(
            found.format(path=truth.path) if truth else self._actions["open_truth"].toolTip()
        )
        for action in self._rival_widgets:
            action.setVisible(view.arrangement == "grid")
        entry = lab.rival.entry
        if entry and entry.id not in self._listed:  # Of a run, before it is adopted.
            self._list_model(entry)
        self.rival.setCurrentIndex(self.rival.findData(entry.id) if entry else -1)
