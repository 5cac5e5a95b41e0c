"""Peers beside us: each side in a process of its own, taking turns in one run."""

from __future__ import annotations

import datetime
import importlib.metadata
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segformer_gui.core.allocator import keep_large_blocks


@dataclass(frozen=True)
class Side:
    """One of the things compared: `make(*args)` returns what is run and timed.

    `tuned` gives the process the application's setting of glibc's allocator.
    """

    name: str
    make: Callable[..., Callable[[], object]]
    args: tuple[Any, ...]
    tuned: bool


@dataclass(frozen=True)
class Measured:
    """Milliseconds of each run, and peak memory above that before the first one in MiB."""

    times_ms: list[float]
    peak_mib: float

    @property
    def median(self) -> float:
        """Median time in ms."""
        return statistics.median(self.times_ms)

    def middle(self) -> str:
        """Median in ms."""
        return f"{self.median:.{self._digits()}f}"

    def spread(self) -> str:
        """Median and range in ms."""
        digits, low, high = self._digits(), min(self.times_ms), max(self.times_ms)
        return f"{self.middle()} ({low:.{digits}f} to {high:.{digits}f})"

    def _digits(self) -> int:
        return 0 if self.median >= 20 else 1


def measure(sides: Sequence[Side], repetitions: int) -> list[Measured]:
    """Run the sides in turn, so that a busy moment hits all alike; each warms up first."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in sides]
    processes = [
        context.Process(target=_side, args=(side, repetitions, child))
        for side, (_, child) in zip(sides, pipes, strict=True)
    ]
    times: list[list[float]] = [[] for _ in sides]
    for process, (parent, _) in zip(processes, pipes, strict=True):
        process.start()
        parent.recv()  # Warm.
    for _ in range(repetitions):
        for own, (parent, _) in zip(times, pipes, strict=True):
            parent.send("go")
            own.append(parent.recv())
    peaks = [parent.recv() for parent, _ in pipes]
    for process in processes:
        process.join()
    return [Measured(own, peak) for own, peak in zip(times, peaks, strict=True)]


def _side(side: Side, repetitions: int, pipe: Any) -> None:  # noqa: ANN401 (no public type)
    if side.tuned:
        keep_large_blocks()
    # A second thread is where the application works, and where glibc's arenas matter.
    worker = threading.Thread(target=_work, args=(side, repetitions, pipe), daemon=True)
    worker.start()
    worker.join()


def _work(side: Side, repetitions: int, pipe: Any) -> None:  # noqa: ANN401
    run = side.make(*side.args)
    before = _peak_mib()
    run()
    pipe.send("warm")
    for _ in range(repetitions):
        pipe.recv()
        began = time.perf_counter()
        run()
        pipe.send((time.perf_counter() - began) * 1000)
    pipe.send(_peak_mib() - before)


def _peak_mib() -> float:
    """Of the graphics card's memory where that is in use."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def stamp(*packages: str, device: str = "cpu") -> str:
    """Day, machine and versions, as a sentence for the table that follows."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    what = ", ".join([f"Python {platform.python_version()}", *versions])
    machine = f"{cores} CPU cores ({_cpu()})"
    if device == "cuda":
        import torch

        machine = f"{torch.cuda.get_device_name()}, {machine}"
    return f"Measured {datetime.date.today()}, {machine}, {what}."


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    fields: dict[str, str] = {}
    for line in info.read_text().split("\n\n")[0].splitlines():
        name, _, value = line.partition(":")
        fields[name.strip()] = value.strip()
    kinds = [kind for kind in ("avx512_bf16", "avx512f", "avx2") if kind in fields.get("flags", "")]
    return ", ".join([fields.get("model name", platform.machine()), *kinds[:1]])
