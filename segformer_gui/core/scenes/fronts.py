"""Walls and roofs of buildings as flat textures: bricks, windows, doors, shop fronts."""

from __future__ import annotations

import cv2
import numpy as np

from segformer_gui.core.scenes.canvas import Color, Floats, Image, Label, Light, clouds, scaled

_BRICKS: tuple[Color, ...] = (
    (128, 92, 76), (112, 78, 66), (146, 124, 96), (158, 140, 110), (104, 84, 76), (136, 104, 84),
)  # fmt: skip
_PLASTERS: tuple[Color, ...] = (
    (196, 192, 182), (178, 170, 152), (160, 154, 146), (186, 178, 164), (140, 134, 124),
)  # fmt: skip
_CONCRETES: tuple[Color, ...] = ((134, 132, 128), (150, 146, 138), (112, 112, 114))
_PAINTS: tuple[Color, ...] = (
    (34, 52, 44), (110, 34, 34), (30, 40, 70), (48, 46, 46), (142, 132, 110), (24, 70, 66),
    (150, 96, 34), (92, 40, 72),
)  # fmt: skip
_SHOP_NAMES = (
    "BAKERY", "BOOKS", "CAFE", "FLOWERS", "PHARMACY", "BARBER", "CYCLES", "TEA ROOM", "DELI",
    "SHOES", "OPTICIAN", "TAILOR", "MUSIC", "GROCER", "GALLERY", "HARDWARE",
)  # fmt: skip
# Strokes of each letter on a grid, x 0..2 and y 0..4. (OpenCV's own fonts differ by version, and
# blend at their edges what must stay a label.)
_LETTERS = {
    "A": "00042420 0222", "B": "0004242000 0222", "C": "24040020", "D": "00041423211000",
    "E": "24040020 0212", "F": "240400 0212", "G": "240400202212", "H": "0004 2024 0222",
    "I": "1014", "K": "0004 240220", "L": "040020", "M": "0004122420", "N": "00042024",
    "O": "0004242000", "P": "0004242202", "R": "0004242202 1220", "S": "240402222000",
    "T": "0424 1410", "U": "04002024", "W": "0400122024", "Y": "041224 1210", " ": "",
}  # fmt: skip
STOREY = {"house": 2.95, "shop": 2.95, "office": 3.4}  # metres
_BRICK = (0.22, 0.075)  # metres, with its mortar


class _Elevation:
    """A wall seen square on, painted in metres from its bottom left corner."""

    def __init__(self, pixels: Image, density: float) -> None:
        self.pixels = pixels
        self.density = density

    def box(self, x: float, y: float, w: float, h: float, color: Color) -> None:
        d, height = self.density, self.pixels.shape[0]
        top, bottom = height - round((y + h) * d), height - round(y * d)
        rows = slice(max(top, 0), max(bottom, 0))
        columns = slice(max(round(x * d), 0), max(round((x + w) * d), 0))
        self.pixels[rows, columns, :3] = np.array(color).astype(np.uint8)

    def glass(self, rng: np.random.Generator, x: float, y: float, w: float, h: float) -> None:
        """A pane: dark inside, the sky's reflection brighter towards the top, perhaps a curtain."""
        base = rng.uniform(26, 58)
        bands = 5
        for band in range(bands):
            tone = base + rng.uniform(6, 16) * band
            self.box(x, y + h * band / bands, w, h / bands + 0.02, (tone, tone + 4, tone + 8))
        if rng.random() < 0.35:
            tone = rng.uniform(110, 170)
            share = rng.uniform(0.15, 0.3)
            for left in (x, x + w * (1 - share)):
                self.box(left, y, w * share, h, (tone, tone * 0.97, tone * 0.9))
        # The reveal's shadow gives the opening its depth.
        self.box(x, y + h - 0.09, w, 0.09, (18, 19, 21))

    def window(
        self,
        rng: np.random.Generator,
        x: float,
        y: float,
        w: float,
        h: float,
        frame: Color,
        bars: tuple[int, int],
    ) -> None:
        """A framed window with `bars` panes across and up, a lintel and a sill."""
        stone = (168.0, 162.0, 148.0)
        self.box(x - 0.12, y + h, w + 0.24, 0.2, scaled(stone, 0.9))
        self.box(x - 0.12, y - 0.12, w + 0.24, 0.12, stone)
        self.box(x - 0.12, y - 0.2, w + 0.24, 0.08, (52, 48, 44))
        self.box(x, y, w, h, frame)
        self.glass(rng, x + 0.07, y + 0.07, w - 0.14, h - 0.14)
        for i in range(1, bars[0]):
            self.box(x + w * i / bars[0] - 0.03, y, 0.06, h, frame)
        for i in range(1, bars[1]):
            self.box(x, y + h * i / bars[1] - 0.03, w, 0.06, frame)

    def door(self, rng: np.random.Generator, x: float, paint: Color) -> None:
        """A panelled door with a fanlight and a step."""
        self.box(x - 0.15, 0, 1.25, 2.75, (184, 178, 166))
        self.box(x, 0.15, 0.95, 2.05, paint)
        self.glass(rng, x, 2.25, 0.95, 0.4)
        for px in (0.12, 0.53):
            for py, ph in ((0.35, 0.65), (1.2, 0.8)):
                self.box(x + px, py, 0.3, ph, scaled(paint, 0.75))
        self.box(x - 0.2, 0, 1.35, 0.15, (128, 124, 116))

    def text(self, words: str, x: float, y: float, height: float, color: Color) -> None:
        """Letters `height` metres high."""
        thick = max(1, round(height * self.density * 0.15))
        grid = height / 4
        for letter in words:
            for stroke in _LETTERS[letter].split():
                points = np.array(
                    [(int(stroke[i]), int(stroke[i + 1])) for i in range(0, len(stroke), 2)]
                )
                metres = points * (grid * 1.1, grid) + (x, y)
                pixels = metres * (self.density, -self.density) + (0, self.pixels.shape[0])
                line = np.round(pixels).astype(np.int32)
                cv2.polylines(self.pixels, [line], False, (*color, Label.BUILDING), thick)
            x += height


