"""The window with real threads: late results, cancel, and closing in the middle of work."""

from __future__ import annotations

from PySide6.QtCore import Qt

from segformer_gui.app import make_window, start
from segformer_gui.core.settings import Settings
from tests.gui.conftest import delete


def test_late_result_of_another_image_is_never_shown(threaded, engine, images, qtbot):
    session = threaded.session
    engine.gate.clear()
    session.images.open(images)
    qtbot.waitUntil(engine.entered.is_set)
    session.images.select(images[2])
    shown = []
    session.segmentation.changed.connect(lambda: shown.append(session.segmentation.result))
    engine.gate.set()
    qtbot.waitUntil(lambda: images[2] in session.segmentation)
    results = [result for result in shown if result is not None]
    assert len(results) == 1
    assert results[0].labels[0, 0] == 1  # The third image's left half is of the middle class.
    assert images[0] not in session.segmentation


def test_escape_cancels_and_the_window_goes_on(threaded, engine, images, qtbot):
    session = threaded.session
    engine.gate.clear()
    session.images.open(images)
    qtbot.waitUntil(lambda: session.segmentation.busy and engine.entered.is_set())
    qtbot.keyClick(threaded, Qt.Key.Key_Escape)
    assert not session.segmentation.busy
    engine.gate.set()
    qtbot.keyClick(threaded, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: session.segmentation.result is not None)


def test_segment_all_can_be_cancelled_and_taken_up_again(threaded, engine, images, qtbot):
    session = threaded.session
    session.change_settings(auto_segment=False)
    session.images.open(images)
    qtbot.waitUntil(lambda: session.images.picture is not None)
    engine.gate.clear()
    threaded.actions_by_id["segment_all"].trigger()
    qtbot.waitUntil(engine.entered.is_set)
    assert threaded.statusBar().progress.isVisible()
    qtbot.mouseClick(threaded.statusBar().cancel, Qt.MouseButton.LeftButton)
    assert session.segment_all.progress is None
    assert "Stopped" in threaded.message_bar.sentence.text()
    engine.gate.set()
    threaded.actions_by_id["segment_all"].trigger()
    qtbot.waitUntil(lambda: session.segmentation.count() == 3)


def test_current_image_comes_before_the_rest_of_a_run(threaded, engine, images, qtbot):
    session = threaded.session
    session.change_settings(auto_segment=False)
    session.images.open(images)
    qtbot.waitUntil(lambda: session.images.picture is not None)
    engine.gate.clear()
    session.segment_every_image()
    qtbot.waitUntil(engine.entered.is_set)
    session.images.select(images[2])
    qtbot.waitUntil(lambda: session.images.picture is not None)
    session.segment_current()
    order = []
    session.segmentation.status_changed.connect(order.append)
    engine.gate.set()
    qtbot.waitUntil(lambda: session.segmentation.count() == 3)
    assert order[:2] == [images[0], images[2]]


def test_checkpoint_opened_at_start_is_not_replaced_by_the_embedded_model(engine, qtbot, tmp_path):
    window = make_window(Settings(), engine)
    checkpoint = tmp_path / "mine.safetensors"
    checkpoint.touch()
    start(window, [checkpoint])
    qtbot.waitUntil(lambda: len(window.session.models.entries) > 1)
    qtbot.waitUntil(lambda: window.session.models.ready is not None)
    assert window.session.models.ready_title() == "mine.safetensors"
    delete(window)


def test_broken_checkpoint_at_start_falls_back_to_the_embedded_model(engine, qtbot, tmp_path):
    window = make_window(Settings(), engine)
    checkpoint = tmp_path / "broken.pth"
    checkpoint.touch()
    start(window, [checkpoint])
    qtbot.waitUntil(lambda: window.session.models.ready is not None)
    assert window.session.models.ready.request.spec == "segformer-b0-camvid"
    assert not window.message_bar.isHidden()
    delete(window)


def test_closing_while_busy_ends_the_threads(threaded, engine, images, qtbot):
    engine.gate.clear()
    threaded.session.images.open(images)
    qtbot.waitUntil(engine.entered.is_set)
    threaded.close()
    assert threaded.isHidden()
    assert threaded.session.close(0)
