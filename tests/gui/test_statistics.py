"""The statistics dock: what its bars say, in which colours, and that hidden it costs nothing."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from segformer_gui.core.inference.prediction import quantized_measure
from segformer_gui.gui.docks.classes import SHARE_ROLE
from tests.gui.looking import in_front


@pytest.fixture
def statistics(window, images):
    """The dock in front, with the first image segmented: half dark, half bright."""
    window.session.images.open(images[:1])
    return in_front(window.statistics)


def _bars(plot):
    (bars,) = (item for item in plot.getPlotItem().items if "Bar" in type(item).__name__)
    return bars.opts


def test_bars_are_the_shares_of_the_classes_that_are_there(statistics):
    bars = _bars(statistics.shares)

    assert bars["width"].tolist() == pytest.approx([50, 50])
    names = statistics.shares.getAxis("left")._tickLevels[0]
    assert [name for _, name in names] == ["dark", "bright"]
    assert [brush.name() for brush in bars["brushes"]] == ["#c80000", "#0000c8"]


def test_bars_follow_the_palette(statistics, window):
    window.session.view.set_palette("colorblind")
    QApplication.processEvents()

    classes = window.session.view.painted(window.session.segmentation.result.classes)
    expected = [QColor(*classes.colors[class_id]).name() for class_id in (0, 2)]
    assert [brush.name() for brush in _bars(statistics.shares)["brushes"]] == expected


def test_histogram_is_that_of_the_confidence_of_all_pixels(statistics, window):
    result = window.session.segmentation.result
    steps = quantized_measure(result.logits, result.labels.shape, "confidence")
    expected, _ = np.histogram(steps, bins=32, range=(0, 256))

    heights = _bars(statistics.confidence)["height"]

    assert heights.tolist() == pytest.approx((100 * expected / expected.sum()).tolist())


def test_without_a_result_it_says_what_to_do(window):
    in_front(window.statistics)

    assert "Segment an image" in window.statistics.widget().currentWidget().text()


def test_nothing_is_computed_while_it_is_hidden(window, images, monkeypatch):
    asked = []
    monkeypatch.setattr(window.session.maps, "measure", asked.append)
    window.statistics.hide()

    window.session.images.open(images)

    assert asked == []


def test_colours_follow_the_theme(statistics, window):
    window.session.change_settings(theme="dark")
    dark = statistics.shares.backgroundBrush().color().name()
    window.session.change_settings(theme="light")

    assert (dark, statistics.shares.backgroundBrush().color().name()) == ("#181a1f", "#ffffff")


def test_shares_are_those_of_the_mask_while_it_is_edited(qtbot, window, images):
    window.session.images.open(images)
    contents = window.session.contents
    assert contents.share(1) == 0
    window.actions_by_id["tool_brush"].trigger()
    window.session.tools.set(brush_px=9)
    editing = window.session.editing
    assert editing.begin_stroke(1)
    editing.stroke_to(20.5, 30.5)
    editing.end_stroke("stroke")

    painted = int((window.session.masks.mask.labels == 1).sum())
    qtbot.waitUntil(lambda: contents.share(1) == painted / (60 * 80))
    model = window.classes.view.model()
    assert [model.index(row, 0).data(SHARE_ROLE) for row in range(3)] == [
        contents.share(class_id) for class_id in range(3)
    ]
    window.actions_by_id["undo"].trigger()
    qtbot.waitUntil(lambda: contents.share(1) == 0)
    window.actions_by_id["undo"].trigger()
    qtbot.waitUntil(lambda: contents.share(255) == 1)
    window.actions_by_id["edit_masks"].trigger()
    assert contents.share(0) == 0.5
