"""The form of the benchmark's window: what it asks for, and what it takes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.corruption.catalogue import PROTOCOLS
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.project.project import Project
from segformer_gui.core.robustness.benchmark import Request
from segformer_gui.core.robustness.plan import custom_protocol
from tests.gui.benchmark.case import FEW, opened


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
        Request(Path("/data"), ("b0-camvid",), custom_protocol(("snow", "fog"), (4, 2.5))),
        Request(
            Path("/data"),
            ("b0-camvid",),
            consistency=True,
            engine="reference",
            options=SegmentOptions(333, sliding=True, flip=True, scales=(0.5, 1.0)),
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
