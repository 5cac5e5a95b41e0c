"""A button of a tool bar whose menu is a choice."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton


def add_menu_button(bar: QToolBar, what: str) -> tuple[QToolButton, QMenu]:
    """Add a button that opens a menu, empty yet; `what` is chosen, the button's text the choice."""
    button = QToolButton(bar)
    button.setToolTip(what)
    button.setAccessibleName(what)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    menu = QMenu(button)
    button.setMenu(menu)
    bar.addWidget(button)
    return button, menu
