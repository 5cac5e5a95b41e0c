"""OpenVINO against torch: labels that agree, graphs that are kept, kept graphs that are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles import realistic

from segformer_gui.core.classes import class_set_of_count
from segformer_gui.core.inference.openvino import OpenVinoNetwork
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.segmenter import Segmenter, available_precisions
from segformer_gui.core.models import LoadedModel
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.network.segformer import SegFormer

openvino = pytest.importorskip("openvino", reason="the extra `openvino` is not installed")

TINY = SegFormerConfig((8, 16, 40, 64), (1, 1, 1, 1), head_width=16, num_classes=6)
NATIVE = SegmentOptions(short_side=None)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEGFORMER_GUI_HOME", str(tmp_path))
    return tmp_path / "cache" / "openvino"


@pytest.fixture(scope="module")
def network() -> SegFormer:
    torch.manual_seed(0)
    return realistic(SegFormer(TINY))


@pytest.fixture
def x() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=(1, 3, 40, 61))).float()


@torch.inference_mode()
def test_logits_are_those_of_torch_to_bfloat16(network: SegFormer, x: torch.Tensor) -> None:
    ours = OpenVinoNetwork(network)
    expected = network(x)
    got = ours(x)
    assert got.shape == expected.shape
    assert (got - expected).norm() < 0.03 * expected.norm()
    agreement = (got.argmax(1) == expected.argmax(1)).float().mean()
    assert ours.agreement == pytest.approx(float(agreement))
    assert agreement > 0.9


@torch.inference_mode()
def test_a_result_is_not_overwritten_by_the_next(network: SegFormer, x: torch.Tensor) -> None:
    ours = OpenVinoNetwork(network)
    first = ours(x)
    kept = first.clone()
    ours(-x)
    assert torch.equal(first, kept)


def _forbidden(*_: object, **__: object) -> None:
    raise AssertionError("the graph was made again")


@torch.inference_mode()
def test_a_kept_graph_is_used_by_the_next_start(
    network: SegFormer, x: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = OpenVinoNetwork(network)(x)
    monkeypatch.setattr(openvino, "convert_model", _forbidden)
    assert torch.equal(OpenVinoNetwork(network)(x), expected)
    torch.manual_seed(1)
    with pytest.raises(AssertionError, match="made again"):
        OpenVinoNetwork(realistic(SegFormer(TINY)))(x)


@torch.inference_mode()
@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_damaged_graph_is_made_again(
    network: SegFormer, x: torch.Tensor, home: Path, suffix: str
) -> None:
    expected = OpenVinoNetwork(network)(x)
    (file,) = home.glob(f"*{suffix}")
    file.write_bytes(file.read_bytes()[:100])
    assert torch.equal(OpenVinoNetwork(network)(x), expected)


@torch.inference_mode()
def test_it_works_where_nothing_can_be_kept(
    network: SegFormer, x: torch.Tensor, home: Path
) -> None:
    home.parent.write_text("a file where the folder should be")
    assert OpenVinoNetwork(network)(x).shape == (1, 6, 10, 16)


def test_the_segmenter_offers_it_last_and_tells_how_far_it_agrees(network: SegFormer) -> None:
    image: NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, (40, 61, 3), np.uint8)
    model = LoadedModel(
        id="tiny",
        network=network,
        classes=class_set_of_count(6),
        short_side=None,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        layout="Hugging Face",
        notes=(),
    )
    assert available_precisions("cpu") == ["float32", "bfloat16", "openvino"]
    exact = Segmenter(model, "cpu").segment(image, NATIVE)
    prediction = Segmenter(model, "cpu", "openvino").segment(image, NATIVE)
    assert prediction.precision == "openvino"
    (note,) = prediction.notes
    assert note.code == "openvino_agreement"
    assert note.parameters["percent"] > 90
    assert (prediction.labels == exact.labels).mean() > 0.9
    assert Segmenter(model, "cpu").segment(image, NATIVE).notes == ()
