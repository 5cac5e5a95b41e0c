"""Every dock by itself: what it shows, and what clicks and keys in it do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton

from segformer_gui.core.catalogue import ModelEntry
from segformer_gui.core.classes import class_set_of_count
from segformer_gui.core.download import DownloadProgress
from segformer_gui.core.errors import UserError
from segformer_gui.gui.docks.classes import SHARE_ROLE
from segformer_gui.gui.session.models import Download


@pytest.fixture
def opened(window, images):
    window.session.images.open(images)
    return window


def test_files_dock_lists_images_and_counts(opened):
    model = opened.files.view.model()
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == ["a_0.png", "a_1.png", "a_2.png"]
    assert "1 of 3" in opened.files._count.text()
    assert "1 segmented" in opened.files._count.text()


def test_the_current_image_is_selected_when_the_welcome_page_gives_its_focus_away(
    window, images, qtbot
):
    button = window.welcome.findChildren(QPushButton)[0]
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)

    window.session.images.open(images)

    assert window.files.selected_paths() == [images[0]]


def test_clicking_a_file_shows_it(opened, images, qtbot):
    view = opened.files.view
    at = view.visualRect(view.model().index(2, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert opened.session.images.current == images[2]
    assert opened.windowTitle().startswith("a_2.png")


def test_keys_walk_while_the_list_has_the_focus(opened, images, qtbot):
    opened.files.view.setFocus()
    qtbot.keyClick(opened.files.view, Qt.Key.Key_D)
    assert opened.session.images.current == images[1]


def test_file_tooltip_has_path_and_state(opened, images):
    tip = opened.files.view.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert str(images[0]) in tip
    assert "Segmented" in tip


def test_delete_takes_images_off_the_list(opened, images, qtbot):
    opened.files.view.setFocus()
    qtbot.keyClick(opened.files.view, Qt.Key.Key_Delete)
    assert opened.session.images.paths == images[1:]
    assert opened.session.images.current == images[1]
    assert images[0].exists()


def test_clearing_the_list_returns_to_the_welcome_page(opened):
    opened.actions_by_id["clear"].trigger()
    assert opened.session.images.current is None
    assert opened.welcome.isVisible()


def test_legend_shows_shares_of_the_current_image(opened):
    model = opened.classes.view.model()
    shares = [model.index(row, 0).data(SHARE_ROLE) for row in range(3)]
    assert shares == [0.5, 0.0, 0.5]


def test_eye_hides_and_shows_a_class(opened, qtbot):
    view = opened.classes.view
    rect = view.visualRect(view.model().index(0, 0))
    eye = QPoint(rect.left() + 12, rect.center().y())
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=eye)
    assert opened.session.view.hidden == {0}
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=eye)
    assert opened.session.view.hidden == frozenset()


def test_alt_click_shows_a_class_alone(opened, qtbot):
    view = opened.classes.view
    at = view.visualRect(view.model().index(2, 0)).center()
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, alt, at)
    assert opened.session.view.solo == 2
    opened.classes.show_all.click()
    assert opened.session.view.solo is None


def test_keys_in_the_legend_hide_and_solo(opened, qtbot):
    view = opened.classes.view
    view.setFocus()
    view.setCurrentIndex(view.model().index(1, 0))
    qtbot.keyClick(view, Qt.Key.Key_H)
    assert opened.session.view.hidden == {1}
    qtbot.keyClick(view, Qt.Key.Key_S)
    assert opened.session.view.solo == 1


def test_search_filters_classes_and_eats_no_shortcuts(opened, images, qtbot):
    search = opened.classes.search
    search.setFocus()
    qtbot.keyClicks(search, "dar")  # D and A would flip through the images, R would segment.
    assert search.text() == "dar"
    assert opened.session.images.current == images[0]
    model = opened.classes.view.model()
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["dark"]


def test_filtered_rows_hide_the_right_class(opened, qtbot):
    opened.classes.search.setText("bright")
    view = opened.classes.view
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    qtbot.keyClick(view, Qt.Key.Key_H)
    assert opened.session.view.hidden == {2}


def test_another_class_set_replaces_the_legend(opened, engine):
    opened.session.view.set_hidden(0, True)
    engine.classes = class_set_of_count(19)
    opened.session.models.set_precision("bfloat16")
    assert opened.classes.view.model().rowCount() == 19
    assert opened.session.view.hidden == frozenset()


def test_model_dock_shows_facts_of_the_embedded_model(window):
    assert window.model.picker.currentText().startswith("SegFormer-B0, CamVid")
    assert window.model.facts["classes"][1].text() == "3"
    assert "non-commercial" in window.model.facts["licence"][1].text()
    assert window.model._download_row.isHidden()


def test_model_list_is_grouped_and_headings_cannot_be_picked(window):
    picker = window.model.picker
    rows = {picker.itemText(row): row for row in range(picker.count())}
    assert not picker.model().index(rows["On the hub"], 0).flags() & Qt.ItemFlag.ItemIsEnabled
    assert rows["Embedded"] < rows["On the hub"]


def test_choosing_a_hub_model_offers_its_download(window, engine):
    loads = len(engine.requests)
    picker = window.model.picker
    row = next(row for row in range(picker.count()) if "B2, Cityscapes" in picker.itemText(row))
    picker.setCurrentIndex(row)
    picker.activated.emit(row)
    assert window.model.download.isVisible()
    assert window.model.facts["size"][1].text() == "110 MB"
    assert len(engine.requests) == loads


def test_looking_at_another_model_and_back_keeps_the_results(opened, engine):
    loads = len(engine.requests)
    entries = opened.session.models.entries
    opened.session.models.choose(entries[-1])
    opened.session.models.choose(entries[0])
    assert len(engine.requests) == loads
    assert opened.session.segmentation.count() == 1


def test_opening_a_checkpoint_again_reads_it_again(window, engine, tmp_path):
    checkpoint = tmp_path / "mine.safetensors"
    checkpoint.touch()
    window.session.models.open_checkpoint(checkpoint)
    window.session.models.open_checkpoint(checkpoint)
    first, second = engine.requests[-2:]
    assert first.spec == second.spec
    assert first.serial != second.serial


def test_download_progress_is_shown_and_the_model_loaded_after(
    window, engine, monkeypatch, tmp_path
):
    seen = []

    def download(entry, progress, cancelled):
        progress(DownloadProgress(5_000_000, 20_000_000))
        seen.append((window.model.progress.value(), window.model.progress_text.text()))
        return tmp_path

    monkeypatch.setattr("segformer_gui.gui.session.models.download_model", download)
    hub = next(entry for entry in window.session.models.entries if entry.origin == "hub")
    window.session.models.choose(hub)
    window.model.download.click()
    assert seen == [(250, "5 of 20 MB")]
    assert engine.requests[-1].spec == hub.id
    assert window.model._download_row.isHidden()


def test_failed_download_says_why(window, monkeypatch):
    def download(entry, progress, cancelled):
        raise UserError("offline_mode", model=entry.id)

    monkeypatch.setattr("segformer_gui.gui.session.models.download_model", download)
    hub = next(entry for entry in window.session.models.entries if entry.origin == "hub")
    window.session.models.choose(hub)
    window.model.download.click()
    assert "HF_HUB_OFFLINE" in window.message_bar.sentence.text()
    assert window.model.download.isVisible()


def test_running_download_can_be_cancelled(window):
    entry = ModelEntry(id="org/x", title="X", origin="hub", size_mb=1)
    window.session.models._set_download(Download(entry))
    assert window.model.cancel.isVisible()
    assert window.model.progress.isVisible()


@pytest.mark.parametrize(("data", "short_side"), [("native", None), ("512", 512)])
def test_input_size_segments_again(opened, engine, data, short_side):
    box = opened.model.input_size
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())
    assert engine.options[-1].short_side == short_side
    assert opened.session.segmentation.count() == 1


def test_scales_segment_again(opened, engine):
    box = opened.model.scales
    assert [box.itemText(i) for i in range(box.count())] == [
        "One size",
        "3 sizes, 0.75 to 1.25 times",
        "6 sizes, 0.5 to 1.75 times",
    ]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert engine.options[-1] == replace(engine.options[0], scales=(0.75, 1.0, 1.25))


def test_scales_that_are_none_are_one(opened, engine):
    opened.session.change_settings(scales="many")
    assert engine.options[-1].scales == (1.0,)


def test_protocol_boxes_segment_again(opened, engine):
    opened.model.sliding.click()
    opened.model.flip.click()
    assert engine.options[-1] == replace(engine.options[0], sliding=True, flip=True)


def test_precision_choice_prepares_the_model_again(opened, engine):
    box = opened.model.precision
    box.setCurrentIndex(box.findData("bfloat16"))
    box.activated.emit(box.currentIndex())
    assert engine.requests[-1].precision == "bfloat16"
    assert engine.requests[-1].serial == engine.requests[0].serial
