"""The docks of the lab: what they show, and what clicks and keys in them do."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QFileDialog

from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.corruption.corrupt import corrupt
from segformer_gui.core.images import write_png
from segformer_gui.gui.session.corruption_thumbnails import _cut
from tests.gui.conftest import CLASSES
from tests.gui.looking import in_front


@pytest.fixture
def dock(window, lab):
    window.lab.corruption.raise_()
    QApplication.processEvents()
    return window.lab.corruption


# Corruption -------------------------------------------------------------------------------------


def test_every_corruption_has_a_button_with_a_thumbnail_of_the_image(window, dock, lab):
    assert set(dock.buttons) == set(NAMES)
    small = _cut(window.session.current.picture.levels[-1])
    for name, button in dock.buttons.items():
        assert np.array_equal(lab.thumbnails.get(name), corrupt(small, name, 3, 0))
        assert not button.icon().isNull()


def test_thumbnails_follow_image_severity_and_seed(window, dock, lab):
    first = lab.thumbnails.get("fog")
    for change in (
        lambda: window.session.images.step(2),
        lambda: lab.choose("snow"),
        lambda: lab.set_severity(5),
        lambda: lab.set_seed(3),
    ):
        change()
        small = _cut(window.session.current.picture.levels[-1])
        severity = lab.step.severity or 3
        expected = corrupt(small, "fog", severity, lab.condition.seed)
        assert np.array_equal(lab.thumbnails.get("fog"), expected)
    assert not np.array_equal(first, lab.thumbnails.get("fog"))


def test_thumbnails_are_made_only_if_anybody_looks(window, images):
    window.files.raise_()
    QApplication.processEvents()
    window.session.images.open(images)
    window.session.lab.choose("fog")
    assert window.session.lab.thumbnails.get("fog") is None


def test_a_click_chooses_and_the_slider_tells_how_severe(dock, lab, qtbot):
    qtbot.mouseClick(dock.buttons["frost"], Qt.MouseButton.LeftButton)
    assert lab.condition == Condition((Step("frost", 3),))
    assert [name for name, button in dock.buttons.items() if button.isChecked()] == ["frost"]
    assert dock.slider.value() == 30
    dock.slider.setFocus()
    qtbot.keyClick(dock.slider, Qt.Key.Key_Right)
    assert lab.step.severity == 4
    dock.slider.setValue(0)
    assert lab.condition.is_clean
    assert not any(button.isChecked() for button in dock.buttons.values())


def test_the_slider_stays_on_whole_severities_unless_told(dock, lab):
    dock.buttons["fog"].click()
    dock.slider.setValue(27)
    assert (lab.step.severity, dock.slider.value()) == (3, 30)
    assert dock.off_protocol.isHidden()
    dock.fine.click()
    dock.slider.setValue(27)
    assert lab.step.severity == 2.7
    assert not dock.off_protocol.isHidden()
    assert "Severity 2.7 is off protocol" in dock.off_protocol.toolTip()
    dock.value.setValue(1.3)
    assert (lab.step.severity, dock.slider.value()) == (1.3, 13)


def test_a_typed_severity_between_whole_ones_turns_the_fine_steps_on(dock, lab):
    dock.buttons["fog"].click()
    dock.value.setValue(2.4)
    assert lab.step.severity == 2.4
    assert dock.fine.isChecked()


def test_the_reference_engine_takes_the_fine_steps_away(dock, lab):
    dock.buttons["gaussian_noise"].click()
    dock.value.setValue(2.4)
    dock.engine.setCurrentIndex(1)
    dock.engine.activated.emit(1)
    assert lab.condition == Condition((Step("gaussian_noise", 2),), engine="reference")
    assert not dock.fine.isEnabled()
    assert not dock.fine.isChecked()
    assert dock.value.value() == 2


def test_seed_and_dice(dock, lab, qtbot):
    dock.buttons["shot_noise"].click()
    dock.seed.setValue(12)
    assert lab.condition.seed == 12
    qtbot.mouseClick(dock.dice, Qt.MouseButton.LeftButton)
    assert lab.condition.seed == dock.seed.value() != 12


def test_a_stack_is_listed_and_each_of_it_can_be_changed(dock, lab, qtbot):
    assert dock.stack.isHidden()
    assert not dock.add.isEnabled()
    dock.buttons["fog"].click()
    dock.add.click()
    assert dock.stack.count() == 2
    assert dock.slider.value() == 0
    dock.buttons["snow"].click()
    assert [dock.stack.item(row).text() for row in range(2)] == ["Fog 3", "Snow 3"]
    assert "stack of 2" in dock.off_protocol.toolTip()
    at = dock.stack.visualItemRect(dock.stack.item(0)).center()
    qtbot.mouseClick(dock.stack.viewport(), Qt.MouseButton.LeftButton, pos=at)
    dock.slider.setValue(50)
    assert str(lab.condition) == "fog:5 + snow:3"
    dock.remove.click()
    assert str(lab.condition) == "snow:3"
    assert dock.stack.isHidden()
    dock.clear.click()
    assert lab.condition.is_clean
    assert not dock.clear.isEnabled()


def test_keys_change_the_severity_but_are_typed_in_fields(window, dock, lab, qtbot):
    dock.buttons["fog"].click()
    qtbot.keyClick(window, ".")
    assert lab.step.severity == 4
    qtbot.keyClick(window, ",")
    qtbot.keyClick(window, ",")
    assert lab.step.severity == 2
    qtbot.keyClick(window, Qt.Key.Key_Backspace, Qt.KeyboardModifier.ControlModifier)
    assert lab.condition.is_clean
    search = window.files.search
    search.setFocus()
    qtbot.keyClicks(search, "a.b,")
    assert search.text() == "a.b,"
    assert lab.condition.is_clean


# Comparison -------------------------------------------------------------------------------------


def bars(plot):
    (found,) = (item for item in plot.getPlotItem().items if "Bar" in type(item).__name__)
    return found.opts


def test_losses_of_the_classes_are_sorted_bars_in_their_colours(window, lab):
    dock = in_front(window.lab.comparison)
    assert "Corrupt a segmented image" in dock.widget().currentWidget().text()
    lab.choose("fog")
    losses = lab.pair.scores.class_losses
    drawn = bars(dock.losses)
    assert drawn["width"].tolist() == pytest.approx([100 * loss for loss in losses.values()])
    assert drawn["width"].tolist() == sorted(drawn["width"].tolist(), reverse=True)
    colors = dict(zip(CLASSES.names, CLASSES.colors, strict=True))
    expected = [QColor(*colors[name]).name() for name in losses]
    assert [brush.name() for brush in drawn["brushes"]] == expected
    names = [name for _, name in dock.losses.getAxis("left")._tickLevels[0]]
    assert names == list(losses)


def test_numbers_are_those_of_the_pair(window, lab, tmp_path):
    dock = in_front(window.lab.comparison)
    lab.choose("fog")
    scores = lab.pair.scores
    texts = {key: value.text() for key, (_, value) in dock.numbers.items()}
    assert texts["agreement"] == f"{100 * scores.agreement:.1f} %"
    assert texts["consistency"] == f"{100 * scores.consistency:.1f} %"
    assert texts["borders"] == f"{lab.pair.shift_px:.1f} px"
    assert dock.numbers["truth"][0].isHidden()
    assert dock.condition.text() == "Fog 3, seed 0"
    write_png(tmp_path / "truth.png", np.zeros((60, 80), np.uint8))
    lab.truth.open(tmp_path / "truth.png")
    before = 100 * lab.pair.scores.base_truth.miou
    assert dock.numbers["truth"][1].text().startswith(f"{before:.1f} → ")
    lab.set_severity(1.5)
    assert dock.condition.text() == "Fog 1.5, seed 0, off protocol"


# Severities -------------------------------------------------------------------------------------


@pytest.fixture
def severities(window, lab):
    dock = in_front(window.lab.severities)
    lab.choose("fog")
    return dock


def test_one_click_draws_the_curve_and_a_click_on_it_opens_a_severity(severities, lab):
    severities.starts["curve"].click()
    thick = severities.curve.getPlotItem().listDataItems()
    overall = max(thick, key=lambda item: item.opts["pen"].width())
    x, y = overall.getData()
    assert x.tolist() == [0, 1, 2, 3, 4, 5]
    expected = [100 * reading.scores.score for reading in lab.sweep.curve.values()]
    assert y.tolist() == pytest.approx(expected)
    assert severities.notes["curve"].text() == "Fog, seed 0, consistency"
    (points,) = (
        item for item in severities.curve.getPlotItem().items if "Scatter" in type(item).__name__
    )
    points.sigClicked.emit(points, [points.points()[5]], None)
    assert lab.step == Step("fog", 5)


def test_curves_of_hidden_classes_are_not_drawn(window, severities):
    severities.starts["curve"].click()
    drawn = len(severities.curve.getPlotItem().listDataItems())
    window.session.view.set_hidden(0, True)
    assert len(severities.curve.getPlotItem().listDataItems()) == drawn - 1


def test_a_click_on_a_cell_of_the_heat_map_opens_that_condition(severities, lab, qtbot):
    severities.start("grid")
    heat_map = severities.heat_map
    cells = [heat_map.shown(row, column) for row in range(19) for column in range(5)]
    assert None not in cells
    condition = Condition((Step("snow", 4),))
    score = lab.sweep.grid[condition].scores.score
    assert heat_map.shown(NAMES.index("snow"), 3).text == f"{100 * score:.0f}"
    qtbot.mouseClick(heat_map, Qt.MouseButton.LeftButton, pos=heat_map.cell_of("snow", 4).center())
    assert lab.condition == condition
    assert score == lab.pair.scores.score
    qtbot.keyClick(heat_map, Qt.Key.Key_Right)
    qtbot.keyClick(heat_map, Qt.Key.Key_Down)
    assert lab.condition == Condition((Step("spatter", 5),))
    assert "Snow 4" in heat_map.shown(NAMES.index("snow"), 3).tip


def test_cells_cover_the_map_without_overlap(severities):
    heat_map = severities.heat_map
    cells = [heat_map.cell_of(name, severity) for name in NAMES for severity in range(1, 6)]
    assert not any(a.intersects(b) for i, a in enumerate(cells) for b in cells[:i])
    assert all(heat_map.rect().contains(cell) for cell in cells)


def test_breaking_points_are_told_with_everything_that_was_scanned(severities, lab):
    severities.threshold.setValue(80)
    severities.start("breaking")
    points = lab.sweep.points
    assert points.threshold == 0.8
    strips = {strip.name: strip.crossing for strip in severities.strip._strips}
    assert strips["Overall"] == points.overall
    assert set(strips) == {"Overall", *points.readings[0].scores.class_scores}
    scanned = ", ".join(f"{severity:g}" for severity in sorted(points.readings))
    assert f"Scanned: {scanned}." in severities.notes["breaking"].text()
    assert "off protocol" in severities.notes["breaking"].text()
    severities.strip.grab()


def test_actions_show_the_dock_and_run(window, lab, qtbot):
    lab.choose("fog")
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert in_front(window.lab.severities).isVisible()
    assert len(lab.sweep.curve) == 6
    qtbot.keyClick(window, Qt.Key.Key_F7)
    assert window.lab.severities.pages.currentIndex() == 1
    assert len(lab.sweep.grid) == 95


def test_an_action_runs_and_turns_to_its_page_before_the_charts_are_made(window, lab, qtbot):
    lab.choose("fog")
    for key in (Qt.Key.Key_F6, Qt.Key.Key_F7):
        qtbot.keyClick(window, key)
    assert len(lab.sweep.grid) == 95
    assert in_front(window.lab.severities).pages.currentIndex() == 1


def test_progress_is_shown_and_can_be_cancelled(threaded, engine, images, qtbot):
    session = threaded.session
    session.images.open(images)
    qtbot.waitUntil(lambda: session.current.result is not None)
    dock = in_front(threaded.lab.severities)
    qtbot.waitUntil(lambda: dock.widget().currentIndex() == 1)
    engine.gate.clear()
    dock.start("grid")
    assert dock.progress.isVisible()
    assert not dock.starts["grid"].isEnabled()
    qtbot.mouseClick(dock.cancel, Qt.MouseButton.LeftButton)
    assert session.lab.sweep.running is None
    assert dock.progress.isHidden()
    engine.gate.set()


def test_nothing_to_segment_is_said(window):
    dock = in_front(window.lab.severities)
    assert "Segment an image" in dock.widget().currentWidget().text()
    assert not window.actions_by_id["sweep_grid"].isEnabled()


# Ground truth -----------------------------------------------------------------------------------


def test_the_open_dialog_names_the_ground_truth_of_this_image(window, lab, tmp_path, monkeypatch):
    write_png(tmp_path / "truth.png", np.zeros((60, 80), np.uint8))
    name = str(tmp_path / "truth.png")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (name, ""))
    assert not window.lab.bar.truth.isChecked()
    window.lab.bar.truth.click()
    assert lab.pair.ground_truth.path.name == "truth.png"
    assert window.lab.bar.truth.isChecked()
    assert name in window.lab.bar.truth.toolTip()


def test_docks_take_the_colours_of_the_theme(window, severities, lab):
    severities.start("curve")
    window.session.change_settings(theme="dark")
    dark = severities.curve.backgroundBrush().color().name()
    window.session.change_settings(theme="light")
    assert (dark, severities.curve.backgroundBrush().color().name()) == ("#181a1f", "#ffffff")
