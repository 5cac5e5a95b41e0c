"""Normalisation against transformers' image processor."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import SegformerImageProcessor

from segformer_gui.core.network.preprocess import normalize

MEAN, STD = (0.4, 0.5, 0.3), (0.2, 0.25, 0.3)


@given(
    batch=st.integers(1, 2),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=20, deadline=None)
def test_pixels_are_normalised_as_by_transformers(
    batch: int, height: int, width: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (batch, height, width, 3), np.uint8)
    processor = SegformerImageProcessor(do_resize=False, image_mean=MEAN, image_std=STD)

    ours = normalize(torch.from_numpy(pixels), MEAN, STD)

    theirs = processor(list(pixels), return_tensors="pt", input_data_format="channels_last")
    assert ours.shape == (batch, 3, height, width)
    assert ours.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(ours, theirs["pixel_values"], atol=1e-5)
