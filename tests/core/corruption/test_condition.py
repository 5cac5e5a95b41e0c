"""What is done to an image, as a value: reading it, applying it, and whether benchmarks have it."""

from __future__ import annotations

import numpy as np
import pytest

from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.corruption.corrupt import corrupt
from segformer_gui.core.errors import UserError


def condition(*texts: str, **fields) -> Condition:
    return Condition(tuple(Step.parsed(text) for text in texts), **fields)


def test_a_step_is_read_with_or_without_its_severity() -> None:
    assert Step.parsed("fog:2.4") == Step("fog", 2.4)
    assert Step.parsed("fog", 5) == Step("fog", 5)
    assert str(Step.parsed("fog:3.0")) == "fog:3"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fogg:3", "corruption_unknown"),
        ("fog:", "severity_out_of_range"),
        ("fog:much", "severity_out_of_range"),
        ("fog:6", "severity_out_of_range"),
        ("fog:nan", "severity_out_of_range"),
        ("", "corruption_unknown"),
    ],
)
def test_a_step_that_does_not_exist_is_refused(text, code) -> None:
    with pytest.raises(UserError) as caught:
        Step.parsed(text)
    assert caught.value.code == code


def test_one_step_is_the_corruption_itself(image) -> None:
    expected = corrupt(image, "snow", 2, 9)

    assert np.array_equal(condition("snow:2", seed=9).apply(image), expected)
    reference = condition("gaussian_noise:2", seed=9, engine="reference").apply(image)
    assert np.array_equal(reference, corrupt(image, "gaussian_noise", 2, 9, "reference"))


def test_a_stack_is_applied_in_its_order_with_a_seed_for_each_place(image) -> None:
    stack = condition("gaussian_noise:2", "gaussian_noise:2", seed=2**32 - 1)

    first = corrupt(image, "gaussian_noise", 2, 2**32 - 1)
    assert np.array_equal(stack.apply(image), corrupt(first, "gaussian_noise", 2, 0))
    # The same noise twice would only be stronger; these two are independent.
    noises = [
        corrupt(np.full_like(image, 128), "gaussian_noise", 1, seed).astype(float) - 128
        for seed in (0, 1)
    ]
    assert abs(np.corrcoef(noises[0].ravel(), noises[1].ravel())[0, 1]) < 0.02


def test_fading_a_step_in_leaves_the_noise_of_the_others(image) -> None:
    alone = condition("fog:0", "gaussian_noise:3", seed=4).apply(image)
    with_little_fog = condition("fog:0.01", "gaussian_noise:3", seed=4).apply(image)

    assert np.abs(alone.astype(int) - with_little_fog).mean() < 1.5


def test_clean_is_the_image_in_a_new_array(image) -> None:
    for clean in (Condition(), condition("fog:0"), condition("fog:0", "snow:0")):
        assert clean.is_clean
        assert clean.on_protocol
        assert str(clean) == "clean"
        assert np.array_equal(clean.apply(image), image)
        assert not np.shares_memory(clean.apply(image), image)


def test_stacks_and_severities_in_between_are_off_protocol() -> None:
    assert condition("fog:3").on_protocol
    assert condition("fog:3", "snow:0").on_protocol
    assert [note.code for note in condition("fog:2.4").notes] == ["off_protocol"]
    stack = condition("fog:3", "snow:1.5")
    assert [note.code for note in stack.notes] == ["off_protocol", "stack_off_protocol"]
    assert not stack.on_protocol
    assert stack.to_json() == {
        "steps": [{"name": "fog", "severity": 3}, {"name": "snow", "severity": 1.5}],
        "seed": 0,
        "engine": "fast",
        "on_protocol": False,
    }


def test_the_reference_engine_is_asked_for_whole_severities_only(image) -> None:
    for ask in (Condition.check, lambda half: half.apply(image)):
        with pytest.raises(UserError) as caught:
            ask(condition("fog:2.5", engine="reference"))
        assert caught.value.code == "severity_not_whole"
