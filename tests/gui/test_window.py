"""The window as a whole: opening, dropping, walking, errors, theme, closing."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QToolButton

from segformer_gui.app import make_window
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.paths import settings_file, window_file
from segformer_gui.core.settings import load_settings
from segformer_gui.gui import theme
from segformer_gui.gui.actions import ENTRIES
from tests.gui.conftest import make_image

ROOT = Path(__file__).resolve().parent.parent.parent


def _drop(window, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(400, 300), copy, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPoint(400, 300), copy, data, buttons, keys))


def test_dropped_images_and_folders_open_and_the_first_is_segmented(window, images, tmp_path):
    extra = make_image(tmp_path / "extra.png")
    _drop(window, [extra, images[0].parent])
    assert window.session.images.paths == [extra, *images]
    assert window.session.images.current == extra
    assert window.session.segmentation.result is not None
    assert window.canvas.isVisible()


def test_dropped_checkpoint_is_loaded(window, engine, tmp_path):
    folder = tmp_path / "my_model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    _drop(window, [folder])
    assert engine.requests[-1].spec == str(folder)
    assert window.model.picker.currentText() == "my_model"
    assert window.session.images.paths == []


def test_checkpoint_that_cannot_be_loaded_leaves_the_model_that_ran(window, engine, tmp_path):
    before = window.session.models.ready
    checkpoint = tmp_path / "broken.pth"
    checkpoint.write_bytes(b"x")
    _drop(window, [checkpoint])
    assert window.message_bar.isVisible()
    assert window.session.models.ready is before
    assert window.model.picker.currentText().startswith("SegFormer-B0, CamVid")


def test_opening_the_same_image_twice_lists_it_once(window, images):
    window.session.images.open(images)
    window.session.images.open(images[1:2])
    assert window.session.images.paths == images
    assert window.session.images.current == images[1]


def test_missing_path_is_one_sentence_in_the_window(window, tmp_path):
    window.session.images.open([tmp_path / "nowhere"])
    assert "does not exist" in window.message_bar.sentence.text()
    assert window.message_bar.details.isHidden()


def test_keys_walk_through_the_images(window, images, qtbot):
    window.session.images.open(images)
    qtbot.keyClick(window, Qt.Key.Key_D)
    qtbot.keyClick(window, Qt.Key.Key_D)
    qtbot.keyClick(window, Qt.Key.Key_D)
    assert window.session.images.current == images[2]
    qtbot.keyClick(window, Qt.Key.Key_A)
    assert window.session.images.current == images[1]
    assert window.files.view.currentIndex().row() == 1


def test_broken_image_says_so_and_the_rest_goes_on(window, images, tmp_path):
    broken = tmp_path / "in" / "b_broken.png"
    broken.write_text("this is no image")
    window.session.images.open([*images, broken])
    window.session.images.select(broken)
    assert window.session.images.picture is None
    tip = window.files.view.model().index(3, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "is not an image" in tip
    window.canvas.grab()
    window.session.images.step(-1)
    assert window.session.segmentation.result is not None


def test_mended_image_is_read_again_by_run(window, qtbot, tmp_path):
    path = tmp_path / "x.png"
    path.write_text("no image")
    window.session.images.open([path])
    make_image(path)
    qtbot.keyClick(window, Qt.Key.Key_R)
    assert window.session.segmentation.result is not None
    assert path not in window.session.images.errors


def test_run_segments_when_automatic_is_off(window, engine, images, qtbot):
    window.actions_by_id["auto_segment"].trigger()
    window.session.images.open(images)
    assert engine.options == []
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert len(engine.options) == 1
    assert images[0] in window.session.segmentation


def test_failed_segmentation_marks_the_image_and_keeps_it_on_screen(window, engine, images):
    engine.broken[10] = UserError("disk_full", path="x")
    window.session.images.open(images)
    assert "no space left" in window.message_bar.sentence.text()
    assert images[0] in window.session.segmentation.errors
    assert window.session.images.picture is not None


def test_unexpected_error_shows_its_traceback_on_request(window, engine, images, qtbot):
    engine.broken[10] = ZeroDivisionError("oops")
    window.session.images.open(images)
    bar = window.message_bar
    assert "ZeroDivisionError" in bar.sentence.text()
    assert bar.details.isHidden()
    qtbot.mouseClick(bar.more, Qt.MouseButton.LeftButton)
    assert "oops" in bar.details.toPlainText()
    assert bar.details.isVisible()
    qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    assert bar.isHidden()


def test_status_bar_shows_time_device_and_notes(window, engine, images, monkeypatch):
    monkeypatch.setattr(
        "segformer_gui.gui.status_bar.note_sentence", lambda note: f"note {note.code}"
    )
    engine.notes = (Note("memory_half", {}),)
    window.session.images.open(images)
    bar = window.statusBar()
    assert bar.time.text() == "24 ms"
    assert "Network 20 ms" in bar.time.toolTip()
    assert bar.device.text().split("  ·  ") == ["SegFormer-B0, CamVid", "CPU", "float32"]
    assert bar.notes.text() == "Note: note memory_half"


def test_welcome_offers_samples_and_opens_them_all(window):
    buttons = [b for b in window.welcome.findChildren(QToolButton) if "Street" in b.text()]
    assert len(buttons) == 3
    buttons[1].click()
    assert window.session.images.current.name == "street_02.png"
    assert len(window.session.images.paths) == 6
    assert window.session.settings.recent == ()


def test_recent_places_are_remembered_latest_first(window, images):
    window.session.images.open([images[0]])
    window.session.images.open([images[1].parent])
    assert window.session.settings.recent == (str(images[1].parent), str(images[0]))
    window.menus.recent.aboutToShow.emit()
    actions = window.menus.recent.actions()
    texts = [action.text() for action in actions if not action.isSeparator()]
    assert texts == [*window.session.settings.recent, "&Clear this list"]
    actions[-1].trigger()
    assert window.session.settings.recent == ()
    window.menus.recent.aboutToShow.emit()
    assert [action.isEnabled() for action in window.menus.recent.actions()] == [False]


def test_open_dialogs_pass_on_what_was_chosen(window, images, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(images[0])], ""))
    window.actions_by_id["open_images"].trigger()
    assert window.session.images.paths == images[:1]
    folder = str(images[0].parent)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: folder)
    window.actions_by_id["open_folder"].trigger()
    assert window.session.images.paths == images
    assert window.session.settings.open_folder == folder


@pytest.mark.parametrize("name", ["light", "dark"])
def test_theme_changes_while_the_window_is_open(window, name):
    window.session.change_settings(theme=name)
    chosen = theme.DARK if name == "dark" else theme.LIGHT
    assert theme.colors() is chosen
    assert QApplication.palette().window().color().name() == chosen.window
    icon = window.actions_by_id["open_images"].icon().pixmap(24, 24).toImage()
    drawn = {icon.pixelColor(x, y).name() for x in range(24) for y in range(24)}
    assert chosen.text in drawn


@pytest.mark.parametrize("colors", [theme.LIGHT, theme.DARK])
def test_text_has_contrast_in_both_themes(colors):
    """WCAG 2: at least 4.5 to 1 for text."""

    def luminance(color: str) -> float:
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        dark, bright = sorted((luminance(one), luminance(other)))
        return (bright + 0.05) / (dark + 0.05)

    for ground in (colors.window, colors.base, colors.raised, colors.canvas):
        for text in (colors.text, colors.muted):
            assert contrast(text, ground) >= 4.5, (text, ground)
    assert contrast(colors.warning, colors.window) >= 4.5
    assert contrast(colors.text, colors.selection) >= 4.5
    assert contrast(colors.on_accent, colors.accent) >= 4.5


def test_every_action_is_in_a_menu_with_a_tip_and_no_key_is_taken_twice(window):
    in_menus = {action.objectName() for action in _menu_actions(window.menuBar())}
    keys: list[str] = []
    for entry in ENTRIES:
        assert entry.id in in_menus
        action = window.actions_by_id[entry.id]
        assert action.toolTip()
        assert action.isCheckable() or action.receivers("2triggered(bool)") > 0
        keys += [
            key.toString(QKeySequence.SequenceFormat.PortableText) for key in action.shortcuts()
        ]
    assert len(keys) == len(set(keys))


def _menu_actions(menu):
    """The actions of a menu bar and of all menus below it."""
    for action in menu.actions():
        yield action
        if action.menu() is not None:
            yield from _menu_actions(action.menu())


def test_icon_only_buttons_have_accessible_names(window):
    for button in window.findChildren(QToolButton):
        if button.isVisibleTo(window) and not button.objectName().startswith("qt_"):
            assert button.accessibleName() or button.text(), button.toolTip()


@pytest.mark.parametrize("action_id", ["shortcuts", "about"])
def test_dialogs_open_without_blocking(window, action_id):
    window.actions_by_id[action_id].trigger()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    dialog.reject()


def test_about_names_every_library_with_its_licence(window):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.split("[<>=!]", line)[0] for line in project["dependencies"]}
    window.actions_by_id["about"].trigger()
    dialog = QApplication.activeModalWidget()
    lines = "\n".join(label.text() for label in dialog.findChildren(QLabel)).splitlines()
    named = {line.split()[0] for line in lines if "  ·  " in line}
    assert needed <= named
    dialog.reject()


def test_a_success_goes_by_itself_and_an_error_stays(window):
    bar = window.message_bar
    bar.show_message("success", "Done.")
    assert bar.expiry.isActive()
    bar.expiry.timeout.emit()
    assert not bar.isVisible()
    bar.show_message("error", "Failed.")
    assert not bar.expiry.isActive()


def test_tab_goes_through_the_welcome_page_in_the_order_that_is_seen(window, qtbot):
    window.activateWindow()
    window.welcome.findChildren(QPushButton)[0].setFocus()
    seen = []
    for _ in range(5):
        seen.append(QApplication.focusWidget().text())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert seen == ["Open images…", "Open folder…", "Street 01", "Street 02", "Street 03"]


def test_a_long_text_under_the_mouse_makes_the_window_no_wider(window):
    bar = window.statusBar()
    narrow = bar.minimumSizeHint().width()
    bar.hover.setText("a class with a name as long as a sentence " * 5)
    assert bar.minimumSizeHint().width() == narrow


def test_closing_saves_settings(window):
    window.toolbar.opacity.setValue(35)
    window.close()
    saved = load_settings(settings_file())
    assert saved.opacity == 0.35
    assert saved.model == "segformer-b0-camvid"


def test_layout_is_restored(qtbot, window):
    window.files.hide()
    window.close()
    again = make_window(window.session.settings, synchronous=True)
    qtbot.addWidget(again)
    again.show()
    assert again.files.isHidden()
    assert again.classes.isVisible()
    again._reset_layout()
    assert again.files.isVisible()


def test_a_record_of_the_layout_that_makes_no_sense_is_passed_over(qtbot, window):
    window_file().parent.mkdir(exist_ok=True)
    window_file().write_bytes(b"[General]\ngeometry=@ByteArray(x)\nlayout=7\n\xff")
    again = make_window(window.session.settings, synchronous=True)
    qtbot.addWidget(again)
    again.show()
    assert again.files.isVisible()
