"""A run as the window follows it."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.images import write_index_png
from segformer_gui.core.training import versions
from segformer_gui.core.training.events import Paused, Proving, Reduced, Saved, Stepped
from segformer_gui.core.training.folder import asked
from segformer_gui.core.training.recipe import read_recipe
from tests.gui.conftest import delete, make_window
from tests.gui.tuning.conftest import scored, tell, training


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
        small = Reduced(0, 96, 128, 320, 448)
        tell(run, small, scored(0, 0.3), scored(0, 0.2, "fog"), *steps, scored(100, 0.5))
        window.session.runs._look()
        assert "Training, step 120 of 300" in dock.run.state.text()
        assert "taken in 2 parts" in dock.run.told.text()
        assert "crops of 128 x 96 px in place of 448 x 320" in dock.run.told.text()
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


def test_a_run_can_be_paused_while_it_is_proven(window, dock, trainer):
    with training(window, dock) as run:
        tell(run, Stepped(300, 1.0, 1e-3, 1.0, 1), Proving(300, 3, 36))
        window.session.runs._look()
        assert "Comparing" in dock.run.state.text()
        window.actions_by_id["pause_run"].trigger()
        assert asked(run) == "pause"
        assert "Pausing" in dock.run.state.text()
        tell(run, Paused(300))
        window.session.runs._look()
        assert "Paused" in dock.run.state.text()
        assert dock.run.progress.value() == 3
        dock.run.pause.click()
        assert asked(run) == "go on"


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
