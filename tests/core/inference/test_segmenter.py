"""Sizes, windows, mirroring, precision, and stepping down when memory ends."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import ours_of, transformers_model
from tiny_model import NATIVE, TINY, model_of
from transformers import SegformerForSemanticSegmentation, SegformerImageProcessor

from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image
from segformer_gui.core.inference import segmenter as module
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.segmenter import (
    Cancelled,
    Segmenter,
    available_devices,
    available_precisions,
    windows,
)
from segformer_gui.core.inference.threads import keep_to
from segformer_gui.core.models import load_model
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.segformer import SegFormer
from segformer_gui.core.paths import shipped

EMBEDDED = ("segformer-b0-camvid", "segformer-b0-scenes")


def test_labels_equal_transformers_from_image_to_map(image: NDArray[np.uint8]) -> None:
    oracle = transformers_model(TINY)
    result = Segmenter(model_of(ours_of(oracle)), "cpu").segment(image, NATIVE)

    x = (torch.from_numpy(image) / 255 - torch.tensor(IMAGENET_MEAN)) / torch.tensor(IMAGENET_STD)
    with torch.inference_mode():
        logits = oracle(x.permute(2, 0, 1)[None]).logits
    whole = F.interpolate(logits, image.shape[:2], mode="bilinear", align_corners=False)[0]
    top2 = whole.topk(2, dim=0).values
    clear = (top2[0] - top2[1] > 1e-4).numpy()
    assert result.labels.shape == image.shape[:2]
    assert np.array_equal(result.labels[clear], whole.argmax(0).numpy()[clear])


def test_as_many_images_at_once_as_there_are_threads_and_memory(
    network: SegFormer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for threads, pixels, at_once in (
        (1, 90 * 121, 1),
        (3, 90 * 121, 3),
        (16, 1080 * 1920, 4),
        (16, 2160 * 3840, 1),
        (16, 9000 * 9000, 1),
    ):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        segmenter = Segmenter(model_of(network), "cpu")
        monkeypatch.setattr(torch, "get_num_threads", lambda: 1)  # As a thread's share.
        assert segmenter.images_at_once(pixels) == at_once
    segmenter.device = "cuda"
    assert segmenter.images_at_once(1) is None


def test_images_at_once_get_the_labels_that_they_get_alone(network: SegFormer) -> None:
    images = np.random.default_rng(0).integers(0, 256, (12, 90, 121, 3), np.uint8)
    segmenter = Segmenter(model_of(network), "cpu")
    total = torch.get_num_threads()
    alone = [segmenter.segment(image, NATIVE).logits for image in images]

    with ThreadPoolExecutor(3, initializer=lambda: keep_to(1, total)) as pool:
        together = list(pool.map(lambda image: segmenter.segment(image, NATIVE).logits, images))

    for one, other in zip(alone, together, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_a_thread_keeps_to_its_share_and_leaves_others_theirs() -> None:
    counts: list[int] = []

    def work() -> None:
        keep_to(3, 5)
        counts.append(torch.get_num_threads())

    before = torch.get_num_threads()
    for target in (work, lambda: counts.append(torch.get_num_threads())):
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()

    assert counts == [3, 5]
    assert torch.get_num_threads() == before
    keeping = threading.Thread(target=keep_to, args=(before, before))  # As it was.
    keeping.start()
    keeping.join()


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (31, 31), (33, 64)])
def test_images_of_any_size_get_a_label_a_pixel(network: SegFormer, size: tuple[int, int]) -> None:
    image = np.zeros((*size, 3), np.uint8)
    segmenter = Segmenter(model_of(network, short_side=48), "cpu")

    for options in (NATIVE, SegmentOptions(), SegmentOptions(short_side=64, flip=True)):
        assert segmenter.segment(image, options).labels.shape == size


def test_short_side_sets_the_networks_input(network: SegFormer, image: NDArray[np.uint8]) -> None:
    segmenter = Segmenter(model_of(network, short_side=64), "cpu")

    shapes = [
        segmenter.segment(image, options).logits.shape[1:]
        for options in (NATIVE, SegmentOptions(), SegmentOptions(short_side=180))
    ]

    assert [tuple(shape) for shape in shapes] == [(23, 31), (16, 22), (45, 61)]


@given(st.integers(1, 3000), st.integers(4, 1024), st.integers(1, 1024))
def test_windows_cover_a_side_on_the_grid(length: int, crop: int, stride: int) -> None:
    stride = min(stride, crop)
    spans = windows(length, crop, stride)

    covered = np.zeros(length, bool)
    for start, end in spans:
        assert start % 4 == 0
        assert end - start == min(length, crop) or (end == length and end - start - crop < 4)
        covered[start:end] = True
    assert covered.all()
    assert spans[-1][1] == length


def test_windows_are_the_papers_on_cityscapes() -> None:
    assert windows(2048, 1024, 768) == [(0, 1024), (768, 1792), (1024, 2048)]
    assert windows(1024, 1024, 768) == [(0, 1024)]


def test_sliding_averages_the_logits_of_the_windows(network: SegFormer) -> None:
    image = np.random.default_rng(1).integers(0, 256, (64, 160, 3), np.uint8)
    options = SegmentOptions(short_side=None, sliding=True, crop=64, stride=48)

    result = Segmenter(model_of(network), "cpu").segment(image, options)

    x = (torch.from_numpy(image) / 255 - torch.tensor(IMAGENET_MEAN)) / torch.tensor(IMAGENET_STD)
    x = x.permute(2, 0, 1)[None]
    total, count = torch.zeros(6, 16, 40), torch.zeros(16, 40)
    with torch.inference_mode():
        for left in (0, 48, 96):
            total[:, :, left // 4 : left // 4 + 16] += network(x[..., left : left + 64])[0]
            count[:, left // 4 : left // 4 + 16] += 1
    assert torch.allclose(result.logits, total / count, atol=1e-4)


def test_one_window_is_the_whole_image(network: SegFormer, image: NDArray[np.uint8]) -> None:
    segmenter = Segmenter(model_of(network), "cpu")
    whole = segmenter.segment(image, NATIVE)
    tiled = segmenter.segment(image, SegmentOptions(short_side=None, sliding=True))

    assert torch.equal(whole.logits, tiled.logits)


def test_bfloat16_agrees_with_float32_almost_everywhere(network: SegFormer) -> None:
    image = cv2.resize(np.random.default_rng(2).integers(0, 256, (12, 12, 3), np.uint8), (128, 128))
    exact = Segmenter(model_of(network), "cpu", "float32").segment(image, NATIVE)
    rough = Segmenter(model_of(network), "cpu", "bfloat16").segment(image, NATIVE)

    assert rough.precision == "bfloat16"
    assert rough.logits.dtype == torch.float32
    assert np.mean(exact.labels == rough.labels) > 0.9


def test_unavailable_device_and_precision_are_refused(network: SegFormer) -> None:
    absent = next(d for d in ("cuda", "mps") if d not in available_devices())
    with pytest.raises(UserError, match="device_unavailable"):
        Segmenter(model_of(network), absent)
    with pytest.raises(UserError, match="precision_unavailable"):
        Segmenter(model_of(network), "cpu", "float16")


@pytest.mark.parametrize(
    ("major", "expected"),
    [
        (6, ["float32", "float16"]),  # Pascal
        (7, ["float16", "float32"]),  # Volta, Turing
        (8, ["float16", "float32", "bfloat16"]),  # Ampere
    ],
)
def test_a_card_is_offered_what_it_computes_in(
    major: int, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (major, 0))
    # Emulated, torch would support it everywhere.
    monkeypatch.setattr(
        torch.cuda,
        "is_bf16_supported",
        lambda including_emulation: including_emulation or major > 7,
    )
    assert available_precisions("cuda") == expected


def test_float32_on_a_card_is_no_tf32_and_leaves_a_trainers_setting() -> None:
    attempt = module._Attempt("cuda", "float32", NATIVE)
    before = torch.backends.cudnn.allow_tf32
    with module._autocast(attempt):
        assert not torch.backends.cudnn.allow_tf32
        assert torch.backends.cudnn.enabled
    assert torch.backends.cudnn.allow_tf32 == before


def test_cancelling_stops_between_windows(network: SegFormer, image: NDArray[np.uint8]) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) == 3

    options = SegmentOptions(short_side=None, sliding=True, crop=32, stride=32)
    with pytest.raises(Cancelled):
        Segmenter(model_of(network), "cpu").segment(image, options, cancelled)

    assert len(asked) == 3


class Starved(torch.nn.Module):
    """A network on a machine that has memory for `pixels` input pixels."""

    def __init__(self, network: SegFormer, pixels: int, error: Exception) -> None:
        super().__init__()
        self.network, self.pixels, self.error = network, pixels, error

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[2] * x.shape[3] > self.pixels:
            raise self.error
        return self.network(x)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ],
)
def test_out_of_memory_steps_down_to_windows_and_says_so(
    network: SegFormer, error: Exception
) -> None:
    model = model_of(network)
    object.__setattr__(model, "network", Starved(network, 600 * 600, error))

    result = Segmenter(model, "cpu").segment(np.zeros((700, 1100, 3), np.uint8), NATIVE)

    assert [(note.code, note.parameters) for note in result.notes] == [
        ("memory_tiled", {"crop": 1024}),
        ("memory_tiled", {"crop": 512}),
    ]
    assert result.labels.shape == (700, 1100)


def test_out_of_memory_at_the_last_step_is_one_clear_error(network: SegFormer) -> None:
    model = model_of(network)
    object.__setattr__(model, "network", Starved(network, 0, MemoryError()))

    with pytest.raises(UserError, match="out_of_memory"):
        Segmenter(model, "cpu").segment(np.zeros((64, 64, 3), np.uint8), NATIVE)


def test_other_failures_are_not_taken_for_memory(network: SegFormer) -> None:
    model = model_of(network)
    object.__setattr__(model, "network", Starved(network, 0, RuntimeError("shape mismatch")))

    with pytest.raises(RuntimeError, match="shape mismatch"):
        Segmenter(model, "cpu").segment(np.zeros((64, 64, 3), np.uint8), NATIVE)


def test_a_gpu_steps_down_to_half_precision_and_then_to_the_cpu() -> None:
    attempt = module._Attempt("cuda", "float32", NATIVE)
    codes: list[str] = []
    while (following := attempt.step_down((400, 800))) is not None:
        attempt, note = following
        codes.append(note.code)

    assert codes == [
        "memory_tiled",
        "memory_half",
        "memory_cpu",
    ]
    assert (attempt.device, attempt.precision, attempt.options.crop) == ("cpu", "float32", 512)


def test_a_narrow_strip_is_not_enlarged_beyond_a_whole_image(
    network: SegFormer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WHOLE_PIXELS", 100 * 100)
    segmenter = Segmenter(model_of(network, short_side=64), "cpu")

    result = segmenter.segment(np.zeros((2, 300, 3), np.uint8))

    assert result.labels.shape == (2, 300)
    assert result.logits.shape[1] * result.logits.shape[2] * 16 < 1.2 * 100 * 100


def test_very_large_images_are_tiled_unasked(
    network: SegFormer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WHOLE_PIXELS", 100 * 100)

    result = Segmenter(model_of(network), "cpu").segment(np.zeros((100, 101, 3), np.uint8), NATIVE)

    assert [note.code for note in result.notes] == ["image_tiled"]


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_model_sees_the_scene_in_the_samples(name: str) -> None:
    segmenter = Segmenter(load_model(name), "cpu")
    image = read_image(shipped("resources", "samples", "street_01.png"))

    result = segmenter.segment(image)

    names = result.classes.names
    assert names[result.labels[-60, 480]] == "road"
    assert {"sky", "building", "road"} <= {names[i] for i in np.unique(result.labels)}
    assert result.confidence().min() >= 1 / len(names) - 1e-6
    assert result.timings.total_ms > 0


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_model_gives_transformers_labels_from_the_same_folder(name: str) -> None:
    folder: Path = shipped("models", name)
    oracle = SegformerForSemanticSegmentation.from_pretrained(folder, dtype=torch.float32).eval()
    processor = SegformerImageProcessor.from_pretrained(folder)
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)

    ours = Segmenter(load_model(name), "cpu").segment(image, NATIVE)

    with torch.inference_mode():
        logits = oracle(**processor(image, return_tensors="pt")).logits[0]
    assert (ours.logits - logits).abs().max() < 1e-3
