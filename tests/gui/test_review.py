"""The regions of an image that are most in doubt, by all that tells of doubt."""

from __future__ import annotations

from dataclasses import replace

from segformer_gui.core.annotation.region import Box
from segformer_gui.gui.main_window import MainWindow
from segformer_gui.gui.session.review import Visit
from tests.gui.drawing import drag


def test_the_most_doubtful_region_is_flown_to(editor: MainWindow) -> None:
    editor.actions_by_id["next_suspect"].trigger()

    # The model is least sure where dark meets bright.
    assert abs(editor.canvas.viewport.centre.x() - 40) < 6
    assert editor.canvas.scale > 0


def test_doubt_by_corruption_and_by_models_flies_where_they_differ(editor: MainWindow) -> None:
    review, current = editor.session.review, editor.session.current
    visits: list[Visit] = []
    review.found.connect(visits.append)
    assert not review.can("corruption")
    result, picture = current.result, current.picture
    assert result is not None
    other = result.labels.copy()
    other[40:50, 10:20] = 1
    differing = replace(result, levels=(other,))
    editor.session.lab.corrupted.show_picture(picture)
    editor.session.lab.corrupted.show_result(differing)
    assert editor.actions_by_id["doubt_corruption"].isEnabled()
    editor.actions_by_id["doubt_corruption"].trigger()
    editor.actions_by_id["next_suspect"].trigger()
    assert visits[-1].box & Box(44, 14, 46, 16)
    assert visits[-1].box.shape < (20, 20)

    other = result.labels.copy()
    other[5:15, 60:70] = 1
    editor.session.lab.rival.clean.show_result(replace(result, levels=(other,)))
    editor.actions_by_id["doubt_models"].trigger()
    editor.actions_by_id["next_suspect"].trigger()
    assert visits[-1].box & Box(9, 64, 11, 66)
    # What a person put there is in no doubt.
    editor.session.tools.set(brush_px=60)
    drag(editor, (65, 10))
    editor.actions_by_id["next_suspect"].trigger()
    assert "No region" in editor.statusBar().currentMessage()


def test_the_way_back_through_doubtful_regions(editor: MainWindow) -> None:
    visits: list[object] = []
    editor.session.review.found.connect(visits.append)
    for action in ("next_suspect", "next_suspect", "previous_suspect", "next_suspect"):
        editor.actions_by_id[action].trigger()

    assert len(visits) == 4
    assert visits[0] is visits[2]
    assert visits[1] is visits[3]
