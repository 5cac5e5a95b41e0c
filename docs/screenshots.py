"""Makes the guide's pictures, of our own synthetic scenes: `python docs/screenshots.py [PART]`.

Needs a screen, such as Xvfb's. The window is the real one, with the embedded model; each picture is
taken in both themes. PART is "window", "editor", "video", "lab", of which one picture shows 95
conditions, or "benchmark", which measures 219 cells first, and goes on where it was stopped.
Without one all pictures are made.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from segformer_gui import app
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.paths import shipped
from segformer_gui.core.scenes.drive import write_drive
from segformer_gui.core.settings import Settings, Theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from segformer_gui.gui.dialogs import ExportDialog

FOLDER = Path(__file__).parent / "images"
SAMPLES = shipped("resources", "samples")


def main() -> int:
    """Take the pictures of the parts that are asked for."""
    # Nothing of the author's own settings shows in a picture.
    os.environ["SEGFORMER_GUI_HOME"] = tempfile.mkdtemp()
    app.prepare_libraries()
    app.make_application()
    parts: dict[str, Callable[[Theme], None]] = {
        "window": take_window,
        "editor": take_editor,
        "video": take_video,
        "lab": take_lab,
        "benchmark": take_benchmark,
    }
    themes: tuple[Theme, ...] = ("light", "dark")
    for part in sys.argv[1:] or parts:
        for theme in themes:
            parts[part](theme)
    return 0


class Studio:
    """A window, and pictures of it or of what is in it."""

    def __init__(self, theme: Theme, size: tuple[int, int]) -> None:
        from PySide6.QtWidgets import QApplication

        self.process_events = QApplication.processEvents
        self.window = app.make_window(Settings(theme=theme))
        self.session = self.window.session
        self.window.resize(*size)
        self.window.show()

    def wait_until(self, ready: Callable[[], object]) -> None:
        """Go on when something is so, and has been painted."""
        while not ready():
            self.process_events()
        for _ in range(60):
            self.process_events()

    def take(self, name: str, widget: QWidget | None = None) -> None:
        """Save a picture of a widget, of 256 colours: a fifth of the size, and as clear."""
        from PySide6.QtGui import QImage

        self.window.statusBar().time.clear()  # It would tell of the author's machine.
        self.wait_until(lambda: True)
        image = (
            (widget or self.window).grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        )
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
        few = Image.fromarray(pixels).quantize(256, Image.Quantize.FASTOCTREE)
        few.save(FOLDER / f"{name}.png", optimize=True)

    def take_dialog(self, name: str, action_id: str, prepare: Callable[..., object]) -> None:
        """Open a dialog by its action, prepare it, save a picture of it, close it."""
        from PySide6.QtWidgets import QApplication

        self.window.actions_by_id[action_id].trigger()
        dialog = QApplication.activeModalWidget()
        prepare(dialog)
        self.take(name, dialog)
        dialog.reject()


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
    canvas.look_at(QPointF(275, 250), 12)
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


def take_editor(theme: Theme) -> None:
    """A mask is corrected: a polygon, a preview, a doubtful region, the list of images, classes."""
    from PySide6.QtCore import QPointF, Qt
    from PySide6.QtTest import QTest

    os.environ["SEGFORMER_GUI_HOME"] = tempfile.mkdtemp()  # No mask of the other theme's pictures.
    studio = Studio(theme, (1320, 840))
    window, session = studio.window, studio.session
    canvas, actions = window.canvas, window.actions_by_id

    def point(x: float, y: float) -> None:
        """Move the mouse to a place in the image."""
        QTest.mouseMove(canvas, canvas.widget_position(QPointF(x, y)).toPoint())

    def click(x: float, y: float) -> None:
        place = canvas.widget_position(QPointF(x, y)).toPoint()
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)

    def opened() -> bool:
        mask = session.masks.mask
        return session.editing.ready and mask is not None and bool((mask.labels != 255).any())

    app.start(window, [SAMPLES])
    studio.wait_until(lambda: session.segmentation.result)
    actions["tool_polygon"].trigger()
    studio.wait_until(opened)
    session.tools.set(class_id=4)
    for place in ((60, 330), (150, 300), (230, 340), (120, 400)):
        click(*place)
    studio.take(f"editor-{theme}")
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    studio.wait_until(lambda: session.editing.ready)
    actions["tool_region"].trigger()
    point(100, 340)
    studio.wait_until(lambda: session.editing.preview)
    studio.take(f"editor-preview-{theme}", canvas)
    actions["next_suspect"].trigger()
    studio.wait_until(lambda: window.statusBar().currentMessage())
    studio.take(f"editor-doubt-{theme}", canvas)
    actions["fit"].trigger()
    actions["checked"].trigger()
    actions["next"].trigger()
    studio.wait_until(lambda: session.segmentation.result and opened())
    actions["tool_brush"].trigger()
    click(100, 340)
    window.files.raise_()
    studio.take(f"editor-images-{theme}", window.files)
    studio.take_dialog(f"editor-class-{theme}", "class_edit", lambda _: None)
    session.close()
    window.close()


def take_video(theme: Theme) -> None:
    """A clip of our own scenes: measured, paused, and under snow beside itself."""
    studio = Studio(theme, (1320, 840))
    window, session = studio.window, studio.session
    player, runs = session.player, session.video_export
    clip = Path(tempfile.mkdtemp()) / "drive.mp4"
    write_drive(clip, 51, 32)
    app.start(window, [clip])
    studio.wait_until(lambda: player.video is not None and session.current.result is not None)
    window.actions_by_id["video_measure"].trigger()
    studio.wait_until(lambda: runs.progress is None)
    window.message_bar.hide()

    def show(number: int, mark: Callable[[], object]) -> None:
        player.seek(number)
        studio.wait_until(lambda: player.number == number and session.current.result is not None)
        mark()

    show(4, player.mark_first)
    show(26, player.mark_last)
    show(13, lambda: None)
    studio.take(f"video-{theme}")
    studio.take_dialog(
        f"video-export-{theme}", "video_export", lambda dialog: dialog.folder.setText("~/drive")
    )
    session.view.set_arrangement("side")
    player.set_moving(True)
    session.lab.set_condition(Condition((Step("snow", 2),)))
    studio.wait_until(lambda: session.lab.pair.scores is not None)
    studio.take(f"video-snow-{theme}")
    session.close()
    window.close()


def take_lab(theme: Theme) -> None:
    """The corruption lab."""
    studio = Studio(theme, (1440, 860))
    window, session, lab = studio.window, studio.session, studio.session.lab

    def show(condition: Condition) -> None:
        lab.set_condition(condition, len(condition.steps) - 1)
        studio.wait_until(lambda: lab.shown == condition and lab.pair.scores is not None)

    app.start(window, [SAMPLES / "street_03.png"])
    studio.wait_until(lambda: session.segmentation.result is not None)
    window.lab.corruption.raise_()
    window.lab.comparison.raise_()
    studio.wait_until(lambda: window.lab.comparison.pg is not None)
    session.view.set_arrangement("side")
    show(Condition((Step("snow", 2),)))
    studio.take(f"lab-side-{theme}")
    session.view.set_arrangement("wipe")
    session.view.set_pair_map("errors")
    studio.wait_until(lambda: lab.pair.map("errors") is not None)
    studio.take(f"lab-wipe-{theme}")
    session.view.set_pair_map(None)
    session.view.set_arrangement("single")
    window.lab.severities.raise_()
    studio.wait_until(lambda: window.lab.severities.pg is not None)
    window.lab.severities.start("grid")
    studio.wait_until(lambda: lab.sweep.running is None)
    window.model.hide()  # The table needs its room.
    show(Condition((Step("motion_blur", 4),)))
    studio.take(f"lab-all-{theme}")
    window.lab.severities.start("breaking")
    studio.wait_until(lambda: lab.sweep.running is None)
    studio.take(f"lab-breaking-{theme}", window.lab.severities)
    session.close()
    window.close()


def take_benchmark(theme: Theme) -> None:
    """The window of the benchmark, with the embedded model on three sample scenes."""
    from segformer_gui.core.robustness.benchmark import Request

    place = Path(tempfile.gettempdir())
    data, out = place / "street-scenes", place / "street-scenes-kr16"
    for kind, source in ("images", SAMPLES), ("labels", shipped("resources", "samples_labels")):
        (data / kind).mkdir(parents=True, exist_ok=True)
        for image in sorted(source.glob("*.png"))[:3]:
            shutil.copy(image, data / kind)
    studio = Studio(theme, (1320, 840))
    window, run = studio.window, studio.session.benchmark
    app.start(window, [])
    studio.wait_until(lambda: studio.session.models.ready)
    window.actions_by_id["benchmark"].trigger()
    bench = window.lab.benchmark
    assert bench is not None, "its action has just opened it"
    bench.resize(1240, 820)
    bench.form.show_request(Request(data, ("segformer-b0-camvid",)), out)
    bench.go.click()
    studio.wait_until(lambda: not run.running)
    bench.message_bar.hide()
    bench.form.out.line.setText("~/benchmarks/street-scenes")
    bench.form.data.line.setText("~/street-scenes")
    for page, name in {
        bench.conditions: "conditions",
        bench.curves: "curves",
        bench.models: "models",
    }.items():
        bench.pages.setCurrentWidget(page)
        if page is bench.curves:
            studio.wait_until(lambda: len(bench.curves.panels) == 16)
        studio.wait_until(lambda: True)
        studio.take(f"benchmark-{name}-{theme}", bench)
    studio.session.close()
    window.close()


if __name__ == "__main__":
    sys.exit(main())
