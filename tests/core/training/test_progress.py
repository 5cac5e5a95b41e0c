"""A run as it is seen from its folder alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from training_case import recipe_for

from segformer_gui.core.training.events import (
    Event,
    Failed,
    Finished,
    Paused,
    Proving,
    Resumed,
    Saved,
    Started,
    Stepped,
    Stopped,
    Validated,
)
from segformer_gui.core.training.folder import held
from segformer_gui.core.training.loop import log_event
from segformer_gui.core.training.progress import RunWatch, images_to_segment

STARTED = Started(0, 6, 2, 1, 100, ("road", "sky"), "cpu", "float32", 2)


def step(number: int, loss: float = 1.0) -> Stepped:
    return Stepped(number, loss, 1e-3, 2.0, 1)


def scored(number: int, corruption: str, miou: float, seconds: float = 3.0) -> Validated:
    scores: dict[str, object] = {"miou": miou, "per_class": {"road": miou, "sky": None}}
    return Validated(number, corruption, scores, seconds)


@pytest.fixture
def watch(tmp_path: Path) -> RunWatch:
    return RunWatch(tmp_path, recipe_for(tmp_path))


def told(watch: RunWatch, *events: Event) -> None:
    for event in events:
        log_event(watch.run, event)


def test_states_follow_the_log_and_the_lock(watch: RunWatch) -> None:
    assert watch.look().state == "waiting"
    with held(watch.run):
        told(watch, STARTED, step(1))
        assert watch.look().state == "training"
        told(watch, Paused(1))
        assert watch.look().state == "paused"
        told(watch, step(2), Saved(2, "x"), Proving(6, 3, 9))
        progress = watch.look()
        assert (progress.state, progress.proving) == ("proving", (3, 9))
        told(watch, Paused(6))
        progress = watch.look()
        assert (progress.state, progress.proving) == ("paused", (3, 9))
        told(watch, Resumed(6))
        assert watch.look().state == "proving"
    assert watch.look().state == "killed"
    for event, state in ((Stopped(2), "stopped"), (Finished(6, "model"), "finished")):
        told(watch, event)
        assert watch.look().state == state


def test_a_killed_trainer_and_a_full_disk_are_told_apart(
    watch: RunWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(watch, STARTED, step(1), Saved(1, "x"), step(2))
    failure = watch.look().failure
    assert failure is not None
    assert (failure.code, failure.parameters["step"]) == ("training_killed", 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 0))
    failure = watch.look().failure
    assert failure is not None
    assert failure.code == "disk_full"
    told(watch, Failed(2, "training_diverged", {"step": "2"}))
    failure = watch.look().failure
    assert failure is not None
    assert (failure.code, failure.parameters) == ("training_diverged", {"step": "2"})


def test_what_is_done_again_is_drawn_once(watch: RunWatch) -> None:
    told(watch, STARTED, *(step(n, loss=n) for n in (1, 2, 3)), scored(3, "", 0.1))
    watch.look()
    told(watch, Started(2, 6, 2, 1, 100, ("road",), "cpu", "float32", 2), step(3, loss=30))

    progress = watch.look()

    steps, losses, smoothed, _ = progress.curve
    assert steps.tolist() == [1, 2, 3]
    assert losses.tolist() == [1, 2, 30]
    assert smoothed.tolist() == [1, 1.5, 11]  # Means, as long as there are few.
    assert progress.scores == {}


def test_scores_are_told_by_corruption_and_class(watch: RunWatch) -> None:
    told(watch, STARTED, scored(0, "", 0.5), scored(0, "fog", 0.3), scored(4, "", 0.6))

    progress = watch.look()

    assert progress.scores == {"": [(0, 0.5), (4, 0.6)], "fog": [(0, 0.3)]}
    assert progress.classes == {"road": [(0, 0.5), (4, 0.6)]}


def test_long_curves_are_thinned_out_and_end_with_the_latest(watch: RunWatch) -> None:
    log = "\n".join(
        f'{{"event": "stepped", "step": {n}, "loss": 1, "learning_rate": 1, "seconds": 1,'
        ' "parts": 1}'
        for n in range(1, 3501)
    )
    (watch.run / "events.jsonl").write_text(log + "\n")

    steps = watch.look().curve[0]

    assert len(steps) <= 1000
    assert steps[-1] == 3500
    assert (np.diff(steps) > 0).all()


def test_the_time_that_is_left_counts_steps_validations_and_the_proof(watch: RunWatch) -> None:
    assert watch.look().remaining_s is None
    with held(watch.run):
        told(watch, STARTED, scored(0, "", 0.5), step(1), step(2))
        # Four steps of 2 s; validations at 4 and 6, of an image that takes 3 s.
        assert watch.look().remaining_s == 4 * 2 + 2 * 3


def test_images_to_segment_are_those_that_a_run_segments(tmp_path: Path) -> None:
    recipe = recipe_for(tmp_path)
    # Six steps, validated every four: before the first step, at 4 and at 6.
    assert images_to_segment(recipe, 5) == 5 * 3
    assert images_to_segment(recipe, 5, since=4) == 5
