"""Opening, the canvas, the docks, a run over many images, and the dialogs."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from studio import SAMPLES, Studio

from segformer_gui import app
from segformer_gui.core.settings import Theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from segformer_gui.gui.dialogs import ExportDialog


def take_window(theme: Theme) -> None:
    """Opening, the canvas, the docks, a run over many images, and the dialogs."""
    from PySide6.QtCore import QPointF

    studio = Studio(theme, (1320, 840))
    window, session = studio.window, studio.session

    def take(name: str, widget: QWidget | None = None) -> None:
        studio.take(f"{name}-{theme}", widget)

    app.start(window, [])
    studio.wait_until(lambda: session.models.ready and window.welcome._samples.count() == 3)
    take("welcome")
    session.images.open([SAMPLES])
    studio.wait_until(lambda: session.segmentation.result)
    take("window")

    canvas = window.canvas
    session.view.set_shown("entropy")
    studio.wait_until(lambda: session.maps.measure("entropy"))
    take("entropy", canvas)
    session.view.set_shown("labels")
    session.view.set_outlined(True)
    studio.wait_until(session.maps.outlines)
    take("outlines", canvas)
    session.view.set_outlined(False)
    canvas.look_at(QPointF(775, 425), 12)
    take("pixels", canvas)
    canvas.fit()

    window.model.picker.showPopup()
    studio.wait_until(lambda: True)
    take("models", window.model.picker.view().window())
    window.model.picker.hidePopup()
    window.model.hide()  # Legend and charts get its room.
    session.view.toggle_solo(9)
    take("legend", window.classes)
    session.view.show_all()
    window.statistics.raise_()
    studio.wait_until(lambda: window.statistics.pg and session.maps.measure("confidence"))
    take("statistics", window.statistics)
    window.classes.raise_()
    window.model.show()

    take_many(studio, theme)
    studio.take_dialog(f"commands-{theme}", "commands", lambda d: d.search.setText("clas"))
    studio.take_dialog(f"preferences-{theme}", "preferences", lambda _: None)
    session.close()
    window.close()


def take_many(studio: Studio, theme: Theme) -> None:
    """A folder with a file that is cut short is segmented and exported."""
    session = studio.session
    folder = Path(tempfile.gettempdir()) / "photos"
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
    (folder / "street_07.png").write_bytes((folder / "street_06.png").read_bytes()[:9000])
    session.remove_images(session.images.paths)
    session.images.open([folder])
    studio.wait_until(lambda: session.segmentation.count() == 1)
    session.segment_every_image()
    studio.wait_until(lambda: session.segment_all.progress is None)
    studio.take(f"batch-{theme}")
    studio.window.message_bar.hide()

    def choose(dialog: ExportDialog) -> None:
        dialog.all.setChecked(True)
        dialog.kinds["overlay"].setChecked(True)
        dialog.folder.setText("~/masks")

    studio.take_dialog(f"export-{theme}", "export", choose)
    shutil.rmtree(folder)
