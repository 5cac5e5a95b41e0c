"""A wall seen square on, and what is painted on it: panes, windows, doors, letters, posters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from segformer_gui.core.scenes.canvas import Color, Image, Label, noise, scaled

# Strokes of each letter on a grid, x 0..2 and y 0..4. (OpenCV's own fonts differ by version, and
# blend at their edges what must stay a label.)
_LETTERS = {
    "A": "00042420 0222", "B": "0004242000 0222", "C": "24040020", "D": "00041423211000",
    "E": "24040020 0212", "F": "240400 0212", "G": "240400202212", "H": "0004 2024 0222",
    "I": "1014", "K": "0004 240220", "L": "040020", "M": "0004122420", "N": "00042024",
    "O": "0004242000", "P": "0004242202", "R": "0004242202 1220", "S": "240402222000",
    "T": "0424 1410", "U": "04002024", "W": "0400122024", "Y": "041224 1210", " ": "",
    "V": "041024", "X": "0024 0420", "Z": "04240020", "2": "042422020020", "7": "042410",
}  # fmt: skip
_NAMES = (
    "BAKERY", "BOOKS", "CAFE", "FLOWERS", "PHARMACY", "BARBER", "CYCLES", "TEA ROOM", "DELI",
    "SHOES", "OPTICIAN", "TAILOR", "MUSIC", "GROCER", "GALLERY", "HARDWARE", "SALE", "TO LET",
)  # fmt: skip


@dataclass(frozen=True)
class Glass:
    """How a building's panes look: tone at the bottom, gain towards the top, curtains."""

    tone: float
    gain: float
    tint: Color
    curtains: float  # share of the panes


def random_glass(rng: np.random.Generator) -> Glass:
    """Almost black, the usual grey, or mirroring a bright sky."""
    tint = (1.0, 1 + rng.uniform(0, 0.06), 1 + rng.uniform(0, 0.16))
    what = rng.choice(["black", "grey", "sky"], p=[0.3, 0.45, 0.25])
    if what == "black":
        return Glass(rng.uniform(6, 24), rng.uniform(0, 16), tint, rng.uniform(0, 0.25))
    if what == "grey":
        return Glass(rng.uniform(24, 64), rng.uniform(20, 80), tint, rng.uniform(0.1, 0.5))
    return Glass(rng.uniform(60, 170), rng.uniform(40, 130), tint, rng.uniform(0, 0.2))


