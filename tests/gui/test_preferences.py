"""The preferences: shown as they are, applied by OK, kept on the disk."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox

from segformer_gui.core.paths import settings_file
from segformer_gui.core.settings import load_settings
from segformer_gui.gui.preferences import PreferencesDialog

_OK = QDialogButtonBox.StandardButton.Ok
_CANCEL = QDialogButtonBox.StandardButton.Cancel
_DEFAULTS = QDialogButtonBox.StandardButton.RestoreDefaults


@pytest.fixture
def dialog(window, qtbot) -> PreferencesDialog:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    return window.findChild(PreferencesDialog)


def _click(qtbot, dialog: PreferencesDialog, button: QDialogButtonBox.StandardButton) -> None:
    qtbot.mouseClick(dialog.buttons.button(button), Qt.MouseButton.LeftButton)


def _choose_other_values(dialog: PreferencesDialog) -> None:
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.palette_box.setCurrentIndex(dialog.palette_box.findData("contrast"))
    dialog.list_order.setCurrentIndex(dialog.list_order.findData("name"))
    dialog.device.setCurrentIndex(dialog.device.findData("cpu"))
    dialog.precision.setCurrentIndex(dialog.precision.findData("bfloat16"))
    dialog.input_size.setCurrentIndex(dialog.input_size.findData("768"))
    dialog.scales.setCurrentIndex(1)
    dialog.auto_segment.setChecked(False)
    dialog.sliding.setChecked(True)
    dialog.flip.setChecked(True)
    dialog.opacity.setValue(25)


def test_ok_applies_everything_and_the_file_keeps_it(window, dialog, engine, qtbot):
    _choose_other_values(dialog)
    _click(qtbot, dialog, _OK)
    session = window.session
    assert (session.view.opacity, session.view.palette) == (0.25, "contrast")
    assert (engine.requests[-1].device, engine.requests[-1].precision) == ("cpu", "bfloat16")
    assert (session.segmentation.options.short_side, session.segmentation.options.flip) == (
        768,
        True,
    )
    assert not window.actions_by_id["auto_segment"].isChecked()
    window.close()
    kept = load_settings(settings_file())
    assert (kept.theme, kept.palette, kept.list_order) == ("dark", "contrast", "name")
    assert (kept.device, kept.precision, kept.short_side) == ("cpu", "bfloat16", "768")
    assert kept.scales == "0.75,1,1.25"
    assert (kept.auto_segment, kept.sliding, kept.flip, kept.opacity) == (False, True, True, 0.25)


def test_cancel_changes_nothing(window, dialog, engine, qtbot):
    before, requests = window.session.settings, len(engine.requests)
    _choose_other_values(dialog)
    _click(qtbot, dialog, _CANCEL)
    assert window.session.settings == before
    assert window.session.view.opacity == 0.6
    assert len(engine.requests) == requests


def test_defaults_are_shown_first_and_applied_by_ok(window, dialog, qtbot):
    _choose_other_values(dialog)
    _click(qtbot, dialog, _DEFAULTS)
    assert dialog.theme.currentData() == "system"
    assert (dialog.opacity.value(), dialog.input_size.currentData()) == (60, "model")
    assert window.session.settings.theme == "light"
    _click(qtbot, dialog, _OK)
    assert window.session.settings.theme == "system"


def test_ok_without_a_change_loads_no_model_again(dialog, engine, qtbot):
    requests = len(engine.requests)
    _click(qtbot, dialog, _OK)
    assert len(engine.requests) == requests


def test_recent_places_are_cleared(window, images, qtbot):
    window.session.images.open(images)
    dialog = PreferencesDialog(window.session, window)
    dialog.show()
    qtbot.mouseClick(dialog.clear_recent, Qt.MouseButton.LeftButton)
    assert window.session.settings.recent == ()
    assert not dialog.clear_recent.isEnabled()
