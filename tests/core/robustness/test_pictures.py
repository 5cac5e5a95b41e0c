"""Pictures of a report: nothing on top of another, and every shape where it belongs."""

from __future__ import annotations

import io
import itertools
import math

import numpy as np
import pytest
from PIL import Image
from robustness_grids import plan_of, results_of

from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.robustness.published import published
from segformer_gui.core.robustness.report import raster
from segformer_gui.core.robustness.report.drawing import (
    Circle,
    Drawing,
    Line,
    Text,
    ink_on,
    loss_color,
)
from segformer_gui.core.robustness.report.plots import severity_curves, trade_off


def test_no_name_in_the_position_plot_lies_on_another_or_on_a_disc():
    results = results_of(plan_of(KR16, images=4, models=["first", "second"]))
    drawing = trade_off(results, published("kr16"))
    discs = [shape for shape in drawing.shapes if isinstance(shape, Circle)]
    names = {disc.tip for disc in discs}
    texts = [s for s in drawing.shapes if isinstance(s, Text) and s.content in names]
    assert len(texts) == len(discs) == 11
    boxes = [(t.x, t.y - 11, t.x + 7.4 * len(t.content), t.y + 3) for t in texts]
    for one, other in itertools.combinations(boxes, 2):
        apart_x = one[2] <= other[0] or other[2] <= one[0]
        assert apart_x or one[3] <= other[1] or other[3] <= one[1]
    for box, disc in itertools.product(boxes, discs):
        near = min(max(disc.x, box[0]), box[2]), min(max(disc.y, box[1]), box[3])
        assert math.dist(near, (disc.x, disc.y)) >= disc.radius


def test_a_legend_takes_as_many_rows_as_it_needs():
    few, many = (
        severity_curves(results_of(plan_of(KR16, models=models)))
        for models in (["a", "b"], [f"a-model-with-a-long-name-{n}" for n in range(8)])
    )
    assert many.height > few.height
    names = [s for s in many.shapes if isinstance(s, Text) and s.content.startswith("a-model")]
    assert len({(text.x, text.y) for text in names}) == 8
    assert max(text.x + 7.4 * len(text.content) for text in names) <= many.width


def test_no_two_of_many_models_have_the_same_line():
    models = [f"model-{n}" for n in range(10)]
    results = results_of(plan_of(KR16, models=models))
    samples = [s for s in severity_curves(results).shapes if isinstance(s, Line) and s.width == 3]
    assert len({(line.color, line.dashed) for line in samples}) == 10


def test_a_dashed_line_goes_around_its_corners():
    drawing = Drawing(60, 60, "corner")
    drawing.line([(5, 30.5), (30.5, 30.5), (30.5, 55)], "#ff0000", 1, dashed=True)
    pixels = np.asarray(Image.open(io.BytesIO(raster.png(drawing))).convert("RGB")).astype(int)
    red = pixels[..., 0] - pixels[..., 1] > 128

    def at(px: float) -> int:
        return round((px + raster.MARGIN_PX) * raster.SCALE)

    across, down = red[at(30.5), at(5) : at(30)], red[at(31) : at(55), at(30.5)]
    for part in (across, down):
        assert 0.3 < part.mean() < 0.85
    assert np.count_nonzero(np.diff(np.concatenate([across, down]).astype(int)) == 1) >= 5


@pytest.mark.parametrize("fonts", [raster._FONTS, ()])
def test_a_picture_of_pixels_has_every_shape_in_its_place(monkeypatch, fonts):
    monkeypatch.setattr(raster, "_FONTS", fonts)
    raster._font.cache_clear()
    drawing = Drawing(100, 60, "all of it")
    drawing.rectangle(0, 0, 20, 20, "#ff0000")
    drawing.area([(30, 0), (50, 0), (50, 20), (30, 20)], "#0000ff", 0.5)
    drawing.circle(70, 10, 8, "#00ff00")
    drawing.line([(0, 30), (100, 30)], "#000000", 2)
    drawing.line([(0, 36), (100, 36)], "#000000", 2, dashed=True)
    drawing.text(0, 56, "\N{MINUS SIGN}5 \u6a21", color="#ff00ff", bold=True)
    drawing.text(90, 56, "up", turned=-90)
    with Image.open(io.BytesIO(raster.png(drawing))) as picture:
        pixels = np.array(picture.convert("RGB"))
    raster._font.cache_clear()

    def at(x: float, y: float) -> tuple[int, ...]:
        return tuple(pixels[round(2 * (y + 8)), round(2 * (x + 8))].tolist())

    assert at(10, 10) == (255, 0, 0)
    assert np.allclose(at(40, 10), (127, 127, 255), atol=2)
    assert at(70, 10) == (0, 255, 0)
    assert at(70, 19) == (255, 255, 255)
    assert at(50, 30) == (0, 0, 0)
    row = pixels[2 * (36 + 8), 16:-16, 0] < 128
    assert 0.4 < row.mean() < 0.75
    assert (np.diff(row.astype(int)) == 1).sum() >= 12
    pink = np.argwhere((pixels == (255, 0, 255)).all(-1))
    assert pink.size
    assert pink[:, 1].max() < 2 * 60
    dark = np.argwhere((pixels[:, 2 * 88 :] < 100).all(-1) & (np.arange(len(pixels)) > 92)[:, None])
    assert np.ptp(dark[:, 0]) > np.ptp(dark[:, 1])  # Written upwards.


def test_colours_grow_darker_with_the_loss_and_stay_readable():
    def lightness(color: str) -> float:
        return sum(int(color[i : i + 2], 16) for i in (1, 3, 5))

    steps = [loss_color(share) for share in np.linspace(0, 1, 21)]
    assert [lightness(c) for c in steps] == sorted((lightness(c) for c in steps), reverse=True)
    assert ink_on(steps[0]) != ink_on(steps[-1])
    assert loss_color(7) == steps[-1]
    assert loss_color(-0.1) not in steps
