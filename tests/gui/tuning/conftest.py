"""A window with corrected images, and a trainer that the tests play."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.annotation.region import Region
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.network.write import write_model
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import project_classes
from segformer_gui.core.training import folder
from segformer_gui.core.training.events import Finished, Started, Validated
from segformer_gui.core.training.folder import held
from segformer_gui.core.training.loop import log_event
from tests.gui.conftest import CLASSES, make_image
from tests.gui.looking import in_front


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
    return in_front(window.tuning.dock)


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
    shutil.rmtree(run / "model", ignore_errors=True)
    write_model(EMBEDDED_MODEL, run / "model", "huggingface")
    (run / "proof.json").write_text(json.dumps(what))
    tell(run, Finished(300, str(run / "model")))
    window.session.runs._look()
