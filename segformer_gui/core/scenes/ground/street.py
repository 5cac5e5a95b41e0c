"""The plan of a street: its cross-section, and what leaves and crosses it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Point

KERB = 0.11  # metres
ISLAND = 1.5  # metres, the width of a traffic island
_KINDS = ("street", "one-way", "arterial", "highway", "country", "yard")
_WIDTHS = (0.17, 0.5, 0.33)  # shares of narrow, usual and wide pavements


class Thing(Protocol):
    """Anything that stands in the street; `z` is its distance for drawing far to near."""

    @property
    def z(self) -> float: ...

    def corners(self) -> list[Point]:
        """Corners of its convex outline, for its shadow."""
        ...

    def draw(self, canvas: Canvas) -> None:
        """Draw it over what stands behind it."""
        ...


@dataclass(frozen=True)
class Street:
    """Cross-section of the street and what leaves it; metres, kerbs and fronts as `s`.

    We drive at `s` = 0; the traffic that comes towards us drives at twice `middle`.
    """

    left: float
    right: float
    middle: float  # between the directions
    left_front: float
    right_front: float
    crossings: tuple[tuple[int, float, float], ...]  # side roads: side, near, far
    lawn: bool  # grass behind the pavements where nothing is built, else paving
    kind: str = "street"  # one of the kinds above
    lane: float = 3.2  # width
    lanes: int = 1  # each way
    median: float = 0.0  # width of the reservation around `middle`
    islands: tuple[tuple[float, float], ...] = ()  # traffic islands at `middle`: near, far
    verges: tuple[float, float] = (0.0, 0.0)  # grass behind the left and the right kerb
    zebra: float | None = None  # where a pedestrian crossing begins
    signals: float | None = None  # where traffic stops at lights
    lots: tuple[bool, bool] = (False, False)  # car parks behind the left and the right pavement

    def kerb(self, side: int) -> float:
        """The kerb on the left (-1) or right (1)."""
        return self.right if side > 0 else self.left

    def front(self, side: int) -> float:
        """Where the pavement ends on the left (-1) or right (1)."""
        return self.right_front if side > 0 else self.left_front

    def verge(self, side: int) -> float:
        """Width of the grass behind the kerb on the left (-1) or right (1)."""
        return self.verges[side > 0]

    def lane_centers(self, oncoming: bool) -> list[float]:
        """`s` of the lanes of one direction, ours or the nearest to the middle first."""
        first = 2 * self.middle if oncoming else 0.0
        low, high = self.middle + self.median / 2, self.right
        if not oncoming:
            low, high = self.left, self.middle - self.median / 2
        lanes = [first + step * self.lane for step in (0, 1, -1, 2, -2)[: 2 * self.lanes - 1]]
        room = self.lane / 2 - 0.1
        return [s for s in lanes if s == first or low + room < s < high - room]

    def is_clear(self, side: int, near: float, far: float) -> bool:
        """Whether no side road leaves on `side` between `near` and `far`."""
        return all(s != side or far < a - 0.5 or near > b + 0.5 for s, a, b in self.crossings)

    def pavement(self, side: int) -> float:
        """Width of what one walks on, on the left (-1) or right (1)."""
        width = abs(self.front(side) - self.kerb(side)) - self.verge(side)
        return width if width > 1e-6 else 0.0  # Where all is verge, rounding leaves a trace.


def random_street(rng: np.random.Generator) -> Street:
    """Widths, kerbs, lanes, side roads and crossings of a street of any kind."""
    kind = str(rng.choice(_KINDS, p=[0.56, 0.11, 0.14, 0.06, 0.06, 0.07]))
    street = _carriageway(rng, kind)
    fronts: list[float] = []
    verges: list[float] = []
    for side in (-1, 1):
        width = float(
            rng.choice([rng.uniform(1, 2), rng.uniform(2, 4), rng.uniform(4, 8)], p=_WIDTHS)
        )
        bare = kind == "highway" or (kind == "country" and rng.random() < 0.7)
        verge = rng.uniform(0.6, 2.2) if rng.random() < 0.16 else 0.0
        if bare:
            verge = width = rng.uniform(2.5, 16 if kind == "highway" else 9)
        else:
            width += verge
        fronts.append(street.kerb(side) + side * width)
        verges.append(float(verge))
    street = replace(
        street, left_front=fronts[0], right_front=fronts[1], verges=(verges[0], verges[1])
    )
    if kind in ("highway", "country", "yard") and rng.random() < 0.7:
        return street
    return _crossings(rng, street)


def _carriageway(rng: np.random.Generator, kind: str) -> Street:
    lane, lawn = rng.uniform(2.8, 3.5), bool(rng.random() < 0.6)
    beside, opposite = (float(rng.choice([0.2, 2.2]) + rng.uniform(0, 0.4)) for _ in range(2))
    lanes, median, middle = 1, 0.0, lane / 2
    if kind == "one-way":
        # What comes at twice `middle` is parked there: nobody drives towards us.
        right = lane / 2 + rng.uniform(1.9, 2.3)
        return Street(
            -lane / 2 - beside, right, (right - 1.0) / 2, 0, 0, (), lawn, kind, lane, lanes
        )
    left, right = -lane / 2 - beside, lane * 1.5 + opposite
    if kind in ("arterial", "highway"):
        lanes = int(rng.choice([2, 2, 3]))
        ours = int(rng.integers(lanes))  # lanes between us and the middle
        wide = kind == "highway" or rng.random() < 0.45
        median = rng.uniform(0.9, 3.5) if wide else 0.0
        middle = lane * (0.5 + ours) + median / 2
        left = -lane * (lanes - ours - 0.5) - rng.uniform(0.2, 0.8)
        right = 2 * middle - left + (2.3 if ours == lanes - 1 else 0.0)
    elif kind == "country":
        left, right = left + beside - 0.2, right - opposite + 0.2
    elif kind == "yard":
        left, right = -rng.uniform(5, 11), lane * 1.5 + rng.uniform(3, 8)
    return Street(left, right, middle, 0, 0, (), lawn, kind, lane, lanes, median)


def _crossings(rng: np.random.Generator, street: Street) -> Street:
    """The street with side roads, traffic islands, and a pedestrian crossing or traffic lights."""
    roads: list[tuple[int, float, float]] = []
    for side in (-1, 1):
        if rng.random() < 0.45:
            near = rng.uniform(12, 45)
            roads.append((side, near, near + rng.uniform(6, 10)))
    street = replace(street, crossings=tuple(roads))
    what, z = rng.random(), rng.uniform(7, 30)
    zebra = what < 0.34 and all(street.is_clear(side, z - 2, z + 5) for side in (-1, 1))
    if zebra:
        street = replace(street, zebra=z)
    elif what > 0.66:
        street = replace(street, signals=z)
    if street.median or street.kind == "one-way" or rng.random() > 0.3:
        return street
    start = rng.uniform(7, 35)
    islands = ((z - 2.6, z - 0.3), (z + 3.0, z + 5.4)) if zebra else ((start, start + 4.0),)
    # Lanes swerve around islands: here they lie a little farther apart everywhere.
    middle = max(street.middle, ISLAND / 2 + 1.25)
    shift = 2 * (middle - street.middle)
    return replace(
        street,
        middle=middle,
        right=street.right + shift,
        right_front=street.right_front + shift,
        islands=islands,
    )
