"""What drives and what is parked: queues, gaps, large vehicles, and cars that stand across."""

from __future__ import annotations

import numpy as np

from segformer_gui.core.scenes.ground.street import Street
from segformer_gui.core.scenes.vehicles.buses import random_bus
from segformer_gui.core.scenes.vehicles.cars import Car, Make, random_model
from segformer_gui.core.scenes.vehicles.heavy import Heavy
from segformer_gui.core.scenes.vehicles.lorries import random_lorry
from segformer_gui.core.scenes.vehicles.motorcycles import random_motorcycle

_NEAREST = 1.6  # metres
_LONG = 6.5  # metres; such a flank hides what stands beside it


class Traffic:
    """Places vehicles one after the other, none where another stands or hides it wrongly."""

    def __init__(self, rng: np.random.Generator, street: Street) -> None:
        self.rng, self.street = rng, street
        self.cars: list[Car] = []

    def fill(self) -> list[Car]:
        """All vehicles of a scene."""
        if self.rng.random() < 0.24:
            for _ in range(self.rng.integers(1, 3)):
                self._large()
        self._side_roads()
        for side in (-1, 1):
            self._park(side)
        for oncoming in (False, True):
            for lane in self.street.lane_centers(oncoming):
                self._drive(lane, oncoming)
        self._motorcycles()
        return self.cars

    def _add(self, s: float, z: float, heading: float, make: Make | None = None) -> bool:
        car = Car(s, z, make or self._make(z), heading)
        fits = not any(_clash(car, other) for other in self.cars)
        if fits:
            self.cars.append(car)
        return fits

    def _make(self, z: float) -> Make:
        if z > 22 and self.rng.random() < 0.05:
            return self._heavy()
        return random_model(self.rng)

    def _heavy(self) -> Heavy:
        return random_bus(self.rng) if self.rng.random() < 0.55 else random_lorry(self.rng)

    def _lane(self, oncoming: bool) -> float:
        return (self.street.middle * 2 if oncoming else 0.0) + self.rng.normal(0, 0.15)

    def _large(self) -> None:
        """A bus or lorry, often near: ahead, coming, or at a kerb."""
        rng, street = self.rng, self.street
        near = rng.random() < 0.55
        z = rng.uniform(6, 15) if near else rng.uniform(15, 55)
        heading = rng.normal(0, 0.012)
        where = rng.choice(["ahead", "oncoming", "left", "right"], p=[0.34, 0.36, 0.17, 0.13])
        if where == "ahead":
            s = self._lane(oncoming=False)
        elif where == "oncoming":
            s, z, heading = self._lane(oncoming=True) + 0.1, z - rng.uniform(0, 3), heading + np.pi
        elif where == "left":
            s = min(street.left + 1.45, -0.6)
            if s < -2.4:
                z = rng.uniform(2.5, 20)
        else:
            s, heading = max(street.right - 1.4, street.middle * 2), heading + np.pi
        self._add(s, max(z, _NEAREST), heading, self._heavy())

    def _side_roads(self) -> None:
        """Cars that wait to come out of side roads, turn, or cross; one sees their flanks."""
        rng, street = self.rng, self.street
        for side, near, far in street.crossings:
            if rng.random() < 0.5:
                make = self._make(30.0)
                # They keep to their left: on the far half from a road on the left.
                share = 0.72 if side < 0 else 0.28
                s = street.kerb(side) + side * (make.length / 2 + rng.uniform(0.3, 3))
                heading = -side * np.pi / 2 + rng.normal(0, 0.08)
                self._add(s, near + (far - near) * share - make.width / 2, heading, make)
            if rng.random() < 0.3:
                s = rng.uniform(street.left + 1, street.right - 1)
                heading = float(rng.choice([-1, 1])) * rng.uniform(0.8, 1.9)
                self._add(s, rng.uniform(near, far - 1.5), heading)
        if rng.random() < 0.05:  # one that turns round or comes out of a drive
            s = rng.uniform(street.left, street.right)
            self._add(s, rng.uniform(8, 25), float(rng.choice([-1, 1])) * rng.uniform(1.0, 2.1))

    def _park(self, side: int) -> None:
        """A row at a kerb, denser or not; perhaps in bays at an angle to it."""
        rng, street = self.rng, self.street
        kerb = street.kerb(side)
        room = abs(kerb) > (3.4 if side < 0 else street.middle + 5)
        share = float(rng.choice([0.0, 0.35, 0.72, 0.95], p=[0.36, 0.22, 0.26, 0.16]))
        z = rng.uniform(_NEAREST, 14)
        if not room:
            # Where the street is narrow, a few stand half on the pavement.
            share *= float(rng.random() < 0.15) * 0.4
        elif rng.random() < 0.14:
            self._bays(side, z, share)
            return
        edge = kerb - side * (1.1 if room else -0.2)
        heading = np.pi if side > 0 else 0.0
        while share > 0 and z < 90:
            wrong_way = np.pi * (rng.random() < 0.15)
            if rng.random() < share and street.is_clear(side, z - 2, z + 7):
                turn = heading + wrong_way + rng.normal(0, 0.02)
                self._add(edge + rng.normal(0, 0.08), z, turn)
            z += rng.uniform(5.2, 7.5)

    def _bays(self, side: int, z: float, share: float) -> None:
        rng, street = self.rng, self.street
        angle = rng.uniform(0.75, 1.2) if rng.random() < 0.4 else np.pi / 2
        s = street.kerb(side) + side * rng.uniform(0.0, 0.25)
        step = rng.uniform(2.6, 3.0) / np.sin(angle)
        while z < 60:
            if rng.random() < max(share, 0.5) and street.is_clear(side, z - 2, z + 5):
                backwards = np.pi * (rng.random() < 0.3)
                self._add(s + rng.normal(0, 0.12), z, side * angle + backwards, random_model(rng))
            z += step

    def _drive(self, lane: float, oncoming: bool) -> None:
        """One lane: empty or not, sometimes in a queue close before us."""
        rng = self.rng
        ours = lane == 0.0
        queue = rng.random() < (0.12 if oncoming else 0.2)
        near = _NEAREST if not ours else 4.0
        if queue or (not ours and rng.random() < 0.2):
            z = rng.uniform(near, 8 if ours else 14)
        else:
            z = rng.uniform(8, 60)
        while z < 115:
            self._add(lane + rng.normal(0, 0.15), z, np.pi * oncoming + rng.normal(0, 0.02))
            queue = queue and rng.random() < 0.82
            z += rng.uniform(5.6, 8) if queue else rng.uniform(10, 75)

    def _motorcycles(self) -> None:
        """Now and then one that passes, or a few parked side by side at a kerb."""
        rng, street = self.rng, self.street
        if rng.random() < 0.14:
            oncoming = bool(rng.random() < 0.5)
            s = self._lane(oncoming) + rng.uniform(-0.7, 0.7)
            z, make = rng.uniform(5, 28), random_motorcycle(rng, ridden=True)
            self._add(s, z, np.pi * oncoming + rng.normal(0, 0.06), make)
        if rng.random() < 0.1:
            side = int(rng.choice([-1, 1]))
            z = rng.uniform(5, 25)
            for i in range(rng.integers(1, 5)):
                s, heading = street.kerb(side) - side * 1.1, side * 1.2 + rng.normal(0, 0.1)
                if street.is_clear(side, z - 1, z + 6):
                    make = random_motorcycle(rng, ridden=False)
                    self._add(s, z + 1.6 * i, heading, make)


def _clash(one: Car, other: Car) -> bool:
    beside = abs(one.s - other.s) > (one.width + other.width) / 2 + 0.1
    apart = one.z > other.z + other.length + 0.6 or other.z > one.z + one.length + 0.6
    return not (beside or apart) or _hides(one, other) or _hides(other, one)


def _hides(long: Car, other: Car) -> bool:
    """Whether the flank of a long vehicle would be drawn over what stands before it."""
    nearer = abs(other.s) + 0.5 < abs(long.s)
    return long.length > _LONG and nearer and long.z < other.z < long.z + long.length
