"""What threads promise the window: the latest request wins, nothing stale lands, closing ends."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication

from segformer_gui.gui.workers.jobs import Lane


@pytest.fixture
def lane():
    lane = Lane("test")
    yield lane
    assert lane.close(5)


def _fail(error: Exception) -> None:
    raise AssertionError from error


def test_result_lands_in_the_gui_thread(lane, qtbot):
    landed = []
    lane.submit(
        lambda _job: threading.current_thread().name,
        lambda name: landed.append((name, QThread.currentThread())),
        _fail,
    )
    qtbot.waitUntil(lambda: bool(landed))
    assert landed == [("test", QApplication.instance().thread())]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a niceness for each thread")
def test_work_and_the_threads_it_starts_run_after_the_window(lane, qtbot):
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def work(_job: object) -> tuple[int, int]:
        with ThreadPoolExecutor(1) as pool:
            return niceness(), pool.submit(niceness).result()

    landed = []
    lane.submit(work, landed.append, _fail)
    qtbot.waitUntil(lambda: bool(landed))
    expected = min(19, niceness() + 5)
    assert landed == [(expected, expected)]


def test_failure_lands_as_the_exception(lane, qtbot):
    errors = []
    lane.submit(lambda _job: 1 / 0, _fail, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ZeroDivisionError)


def test_latest_request_of_a_key_wins(lane, qtbot):
    gate = threading.Event()
    landed: list[int] = []

    def work(number: int):
        def run(_job) -> int:
            gate.wait(5)
            return number

        return run

    for number in range(5):
        lane.submit(work(number), landed.append, _fail, key="current")
    gate.set()
    lane.submit(lambda _job: 99, landed.append, _fail)
    qtbot.waitUntil(lambda: 99 in landed)
    assert landed == [4, 99]


def test_result_that_waits_to_land_is_dropped_when_cancelled(lane, qtbot):
    landed: list[str] = []
    finished = threading.Event()
    job = lane.submit(lambda _job: "stale", landed.append, _fail)
    lane.submit(lambda _job: finished.set(), lambda _: landed.append("end"), _fail)
    assert finished.wait(5)  # The first has been computed and posted, but the loop has not run.
    job.cancel()
    qtbot.waitUntil(lambda: bool(landed))
    assert landed == ["end"]


def test_running_work_sees_that_it_is_cancelled(lane):
    entered, seen = threading.Event(), threading.Event()

    def work(job) -> None:
        entered.set()
        while not job.cancelled():
            entered.wait(0.01)
        seen.set()

    lane.submit(work, _fail, _fail, key="k")
    assert entered.wait(5)
    lane.cancel("k")
    assert seen.wait(5)


def test_reports_land_in_order_before_the_result(lane, qtbot):
    landed: list[int] = []

    def work(job) -> int:
        for number in range(3):
            job.report(landed.append, number)
        return 3

    lane.submit(work, landed.append, _fail)
    qtbot.waitUntil(lambda: len(landed) == 4)
    assert landed == [0, 1, 2, 3]


def test_close_tells_that_work_cannot_be_interrupted():
    lane = Lane("stubborn")
    gate, entered = threading.Event(), threading.Event()

    def work(_job) -> None:
        entered.set()
        gate.wait(5)

    lane.submit(work, _fail, _fail)
    assert entered.wait(5)
    assert not lane.close(0.01)
    gate.set()
    assert lane.close(5)


def test_synchronous_lane_runs_at_once():
    landed: list[int] = []
    Lane("inline", synchronous=True).submit(lambda _job: 7, landed.append, _fail)
    assert landed == [7]


def test_a_job_that_is_done_but_has_not_landed_can_be_cancelled(lane, qtbot):
    landed: list[int] = []
    ended = threading.Event()
    lane.submit(lambda _job: 1, landed.append, _fail, key="current")
    lane.submit(lambda _job: ended.set(), lambda _: None, _fail)
    assert ended.wait(5)  # Its result waits for the event loop, which this thread does not run.
    lane.cancel("current")
    lane.submit(lambda _job: 2, landed.append, _fail, key="current")
    qtbot.waitUntil(lambda: bool(landed))
    assert landed == [2]
    assert not lane._started
