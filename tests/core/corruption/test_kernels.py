"""The fast engine against the original package: value by value, then in distribution."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from segformer_gui.core.corruption import blur, digital
from segformer_gui.core.corruption.catalogue import NAMES
from segformer_gui.core.corruption.common import gaussian, truncated
from segformer_gui.core.corruption.corrupt import _KERNELS, corrupt
from segformer_gui.core.corruption.reference import corrupt_by_reference

# These get their random numbers in another way: compared below, in other ways.
OWN_DRAWS = ("glass_blur", "impulse_noise", "shot_noise")
RANDOM = (
    *OWN_DRAWS,
    "gaussian_noise",
    "speckle_noise",
    "motion_blur",
    "snow",
    "spatter",
    "fog",
    "frost",
    "elastic_transform",
)
# OpenCV 4 interpolates at steps of 1/32 px, which shows where noise is enlarged or edges are moved.
COARSE = ("snow", "elastic_transform") if cv2.__version__ < "5" else ()
SEEDS = range(8)


def assert_agrees(fast: np.ndarray, original: np.ndarray) -> None:
    """Within 1 grey level on 99 % of the values: the last bit of a float decides which whole."""
    assert (np.abs(fast.astype(int) - original) <= 1).mean() >= 0.99


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", [n for n in NAMES if n not in OWN_DRAWS + COARSE])
def test_with_the_originals_random_numbers_the_image_is_the_originals(
    image, original_numbers, name, severity
) -> None:
    for seed, picture in ((0, image), (1, image[:33, :57]), (2, image[20:60, 30:62])):
        picture = np.ascontiguousarray(picture)
        fast = _KERNELS[name](picture, severity, original_numbers(seed))
        assert_agrees(fast, corrupt_by_reference(picture, name, severity, seed))


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_glass_blur_displaces_as_the_original(image, severity) -> None:
    picture = np.ascontiguousarray(image[:48, :64])
    height, width = picture.shape[:2]
    sigma, reach, rounds = blur._GLASS[severity - 1]
    stream = np.random.RandomState(3)
    sources = np.arange(height * width, dtype=np.int32).reshape(height, width)
    for _ in range(rounds):
        inside = height - 2 * reach, width - 2 * reach
        drawn = np.array([stream.randint(-reach, reach, size=(2,)) for _ in range(np.prod(inside))])
        moves = np.zeros((2, height, width), np.int16)
        # The original starts at the bottom right.
        where = slice(reach + 1, height - reach + 1), slice(reach + 1, width - reach + 1)
        moves[:, *where] = drawn[::-1].reshape(*inside, 2).transpose(2, 0, 1)
        sources = blur.displaced(sources, moves, reach)
    blurred = truncated(gaussian(picture, (sigma, sigma))).reshape(-1, 3)[sources]
    fast = truncated(gaussian(blurred, (sigma, sigma)))

    assert_agrees(fast, corrupt_by_reference(picture, "glass_blur", severity, 3))


def test_displacement_is_the_plain_loop_whatever_the_size() -> None:
    rng = np.random.default_rng(5)
    for height, width, reach in ((32, 32, 4), (40, 33, 1), (37, 50, 3), (33, 2000, 2)):
        picture = rng.integers(0, 256, (height, width), dtype=np.int32)
        moves = rng.integers(-reach, reach, (2, height, width)).astype(np.int16)
        plain = picture.copy()
        for h in range(height - reach, reach, -1):
            for w in range(width - reach, reach, -1):
                plain[h, w] = plain[h + moves[1, h, w], w + moves[0, h, w]]

        assert np.array_equal(blur.displaced(picture, moves, reach), plain)


@pytest.mark.parametrize("reach", [1, 2, 3, 4])
def test_moves_of_glass_blur_are_all_equally_likely(reach) -> None:
    numbers = np.arange(1 << 16, dtype=np.uint16)

    moves, counts = np.unique(blur._scaled_moves(numbers, reach), return_counts=True)

    assert list(moves) == list(range(-reach, reach))
    assert counts.max() / counts.min() < 1.005


@pytest.mark.parametrize("severity", [1, 3, 5])
@pytest.mark.parametrize("level", [0, 3, 40, 128, 255])
def test_shot_noise_counts_photons_as_numpy_does(level, severity) -> None:
    photons = (60, 25, 12, 5, 3)[severity - 1]
    flat = np.full((200, 200, 3), level, np.uint8)

    noisy = corrupt(flat, "shot_noise", severity, 0)

    drawn = np.random.default_rng(1).poisson(level / 255 * photons, flat.shape)
    expected = (np.minimum(drawn / photons, 1) * 255).astype(np.uint8)
    assert set(np.unique(noisy)) <= {int(k / photons * 255) for k in range(photons + 1)}
    # Two samples of 120,000: Kolmogorov-Smirnov's distance at p = 0.001 is 0.008.
    for value in np.unique(expected):
        assert abs((noisy <= value).mean() - (expected <= value).mean()) < 0.008


def test_impulse_noise_hits_the_share_of_the_values_that_it_should() -> None:
    flat = np.full((300, 300, 3), 100, np.uint8)
    for severity, amount in enumerate((0.03, 0.06, 0.09, 0.17, 0.27), start=1):
        noisy = corrupt(flat, "impulse_noise", severity, 0)
        shares = [(noisy == value).mean() for value in (0, 100, 255)]
        # Four standard errors of a share of 270,000 values are at most 0.004.
        assert shares == pytest.approx([amount / 2, 1 - amount, amount / 2], abs=0.004)
        hit = noisy != 100
        # Colours are hit on their own, and so are neighbours.
        assert (hit[..., 0] & hit[..., 1]).mean() == pytest.approx(amount**2, abs=0.004)
        assert (hit[:, 1:] & hit[:, :-1]).mean() == pytest.approx(amount**2, abs=0.004)


def statistics(corrupted: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Brightness, contrast, roughness down and across; of the change: strength, smoothness down
    and across, and how alike the colours are (correlations in %).
    """
    values = corrupted.astype(float)
    change = values - clean

    def correlation(a: np.ndarray, b: np.ndarray) -> float:
        return 100 * np.corrcoef(a.ravel(), b.ravel())[0, 1]

    return np.array(
        [
            values.mean(),
            values.std(),
            np.diff(values, axis=0).std(),
            np.diff(values, axis=1).std(),
            change.std(),
            correlation(change[1:], change[:-1]),
            correlation(change[:, 1:], change[:, :-1]),
            correlation(change[..., 0], change[..., 1]),
            correlation(change[..., 0], change[..., 2]),
        ]
    )


