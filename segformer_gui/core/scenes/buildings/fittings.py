"""What stands out from a front: signs, awnings, balconies, bays, dormers, canopies, scaffolds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from segformer_gui.core.scenes.buildings.elevation import (
    Elevation,
    Glass,
    random_color,
    random_name,
)
from segformer_gui.core.scenes.buildings.fronts import STOREY
from segformer_gui.core.scenes.buildings.shopfronts import random_paint
from segformer_gui.core.scenes.buildings.solids import (
    Face,
    Frame,
    box_faces,
    end_face,
    front_face,
    paint_box,
)
from segformer_gui.core.scenes.buildings.walls import lit
from segformer_gui.core.scenes.canvas import Canvas, Color, Label, scaled

Size = tuple[float, float]


def fit_out(
    canvas: Canvas,
    rng: np.random.Generator,
    frame: Frame,
    kind: str,
    size: Size,
    wall: Color,
    glass: Glass,
    roofed: bool,
) -> None:
    """Add to a front of `size` (width, eaves) what a building of this kind may have."""
    width, eaves = size
    if kind == "house" and roofed and rng.random() < 0.3:
        _dormers(canvas, rng, frame, size)
    if kind == "house" and width < 11 and rng.random() < 0.3:
        _bay(canvas, rng, frame, size, wall, glass)
    elif kind == "house" and rng.random() < 0.15:
        _porch(canvas, rng, frame, width)
    elif kind == "flats" and rng.random() < 0.6:
        _balconies(canvas, rng, frame, size)
    elif kind == "station":
        _pumps(canvas, rng, frame, width)
    elif kind == "supermarket" or (kind in ("office", "curtain") and rng.random() < 0.15):
        # Only what stands back from the street has room for a deep one.
        reach = (2.0, 4.0) if kind == "supermarket" else (0.9, 1.8)
        _canopy(canvas, rng, frame, width, rng.uniform(*reach))
    if kind in ("shop", "office", "supermarket"):
        _shop_fittings(canvas, rng, frame, size)
    if kind in ("house", "shop", "flats", "office") and rng.random() < 0.03:
        _scaffold(canvas, rng, frame, size)
    if rng.random() < 0.03 and eaves > 6 and kind != "church":  # a banner
        x = rng.uniform(0, max(width - 4, 0.1))
        low, high = sorted((3.6, min(eaves - 0.6, 3.6 + rng.uniform(1, 3))))
        wide = min(rng.uniform(1, 4), width)
        _board(canvas, rng, frame, front_face((x, x + wide), (low, high), -0.12), wide, high - low)


def _far_first(frame: Frame, places: list[float]) -> list[float]:
    return sorted(places, key=lambda x: -frame.at(x, 0, 0)[2])


def _board(
    canvas: Canvas, rng: np.random.Generator, frame: Frame, face: Face, w: float, h: float
) -> None:
    """A printed board that stands off the wall: a sign."""
    density = min(40.0, 160 / max(w, h))
    shape = (max(2, round(h * density)), max(2, round(w * density)), 4)
    sheet = np.full(shape, Label.SIGN, np.uint8)
    painter = Elevation(sheet, density, Glass(0, 0, (1, 1, 1), 0))
    painter.poster(rng, 0, 0, w + 0.1, h + 0.1, Label.SIGN)
    sheet[..., 3] = Label.SIGN
    if rng.random() < 0.5:
        painter.box(0, 0, w, h, random_color(rng))
        size = min(h * 0.5, w * 0.8 / 4)
        painter.text(random_name(rng)[:4], w * 0.1, h * 0.3, size, random_color(rng), Label.SIGN)
    lit(sheet, face.brightness(canvas, frame), canvas.light, 0, 1)
    face.paint(canvas, frame, sheet)


def _shop_fittings(canvas: Canvas, rng: np.random.Generator, frame: Frame, size: Size) -> None:
    width, eaves = size
    if rng.random() < 0.35:
        each = width / max(1, round(width / 5))
        for x in _far_first(frame, list(np.arange(0.3, width - 2, each))):
            if rng.random() < 0.6:
                _awning(canvas, rng, frame, x, min(each - 0.6, width - x - 0.2))
    for x in _far_first(frame, list(np.arange(rng.uniform(0.2, 4), width, rng.uniform(3, 7)))):
        if rng.random() < 0.45 and eaves > 4.5:
            _hanging_sign(canvas, rng, frame, x)
        elif rng.random() < 0.3:  # a lamp on an arm, or a box
            y = rng.uniform(2.9, 3.6)
            paint_box(canvas, frame, (x, x + 0.06), (y, y + 0.06), (-0.5, 0), (30, 30, 32))
            lamp = random_color(rng)
            paint_box(canvas, frame, (x - 0.1, x + 0.16), (y - 0.3, y), (-0.6, -0.35), lamp)


def _hanging_sign(canvas: Canvas, rng: np.random.Generator, frame: Frame, x: float) -> None:
    """A sign at right angles to the wall, on a bracket."""
    w, h = rng.uniform(0.45, 1.1), rng.uniform(0.45, 1.1)
    y, out = rng.uniform(2.9, 4.2), rng.uniform(0.1, 0.3)
    if frame.at(x, 0, -out - w)[2] < 4:
        return
    bracket = ((x, x + 0.05), (y + h, y + h + 0.05), (-out - w, 0.0))
    paint_box(canvas, frame, *bracket, (28, 28, 30), Label.SIGN)
    if rng.random() < 0.6:
        paint_box(
            canvas, frame, (x - 0.04, x + 0.09), (y, y + h), (-out - w, -out), random_color(rng),
            Label.SIGN,
        )  # fmt: skip
        for left, edge in ((True, x - 0.05), (False, x + 0.1)):
            face = end_face(edge, (y, y + h), (-out - w, -out), left)
            if face.is_seen(canvas, frame):
                _board(canvas, rng, frame, face, w, h)
        return
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    for share, color in (
        (1.0, random_color(rng)),
        (0.8, random_color(rng)),
        (0.35, (240, 236, 220)),
    ):
        rim = [
            (x, y + h / 2 + share * h / 2 * np.sin(t), -out - w / 2 - share * w / 2 * np.cos(t))
            for t in turn
        ]
        for corners, facing in ((rim, 1), (rim[::-1], -1)):
            Face(corners, (facing, 0, 0)).paint(canvas, frame, color, Label.SIGN)


def _awning(canvas: Canvas, rng: np.random.Generator, frame: Frame, x: float, width: float) -> None:
    color, second = random_paint(rng), random_color(rng)
    if rng.random() < 0.5:
        second = color
    reach, high, low = rng.uniform(0.6, 1.5), rng.uniform(2.7, 3.1), rng.uniform(2.1, 2.5)
    stripes = max(1, round(width / 0.4))
    step = width / stripes
    slope = (0.0, 0.8, -0.6)
    for left in (True, False):
        edge = x if left else x + width
        side = [(edge, high, 0.0), (edge, low, -reach), (edge, low, 0.0)]
        Face(side if left else side[::-1], (-1 if left else 1, 0, 0)).paint(
            canvas, frame, scaled(color, 0.8)
        )
    for i in _far_first(frame, [x + step * i for i in range(stripes)]):
        shade = color if round((i - x) / step) % 2 else second
        corners = [(i, high, 0.0), (i + step, high, 0.0), (i + step, low, -reach), (i, low, -reach)]
        Face(corners, slope).paint(canvas, frame, shade)
        front_face((i, i + step), (low - 0.22, low), -reach).paint(canvas, frame, shade)


def _dormers(canvas: Canvas, rng: np.random.Generator, frame: Frame, size: Size) -> None:
    width, eaves = size
    wide = rng.uniform(1.1, 1.7)
    color = scaled((200, 196, 188), float(rng.choice([0.35, 0.7, 1.1])))
    count = max(1, int(width / rng.uniform(2.6, 4.5)))
    spots = [(i + 0.5) * width / count - wide / 2 for i in range(count)]
    for x in _far_first(frame, spots):
        top = eaves + 1.5
        paint_box(canvas, frame, (x, x + wide), (eaves + 0.1, top), (0.5, 3.0), color)
        pane = front_face((x + 0.15, x + wide - 0.15), (eaves + 0.3, top - 0.15), 0.48)
        pane.paint(canvas, frame, scaled((40, 44, 48), rng.uniform(0.4, 3)))
        paint_box(
            canvas, frame, (x - 0.1, x + wide + 0.1), (top, top + 0.14), (0.35, 3.0), (74, 74, 78)
        )


def _bay(
    canvas: Canvas,
    rng: np.random.Generator,
    frame: Frame,
    size: Size,
    wall: Color,
    glass: Glass,
) -> None:
    """A bay window of one storey or more, its sides aslant."""
    width, eaves = size
    floors = int(rng.integers(1, max(2, int(eaves / STOREY["house"]) + 1)))
    wide, out = min(rng.uniform(2, 2.8), width - 0.6), rng.uniform(0.5, 0.9)
    x = rng.uniform(0.3, width - wide - 0.2)
    color = wall if rng.random() < 0.5 else scaled((226, 222, 212), rng.uniform(0.6, 1))
    top = floors * STOREY["house"]
    plan = [(x, 0.0), (x + 0.55, -out), (x + wide - 0.55, -out), (x + wide, 0.0)]
    parts = list(pairwise(plan))
    for (x0, d0), (x1, d1) in sorted(parts, key=lambda p: -frame.at(*p[0][:1], 0, p[0][1])[2]):
        along = np.hypot(x1 - x0, d1 - d0)
        normal = ((d1 - d0) / along, 0.0, -(x1 - x0) / along)
        sheet = [(0.0, 0.0, 1.0, top, color)]
        for floor in range(floors):
            low = floor * STOREY["house"] + 0.75
            tone = glass.tone * rng.uniform(0.6, 1.4) + glass.gain * 0.5
            sheet.append((0.08, low, 0.92, low + 1.55, (226, 224, 218)))
            sheet.append((0.14, low + 0.07, 0.86, low + 1.48, (tone, tone, tone * 1.06)))
        for a, low, b, high, shade in sheet:
            (xa, da), (xb, db) = ((x0 + (x1 - x0) * t, d0 + (d1 - d0) * t) for t in (a, b))
            face = Face([(xa, high, da), (xb, high, db), (xb, low, db), (xa, low, da)], normal)
            face.paint(canvas, frame, shade)
    roof = [(x, top + 0.5, 0.0), (x + wide, top + 0.5, 0.0), (plan[2][0], top, -out)]
    Face([*roof, (plan[1][0], top, -out)], (0, 0.8, -0.6)).paint(canvas, frame, (80, 76, 78))


def _porch(canvas: Canvas, rng: np.random.Generator, frame: Frame, width: float) -> None:
    x, out = rng.uniform(0.3, max(width - 2.5, 0.4)), rng.uniform(0.8, 1.6)
    color = scaled((220, 216, 206), rng.uniform(0.4, 1.1))
    paint_box(canvas, frame, (x, x + 2), (2.5, 2.8), (-out, 0), color)
    for post in _far_first(frame, [x + 0.1, x + 1.7]):
        paint_box(canvas, frame, (post, post + 0.2), (0, 2.5), (-out, -out + 0.2), color)


def _balconies(canvas: Canvas, rng: np.random.Generator, frame: Frame, size: Size) -> None:
    width, eaves = size
    color = (
        random_color(rng) if rng.random() < 0.3 else scaled((220, 222, 222), rng.uniform(0.2, 1.1))
    )
    each, out = rng.uniform(3, 6), rng.uniform(0.8, 1.6)
    for x in _far_first(frame, list(np.arange(0.4, width - 2.4, each))):
        for floor in range(1, int((eaves - 0.5) / STOREY["flats"])):
            y = floor * STOREY["flats"]
            wide = min(each - 0.6, 3.4)
            paint_box(canvas, frame, (x, x + wide), (y, y + 0.2), (-out, 0), (168, 166, 160))
            paint_box(canvas, frame, (x, x + wide), (y + 0.2, y + 1.1), (-out, -0.02), color)


def _canopy(
    canvas: Canvas, rng: np.random.Generator, frame: Frame, width: float, out: float
) -> None:
    """A flat roof in front on thin columns."""
    y = rng.uniform(3, 3.8)
    white = scaled((236, 236, 234), rng.uniform(0.6, 1.05))
    color = white if rng.random() < 0.7 else random_color(rng)
    for face in box_faces((0, width), (y, y + rng.uniform(0.3, 0.9)), (-out, 0)):
        face.paint(canvas, frame, color)
    for x in _far_first(frame, list(np.arange(0.5, width, rng.uniform(3, 6)))):
        if frame.at(x, 0, -out)[2] > 3:
            paint_box(canvas, frame, (x, x + 0.25), (0, y), (-out + 0.3, -out + 0.55), white)


def _pumps(canvas: Canvas, rng: np.random.Generator, frame: Frame, width: float) -> None:
    """A filling station's roof on columns high before its shop, and the pumps below."""
    out, y, color = rng.uniform(5, 7.5), rng.uniform(4.2, 5.2), random_paint(rng)
    white: Color = (226, 226, 224)
    for d in (-1.5, 1 - out):
        for x in _far_first(frame, list(np.arange(2, width - 1, 5.0))):
            if frame.at(x, 0, d - 1)[2] > 3:
                paint_box(canvas, frame, (x, x + 0.3), (0, y), (d, d + 0.3), white)
                pump = ((x + 0.6, x + 1.5), (0.1, rng.uniform(1.4, 2.0)), (d, d + 0.5))
                paint_box(canvas, frame, *pump, random_paint(rng), Label.IGNORE)
    paint_box(canvas, frame, (0, width), (y, y + 0.9), (-out, -0.5), color)
    stripe = front_face((0, width), (y + 0.3, y + 0.55), -out - 0.02)
    stripe.paint(canvas, frame, random_paint(rng))


def _scaffold(canvas: Canvas, rng: np.random.Generator, frame: Frame, size: Size) -> None:
    """Tubes and planks in front of a wall, and a hoarding round their feet."""
    width, eaves = size
    tube: Color = (150, 152, 154)
    for y in np.arange(2.4, eaves + 1, 2.0):
        paint_box(canvas, frame, (0, width), (y, y + 0.08), (-1.3, -0.1), (130, 108, 78))
        rail = (float(y) + 1, float(y) + 1.07)
        paint_box(canvas, frame, (0, width), rail, (-1.3, -1.24), tube, Label.IGNORE)
    for x in _far_first(frame, list(np.arange(0.1, width, 2.2))):
        if frame.at(x, 0, -1.3)[2] > 3:
            pole = (0.0, eaves + 1.2)
            paint_box(canvas, frame, (x, x + 0.08), pole, (-1.35, -1.27), tube, Label.IGNORE)
    if rng.random() < 0.6:
        board = random_color(rng)
        for x in _far_first(frame, list(np.arange(0, width - 0.2, 1.2))):
            face = front_face((x, min(x + 1.18, width)), (0, 2.4), -1.45)
            face.paint(canvas, frame, scaled(board, rng.uniform(0.92, 1.05)))
