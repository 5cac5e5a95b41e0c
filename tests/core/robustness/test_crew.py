"""Threads that measure: networks side by side on a CPU, one at a time elsewhere."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
import torch

from segformer_gui.core.robustness import crew
from segformer_gui.core.robustness.crew import crew_at_work
from segformer_gui.core.robustness.grid import missing_tasks, run_grid
from segformer_gui.core.robustness.plan import CLEAN, custom_protocol, plan_grid
from segformer_gui.core.robustness.store import CellStore

FEW = custom_protocol(["shot_noise", "contrast"], [2, 4])


@pytest.fixture
def store(tmp_path):
    with CellStore(tmp_path / "cells.sqlite") as store:
        yield store


@pytest.fixture
def four_threads():
    """torch works with four threads, as on a machine of four cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@dataclass
class Watch:
    """Wraps a segmenter: what ran beside each other, and with how many threads of torch."""

    most: int = 0
    threads: list[int] = field(default_factory=list)
    beside: list[int] = field(default_factory=list)

    def over(self, segmenter, monkeypatch) -> None:
        lock, now, segment = threading.Lock(), [0], segmenter.segment

        def watched(*arguments):
            with lock:
                now[0] += 1
                self.beside.append(now[0])
                self.threads.append(torch.get_num_threads())
            time.sleep(0.02)  # So that others, if they may, are there.
            try:
                return segment(*arguments)
            finally:
                with lock:
                    now[0] -= 1

        monkeypatch.setattr(segmenter, "segment", watched)


def cells_of(plan, segmenters, store):
    list(run_grid(plan, segmenters, store, missing_tasks(plan, store)))
    return {cell.key: cell for cell in store.cells(plan.settings_key)}


def test_networks_run_side_by_side_each_on_its_part_of_the_threads(
    camvid, tiny, store, four_threads, monkeypatch
):
    model, watch = tiny(), Watch()
    monkeypatch.setattr(crew, "MAX_WHOLE_PIXELS", 2 * 40 * 50)  # Memory for two of these images.
    watch.over(model, monkeypatch)
    plan = plan_grid(camvid, [model], FEW)
    assert len(cells_of(plan, [model], store)) == plan.size
    assert max(watch.beside) == 2
    # A clean image alone with all threads, each of the others with half of them.
    assert sorted(watch.threads) == [2] * 12 + [4] * 3
    assert [n for n, t in zip(watch.beside, watch.threads, strict=True) if t == 4] == [1] * 3


def test_threads_of_the_program_keep_theirs(camvid, tiny, store, four_threads):
    def threads() -> int:
        return torch.get_num_threads()

    with ThreadPoolExecutor(1) as earlier, ThreadPoolExecutor(1) as later:
        assert earlier.submit(threads).result() == 4
        plan = plan_grid(camvid, [tiny()], FEW)
        cells_of(plan, [tiny()], store)
        found = [threads(), earlier.submit(threads).result(), later.submit(threads).result()]
    assert found == [4, 4, 4]


def test_an_image_too_large_for_several_is_measured_alone(
    camvid, tiny, store, four_threads, monkeypatch
):
    model, watch = tiny(), Watch()
    plan = plan_grid(camvid, [model], FEW)
    # The first image was small, and so four are at work.
    monkeypatch.setattr(crew, "read_size", lambda _: (20, 50))
    monkeypatch.setattr(crew, "MAX_WHOLE_PIXELS", 4 * 20 * 50)
    watch.over(model, monkeypatch)
    cells_of(plan, [model], store)
    assert set(watch.beside) == {1}


def test_what_cannot_be_shared_has_one_network_at_a_time(camvid, tiny, store, monkeypatch):
    model, watch = tiny(), Watch()
    plan = plan_grid(camvid, [model], FEW)
    watch.over(model, monkeypatch)
    model.precision = "openvino"  # Only to the crew: the network stays as it is.
    cells_of(plan, [model], store)
    assert set(watch.beside) == {1}
    assert set(watch.threads) == {torch.get_num_threads()}


@pytest.mark.parametrize("mode", ["accuracy", "consistency"])
def test_cells_do_not_depend_on_how_many_are_at_work(
    camvid, tiny, tmp_path, four_threads, monkeypatch, mode
):
    model = tiny()
    plan = plan_grid(camvid, [model], FEW, mode=mode)
    found = []
    for name, pixels in (("four", 4 * 40 * 50), ("one", 1)):
        monkeypatch.setattr(crew, "MAX_WHOLE_PIXELS", pixels)
        with CellStore(tmp_path / f"{name}.sqlite") as store:
            found.append(cells_of(plan, [model], store))
    four, one = found
    assert four.keys() == one.keys()
    assert all((four[key].counts == one[key].counts).all() for key in one)


def test_who_leaves_waits_for_no_more_than_what_is_at_hand(camvid, tiny, store, four_threads):
    model = tiny()
    plan = plan_grid(camvid, [model], FEW)
    tasks = missing_tasks(plan, store)
    with crew_at_work(plan, [model], tasks, lambda: False) as group:
        for task in tasks:
            group.begin(task)
        begun = list(group.begun)
    assert all(cells.done() for _, cells in begun)
    assert begun[0][0].condition == CLEAN
    assert begun[0][1].result()[0].key.condition == CLEAN
