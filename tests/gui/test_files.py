"""The list of images: search, order, thumbnails, and ten thousand rows."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import Qt

from segformer_gui.core.errors import UserError
from segformer_gui.gui.docks.files import STATE_ROLE
from segformer_gui.gui.session import thumbnails
from tests.gui.conftest import make_image


@pytest.fixture
def opened(window, images):
    window.session.images.open(images)
    return window


def names(window) -> list[str]:
    model = window.files.view.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_search_lists_what_contains_the_text_and_steps_stay_in_it(opened, images, qtbot):
    opened.files.search.setFocus()
    qtbot.keyClicks(opened.files.search, "A_2")
    assert names(opened) == ["a_2.png"]
    assert opened.session.images.current == images[0]  # Typing changes no image.
    assert "1 of 3 found" in opened.files._count.text()
    opened.actions_by_id["next"].trigger()
    assert opened.session.images.current == images[2]
    assert not opened.actions_by_id["next"].isEnabled()
    assert not opened.actions_by_id["previous"].isEnabled()
    opened.files.search.clear()
    assert names(opened) == ["a_0.png", "a_1.png", "a_2.png"]
    assert opened.files.selected_paths() == [images[2]]


def test_search_without_a_hit_keeps_the_image_and_everything_works(opened, images):
    opened.files.search.setText("nothing like it")
    opened.files.view.grab()
    assert names(opened) == []
    assert opened.session.images.current == images[0]
    assert not opened.actions_by_id["next"].isEnabled()
    opened.session.images.step(1)
    opened.session.segment_every_image()
    assert opened.session.segmentation.count() == 3


def test_opening_what_the_search_hides_ends_the_search(opened, tmp_path):
    opened.files.search.setText("a_1")
    opened.session.images.open([make_image(tmp_path / "other.png")])
    assert opened.files.search.text() == ""
    assert opened.session.images.current.name == "other.png"


def test_removing_searched_rows_removes_only_them(opened, images, qtbot):
    opened.files.search.setText("a_1")
    opened.actions_by_id["next"].trigger()
    opened.actions_by_id["remove"].trigger()
    assert opened.session.images.paths == [images[0], images[2]]
    assert opened.session.images.current in opened.session.images.paths


def test_order_by_name_counts_as_people_do(window, tmp_path):
    files = [make_image(tmp_path / f"f{number}.png") for number in (10, 9, 100, 1)]
    window.session.images.open(files)
    _sort(window, "name")
    assert names(window) == ["f1.png", "f9.png", "f10.png", "f100.png"]
    assert window.session.images.paths == files
    _sort(window, "opened")
    assert names(window) == ["f10.png", "f9.png", "f100.png", "f1.png"]


def test_order_by_date_has_the_latest_first(window, images):
    for age, image in zip((200, 100, 300), images, strict=True):
        os.utime(image, (1_000_000 - age, 1_000_000 - age))
    window.session.images.open(images)
    _sort(window, "date")
    assert names(window) == ["a_1.png", "a_0.png", "a_2.png"]


def test_order_by_status_has_failures_first_and_follows_a_run(window, engine, images):
    engine.broken[100] = UserError("disk_full", path="x")
    window.session.change_settings(auto_segment=False)
    window.session.images.open(images)
    window.session.images.select(images[1])
    _sort(window, "status")
    window.session.segment_current()
    window.session.segment_every_image()
    assert names(window) == ["a_2.png", "a_0.png", "a_1.png"]
    model = window.files.view.model()
    states = [model.index(row, 0).data(STATE_ROLE) for row in range(3)]
    assert states == ["Failed", "Segmented", "Segmented"]


def test_order_by_confidence_has_first_what_is_most_worth_correcting(
    window, engine, images, monkeypatch
):
    engine.confidence = {100: 0.6}
    window.session.change_settings(auto_segment=False)
    window.session.images.open(images)
    _sort(window, "confidence")
    assert names(window) == ["a_0.png", "a_1.png", "a_2.png"]
    window.session.segment_every_image()
    model = window.files.view.model()
    states = [model.index(row, 0).data(STATE_ROLE) for row in range(3)]
    assert names(window)[0] == "a_2.png"
    assert states == ["Segmented, 60.0 % sure", *["Segmented, 75.0 % sure"] * 2]
    window.session.segmentation.drop(images[0])
    corrected = {images[2]: "corrected"}
    monkeypatch.setattr(window.session.masks, "status", corrected.get)
    window.session.images.relist()
    assert names(window) == ["a_1.png", "a_0.png", "a_2.png"]


def test_order_is_remembered(window, images):
    window.session.images.open(images)
    _sort(window, "date")
    window.close()
    assert window.session.settings.list_order == "date"


def test_painted_rows_get_their_thumbnails_and_others_are_not_read(window, tmp_path, monkeypatch):
    files = [make_image(tmp_path / f"{number}.png") for number in range(300)]
    read = []
    monkeypatch.setattr(
        thumbnails,
        "read_thumbnail",
        lambda path: read.append(path) or np.full((48, 64, 3), (9, 200, 9), np.uint8),
    )
    window.session.images.open(files)
    window.files.view.grab()
    assert 0 < len(read) < 40
    assert window.session.thumbnails.get(files[1])[0, 0].tolist() == [9, 200, 9]
    picture = window.files.view.viewport().grab().toImage()
    rect = window.files.view.visualRect(window.files.view.model().index(1, 0))
    assert picture.pixelColor(rect.left() + 30, rect.center().y()).getRgb()[:3] == (9, 200, 9)


def test_shown_image_gives_its_thumbnail_without_a_second_reading(opened, images):
    thumbnail = opened.session.thumbnails.get(images[0])
    assert thumbnail.shape == (60, 80, 3)
    assert thumbnail[0, 0].tolist() == [10, 10, 10]


def test_broken_image_is_read_once_for_its_thumbnail(window, images, tmp_path, monkeypatch):
    tries = []

    def fail(path):
        tries.append(path)
        raise UserError("image_broken", path=str(path))

    monkeypatch.setattr(thumbnails, "read_thumbnail", fail)
    for _ in range(3):
        assert window.session.thumbnails.get(images[1]) is None
    assert tries == [images[1]]


def test_latest_wanted_thumbnail_comes_first(threaded, tmp_path, monkeypatch, qtbot):
    gate, order = threading.Event(), []

    def read(path):
        gate.wait(5)
        order.append(int(path.stem))
        return np.zeros((3, 4, 3), np.uint8)

    monkeypatch.setattr(thumbnails, "read_thumbnail", read)
    for number in range(500):
        threaded.session.thumbnails.get(tmp_path / f"{number}.png")
    gate.set()
    qtbot.waitUntil(lambda: len(order) == 101)
    assert order == [0, *range(499, 399, -1)]


def test_ten_thousand_images_open_sort_and_search_without_a_stall(threaded, tmp_path, qtbot):
    first = make_image(tmp_path / "many" / "frame_0.png")
    for number in range(1, 10_000):
        os.link(first, first.with_name(f"frame_{number}.png"))
    images = threaded.session.images
    worst = 0.0

    def timed(do) -> None:
        nonlocal worst
        start = time.perf_counter()
        do()
        threaded.files.view.viewport().repaint()
        worst = max(worst, time.perf_counter() - start)

    images.open([first.parent])
    found = images._add

    def add(*arguments) -> None:
        timed(lambda: found(*arguments))

    images._add = add
    qtbot.waitUntil(lambda: len(images.paths) == 10_000, timeout=20_000)
    timed(lambda: _sort(threaded, "name"))
    timed(lambda: _sort(threaded, "status"))
    timed(lambda: threaded.files.search.setText("99"))
    timed(lambda: threaded.files.search.clear())
    timed(lambda: images.select(images.listed[7000]))
    timed(lambda: threaded.session.remove_images(images.listed[:5000]))
    assert len(images.paths) == 5000
    assert worst < 1  # What is quadratic in the list's length takes many seconds.


def _sort(window, order: str) -> None:
    actions = window.files.sort.menu().actions()
    next(action for action in actions if order in action.text().replace("&", "")).trigger()


def test_keys_typed_in_the_search_field_are_no_shortcuts(opened, images, qtbot):
    opened.files.search.setFocus()
    qtbot.keyClicks(opened.files.search, "dad")
    assert opened.session.images.current == images[0]
    qtbot.keyClick(opened.files.search, Qt.Key.Key_Escape)
    assert opened.session.images.current == images[0]
