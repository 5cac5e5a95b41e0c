"""The latest records of the log, kept in memory."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_KEPT = 2000


class RecentLog(logging.Handler):
    """Keeps the last 2,000 records as (level, text); from any thread, as all handlers.

    `listener(level, text)` is called in the thread that logs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(FORMAT))
        self._lines: deque[tuple[int, str]] = deque(maxlen=_KEPT)
        self.listener: Callable[[int, str], None] | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; `logging` holds the handler's lock meanwhile."""
        line = record.levelno, self.format(record)
        self._lines.append(line)
        if self.listener is not None:
            self.listener(*line)

    def lines(self) -> list[tuple[int, str]]:
        """Level and text of what is kept, the latest last."""
        self.acquire()
        try:
            return list(self._lines)
        finally:
            self.release()


RECENT_LOG = RecentLog()
