"""A live source in the window: shown, corrupted, lost and found, and left."""

from __future__ import annotations

from pathlib import Path

import pytest
from video_clips import streamed, write_clip

from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.video import live as live_module


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "_FIRST_WAIT_S", 0.02)


def test_a_stream_is_shown_comes_back_and_gives_way_to_an_image(
    threaded, qtbot, tmp_path: Path, images: list[Path]
) -> None:
    session = threaded.session
    told: list[str] = []
    session.live.told.connect(lambda state, _: told.append(state))
    clip = write_clip(tmp_path / "clip.ts", "mpeg2video", frames=12)
    with streamed(clip) as (address, server):
        session.live.open(address)
        qtbot.waitUntil(lambda: session.current.result is not None, timeout=30000)
        assert session.current.picture.pixels.shape == (48, 64, 3)
        assert threaded.compare.isVisible()
        condition = Condition((Step("contrast", 3),))
        session.lab.set_condition(condition)
        qtbot.waitUntil(lambda: session.lab.shown == condition, timeout=30000)
        server["up"] = False
        sentence = threaded.message_bar.sentence
        qtbot.waitUntil(lambda: "was lost" in sentence.text(), timeout=30000)
        assert threaded.message_bar.isVisible()
        server["up"] = True
        before = told.count("playing")
        qtbot.waitUntil(lambda: told.count("playing") > before, timeout=30000)
        session.images.open(images)
        qtbot.waitUntil(lambda: session.images.current == images[0])
        assert session.live.address is None
    qtbot.waitUntil(lambda: session.current.picture.path == images[0])
    qtbot.waitUntil(lambda: session.lab.corrupted.result is not None)


def test_what_cannot_be_reached_says_so_and_another_can_be_opened(threaded, qtbot) -> None:
    session = threaded.session
    session.live.open("http://127.0.0.1:9/nothing")
    bar = threaded.message_bar
    said = "http://127.0.0.1:9/nothing cannot be reached: "
    qtbot.waitUntil(lambda: bar.sentence.text().startswith(said), timeout=30000)
    assert "tried again" in bar.hint.text()
    session.live.close()
    assert not threaded.compare.isVisible()
