"""Patterns from memory: the same as drawn, and the generator where drawing would have left it."""

from __future__ import annotations

import numpy as np
import pytest

from segformer_gui.core.corruption import patterns
from segformer_gui.core.corruption.corrupt import corrupt
from segformer_gui.core.corruption.patterns import remembered


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> patterns._Store:
    store = patterns._Store()
    monkeypatch.setattr(patterns, "_store", store)
    return store


def seeded(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))


def test_a_pattern_is_drawn_once_for_a_state_and_its_arguments() -> None:
    drawn: list[tuple[int, float]] = []

    @remembered
    def pattern(rng: np.random.Generator, count: int, scale: float) -> np.ndarray:
        drawn.append((count, scale))
        return rng.random(count) * scale

    first, again = seeded(1), seeded(1)
    assert np.array_equal(pattern(first, 5, 2.0), seeded(1).random(5) * 2)
    assert np.array_equal(pattern(again, 5, 2.0), seeded(1).random(5) * 2)
    assert drawn == [(5, 2.0)]
    assert again.random() == first.random() == seeded(1).random(6)[-1]
    pattern(seeded(1), 6, 2.0)
    pattern(seeded(1), 5, 3.0)
    pattern(seeded(2), 5, 2.0)
    pattern(first, 5, 2.0)  # Which has moved on.
    assert len(drawn) == 5


def test_two_kinds_of_pattern_are_not_taken_for_each_other() -> None:
    @remembered
    def ones(_rng: np.random.Generator, count: int) -> np.ndarray:
        return np.ones(count)

    @remembered
    def zeros(_rng: np.random.Generator, count: int) -> np.ndarray:
        return np.zeros(count)

    assert ones(seeded(1), 3).sum() == 3
    assert zeros(seeded(1), 3).sum() == 0


def test_nobody_can_spoil_what_is_remembered() -> None:
    @remembered
    def pattern(rng: np.random.Generator) -> np.ndarray:
        return rng.random(3)

    for _ in range(2):
        with pytest.raises(ValueError, match="read-only"):
            pattern(seeded(1))[0] = 5


def test_the_oldest_are_forgotten_and_what_is_too_large_is_not_kept(
    store: patterns._Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "_MOST_BYTES", 100)
    for key, size in (("a", 40), ("b", 40)):
        store.put(key, np.zeros(size, np.uint8), 0)
    assert store.get("a") is not None
    store.put("c", np.zeros(40, np.uint8), 0)
    store.put("d", np.zeros(101, np.uint8), 0)

    assert [key for key in "abcd" if store.get(key)] == ["a", "c"]


@pytest.mark.parametrize("name", ["fog", "snow", "spatter", "glass_blur"])
def test_corruptions_are_the_same_from_memory(
    image: np.ndarray, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = corrupt(image, name, 3, 5, frame=2)
    again = corrupt(image, name, 3, 5, frame=2)
    monkeypatch.setattr(patterns, "_store", patterns._Store())
    drawn = corrupt(image, name, 3, 5, frame=2)

    assert np.array_equal(first, again)
    assert np.array_equal(first, drawn)