def wall_color(rng: np.random.Generator, kind: str) -> Color:
    """Brick, plaster or concrete."""
    choices = _CONCRETES + _BRICKS[2:4] if kind == "office" else _BRICKS * 2 + _PLASTERS
    color = choices[rng.integers(len(choices))]
    return scaled(color, rng.uniform(0.82, 1.08))


def wall_texture(
    rng: np.random.Generator, width: float, height: float, density: float, color: Color, kind: str
) -> Image:
    """A bare wall (h, w, 4): bricks where the colour is a brick's, stained by weather."""
    w, h = max(2, round(width * density)), max(2, round(height * density))
    wall = np.ones((h, w), np.float32)
    if color[0] - color[2] > 18 and kind != "office" and density > 14:
        columns, rows = int(width / _BRICK[0]) + 2, int(height / _BRICK[1]) + 1
        tones = rng.normal(1, 0.085, (rows, columns)).astype(np.float32)
        row = np.minimum((np.arange(h) / density / _BRICK[1]).astype(int), rows - 1)
        x = np.arange(w) / density / _BRICK[0]
        column = (x[None] + 0.5 * (row[:, None] % 2)).astype(int)
        wall = tones[row[:, None], column]
        if density > 34:
            wall[(np.arange(h) / density) % _BRICK[1] < 0.012] *= 1.13
    wall *= 1 + 0.1 * clouds(rng, h, w, 4)
    wall *= (1 - 0.13 * np.exp(-np.arange(h, 0, -1) / density / 0.7))[:, None].astype(np.float32)
    return _painted(wall, color)


def front_texture(
    rng: np.random.Generator,
    kind: str,
    storeys: int,
    wall: Color,
    size: tuple[float, float],
    density: float,
) -> Image:
    """A front (h, w, 4) of `size` (width, height) metres at `density` pixels a metre, unlit."""
    width, height = size
    elevation = _Elevation(wall_texture(rng, width, height, density, wall, kind), density)
    frame: Color = (206, 204, 198) if rng.random() < 0.7 else (58, 54, 50)
    if kind == "office":
        _office_windows(rng, elevation, storeys, width, frame)
        elevation.box(0, height - 0.35, width, 0.35, (92, 92, 94))
        return elevation.pixels
    bars = ((2, 2), (2, 3), (1, 2), (3, 4))[rng.integers(4)]
    bay = rng.uniform(1.9, 2.9)
    bays = max(1, int(width / bay))
    bay = width / bays
    wide, high = min(bay * 0.52, rng.uniform(0.95, 1.3)), rng.uniform(1.35, 1.7)
    paint = _PAINTS[rng.integers(len(_PAINTS))]
    for floor in range(1 if kind == "shop" else 0, storeys):
        y = floor * STOREY[kind] + 0.85
        for i in range(bays):
            x = (i + 0.5) * bay - wide / 2
            if floor == 0 and i % 3 == 1:
                elevation.door(rng, x, paint)
            else:
                elevation.window(rng, x, y, wide, high, frame, bars)
    elevation.box(0, height - 0.3, width, 0.3, scaled(wall, 0.72))
    elevation.box(0, height - 0.12, width, 0.12, (70, 68, 66))
    if kind == "shop":
        _shop_fronts(rng, elevation, width)
    pipe = rng.uniform(0, width)
    elevation.box(pipe, 0, 0.1, height, (46, 46, 48))
    return elevation.pixels


