"""Makes the guide's pictures, of our own synthetic scenes: `python docs/screenshots [PART]`.

Needs a screen, such as Xvfb's. The window is the real one, with the embedded model; each picture is
taken in both themes. PART is "window", "editor", "video", "tuning", which trains for some minutes,
"lab", of which one picture shows 95 conditions, or "benchmark", which measures 219 cells first.
Without one all pictures are made.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable

from benchmark import take_benchmark
from editor import take_editor
from lab import take_lab
from tuning import take_tuning
from video import take_video
from window import take_window

from segformer_gui import app
from segformer_gui.core.settings import Theme


def main() -> int:
    """Take the pictures of the parts that are asked for."""
    # Nothing of the author's own settings shows in a picture.
    os.environ["SEGFORMER_GUI_HOME"] = tempfile.mkdtemp()
    app.prepare_libraries()
    app.make_application()
    parts: dict[str, Callable[[], object]] = {
        "window": _in_both(take_window),
        "editor": _in_both(take_editor),
        "video": _in_both(take_video),
        "tuning": take_tuning,  # One run, of which each picture is taken twice.
        "lab": _in_both(take_lab),
        "benchmark": _in_both(take_benchmark),
    }
    for part in sys.argv[1:] or parts:
        parts[part]()
    return 0


def _in_both(take: Callable[[Theme], None]) -> Callable[[], object]:
    themes: tuple[Theme, ...] = ("light", "dark")
    return lambda: [take(theme) for theme in themes]


if __name__ == "__main__":
    sys.exit(main())
