"""What runs in the benchmark's window: to the end, paused, cancelled, or to an error."""

from __future__ import annotations

import json
import threading

import pytest
from PySide6.QtWidgets import QFileDialog

from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.robustness.benchmark import Request
from tests.gui.benchmark.case import FEW, opened


def test_window_and_command_line_give_the_same_numbers(
    benchmark_window, tiny, data, tmp_path, monkeypatch, capsys
):
    from segformer_gui.cli import main

    request = Request(data, (str(tiny),), FEW, device="cpu")
    by_window, by_command = tmp_path / "window", tmp_path / "command"
    benchmark_window.form.show_request(request, by_window)
    benchmark_window.go.click()

    command = request.command(by_command).split()
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit):
        main()
    capsys.readouterr()

    ours, theirs = (
        json.loads((out / "results.json").read_text("utf-8")) for out in (by_window, by_command)
    )
    for document in (ours, theirs):
        document["models"][0]["ms"] = 0
        document["command"] = ""
    assert ours == theirs
    for name in ("scores.csv", "classes.csv", "images.csv"):
        assert (by_window / name).read_bytes() == (by_command / name).read_bytes()
    assert request.command(by_window) in (by_window / "report.html").read_text("utf-8")
    assert not benchmark_window.message_bar.isHidden()
    assert benchmark_window.report.isEnabled()


def test_a_run_pauses_goes_on_is_cancelled_and_resumes(threaded, tiny, data, tmp_path, qtbot):
    window = opened(threaded)
    run = threaded.session.benchmark
    request = Request(data, (str(tiny),), KR16, device="cpu")
    window.form.show_request(request, tmp_path / "out")
    window.go.click()
    assert not window.form.isEnabled()
    qtbot.waitUntil(lambda: run.latest is not None, timeout=60_000)
    window.pause.click()
    assert run.paused
    assert window.pause.text() == "&Go on"
    qtbot.waitUntil(lambda: run.grid.images.measured.any(), timeout=60_000)
    assert run.grid.results is None
    window.pause.click()
    assert not run.paused
    window.cancel.click()
    assert "stopping" in window.told.text()
    qtbot.waitUntil(lambda: not run.running, timeout=60_000)
    measured = int(run.grid.images.measured.sum())
    assert 0 < measured < run.grid.plan.size
    assert not (tmp_path / "out" / "report.html").exists()

    run.read(tmp_path / "out")
    qtbot.waitUntil(lambda: window.form.request() == request)
    window.go.click()
    qtbot.waitUntil(lambda: run.total > 0, timeout=60_000)
    assert run.before == measured
    with qtbot.waitSignal(run.finished, timeout=120_000):
        pass
    assert run.grid.results is not None
    assert (tmp_path / "out" / "report.html").is_file()


def test_what_is_measured_is_shown_while_it_runs(
    threaded, tiny, data, tmp_path, qtbot, monkeypatch
):
    monkeypatch.setattr("segformer_gui.gui.session.benchmark._SHOW_S", 0)
    window, run = opened(threaded), threaded.session.benchmark
    shown = []
    run.found.connect(lambda: shown.append((run.grid.images.measured.sum(), run.grid.results)))
    window.form.show_request(Request(data, (str(tiny),), FEW, device="cpu"), tmp_path / "out")
    window.go.click()
    with qtbot.waitSignal(run.finished, timeout=60_000):
        pass
    counts = [count for count, _ in shown]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert any(0 < count < 10 for count in counts)
    assert [results is not None for _, results in shown] == [False] * (len(shown) - 1) + [True]


def test_the_window_stays_alive_while_it_runs_and_closing_it_ends_nothing(
    threaded, tiny, data, tmp_path, qtbot
):
    window, run = opened(threaded), threaded.session.benchmark
    window.form.show_request(Request(data, (str(tiny),), FEW, device="cpu"), tmp_path / "out")
    threads = set()
    run.changed.connect(lambda: threads.add(threading.current_thread()))
    window.go.click()
    window.close()
    with qtbot.waitSignal(run.finished, timeout=60_000):
        pass
    assert threads == {threading.main_thread()}
    assert opened(threaded) is window
    assert "keeps" in window.summary.text.toPlainText()


def test_what_cannot_be_measured_is_told_in_the_window(benchmark_window, tiny, tmp_path):
    (tmp_path / "nothing").mkdir()
    request = Request(tmp_path / "nothing", (str(tiny),))
    benchmark_window.form.show_request(request, tmp_path / "out")
    benchmark_window.go.click()
    assert "no ground truth is found" in benchmark_window.message_bar.sentence.text()
    assert benchmark_window.form.isEnabled()


def test_a_folder_without_a_benchmark_is_told(benchmark_window, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    benchmark_window.open.click()
    assert "holds no benchmark" in benchmark_window.message_bar.sentence.text()
