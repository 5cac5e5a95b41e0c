"""Fine-tuning."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from studio import Studio

from segformer_gui import app
from segformer_gui.core.annotation.region import Region
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.project.project import Project
from segformer_gui.core.scenes import render_scene
from segformer_gui.core.settings import Theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


_STEPS = 240  # Validations are at 100, 200 and at the end.
_SHOWN_STEP = 150
_FIRST_SEED = 9000
_SEEDS = range(_FIRST_SEED, _FIRST_SEED + 9)
_HELD_OUT = ("street_01", "street_03", "street_06")
_SIZE = (480, 640)


def take_tuning() -> None:
    """Fine-tuning on scenes of our own: set up, a short run, its result, the version."""
    from PySide6.QtCore import Qt

    studio = Studio("light", (1320, 840))
    window, session = studio.window, studio.session
    dock, runs, tuning = window.tuning.dock, session.runs, session.tuning

    def take(name: str, widget: QWidget | None = None) -> None:
        themes: tuple[Theme, Theme] = ("dark", "light")
        for theme in themes:
            session.change_settings(theme=theme)
            studio.take(f"tuning-{name}-{theme}", widget)

    app.start(window, [])
    studio.wait_until(lambda: session.models.ready)
    session.projects.open(_corrected_scenes(Path(tempfile.mkdtemp()) / "streets"))
    studio.wait_until(lambda: session.segmentation.result)
    window.actions_by_id["fine_tune"].trigger()
    window.resizeDocks([dock], [330], Qt.Orientation.Horizontal)
    studio.wait_until(lambda: tuning.recipe and dock.built)
    take("setup")
    tuning.adjust(steps=_STEPS, batch=2)
    for street in _HELD_OUT:
        tuning.set_hold_out(street, True)
    studio.wait_until(lambda: tuning.recipe)
    tuning.start()
    studio.wait_until(lambda: runs.progress and runs.progress.step > _SHOWN_STEP)
    take("run", dock)
    studio.wait_until(lambda: runs.proof)
    take("result", dock)
    window.message_bar.hide()
    session.compare_run()
    studio.wait_until(lambda: session.lab.rival.corrupted.result)
    take("compare")
    runs.adopt("streets-v1")
    studio.wait_until(lambda: session.versions.can_roll_back)
    session.versions.write_notes("streets-v1", "Learnt from streets in infrared.")
    window.tuning.versions.show()
    window.tuning.versions.raise_()
    studio.wait_until(lambda: window.tuning.versions.notes.toPlainText())
    take("versions", window.tuning.versions)
    session.close()
    window.close()


def _corrected_scenes(folder: Path) -> Path:
    """A project of scenes as an infrared camera sees them, with their ground truth as masks.

    The model was never shown such pictures, so there is something to learn from them. The last
    scene is left as it is predicted.
    """
    from segformer_gui.core.models import load_model  # It brings torch along.

    names = load_model(EMBEDDED_MODEL).classes
    scenes = {f"street_{seed - _FIRST_SEED:02}": seed for seed in _SEEDS}
    images = [_infrared(folder.parent / f"{name}.png", seed) for name, seed in scenes.items()]
    with Project.create(folder, names) as project:
        for _ in project.add(images):
            pass
        for image in list(project.images):
            # Not frames of one street, whatever their names say.
            project.update(image, sequence=image)
        for image in list(project.images)[:-1]:
            labels = render_scene(scenes[image], *_SIZE)[1]
            document = project.document(image)
            for class_id in range(len(names)):
                region = Region.of(labels == class_id)
                patch = document.mask.edit(region.filled(class_id), touch=True)
                document.commit(patch, "fill")
            project.save(image)
        project.store()
    return folder


def _infrared(file: Path, seed: int) -> Path:
    """A rendered scene in negative greys."""
    grey = cv2.cvtColor(render_scene(seed, *_SIZE)[0], cv2.COLOR_RGB2GRAY)
    file.write_bytes(cv2.imencode(".png", 255 - grey)[1].tobytes())
    return file