def _office_windows(
    rng: np.random.Generator, elevation: _Elevation, storeys: int, width: float, frame: Color
) -> None:
    bay = rng.uniform(1.3, 2.2)
    bays = max(1, int(width / bay))
    bay = width / bays
    gap, band = float(rng.choice([0.12, 0.45])), rng.uniform(1.7, 2.3)
    spandrel = scaled((120, 118, 114), rng.uniform(0.6, 1.2))
    for floor in range(storeys):
        y = floor * STOREY["office"] + 0.95
        if gap < 0.2:
            elevation.box(0, y - 0.2, width, band + 0.4, spandrel)
        for i in range(bays):
            x = i * bay + gap / 2
            elevation.box(x, y, bay - gap, band, frame)
            elevation.glass(rng, x + 0.06, y + 0.06, bay - gap - 0.12, band - 0.12)
            elevation.box(x, y + band * 0.28, bay - gap, 0.06, frame)


def _shop_fronts(rng: np.random.Generator, elevation: _Elevation, width: float) -> None:
    shops = max(1, round(width / 6.5))
    each = width / shops
    for i in range(shops):
        x, paint = i * each, _PAINTS[rng.integers(len(_PAINTS))]
        elevation.box(x, 0, each, 3.15, paint)
        elevation.box(x + 0.25, 0.1, each - 0.5, 0.45, scaled(paint, 0.8))
        panes = max(2, int(each / 1.6))
        step = (each - 0.5) / panes
        for pane in range(panes):
            left = x + 0.25 + pane * step
            door = pane == panes // 2
            elevation.glass(
                rng, left + 0.05, 0.15 if door else 0.55, step - 0.1, 2.35 if door else 1.95
            )
            if rng.random() < 0.6 and not door:
                # Goods in the window, lit from inside.
                for _ in range(4):
                    red, green, blue = rng.uniform(70, 190, 3)
                    spot = left + 0.1 + rng.uniform(0, max(step - 0.6, 0.1))
                    elevation.box(spot, 0.6, 0.3, rng.uniform(0.2, 0.8), (red, green, blue))
        elevation.box(x, 3.1, each, 0.12, scaled(paint, 0.55))
        elevation.box(x, 2.58, each, 0.06, scaled(paint, 1.35))
        words = _SHOP_NAMES[rng.integers(len(_SHOP_NAMES))]
        letters: Color = (222, 214, 190)
        left = x + max(0.2, (each - 0.3 * len(words)) / 2)
        elevation.text(words, left, 2.7, 0.3, letters)
        if rng.random() < 0.3:
            elevation.box(x + 0.2, 2.1, each - 0.4, 0.5, scaled(paint, 1.6))
        elevation.box(x + each - 0.15, 0, 0.3, 3.2, scaled(paint, 0.65))


def roof_texture(rng: np.random.Generator, width: float, height: float, color: Color) -> Image:
    """Courses of slates or tiles (h, w, 4); metres."""
    density = 20
    h, w = round(height * density), max(2, round(width * density))
    courses = rng.normal(1, 0.06, (h // 4 + 1, w // 5 + 1)).astype(np.float32)
    tones = np.repeat(np.repeat(courses, 4, axis=0), 5, axis=1)[:h, :w]
    tones[::4] *= 0.86
    tones = tones * (1 + 0.12 * clouds(rng, h, w, 4))
    return _painted(tones, color)


def _painted(tones: Floats, color: Color) -> Image:
    """A building's surface (h, w, 4) of this colour with brightness `tones` (h, w)."""
    channels = [cv2.convertScaleAbs(tones, alpha=c) for c in color]
    return cv2.merge([*channels, np.full(tones.shape, Label.BUILDING, np.uint8)])  # pyright: ignore


def lit(texture: Image, brightness: float, light: Light, shaded: float, height: float) -> None:
    """Light a texture in place; the lowest `shaded` of its `height` rows lie in shadow."""
    edge = len(texture) - int(np.clip(shaded, 0, height))
    labels = texture[..., 3].copy()
    texture[:edge] = cv2.convertScaleAbs(texture[:edge], alpha=brightness)
    if edge < len(texture):
        shade = min(brightness, light.ambient * 0.85)
        texture[edge:] = cv2.convertScaleAbs(texture[edge:], alpha=shade)
    texture[..., 3] = labels
