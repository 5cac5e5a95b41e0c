"""Which buildings stand where: rows along the street, across its end, round squares; walls."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segformer_gui.core.scenes.buildings.building import Building
from segformer_gui.core.scenes.buildings.landmarks import GardenWall
from segformer_gui.core.scenes.buildings.solids import Frame
from segformer_gui.core.scenes.buildings.walls import wall_color, wall_texture
from segformer_gui.core.scenes.canvas import Canvas, Color, Label, Point, scaled
from segformer_gui.core.scenes.ground.street import KERB, Street
from segformer_gui.core.scenes.vehicles.cars import Car, random_model

_END = 150.0  # metres; an open street is built up to here
KINDS = {
    "terrace": ("house",) * 6 + ("flats", "shop"),
    "high street": ("shop",) * 6 + ("house", "office", "curtain"),
    "offices": ("office", "office", "shop", "curtain", "flats", "car park", "blank"),
    "suburb": ("house",) * 5 + ("flats",),
    "park": ("house", "office", "church", "college"),
    "college": ("college", "college", "church", "house"),
    "retail": ("shed", "supermarket", "car park", "office", "curtain", "station"),
    "square": ("house", "shop", "shop", "office", "curtain", "supermarket", "college", "station"),
    "walled": ("house", "house", "college", "church", "blank"),
    "empty": (),
}
# How often a side of the street is like one of these: in a town, and along a road out of it.
_IN_TOWN = {
    "terrace": 0.18, "high street": 0.24, "offices": 0.11, "suburb": 0.11, "park": 0.08,
    "college": 0.05, "retail": 0.06, "square": 0.07, "walled": 0.06, "empty": 0.04,
}  # fmt: skip
_OUTSIDE = {"empty": 0.4, "park": 0.3, "suburb": 0.12, "retail": 0.1, "walled": 0.08}
# What may stand across a street's end; the more often named, the more often met.
_ACROSS = (
    "terrace", "terrace", "high street", "high street", "high street", "offices", "suburb",
    "college", "retail", "square", "walled",
)  # fmt: skip
_WIDTHS = {
    "house": (4, 12), "shop": (4.5, 15), "office": (10, 30), "curtain": (9, 30), "flats": (8, 24),
    "car park": (16, 36), "shed": (14, 34), "station": (10, 18), "supermarket": (18, 42),
    "college": (12, 32), "church": (9, 15), "blank": (5, 14),
}  # fmt: skip
_PITCHED = {
    "house": (0.62, 0.16, 0.12, 0.06, 0.04),
    "shop": (0.5, 0.14, 0.08, 0.13, 0.15),
    "flats": (0.2, 0.05, 0.1, 0.1, 0.55),
    "college": (0.3, 0.15, 0.05, 0.0, 0.5),
    "church": (0.4, 0.6, 0.0, 0.0, 0.0),
    "blank": (0.4, 0.2, 0.0, 0.0, 0.4),
    "shed": (0.3, 0.3, 0.0, 0.0, 0.4),
}
_ROOFS = ("gable", "street gable", "hip", "mansard", "flat")


@dataclass(frozen=True)
class Forecourt:
    """The pavement before the row that closes a street; nothing throws a shadow from it."""

    z: float
    slope: float  # metres ahead per metre to the right
    tone: float

    def corners(self) -> list[Point]:
        """A speck: it lies flat."""
        return [(0.0, 0.0, self.z), (0.01, 0.0, self.z), (0.0, 0.0, self.z + 0.01)]

    def draw(self, canvas: Canvas) -> None:
        """Paving with its kerb, over the road that would run on."""
        light = canvas.light
        color = scaled((122, 118, 113), self.tone * light.on((0, 1, 0)))
        for near, y, shade in ((3.2, 0.0, 0.62), (3.0, KERB, 1.0)):
            edge = [(s, y, max(self.z + s * self.slope - near, 2)) for s in (-90.0, 90.0)]
            back = [(s, y, max(self.z + s * self.slope + 1, 3)) for s in (90.0, -90.0)]
            canvas.polygon(edge + back, scaled(color, shade), Label.PAVEMENT)


@dataclass(frozen=True)
class Ending:
    """The street with what closes it, if anything does: at `z` metres a row faces the camera."""

    street: Street
    z: float
    row: tuple[Building, ...] = ()
    ground: tuple[Forecourt, ...] = ()


def plan_sides(rng: np.random.Generator, street: Street) -> dict[int, str]:
    """What the left (-1) and the right (1) side of the street are like, as keys of `KINDS`."""
    outside = street.kind in ("highway", "country") and rng.random() < 0.8
    chances = _OUTSIDE if outside else _IN_TOWN
    names, weights = list(chances), list(chances.values())
    first = str(rng.choice(names, p=weights))
    second = str(rng.choice(names, p=weights)) if rng.random() < 0.7 else first
    order = rng.permutation([-1, 1])
    return {int(order[0]): first, int(order[1]): second}


def end_street(rng: np.random.Generator, street: Street, sides: dict[int, str]) -> Ending:
    """In a third of the scenes a row of buildings across its end; car parks before open sides."""
    open_sides = [sides[side] in ("square", "retail") for side in (-1, 1)]
    if any(open_sides) and rng.random() < 0.75:
        lots = [wide and bool(rng.random() < 0.6) for wide in open_sides]
        street = replace(street, lawn=False, lots=(lots[0], lots[1]))
    if rng.random() > 0.36:
        return Ending(street, _END)
    z = rng.uniform(25, 90)
    crossings = tuple(c for c in street.crossings if c[2] < z - 15)
    slope = float(np.clip(rng.normal(0, 0.15), -0.25, 0.25))
    if rng.random() < 0.6:  # a T-junction, else a bend
        slope *= 0.1
        crossings += ((-1, z - 11, z - 4.5), (1, z - 11, z - 4.5))
    ground = Forecourt(z, slope, rng.uniform(0.8, 1.05))
    row = facing_row(rng, z, slope)
    return Ending(replace(street, crossings=crossings), z, tuple(row), (ground,))


def facing_row(rng: np.random.Generator, z: float, slope: float) -> list[Building]:
    """Buildings across the view at `z`, beyond both its edges; those in the middle come last."""
    kinds = KINDS[str(rng.choice(_ACROSS))]
    storeys, angle, reach = int(rng.integers(1, 5)), float(np.arctan(slope)), z * 0.85 + 12
    # Most leave some sky above them.
    high = 0.32 * z if rng.random() < 0.85 else 40.0
    row: list[Building] = []
    x = -reach
    while x < reach:
        kind = str(rng.choice(kinds))
        width = rng.uniform(*_WIDTHS[kind])
        back = float(rng.choice([0.0, 0.0, rng.uniform(0, 2)]))
        frame = Frame(x * np.cos(angle), z + x * np.sin(angle) + back, angle)
        block = _building(rng, frame, width, kind, storeys)
        while block.eaves > high and block.storeys > 1:
            block = replace(block, storeys=block.storeys - 1)
        row.append(block)
        x += width + (rng.uniform(1, 5) if rng.random() < 0.06 else 0.0)
    return sorted(row, key=lambda b: -abs(b.frame.s + b.width / 2))


def build_row(
    rng: np.random.Generator, street: Street, side: int, character: str, end: float = _END
) -> list[Building]:
    """The buildings along one side as far as `end`; none where a side road leaves."""
    front, start = street.front(side), rng.uniform(-6, 2)
    setback = {
        "park": (22, 30), "suburb": (3, 6), "square": (15, 40), "retail": (8, 25), "walled": (1, 9)
    }.get(character, (0, 0))  # fmt: skip
    front += side * rng.uniform(*setback)
    if character in ("park", "square"):
        start = rng.uniform(5, 30)
    kinds, storeys = KINDS[character], int(rng.integers(1, 5))
    detached = character in ("suburb", "park", "retail", "walled")
    row: list[Building] = []
    last = end if end >= _END else end - 13
    while start < last and kinds:
        kind = str(rng.choice(kinds))
        width = rng.uniform(*_WIDTHS[kind])
        blocked = [
            (a, b)
            for s, a, b in street.crossings
            if s == side and a - 2 < start + width and b + 2 > start
        ]
        if blocked:
            width = blocked[0][0] - 2.5 - start
        width = min(width, last - start) if end < _END else width
        if width > 3.5 and start + width > 3:
            line = front + side * float(rng.choice([0.0, 0.0, rng.uniform(0, 1.6)]))
            near, far = max(start, 1.5), start + width
            first = near if side < 0 else far
            frame = Frame(line, first, -side * np.pi / 2)
            row.append(_building(rng, frame, far - near, kind, storeys))
        gap = rng.uniform(2, 6) if detached else float(rng.choice([0, 0, 0, 0, 1.2]))
        start = blocked[0][1] + 2.5 if blocked else start + width + gap
    return row


def _building(
    rng: np.random.Generator, frame: Frame, width: float, kind: str, storeys: int
) -> Building:
    floors = max(1, storeys + int(rng.integers(-1, 2)))
    if kind in ("office", "curtain", "flats"):
        floors = int(rng.integers(2, 8))
    elif kind in ("shop", "college", "car park"):
        floors = int(np.clip(floors, 1 if kind == "shop" else 2, 5))
    elif kind in ("shed", "supermarket", "station", "church"):
        floors = 1
    depth = rng.uniform(6, 13)
    chances = _PITCHED.get(kind, (0, 0, 0, 0, 1))
    roof = str(rng.choice(_ROOFS, p=chances))
    rise = {"mansard": rng.uniform(2.2, 3), "hip": rng.uniform(1.5, 3)}.get(roof, 0.0)
    if roof in ("gable", "street gable"):
        run = depth if roof == "gable" else width
        rise = min(run / 2 * rng.uniform(0.4, 1.0), 6.0)
        if kind == "church":
            rise = min(rise + 2.5, 7.0)
        elif kind == "shed":
            rise = min(rise, 2.0)
    return Building(frame, width, kind, floors, depth, roof, rise)


def build_walls(
    rng: np.random.Generator, street: Street, sides: dict[int, str], end: float
) -> list[GardenWall]:
    """Walls along the pavement before gardens, parks, colleges and open squares."""
    walls: list[GardenWall] = []
    chances = {"walled": 1.0, "suburb": 0.5, "park": 0.5, "empty": 0.45, "square": 0.2}
    for side, character in sides.items():
        if rng.random() > chances.get(character, 0.0):
            continue
        height = rng.uniform(0.8, 2.5) if character != "suburb" else rng.uniform(0.7, 1.3)
        kind = "college" if rng.random() < 0.35 else "house"
        color: Color = wall_color(rng, kind)
        density = 36.0
        stones = wall_texture(rng, 16, height, density, color, kind)
        pillars = rng.random() < 0.3
        line = street.front(side) - side * 0.05
        step, z = 2.4, 1.6 if rng.random() < 0.6 else rng.uniform(3, 20)
        for i in range(int((min(end - 13, 110) - z) / step)):
            near, far = z + i * step, z + (i + 1) * step
            if not street.is_clear(side, near - 1, far + 1) or rng.random() < 0.02:
                continue
            left = int(rng.uniform(0, 16 - step) * density)
            piece = stones[:, left : left + int(step * density)]
            walls.append(GardenWall(line, near, far, height, piece, pillars and i % 2 == 0))
    return walls


def park_on_squares(
    rng: np.random.Generator, street: Street, sides: dict[int, str], end: float
) -> list[Car]:
    """Cars in rows before buildings that stand back from the street."""
    cars: list[Car] = []
    for side, character in sides.items():
        if character not in ("square", "retail") or street.lawn or rng.random() < 0.4:
            continue
        for line in np.arange(4, 14, 5):
            s = street.front(side) + side * line
            for z in np.arange(rng.uniform(10, 18), min(end - 16, 60), 6.2):
                if rng.random() < 0.6 and street.is_clear(side, z - 2, z + 7):
                    heading = np.pi * (rng.random() < 0.5) + rng.normal(0, 0.03)
                    cars.append(Car(s, z, random_model(rng), heading))
    return cars
