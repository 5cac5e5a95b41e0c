"""The measured cells in one SQLite file: whole or not there, whenever the process is killed."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.errors import UserError
from segformer_gui.core.metrics.calibration import BINS, Calibration
from segformer_gui.core.robustness.plan import CellKey, Condition, Plan

CELLS_FILE = "cells.sqlite"
_PARTS = "cells.part-*.sqlite"

_FORMAT = 1
_SCHEMA = f"""
PRAGMA user_version = {_FORMAT};
CREATE TABLE IF NOT EXISTS cell (
    settings TEXT NOT NULL, model TEXT NOT NULL, image TEXT NOT NULL,
    corruption TEXT NOT NULL, severity REAL NOT NULL, seed INTEGER NOT NULL,
    counts BLOB NOT NULL, calibration BLOB, ms REAL NOT NULL, notes TEXT NOT NULL,
    PRIMARY KEY (settings, model, image, corruption, severity, seed)
);
CREATE TABLE IF NOT EXISTS fact (key TEXT PRIMARY KEY, content TEXT NOT NULL);
"""
_BUSY_TIMEOUT_S = 60
_NOT_ALLOWED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@dataclass(frozen=True, eq=False)
class Cell:
    """One model on one image in one condition.

    `counts` (C, C + 1) int64 as those of `ConfusionMatrix`, over all classes of the plan; against
    the clean prediction in mode "consistency", which has no `calibration`. `ms` is what the
    prediction took. `notes` are the codes of its notes.
    """

    key: CellKey
    counts: NDArray[np.int64]
    calibration: Calibration | None
    ms: float
    notes: tuple[str, ...]


class CellStore:
    """Cells of any number of benchmarks; use as a context manager, from one thread.

    What `add` was given is on the disk when it returns, in one transaction. Every method raises
    `UserError` `disk_full`, `no_permission`, `write_failed` or `grid_file_broken`.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._named_errors():
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UserError("no_permission", path=str(file.parent)) from error
            # Transactions are begun where they are meant, not by the module.
            self._connection = sqlite3.connect(file, _BUSY_TIMEOUT_S, isolation_level=None)
            # A write-ahead log survives the process's death at any time, without a wait for the
            # disk at each cell. The power may take the last few cells, never the file.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            (found,) = self._connection.execute("PRAGMA user_version").fetchone()
            if found not in (0, _FORMAT):
                self._connection.close()
                raise UserError("grid_file_newer", path=str(file))
            self._connection.executescript(_SCHEMA)

    def __enter__(self) -> CellStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; its write-ahead log is folded in."""
        self._connection.close()

    def describe(self, plan: Plan) -> None:
        """Write down what the hashes of the plan stand for."""
        facts: dict[str, Mapping[str, object]] = {plan.settings_key: plan.settings}
        facts |= {model.key: {"model": model.name} for model in plan.models}
        facts |= {image.key: {"image": image.sample.id} for image in plan.images}
        rows = [(key, json.dumps(fact, ensure_ascii=False)) for key, fact in facts.items()]
        with self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?)", rows)

    def add(self, settings_key: str, cells: Iterable[Cell]) -> None:
        """Store cells; those that are there already stay."""
        rows = [
            (
                *(settings_key, cell.key.model, cell.key.image, *cell.key.condition),
                zlib.compress(cell.counts.astype("<i8").tobytes(), 1),
                None if cell.calibration is None else _packed(cell.calibration),
                cell.ms,
                " ".join(cell.notes),
            )
            for cell in cells
        ]
        places = ", ".join("?" * 10)
        with self._transaction():
            self._connection.executemany(f"INSERT OR IGNORE INTO cell VALUES ({places})", rows)

    def keys(self, settings_key: str) -> set[CellKey]:
        """Keys of all cells that were measured with these settings."""
        with self._named_errors():
            rows = self._connection.execute(
                "SELECT model, image, corruption, severity, seed FROM cell WHERE settings = ?",
                (settings_key,),
            )
            return {CellKey(model, image, Condition(*rest)) for model, image, *rest in rows}

    def cells(self, settings_key: str) -> Iterator[Cell]:
        """All cells that were measured with these settings, in the order of their keys."""
        with self._named_errors():
            rows = self._connection.execute(
                "SELECT model, image, corruption, severity, seed, counts, calibration, ms, notes "
                "FROM cell WHERE settings = ? ORDER BY model, image, corruption, severity, seed",
                (settings_key,),
            )
            for model, image, corruption, severity, seed, counts, calibration, ms, notes in rows:
                key = CellKey(model, image, Condition(corruption, severity, seed))
                yield Cell(
                    key,
                    _square(np.frombuffer(zlib.decompress(counts), "<i8")),
                    None if calibration is None else _unpacked(calibration),
                    ms,
                    tuple(notes.split()),
                )

    def take_in(self, file: Path) -> None:
        """Move all cells of another such file here, and delete it."""
        with self._named_errors():
            # Opened by itself first: what a killed process has left in its log is folded in.
            CellStore(file).close()
            self._connection.execute("ATTACH ? AS other", (str(file),))
            with self._transaction():
                for table in ("cell", "fact"):
                    self._connection.execute(
                        f"INSERT OR IGNORE INTO {table} SELECT * FROM other.{table}"
                    )
            self._connection.execute("DETACH other")
        file.unlink()

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._named_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:  # A full disk has ended it already.
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _named_errors(self) -> Generator[None]:
        path = str(self.file)
        try:
            yield
        except sqlite3.Error as error:
            # The low byte is the kind, the others its variety.
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_FULL:
                raise UserError("disk_full", path=path) from error
            if code in _NOT_ALLOWED:
                raise UserError("no_permission", path=path) from error
            if code in _DAMAGED:
                raise UserError("grid_file_broken", path=path) from error
            raise UserError("write_failed", path=path, reason=str(error)) from error
        except zlib.error as error:
            raise UserError("grid_file_broken", path=path) from error


def cells_file(folder: Path, rank: int = 0) -> Path:
    """What process `rank` of several stores its cells in: the first one, the grid's own file."""
    return folder / (_PARTS.replace("*", str(rank)) if rank else CELLS_FILE)


def take_in_parts(store: CellStore) -> None:
    """Move the cells of every other process's file in the same folder into `store`."""
    for part in sorted(store.file.parent.glob(_PARTS)):
        store.take_in(part)


def _square(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(C, C + 1) of its flat values."""
    classes = int(len(counts) ** 0.5)
    return counts.reshape(classes, classes + 1)


def _packed(calibration: Calibration) -> bytes:
    whole = np.stack([calibration.pixels, calibration.correct]).astype("<i8")
    return whole.tobytes() + calibration.confidence.astype("<f8").tobytes()


def _unpacked(data: bytes) -> Calibration:
    pixels, correct = np.frombuffer(data, "<i8", 2 * BINS).reshape(2, BINS)
    return Calibration(pixels, correct, np.frombuffer(data, "<f8", BINS, 16 * BINS))
