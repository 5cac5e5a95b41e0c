"""Segmenting all, and exporting: what is written, what is refused, what fails."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox

from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, read_labels
from segformer_gui.gui.dialogs import ExportDialog
from segformer_gui.gui.session.pictures import RecentlyUsed, load_picture
from tests.gui.conftest import CLASSES, make_image


def test_segment_all_collects_failures_in_one_list(window, engine, images, tmp_path):
    broken = tmp_path / "in" / "z.png"
    broken.write_text("no image")
    engine.broken[20] = UserError("disk_full", path="second")
    window.session.images.open([*images, broken])
    window.actions_by_id["segment_all"].trigger()
    assert window.session.segmentation.count() == 2
    assert "1 of 3" in window.message_bar.sentence.text()
    lines = window.message_bar.details.toPlainText().splitlines()
    assert len(lines) == 2
    assert "second" in lines[0]
    assert "z.png is not an image" in lines[1]
    assert window.message_bar.details.isVisible()


def test_segment_all_leaves_out_what_is_done(window, engine, images):
    window.session.images.open(images)
    window.actions_by_id["segment_all"].trigger()
    assert len(engine.options) == 3
    assert not window.actions_by_id["segment_all"].isEnabled()


def test_results_of_a_run_are_shown_without_running_again(window, engine, images):
    window.session.images.open(images)
    window.actions_by_id["segment_all"].trigger()
    window.session.images.step(2)
    assert window.session.segmentation.result.labels[0, 0] == 1
    assert len(engine.options) == 3


def _export(window, folder: Path, *kinds: str, everything: bool = True) -> None:
    window.actions_by_id["export"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ExportDialog)
    (dialog.all if everything else dialog.current).setChecked(True)
    for kind, box in dialog.kinds.items():
        box.setChecked(kind in kinds)
    dialog.folder.setText(str(folder))
    dialog.go.click()


def test_export_writes_the_right_files(window, images, tmp_path):
    window.session.images.open(images)
    window.actions_by_id["segment_all"].trigger()
    out = tmp_path / "out"
    _export(window, out, "index", "color", "overlay")
    assert len(list(out.iterdir())) == 9
    labels = read_labels(out / "a_2.png")
    assert labels.dtype == np.uint8
    assert np.unique(labels[:, :40]).tolist() == [1]
    assert np.unique(labels[:, 40:]).tolist() == [2]
    color = read_image(out / "a_2_color.png")
    assert color[0, 0].tolist() == [0, 200, 0]
    blended = read_image(out / "a_2_overlay.png")
    expected = 0.4 * 100 + 0.6 * np.array([0, 200, 0])
    assert np.abs(blended[0, 0] - expected).max() <= 1
    assert "3 of 3" in window.message_bar.sentence.text()


def test_export_writes_statistics_of_the_model_that_runs(window, images, tmp_path):
    window.session.images.open(images)
    _export(window, tmp_path / "out", "statistics", everything=False)
    report = json.loads((tmp_path / "out" / "a_0_statistics.json").read_text("utf-8"))
    assert report["model"] == "segformer-b0-camvid"
    assert [entry["share"] for entry in report["classes"]] == [0.5, 0.0, 0.5]
    assert report["mean_confidence"] == 0.75


def test_cityscapes_ids_are_offered_only_where_the_model_has_such_classes(window, engine, images):
    window.session.images.open(images)
    dialog = ExportDialog(window.session, window)
    for kind in ("labelIds", "trainIds"):
        assert not dialog.kinds[kind].isEnabled()
        assert kind not in dialog.chosen_kinds()
    assert any("no class that Cityscapes" in label.text() for label in dialog.findChildren(QLabel))
    dialog.deleteLater()


def test_export_writes_cityscapes_ids_by_name(window, engine, images, tmp_path):
    engine.classes = ClassSet("mine", ("car", "lake", "road"), CLASSES.colors)
    window.session.models.set_precision("bfloat16")
    window.session.images.open(images)
    _export(window, tmp_path / "out", "labelIds", "trainIds", everything=False)
    label_ids = read_labels(tmp_path / "out" / "a_0_labelIds.png")
    train_ids = read_labels(tmp_path / "out" / "a_0_trainIds.png")
    assert (label_ids[0, 0], label_ids[0, 79]) == (26, 7)
    assert (train_ids[0, 0], train_ids[0, 79]) == (13, 0)


def test_export_of_the_current_image_only(window, images, tmp_path):
    window.session.images.open(images)
    window.actions_by_id["segment_all"].trigger()
    _export(window, tmp_path / "out", "index", everything=False)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a_0.png"]


def test_export_asks_before_it_overwrites(window, images, tmp_path):
    window.session.images.open(images)
    out = tmp_path / "out"
    out.mkdir()
    (out / "a_0.png").write_text("mine")
    _export(window, out, "index")
    question = QApplication.activeModalWidget()
    assert isinstance(question, QMessageBox)
    assert (out / "a_0.png").read_text() == "mine"
    next(b for b in question.buttons() if b.text() == "Overwrite").click()
    assert read_labels(out / "a_0.png").shape == (60, 80)


def test_export_refuses_to_overwrite_an_image(window, images):
    before = images[0].read_bytes()
    window.session.images.open(images)
    _export(window, images[0].parent, "index")
    assert "would be overwritten" in window.message_bar.sentence.text()
    assert images[0].read_bytes() == before


def test_export_goes_on_after_a_file_that_fails(window, images, tmp_path):
    window.session.images.open(images)
    window.actions_by_id["segment_all"].trigger()
    out = tmp_path / "out"
    (out / "a_1_overlay.png").mkdir(parents=True)  # A folder stands where the file should be.
    _export(window, out, "overlay")
    question = QApplication.activeModalWidget()
    next(b for b in question.buttons() if b.text() == "Overwrite").click()
    assert "2 of 3" in window.message_bar.sentence.text()
    assert "a_1_overlay.png" in window.message_bar.details.toPlainText()


def test_export_needs_a_folder_and_a_kind(window, images):
    window.session.images.open(images)
    dialog = ExportDialog(window.session, window)
    dialog.folder.setText("")
    assert not dialog.go.isEnabled()
    dialog.folder.setText("somewhere")
    assert dialog.go.isEnabled()
    for box in dialog.kinds.values():
        box.setChecked(False)
    assert not dialog.go.isEnabled()
    dialog.deleteLater()


def test_cache_lets_go_of_what_was_not_used_for_longest():
    cache: RecentlyUsed[str] = RecentlyUsed(100)
    for name in "abc":
        cache.put(Path(name), name, 40)
        cache.get(Path("a"))
    assert cache.get(Path("a")) == "a"
    assert cache.get(Path("b")) is None
    cache.put(Path("huge"), "huge", 1000)
    assert cache.get(Path("huge")) == "huge"
    assert cache.get(Path("a")) is None


@pytest.mark.parametrize("size", [(1, 1), (511, 300), (513, 1024), (3, 2000)])
def test_picture_levels_halve(tmp_path, size):
    levels = load_picture(make_image(tmp_path / "x.png", size=size)).levels
    assert levels[0].shape == (*size, 3)
    for larger, smaller in itertools.pairwise(levels):
        expected = ((larger.shape[0] + 1) // 2, (larger.shape[1] + 1) // 2, 3)
        assert smaller.shape == expected
    assert max(levels[-1].shape[:2]) < 512
    assert cv2.countNonZero(levels[-1][..., 0]) == levels[-1][..., 0].size


def _correct(window, class_id: int = 1) -> None:
    """Paint a disc of a class in the middle of the left half of the current image."""
    editing = window.session.editing
    window.actions_by_id["tool_brush"].trigger()
    window.session.tools.set(brush_px=9)
    assert editing.begin_stroke(class_id)
    editing.stroke_to(20.5, 30.5)
    editing.end_stroke("stroke")


def test_corrected_masks_are_exported_where_there_are_some(window, images, tmp_path):
    window.session.images.open(images)
    window.actions_by_id["segment_all"].trigger()
    _correct(window)

    _export(window, tmp_path / "out", "index", "statistics")

    assert read_labels(tmp_path / "out" / "a_0.png")[30, 20] == 1
    assert read_labels(tmp_path / "out" / "a_1.png")[30, 20] == 0
    sources = [
        json.loads((tmp_path / "out" / f"a_{i}_statistics.json").read_text("utf-8"))["source"]
        for i in range(3)
    ]
    assert sources == ["mask", "prediction", "prediction"]


def test_predictions_alone_are_exported_on_demand(window, images, tmp_path):
    window.session.images.open(images)
    _correct(window)
    window.actions_by_id["export"].trigger()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ExportDialog)
    assert "(1)" in dialog.corrected.text()
    dialog.corrected.setChecked(False)
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.go.click()

    assert read_labels(tmp_path / "out" / "a_0.png")[30, 20] == 0


def test_masks_without_a_prediction_are_exported_too(window, images, tmp_path):
    window.session.images.open(images)
    _correct(window)
    window.session.segmentation.forget()

    _export(window, tmp_path / "out", "index")

    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a_0.png"]


def test_one_export_has_one_numbering_of_classes(window, images, tmp_path):
    window.session.images.open(images)
    window.actions_by_id["segment_all"].trigger()
    other = ClassSet("own", ("sky", "bright", "dark"), ((1, 1, 1), (2, 2, 2), (3, 3, 3)))
    window.session.projects.create(tmp_path / "project", other)
    _correct(window, class_id=0)

    _export(window, tmp_path / "out", "index")

    labels = read_labels(tmp_path / "out" / "a_0.png")
    assert (labels[30, 20], labels[0, 0], labels[0, 79]) == (0, 2, 1)
    labels = read_labels(tmp_path / "out" / "a_1.png")
    assert (labels[0, 0], labels[0, 79]) == (2, 1)
    # Nothing in the project is called as what the model sees here.
    assert read_labels(tmp_path / "out" / "a_2.png")[0, 0] == 255
