"""Fences: guard rails, nets, railings, boards, pickets, crash barriers and those of road works."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Floats, Label, Point, scaled
from segformer_gui.core.scenes.ground.glyphs import fill_all
from segformer_gui.core.scenes.ground.street import KERB

_PANEL = 2.5  # metres; short, so that people before and behind are drawn in order
_OPEN = ("guard", "mesh", "lattice", "spikes", "pipes")  # seen through
_COLORS: dict[str, tuple[Color, ...]] = {
    "guard": ((120, 124, 126), (150, 154, 156), (44, 46, 48), (200, 200, 198), (44, 74, 60)),
    "mesh": ((140, 144, 146), (60, 84, 66), (170, 172, 172)),
    "lattice": ((134, 106, 78), (112, 84, 62)),
    "net": ((226, 108, 40), (226, 96, 34)),
    "boards": ((220, 220, 216),),
    "beam": ((158, 162, 164), (136, 140, 142)),
    "picket": ((222, 222, 216), (140, 112, 84), (98, 110, 84)),
    "planks": ((128, 104, 80), (106, 92, 76), (92, 78, 62), (74, 84, 66)),
    "spikes": ((34, 36, 38), (40, 54, 48)),
    "pipes": ((150, 154, 156), (186, 40, 36), (210, 210, 208)),
}
_HEIGHTS = {
    "guard": (0.95, 1.25), "mesh": (1.2, 2.6), "lattice": (0.9, 1.8), "net": (0.9, 1.2),
    "boards": (0.9, 1.1), "beam": (0.68, 0.8), "picket": (0.8, 1.2), "spikes": (1.0, 2.1),
    "pipes": (0.9, 1.1), "planks": (1.0, 1.9),
}  # fmt: skip


@dataclass(frozen=True)
class Barrier:
    """A panel of fence from `a` to `b`, both (s, z), standing on `ground` (height)."""

    a: tuple[float, float]
    b: tuple[float, float]
    kind: str
    height: float
    color: Color
    spacing: float = 0.12
    ground: float = KERB

    @property
    def z(self) -> float:
        """Its near end: what stands behind the panel is drawn first."""
        return min(self.a[1], self.b[1])

    def corners(self) -> list[Point]:
        """The panel's outline, for the shadow."""
        ends = (self.a, self.b, (self.a[0] + 0.04, self.a[1]))
        tops = (self.height, self.height, self.height)
        low = 0.0 if self.kind != "beam" else 0.4
        return [(s, y, z) for (s, z), top in zip(ends, tops, strict=True) for y in (low, top)]

    def draw(self, canvas: Canvas) -> None:
        """What is seen through an open fence keeps its colour and counts as the fence."""
        across = np.array(self.b) - self.a
        length = float(np.hypot(*across))
        facing = (-across[1] / length, 0.0, across[0] / length)
        bright = max(canvas.light.on(facing), canvas.light.on((0, 0.1, -0.4)) * 0.9)
        color = scaled(self.color, bright)
        if self.kind in _OPEN:
            whole = self._face(0, length, 0, self.height)
            canvas.relabel(canvas.camera.project(whole), Label.FENCE)
        draw_kind = {
            "guard": self._guard, "pipes": self._pipes, "spikes": self._spikes,
            "mesh": self._mesh, "lattice": self._lattice, "net": self._net,
            "boards": self._boards, "beam": self._beam, "picket": self._picket,
            "planks": self._planks,
        }  # fmt: skip
        draw_kind[self.kind](canvas, length, color)

    def _face(self, first: float, last: float, low: float, high: float) -> Floats:
        """A rectangle on the panel, along it and up."""
        return self._shape([(first, low), (last, low), (last, high), (first, high)])

    def _shape(self, outline: list[tuple[float, float]]) -> Floats:
        (s, z), across = self.a, np.array(self.b) - self.a
        across = across / np.hypot(*across)
        return np.array(
            [(s + t * across[0], self.ground + y, z + t * across[1]) for t, y in outline]
        )

    def _bars(self, canvas: Canvas, length: float, color: Color, wide: float, top: float) -> None:
        steps = np.arange(self.spacing / 2, length, self.spacing)
        bars = [self._face(t, t + wide, 0.08, top) for t in steps]
        fill_all(canvas, bars, color, Label.FENCE)

    def _rails(self, canvas: Canvas, length: float, color: Color, *rails: Point) -> None:
        """Rails at (height, thickness, brightness)."""
        for y, thick, bright in rails:
            face = self._face(0, length, y, y + thick)
            fill_all(canvas, [face], scaled(color, bright), Label.FENCE)

    def _posts(self, canvas: Canvas, length: float, color: Color, wide: float = 0.06) -> None:
        posts = [self._face(t, t + wide, 0, self.height) for t in (0.0, length - wide)]
        fill_all(canvas, posts, color, Label.FENCE)

    def _guard(self, canvas: Canvas, length: float, color: Color) -> None:
        top = self.height
        self._bars(canvas, length, scaled(color, 0.9), 0.02, top - 0.15)
        rails = (top - 0.05, 0.05, 1.15), (0.1, 0.04, 0.9), (top - 0.18, 0.03, 1.0)
        self._rails(canvas, length, color, *rails)
        self._posts(canvas, length, color)

    def _pipes(self, canvas: Canvas, length: float, color: Color) -> None:
        rails = [(self.height * share - 0.06, 0.06, 1.0) for share in (0.35, 0.68, 1.0)]
        self._rails(canvas, length, color, *rails)
        self._posts(canvas, length, color, 0.08)

    def _spikes(self, canvas: Canvas, length: float, color: Color) -> None:
        plinth = 0.35 if self.spacing > 0.12 else 0.0
        self._bars(canvas, length, color, 0.025, self.height)
        self._rails(
            canvas, length, color, (self.height - 0.15, 0.04, 1.2), (plinth + 0.08, 0.04, 1)
        )
        if plinth:
            stone = scaled((150, 142, 128), canvas.light.on((0, 0.1, -0.5)))
            self._rails(canvas, length, stone, (0.0, plinth, 0.85), (plinth - 0.05, 0.08, 1.1))

    def _mesh(self, canvas: Canvas, length: float, color: Color) -> None:
        self._crossed(canvas, length, color, 0.14, 0.012)
        self._rails(canvas, length, color, (self.height - 0.04, 0.04, 1.0))
        self._posts(canvas, length, color)

    def _lattice(self, canvas: Canvas, length: float, color: Color) -> None:
        self._crossed(canvas, length, color, 0.2, 0.045)
        self._rails(canvas, length, color, (self.height - 0.07, 0.07, 1.1), (0.02, 0.07, 0.9))
        self._posts(canvas, length, color, 0.09)

    def _crossed(
        self, canvas: Canvas, length: float, color: Color, step: float, wide: float
    ) -> None:
        # Far away the wires are finer than a pixel: fewer of them keep their share of the picture.
        step = max(step, 7 / canvas.camera.scale(self.z))
        high = self.height
        for slope in (1, -1):
            bars: list[Floats] = []
            for t in np.arange(-high, length, step):
                first, last = max(0.0, -t), min(high, length - t)
                ends = [(t + first, first), (t + last, last)]
                if slope < 0:
                    ends = [(x, high - y) for x, y in ends]
                bars.append(self._shape([*ends, *((x + wide, y) for x, y in ends[::-1])]))
            fill_all(canvas, bars, color, Label.FENCE)

    def _net(self, canvas: Canvas, length: float, color: Color) -> None:
        self._rails(canvas, length, color, (0.0, self.height, 0.85))
        rows = [(float(y), 0.03, 1.15) for y in np.arange(0.05, self.height - 0.05, 0.14)]
        self._rails(canvas, length, color, *rows)
        self._bars(canvas, length, scaled(color, 0.7), 0.03, self.height)

    def _boards(self, canvas: Canvas, length: float, color: Color) -> None:
        """Red and white planks of road works, on legs."""
        dark = scaled((60, 62, 62), canvas.light.ambient)
        legs = [self._face(t, t + 0.06, 0, 0.6) for t in (0.2, length - 0.3)]
        fill_all(canvas, legs, dark, Label.FENCE)
        red = scaled((206, 40, 36), canvas.light.on((0, 0, -1)))
        for low in (self.height - 0.28, self.height - 0.75):
            self._rails(canvas, length, color, (low, 0.25, 1.0))
            cuts = np.arange(0, length - 0.5, 0.7)
            slants = [self._shape([(t, low), (t + 0.3, low), (t + 0.5, low + 0.25),
                                   (t + 0.2, low + 0.25)]) for t in cuts]  # fmt: skip
            fill_all(canvas, slants, red, Label.FENCE)

    def _beam(self, canvas: Canvas, length: float, color: Color) -> None:
        """A crash barrier: two ridges of steel on posts."""
        top = self.height
        self._bars(canvas, length, scaled(color, 0.7), 0.1, top - 0.1)
        ridges = [(0.32, 0.06, 0.75), (0.26, 0.08, 1.12), (0.18, 0.06, 0.7), (0.12, 0.06, 1.12),
                  (0.06, 0.06, 0.85)]  # fmt: skip
        self._rails(canvas, length, color, *((top - d, thick, b) for d, thick, b in ridges))

    def _picket(self, canvas: Canvas, length: float, color: Color) -> None:
        self._rails(canvas, length, color, (0.25, 0.08, 0.75), (self.height - 0.3, 0.08, 0.75))
        wide, top = self.spacing * 0.7, self.height
        steps = np.arange(0, length - wide, self.spacing)
        boards = [
            self._shape([(t, 0.04), (t + wide, 0.04), (t + wide, top - 0.06), (t + wide / 2, top),
                         (t, top - 0.06)])
            for t in steps
        ]  # fmt: skip
        canvas.relabel(canvas.camera.project(self._face(0, length, 0.04, top - 0.06)), Label.FENCE)
        fill_all(canvas, boards, color, Label.FENCE)

    def _planks(self, canvas: Canvas, length: float, color: Color) -> None:
        """Boards side by side, no two quite alike, under a capping rail."""
        self._rails(canvas, length, color, (0.0, self.height, 0.7))
        steps = np.arange(0, length, self.spacing)
        boards = [self._face(t, min(t + self.spacing, length), 0, self.height) for t in steps]
        for i, tone in enumerate((0.86, 1.0, 1.14, 0.93, 1.07)):
            fill_all(canvas, boards[i::5], scaled(color, tone), Label.FENCE)
        self._rails(canvas, length, color, (self.height, 0.06, 1.2))


def random_fence(
    rng: np.random.Generator,
    kind: str,
    start: tuple[float, float],
    end: tuple[float, float],
    ground: float = KERB,
) -> list[Barrier]:
    """A fence of one kind from `start` to `end`, both (s, z), in panels."""
    height = rng.uniform(*_HEIGHTS[kind])
    colors = _COLORS[kind]
    color = scaled(colors[rng.integers(len(colors))], rng.uniform(0.8, 1.1))
    spacing = {"beam": 1.9, "net": 0.25}.get(kind, rng.uniform(0.1, 0.18))
    a, b = np.array(start), np.array(end)
    panels = max(1, round(float(np.hypot(*(b - a))) / _PANEL))
    cuts = [tuple(map(float, a + (b - a) * i / panels)) for i in range(panels + 1)]
    return [
        Barrier((p[0], p[1]), (q[0], q[1]), kind, height, color, spacing, ground)
        for p, q in pairwise(cuts)
    ]
