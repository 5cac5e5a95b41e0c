"""A small project for tests."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.annotation import patch
from segformer_gui.core.annotation.brush import Brush, Stroke
from segformer_gui.core.annotation.mask import Mask
from segformer_gui.core.annotation.patch import Patch
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.images import write_png
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import project_classes

SIZE = (60, 90)
CLASSES: ClassSet = project_classes(
    ("road", "sky", "cat"), ((9, 8, 7), (70, 130, 180), (0, 200, 0))
)


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here waits for the disk: that is for power failures, which no test has."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of 16 px, so that small masks have many."""
    monkeypatch.setattr(patch, "TILE_PX", 16)


def write_images(folder: Path, count: int = 3) -> list[Path]:
    """Images of noise, `img_0.png` and on."""
    paths = [folder / f"img_{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        write_png(path, np.random.default_rng(number).integers(0, 256, (*SIZE, 3), np.uint8))
    return paths


def make_project(folder: Path, images: int = 3) -> Project:
    """A project of images that lie beside it."""
    project = Project.create(folder / "project", CLASSES)
    for _, error in project.add(write_images(folder / "images", images)):
        assert error is None
    project.store()
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


def crash(project: Project) -> Project:
    """The project as the next process finds it when this one ends at once."""
    project.close()
    return Project(project.folder)


def draw(mask: Mask, x: float, y: float, class_id: int = 1, diameter: int = 15) -> Patch | None:
    """A short stroke."""
    stroke = Stroke(mask, Brush(diameter), class_id)
    stroke.move(x, y)
    stroke.move(x + 9, y + 5)
    return stroke.end()


def edited(project: Project, image: str = "img_0") -> Mask:
    """A mask with two strokes and an undo, and a copy of it."""
    document = project.document(image)
    document.commit(draw(document.mask, 20, 20), "stroke")
    document.commit(draw(document.mask, 60, 40, class_id=2), "stroke")
    document.commit(draw(document.mask, 5, 5, class_id=0), "stroke")
    document.undo()
    return Mask(*document.mask.settled())


def same(a: Mask, b: Mask) -> bool:
    return np.array_equal(a.labels, b.labels) and np.array_equal(a.touched, b.touched)
