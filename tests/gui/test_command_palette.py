"""The command palette: what it finds, what it runs, by keys alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from segformer_gui.gui.actions import ENTRIES, translated
from segformer_gui.gui.command_palette import CommandPalette, commands, score
from segformer_gui.gui.entry import plain


@pytest.fixture
def palette(window, qtbot) -> CommandPalette:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.findChild(CommandPalette)
    qtbot.waitUntil(palette.search.hasFocus)
    return palette


def _texts(palette: CommandPalette) -> list[str]:
    return [palette.found.item(row).text() for row in range(palette.found.count())]


def _is_subsequence(query: str, text: str) -> bool:
    rest = iter(text.casefold())
    return all(letter in rest for letter in query.casefold() if not letter.isspace())


def test_every_action_docks_and_theme_are_listed_with_their_menu(window, palette):
    texts = _texts(palette)
    for entry in ENTRIES:
        assert any(text.startswith(plain(translated(entry.text))) for text in texts), entry.id
    menus = {command.text: command.menu for command in commands(window.menus)}
    assert menus["Dark"] == "View > Theme"
    assert menus["Classes"] == "View"


def test_typing_finds_and_enter_runs_the_best_match(window, palette, qtbot):
    qtbot.keyClicks(palette.search, "dark")
    assert palette.found.currentItem().text() == "Dark"
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert window.session.settings.theme == "dark"
    assert not palette.isVisible()


def test_up_and_down_move_while_the_field_keeps_the_focus(palette, qtbot):
    qtbot.keyClicks(palette.search, "folder")
    texts = _texts(palette)
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.found.currentItem().text() == texts[1]
    qtbot.keyClick(palette.search, Qt.Key.Key_Up)
    assert palette.found.currentItem().text() == texts[0]
    assert palette.search.hasFocus()


def test_escape_closes_and_runs_nothing(window, palette, qtbot):
    qtbot.keyClicks(palette.search, "dark")
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert window.session.settings.theme == "light"


def test_disabled_command_is_listed_but_does_not_run(window, palette, qtbot):
    assert not window.actions_by_id["export"].isEnabled()
    qtbot.keyClicks(palette.search, "export")
    assert _texts(palette)[0] == "Export"
    assert not palette.found.item(0).flags() & Qt.ItemFlag.ItemIsEnabled
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_what_no_command_is_called_says_so(palette, qtbot):
    qtbot.keyClicks(palette.search, "zzzz")
    assert palette.nothing.isVisible()
    assert palette.found.count() == 0


def test_bare_keys_are_typed_and_do_not_act(window, images, qtbot):
    window.session.images.open(images)
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.findChild(CommandPalette)
    qtbot.keyClicks(palette.findChild(QLineEdit), "d")
    assert palette.search.text() == "d"
    assert window.session.images.current == images[0]


def test_words_that_begin_with_the_letters_come_before_those_that_hold_them():
    texts = ["Remove from list", "Zoom in", "Fit to window", "Segment all"]
    ranked = sorted((t for t in texts if score("sa", t) is not None), key=lambda t: -score("sa", t))
    assert ranked == ["Segment all"]
    assert score("open f", "Open folder") > score("open f", "Open images of a leaf")


@given(st.text("abcde XYZ", max_size=6), st.text("abcde xyz", max_size=20))
def test_score_exists_exactly_for_texts_that_hold_the_letters_in_order(query, text):
    assert (score(query, text) is not None) == _is_subsequence(query, text)
