"""The menus: every action, recent places, docks and theme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QDockWidget, QMenu, QMenuBar, QWidget

from segformer_gui.core.settings import Theme
from segformer_gui.gui.actions import ENTRIES, GROUPS, MENUS, SUBMENUS, Actions, translated
from segformer_gui.gui.session.session import Session


class MenuBar(QMenuBar):
    """Built from the table of actions, plus what belongs to this one window."""

    def __init__(
        self,
        session: Session,
        actions: Actions,
        docks: Sequence[QDockWidget],
        reset_layout: Callable[[], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.recent = QMenu(self.tr("Open &recent"), self)
        self.recent.aboutToShow.connect(self._list_recent)
        menus = {menu: self.addMenu(translated(title)) for menu, title in MENUS}
        for entry in ENTRIES:
            if entry.separated:
                menus[entry.menu].addSeparator()
            if entry.sub and entry.sub not in menus:
                menus[entry.sub] = menus[entry.menu].addMenu(
                    translated((SUBMENUS | GROUPS)[entry.sub])
                )
            menus[entry.sub or entry.menu].addAction(actions[entry.id])
            if entry.id == "open_sequence":
                menus[entry.menu].addMenu(self.recent)
        view = menus["view"]
        view.addSeparator()
        for dock in docks:
            view.addAction(dock.toggleViewAction())
        view.addAction(self.tr("&Reset layout")).triggered.connect(lambda: reset_layout())
        view.addSeparator()
        self._fill_theme_menu(view.addMenu(self.tr("&Theme")))

    def _fill_theme_menu(self, menu: QMenu) -> None:
        texts = {
            "system": self.tr("Follow the &system"),
            "light": self.tr("&Light"),
            "dark": self.tr("&Dark"),
        }
        group = QActionGroup(self)
        for name in get_args(Theme):
            action = menu.addAction(texts[name])
            action.setCheckable(True)
            action.setChecked(name == self._session.settings.theme)
            action.triggered.connect(
                lambda _=False, name=name: self._session.change_settings(theme=name)
            )
            self._session.settings_changed.connect(
                lambda action=action, name=name: action.setChecked(
                    name == self._session.settings.theme
                )
            )
            group.addAction(action)

    def _list_recent(self) -> None:
        self.recent.clear()
        for text in self._session.settings.recent:
            action = self.recent.addAction(text.replace("&", "&&"))
            action.triggered.connect(
                lambda _=False, text=text: self._session.images.reopen(Path(text))
            )
        if self.recent.isEmpty():
            self.recent.addAction(self.tr("Nothing opened yet")).setEnabled(False)
            return
        self.recent.addSeparator()
        clear = self.recent.addAction(self.tr("&Clear this list"))
        clear.triggered.connect(self._session.forget_recent)
