"""A clip in the window: shown, stepped, played by the clock, stressed, corrected, exported."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.images import read_labels
from segformer_gui.core.video.clip import Clip
from segformer_gui.core.video.frames import frames_of
from segformer_gui.gui.video_dialog import VideoExportDialog
from tests.gui.conftest import labels_of, make_image
from tests.gui.playing import FRAMES, turn


def test_a_clip_is_one_entry_and_shows_its_first_frame_with_its_mask(window, player, clip_path):
    clip = Clip(clip_path)
    assert window.session.images.paths == [clip_path]
    assert window.video.bar.isVisible()
    assert (player.number, len(player.times)) == (0, FRAMES)
    shown = window.session.current
    assert np.array_equal(shown.picture.pixels, clip.frame(0))
    assert np.array_equal(shown.result.labels, labels_of(clip.frame(0)))


def test_keys_step_exactly_and_stop_at_the_ends(window, player, clip_path, qtbot):
    clip = Clip(clip_path)
    keys = [(Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1)]
    for key, number in keys:
        qtbot.keyClick(window, key)
        assert player.number == number
        assert np.array_equal(window.session.current.picture.pixels, clip.frame(number))
    qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert player.number == 11
    player.step(100)
    assert player.number == FRAMES - 1
    player.step(-100)
    assert player.number == 0


def test_a_click_on_the_time_line_goes_there(window, player, qtbot):
    line = window.video.bar.timeline
    place = QPoint(round(line.width() * 0.5), 20)
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=place)
    assert player.number == round(0.5 * (FRAMES - 1))
    assert "/ 20" in window.video.bar.place.text()


def test_what_the_bar_tells_does_not_make_the_window_wider(window, player, qtbot):
    bar = window.video.bar
    least = bar.minimumSizeHint().width()
    assert least < 600
    player.times = np.arange(100_000) / 25
    player.number, player.dropped = 99_999, 12_345
    player.frame_changed.emit()
    assert "12345 dropped" in bar.place.text()
    assert "12345 dropped" in bar.place.toolTip()
    assert bar.place.sizeHint().width() > bar.place.minimumWidth()
    assert bar.minimumSizeHint().width() == least
    player.show(None)


def test_the_clock_decides_which_frame_is_next(player, clock):
    """At 25 frames a second, a network that takes 0.1 s sees about every third frame."""
    player.toggle()
    seen = []
    for _ in range(60):
        if not player.playing:
            break
        turn(player, clock, 0.1)
        seen.append(player.number)
    assert seen == sorted(seen)
    assert seen[-1] == FRAMES - 1
    assert len(set(seen)) < FRAMES / 2
    assert player.dropped == FRAMES - len(set(seen) | {0})
    assert not player.playing


def test_where_the_network_is_fast_no_frame_is_left_out(player, clock):
    player.toggle()
    seen = []
    for _ in range(400):
        turn(player, clock, 0.005)
        seen.append(player.number)
        if not player.playing:
            break
    assert sorted(set(seen)) == list(range(FRAMES))
    assert player.dropped == 0
    assert 0.03 < player.frame_s < 0.05


def test_a_loop_plays_between_the_marks(player, clock):
    player.seek(4)
    player.mark_first()
    player.seek(9)
    player.mark_last()
    player.set_loop(True)
    player.toggle()
    seen = []
    for _ in range(120):
        turn(player, clock, 0.02)
        seen.append(player.number)
    assert set(seen[1:]) == set(range(4, 10))
    assert seen.count(4) > 2
    assert player.playing
    player.toggle()
    assert not player.playing


@pytest.mark.parametrize("moving", [False, True])
def test_the_lab_works_on_the_frame_and_while_playing(window, player, clock, clip_path, moving):
    clip, lab = Clip(clip_path), window.session.lab
    condition = Condition((Step("gaussian_noise", 2),))
    player.set_moving(moving)
    player.seek(3)
    lab.set_condition(condition)

    expected = condition.apply(clip.frame(3), 3 if moving else None)
    assert np.array_equal(lab.corrupted.picture.pixels, expected)
    assert np.array_equal(lab.corrupted.result.labels, labels_of(expected))
    assert np.array_equal(window.session.current.picture.pixels, clip.frame(3))
    assert lab.shown == condition
    player.toggle()
    for _ in range(8):
        turn(player, clock, 0.05)
    number = player.number
    assert number > 3
    expected = condition.apply(clip.frame(number), number if moving else None)
    assert np.array_equal(lab.corrupted.picture.pixels, expected)
    player.toggle()
    assert window.session.current.result is not None


@pytest.mark.parametrize("network_ms", [20, 400])  # A slow one's frames show before their masks.
def test_the_strip_knows_the_flips_between_frames_that_were_seen(
    player, engine, clip_path, network_ms
):
    engine.network_ms = network_ms
    player.step(1)
    player.step(1)
    clip = Clip(clip_path)
    expected = np.mean(labels_of(clip.frame(1)) != labels_of(clip.frame(2)))
    assert player.flips[2] == pytest.approx(expected)
    assert np.isnan(player.flips[7])


def test_the_strip_of_another_corruption_begins_anew_and_comes_back(window, player, clip_path):
    lab = window.session.lab
    frames = [Clip(clip_path).frame(number) for number in range(3)]
    player.step(1)
    player.step(1)
    plain = player.flips[2]
    noise = Condition((Step("gaussian_noise", 3),))
    lab.set_condition(noise)
    assert np.isnan(player.flips).all()
    player.step(1)  # Its labels under noise are not compared with those of a clean frame.
    player.seek(1)
    player.step(1)
    expected = np.mean(labels_of(noise.apply(frames[1])) != labels_of(noise.apply(frames[2])))
    assert player.flips[2] == pytest.approx(expected)
    assert expected != plain
    player.set_moving(True)
    assert np.isnan(player.flips).all()
    lab.clear()
    assert player.flips[2] == plain


def test_memory_stays_flat_while_a_clip_is_looped(player, clock):
    """`benchmarks/video_memory.py` does it with 10,000 frames."""
    player.set_loop(True)
    player.toggle()

    def play(frames: int) -> int:
        for _ in range(frames):
            turn(player, clock, 0.04)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    play(20)
    tracemalloc.start()
    try:
        before, after = play(20), play(60)
    finally:
        tracemalloc.stop()
    assert after - before < 100_000  # Eleven frames of this clip.


def test_another_entry_ends_the_video_and_images_work_as_ever(window, player, tmp_path):
    image = make_image(tmp_path / "photo.png", 200)
    player.toggle()
    window.session.images.open([image], select=image)
    assert player.video is None
    assert not player.playing
    assert not window.video.bar.isVisible()
    assert np.all(
        window.session.current.result.labels == labels_of(window.session.current.picture.pixels)
    )
    window.session.lab.choose("fog")
    assert window.session.lab.corrupted.result is not None


def test_a_video_that_is_come_back_to_is_where_it_was(window, player, tmp_path, clip_path):
    image = make_image(tmp_path / "photo.png", 200)
    player.seek(7)
    window.session.images.open([image], select=image)
    window.session.images.select(clip_path)
    assert player.number == 7
    assert np.array_equal(window.session.current.picture.pixels, Clip(clip_path).frame(7))


def test_pausing_stays_and_makes_what_playing_left_out(threaded, clip_path, qtbot, engine):
    session = threaded.session
    player = session.player
    session.images.open([clip_path])
    qtbot.waitUntil(lambda: session.current.result is not None)
    session.lab.set_condition(Condition((Step("contrast", 3),)))
    qtbot.waitUntil(lambda: session.lab.corrupted.result is not None)
    player.toggle()
    qtbot.waitUntil(lambda: player.number >= 3)
    assert session.current.result is None  # Nobody looks at the clean frame.
    engine.gate.clear()
    engine.entered.clear()
    qtbot.waitUntil(engine.entered.is_set)
    number = player.number
    player.toggle()
    engine.gate.set()
    qtbot.waitUntil(lambda: session.current.result is not None)
    assert player.number == number
    assert session.lab.corrupted.result is not None


def test_scrubbing_shows_frames_while_the_network_is_busy(threaded, clip_path, qtbot, engine):
    session = threaded.session
    player = session.player
    session.images.open([clip_path])
    qtbot.waitUntil(lambda: session.current.result is not None)
    player._network_s = 1.0
    engine.gate.clear()
    for number in (3, 9, 12, 5):
        player.seek(number)
    qtbot.waitUntil(lambda: player.number == 5)
    assert np.array_equal(session.current.picture.pixels, Clip(clip_path).frame(5))
    assert session.current.result is None
    engine.gate.set()
    qtbot.waitUntil(lambda: session.current.result is not None)
    assert np.array_equal(session.current.result.labels, labels_of(Clip(clip_path).frame(5)))


def test_a_frame_is_corrected_in_the_editor_with_its_source(window, player, clip_path):
    player.seek(6)
    window.actions_by_id["video_correct"].trigger()

    session = window.session
    assert session.images.current.name == "drive_000006.png"
    document = session.masks.document
    assert document is not None
    project = session.projects.project
    row = project.images[document.image]
    assert (row.source.path, row.source.number) == (str(clip_path), 6)
    assert row.source.time_s == pytest.approx(6 / 25)
    assert np.array_equal(document.mask.labels, labels_of(Clip(clip_path).frame(6)))
    session.images.select(clip_path)
    assert session.frames.marks() == {6: False}


def test_a_corrected_mask_is_proposed_for_the_next_frames(window, player, clip_path):
    player.seek(6)
    session = window.session
    session.frames.correct()
    session.tools.set(class_id=2)
    assert session.editing.begin_stroke(2)
    session.editing.stroke_to(20, 20, 15)
    session.editing.end_stroke("brush")
    session.masks.save()
    window.actions_by_id["video_propose"].trigger()

    rows = frames_of(session.projects.project, clip_path)
    assert sorted(rows) == list(range(6, 17))
    assert rows[6].status == "corrected"
    assert {rows[number].status for number in range(7, 17)} == {"predicted"}
    proposed = session.projects.project.document(rows[7].id).mask
    assert not proposed.touched.any()
    assert (proposed.labels[15:25, 18:26] == 2).mean() > 0.7
    session.images.select(clip_path)
    marks = session.frames.marks()
    assert marks[6]
    assert not marks[7]


def test_taking_a_brush_in_hand_corrects_the_frame(window, player):
    player.seek(2)
    window.actions_by_id["tool_brush"].trigger()
    assert window.session.images.current.name == "drive_000002.png"


def test_an_export_writes_what_was_asked_for(window, player, tmp_path, clip_path):
    player.seek(5)
    player.mark_first()
    player.seek(8)
    player.mark_last()
    dialog = VideoExportDialog(window.session, window)
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.masks.setChecked(True)
    dialog.measured.setChecked(True)
    window.session.video_export.start(dialog.work(), dialog.files(clip_path))

    assert Clip(tmp_path / "out" / "drive_overlay.mp4").count == 4
    masks = sorted((tmp_path / "out" / "drive_masks").iterdir())
    assert [mask.name for mask in masks] == [f"{n:06}.png" for n in range(5, 9)]
    assert np.array_equal(read_labels(masks[0]), labels_of(Clip(clip_path).frame(5)))
    assert not np.isnan(player.flips[6:9]).any()
    assert "4 frames" in window.message_bar.sentence.text()
    assert window.session.video_export.progress is None


def test_a_broken_clip_says_so(window, tmp_path, clip_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip_path.read_bytes()[:500])
    window.session.images.open([broken])
    assert "video_broken" in str(window.session.images.errors[broken])
    assert window.session.player.video is None


def test_a_damaged_frame_pauses_and_is_told(window, player, clock):
    video = player.video
    video._damaged.add(5)
    video._cache.pop(5, None)
    errors = []
    window.session.failed.connect(errors.append)
    player.toggle()
    for _ in range(60):
        turn(player, clock, 0.02)
    assert [error.code for error in errors] == ["video_frame_damaged"]
    assert player.number == 4
    assert not player.playing
