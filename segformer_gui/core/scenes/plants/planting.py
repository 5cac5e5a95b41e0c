"""Trees, hedges and fences of gardens and parks, drawn from random numbers."""

from __future__ import annotations

import numpy as np

from segformer_gui.core.scenes.canvas import Image, Light
from segformer_gui.core.scenes.furniture.barriers import random_fence
from segformer_gui.core.scenes.ground.street import Street, Thing
from segformer_gui.core.scenes.plants.pictures import Hedge, Tree, leaf_texture, tree_sprites

_END = 150.0  # metres; the street is built up to here


def plant(
    rng: np.random.Generator, street: Street, light: Light, sides: dict[int, str]
) -> list[Thing]:
    """Trees, hedges and garden fences, and the woods that close the view."""
    sprites = tree_sprites(rng, light, bare=bool(rng.random() < 0.3))
    leaves = leaf_texture(rng)
    plants: list[Thing] = []
    spots: list[tuple[float, float, float]] = []  # s, z, height
    for side, near, far in street.crossings:  # what a side road leads to
        for _ in range(14):
            z = rng.uniform(near - 2, far + 40)
            spots.append((side * rng.uniform(45, 80), z, rng.uniform(8, 14)))
    for side, character in sides.items():
        spots += _tree_spots(rng, street, side, character)
        if character in ("suburb", "park"):
            plants += _borders(rng, street, side, street.front(side) + side * 0.15, leaves)
    for _ in range(34):
        z = rng.uniform(_END + 5, _END + 50)
        spots.append((rng.uniform(-95, 95), z, rng.uniform(8, 15)))
    return plants + [Tree(*spot, sprites[rng.integers(len(sprites))]) for spot in spots]


def _tree_spots(
    rng: np.random.Generator, street: Street, side: int, character: str
) -> list[tuple[float, float, float]]:
    """Trees of parks, of gardens, before open squares, and along the kerb: s, z, height."""
    kerb, front = street.kerb(side), street.front(side)
    spots: list[tuple[float, float, float]] = []
    if character in ("park", "empty"):
        for z in rng.uniform(5, 130, rng.integers(8, 40)):
            spots.append((front + side * rng.uniform(1, 18), z, rng.uniform(4, 15)))
    elif character in ("suburb", "walled"):
        for z in rng.uniform(6, 100, rng.integers(5, 20)):
            spots.append((front + side * rng.uniform(0.6, 3.5), z, rng.uniform(2.5, 10)))
    elif character in ("square", "retail", "college") and rng.random() < 0.5:
        for z in rng.uniform(6, 80, rng.integers(2, 10)):
            spots.append((front + side * rng.uniform(0.5, 6), z, rng.uniform(4, 11)))
    if rng.random() < (0.2 if character == "high street" else 0.5):
        tall = rng.uniform(5, 14)
        for z in np.arange(rng.uniform(4, 22), 110, rng.uniform(6, 20)):
            spots.append((kerb + side * 0.7, z, tall * rng.uniform(0.85, 1.15)))
    return [spot for spot in spots if street.is_clear(side, spot[1] - 3, spot[1] + 3)]


def _borders(
    rng: np.random.Generator, street: Street, side: int, line: float, leaves: Image
) -> list[Thing]:
    """Hedges, and fences of many kinds, in front of gardens and parks."""
    borders: list[Thing] = []
    z = 3.0
    while z < 90:
        far = z + rng.uniform(5, 14)
        if street.is_clear(side, z, far):
            if rng.random() < 0.4:
                borders.append(Hedge(line, z, far - 0.6, rng.uniform(0.9, 1.7), leaves))
            else:
                kind = str(
                    rng.choice(["spikes", "planks", "picket", "mesh"], p=[0.4, 0.4, 0.1, 0.1])
                )
                borders += random_fence(rng, kind, (line, z), (line, far - 0.4))
        z = far
    return borders
