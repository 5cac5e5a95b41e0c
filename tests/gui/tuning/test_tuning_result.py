"""The result card, and the tree of versions."""

from __future__ import annotations

import json

import pytest
from PySide6.QtWidgets import QFileDialog

from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.training import versions
from segformer_gui.core.training.folder import held
from segformer_gui.core.training.recipe import read_recipe
from tests.gui.tuning.conftest import finish, pair, proof, started, training


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


def test_another_share_is_kept_and_compared_anew(finished, dock, trainer, images):
    card, run = dock.card, finished.session.runs.run
    assert card.share.value() == 0
    assert not card.mix.isEnabled()
    card.share.setValue(0.3)
    card.mix.click()
    assert trainer.runs == [run, run]
    assert read_recipe(run / "recipe.toml").network.keep == 0.3
    assert not card.mix.isEnabled()
    assert not card.adopt.isEnabled()
    with held(run):
        started(run)
        finished.session.runs._look()
        assert dock.pages.currentIndex() == 1
    trainer.code = 0
    finish(finished, run, proof(images, verdict="proof_one_image"))
    assert dock.pages.currentIndex() == 2
    assert card.share.value() == 0.3
    assert not card.mix.isEnabled()
    assert card.adopt.isEnabled()


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


def test_one_fold_after_the_other_is_watched_and_their_mean_is_told(window, dock, trainer, images):
    runs = window.session.runs
    dock.setup.in_turn.click()
    with training(window, dock) as first:
        assert "Fold 1 of 2: a is left out." in dock.run.told.text()

    finish(window, first, proof(images))

    second = runs.run
    assert second == first.with_name("fold-b")
    assert dock.pages.currentIndex() == 1
    with held(second):
        started(second)
        runs._look()
        assert "Fold 2 of 2: b is left out." in dock.run.told.text()
    finish(window, second, proof(images) | {"clean": pair(0.5, 0.6)})
    assert dock.pages.currentIndex() == 2
    table = dock.card.table
    mean = table.topLevelItem(0)
    assert mean.text(0) == "Mean of 2 folds"
    clean, corrupted = mean.child(0), mean.child(1)
    assert [clean.text(column) for column in (1, 2, 3)] == ["50.0", "65.0", "+15.0"]
    folds = [[clean.child(n).text(column) for column in (0, 2)] for n in (0, 1)]
    assert folds == [["a", "70.0"], ["b", "60.0"]]
    assert corrupted.text(3) == "+10.0"
    assert "learnt from all but b" in dock.card.cautions.text()


def test_a_folder_of_folds_is_followed_where_it_is(window, dock, trainer, images):
    runs = window.session.runs
    dock.setup.in_turn.click()
    with training(window, dock) as first:
        pass
    (first / "proof.json").write_text(json.dumps(proof(images)))

    runs.attach(first.parent)

    assert runs.run == first.with_name("fold-b")
    runs._forget()
    runs.find()
    assert runs.run is None  # The second one has not begun.
    started(first.with_name("fold-b"))
    runs.find()
    assert runs.run == first.with_name("fold-b")
