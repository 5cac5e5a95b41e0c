"""Masks averaged over the frames that were shown: what counts, and what begins afresh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt

from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.prediction import argmax_labels
from segformer_gui.core.video.clip import Clip
from segformer_gui.gui.session.frame_view import Frame
from segformer_gui.gui.session.pictures import Picture, image_levels
from segformer_gui.gui.session.smoothing import Smoothing
from segformer_gui.gui.video_dialog import VideoExportDialog
from tests.gui.conftest import FakeEngine, labels_of
from tests.gui.playing import turn

AMOUNT = 0.7


@pytest.fixture
def smooth(player):
    player.set_smoothing(AMOUNT)
    return player


def averaged(pictures: Sequence[np.ndarray], amount: float = AMOUNT) -> np.ndarray:
    """The labels after these frames."""
    mean = None
    for picture in pictures:
        logits = FakeEngine().predict(picture, SegmentOptions(), lambda: False).logits.numpy()
        now = np.exp(logits) / np.exp(logits).sum(0)
        mean = now if mean is None else amount * mean + (1 - amount) * now
    return argmax_labels(torch.from_numpy(np.log(mean)), pictures[-1].shape[:2])


def shown(window) -> np.ndarray:
    return window.session.current.result.labels


def same(labels: np.ndarray, expected: np.ndarray) -> bool:
    """But for what rounding decides: where two classes are as likely as each other."""
    return bool((labels != expected).mean() < 0.003)


def test_it_is_off_until_somebody_asks(window, player, clip_path):
    assert not window.actions_by_id["video_smooth"].isChecked()
    for _ in range(3):
        player.step(1)
    assert np.array_equal(shown(window), labels_of(Clip(clip_path).frame(3)))


def test_frames_that_were_stepped_through_count(window, smooth, clip_path):
    frames = [Clip(clip_path).frame(number) for number in range(4)]
    for number in range(1, 4):
        smooth.step(1)
        expected = averaged(frames[: number + 1])
        assert same(shown(window), expected)
    assert (expected != averaged(frames[3:])).mean() > 0.01
    counts = np.bincount(expected.ravel(), minlength=3)
    assert np.array_equal(window.session.current.result.counts, counts)


def _another_model(window) -> None:
    models = window.session.models
    models.choose(models.chosen, reload=True)


AFRESH: dict[str, Callable[..., object]] = {
    "a step back": lambda window: window.session.player.step(-1),
    "ten on": lambda window: window.session.player.step(10),
    "a jump": lambda window: window.session.player.seek(14),
    "a model": _another_model,
    "a size": lambda window: window.session.change_settings(short_side="256"),
    "a strength": lambda window: window.session.player.set_smoothing(0.9),
}


@pytest.mark.parametrize("what", AFRESH)
def test_everything_else_begins_afresh(window, smooth, clip_path, what):
    for _ in range(4):
        smooth.step(1)
    AFRESH[what](window)

    clip, number = Clip(clip_path), smooth.number
    assert same(shown(window), averaged([clip.frame(number)]))
    smooth.step(1)
    both = [clip.frame(number), clip.frame(number + 1)]
    assert same(shown(window), averaged(both, smooth.smoothing.amount))


def test_while_it_plays_only_frames_that_are_shown_count(window, smooth, clock, clip_path):
    seen = [0]
    smooth.frame_changed.connect(lambda: seen.append(smooth.number))
    smooth.toggle()
    for _ in range(4):
        turn(smooth, clock, 0.1)
    smooth.toggle()
    numbers = list(dict.fromkeys(seen))
    assert smooth.dropped > 0
    clip = Clip(clip_path)
    assert same(shown(window), averaged([clip.frame(number) for number in numbers]))


def test_a_jump_while_it_plays_and_a_loop_begin_afresh(window, smooth, clock, clip_path):
    clip = Clip(clip_path)
    firsts = {4: averaged([clip.frame(4)]), 8: averaged([clip.frame(8)])}
    found: set[int] = set()

    def check() -> None:
        if smooth.number in firsts and smooth.number not in found:
            found.add(smooth.number)
            assert same(shown(window), firsts[smooth.number])

    smooth.seek(9)
    smooth.mark_last()
    smooth.seek(4)
    smooth.mark_first()
    smooth.seek(6)
    smooth.set_loop(True)
    smooth.toggle()
    turn(smooth, clock, 0.02)
    assert smooth.number == 6
    smooth.frame_changed.connect(check)
    smooth.seek(8)
    for _ in range(20):
        turn(smooth, clock, 0.02)
    assert found == {4, 8}


def test_a_frame_that_is_shown_again_keeps_its_mask(window, smooth, clock, clip_path):
    """Or each pause would be seen as a flicker."""
    lab = window.session.lab
    lab.set_condition(Condition((Step("contrast", 2),)))
    smooth.toggle()
    for _ in range(6):
        turn(smooth, clock, 0.04)
    before = lab.corrupted.result.labels
    assert window.session.current.result is None
    smooth.toggle()
    assert np.array_equal(lab.corrupted.result.labels, before)
    window.actions_by_id["segment"].trigger()
    assert np.array_equal(lab.corrupted.result.labels, before)
    # Nobody has looked at the clean frames before.
    frame = Clip(clip_path).frame(smooth.number)
    assert same(shown(window), averaged([frame]))


def test_each_side_has_a_past_of_its_own(window, smooth, clip_path):
    clip, lab = Clip(clip_path), window.session.lab
    smooth.step(1)
    condition = Condition((Step("contrast", 2),))
    lab.set_condition(condition)
    smooth.step(1)
    frames = [clip.frame(number) for number in range(3)]
    assert same(shown(window), averaged(frames))
    corrupted = averaged([condition.apply(frame) for frame in frames[1:]])
    assert same(lab.corrupted.result.labels, corrupted)


def test_what_was_given_up_is_not_remembered() -> None:
    def frame(number: int) -> Frame:
        pixels = np.full((32, 32, 3), 40 * number, np.uint8)
        return Frame(number, Picture(Path(), image_levels(pixels)), Condition(), after=number - 1)

    smoothing = Smoothing()
    smoothing.set(AMOUNT)
    segment = FakeEngine().segment

    def fed(number: int, landed: bool) -> np.ndarray:
        shown = frame(number)
        past = smoothing.pasts(shown, "model")[0]
        prediction = FakeEngine().predict(shown.picture.pixels, SegmentOptions(), lambda: False)
        smoothed = past.after.smoothed(prediction).logits.softmax(0).numpy()
        result = segment(shown.picture.pixels, SegmentOptions(), lambda: False)
        if landed:
            smoothing.keep((past, None), (result, None))
        return smoothed

    fed(0, landed=True)
    first = fed(1, landed=False)
    assert np.array_equal(fed(1, landed=True), first)
    fed(2, landed=False)
    alone = frame(3).picture.pixels
    logits = FakeEngine().predict(alone, SegmentOptions(), lambda: False).logits
    assert np.allclose(fed(3, landed=True), logits.softmax(0).numpy(), atol=1e-6)


def test_the_strip_is_that_of_the_masks_that_are_shown(window, player, clip_path, qtbot):
    frames = [Clip(clip_path).frame(number) for number in range(3)]
    plain = np.mean(labels_of(frames[1]) != labels_of(frames[2]))
    player.step(2)
    player.step(-1)
    player.step(1)
    assert player.flips[2] == pytest.approx(plain)
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    assert window.actions_by_id["video_smooth"].isChecked()
    assert window.actions_by_id["video_smooth_0.5"].isChecked()
    assert np.isnan(player.flips).all()
    player.seek(0)
    player.step(1)
    player.step(1)
    smoothed = np.mean(averaged(frames[:2], 0.5) != averaged(frames, 0.5))
    assert player.flips[2] == pytest.approx(smoothed)
    assert smoothed < plain
    window.actions_by_id["video_smooth"].trigger()
    assert player.flips[2] == pytest.approx(plain)
    assert np.array_equal(shown(window), labels_of(frames[2]))
    window.actions_by_id["video_smooth_0.9"].trigger()
    assert player.smoothing.amount == 0.9
    window.actions_by_id["video_smooth"].trigger()
    window.actions_by_id["video_smooth"].trigger()
    assert player.smoothing.amount == 0.9


def test_measuring_and_exporting_smooth_alike_and_tell_what_it_did(window, smooth):
    dialog = VideoExportDialog(window.session, window)
    assert dialog.work().smoothing == AMOUNT
    window.actions_by_id["video_measure"].trigger()
    message = window.message_bar.hint.text()
    assert "without smoothing" in message
    assert not np.isnan(smooth.flips[1:]).any()
    smoothed = smooth.flips[1:].copy()
    smooth.set_smoothing(0)
    assert np.isnan(smooth.flips).all()
    window.actions_by_id["video_measure"].trigger()
    assert "without smoothing" not in window.message_bar.hint.text()
    assert f"Flip rate {100 * smoothed.mean():.2f} %" in message
    assert f"without smoothing {100 * smooth.flips[1:].mean():.2f} %" in message
    assert smoothed.mean() < smooth.flips[1:].mean()