def histogram(corrupted: np.ndarray) -> np.ndarray:
    # 0, 128 and 255, of which the image has whole areas, do not lie at an edge.
    return np.histogram(corrupted, bins=np.arange(-4, 261, 8))[0] / corrupted.size


@pytest.mark.parametrize("severity", [1, 3, 5])
@pytest.mark.parametrize("name", RANDOM)
def test_random_corruptions_are_the_originals_in_distribution(image, name, severity) -> None:
    picture = np.ascontiguousarray(image[:48, 60:124]) if name == "glass_blur" else image
    fast = [corrupt(picture, name, severity, seed) for seed in SEEDS]
    original = [corrupt(picture, name, severity, seed, "reference") for seed in SEEDS]

    ours, theirs = (np.array([statistics(c, picture) for c in s]) for s in (fast, original))
    # Four standard errors of the difference of two means, by the original's spread between seeds;
    # 0.3 for what rounding does where that spread is next to nothing.
    tolerance = 4 * theirs.std(axis=0, ddof=1) * np.sqrt(2 / len(SEEDS)) + 0.3
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) <= tolerance).all()

    ours, theirs = (np.array([histogram(c) for c in s]) for s in (fast, original))
    # The means of both differ by no more than one seed of the original from the mean of the others.
    spread = max(np.abs(theirs[i] - np.delete(theirs, i, axis=0).mean(axis=0)).sum() for i in SEEDS)
    assert np.abs(ours.mean(axis=0) - theirs.mean(axis=0)).sum() <= spread


def test_the_coarse_grid_of_elastic_transform_gives_the_field_of_the_fine_one() -> None:
    shape = (1000, 1700)

    def by_scipy(seed: int) -> np.ndarray:
        noise = np.random.default_rng(seed).uniform(-1, 1, shape)
        return ndimage.gaussian_filter(noise, (10, 17), mode="reflect", truncate=3)

    def measures(field: np.ndarray) -> list[float]:
        lags = [(field[lag:] * field[:-lag]).mean() / field.var() for lag in (1, 10, 20)]
        lags += [(field[:, lag:] * field[:, :-lag]).mean() / field.var() for lag in (1, 17, 34)]
        edge = field[:3].std() / field.std()
        return [field.std() * 100, *lags, edge]

    rngs = [np.random.Generator(np.random.SFC64(seed)) for seed in range(4)]
    ours = np.array([measures(digital.smooth_field(shape, rng)) for rng in rngs])
    theirs = np.array([measures(by_scipy(seed)) for seed in range(4)])

    tolerance = 4 * theirs.std(axis=0, ddof=1) * np.sqrt(2 / 4) + 0.003
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) <= tolerance).all()
