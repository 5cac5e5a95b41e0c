"""The flicker strip under the time line: a bar a frame, the highest where several share a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from segformer_gui.gui import theme
from segformer_gui.gui.timeline import Timeline

STRIP_PX = 12


def strip(window, width: int, flips: np.ndarray) -> tuple[QImage, list[int]]:
    """The time line, and how high the bar in each of its columns is."""
    line = Timeline(window)
    line.resize(width, line.sizeHint().height())
    line.show_video(len(flips))
    line.show_state(0, (0, len(flips) - 1), flips, {})
    image = line.grab().toImage()
    base = QColor(theme.colors().base)
    rows = range(image.height() - STRIP_PX, image.height())
    heights = [sum(image.pixelColor(x, y) != base for y in rows) for x in range(width)]
    return image, heights


def test_bars_are_as_high_as_the_rate_and_nothing_stands_where_it_is_unknown(window):
    flips = np.full(11, np.nan)
    flips[[3, 5, 7, 9]] = 0.0001, 0.0125, 0.05, 0.9
    image, heights = strip(window, 101, flips)
    # The line where one is covers the first pixels.
    assert heights[2:30] == [0] * 28
    assert heights[30:39] == [1] * 9
    assert heights[50:59] == [3] * 9
    assert heights[70:79] == heights[90:99] == [STRIP_PX] * 9
    assert heights[39:50] == heights[59:70] == [0] * 11
    lowest = image.height() - 1
    assert image.pixelColor(54, lowest) == QColor(theme.colors().warning)
    assert image.pixelColor(74, lowest) == QColor(theme.colors().error)


@pytest.mark.parametrize("place", [400, 1199])
def test_of_many_frames_in_one_pixel_the_highest_is_seen(window, place):
    flips = np.full(1200, 0.0125)
    flips[place] = 0.0375
    _, heights = strip(window, 120, flips)
    tall = [x for x, height in enumerate(heights[2:], start=2) if height == 9]
    assert tall == [round(place * 119 / 1199)]
    assert set(heights[2:]) == {3, 9}
