"""The benchmark's window: what the form asks for, what runs, and what is shown of it."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from oracles import realistic
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QApplication, QFileDialog
from robustness_grids import cells_of, plan_of, random_counts

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.corruption.catalogue import KR16, PROTOCOLS
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.images import write_png
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.export import export_hugging_face
from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.project.project import Project
from segformer_gui.core.robustness.benchmark import Request
from segformer_gui.core.robustness.plan import custom_protocol, noise_seed
from segformer_gui.core.robustness.report.files import Provenance
from segformer_gui.core.robustness.results import score_grid, score_images
from segformer_gui.gui.benchmark.page import grid_rows
from segformer_gui.gui.session.benchmark import GridState

TINY = SegFormerConfig((8, 16, 40, 64), (1, 1, 1, 1), head_width=16, num_classes=11)
FEW = custom_protocol(("fog", "shot_noise"), (1, 3))


@pytest.fixture
def tiny(tmp_path) -> Path:
    """A small network as a folder."""
    torch.manual_seed(0)
    options = {"card": "# tiny\n", "mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    folder = tmp_path / "models" / "tiny"
    network = realistic(SegFormer(TINY))
    export_hugging_face(network, known_class_set("camvid"), folder, **options)
    return folder


@pytest.fixture
def data(tmp_path) -> Path:
    """Two small images of a CamVid layout."""
    rng = np.random.default_rng(0)
    for name in ("S0_0", "S1_1"):
        image = rng.integers(0, 256, (5, 7, 3), np.uint8).repeat(12, 0).repeat(12, 1)
        labels = rng.integers(0, 11, (5, 7), np.uint8).repeat(12, 0).repeat(12, 1)
        write_png(tmp_path / "data" / "val" / f"{name}.png", image)
        write_png(tmp_path / "data" / "valannot" / f"{name}.png", labels)
    return tmp_path / "data"


def opened(window):
    window.actions_by_id["benchmark"].trigger()
    QApplication.processEvents()
    return window.lab.benchmark


@pytest.fixture
def benchmark_window(window):
    return opened(window)


def state_of(plan, leave_out: int = 0, models: tuple[str, ...] = ("a", "b")) -> GridState:
    """A grid of made-up cells, without the last of them."""
    cells = cells_of(plan, random_counts(plan))
    cells = cells[: len(cells) - leave_out]
    results = None if leave_out else score_grid(plan, cells)
    request = Request(Path("data"), models, plan.protocol)
    here = Provenance("program", "today", "machine", request.command(Path("out")))
    return GridState(request, Path("out"), plan, here, score_images(plan, cells), results)


def show(window, state, page):
    window._session.benchmark._show(state)
    window.pages.setCurrentWidget(page)
    QApplication.processEvents()


# What is asked for -------------------------------------------------------------------------------


def test_the_form_asks_for_what_is_missing_and_proposes_a_folder(benchmark_window, user_home):
    form = benchmark_window.form
    assert form.request() is None
    assert not benchmark_window.go.isEnabled()
    form.data.show_folder(Path("/pictures/street"))
    assert benchmark_window.go.isEnabled()
    assert form.out.folder == user_home / "benchmarks" / "street-kr16"
    form.kind.setCurrentIndex(form.kind.findData("consistency"))
    assert form.out.folder == user_home / "benchmarks" / "street-kr16-consistency"
    assert form.request() == Request(
        Path("/pictures/street"), (benchmark_window._session.models.request.spec,), consistency=True
    )
    assert form.consistency.isVisible()
    assert not form.split.isVisible()
    form.out.show_folder(Path("/mine"))
    form.kind.setCurrentIndex(0)
    assert form.out.folder == Path("/mine")
    form.models.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert form.request() is None


@pytest.mark.parametrize(
    "asked",
    [
        Request(Path("/data"), ("b0-camvid",), split="val", every=4, device="cpu"),
        Request(Path("/data"), ("/models/x", "b0-camvid"), PROTOCOLS["all19"], seeds=3),
        Request(Path("/data"), ("b0-camvid",), FEW, layout="camvid", sequences=("s",)),
        Request(
            Path("/data"),
            ("b0-camvid",),
            consistency=True,
            engine="reference",
            options=SegmentOptions(333, sliding=True, flip=True),
            precision="float32",
            blocks="images",
            reference="b0-camvid",
        ),
    ],
)
def test_an_earlier_request_comes_back_as_it_was(benchmark_window, tmp_path, asked):
    benchmark_window.form.show_request(asked, tmp_path)
    assert benchmark_window.form.request() == asked
    assert benchmark_window.form.out.folder == tmp_path


def test_the_first_model_is_the_reference_unless_another_is_chosen(benchmark_window, tmp_path):
    form = benchmark_window.form
    form.show_request(Request(Path("/data"), ("b0-camvid", "/x/one", "/x/two")), tmp_path)
    assert form.models.reference.isVisibleTo(form)
    form.models.reference.setCurrentIndex(2)
    assert form.request().models == ("/x/two", "b0-camvid", "/x/one")


def test_a_protocol_of_ones_own_needs_a_corruption_and_a_severity(benchmark_window):
    form, field = benchmark_window.form, benchmark_window.form.protocol
    form.data.show_folder(Path("/data"))
    assert not field.corruptions.isVisible()
    field.box.setCurrentIndex(field.box.findData("custom"))
    assert field.corruptions.isVisible()
    assert form.request().protocol.severities["fog"] == (1, 2, 3, 4, 5)
    field.choose(FEW)
    assert form.request().protocol == FEW
    for box in field.severities.values():
        box.setChecked(False)
    assert form.request() is None


def test_the_parts_of_a_data_set_are_offered_and_all_of_them(benchmark_window, data, qtbot):
    form = benchmark_window.form
    form.data.show_folder(data)
    assert [form.split.itemData(row) for row in range(form.split.count())] == [None, "val"]
    for folder in ("val", "valannot"):
        other = data / folder.replace("val", "train")
        other.mkdir()
        (data / folder / "S0_0.png").rename(other / "S0_0.png")
    form.data.changed.emit()
    parts = [form.split.itemData(row) for row in range(form.split.count())]
    assert parts == [None, "train", "val", "all"]
    form.split.setCurrentIndex(3)
    assert len(form.request().open_data().samples) == 2


def test_the_open_project_can_be_measured(window, tmp_path, qtbot):
    form = opened(window).form
    items = form.kind.model()
    assert isinstance(items, QStandardItemModel)
    item = items.item(form.kind.findData("project"))
    assert not item.isEnabled()
    Project.create(tmp_path / "project", known_class_set("camvid")).close()
    window.session.projects.open(tmp_path / "project")
    assert item.isEnabled()
    form.kind.setCurrentIndex(form.kind.findData("project"))
    assert form.request().data == tmp_path / "project"
    assert not form.data.isVisible()
    parts = [form.split.itemData(row) for row in range(form.split.count())]
    assert parts == [None, "checked", "corrected", "hold-out"]


# What runs ---------------------------------------------------------------------------------------


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


# What is shown -----------------------------------------------------------------------------------


def test_a_complete_grid_shows_its_scores_by_condition(benchmark_window):
    state = state_of(plan_of(KR16, models=["a", "b"]))
    page = benchmark_window.conditions
    show(benchmark_window, state, page)
    names, levels = grid_rows(state.plan)
    assert levels == [1, 2, 3, 4, 5]
    for model in (0, 1):
        page.model.setCurrentIndex(model)
        scores = state.results.models[model]
        for row, name in enumerate(names):
            for column, level in enumerate(levels):
                cell = page.table.shown(row, column)
                estimate = scores.corruptions[name].by_severity.get(level)
                if estimate is None:
                    assert cell is None
                else:
                    assert cell.text == f"{100 * estimate.value:.1f}"
            mean = scores.corruptions[name].miou.value
            assert page.table.shown(row, 5).text == f"{100 * mean:.1f}"
    page.image.setCurrentIndex(2)
    expected = state.images.miou[1, 1, 1]
    assert page.table.shown(0, 0).text == f"{100 * expected:.1f}"


def test_an_incomplete_grid_shows_single_images_and_refuses_all_means(benchmark_window):
    state = state_of(plan_of(FEW, models=["a"]), leave_out=1, models=("a",))
    page = benchmark_window.conditions
    show(benchmark_window, state, page)
    texts = {page.table.shown(r, c).text for r in range(2) for c in range(2)}
    assert texts == {"2/2", "1/2"}
    assert page.table.shown(0, 2) is None
    assert "would be of another benchmark" in page.note.text()
    page.image.setCurrentIndex(1)
    assert page.table.shown(0, 0).text == f"{100 * state.images.miou[0, 1, 0]:.1f}"
    page.image.setCurrentIndex(2)
    assert page.table.shown(1, 1) is None
    for other in (benchmark_window.classes, benchmark_window.models, benchmark_window.curves):
        show(benchmark_window, state, other)
        assert "once the grid is complete" in other.note.text()
    show(benchmark_window, state, benchmark_window.summary)
    assert "9 of 10 cells" in benchmark_window.summary.text.toPlainText()
    assert not benchmark_window.export.isEnabled()


def test_a_click_on_a_cell_opens_that_image_in_that_condition(window, images, qtbot):
    bench = opened(window)
    plan = plan_of(FEW, images=3, models=["a"])
    grid_images = tuple(
        replace(image, sample=replace(image.sample, image=path), content=str(place))
        for place, (image, path) in enumerate(zip(plan.images, images, strict=True))
    )
    plan = replace(plan, images=grid_images)
    spec = window.session.models.request.spec
    state = state_of(plan, models=(spec,))
    show(bench, state, bench.conditions)
    table = bench.conditions.table
    qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=table.cell(1, 1).center())
    lost = state.images.miou[0, 0] - state.images.miou[0, 4]
    worst = int(lost.argmax())
    session = window.session
    assert session.images.current == images[worst]
    seed = noise_seed(plan.images[worst], 0)
    assert session.lab.shown == Condition((Step("shot_noise", 3),), seed)
    assert session.view.arrangement == "side"
    assert session.models.request.spec == spec
    bench.conditions.image.setCurrentIndex(1)
    qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=table.cell(0, 0).center())
    assert session.images.current == images[0]
    assert str(session.lab.shown) == "fog:1"
    qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=table.cell(0, 2).center())
    assert str(session.lab.shown) == "fog:1"  # The mean is no condition.


def test_models_stand_beside_the_published_ones_which_are_labelled(benchmark_window):
    plan = plan_of(KR16, models=["a", "b"])
    plan = replace(plan, models=(replace(plan.models[0], seen_sequences=("s0",)), plan.models[1]))
    state = state_of(plan)
    page = benchmark_window.models
    show(benchmark_window, state, page)
    rows = [page.table.item(row, 0).text() for row in range(page.table.rowCount())]
    assert rows[:2] == ["a (sequence seen in training)", "b"]
    assert rows[-1] == "SegFormer-B5 (published)"
    assert all(row.endswith(" (published)") for row in rows[2:])
    assert page.table.item(len(rows) - 1, 1).text() == "82.4"
    assert (
        page.table.item(0, 1).text().startswith(f"{100 * state.results.models[0].clean.miou:.1f}")
    )
    told = [page.differences.item(0, column).text() for column in range(4)]
    assert told[0] == "a less b"
    for difference, text in zip(state.results.differences, told[1:], strict=True):
        assert ("not distinguishable" in text) == (not difference.distinguishable)


def test_classes_show_what_each_loses(benchmark_window):
    state = state_of(plan_of(FEW, models=["a"]), models=("a",))
    page = benchmark_window.classes
    show(benchmark_window, state, page)
    scores = state.results.models[0]
    for row in range(3):
        for column, name in enumerate(FEW.severities):
            lost = scores.clean.class_iou[row] - scores.corruptions[name].class_iou[row]
            assert int(page.table.shown(row, column).text) == round(-100 * lost)


def test_charts_have_a_line_with_its_band_for_each_model_and_corruption(benchmark_window, qtbot):
    state = state_of(plan_of(FEW, images=4, models=["a", "b"]))
    page = benchmark_window.curves
    show(benchmark_window, state, page)
    qtbot.waitUntil(lambda: len(page.panels) == 2)
    for name, plot in page.panels.items():
        lines = [item for item in plot.listDataItems() if item.opts["symbol"]]
        assert len(lines) == 2
        assert sum("FillBetween" in type(item).__name__ for item in plot.items) == 2
        for line, scores in zip(lines, state.results.models, strict=True):
            x, y = line.getData()
            assert x.tolist() == [0, 1, 3]
            values = [e.value for e in scores.corruptions[name].by_severity.values()]
            assert y[1:].tolist() == pytest.approx([100 * value for value in values])
    page = benchmark_window.position
    show(benchmark_window, state, page)
    qtbot.waitUntil(lambda: page.pg is not None and page._drawn is state)
    discs = [item for item in page.plot.items if "Scatter" in type(item).__name__]
    places = [(d.data["x"][0], d.data["y"][0]) for d in discs]
    expected = [(100 * s.clean_miou.value, 100 * s.rpc.value) for s in state.results.models]
    assert np.allclose(places, expected)


def test_consistency_is_never_called_miou(benchmark_window):
    state = state_of(plan_of(FEW, models=["a"], mode="consistency"), models=("a",))
    for page in (
        benchmark_window.conditions,
        benchmark_window.classes,
        benchmark_window.models,
        benchmark_window.position,
    ):
        show(benchmark_window, state, page)
        assert "mIoU" not in page.note.text()
    show(benchmark_window, state, benchmark_window.summary)
    assert "It is not accuracy" in benchmark_window.summary.text.toPlainText()
    heads = benchmark_window.models.table
    assert "clean" not in [
        heads.horizontalHeaderItem(column).text() for column in range(heads.columnCount())
    ]


def test_everything_is_exported_to_another_folder(benchmark_window, tmp_path, monkeypatch):
    state = state_of(plan_of(FEW, models=["a", "b"]))
    show(benchmark_window, state, benchmark_window.summary)
    benchmark_window._update()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "there"))
    benchmark_window.export.click()
    written = {path.suffix for path in (tmp_path / "there").rglob("*.*")}
    assert written == {".html", ".json", ".csv", ".svg", ".png"}
    assert "Everything is written" in benchmark_window.message_bar.sentence.text()


def test_every_page_follows_the_theme(window):
    bench = opened(window)
    show(bench, state_of(plan_of(FEW, models=["a", "b"])), bench.summary)
    window.session.change_settings(theme="dark")
    for page in bench._pages():
        bench.pages.setCurrentWidget(page)
        QApplication.processEvents()
        assert not page.grab().isNull()


def test_closing_the_main_window_closes_this_one(window):
    bench = opened(window)
    window.close()
    assert not bench.isVisible()
    assert window.lab.benchmark is None
