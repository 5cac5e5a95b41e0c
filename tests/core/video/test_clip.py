"""Any frame of any clip is the one that playing it from the start would show."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from video_clips import hashed, moving_scene, played_through, write_clip

from segformer_gui.core.errors import UserError
from segformer_gui.core.video.clip import Clip

KINDS = {
    "b_frames.mp4": {"b_frames": 3},
    "open_gop.mp4": {"b_frames": 3, "options": {"x264-params": "open-gop=1:scenecut=0"}},
    "b_frames.avi": {"codec": "mpeg4", "b_frames": 2},
    "lossless.mkv": {"codec": "ffv1"},
    "no_times.h264": {"b_frames": 2},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "broadcast.ts": {"b_frames": 2},
    "ten_bits.mp4": {"pixels": "yuv420p10le"},
    "odd_size.mp4": {"size": (47, 63), "pixels": "yuv444p"},
    "odd_size.avi": {"codec": "mpeg4", "size": (47, 63)},
    "one_key.mp4": {"key_every": 1000},
    "varying.mkv": {"stamps": [40 * n + 7 * (n % 3) + 500 * (n > 12) for n in range(30)]},
    "no_length.mkv": {"container_options": {"live": "1"}},
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    return {name: write_clip(folder / name, **kind) for name, kind in KINDS.items()}


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_in_any_order_is_that_of_playing_it_through(
    clips: dict[str, Path], name: str
) -> None:
    truth = played_through(clips[name])
    clip = Clip(clips[name])

    assert clip.count == len(truth) == 30
    order = np.random.default_rng(0).permutation(30)
    assert [hashed(clip.frame(int(number))) for number in order] == [truth[n] for n in order]
    assert clip.notes == ()
    assert np.all(np.diff(clip.times) >= 0)
    clip.close()


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(walk=st.lists(st.integers(0, 29), max_size=12))
def test_any_walk_through_a_clip_is_exact_though_little_is_cached(
    clips: dict[str, Path], walk: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segformer_gui.core.video.clip._CACHE_BYTES", 0)
    monkeypatch.setattr("segformer_gui.core.video.clip._KEPT_BEFORE", 0)
    truth = played_through(clips["open_gop.mp4"])
    clip = Clip(clips["open_gop.mp4"])

    assert [hashed(clip.frame(number)) for number in walk] == [truth[number] for number in walk]
    assert len(clip._cache) <= 1
    clip.close()


def test_times_are_the_clips_own(clips: dict[str, Path]) -> None:
    stamps = KINDS["varying.mkv"]["stamps"]
    varying = Clip(clips["varying.mkv"])
    steady = Clip(clips["b_frames.mp4"])

    assert np.allclose(varying.times, np.array(stamps) / 1000, atol=1e-6)
    assert steady.rate == 25
    assert np.allclose(steady.times, np.arange(30) / 25)
    assert not varying.index.has_audio


def test_the_cache_is_bounded(clips: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    frame_bytes = 48 * 64 * 3
    monkeypatch.setattr("segformer_gui.core.video.clip._CACHE_BYTES", 12 * frame_bytes)
    clip = Clip(clips["b_frames.mp4"])

    for number in range(30):
        clip.frame(number)
        assert len(clip._cache) <= 12


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_rotation_in_the_metadata_is_applied(tmp_path: Path, degrees: int) -> None:
    plain = Clip(write_clip(tmp_path / "plain.mp4", frames=3))
    turned = Clip(write_clip(tmp_path / "turned.mp4", frames=3, rotation=degrees))

    assert np.array_equal(turned.frame(1), np.rot90(plain.frame(1), degrees // 90))
    assert turned.size == turned.frame(0).shape[:2]


def test_colours_are_those_that_were_drawn(clips: dict[str, Path]) -> None:
    for name in ("lossless.mkv", "ten_bits.mp4"):
        difference = np.abs(Clip(clips[name]).frame(7).astype(int) - moving_scene(7))
        assert difference.mean() < 6, name


@pytest.mark.parametrize("name", ["lossless.mkv", "vp9.webm"])
def test_a_clip_cut_short_plays_to_its_end_and_says_so(
    clips: dict[str, Path], name: str, tmp_path: Path
) -> None:
    whole = clips[name].read_bytes()
    cut = tmp_path / name
    cut.write_bytes(whole[: int(len(whole) * 0.6)])
    truth = played_through(clips[name])
    clip = Clip(cut)

    assert [note.code for note in clip.notes] == ["video_cut_short"]
    assert 10 < clip.count < 30
    assert hashed(clip.frame(clip.count - 2)) == truth[clip.count - 2]


def test_damaged_frames_are_named_and_the_others_play(
    clips: dict[str, Path], tmp_path: Path
) -> None:
    data = bytearray(clips["b_frames.mp4"].read_bytes())
    middle = data.index(b"mdat") + (data.index(b"moov") - data.index(b"mdat")) // 2
    data[middle : middle + 60] = bytes(60)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    truth = played_through(clips["b_frames.mp4"])
    clip = Clip(path)

    damaged: dict[int, str] = {}
    shown: list[int] = []
    for number in range(clip.count):
        try:
            shown += [number] if hashed(clip.frame(number)) == truth[number] else []
        except UserError as error:
            damaged[number] = error.code
    assert set(damaged.values()) == {"video_frame_damaged"}
    assert shown[: min(damaged)] == list(range(min(damaged)))
    assert shown[-1] == 29


def test_what_is_no_video_is_one_sentence(clips: dict[str, Path], tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.mp4"
    nonsense.write_bytes(b"nothing" * 100)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clips["b_frames.mp4"].read_bytes()[:2000])
    sound = tmp_path / "sound.m4a"
    with av.open(str(sound), "w") as container:
        track = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate = 48000
        container.mux(track.encode(frame))
        container.mux(track.encode(None))

    for path, code in (
        (nonsense, "video_broken"),
        (cut, "video_broken"),
        (sound, "video_empty"),
        (tmp_path / "nowhere.mp4", "file_missing"),
    ):
        with pytest.raises(UserError) as caught:
            Clip(path)
        assert caught.value.code == code, path


def test_a_playlist_that_names_other_files_is_not_followed(tmp_path: Path) -> None:
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n")

    with pytest.raises(UserError) as caught:
        Clip(playlist)
    assert caught.value.code in ("video_broken", "video_empty")


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["solidWhiteRight.mp4", "udacity_vehicle_test_video.mp4"])
def test_real_clips_scrub_exactly(shared_data: Path, name: str) -> None:
    path = shared_data / "video" / name
    truth = played_through(path)
    clip = Clip(path)

    assert clip.count == len(truth)
    for number in np.random.default_rng(1).permutation(clip.count)[:6]:
        assert hashed(clip.frame(int(number))) == truth[number]
