"""The reference engine is the original, and leaves no trace in the process."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.corruption.corrupt import corrupt
from segformer_gui.core.images import read_image

DETERMINISTIC = (
    "defocus_blur",
    "gaussian_blur",
    "brightness",
    "contrast",
    "saturate",
    "jpeg_compression",
    "zoom_blur",
    "pixelate",
)


@pytest.fixture(scope="module")
def oracle(shared_data):
    """`oracle(condition)` -> an image that the original made, on libraries of its own time."""

    def read(condition: str) -> np.ndarray:
        return read_image(shared_data / "corruptions" / f"frankfurt576_512x256_{condition}.png")

    return read


@pytest.mark.shared_data
@pytest.mark.parametrize("name", [name for name in NAMES if name != "impulse_noise"])
def test_reference_is_the_original_to_the_bit(oracle, name) -> None:
    # One glass_blur takes seconds; its parameters at 3 and 5 are compared on a smaller image.
    for severity in (1,) if name == "glass_blur" else (1, 3, 5):
        ours = corrupt(oracle("clean"), name, severity, 0, "reference")
        difference = np.abs(ours.astype(int) - oracle(f"{name}_{severity}"))
        # The last bit of a sine decides a handful of values of motion_blur.
        assert difference.max() <= 1
        assert (difference > 0).mean() < 1e-4


@pytest.mark.shared_data
@pytest.mark.parametrize("name", DETERMINISTIC)
def test_fast_agrees_with_the_originals_images(oracle, name) -> None:
    for severity in (1, 3, 5):
        ours = corrupt(oracle("clean"), name, severity, 0)
        difference = np.abs(ours.astype(int) - oracle(f"{name}_{severity}"))
        assert (difference <= 1).mean() >= 0.99


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("gaussian_noise", "fast"),
        ("shot_noise", "fast"),
        ("impulse_noise", "fast"),
        ("impulse_noise", "reference"),
        ("speckle_noise", "fast"),
        ("glass_blur", "fast"),
    ],
)
def test_strength_is_the_one_recorded_from_the_original(oracle, shared_data, name, engine) -> None:
    clean = oracle("clean")
    records = json.loads((shared_data / "corruptions" / "stats.json").read_text())
    for severity, _, _, mean_difference, psnr, _ in records[f"frankfurt576_512x256/{name}"]:
        change = corrupt(clean, name, severity, 11, engine).astype(float) - clean
        # Of 393,216 values: about twice as far as another seed moves these.
        assert np.abs(change).mean() == pytest.approx(mean_difference, rel=0.02)
        assert 20 * np.log10(255 / np.sqrt((change**2).mean())) == pytest.approx(psnr, abs=0.2)


def test_reference_touches_nothing_global(image) -> None:
    state = np.random.get_state()  # noqa: NPY002
    modules = {name for name in sys.modules if name.startswith(("imagecorruptions", "pkg_"))}

    for name in ("gaussian_noise", "fog", "impulse_noise", "gaussian_blur", "frost"):
        corrupt(image, name, 3, 5, "reference")

    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(state, after, strict=True))
    assert not hasattr(np, "float_")
    assert modules == {
        name for name in sys.modules if name.startswith(("imagecorruptions", "pkg_"))
    }


@pytest.mark.parametrize("name", ["gaussian_noise", "impulse_noise", "snow"])
def test_reference_repeats_itself_even_when_threads_ask_at_once(image, name) -> None:
    expected = [corrupt(image, name, 3, seed, "reference") for seed in range(6)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: corrupt(image, name, 3, seed, "reference"), range(6)))

    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))
    assert not np.array_equal(expected[0], expected[1])


def test_reference_says_nothing_where_the_original_prints(image, capsys) -> None:
    for name in ("zoom_blur", "snow"):
        for severity in (1, 2, 3, 4, 5):
            corrupt(image[:37, :41], name, severity, 0, "reference")

    assert capsys.readouterr().out == ""
