"""Threads that work for the window: jobs go in, what they return lands in the GUI thread."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

_log = logging.getLogger(__name__)

_NICE = 5  # A fine-tuning run, which is started by such a thread, adds its own to that.


class Job:
    """One piece of work that may be cancelled, from the GUI thread, until it has landed."""

    def __init__(
        self,
        key: str | None,
        work: Callable[[Job], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        post: Callable[[Job, Callable[[Any], None], object], None],
    ) -> None:
        self.key = key
        self.work = work
        self.done = done
        self.failed = failed
        self._post = post
        self._cancelled = False

    def cancel(self) -> None:
        """Ask the work to stop; from now on nothing of it lands."""
        self._cancelled = True

    def cancelled(self) -> bool:
        """Whether the work should stop."""
        return self._cancelled

    def report(self, callback: Callable[[Any], None], value: object) -> None:
        """From the work: call `callback(value)` in the GUI thread, unless cancelled by then."""
        self._post(self, callback, value)


class Lane(QObject):
    """One thread that runs jobs in their order.

    A job with a `key` replaces the earlier jobs of the same key, waiting, running or about to land:
    the latest request wins. A cancelled job never lands, since both cancelling and landing happen
    in the GUI thread. A `synchronous` lane has no thread: jobs run and land within `submit`.
    """

    _posted = Signal(object, object, object)

    def __init__(self, name: str, synchronous: bool = False) -> None:
        super().__init__()
        self._synchronous = synchronous
        self._waiting: deque[Job] = deque()
        self._started: set[Job] = set()  # Running, or done and on its way to the GUI thread.
        self._closed = False
        self._changed = threading.Condition()
        connection = Qt.ConnectionType.AutoConnection
        if not synchronous:
            connection = Qt.ConnectionType.QueuedConnection
        self._posted.connect(self._land, connection)
        # A daemon: work that cannot be interrupted must not keep a closed program alive.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        if not synchronous:
            self._thread.start()

    def submit(
        self,
        work: Callable[[Job], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        key: str | None = None,
    ) -> Job:
        """Run `work(job)` in the thread, then `done(result)` or `failed(error)` in the GUI."""
        job = Job(key, work, done, failed, self._posted.emit)
        if key is not None:
            self.cancel(key)
        if self._synchronous:
            self._carry_out(job)
            return job
        with self._changed:
            if not self._closed:
                self._waiting.append(job)
                self._changed.notify()
        return job

    def cancel(self, key: str) -> None:
        """Cancel the jobs of `key` that have not landed."""
        with self._changed:
            for job in (*self._waiting, *self._started):
                if job.key == key:
                    job.cancel()

    def close(self, timeout_s: float) -> bool:
        """Cancel everything and end the thread; False if it is still busy after `timeout_s`."""
        with self._changed:
            self._closed = True
            for job in (*self._waiting, *self._started):
                job.cancel()
            self._changed.notify()
        if self._synchronous:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        _step_back()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                job = self._waiting.popleft()
                self._started.add(job)
            self._carry_out(job)
            del job  # Or its result would live on until the next one comes.

    def _carry_out(self, job: Job) -> None:
        callback, value = job.done, None
        try:
            if not job.cancelled():
                value = job.work(job)
        except Exception as error:  # noqa: BLE001 (the boundary: every failure goes to the window)
            callback, value = job.failed, error
        if job.cancelled():
            self._end(job)
        else:
            self._posted.emit(job, callback, value)

    def _end(self, job: Job) -> None:
        with self._changed:
            self._started.discard(job)

    def _land(self, job: Job, callback: Callable[[Any], None], value: object) -> None:
        if callback in (job.done, job.failed):
            self._end(job)
        if not job.cancelled() and not self._closed:
            callback(value)


def _step_back() -> None:
    """Have this thread, and those that it starts, run after the window's where cores are short.

    Else the window waits its turn behind torch's, a codec's and an export's. On Linux alone each
    thread has a niceness. A higher one would not help: a thread that hardly runs keeps Python's
    lock for long.
    """
    if sys.platform == "linux":
        os.nice(_NICE)
