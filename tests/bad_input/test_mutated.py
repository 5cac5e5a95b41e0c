"""Images and checkpoints with random damage are read or refused: never a crash, never a hang."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image, read_reduced, read_size
from segformer_gui.core.network.checkpoints import build, read_checkpoint
from segformer_gui.messages import explain
from tests.bad_input.table import BAD_IMAGES, ODD_IMAGES

T = TypeVar("T")

_EDITS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8
)


def _damaged(data: bytes, edits: list[tuple[float, int]], keep: float, within: int) -> bytes:
    """`data` with some of its first `within` bytes changed, and its end cut off."""
    damaged = bytearray(data)
    for place, value in edits:
        damaged[int(place * min(within, len(damaged)))] = value
    return bytes(damaged[: int(len(damaged) * keep)])


def _read_or_refused(read: Callable[[Path], T], path: Path) -> T | None:
    """What is read; None where it is refused with a sentence and a hint."""
    try:
        return read(path)
    except UserError as error:
        refused = error
    assert all(explain(refused))
    return None


_KEEP = st.one_of(st.just(1.0), st.floats(0, 1))
_IMAGES = [data for data, _ in (BAD_IMAGES | ODD_IMAGES).values() if data]


# An orientation of 257.
@example(data=ODD_IMAGES["exif1.jpg"][0], edits=[(0.75, 1)], keep=1.0, head=True)
@given(data=st.sampled_from(_IMAGES), edits=_EDITS, keep=_KEEP, head=st.booleans())
@bounds(deadline=60_000, max_examples=200)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_mutated_images_are_read_or_refused(tmp_path_factory, data, edits, keep, head):
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(_damaged(data, edits, keep, 64 if head else len(data)))
    size = _read_or_refused(read_size, path)
    image = _read_or_refused(read_image, path)
    reduced = _read_or_refused(lambda path: read_reduced(path, 128, 96), path)
    if image is not None:
        assert (image.dtype, image.shape) == (np.uint8, (*size, 3))
    if reduced is not None:
        assert np.all(reduced.shape[:2] <= np.array([96, 128]))


@pytest.fixture(scope="module")
def tiny_checkpoints(tmp_path_factory) -> list[tuple[str, bytes]]:
    """A small network as safetensors, as torch's archive, and as torch's pickle of old."""
    from oracles import transformers_model

    from segformer_gui.core.network.presets import SegFormerConfig

    tiny = SegFormerConfig((8, 16, 40, 64), (1, 1, 1, 1), head_width=16, num_classes=5)
    folder = tmp_path_factory.mktemp("tiny")
    transformers_model(tiny).save_pretrained(folder)
    state = load_file(folder / "model.safetensors")
    save_file(state, folder / "new.safetensors")
    torch.save(state, folder / "zip.pth")
    torch.save(state, folder / "old.pth", _use_new_zipfile_serialization=False)
    names = ("new.safetensors", "zip.pth", "old.pth")
    return [(name, (folder / name).read_bytes()) for name in names]


@given(which=st.integers(0, 2), edits=_EDITS, keep=_KEEP, head=st.booleans())
@bounds(deadline=60_000, max_examples=150)
def test_mutated_checkpoints_are_loaded_or_refused(
    tmp_path_factory, tiny_checkpoints, which, edits, keep, head
):
    name, data = tiny_checkpoints[which]
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(_damaged(data, edits, keep, 20_000 if head else len(data)))
    network = _read_or_refused(lambda path: build(read_checkpoint(path)), path)
    if network is not None:
        with torch.inference_mode():
            assert network(torch.zeros(1, 3, 32, 32)).shape[2:] == (8, 8)
