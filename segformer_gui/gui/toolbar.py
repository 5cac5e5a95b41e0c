"""The tool bar: what one does most, what lies over the image, and how much it covers."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QSlider, QToolBar, QToolButton, QWidget

from segformer_gui.gui import theme
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.entry import plain
from segformer_gui.gui.menu_button import add_menu_button
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.view import SHOWN

_GROUPS = (
    ("open_images", "open_folder"),
    ("previous", "next"),
    ("segment", "segment_all"),
    ("zoom_out", "zoom_in", "fit", "actual_size"),
    ("export",),
)
_WITH_TEXT = {"open_images", "segment", "segment_all", "export"}


class ToolBar(QToolBar):
    """Buttons for actions, and a slider."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.setWindowTitle(self.tr("Tools"))
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        for group in _GROUPS:
            for action_id in group:
                self._add_button(actions, action_id)
            self.addSeparator()
        self.show_button = self._add_show_button(actions)
        self._icon = QLabel(self)
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setFixedWidth(130)
        self.opacity.setValue(round(session.view.opacity * 100))
        self.opacity.setAccessibleName(self.tr("Overlay opacity"))
        self._percent = QLabel(self)
        self._percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %  "))
        for widget in (self._icon, self.opacity, self._percent):
            widget.setToolTip(self.tr("Overlay opacity; hold X to peek under it"))
            self.addWidget(widget)
        self._icon.setContentsMargins(4, 0, 6, 0)
        self._percent.setContentsMargins(8, 0, 0, 0)
        self.opacity.valueChanged.connect(lambda value: session.view.set_opacity(value / 100))
        session.view.overlay_changed.connect(self._show_state)
        self._show_state()

    def retint(self) -> None:
        """Take the theme's colours."""
        self.show_button.setIcon(theme.icon("layers"))
        # As wide as the longest choice needs, so that nothing beside it moves.
        widths: list[int] = []
        for action in self._shown.values():
            self.show_button.setText(plain(action.text()))
            self.show_button.ensurePolished()
            widths.append(self.show_button.sizeHint().width())
        self.show_button.setMinimumWidth(max(widths))
        self._show_state()
        self._icon.setPixmap(theme.pixmap("opacity", theme.colors().muted, 18))

    def _add_button(self, actions: Actions, action_id: str) -> None:
        action = actions[action_id]
        self.addAction(action)
        button = self.widgetForAction(action)
        assert isinstance(button, QToolButton)
        button.setAccessibleName(plain(action.text()))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if action_id in _WITH_TEXT:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def _add_show_button(self, actions: Actions) -> QToolButton:
        """What lies over the image, as a menu; its text is the choice."""
        button, menu = add_menu_button(self, self.tr("What lies over the image"))
        self._shown = {shown: actions[f"show_{shown}"] for shown in SHOWN}
        menu.addActions(list(self._shown.values()))
        menu.addSeparator()
        menu.addAction(actions["outlines"])
        return button

    def _show_state(self) -> None:
        self.show_button.setText(plain(self._shown[self._session.view.shown].text()))
        self._percent.setText(f"{self._session.view.opacity * 100:.0f} %")
