"""What is learnt from what, before a run."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from segformer_gui.core.images import write_png
from segformer_gui.core.training.estimate import Estimate
from segformer_gui.core.training.folds import folds_of
from segformer_gui.core.training.recipe import read_recipe
from tests.gui.conftest import CLASSES, make_image
from tests.gui.looking import in_front


def test_the_dock_tells_what_is_learnt_from_what(window, dock):
    setup = dock.setup
    assert "to learn from: 1, with 4.8 k labelled pixels. Held out: 1." in setup.told.text()
    assert "Begins with SegFormer-B0, CamVid" in setup.base.text()
    rows = [setup.sequences.topLevelItem(row) for row in range(2)]
    assert [(row.text(0), row.text(1)) for row in rows] == [("a", "1"), ("b", "1")]
    assert rows[0].checkState(0) == Qt.CheckState.Checked
    assert setup.classes.topLevelItem(0).text(0) == "cat"
    assert setup.classes.topLevelItem(0).text(2) == "new: cat"
    assert setup.start.isEnabled()


def test_the_split_can_be_changed(window, dock):
    setup = dock.setup
    for row, state in ((1, Qt.CheckState.Checked), (0, Qt.CheckState.Unchecked)):
        setup.sequences.topLevelItem(row).setCheckState(0, state)
    recipe = window.session.tuning.recipe
    assert recipe.data.held_out == ("b",)
    assert setup.classes.topLevelItem(0).text(0) == "dark"
    for row in (0, 1):
        setup.sequences.topLevelItem(row).setCheckState(0, Qt.CheckState.Checked)
    assert not setup.start.isEnabled()
    assert "nothing is left to train on" in setup.told.text()


def test_classes_are_learnt_as_others_as_new_or_not(window, dock):
    tuning = window.session.tuning
    assert list(dock.setup.classes.choices_of("cat")) == ["cat", "dark", "middle", "bright", ""]
    assert list(dock.setup.classes.choices_of("dark")) == ["dark", "middle", "bright", ""]
    assert tuning.recipe.network.classes == "both"
    dock.setup.classes.learn_as("cat", "dark")
    assert tuning.recipe.network.classes == "initial"
    assert tuning.recipe.data.class_map == {"cat": "dark"}
    dock.setup.classes.learn_as("cat", "")
    assert tuning.recipe.data.class_map == {"cat": ""}


def test_the_editor_of_a_class_offers_what_it_may_be_learnt_as(dock, window):
    table = dock.setup.classes
    item = table.topLevelItem(0)
    delegate = table.itemDelegateForColumn(2)
    box = delegate.createEditor(table.viewport(), None, table.indexFromItem(item, 2))
    assert box.currentData() == "cat"
    box.setCurrentIndex(box.findData("bright"))
    box.activated.emit(box.currentIndex())
    assert window.session.tuning.recipe.data.class_map == {"cat": "bright"}


def test_presets_and_what_is_otherwise(window, dock):
    tuning, setup = window.session.tuning, dock.setup
    setup.preset.setCurrentIndex(setup.preset.findData("quick"))
    setup.preset.activated.emit(setup.preset.currentIndex())
    assert tuning.recipe.network.freeze == "encoder"
    assert "Only the head" in setup.preset_told.text()
    assert setup.options.isHidden()
    setup.more.click()
    assert not setup.options.isHidden()
    spins = {spin.accessibleName(): spin for spin, _ in setup.options._readers}
    assert spins["Steps"].value() == 300
    spins["Steps"].setValue(40)
    spins["Not forgetting"].setValue(2.5)
    spins["Kept"].setValue(0.2)
    first, *others = setup.options.menu.actions()
    for action in others:
        action.setChecked(action.data() == "fog")
    first.trigger()
    recipe = tuning.recipe
    assert (recipe.optimizer.steps, recipe.loss.distill, recipe.network.keep) == (40, 2.5, 0.2)
    assert recipe.augmentation.corruptions == ("fog",)
    assert "changed" in setup.more.text()
    setup.options.reset.click()
    assert tuning.recipe.optimizer.steps == 300


def test_a_labelled_folder_with_the_models_ids(window, dock, tmp_path, monkeypatch):
    for name in ("a", "b"):
        make_image(tmp_path / "data" / "images" / name / "1.png")
        labels = np.zeros((60, 80), np.uint8)
        write_png(tmp_path / "data" / "labels" / name / "1.png", labels)
    chosen = str(tmp_path / "data")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: chosen)
    source = dock.setup.source
    source.setCurrentIndex(source.findData("choose"))
    source.activated.emit(source.currentIndex())
    assert source.currentText() == "Folder: data"
    assert window.session.tuning.recipe.data.class_names == CLASSES.names
    source.setCurrentIndex(source.findData("project"))
    source.activated.emit(source.currentIndex())
    assert window.session.tuning.recipe.data.layout == "project"


def test_without_anything_corrected_it_says_what_to_do(window):
    window.actions_by_id["fine_tune"].trigger()
    setup = in_front(window.tuning.dock).setup
    assert "Correct some masks" in setup.told.text()
    assert not setup.start.isEnabled()


def test_a_project_that_is_opened_later_is_counted(window, project):
    window.actions_by_id["fine_tune"].trigger()
    in_front(window.tuning.dock)
    window.session.projects.open(project)
    assert "to learn from: 1," in window.tuning.dock.setup.told.text()


_SAYS_MUCH = "import sys; sys.stderr.write('x' * 300_000); print({line!r}); sys.exit({code})"


def _play_estimate(monkeypatch, line: str, code: int = 0) -> None:
    """Let a process that says `line`, after more than a pipe holds, take the steps."""
    script = _SAYS_MUCH.format(line=line, code=code)
    start = subprocess.Popen

    def play(_command, **options):
        return start([sys.executable, "-c", script], **options)

    monkeypatch.setattr("segformer_gui.gui.session.tuning.subprocess.Popen", play)


def test_how_long_is_told_from_measured_steps(window, dock, monkeypatch):
    setup = dock.setup
    _play_estimate(monkeypatch, Estimate(0.5, 0.1, 160.0, "cpu", 1).to_line())
    setup.measure.click()
    assert setup.time.text() == "About 3 min: 300 steps of 0.50 s, and the proof"
    assert setup.measure.text() == "How long?"
    window.session.tuning.adjust(steps=60)
    assert setup.time.text() == "About 40 s: 60 steps of 0.50 s, and the proof"
    window.session.tuning.adjust(batch=1)
    assert setup.time.text() == "60 steps"


def test_no_proof_is_promised_where_nothing_is_held_out(window, dock, monkeypatch):
    window.session.tuning.set_hold_out("a", False)
    _play_estimate(monkeypatch, Estimate(0.5, None, 150.0, "cpu", 1).to_line())
    dock.setup.measure.click()
    assert "steps of 0.50 s" in dock.setup.time.text()
    assert "proof" not in dock.setup.time.text()


def test_why_nothing_could_be_measured_is_told(window, dock, monkeypatch):
    told = {"error": "training_out_of_memory", "parameters": {}}
    _play_estimate(monkeypatch, json.dumps(told), code=1)
    dock.setup.measure.click()
    assert "memory" in window.message_bar.sentence.text()
    assert dock.setup.measure.text() == "How long?"
    assert dock.setup.measure.isEnabled()


def test_a_recipe_of_other_data_does_not_land(window, dock, monkeypatch, tmp_path):
    """While a folder is read, what the data before led to can be neither measured nor started."""
    tuning, lane = window.session.tuning, window.session.tuning._lanes.runs
    waiting = []

    def submit(self, _work, _done, _failed, key=None):
        if self is lane and key:  # A look at a run has none, and may come at any time.
            waiting.append(key)

    monkeypatch.setattr(type(lane), "submit", submit)
    cancelled = []
    monkeypatch.setattr(type(lane), "cancel", lambda _, key: cancelled.append(key))
    tuning.choose(preset="quick")
    cancelled.clear()
    tuning.use_folder(tmp_path)
    assert waiting == ["compose", "read"]
    assert "compose" in cancelled
    assert not tuning.can_start


def test_each_sequence_can_be_left_out_in_turn(window, dock, trainer):
    setup, tuning = dock.setup, window.session.tuning

    setup.in_turn.click()

    assert not setup.sequences.isEnabled()
    ticked = [setup.sequences.topLevelItem(row).checkState(0) for row in range(2)]
    assert ticked == [Qt.CheckState.Checked, Qt.CheckState.Unchecked]
    assert "each sequence in turn, in 2 runs" in setup.told.text()
    assert setup.time.text().startswith("2 runs of")
    tuning._measured = tuning.recipe, Estimate(1.0, 0.5, 100.0, "cpu", 1)
    assert tuning.total_s == 200
    setup.start.click()
    (run,) = trainer.runs
    folds = folds_of(run.parent)
    held_out = [read_recipe(fold / "recipe.toml").data.held_out for fold in folds.values()]
    assert held_out == [("a",), ("b",)]
    assert read_recipe(run / "recipe.toml").data.root == str(run.parent / "data" / "project")
    assert window.session.runs.run == run
    assert not any(row.hold_out for row in window.session.projects.project.images.values())
