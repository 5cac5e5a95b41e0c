"""Makes the pictures in the documents, of our own synthetic scenes: `python docs/screenshots.py`.

Needs a screen, such as Xvfb's. The window is the real one, with the embedded model.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from segformer_gui import app
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
    session = window.session

    def wait_until(ready: Callable[[], bool]) -> None:
        while not ready():
            application.processEvents()

    window.resize(1440, 860)
    window.show()
    app.start(window, [shipped("resources", "samples")])
    wait_until(lambda: session.segmentation.result is not None)
    for _ in range(30):
        application.processEvents()
    window.grab().save(str(IMAGES / "window.png"))
    session.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
