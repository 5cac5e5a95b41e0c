"""A drawing as PNG, for slides and papers: the same shapes as in the report, by Pillow."""

from __future__ import annotations

import io
import itertools
import math
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from segformer_gui.core.robustness.report.drawing import (
    LIGHT,
    MARGIN_PX,
    PAPER,
    Area,
    Circle,
    Drawing,
    Line,
    Point,
    Rectangle,
    Shape,
    Text,
)

SCALE = 2  # Pixels of the picture for each of the drawing's.
_SMOOTH = 2  # Drawn so much larger, then reduced: Pillow's shapes have hard edges.
_DASH_PX, _GAP_PX = 4.0, 3.0
# With more than ASCII, where a system has them; Pillow brings one of its own.
_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial.ttf", "Helvetica.ttc")


def png(drawing: Drawing) -> bytes:
    """The picture with its margin, `SCALE` pixels for each of the drawing's."""
    zoom = SCALE * _SMOOTH
    size = [round((side + 2 * MARGIN_PX) * SCALE) for side in (drawing.width, drawing.height)]
    canvas = Image.new("RGB", (size[0] * _SMOOTH, size[1] * _SMOOTH), LIGHT[PAPER])
    for shape in drawing.shapes:
        _draw(canvas, shape, zoom)
    buffer = io.BytesIO()
    small = canvas.resize((size[0], size[1]), Image.Resampling.BOX)
    small.quantize(256, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _draw(canvas: Image.Image, shape: Shape, zoom: int) -> None:
    pen = ImageDraw.Draw(canvas)
    color = LIGHT.get(shape.color, shape.color)
    match shape:
        case Text():
            _write(canvas, shape, color, zoom)
        case Rectangle(x, y, width, height, _, _):
            (left, top), (right, bottom) = _placed([(x, y), (x + width, y + height)], zoom)
            pen.rectangle((left, top, right - 1, bottom - 1), color)
        case Line(points, _, width, dashed) if len(points) > 1:
            for part in _dashes(points) if dashed else [points]:
                pen.line(_placed(part, zoom), color, max(1, round(width * zoom)), "curve")
        case Area(points, _, opacity):
            places = _placed(points, zoom)
            left, top = (math.floor(min(values)) for values in zip(*places, strict=True))
            right, bottom = (math.ceil(max(values)) + 1 for values in zip(*places, strict=True))
            cover = Image.new("L", (right - left, bottom - top), 0)
            inside = [(x - left, y - top) for x, y in places]
            ImageDraw.Draw(cover).polygon(inside, round(255 * opacity))
            canvas.paste(color, (left, top), cover)
        case Circle(x, y, radius, _, _, hollow):
            ((cx, cy),), r = _placed([(x, y)], zoom), radius * zoom
            fill, outline = (LIGHT[PAPER], color) if hollow else (color, None)
            pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill, outline, zoom if hollow else 0)
        case Line():
            pass  # Of a single point there is nothing to see.


def _write(canvas: Image.Image, text: Text, color: str, zoom: int) -> None:
    font = _font(round(text.size * zoom))
    content = text.content
    if font.getname()[0] == "Aileron":  # Pillow's own, which knows ASCII only.
        plain = content.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-")
        content = plain.encode("ascii", "replace").decode()
    ((x, y),) = _placed([(text.x, text.y)], zoom)
    anchor = {"start": "ls", "middle": "ms", "end": "rs"}[text.anchor]
    bold = zoom // 4 if text.bold else 0
    if not text.turned:
        pen = ImageDraw.Draw(canvas)
        pen.text((x, y), content, color, font, anchor, stroke_width=bold)
        return
    # Around the point itself, which is put in the middle of a picture of its own.
    reach = math.ceil(font.getlength(content) + font.size)
    cover = Image.new("L", (2 * reach, 2 * reach), 0)
    ImageDraw.Draw(cover).text((reach, reach), content, 255, font, anchor, stroke_width=bold)
    turned = cover.rotate(-text.turned, Image.Resampling.BICUBIC)
    canvas.paste(color, (round(x - reach), round(y - reach)), turned)


def _placed(points: tuple[Point, ...] | list[Point], zoom: int) -> list[Point]:
    return [((x + MARGIN_PX) * zoom, (y + MARGIN_PX) * zoom) for x, y in points]


def _dashes(points: tuple[Point, ...]) -> list[list[Point]]:
    """The pieces of a line, around its corners too."""
    corners = np.cumsum([0.0, *itertools.starmap(math.dist, itertools.pairwise(points))])

    def dash(start: float) -> list[Point]:
        end = min(start + _DASH_PX, corners[-1])
        inside = corners[(corners > start) & (corners < end)]
        stops = np.array([start, *inside, end])
        x, y = (np.interp(stops, corners, side).tolist() for side in zip(*points, strict=True))
        return list(zip(x, y, strict=True))

    return [dash(start) for start in np.arange(0, corners[-1], _DASH_PX + _GAP_PX)]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow is built with FreeType"
    return font
