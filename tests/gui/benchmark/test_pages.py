"""The pages of the benchmark's window: what is shown of a grid, and what is refused."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from robustness_grids import plan_of

from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.robustness.plan import noise_seed
from segformer_gui.core.robustness.report.drawing import Area, Circle, Text
from segformer_gui.gui.benchmark.page import grid_rows
from tests.gui.benchmark.case import FEW, opened, show, state_of


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


def test_charts_have_a_line_with_its_band_for_each_model_and_corruption(benchmark_window):
    state = state_of(plan_of(FEW, images=4, models=["a", "b"]))
    page = benchmark_window.curves
    show(benchmark_window, state, page)
    shapes = page.picture.drawing.shapes
    texts = [shape.content for shape in shapes if isinstance(shape, Text)]
    assert {"a", "b", "Fog", "Shot noise"} <= set(texts)
    assert sum(isinstance(shape, Area) for shape in shapes) == 4
    tips = [shape.tip for shape in shapes if isinstance(shape, Circle)]
    for scores in state.results.models:
        for own in scores.corruptions.values():
            for severity, estimate in own.by_severity.items():
                tip = f"{scores.model.name}, severity {severity}: {100 * estimate.value:.1f} %"
                assert tip in tips
    show(benchmark_window, state, benchmark_window.position)
    shapes = benchmark_window.position.picture.drawing.shapes
    discs = [shape for shape in shapes if isinstance(shape, Circle)]
    assert [disc.tip for disc in discs] == ["a, 10 ms", "b, 10 ms"]


def test_a_chart_is_painted_in_the_colours_of_the_theme_and_tells_what_is_under_the_mouse(window):
    bench = opened(window)
    state = state_of(plan_of(KR16, images=4, models=["a", "b"]))
    picture = bench.position.picture
    papers = []
    for name in ("light", "dark"):
        window.session.change_settings(theme=name)
        show(bench, state, bench.position)
        image = picture.grab().toImage()
        papers.append(image.pixelColor(2, 2).lightness())
        scale, corner = picture._placement(picture.drawing)
        for disc in [shape for shape in picture.drawing.shapes if isinstance(shape, Circle)]:
            place = corner + scale * QPointF(disc.x, disc.y)
            assert picture.tip_at(place) == disc.tip
            if disc.hollow:
                continue
            assert image.pixelColor(place.toPoint()).name() == disc.color
        assert picture.tip_at(QPointF(1, 1)) == ""
    assert papers[0] > 200 > 80 > papers[1]


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
