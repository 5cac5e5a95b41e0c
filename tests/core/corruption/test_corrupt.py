"""What holds for every corruption: shapes, seeds, severities, threads, errors."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segformer_gui.core.corruption.catalogue import (
    ALL19,
    COMMON15,
    GROUPS,
    KR16,
    NAMES,
    PROTOCOLS,
    SEEDLESS,
    is_on_protocol,
)
from segformer_gui.core.corruption.corrupt import _KERNELS, Engine, corrupt
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_image
from segformer_gui.core.paths import shipped

RANDOM = [name for name in NAMES if name not in SEEDLESS]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None)
@given(
    height=st.integers(32, 90),
    width=st.integers(32, 90),
    severity=st.floats(0, 5),
    seed=st.integers(0, 2**32 - 1),
    flat=st.none() | st.integers(0, 255),
)
def test_any_size_severity_and_content_gives_an_image_of_the_same_shape(
    name, height, width, severity, seed, flat
) -> None:
    if flat is None:
        image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    else:
        image = np.full((height, width, 3), flat, np.uint8)
    before = image.copy()

    corrupted = corrupt(image, name, severity, seed)

    assert corrupted.shape == image.shape
    assert corrupted.dtype == np.uint8
    assert np.array_equal(image, before)
    assert not np.shares_memory(corrupted, image)


@pytest.mark.parametrize("engine", ["fast", "reference"])
@pytest.mark.parametrize("name", NAMES)
def test_severity_0_is_clean_and_a_new_array(image, name, engine) -> None:
    clean = corrupt(image, name, 0, 0, engine)

    assert np.array_equal(clean, image)
    assert not np.shares_memory(clean, image)


# In the original glass_blur, saturate, snow, spatter and frost are not in order of strength.
@pytest.mark.parametrize(
    "name", sorted(set(NAMES) - {"glass_blur", "saturate", "snow", "spatter", "frost"})
)
def test_corruption_grows_with_severity(name) -> None:
    scene = read_image(sorted(shipped("resources", "samples").glob("*.*g"))[0])
    scene = np.ascontiguousarray(scene[300:556, 300:556])

    strength = [np.abs(corrupt(scene, name, s, 0).astype(int) - scene).mean() for s in range(6)]

    assert strength == sorted(set(strength))


# Snow is left out: the original cuts its noise at whole pixels before it enlarges it, so that all
# flakes jump by up to 4 px where that cut changes.
@pytest.mark.parametrize("name", [name for name in RANDOM if name != "snow"])
def test_the_noise_stays_where_it_is_while_the_severity_moves(image, name) -> None:
    """Also where the original changes from one algorithm to another, from spatter 3 to 4."""
    for severity in (0.99, 1, 2, 2.99, 3, 3.99, 4):
        here, beyond, elsewhere = (
            corrupt(image, name, severity + more, seed).astype(int)
            for more, seed in ((0, 4), (0.01, 4), (0, 5))
        )
        assert np.abs(here - beyond).mean() < 0.3 * np.abs(here - elsewhere).mean()


@pytest.mark.parametrize("name", NAMES)
def test_below_1_the_image_is_blended_with_severity_1(image, name) -> None:
    blended = corrupt(image, name, 0.25, 3).astype(float)

    expected = 0.75 * image + 0.25 * corrupt(image, name, 1, 3)
    assert np.abs(blended - expected).max() <= 0.5 + 1e-4


@pytest.mark.parametrize("name", [name for name in NAMES if name != "glass_blur"])
def test_as_many_random_numbers_are_drawn_at_every_severity(image, name) -> None:
    states = []
    for severity in (1, 3, 5):
        rng = np.random.Generator(np.random.SFC64(0))
        _KERNELS[name](image, severity, rng)
        states.append(rng.bit_generator.state["state"]["state"])

    assert np.array_equal(states[0], states[1])
    assert np.array_equal(states[0], states[2])


def test_impulses_stay_and_more_are_added(image) -> None:
    flat = np.full_like(image, 100)

    weak, strong = (corrupt(flat, "impulse_noise", severity, 0) for severity in (1.3, 4))

    assert np.array_equal(weak[weak != 100], strong[weak != 100])
    assert (strong != 100).sum() > (weak != 100).sum()


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_and_nothing_else(image, name) -> None:
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    expected = [corrupt(image, name, 3, seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: corrupt(image, name, 3, seed), list(range(4)) * 2))

    for again, first in zip(found, expected * 2, strict=True):
        assert np.array_equal(again, first)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize("name", NAMES)
def test_a_view_is_taken_like_a_copy(image, name) -> None:
    view = image[:, ::-1]

    assert np.array_equal(corrupt(view, name, 2, 1), corrupt(view.copy(), name, 2, 1))


@pytest.mark.parametrize("name", ["snow", "elastic_transform", "frost", "motion_blur", "spatter"])
def test_a_long_narrow_image_is_corrupted_to_its_ends(name) -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 7680, 3), dtype=np.uint8)

    changed = np.abs(corrupt(image, name, 3, 0).astype(int) - image)

    parts = [part.mean() for part in np.array_split(changed, 8, axis=1)]
    assert min(parts) > 0.3 * max(parts) > 0


def test_greys_turn_reddish_in_saturate_4_and_5_as_in_the_benchmark() -> None:
    grey = np.full((32, 32, 3), 100, np.uint8)

    for severity, expected in ((3, (100, 100, 100)), (4, (100, 90, 90)), (5, (100, 80, 80))):
        assert tuple(corrupt(grey, "saturate", severity, 0)[5, 5]) == expected


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("fogg", 3), "corruption_unknown"),
        (("fog", 5.1), "severity_out_of_range"),
        (("fog", -1), "severity_out_of_range"),
        (("fog", float("nan")), "severity_out_of_range"),
        (("fog", 2.4, 0, "reference"), "severity_not_whole"),
    ],
)
def test_a_condition_that_does_not_exist_is_refused(image, arguments, code) -> None:
    name, severity, *rest = arguments
    with pytest.raises(UserError) as caught:
        corrupt(image, name, severity, *(rest or [0]))
    assert caught.value.code == code


def test_an_unknown_name_is_answered_with_close_ones(image) -> None:
    with pytest.raises(UserError) as caught:
        corrupt(image, "gausian noise", 3, 0)
    assert "gaussian_noise" in str(caught.value.parameters["close"])


@pytest.mark.parametrize("engine", ["fast", "reference"])
@pytest.mark.parametrize("shape", [(31, 200, 3), (200, 31, 3), (0, 0, 3)])
def test_an_image_that_is_too_small_is_refused(shape, engine) -> None:
    with pytest.raises(UserError) as caught:
        corrupt(np.zeros(shape, np.uint8), "fog", 3, 0, engine)
    assert caught.value.code == "corruption_image_too_small"


def test_the_catalogue_is_the_one_of_the_benchmarks() -> None:
    assert len(NAMES) == len(set(NAMES)) == 19
    assert set(NAMES) == set(_KERNELS)
    assert {group: len(names) for group, names in GROUPS.items()} == {
        "blur": 4,
        "noise": 4,
        "digital": 4,
        "weather": 4,
        "extra": 3,
    }
    assert list(PROTOCOLS) == ["kr16", "common15", "all19"]
    assert len(KR16.severities) == 16
    assert len(KR16.conditions) == 4 * 3 + 12 * 5
    assert KR16.severities["shot_noise"] == (1, 2, 3)
    assert KR16.severities["frost"] == (1, 2, 3, 4, 5)
    assert "pixelate" not in KR16.severities
    assert len(COMMON15.conditions) == 15 * 5
    assert not {"speckle_noise", "gaussian_blur", "spatter", "saturate"} & set(COMMON15.severities)
    assert len(ALL19.conditions) == 95


@pytest.mark.parametrize("engine", ["fast", "reference"])
def test_only_seedless_corruptions_are_the_same_whatever_the_seed(engine: Engine) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    for name in NAMES:
        first, second = (corrupt(image, name, 3, seed, engine) for seed in (1, 2))
        assert np.array_equal(first, second) == (name in SEEDLESS), name


def test_only_whole_severities_are_on_protocol() -> None:
    assert [s for s in (0, 0.5, 1, 2.4, 3.0, 5, 5.5, 6, -1) if is_on_protocol(s)] == [0, 1, 3, 5]


def test_importing_costs_neither_torch_nor_qt_nor_the_original() -> None:
    program = (
        "import sys, segformer_gui.core.corruption.corrupt as c\n"
        "print(*{'torch', 'PySide6', 'skimage', 'scipy', 'imagecorruptions'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
