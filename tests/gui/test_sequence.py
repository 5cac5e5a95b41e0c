"""A folder of images as one video in the window: as a clip is, at the rate that a person tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QInputDialog
from video_clips import moving_scene, write_sequence

from segformer_gui.core.images import write_png
from segformer_gui.core.settings import Settings
from segformer_gui.core.video.clip import Clip
from segformer_gui.core.video.frames import frames_of
from segformer_gui.gui.docks.files import STATE_ROLE
from segformer_gui.gui.messages import sentence_and_hint
from segformer_gui.gui.session.images import Images
from segformer_gui.gui.video_dialog import VideoExportDialog
from tests.gui.conftest import make_image

FRAMES = 16


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sequence(tmp_path / "fährt.a", FRAMES)


@pytest.fixture
def open_sequence(window, monkeypatch: pytest.MonkeyPatch):
    """Choose a folder and a rate in the dialogs of the menu's entry; the rate that was offered."""

    def choose(folder: Path, rate: float = 10, accepted: bool = True) -> float:
        offered = []
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
        monkeypatch.setattr(
            QInputDialog, "getDouble", lambda *asked: offered.append(asked[3]) or (rate, accepted)
        )
        window.actions_by_id["open_sequence"].trigger()
        return offered[0]

    return choose


@pytest.fixture
def player(window, folder, open_sequence):
    open_sequence(folder)
    return window.session.player


def test_it_is_one_entry_that_plays_as_a_clip_does(window, player, folder):
    session = window.session
    assert session.images.paths == [folder]
    assert window.windowTitle() == "fährt.a - SegFormer GUI"
    assert window.video.bar.isVisible()
    assert (player.video.rate, len(player.times)) == (10, FRAMES)
    assert session.thumbnails.get(folder).shape == (48, 64, 3)
    index = window.files.view.model().index(0, 0)
    assert (index.data(), index.data(STATE_ROLE)) == ("fährt.a", "Video")
    player.seek(11)
    assert np.array_equal(session.current.picture.pixels, moving_scene(11))
    assert np.array_equal(session.current.result.labels, moving_scene(11)[..., 0] // 86)
    assert "12 / 16   0:01.10" in window.video.bar.place.text()
    session.lab.choose("fog")
    assert session.lab.corrupted.result is not None


def test_segmenting_all_images_passes_it_over(window, player, images):
    window.session.images.open(images)
    window.session.segment_every_image()
    assert window.session.segmentation.count() == len(images)


def test_frames_are_corrected_and_masks_proposed_at_its_rate(window, player, folder):
    session = window.session
    player.seek(4)
    session.frames.correct()
    assert session.images.current.name == "fährt.a_000004.png"
    session.frames.propose(3)
    rows = frames_of(session.projects.project, folder)
    assert {number: row.source.time_s for number, row in rows.items()} == pytest.approx(
        {4: 0.4, 5: 0.5, 6: 0.6, 7: 0.7}
    )
    session.images.select(folder)
    assert (player.number, sorted(session.frames.marks())) == (4, [4, 5, 6, 7])
    assert session.settings.recent == (str(folder),)


def test_an_export_has_its_rate_and_its_whole_name(window, player, folder, tmp_path):
    dialog = VideoExportDialog(window.session, window)
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.masks.setChecked(True)
    dialog.side_by_side.setChecked(True)
    window.session.video_export.start(dialog.work(), dialog.files(folder))

    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"fährt.a_overlay.mp4", "fährt.a_side_by_side.mp4", "fährt.a_masks"}
    written = Clip(tmp_path / "out" / "fährt.a_overlay.mp4")
    assert (written.count, written.rate) == (FRAMES, 10)
    assert len(list((tmp_path / "out" / "fährt.a_masks").iterdir())) == FRAMES


def test_opening_it_again_offers_its_rate_and_reads_it_anew(player, window, folder, open_sequence):
    player.seek(5)
    write_png(folder / f"frame_{FRAMES}.png", moving_scene(FRAMES))
    assert open_sequence(folder, 5) == 10
    assert window.session.images.paths == [folder]
    assert (player.video.rate, len(player.times), player.number) == (5, FRAMES + 1, 5)
    assert open_sequence(folder, 1, accepted=False) == 5
    assert player.video.rate == 5
    assert open_sequence(folder.parent, accepted=False) == 25


def test_a_recent_place_is_opened_as_it_was(window, player, folder, images):
    session = window.session
    session.images.open(images)
    session.remove_images(session.images.paths)
    _reopen(window, folder)
    assert (session.images.paths, player.video.rate) == ([folder], 10)
    session.remove_images([folder])
    session.images.open([folder])
    assert len(session.images.paths) == FRAMES
    session.remove_images(session.images.paths)
    _reopen(window, folder)
    assert len(session.images.paths) == FRAMES


def test_what_is_recent_is_known_at_the_next_start(window, player, folder):
    window.close()
    settings = window.session.settings
    assert settings.recent == (str(folder),)
    assert settings.sequences == {str(folder): 10}
    window.session.forget_recent()
    window.session._save_settings()
    assert window.session.settings.sequences == {}


def test_rates_that_cannot_be_are_not_taken_from_the_settings(window):
    known = Settings(sequences={"a": 10.0, "b": 0.0, "c": float("nan"), "d": float("inf")})
    images = Images(
        window.session.lanes, window.session.status, lambda _: None, "opened", known.sequences
    )
    assert images.rates == {Path("a"): 10}


def test_a_folder_without_images_says_so(window, open_sequence, tmp_path):
    (tmp_path / "empty").mkdir()
    open_sequence(tmp_path / "empty")
    assert window.message_bar.sentence.text() == f"No images were found in {tmp_path / 'empty'}."
    assert window.session.images.paths == []
    assert window.session.settings.recent == ()


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [("size", "is not of the size of the images before it"), ("damage", "is not an image that")],
)
def test_an_image_that_does_not_fit_is_named_and_others_are_shown(
    window, player, folder, bad, sentence
):
    if bad == "size":
        make_image(folder / "frame_3.png")
    else:
        (folder / "frame_3.png").write_bytes(b"no image")
    player.seek(2)
    player.step(1)
    assert player.number == 2
    assert str(folder / "frame_3.png") in window.message_bar.sentence.text()
    assert sentence in window.message_bar.sentence.text()
    player.step(1)
    assert np.array_equal(window.session.current.picture.pixels, moving_scene(4))


def test_the_time_line_leaves_out_what_cannot_be_shown(window, open_sequence, folder):
    (folder / "frame_5.png").write_bytes(b"no image")
    open_sequence(folder)
    line = window.video.bar.timeline
    assert 5 in line.wanted_pictures()
    assert sorted(line._pictures) == [n for n in line.wanted_pictures() if n != 5]


def test_a_first_image_that_is_broken_is_told_until_it_is_mended(window, open_sequence, folder):
    (folder / "frame_0.png").write_bytes(b"no image")
    open_sequence(folder)
    images = window.session.images
    assert "frame_0.png" in sentence_and_hint(images.errors[folder])[0]
    write_png(folder / "frame_0.png", moving_scene(0))
    window.session.segment_current()
    assert window.session.player.video.count == FRAMES
    assert images.current == folder


def _reopen(window, folder: Path) -> None:
    window.menus.recent.aboutToShow.emit()
    texts = {action.text(): action for action in window.menus.recent.actions()}
    texts[str(folder)].trigger()