class Elevation:
    """A wall painted in metres from its bottom left corner, `density` pixels a metre."""

    def __init__(self, pixels: Image, density: float, glass: Glass) -> None:
        self.pixels = pixels
        self.density = density
        self.panes = glass

    def region(self, x: float, y: float, w: float, h: float) -> Image:
        """The pixels of a rectangle, as a view; empty outside the wall."""
        d, height = self.density, self.pixels.shape[0]
        top, bottom = height - round((y + h) * d), height - round(y * d)
        rows = slice(max(top, 0), max(bottom, 0))
        return self.pixels[rows, max(round(x * d), 0) : max(round((x + w) * d), 0)]

    def box(self, x: float, y: float, w: float, h: float, color: Color) -> None:
        """Fill a rectangle."""
        self.region(x, y, w, h)[..., :3] = np.array(color).astype(np.uint8)

    def copy(self, source: tuple[float, float], x: float, y: float, w: float, h: float) -> None:
        """Repeat what is painted at `source`, `w` by `h` metres, at (`x`, `y`)."""
        old, new = self.region(*source, w, h), self.region(x, y, w, h)
        rows, columns = min(len(old), len(new)), min(old.shape[1], new.shape[1])
        if rows and columns:
            new[-rows:, :columns] = old[-rows:, :columns].copy()

    def polygon(
        self, points: Sequence[tuple[float, float]], color: Color, label: int = Label.BUILDING
    ) -> None:
        """Fill a polygon."""
        pixels = np.array(points) * (self.density, -self.density) + (0, self.pixels.shape[0])
        outline = np.round(pixels).astype(np.int32)
        cv2.fillPoly(self.pixels, [outline], (*scaled(color, 1), label))

    def ellipse(self, x: float, y: float, a: float, b: float, color: Color) -> None:
        """Fill an ellipse around (`x`, `y`)."""
        d = self.density
        center = (round(x * d), self.pixels.shape[0] - round(y * d))
        axes = (max(1, round(a * d)), max(1, round(b * d)))
        filled = (*scaled(color, 1), Label.BUILDING)
        cv2.ellipse(self.pixels, center, axes, 0, 0, 360, filled, -1)

    def arch(self, x: float, y: float, w: float, h: float, color: Color, pointed: bool) -> None:
        """A rectangle under a round or pointed arch, `h` to its top."""
        half = w / 2
        across = np.cos(np.linspace(0, np.pi, 13))
        # A pointed arch is two arcs, each around the other's foot.
        up = np.sqrt(4 - (1 + np.abs(across)) ** 2 if pointed else 1 - across**2)
        spring = y + h - half * up.max()
        top = [(x + half + half * c, spring + half * u) for c, u in zip(across, up, strict=True)]
        self.polygon([(x, y), (x + w, y), *top], color)

    def glass(self, rng: np.random.Generator, x: float, y: float, w: float, h: float) -> None:
        """A pane: dark inside, the sky's reflection brighter towards the top, perhaps a curtain."""
        panes = self.panes
        base, gain = panes.tone * rng.uniform(0.6, 1.3), panes.gain * rng.uniform(0.5, 1.3)
        part = self.region(x, y, w, h)
        if part.size:
            ramp = np.linspace(base + gain, base, len(part))[:, None]
            part[..., :3] = np.clip(ramp * panes.tint, 0, 255).astype(np.uint8)[:, None]
        if rng.random() < panes.curtains:
            tone = rng.uniform(90, 210)
            share = rng.uniform(0.15, 0.3)
            for left in (x, x + w * (1 - share)):
                self.box(left, y, w * share, h, (tone, tone * 0.97, tone * 0.9))
        # The reveal's shadow gives the opening its depth.
        self.box(x, y + h - 0.09, w, 0.09, (18, 19, 21))

    def reflect(self, rng: np.random.Generator, x: float, y: float, w: float, h: float) -> None:
        """Lay a mirrored street over glass: sky and clouds, roofs opposite, cars below."""
        part = self.region(x, y, w, h)
        rows, columns = part.shape[:2]
        if rows < 3 or columns < 3:
            return
        mirrored = np.empty((24, 24, 3), np.uint8)
        sky = scaled((178, 204, 236) if rng.random() < 0.6 else (226, 230, 232), 1)
        field = noise(rng, 24, 24, 5)
        mirrored[:] = np.clip(np.array(sky) + 45 * field[..., None], 0, 255).astype(np.uint8)
        skyline = rng.integers(2, 20)
        for left in range(0, 24, 6):
            top = int(np.clip(skyline + rng.integers(-3, 4), 0, 23))
            mirrored[top:, left : left + 6] = rng.uniform(20, 130, 3)
        mirrored[20:] = rng.uniform(50, 100)
        for left in rng.integers(0, 18, 2):
            mirrored[18:22, left : left + 6] = rng.uniform(20, 220, 3)
        large = cv2.resize(mirrored, (columns, rows), interpolation=cv2.INTER_LINEAR)
        share = rng.uniform(0.15, 0.85)
        inside = np.ascontiguousarray(part[..., :3])
        part[..., :3] = cv2.addWeighted(inside, 1 - share, large, share, 0)

    def window(
        self,
        rng: np.random.Generator,
        x: float,
        y: float,
        w: float,
        h: float,
        frame: Color,
        bars: tuple[int, int],
        stone: Color = (168, 162, 148),
    ) -> None:
        """A framed window with `bars` panes across and up, a lintel and a sill."""
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

    def text(
        self,
        words: str,
        x: float,
        y: float,
        height: float,
        color: Color,
        label: int = Label.BUILDING,
    ) -> None:
        """Letters `height` metres high."""
        thick = max(1, round(height * self.density * 0.15))
        grid = height / 4
        ink = (*scaled(color, 1), label)
        for letter in words:
            for stroke in _LETTERS[letter].split():
                points = np.array(
                    [(int(stroke[i]), int(stroke[i + 1])) for i in range(0, len(stroke), 2)]
                )
                metres = points * (grid * 1.1, grid) + (x, y)
                pixels = metres * (self.density, -self.density) + (0, self.pixels.shape[0])
                line = np.round(pixels).astype(np.int32)
                cv2.polylines(self.pixels, [line], False, ink, thick)
            x += height

    def poster(
        self,
        rng: np.random.Generator,
        x: float,
        y: float,
        w: float,
        h: float,
        label: int = Label.BUILDING,
    ) -> None:
        """A printed sheet: a ground, a picture, lines of letters."""
        ground = random_color(rng)
        self.region(x, y, w, h)[..., 3] = label
        self.box(x, y, w, h, ground)
        self.box(x + w * 0.1, y + h * 0.35, w * rng.uniform(0.3, 0.8), h * 0.5, random_color(rng))
        ink: Color = (250, 250, 246) if sum(ground) < 380 else (20, 20, 26)
        size = h * rng.uniform(0.1, 0.22)
        words = random_name(rng)[: max(1, int(w * 0.9 / size))]
        self.text(words, x + w * 0.06, y + h * 0.08, size, ink, label)

    def person(self, rng: np.random.Generator, x: float, y: float) -> None:
        """Someone behind the glass, who counts as the building."""
        tone = scaled(random_color(rng), rng.uniform(0.15, 0.7))
        self.box(x - 0.22, y + 0.7, 0.44, 0.75, tone)
        self.box(x - 0.17, y, 0.34, 0.75, scaled(tone, 0.6))
        self.ellipse(x, y + 1.6, 0.11, 0.15, scaled((190, 150, 126), rng.uniform(0.3, 0.9)))


def random_name(rng: np.random.Generator) -> str:
    """What a shop may be called: a trade, or any letters."""
    if rng.random() < 0.5:
        return str(rng.choice(_NAMES))
    return "".join(rng.choice(list("ABCDEFGHIKLMNOPRSTUVWXYZ27"), rng.integers(3, 11)))


def random_color(rng: np.random.Generator) -> Color:
    """Any paint, dull or bright."""
    grey, vivid = rng.uniform(20, 240), rng.uniform(0, 0.9)
    red, green, blue = grey + (rng.uniform(0, 255, 3) - grey) * vivid
    return red, green, blue
