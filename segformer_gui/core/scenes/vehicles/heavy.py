"""Large vehicles as solids with marks on their faces; buses.py and lorries.py say which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from segformer_gui.core.scenes.canvas import Color, scaled
from segformer_gui.core.scenes.vehicles.pose import Pose, mixed

_TYRE: Color = (20, 20, 22)
_UNDERSIDE: Color = (13, 13, 14)
_MIN_PIXELS = 0.8  # of the supersampled canvas; what is thinner isn't drawn

Line = tuple[tuple[float, float], ...]  # the edge of a profile from low to high: (along, height)


@dataclass(frozen=True)
class Mark:
    """A rectangle on a face; `a` to `b` runs along the side, or across an end (right positive)."""

    face: str  # "left", "right", "side" for both of them, "front" or "rear"
    a: float
    b: float
    low: float
    high: float
    color: Color
    mirror: float | None = None  # glass: share of the sky that it mirrors
    glows: bool = False  # lamps and lit signs: daylight does not matter


@dataclass(frozen=True)
class Solid:
    """A convex profile between two lines, extended `half` to both sides."""

    rear: Line
    front: Line
    half: float
    color: Color
    marks: tuple[Mark, ...] = ()

    def end(self, front: bool, height: float) -> float:
        """How far along its front or rear lies at a height."""
        along, heights = np.array(self.front if front else self.rear).T
        return float(np.interp(height, heights, along))

    @property
    def middle(self) -> float:
        """Along."""
        return (self.rear[0][0] + self.front[0][0]) / 2


def box(
    rear: float,
    front: float,
    half: float,
    low: float,
    high: float,
    color: Color,
    marks: Iterable[Mark] = (),
) -> Solid:
    """An upright block."""
    return Solid(
        ((rear, low), (rear, high)), ((front, low), (front, high)), half, color, tuple(marks)
    )


@dataclass(frozen=True)
class Heavy:
    """A bus or lorry; `solids` stand one behind the other and are drawn far to near."""

    length: float
    width: float
    height: float
    solids: tuple[Solid, ...]
    wheels: tuple[float, ...]  # along
    radius: float
    gloss: float
    depth: float
    mirrors: tuple[float, float]  # along, height
    frame: Solid | None = None  # what carries the solids, drawn before them

    @property
    def roof(self) -> tuple[float, float, float]:
        """Height of the roof, and where it begins and ends as shares of the length."""
        return self.height, 0.0, 1.0

    def draw(self, pose: Pose) -> None:
        """Draw what the camera sees of it."""
        self._underneath(pose)
        if not pose.shows_front:  # beyond the body, which hides them in part
            self._mirrors(pose)
        if self.frame is not None:
            self._solid(pose, self.frame)
        for solid in sorted(self.solids, key=lambda s: -abs(s.middle - pose.eye_along)):
            self._solid(pose, solid)
        if pose.eye_across > self.width / 2:
            for along in self.wheels:
                pose.wheel(along, self.width / 2 - 0.02, self.radius, (96, 98, 100))
        if pose.shows_front:
            self._mirrors(pose)

    def _mirrors(self, pose: Pose) -> None:
        along, height = self.mirrors
        for side in (-1, 1):
            a, b = side * (self.width / 2 + 0.05), side * (self.width / 2 + 0.25)
            pose.end_box(along, a, b, height - 0.22, height + 0.2, (30, 31, 34))

    def _underneath(self, pose: Pose) -> None:
        half = self.width / 2
        pose.side_box(0.2, self.length - 0.3, half - 0.3, 0.18, 0.6, _UNDERSIDE)
        for along in self.wheels:
            at = along + (self.radius if pose.shows_front else -self.radius) * 0.8
            for left in (0.04 - half, half - 0.5):
                pose.end_box(at, left, left + 0.46, 0.0, self.radius * 1.9, _TYRE)
        if pose.shows_end:
            at = self.length - 0.3 if pose.shows_front else 0.3
            pose.end_box(at, 0.1 - half, half - 0.1, 0.25, 0.6, _UNDERSIDE)

    def _solid(self, pose: Pose, solid: Solid) -> None:
        half, camera = solid.half, pose.canvas.camera.height
        top = solid.front[-1][1]
        if camera > top:
            rear, front = solid.rear[-1][0], solid.front[-1][0]
            corners = [
                (rear, -half, top),
                (front, -half, top),
                (front, half, top),
                (rear, half, top),
            ]
            pose.face(corners, pose.lacquer(solid.color, (0, 0, 1), self.gloss, self.depth))
        for is_front, line in ((True, solid.front), (False, solid.rear)):
            seen = False
            for (a, low), (b, high) in pairwise(line):
                out = high - low if is_front else low - high
                up = (a - b) * (1 if is_front else -1)
                if not pose.sees((a, 0, low), out, up):
                    continue
                seen = True
                quad = [(a, -half, low), (a, half, low), (b, half, high), (b, -half, high)]
                normal = (out, 0.0, up)
                pose.face(quad, pose.lacquer(solid.color, normal, self.gloss, self.depth))
            if seen:
                self._marks(pose, solid, "front" if is_front else "rear")
        if pose.eye_across > half:
            outline = [(a, half, y) for a, y in (*solid.rear, *reversed(solid.front))]
            pose.face(outline, pose.lacquer(solid.color, (0, 1, 0.0), self.gloss, self.depth))
            self._marks(pose, solid, "right" if pose.side > 0 else "left")

    def _marks(self, pose: Pose, solid: Solid, face: str) -> None:
        sideways = face in ("left", "right")
        light = pose.light(*((0, 1, 0) if sideways else (1 if face == "front" else -1, 0, 0)))
        light *= 1 - self.depth / 2
        for mark in solid.marks:
            if mark.face != face and not (sideways and mark.face == "side"):
                continue
            if min(mark.b - mark.a, mark.high - mark.low) * pose.scale < _MIN_PIXELS:
                continue
            color = mark.color if mark.glows else scaled(mark.color, light)
            if mark.mirror is None:
                self._rectangle(pose, solid, mark, mark.low, mark.high, color)
                continue
            # The sky's reflection gets brighter towards the top of a pane.
            count = 7 if pose.scale > 70 else 4
            edges = np.linspace(mark.low, mark.high, count)
            for i, (low, high) in enumerate(pairwise(edges)):
                tone = mixed(color, pose.sky, mark.mirror * (0.4 + 0.6 * i / (count - 2)))
                self._rectangle(pose, solid, mark, low, high, tone)

    def _rectangle(
        self, pose: Pose, solid: Solid, mark: Mark, low: float, high: float, color: Color
    ) -> None:
        if mark.face in ("left", "right", "side"):
            pose.side_box(mark.a, mark.b, solid.half, low, high, color)
            return
        a, b = mark.a * pose.side, mark.b * pose.side
        bottom, top = (solid.end(mark.face == "front", y) for y in (low, high))
        pose.face([(bottom, a, low), (bottom, b, low), (top, b, high), (top, a, high)], color)


def lettering(
    rng: np.random.Generator,
    face: str,
    start: float,
    low: float,
    height: float,
    letters: int,
    color: Color,
    glows: bool = False,
) -> list[Mark]:
    """Words in made-up letters: upright and level strokes, and gaps between words."""
    marks: list[Mark] = []
    wide, thick = height * 0.55, height * 0.17
    for i in range(letters):
        if i and rng.random() < 0.12:
            continue
        x = start + i * height * 0.78
        strokes = [(x, x + thick, low, low + height)]
        if rng.random() < 0.6:
            strokes.append((x + wide - thick, x + wide, low, low + height))
        for y in (0.0, 0.42, 0.83):
            if rng.random() < 0.6:
                strokes.append((x, x + wide, low + y * height, low + y * height + thick))
        marks += [Mark(face, *stroke, color, glows=glows) for stroke in strokes]
    return marks


def lamps(
    face: str, half: float, low: float, high: float, inner: float, color: Color
) -> list[Mark]:
    """A pair of lamps between `inner` and `half` from the middle."""
    return [
        Mark(face, -half, -inner, low, high, color),
        Mark(face, inner, half, low, high, color),
    ]


def plate(face: str, low: float, color: Color) -> list[Mark]:
    """A number plate, one row of characters."""
    marks = [Mark(face, -0.27, 0.27, low, low + 0.12, color)]
    for i in (0, 1, 2, 3, 5, 6):
        x = -0.21 + i * 0.065
        marks.append(Mark(face, x, x + 0.035, low + 0.025, low + 0.095, (34, 34, 34)))
    return marks


def pick(rng: np.random.Generator, colors: Sequence[Color]) -> Color:
    """One of these, a little lighter or darker."""
    return scaled(colors[int(rng.integers(len(colors)))], rng.uniform(0.85, 1.12))
