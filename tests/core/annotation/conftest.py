"""Maps for the tests of the mask editor."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segformer_gui.core.annotation import patch
from segformer_gui.core.annotation.region import Region


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of 16 px, so that small maps have many."""
    monkeypatch.setattr(patch, "TILE_PX", 16)


def whole(region: Region, size: tuple[int, int]) -> NDArray[np.bool_]:
    """A region as a map of `size`."""
    result = np.zeros(size, np.bool_)
    result[region.box.slices] = region.inside
    return result


def blobs(seed: int, size: tuple[int, int], classes: int = 4, grain: int = 8) -> NDArray[np.uint8]:
    """A map of connected patches of a few classes."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, classes, (size[0] // grain + 1, size[1] // grain + 1), np.uint8)
    fine = np.repeat(np.repeat(coarse, grain, 0), grain, 1)[: size[0], : size[1]]
    speckles = rng.random(size) < 0.03
    return np.where(speckles, rng.integers(0, classes, size, np.uint8), fine)
