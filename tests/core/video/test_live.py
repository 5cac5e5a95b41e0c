"""A live source gives its newest frame, tells when it is lost, and comes back."""

from __future__ import annotations

import socket
import wave
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest
from video_clips import streamed, write_clip

from segformer_gui.core.errors import UserError
from segformer_gui.core.video import live
from segformer_gui.core.video.live import LiveSource


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_FIRST_WAIT_S", 0.02)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, dict[str, bool]]]:
    """Address of a clip that a web server streams once a request, while `up`."""
    clip = write_clip(tmp_path / "clip.ts", "mpeg2video", frames=12)
    with streamed(clip) as address_and_state:
        yield address_and_state


def test_a_source_plays_is_lost_and_comes_back(served: tuple[str, dict[str, bool]]) -> None:
    address, server = served
    told: Queue[tuple[str, UserError | None]] = Queue()
    source = LiveSource(address, lambda state, error: told.put((state, error)))

    assert told.get(timeout=20)[0] == "connecting"
    assert told.get(timeout=20)[0] == "playing"
    state, error = told.get(timeout=20)
    assert (state, code_of(error)) == ("lost", "live_ended")
    server["up"] = False
    seen = [told.get(timeout=20) for _ in range(6)]
    server["up"] = True
    failed = [error for state, error in seen if state == "lost"]
    assert code_of(failed[-1]) == "live_lost"
    assert failed[-1].parameters["address"] == address
    assert failed[-1].parameters["reason"]
    while told.get(timeout=20)[0] != "playing":
        pass
    frame = source.newest(timeout_s=20)
    assert frame is not None
    assert frame.pixels.shape == (48, 64, 3)
    source.close(timeout_s=20)
    assert not source._thread.is_alive()


def test_the_newest_frame_is_given_once(served: tuple[str, dict[str, bool]]) -> None:
    source = LiveSource(served[0])
    first = source.newest(timeout_s=20)

    assert first is not None
    later = source.newest(after=first.number, timeout_s=20)
    assert later is not None
    assert later.number > first.number
    assert source.newest(after=10**9) is None
    source.close(timeout_s=20)


@pytest.mark.parametrize("address", ["file:/etc/passwd", "http://127.0.0.1:9/x", "camera:99"])
def test_what_was_never_reached_says_so_with_a_reason(address: str) -> None:
    told: Queue[tuple[str, UserError | None]] = Queue()
    source = LiveSource(address, lambda state, error: told.put((state, error)), timeout_s=1)

    assert told.get(timeout=20) == ("connecting", None)
    state, error = told.get(timeout=20)
    assert (state, code_of(error)) == ("lost", "live_unreachable")
    assert error.parameters["reason"]
    source.close(timeout_s=20)


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_what_sends_nothing_does_not_answer(scheme: str) -> None:
    told: Queue[tuple[str, UserError | None]] = Queue()
    with socket.create_server(("127.0.0.1", 0)) as server:  # Nobody ever accepts.
        address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/live"
        source = LiveSource(address, lambda state, error: told.put((state, error)), timeout_s=0.5)
        assert told.get(timeout=20)[0] == "connecting"
        assert code_of(told.get(timeout=20)[1]) == "live_silent"
        source.close(timeout_s=20)


def test_sound_alone_is_no_picture(tmp_path: Path) -> None:
    told: Queue[tuple[str, UserError | None]] = Queue()
    with streamed(write_sound(tmp_path / "sound.wav")) as (address, _):
        source = LiveSource(address, lambda state, error: told.put((state, error)))
        assert told.get(timeout=20)[0] == "connecting"
        assert code_of(told.get(timeout=20)[1]) == "live_no_picture"
        source.close(timeout_s=20)


def code_of(error: UserError | None) -> str | None:
    return error.code if error else None


def write_sound(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    return path
