"""Work in threads: a stage in each, a little ahead of the next one, or an item in each."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, Queue
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

_POLL_S = 0.05
_MOST_WORKERS = 4


@dataclass(frozen=True)
class _End:
    """Comes behind the last item; with what was raised instead of another one."""

    error: BaseException | None = None


def ahead(items: Iterator[Item], depth: int = 2) -> Generator[Item]:
    """The same items, made by a thread that is at most `depth` of them ahead.

    What the maker raises is raised here, in its place. Closing this generator ends the thread and
    closes `items` in it, so that a chain of stages ends as a whole.
    """
    made: Queue[Item | _End] = Queue(depth)
    stopped = threading.Event()

    def make() -> None:
        end = _End()
        try:
            for item in items:
                made.put(item)
                if stopped.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 (carried over to the thread that asks)
            end = _End(error)
        if isinstance(items, Generator):
            items.close()
        made.put(end)

    thread = threading.Thread(target=make, name="stage", daemon=True)
    thread.start()
    try:
        while not isinstance(item := made.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        while thread.is_alive():  # It may be waiting for room.
            try:
                made.get(timeout=_POLL_S)
            except Empty:
                continue


def stage(work: Callable[[Item], Made], items: Iterator[Item]) -> Generator[Made]:
    """`work` on each item, in a thread of its own."""

    def made() -> Generator[Made]:
        try:
            for item in items:
                yield work(item)
        finally:
            if isinstance(items, Generator):
                items.close()

    return ahead(made())


def workers_for(items: int) -> int:
    """How many workers so many items are spread over: no more than cores, and than pays."""
    return max(1, min(_MOST_WORKERS, os.cpu_count() or 1, items))


def spread(
    work: Callable[[Item], Made],
    items: Iterator[Item],
    workers: int,
    begin: Callable[[], None] = lambda: None,
) -> Generator[Made]:
    """`work` on as many items at once as there are `workers`, threads that `begin`; in order.

    Items are asked for by the thread that asks for what is made of them, one more than is worked
    on. Closing this generator closes `items`, and waits for what is worked on.
    """
    waiting: deque[Future[Made]] = deque()
    pool = ThreadPoolExecutor(workers, "worker", begin)
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        if isinstance(items, Generator):
            items.close()
