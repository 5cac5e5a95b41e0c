"""Uses the command line and the window with something withheld: `python limited.py LIMIT FOLDER`.

LIMIT is "permission", "disk" or "memory". Prints what a person reads, as JSON: what was done ->
the text, with every error's sentence, hint and, if it came to that, traceback in it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
from pathlib import Path

from segformer_gui.app import make_application, make_window
from segformer_gui.cli import main as command_line
from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Settings

NOBODY = 65534


def main() -> None:
    """Import and load everything, withhold what is to be withheld, then try."""
    limit, folder = sys.argv[1], Path(sys.argv[2])
    application = make_application()
    window = make_window(Settings(), synchronous=True)
    window.session.start()
    sample = shipped("resources", "samples", "street_01.png")
    predict(folder / "first", sample)
    _withhold(limit)
    images, closed, out = folder / "images", folder / "closed", folder / "out"
    read_only, checkpoint = folder / "read_only", folder / "closed.pth"
    told = {"predict": predict(out, images), "segment all": segment_all(window, images)}
    if limit == "disk":
        told["export"] = export(window, sample, out)
        model = shipped("models", "segformer-b0-camvid")
        told["models import"] = command("models", "import", model, "--name", "copy")
        told["models export"] = command("models", "export", model.name, "--out", out / "model")
    if limit == "permission":
        told["predict folder"] = predict(out, closed)
        told["open folder"] = open_in(window, closed)
        told["open folder around it"] = open_in(window, folder / "around")
        told["predict with checkpoint"] = predict(out, sample, "--model", checkpoint)
        told["open checkpoint"] = open_in(window, checkpoint)
        told["predict to read-only"] = predict(read_only, sample)
        told["export to read-only"] = export(window, sample, read_only)
    sys.stdout.write(json.dumps(told))
    del application


def _withhold(limit: str) -> None:
    if limit == "disk":
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
    elif limit == "memory":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + (64 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    elif os.getuid() == 0:  # Whom no permission stops.
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def predict(out: Path, *arguments: object) -> str:
    """What `segformer-gui predict` writes to standard error, and its exit code."""
    options = ["--out", out, "--format", "color", "--size", "64", "--device", "cpu"]
    return command("predict", *arguments, *options)


def command(*arguments: object) -> str:
    """What the command line writes to standard error, and its exit code."""
    sys.argv = ["segformer-gui", *map(str, arguments)]
    written, code = io.StringIO(), None
    with contextlib.redirect_stderr(written), contextlib.redirect_stdout(io.StringIO()):
        try:
            command_line()
        except SystemExit as end:
            code = end.code
    return f"{written.getvalue()}exit code {code}"


def open_in(window, path: Path) -> str:
    """What the window tells when something is opened."""
    window.message_bar.hide()
    window.session.images.open([path])
    return _message(window)


def segment_all(window, path: Path) -> str:
    """What the window tells when all images of a folder are segmented."""
    open_in(window, path)
    window.session.segment_every_image()
    return _message(window)


def export(window, image: Path, out: Path) -> str:
    """What the window tells when an image's masks are exported."""
    session = window.session
    open_in(window, image)
    session.export.planned.connect(session.export.start)
    session.export.prepare([image], out, ["color", "overlay"], 0.5)
    session.export.planned.disconnect(session.export.start)
    return _message(window)


def _message(window) -> str:
    bar = window.message_bar
    texts = (bar.sentence.text(), bar.hint.text(), bar.details.toPlainText())
    return "\n".join(texts) if bar.isVisibleTo(window) else ""


if __name__ == "__main__":
    main()
