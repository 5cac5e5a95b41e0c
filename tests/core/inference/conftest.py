"""A tiny network and an image of noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles import realistic
from tiny_model import TINY

from segformer_gui.core.network.segformer import SegFormer


@pytest.fixture(scope="module")
def network() -> SegFormer:
    torch.manual_seed(0)
    return realistic(SegFormer(TINY))


@pytest.fixture
def image() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (90, 121, 3), np.uint8)
