"""Stages and workers keep the order, stay little ahead, carry errors over and end together."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from segformer_gui.core.stages import ahead, spread, stage


def stages() -> int:
    return sum(thread.name == "stage" for thread in threading.enumerate())


def test_items_keep_their_order_through_a_chain() -> None:
    doubled = stage(lambda n: 2 * n, stage(lambda n: n + 1, iter(range(50))))

    assert list(doubled) == [2 * (n + 1) for n in range(50)]
    assert stages() == 0


def test_each_stage_has_a_thread_of_its_own() -> None:
    names = list(stage(lambda n: {n, threading.get_ident()}, ahead(iter([threading.get_ident()]))))

    assert len(names[0]) == 2


def test_no_stage_runs_far_ahead() -> None:
    made: list[int] = []

    def make() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    items = ahead(make(), depth=2)
    assert next(items) == 0
    items.close()

    assert len(made) <= 5


@pytest.mark.parametrize("place", [0, 3])
def test_an_error_comes_out_in_its_place_and_ends_all_threads(place: int) -> None:
    def work(number: int) -> int:
        if number == place:
            raise KeyError(number)
        return number

    items = stage(lambda n: n, stage(work, iter(range(10))))
    assert list(itertools.islice(items, place)) == list(range(place))
    with pytest.raises(KeyError):
        next(items)
    assert stages() == 0


def test_closing_the_last_stage_closes_the_first() -> None:
    closed: list[bool] = []

    def make() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    items = stage(lambda n: n, stage(lambda n: n, make()))
    next(items)
    items.close()

    assert closed == [True]
    assert stages() == 0


def test_workers_work_at_once_and_keep_the_order() -> None:
    together = threading.Barrier(3)
    begun: list[int] = []

    def work(number: int) -> int:
        if number < 3:
            together.wait(timeout=20)  # Passes only where three of them are worked on at once.
        else:
            time.sleep(0.002 * (number % 3))
        return number * number

    squares = spread(work, iter(range(20)), 3, lambda: begun.append(threading.get_ident()))

    assert list(squares) == [number * number for number in range(20)]
    assert len(set(begun)) == len(begun) == 3


def test_workers_do_not_run_far_ahead_and_close_what_they_read() -> None:
    made: list[int] = []
    closed: list[bool] = []

    def make() -> Iterator[int]:
        try:
            for number in range(100):
                made.append(number)
                yield number
        finally:
            closed.append(True)

    items = spread(lambda number: number, make(), 2)
    assert [next(items), next(items)] == [0, 1]
    items.close()

    assert made == [0, 1, 2, 3]
    assert closed == [True]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("worker")]


def test_an_error_of_a_worker_comes_out_in_its_place() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise KeyError(number)
        return number

    items = spread(work, iter(range(10)), 4)
    assert list(itertools.islice(items, 3)) == [0, 1, 2]
    with pytest.raises(KeyError):
        next(items)
