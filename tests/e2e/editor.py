"""Scenarios of the mask editor, played by `driver.py`: with the mouse, in the real window."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.classes import known_class_set
from segformer_gui.core.paths import user_data_dir
from segformer_gui.core.project.project import Project

_LEFT = Qt.MouseButton.LeftButton
_NONE, _CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
_CELL_PX = 16
_SAVE_EVERY = 5


def drag(window, *places, modifier=_NONE) -> None:
    """Press at the first place in the image, move over the others, let go at the last."""
    canvas = window.canvas
    first, *rest = [canvas.widget_position(QPointF(*place)).toPoint() for place in places]
    QTest.mousePress(canvas, _LEFT, modifier, first)
    for place in rest:
        QTest.mouseMove(canvas, place)
    QTest.mouseRelease(canvas, _LEFT, modifier, (rest or [first])[-1])


def hover(window, x: float, y: float) -> None:
    """Move the mouse, with no button down."""
    QTest.mouseMove(window.canvas, window.canvas.widget_position(QPointF(x, y)).toPoint())


def tools(window):
    """Each tool changes the mask of a real image, by the mouse, and is undone; images are switched
    and undone across. Returns how many pixels each tool has changed.
    """
    session = window.session
    yield lambda: session.segmentation.result is not None
    window.actions_by_id["tool_brush"].trigger()
    yield lambda: session.editing.ready and not (session.masks.mask.labels == UNLABELLED).any()
    session.tools.set(class_id=7, brush_px=40)
    height, width = session.masks.mask.size
    x, y = width * 0.5, height * 0.5
    square = [(x - 60, y - 60), (x + 60, y - 60), (x + 60, y + 60), (x - 60, y + 60)]
    changed: dict[str, int] = {}

    def play(tool: str) -> None:
        """The gesture of a tool; what a worker has to find for it is waited for by the caller."""
        canvas = window.canvas
        if tool in ("polygon", "scissors"):
            for place in square:
                hover(window, *place)
                drag(window, place)
                QTest.qWait(300 if tool == "scissors" else 0)
            QTest.keyClick(canvas, Qt.Key.Key_Return)
        elif tool == "lasso":
            drag(window, *square)
        elif tool == "rectangle":
            drag(window, square[0], square[2])
        elif tool == "superpixel":
            drag(window, (x, y), (x + 40, y))
        elif tool in ("brush", "eraser"):
            drag(window, (x - 50, y), (x, y + 20), (x + 50, y))
        else:
            hover(window, x, y)
            drag(window, (x, y), modifier=_CONTROL if tool == "region" else _NONE)

    for tool in (
        "brush",
        "eraser",
        "polygon",
        "lasso",
        "rectangle",
        "fill",
        "wand",
        "superpixel",
        "scissors",
        "region",
    ):
        window.actions_by_id[f"tool_{tool}"].trigger()
        before, top = session.masks.mask.labels.copy(), session.masks.document.history.to_undo
        play(tool)
        yield (
            lambda top=top: (
                session.editing.ready and session.masks.document.history.to_undo is not top
            )
        )
        changed[tool] = int((session.masks.mask.labels != before).sum())
        window.actions_by_id["undo"].trigger()
        yield lambda: session.editing.ready
        assert np.array_equal(session.masks.mask.labels, before), tool
        window.actions_by_id["redo"].trigger()
        yield lambda: session.editing.ready
        window.actions_by_id["undo"].trigger()
        yield lambda: session.editing.ready
    window.actions_by_id["tool_pick"].trigger()
    drag(window, (5, height - 5))
    assert session.tools.settings.class_id == session.masks.mask.labels[height - 5, 5]
    assert session.tools.name != "pick"

    window.actions_by_id["tool_brush"].trigger()
    session.tools.set(class_id=3)
    before = session.masks.mask.labels.copy()
    drag(window, (x, y), (x + 30, y))
    first = session.masks.mask.labels.copy()
    assert not np.array_equal(first, before)
    window.actions_by_id["next"].trigger()
    yield lambda: session.segmentation.result is not None and session.editing.ready
    window.actions_by_id["previous"].trigger()
    yield lambda: session.images.picture is not None and session.editing.ready
    assert np.array_equal(session.masks.mask.labels, first)
    window.actions_by_id["undo"].trigger()
    yield lambda: session.editing.ready
    assert np.array_equal(session.masks.mask.labels, before)
    return {"changed": changed}


def scribble(window):
    """Strokes without end, each over a cell of its own, told as soon as it has ended."""
    session = window.session
    yield from _open(window)
    window.actions_by_id["tool_brush"].trigger()
    yield lambda: session.editing.ready
    session.tools.set(class_id=1, brush_px=8)
    for number in range(_strokes(session.masks.mask), 10_000):
        x, y = _cell(session.masks.mask, number)
        drag(window, (x - 2, y), (x + 2, y))
        sys.stdout.write(f"{number + 1}\n")
        sys.stdout.flush()
        if number % _SAVE_EVERY == 0:
            session.masks.save()
        yield lambda: True


def restored(window):
    """Start again, and look at what has come back."""
    session = window.session
    left = list((_folder() / "journal").glob("*"))
    yield lambda: session.projects.project is not None or not left
    said = window.message_bar.sentence.text()
    yield from _open(window)
    session.masks.set_on(True)
    yield lambda: session.editing.ready
    mask = session.masks.mask
    strokes, beyond = _strokes(mask), mask.touched.copy()
    ends = 0
    for number in range(strokes):
        x, y = map(int, _cell(mask, number))
        ends += int(mask.touched[y, x - 2]) + int(mask.touched[y, x + 2])
        half = _CELL_PX // 2
        beyond[y - half : y + half, x - half : x + half] = False
    return {
        "strokes": strokes,
        "whole": ends == 2 * strokes and not bool(beyond.any()),
        "left": len(left),
        "said": said,
    }


def _folder() -> Path:
    return user_data_dir() / "corrections" / "e2e"


def _open(window):
    """Open the one image in the application's own project; no model is needed for that."""
    session = window.session
    yield lambda: session.images.picture is not None
    if session.projects.project is None:
        if not _folder().exists():
            Project.create(_folder(), known_class_set("camvid")).close()
        session.projects.open(_folder())
    yield lambda: session.projects.project is not None


def _cell(mask, number: int) -> tuple[float, float]:
    row, column = divmod(number, mask.size[1] // _CELL_PX)
    return column * _CELL_PX + _CELL_PX / 2, row * _CELL_PX + _CELL_PX / 2


def _strokes(mask) -> int:
    """How many cells have been drawn over, from the first one on."""
    number = 0
    while True:
        x, y = _cell(mask, number)
        if y >= mask.size[0] or not mask.touched[int(y), int(x)]:
            return number
        number += 1


WITHOUT_MODEL = (scribble, restored)
SCENARIOS = (tools, *WITHOUT_MODEL)
