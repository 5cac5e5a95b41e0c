"""The body of a car, face by face, in the car's own coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.scenes.canvas import Color, scaled
from segformer_gui.core.scenes.vehicles.pose import BodyPoint, Pose, mixed

_GLASS: Color = (34, 40, 46)
_TYRE: Color = (20, 20, 22)
_UNDERSIDE: Color = (14, 14, 15)


@dataclass(frozen=True)
class Shape:
    """Profile of a car; metres, lengths measured from its rear."""

    length: float
    width: float
    deck: tuple[tuple[float, float], ...]  # top of the lower body: (along, height)
    cabin: tuple[float, float, float, float]  # rear base, roof rear, roof front, windscreen base
    roof: float
    pillars: tuple[float, ...]  # along
    wheel: float = 0.31  # radius
    panelled: bool = False  # no windows behind the doors


@dataclass(frozen=True)
class Look:
    """What differs between two cars of one shape."""

    color: Color
    gloss: float  # share of the sky in what looks up: 0 for dirt and matt paint
    depth: float  # how much darker the flanks are
    screen: float  # share of the sky in the screens at the ends
    panes: float  # the same in the side windows
    rim: Color
    rear_plate: Color = (206, 176, 44)
    trim: bool = False  # bumpers in dark plastic
    lit: bool = False  # headlamps or tail lamps
    on_roof: str = ""  # "taxi", "box" or "rails"
    lettered: Color | None = None  # a firm's name on a van's flank


class Body:
    """Draws a car of `shape`."""

    def __init__(self, pose: Pose, shape: Shape, look: Look) -> None:
        self.pose, self.shape, self.look, self.color = pose, shape, look, look.color
        along, top = np.array(shape.deck).T
        self.stations: NDArray[np.float64] = np.linspace(0, shape.length, 22)
        self.top: NDArray[np.float64] = np.interp(self.stations, along, top)
        self.near = shape.length if pose.shows_front else 0.0  # the end towards the camera

    def draw(self) -> None:
        """Draw the faces that look at the camera, those behind first."""
        self._underneath()
        # A car straight ahead shows its end alone.
        if self.pose.eye_across > self.shape.width / 2:
            self._flank()
            for along in (0.75, self.shape.length - 0.8):
                across = self._half(along) + 0.005
                self.pose.wheel(along, across, self.shape.wheel, self.look.rim)
            if self.pose.scale > 40:
                self._seams()
        self._deck()
        if self.pose.shows_end:
            self._near_end()
            if self.pose.shows_front:
                self._nose()
            else:
                self._tail()
        self._mirrors()
        self._cabin()

    def _lacquer(self, along: float, across: float, up: float) -> Color:
        return self.pose.lacquer(self.color, (along, across, up), self.look.gloss, self.look.depth)

    def _half(self, along: float) -> float:
        """Half width in plan: rounded towards both ends."""
        end = min(along, self.shape.length - along)
        return self.shape.width / 2 * (1 - 0.13 * float(np.exp(-end / 0.22)))

    def _belt(self, along: float) -> float:
        """Height of the lower body's top."""
        return float(np.interp(along, self.stations, self.top))

    def _inward(self, distance: float) -> float:
        """Position along the car `distance` from the near end."""
        return abs(self.near - distance)

    def _underneath(self) -> None:
        half = self.shape.width / 2
        for along in (0.75, self.shape.length - 0.75):
            near = along + (0.25 if self.pose.shows_front else -0.25)
            for left, right in ((0.05 - half, 0.27 - half), (half - 0.27, half - 0.05)):
                self.pose.end_box(near, left, right, 0.02, 0.4, _TYRE)
        self.pose.end_box(self._inward(0.1), 0.08 - half, half - 0.08, 0.15, 0.4, _UNDERSIDE)
        self.pose.side_box(0.05, self.shape.length - 0.05, half - 0.08, 0.17, 0.4, _UNDERSIDE)

    def _flank(self) -> None:
        """The side towards the camera, in strips that curve: sill, doors, shoulder."""
        strips = (
            (0.0, 0.3, 0.05, 0.0, -0.35), (0.3, 0.62, 0.0, 0.0, 0.05),
            (0.62, 0.86, 0.0, 0.02, 0.22), (0.86, 1.0, 0.02, 0.07, 0.7),
        )  # fmt: skip
        for (a, top_a), (b, top_b) in pairwise(zip(self.stations, self.top, strict=True)):
            turn = (self._half(a) - self._half(b)) / (b - a)
            for low, high, tuck_low, tuck_high, up in strips:
                quad = [
                    (at, self._half(at) - tuck, 0.24 + (top - 0.24) * share)
                    for at, top, tuck, share in (
                        (a, top_a, tuck_low, low), (a, top_a, tuck_high, high),
                        (b, top_b, tuck_high, high), (b, top_b, tuck_low, low),
                    )
                ]  # fmt: skip
                self.pose.face(quad, self._lacquer(turn, 1.0, up))

    def _deck(self) -> None:
        """Bonnet and boot lid, far to near."""
        parts = list(pairwise(zip(self.stations, self.top, strict=True)))
        for (a, top_a), (b, top_b) in parts if self.pose.shows_front else reversed(parts):
            half_a, half_b = self._half(a) - 0.07, self._half(b) - 0.07
            quad = [
                (a, -half_a, top_a),
                (b, -half_b, top_b),
                (b, half_b, top_b),
                (a, half_a, top_a),
            ]
            self.pose.face(quad, self._lacquer((top_a - top_b) / (b - a), 0.0, 1.0))

    def _near_end(self) -> None:
        """The panels of tail or nose, which curve from the belt to below, and the bumper."""
        at, half = self.near, self._half(self.near)
        facing = 1.0 if self.pose.shows_front else -1.0
        edges = np.linspace(0.22, self._belt(at), 8)
        ups = (-0.5, -0.25, 0.0, 0.3, -0.1, 0.1, 0.3)  # the bumper stands out at half height
        narrow = (0.93, 0.97, 1.0, 1.0, 1.0, 1.0, 0.99, 0.97)
        for i, up in enumerate(ups):
            low, high = ((edges[k], half * narrow[k]) for k in (i, i + 1))
            quad = [(at, -low[1], low[0]), (at, low[1], low[0]), (at, high[1], high[0]),
                    (at, -high[1], high[0])]  # fmt: skip
            self.pose.face(quad, self._lacquer(facing, 0, up))
        self.pose.end_box(at, -half * 0.93, half * 0.93, 0.22, 0.29, (24, 24, 26))
        if self.look.trim:  # unpainted plastic
            self.pose.end_box(at, -half, half, 0.36, 0.52, (44, 45, 48))
        self.pose.end_box(at, -half, half, edges[4] - 0.01, edges[4] + 0.015, self._seam())

    def _seam(self) -> Color:
        return scaled(self._lacquer(0, 1, 0), 0.5)

    def _nose(self) -> None:
        at, half, reach = self.near, self._half(self.near), self._inward(0.35)
        self.pose.end_box(at, -half * 0.45, half * 0.45, 0.3, 0.4, (16, 16, 18))
        grille = [
            (at, -half * 0.42, 0.46),
            (at, half * 0.42, 0.46),
            (self._inward(0.06), half * 0.48, 0.6),
            (self._inward(0.06), -half * 0.48, 0.6),
        ]
        self.pose.face(grille, (20, 21, 23))
        for edge in (-half, half):
            lamp = [
                (self._inward(0.03), edge * 0.55, 0.52),
                (self._inward(0.06), edge * 0.97, 0.54),
                (reach, edge * 1.02, self._belt(reach) - 0.06),
                (self._inward(0.16), edge * 0.6, 0.66),
            ]
            self.pose.face(lamp, (176, 182, 188))
            inner = [
                (self._inward(0.03), edge * 0.66, 0.55),
                (self._inward(0.05), edge * 0.84, 0.56),
                (self._inward(0.12), edge * 0.86, 0.65),
                (self._inward(0.1), edge * 0.68, 0.64),
            ]
            self.pose.face(inner, (255, 254, 244) if self.look.lit else (216, 219, 216))
        self.pose.plate(at, 0.4, (214, 214, 208))

    def _tail(self) -> None:
        glow: Color = (250, 52, 38) if self.look.lit else (128, 24, 24)
        half, edge = self._half(0), self._half(0.12)
        high = self._belt(0) + (0.25 if self.shape.panelled else 0.1)
        for side in (-1, 1):
            lamp = [
                (0, side * half * 0.72, 0.6),
                (0, side * half, 0.6),
                (0.12, side * edge, high),
                (0.1, side * edge * 0.78, high),
            ]
            self.pose.face(lamp, glow)
            self.pose.end_box(0, side * half * 0.76, side * half, 0.68, 0.73, (196, 150, 110))
        self.pose.plate(0.0, 0.56, self.look.rear_plate)

    def _cabin_point(self, along: float, up: float) -> BodyPoint:
        """On the cabin's side: `up` is 0 at the belt and 1 at the roof, which is narrower."""
        belt = self._belt(along)
        lean = 0.1 if self.shape.panelled else 0.16
        half = self._half(along) - 0.09 - lean * up
        return along, half, belt + (self.shape.roof - belt) * up

    def _slope(self, up: float) -> tuple[float, float]:
        """Where the cabin begins and ends at height share `up`."""
        rear, roof_rear, roof_front, front = self.shape.cabin
        return rear + (roof_rear - rear) * up, front + (roof_front - front) * up

    def _cabin(self) -> None:
        (start, end), (top_start, top_end) = self._slope(0), self._slope(1)
        outline = ((start, 0), (end, 0), (top_end, 1), (top_start, 1))
        side = [self._cabin_point(along, up) for along, up in outline]
        self.pose.face(side, self._lacquer(0, 1.0, 0.3))
        self._side_glass()
        if self.look.lettered is not None and self.pose.scale > 15:
            self._letters(self.look.lettered)
        half = self._cabin_point(top_start, 1)[1]
        for left, right in pairwise(np.linspace(-1, 1, 7)):
            low, high = (self.shape.roof + 0.055 * (1 - e**2) for e in (left, right))
            strip = [
                (top_start, left * half, low),
                (top_end, left * half, low),
                (top_end, right * half, high),
                (top_start, right * half, high),
            ]
            self.pose.face(strip, self._lacquer(0, (left + right) * 0.2, 1.0))
        for front in (False, True):
            self._end_glass(front)
        if self.look.on_roof:
            self._roof_load()

    def _side_glass(self) -> None:
        low, middle, high = 0.06, 0.47, 0.88
        (rear_low, front_low), (rear_high, front_high) = self._slope(low), self._slope(high)
        pillars = [p for p in self.shape.pillars if p > rear_low + 0.3]
        # Each pane's edges at its foot and at its head; a van has none behind its doors.
        edges = [(p, p) for p in pillars] + [(front_low - 0.15, front_high - 0.05)]
        if not self.shape.panelled:
            edges.insert(0, (rear_low + 0.13, rear_high + 0.09))
        shade = self.pose.light(0, 1, 0.3)
        dark = mixed(scaled(_GLASS, shade), self.pose.sky, self.look.panes * 0.3)
        bright = mixed(scaled((60, 68, 76), shade), self.pose.sky, self.look.panes)
        for (a_low, a_high), (b_low, b_high) in pairwise(edges):
            a_low, a_high, b_low, b_high = a_low + 0.05, a_high + 0.05, b_low - 0.05, b_high - 0.05
            a_middle, b_middle = (a_low + a_high) / 2, (b_low + b_high) / 2
            pane = ((a_low, low), (b_low, low), (b_high, high), (a_high, high))
            self.pose.face([self._cabin_point(*p) for p in pane], dark)
            gleam = ((a_middle, middle), (b_middle, middle), (b_high, high), (a_high, high))
            self.pose.face([self._cabin_point(*p) for p in gleam], bright)

    def _end_glass(self, front: bool) -> None:
        """Windscreen or rear window, if the camera sees it; its upper part mirrors more sky."""
        index, facing = (1, 1) if front else (0, -1)
        base, top = self._slope(0)[index], self._slope(1)[index]
        _, base_half, belt = self._cabin_point(base, 0)
        roof_half = self._cabin_point(top, 1)[1]
        rise, lean = self.shape.roof - belt, abs(top - base)
        if not self.pose.sees((base, 0, belt), facing * rise, lean):
            return

        def band(low: float, high: float, inset: float, color: Color) -> None:
            corners: list[BodyPoint] = []
            for up, side in ((low, -1), (low, 1), (high, 1), (high, -1)):
                half = base_half + (roof_half - base_half) * up - inset
                height = belt + rise * up
                corners.append((base + (top - base) * up, side * half, height))
            self.pose.face(corners, color)

        band(0, 1, 0, self._lacquer(facing * rise, 0, lean))
        tilt = self.pose.light(facing * rise, 0, lean)
        if self.shape.panelled and not front:
            band(0.35, 0.88, base_half * 0.55, scaled(_GLASS, tilt))
            return
        foot = 0.04 if front else 0.14
        for low, high in pairwise(np.linspace(foot, 0.9, 6)):
            # Rear windows are steeper, and tinted.
            mirrored = self.look.screen * (0.45 + 0.6 * high) * (1 if front else 0.55)
            inside = scaled(_GLASS, tilt * (1 + 0.8 * high))
            band(low, high, 0.07 if front else 0.12, mixed(inside, self.pose.sky, mirrored))
        if not front and self.look.trim:
            self.pose.end_box(base, -0.02, 0.42, belt + 0.03, belt + 0.055, (20, 20, 22))  # wiper
        at = base + (top - base) * 0.4
        seat = mixed((22, 24, 26), self.pose.sky, self.look.screen * 0.6)
        for middle in (-0.36 * base_half / 0.9, 0.36 * base_half / 0.9):  # head rests
            self.pose.end_box(at, middle - 0.1, middle + 0.1, belt + 0.1, belt + 0.28, seat)

    def _roof_load(self) -> None:
        """A taxi's sign, a roof box or rails."""
        (rear, front), roof = self._slope(1), self.shape.roof + 0.04
        middle = (rear + front) / 2
        if self.look.on_roof == "taxi":
            color: Color = (228, 190, 70)
            low, high, half, ends = roof, roof + 0.15, 0.3, (middle + 0.2, middle + 0.4)
        elif self.look.on_roof == "box":
            color, half, ends = (34, 36, 40), 0.36, (rear + 0.1, min(rear + 1.9, front))
            low, high = roof + 0.08, roof + 0.42
        else:
            color, half, ends = (72, 74, 78), self.shape.width / 2 - 0.3, (rear + 0.1, front - 0.1)
            low, high = roof + 0.03, roof + 0.07
        self.pose.side_box(*ends, half, low, high, color)
        if self.look.on_roof != "rails":
            near = ends[1] if self.pose.shows_front else ends[0]
            self.pose.end_box(near, -half, half, low, high, color)

    def _letters(self, color: Color) -> None:
        """A firm's name and stripe on the flank of a van."""
        across = self.shape.width / 2 - 0.12
        for i in range(9):
            x = 0.6 + 0.24 * i
            self.pose.side_box(x, x + (0.16 if i % 3 else 0.08), across, 1.45, 1.68, color)
        self.pose.side_box(0.6, 2.7, across, 1.3, 1.36, color)

    def _seams(self) -> None:
        """Door seams and handles."""
        dark = self._seam()
        for along in (*self.shape.pillars[-2:], self.shape.cabin[3] - 0.25):
            if along < 0.9:
                continue
            half, top = self._half(along) + 0.004, self._belt(along) - 0.04
            seam = [
                (along, half, 0.34),
                (along + 0.018, half, 0.34),
                (along + 0.018, half - 0.05, top),
                (along, half - 0.05, top),
            ]
            self.pose.face(seam, dark)
            self.pose.side_box(
                along + 0.07, along + 0.24, half - 0.01, top - 0.16, top - 0.12, dark
            )

    def _mirrors(self) -> None:
        at, half = self.shape.cabin[3] - 0.35, self.shape.width / 2
        height, color = self._belt(at) + 0.1, scaled(self.color, self.pose.light(0, 0, 1) * 0.6)
        for side in (-1, 1):
            inner, outer = side * (half - 0.06), side * (half + 0.14)
            self.pose.end_box(at, inner, outer, height - 0.07, height + 0.07, color)
