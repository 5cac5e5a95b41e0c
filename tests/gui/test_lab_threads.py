"""The corruption lab with real threads: nothing late is shown, and nobody waits for anybody."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from segformer_gui.core.corruption.condition import Condition
from segformer_gui.gui.session import lab as lab_module
from tests.gui.conftest import labels_of


@pytest.fixture(params=[20.0, 500.0], ids=["fast network", "slow network"])
def threaded_lab(threaded, engine, images, qtbot, request):
    engine.network_ms = request.param
    session = threaded.session
    session.images.open(images)
    qtbot.waitUntil(lambda: session.current.result is not None)
    return session.lab


def settled(lab) -> bool:
    return lab.shown == lab.condition and lab.corrupted.result is not None


def test_a_mask_is_only_ever_shown_with_the_image_it_was_made_of(threaded_lab, qtbot, engine):
    lab = threaded_lab
    shown: list[str] = []

    def look() -> None:
        picture, result = lab.corrupted.picture, lab.corrupted.result
        if result is not None:
            assert np.array_equal(result.labels, labels_of(picture.pixels))
            shown.append(str(lab.shown))

    lab.corrupted.changed.connect(look)
    lab.corrupted.picture_changed.connect(look)
    lab.choose("fog")
    for tenths in range(51):
        lab.set_severity(tenths / 10)
        qtbot.wait(3)
    qtbot.waitUntil(lambda: settled(lab))
    assert shown[-1] == "fog:5"


def test_of_a_fast_network_the_mask_comes_with_its_image(threaded, engine, images, qtbot):
    threaded.session.images.open(images)
    qtbot.waitUntil(lambda: threaded.session.current.result is not None)
    lab = threaded.session.lab
    lab._patience.setInterval(10_000)  # However busy the machine is.
    without = []
    lab.choose("fog")
    qtbot.waitUntil(lambda: settled(lab))
    for severity in (1, 5, 2):
        painted = []
        lab.corrupted.picture_changed.connect(
            lambda painted=painted: QTimer.singleShot(
                0, lambda: painted.append(lab.corrupted.result is not None)
            )
        )
        lab.set_severity(severity)
        qtbot.waitUntil(lambda painted=painted: settled(lab) and bool(painted))
        without += [seen for seen in painted if not seen]
    assert without == []


def test_the_image_follows_while_the_network_is_busy(threaded_lab, qtbot, engine):
    lab = threaded_lab
    engine.gate.clear()
    for severity in (1, 3, 5):
        lab.set_severity(severity)
        qtbot.waitUntil(lambda severity=severity: str(lab.shown) == f"fog:{severity}")
        assert lab.corrupted.result is None
    engine.gate.set()
    qtbot.waitUntil(lambda: settled(lab))
    assert (
        len(
            [
                image
                for image in engine.images
                if np.array_equal(image, lab.corrupted.picture.pixels)
            ]
        )
        == 1
    )


def test_a_mask_that_is_outdated_before_its_image_is_shown_never_is(
    threaded, threaded_lab, qtbot, engine
):
    lab, session = threaded_lab, threaded.session
    lab._patience.setInterval(10_000)
    engine.entered.clear()
    engine.gate.clear()
    lab.choose("fog")
    qtbot.waitUntil(engine.entered.is_set)
    seen = []
    lab.corrupted.changed.connect(
        lambda: seen.append((session.current.result, lab.corrupted.result))
    )
    session.segmentation.forget()  # As another model does.
    engine.gate.set()
    session.segment_current()
    qtbot.waitUntil(lambda: settled(lab))
    assert all(clean is not None or corrupted is None for clean, corrupted in seen)
    assert np.array_equal(engine.images[-1], lab.corrupted.picture.pixels)


def test_one_image_is_corrupted_at_a_time_and_the_latest_comes_next(
    threaded_lab, qtbot, monkeypatch
):
    lab = threaded_lab
    gate, made = threading.Semaphore(0), []
    apply = Condition.apply

    def slow(asked: Condition, image: np.ndarray) -> np.ndarray:
        gate.acquire()
        made.append(asked.steps[0].severity)
        return apply(asked, image)

    monkeypatch.setattr(lab_module.Condition, "apply", slow)
    for severity in (1, 2, 3, 4):
        lab.set_severity(severity)
    gate.release()
    qtbot.waitUntil(lambda: str(lab.shown) == "fog:1")
    gate.release()
    qtbot.waitUntil(lambda: settled(lab))
    assert made == [1, 4]


def test_an_image_that_was_left_is_not_shown_corrupted_late(
    threaded, threaded_lab, images, qtbot, monkeypatch
):
    lab, session = threaded_lab, threaded.session
    gate = threading.Event()
    apply = Condition.apply

    def slow(asked: Condition, image: np.ndarray) -> np.ndarray:
        gate.wait()
        return apply(asked, image)

    monkeypatch.setattr(lab_module.Condition, "apply", slow)
    paths = []
    lab.corrupted.picture_changed.connect(
        lambda: paths.append((lab.corrupted.picture.path, session.current.picture.path))
    )
    lab.choose("fog")
    session.images.select(images[2])
    qtbot.waitUntil(lambda: session.current.result is not None)
    gate.set()
    qtbot.waitUntil(lambda: settled(lab))
    assert all(shown == current for shown, current in paths)
    assert lab.corrupted.picture.path == images[2]


def test_a_sweep_can_be_cancelled_and_keeps_what_it_has_read(threaded, threaded_lab, qtbot, engine):
    lab = threaded_lab
    lab.sweep.start("grid", lab.condition, 0)
    qtbot.waitUntil(lambda: lab.sweep.done >= 3)
    assert threaded.actions_by_id["cancel"].isEnabled()
    threaded.actions_by_id["cancel"].trigger()
    assert lab.sweep.running is None
    read = len(lab.sweep.grid)
    assert 3 <= read < 95
    qtbot.wait(50)
    assert len(lab.sweep.grid) == read


def test_the_slider_is_answered_in_the_middle_of_a_sweep(threaded_lab, qtbot, engine):
    lab = threaded_lab
    lab.sweep.start("grid", lab.condition, 0)
    lab.choose("fog")
    qtbot.waitUntil(lambda: settled(lab))
    assert lab.sweep.running == "grid"
    lab.sweep.cancel()
