"""Fine-tuning in the window: set up, run, result, versions. The trainer is played by the tests."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from segformer_gui.core.annotation.region import Region
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.images import write_index_png, write_png
from segformer_gui.core.network.write import write_model
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import project_classes
from segformer_gui.core.training import folder, versions
from segformer_gui.core.training.events import Finished, Proving, Saved, Started, Stepped, Validated
from segformer_gui.core.training.folder import asked, held
from segformer_gui.core.training.loop import log_event
from segformer_gui.core.training.recipe import read_recipe
from tests.gui.conftest import CLASSES, delete, make_image, make_window


class FakeProcess:
    """A trainer that is on its way."""

    def __init__(self) -> None:
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code


@pytest.fixture
def trainer(monkeypatch):
    """What starts a trainer returns this process, and notes the run's folder in `runs`."""
    process = FakeProcess()
    process.runs = []

    def start(run):
        process.runs.append(run)
        process.code = None
        return process

    monkeypatch.setattr(folder, "start_detached", start)
    monkeypatch.setattr("segformer_gui.gui.session.runs.start_detached", start)
    return process


@pytest.fixture
def project(tmp_path):
    """Three images of three sequences, two of them corrected; the class "cat" is new."""
    names = (*CLASSES.names, "cat")
    with Project.create(tmp_path / "project", project_classes(names, [(1, 2, 3)] * 4)) as made:
        paths = [make_image(tmp_path / "in" / f"{name}_1.png") for name in ("a", "b", "c")]
        for _, error in made.add(paths):
            assert error is None
        for image, class_id in (("a_1", 0), ("b_1", 3)):
            document = made.document(image)
            where = Region.of(np.ones((60, 80), bool))
            document.commit(document.mask.edit(where.filled(class_id), touch=True), "fill")
            made.save(image)
        made.store()
    return tmp_path / "project"


@pytest.fixture
def dock(window, project):
    window.session.projects.open(project)
    window.actions_by_id["fine_tune"].trigger()
    QApplication.processEvents()
    return window.tuning.dock


def started(run: Path) -> Path:
    return tell(run, Started(0, 300, 1, 1, 100, ("dark", "bright"), "cpu", "float32", 2))


def tell(run: Path, *events) -> Path:
    for event in events:
        log_event(run, event)
    return run


def scored(step: int, miou: float, corruption: str = "") -> Validated:
    scores: dict[str, object] = {"miou": miou, "per_class": {"dark": miou, "bright": None}}
    return Validated(step, corruption, scores, 1.0)


def pair(before: float, after: float) -> dict[str, object]:
    estimates = [{"value": value, "low": None, "high": None} for value in (before, after)]
    return dict(zip(("before", "after"), estimates, strict=True))


def proof(
    images: list[Path], clean: float = 0.7, verdict: str = "proof_better"
) -> dict[str, object]:
    return {
        "images": 2,
        "verdict": verdict,
        "parameters": {"clean": 20.0, "corrupted": 10.0},
        "cautions": [["grid_few_images", {"images": 2}]],
        "clean": pair(0.5, 0.7),
        "corrupted": pair(0.3, 0.4),
        "clean_rise": {"value": 0.2, "low": 0.1, "high": 0.3},
        "corrupted_rise": {"value": 0.1, "low": None, "high": None},
        "agreement": 0.9,
        "changed": [[str(path), 0.2] for path in images],
        "classes": {"dark": {"before": 0.5, "after": 0.4}, "bright": {"before": None, "after": 1}},
        "corruptions": {"fog": pair(0.3, 0.5), "snow": pair(0.3, 0.3)},
        "unseen": ["snow"],
    }


@contextmanager
def training(window, dock):
    """A run that goes on."""
    dock.setup.start.click()
    run = window.session.runs.run
    with held(run):
        started(run)
        window.session.runs._look()
        yield run


def finish(window, run: Path, what: dict[str, object]) -> None:
    """The trainer ends its work; the model is the embedded one."""
    write_model(EMBEDDED_MODEL, run / "model", "huggingface")
    (run / "proof.json").write_text(json.dumps(what))
    tell(run, Finished(300, str(run / "model")))
    window.session.runs._look()


# Set up -----------------------------------------------------------------------------------------


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
    assert list(dock.setup.choices_of("cat")) == ["cat", "dark", "middle", "bright", ""]
    assert list(dock.setup.choices_of("dark")) == ["dark", "middle", "bright", ""]
    assert tuning.recipe.network.classes == "both"
    dock.setup.learn_as("cat", "dark")
    assert tuning.recipe.network.classes == "initial"
    assert tuning.recipe.data.class_map == {"cat": "dark"}
    dock.setup.learn_as("cat", "")
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
    first, *others = setup.options.menu.actions()
    for action in others:
        action.setChecked(action.data() == "fog")
    first.trigger()
    recipe = tuning.recipe
    assert (recipe.optimizer.steps, recipe.loss.distill) == (40, 2.5)
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
    QApplication.processEvents()
    setup = window.tuning.dock.setup
    assert "Correct some masks" in setup.told.text()
    assert not setup.start.isEnabled()


