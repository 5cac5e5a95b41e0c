"""The file of cells: what was added is there, whatever happened to the process."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from segformer_gui.core.errors import UserError
from segformer_gui.core.metrics.calibration import BINS, Calibration
from segformer_gui.core.robustness.plan import CLEAN, CellKey, Condition
from segformer_gui.core.robustness.store import Cell, CellStore
from segformer_gui.messages import explain

RNG = np.random.default_rng(0)


def cell(image: str = "i", condition: Condition = CLEAN, classes: int = 3) -> Cell:
    calibration = Calibration(
        RNG.integers(0, 9, BINS), RNG.integers(0, 9, BINS), RNG.uniform(0, 9, BINS)
    )
    counts = RNG.integers(0, 2**40, (classes, classes + 1))
    return Cell(CellKey("m", image, condition), counts, calibration, 12.5, ("memory_half",))


def assert_same(one: Cell, other: Cell) -> None:
    assert (one.key, one.ms, one.notes) == (other.key, other.ms, other.notes)
    np.testing.assert_array_equal(one.counts, other.counts)
    assert (one.calibration is None) == (other.calibration is None)
    if one.calibration and other.calibration:
        for name in ("pixels", "correct", "confidence"):
            expected = getattr(other.calibration, name)
            np.testing.assert_array_equal(getattr(one.calibration, name), expected)


def error_of(call) -> UserError:
    with pytest.raises(UserError) as error:
        call()
    assert all(explain(error.value))
    return error.value


@pytest.mark.parametrize("classes", [1, 2, 19, 255])
def test_cells_come_back_as_they_were(tmp_path, classes):
    put = cell(classes=classes)
    with CellStore(tmp_path / "a" / "cells.sqlite") as store:
        store.add("s", [put])
    with CellStore(tmp_path / "a" / "cells.sqlite") as store:
        (got,) = store.cells("s")
        assert store.keys("s") == {put.key}
        assert store.keys("other settings") == set()
    assert_same(got, put)


def test_a_cell_without_calibration_and_notes(tmp_path):
    put = Cell(CellKey("m", "i", CLEAN), np.zeros((2, 3), np.int64), None, 1.0, ())
    with CellStore(tmp_path / "cells.sqlite") as store:
        store.add("s", [put])
        (got,) = store.cells("s")
    assert_same(got, put)


def test_conditions_are_told_apart_and_whole_severities_are_whole(tmp_path):
    conditions = [Condition("fog", 1, 0), Condition("fog", 1, 1), Condition("fog", 2.5, 0)]
    with CellStore(tmp_path / "cells.sqlite") as store:
        store.add("s", [cell(condition=condition) for condition in conditions])
        assert {key.condition for key in store.keys("s")} == set(conditions)


def test_what_is_there_stays(tmp_path):
    first = cell()
    with CellStore(tmp_path / "cells.sqlite") as store:
        store.add("s", [first])
        store.add("s", [cell(), cell("j")])
        kept, _ = store.cells("s")
    assert_same(kept, first)


def test_other_files_are_taken_in_and_gone(tmp_path):
    mine, both, other = cell("a"), cell("b"), cell("c")
    part = tmp_path / "part.sqlite"
    with CellStore(part) as store:
        store.add("s", [cell("b"), other])
    with CellStore(tmp_path / "cells.sqlite") as store:
        store.add("s", [mine, both])
        store.take_in(part)
        store.take_in(_part_with(tmp_path / "other.sqlite", other))
        got = list(store.cells("s"))
    for one, expected in zip(got, (mine, both, other), strict=True):
        assert_same(one, expected)
    assert [path.name for path in tmp_path.iterdir()] == ["cells.sqlite"]


def _part_with(file, *cells):
    with CellStore(file) as store:
        store.add("s", cells)
    return file


_WRITER = """
import sys
sys.path[:0] = {path!r}
import os, numpy as np
from pathlib import Path
from segformer_gui.core.robustness.plan import CLEAN, CellKey
from segformer_gui.core.robustness.store import Cell, CellStore
store = CellStore(Path(sys.argv[1]))
for number in range(1000000):
    counts = np.full((2, 3), number)
    store.add("s", [Cell(CellKey("m", str(number), CLEAN), counts, None, 1.0, ())])
    print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "kill"), reason="no signals")
def test_a_killed_writer_leaves_what_it_had_added(tmp_path):
    file = tmp_path / "cells.sqlite"
    program = _WRITER.format(path=sys.path)
    process = subprocess.Popen([sys.executable, "-c", program, file], stdout=subprocess.PIPE)
    assert process.stdout
    for _ in range(50):
        last = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    moved = tmp_path / "part.sqlite"
    for path in list(tmp_path.iterdir()):  # With its write-ahead log.
        shutil.copy(path, tmp_path / path.name.replace("cells", "part"))

    with CellStore(file) as store:
        cells = list(store.cells("s"))
    with CellStore(tmp_path / "whole.sqlite") as whole:
        whole.take_in(moved)
        taken = whole.keys("s")

    assert len(cells) > last
    assert taken == {cell.key for cell in cells}
    assert all((cell.counts == int(cell.key.image)).all() for cell in cells)


def test_what_is_no_such_file_is_named(tmp_path):
    for name, content in (("text", b"Dear diary, " * 500), ("cut", b"SQLite format 3\0 and so on")):
        (tmp_path / name).write_bytes(content)
        error = error_of(lambda name=name: CellStore(tmp_path / name))
        assert error.code == "grid_file_broken"
        assert error.parameters["path"] == str(tmp_path / name)


def test_damaged_content_is_named(tmp_path):
    file = tmp_path / "cells.sqlite"
    with CellStore(file) as store:
        store.add("s", [cell()])
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE cell SET counts = x'00'")
    connection.close()
    with CellStore(file) as store:
        assert error_of(lambda: list(store.cells("s"))).code == "grid_file_broken"


def test_a_file_of_a_later_version_is_left_alone(tmp_path):
    file = tmp_path / "cells.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert error_of(lambda: CellStore(file)).code == "grid_file_newer"


def test_a_folder_that_cannot_be_written_is_named(tmp_path, error_without_permission):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    call = "store.CellStore(path / 'cells.sqlite')"
    assert error_without_permission(call, folder) == "no_permission"


def test_a_full_disk_is_named_and_the_file_stays_whole(tmp_path):
    with CellStore(tmp_path / "cells.sqlite") as store:
        store.add("s", [cell()])
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        many = [cell(str(number), classes=200) for number in range(3)]
        assert error_of(lambda: store.add("s", many)).code == "disk_full"
        assert len(store.keys("s")) == 1
