"""Makes the pictures of the chapter on the corruption lab: `python docs/screenshots_lab.py`.

Needs a screen, such as Xvfb's, and some minutes: one of the pictures shows 95 conditions.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from segformer_gui import app
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Settings

IMAGES = Path(__file__).parent / "images"


def main() -> int:
    """Take each picture in turn."""
    # Nothing of the author's own settings shows in a picture.
    os.environ["SEGFORMER_GUI_HOME"] = tempfile.mkdtemp()
    app.prepare_libraries()
    application = app.make_application()
    window = app.make_window(Settings(theme="dark"))
    session, lab = window.session, window.session.lab

    def wait_until(ready: Callable[[], bool]) -> None:
        while not ready():
            application.processEvents()
        for _ in range(60):
            application.processEvents()

    def show(condition: Condition) -> None:
        lab.set_condition(condition, len(condition.steps) - 1)
        wait_until(lambda: lab.shown == condition and lab.pair.scores is not None)

    def save(name: str) -> None:
        window.statusBar().time.clear()  # It would tell of the author's machine.
        window.grab().save(str(IMAGES / f"{name}.png"))

    window.resize(1440, 860)
    window.show()
    app.start(window, [shipped("resources", "samples", "street_03.png")])
    wait_until(lambda: session.segmentation.result is not None)
    window.lab.corruption.raise_()
    window.lab.comparison.raise_()
    wait_until(lambda: window.lab.comparison.pg is not None)
    session.view.set_arrangement("side")
    show(Condition((Step("snow", 2),)))
    save("lab-side")
    session.view.set_arrangement("wipe")
    session.view.set_pair_map("errors")
    wait_until(lambda: lab.pair.map("errors") is not None)
    save("lab-wipe")
    session.view.set_pair_map(None)
    session.view.set_arrangement("single")
    window.lab.severities.raise_()
    wait_until(lambda: window.lab.severities.pg is not None)
    window.lab.severities.start("grid")
    wait_until(lambda: lab.sweep.running is None)
    window.model.hide()  # The table needs its room.
    show(Condition((Step("motion_blur", 4),)))
    save("lab-all")
    window.lab.severities.start("breaking")
    wait_until(lambda: lab.sweep.running is None)
    window.lab.severities.grab().save(str(IMAGES / "lab-breaking.png"))
    session.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
