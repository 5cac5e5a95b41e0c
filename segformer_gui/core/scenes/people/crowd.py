"""Where people are: on pavements, at crossings and stops, on bicycles, in groups or nowhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segformer_gui.core.scenes.ground.street import Street
from segformer_gui.core.scenes.people.cyclists import Cyclist, random_cyclist
from segformer_gui.core.scenes.people.person import Person, random_person
from segformer_gui.core.scenes.vehicles.cars import Car


def walkers(rng: np.random.Generator, street: Street) -> list[Person]:
    """Pedestrians: nobody, a few, or a crowd; some alone and near, some in groups."""
    busy = float(rng.choice([0.0, 2.0, 5.0, 12.0], p=[0.13, 0.35, 0.37, 0.15]))
    people: list[Person] = []
    for side in (-1, 1):
        if street.pavement(side) <= 0:
            continue
        verge = street.verge(side)
        ends = (street.kerb(side) + side * (verge + 0.45), street.front(side) - side * 0.45)
        low, high = sorted(ends)
        for _ in range(rng.poisson(busy)):
            z = 3.8 + 56 * rng.random() ** 1.6
            people.append(random_person(rng, rng.uniform(low, high), z))
        while busy and rng.random() < 0.3 and len(people) < 30:
            people += _group(rng, rng.uniform(low, high), rng.uniform(5, 40), low, high)
        if busy and rng.random() < 0.3:  # someone who waits at the kerb
            z = rng.uniform(5, 25)
            people.append(random_person(rng, ends[0], z, -side * np.pi / 2))
    if busy and rng.random() < 0.6:
        people += _crossing(rng, street)
    return people


def _group(rng: np.random.Generator, s: float, z: float, low: float, high: float) -> list[Person]:
    """Two to six people who stand or walk together."""
    facing = rng.choice([0.0, np.pi]) + rng.normal(0, 0.3)
    together = rng.random() < 0.6
    return [
        random_person(
            rng,
            float(np.clip(s + rng.normal(0, 0.7), low, high)),
            z + rng.uniform(0, 1.8),
            float(facing + rng.normal(0, 0.2)) if together else float(rng.uniform(0, 2 * np.pi)),
        )
        for _ in range(rng.integers(2, 7))
    ]


def _crossing(rng: np.random.Generator, street: Street) -> list[Person]:
    """People who walk across the road: at the crossing, at lights, or anywhere."""
    z = street.zebra if street.zebra is not None else street.signals
    if z is None and rng.random() < 0.6:
        return []
    start = rng.uniform(8, 40) if z is None else z + 0.4
    if z is not None and z == street.signals:
        start += 2
    count = int(rng.integers(1, 6)) if z is not None else 1
    return [
        random_person(
            rng,
            rng.uniform(street.left, street.right),
            start + rng.uniform(0, 2),
            float(rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.25)),
        )
        for _ in range(count)
    ]


def riders(rng: np.random.Generator, street: Street, cars: Sequence[Car]) -> list[Cyclist]:
    """Cyclists along the road, some in twos and threes, and some who cross it."""
    cyclists: list[Cyclist] = []
    if street.kind == "highway" and rng.random() < 0.8:
        return cyclists
    # Beside the cars parked at the kerb, and never where we are ourselves.
    near = street.left + (0.9 if street.left > -3 else 2.7)
    for _ in range(rng.choice([0, 1, 2, 4], p=[0.35, 0.35, 0.2, 0.1])):
        s = min(near + rng.normal(0, 0.25), -0.55)
        cyclists.append(random_cyclist(rng, s, 3.8 + 32 * rng.random() ** 1.5, oncoming=False))
    for _ in range(rng.choice([0, 1, 2], p=[0.62, 0.25, 0.13])):
        s = street.middle + rng.uniform(0.8, 1.2) + street.median / 2
        cyclists.append(random_cyclist(rng, s, rng.uniform(5.5, 32), oncoming=True))
    while rng.random() < 0.2:  # across the road, or along the pavement
        s, z = rng.uniform(street.left, street.right), rng.uniform(5, 26)
        heading = float(rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.35))
        cyclists.append(random_cyclist(rng, s, z, False, heading))
    return [cyclist for cyclist in cyclists if not any(map(cyclist.meets, cars))]


def clear_of(people: Sequence[Person], cars: Sequence[Car]) -> list[Person]:
    """Those whom no car runs over."""
    return [
        person
        for person in people
        if not any(
            abs(person.s - car.s) < 1.25 and -0.6 < person.z - car.z < car.length + 0.6
            for car in cars
        )
    ]