def test_a_project_that_is_opened_later_is_counted(window, project):
    window.actions_by_id["fine_tune"].trigger()
    QApplication.processEvents()
    window.session.projects.open(project)
    assert "to learn from: 1," in window.tuning.dock.setup.told.text()


# Run --------------------------------------------------------------------------------------------


def test_a_folder_that_is_no_run_is_told(window, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    window.actions_by_id["follow_run"].trigger()
    assert "not the folder of a training run" in window.message_bar.sentence.text()


def test_a_run_works_on_a_copy_of_the_masks(window, dock, trainer, project):
    dock.setup.start.click()
    (run,) = trainer.runs
    recipe = read_recipe(run / "recipe.toml")
    assert recipe.data.root == str(run / "data" / "project")
    assert recipe.network.initial == EMBEDDED_MODEL
    assert run.parent == versions.runs_dir()
    assert [row.hold_out for row in window.session.projects.project.images.values()] == [
        True,
        False,
        False,
    ]
    assert dock.pages.currentIndex() == 1
    assert "starting" in dock.run.state.text()


def test_curves_state_and_samples_follow_the_log(window, dock, trainer):
    with training(window, dock) as run:
        assert "Scoring the model as it is" in dock.run.state.text()
        labels = np.zeros((24, 40), np.uint8)
        for step in (0, 100):
            write_index_png(run / "samples" / f"{step:06}-0.png", labels)
        steps = [Stepped(n, 1 / n, 1e-3, 1.0, 2) for n in range(1, 121)]
        tell(run, scored(0, 0.3), scored(0, 0.2, "fog"), *steps, scored(100, 0.5))
        window.session.runs._look()
        assert "Training, step 120 of 300" in dock.run.state.text()
        assert "taken in 2 parts" in dock.run.told.text()
        assert "left" in dock.run.told.text()
        x, y = dock.run._lines["loss", "raw"].getData()
        assert (x[-1], y[0]) == (120, 1)
        x, y = dock.run._lines["scores", ""].getData()
        assert (x.tolist(), y.tolist()) == ([0, 100], [30, 50])
        assert "Fog" in dock.run.legends["scores"].text()
        assert dock.run._lines["classes", "dark"].getData()[1].tolist() == [30, 50]
        assert [one.step for one in window.session.runs.samples] == [0, 100]
        dock.run.strip.grab()
        tell(run, Proving(300, 3, 36))
        window.session.runs._look()
        assert (dock.run.progress.value(), dock.run.progress.maximum()) == (3, 36)


def test_pause_go_on_and_stop_are_written_for_the_trainer(window, dock, trainer):
    with training(window, dock) as run:
        tell(run, Stepped(1, 1.0, 1e-3, 1.0, 1))
        window.session.runs._look()
        dock.run.pause.click()
        assert asked(run) == "pause"
        window.actions_by_id["stop_run"].trigger()
        assert asked(run) == "stop"
        assert "Stopping" in dock.run.state.text()


def test_a_killed_trainer_is_told_and_goes_on(window, dock, trainer):
    with training(window, dock) as run:
        tell(run, Stepped(1, 1.0, 1e-3, 1.0, 1), Saved(1, "x"), Stepped(2, 1.0, 1e-3, 1.0, 1))
        window.session.runs._look()
    trainer.code = -9
    window.session.runs._look()
    assert "ended without a word" in window.message_bar.sentence.text()
    assert "checkpoint of step 1" in window.message_bar.hint.text()
    assert "Ended without a word" in dock.run.state.text()
    dock.run.pause.click()
    assert trainer.runs == [run, run]
    assert "starting" in dock.run.state.text()


def test_a_trainer_that_never_spoke_is_told(window, dock, trainer):
    dock.setup.start.click()
    trainer.code = 1
    window.session.runs._look()
    assert "ended without a word" in window.message_bar.sentence.text()


def test_a_new_window_finds_the_run_that_goes_on(window, dock, trainer, engine, settings, qtbot):
    with training(window, dock):
        other = make_window(settings, engine, synchronous=True)
        other.resize(1320, 840)
        other.show()
        qtbot.waitExposed(other)
        other.session.start()
        assert other.session.runs.run == window.session.runs.run
        assert other.session.runs.live
        other.tuning._asked = True
        delete(other)


def test_closing_asks_while_a_run_goes_on(window, dock, trainer):
    with training(window, dock) as run:
        window.close()
        question = QApplication.activeModalWidget()
        assert isinstance(question, QMessageBox)
        assert window.isVisible()
        question.reject()
        assert window.isVisible()
        window.close()
        question = QApplication.activeModalWidget()
        (stop,) = [b for b in question.buttons() if b.text() == "Stop it"]
        stop.click()
        assert asked(run) == "stop"
        assert not window.isVisible()


# Result and versions ----------------------------------------------------------------------------


@pytest.fixture
def finished(window, dock, trainer, images):
    """A window with a finished run."""
    with training(window, dock) as run:
        pass
    finish(window, run, proof(images))
    return window


def test_the_card_shows_before_and_after(finished, dock):
    card = dock.card
    assert dock.pages.currentIndex() == 2
    assert "rose by 20.0 points" in card.verdict.text()
    assert "2 images are few" in card.cautions.text()
    rows = {}
    table = card.table
    for row in range(table.topLevelItemCount()):
        item = table.topLevelItem(row)
        rows[item.text(0)] = item
    clean = rows["Clean"]
    assert [clean.text(column) for column in (1, 2, 3)] == ["50.0", "70.0", "+20.0"]
    assert "+10.0 to +30.0" in clean.child(0).text(0)
    assert "no interval" in rows["Corrupted"].child(0).text(0)
    assert rows["Agreement"].text(2) == "90.0"
    dark = rows["Classes, IoU"].child(0)
    assert (dark.text(0), dark.text(3)) == ("dark", "-10.0")
    fog, snow = (rows["Corruptions, severity 3"].child(place) for place in (0, 1))
    assert fog.text(0) == "Fog"
    assert snow.text(0) == "Snow, never trained against"
    assert "finished" in finished.message_bar.sentence.text()


@pytest.mark.parametrize(
    ("verdict", "color", "offered"),
    [
        ("proof_better", "good", "Adopt"),
        ("proof_clean_fell", "error", "Discard"),
        ("proof_corrupted_fell", "error", "Discard"),
        ("proof_not_distinguishable", "error", "Discard"),
        ("proof_one_image", "warning", None),
    ],
)
def test_the_gate_warns(window, dock, trainer, images, verdict, color, offered):
    from segformer_gui.gui import theme

    with training(window, dock) as run:
        pass
    finish(window, run, proof(images, verdict=verdict))
    card = dock.card
    assert getattr(theme.colors(), color) in card.verdict.styleSheet()
    buttons = (card.adopt, card.compare, card.discard)
    assert [b.text() for b in buttons if b.property("primary")] == ([offered] if offered else [])


def test_the_compare_view_opens_on_what_changed_most(finished, dock, images, engine):
    dock.card.compare.click()
    session = finished.session
    assert session.view.arrangement == "grid"
    assert session.images.current == images[0]
    assert str(session.lab.condition) == "fog:3"
    assert session.lab.rival.entry.path == session.runs.run / "model"
    box = finished.lab.bar.rival
    assert box.currentText() == session.lab.rival.entry.title != ""
    run = box.currentIndex()
    box.activated.emit(0)
    assert session.lab.rival.entry.path != session.runs.run / "model"
    box.activated.emit(run)
    assert session.lab.rival.entry.path == session.runs.run / "model"


def test_adopting_uses_the_version_and_rolling_back_its_parent(finished, dock, engine):
    session = finished.session
    assert not finished.actions_by_id["roll_back"].isEnabled()
    assert dock.card.name.text() == f"{EMBEDDED_MODEL}-v1"
    dock.card.name.setText("streets")
    dock.card.adopt.click()
    assert engine.requests[-1].spec == "streets"
    assert "streets is kept" in finished.message_bar.sentence.text()
    assert dock.card.adopt.isHidden()
    assert finished.actions_by_id["roll_back"].isEnabled()
    finished.actions_by_id["roll_back"].trigger()
    assert session.models.ready.request.spec == EMBEDDED_MODEL
    assert not finished.actions_by_id["roll_back"].isEnabled()


def test_a_discarded_run_is_not_shown_again(finished, dock, settings, engine):
    run = finished.session.runs.run
    dock.card.discard.click()
    assert dock.card.adopt.isHidden()
    assert "decided" in dock.card.cautions.text()
    assert (run / "model").is_dir()
    finished.session.runs._forget()
    finished.session.runs.find()
    assert finished.session.runs.run is None


def test_versions_are_a_tree_with_notes_and_can_be_compared(finished, dock, monkeypatch, tmp_path):
    dock.card.name.setText("streets")
    dock.card.adopt.click()
    panel = finished.tuning.versions
    panel.show()
    root = panel.tree.topLevelItem(0)
    assert root.text(0) == "SegFormer-B0, CamVid"
    item = root.child(0)
    assert (item.text(0), item.text(1)) == ("streets", "70.0 (+20.0)")
    assert panel.selected == "streets"
    assert "1 images of project" in panel.facts.text()
    panel.notes.setPlainText("for fog")
    panel.keep.click()
    assert versions.find_version("streets").notes == "for fog"
    panel.back.click()
    panel.tree.setCurrentItem(panel.tree.topLevelItem(0).child(0))
    panel.compare.click()
    assert finished.session.lab.rival.entry.id == "streets"
    panel.use.click()
    assert finished.session.versions.used == "streets"
    target = tmp_path / "out.safetensors"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    panel._export("safetensors")
    assert target.stat().st_size > 1e6
    assert "was written" in finished.message_bar.sentence.text()
