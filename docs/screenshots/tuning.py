"""Fine-tuning."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from studio import SAMPLES, Studio

from segformer_gui import app
from segformer_gui.core.annotation.region import Region
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.images import read_labels
from segformer_gui.core.paths import shipped
from segformer_gui.core.project.project import Project
from segformer_gui.core.settings import Theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


_SHOWN_STEPS = 110  # The first validation is at 100.


def take_tuning() -> None:
    """Fine-tuning on our own scenes: set up, a short run, its result, the version."""
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
    studio.wait_until(lambda: tuning.recipe)
    take("setup")
    tuning.choose(preset="quick")
    tuning.adjust(steps=_SHOWN_STEPS, batch=1)
    tuning.set_hold_out("street_02", True)  # Of one image alone there is no interval.
    studio.wait_until(lambda: tuning.recipe)
    tuning.start()
    studio.wait_until(lambda: runs.progress and runs.progress.step > 100)
    take("run", dock)
    studio.wait_until(lambda: runs.proof)
    take("result", dock)
    window.message_bar.hide()
    session.compare_run()
    studio.wait_until(lambda: session.lab.rival.corrupted.result)
    take("compare")
    runs.adopt("streets-v1")
    studio.wait_until(lambda: session.versions.can_roll_back)
    session.versions.write_notes("streets-v1", "Learnt from three streets.")
    window.tuning.versions.show()
    window.tuning.versions.raise_()
    studio.wait_until(lambda: window.tuning.versions.notes.toPlainText())
    take("versions", window.tuning.versions)
    session.close()
    window.close()


def _corrected_scenes(folder: Path) -> Path:
    """A project of the sample scenes, all but the last with their ground truth as the mask."""
    from segformer_gui.core.models import load_model  # It brings torch along.

    names = load_model(EMBEDDED_MODEL).classes
    with Project.create(folder, names) as project:
        for _ in project.add(sorted(SAMPLES.glob("*.png"))):
            pass
        for image in list(project.images):
            # Not frames of one street, whatever their names say.
            project.update(image, sequence=image)
        for image in list(project.images)[:-1]:
            labels = read_labels(shipped("resources", "samples_labels", f"{image}.png"))
            document = project.document(image)
            for class_id in range(len(names)):
                region = Region.of(labels == class_id)
                patch = document.mask.edit(region.filled(class_id), touch=True)
                document.commit(patch, "fill")
            project.save(image)
        project.store()
    return folder
