"""Videos."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from studio import Studio

from segformer_gui import app
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.scenes.drive import write_drive
from segformer_gui.core.settings import Theme


def take_video(theme: Theme) -> None:
    """A clip of our own scenes: measured, paused, and under snow beside itself."""
    studio = Studio(theme, (1320, 840))
    window, session = studio.window, studio.session
    player, runs = session.player, session.video_export
    clip = Path(tempfile.mkdtemp()) / "drive.mp4"
    write_drive(clip, 51, 32)
    app.start(window, [clip])
    studio.wait_until(lambda: player.video is not None and session.current.result is not None)
    window.actions_by_id["video_measure"].trigger()
    studio.wait_until(lambda: runs.progress is None)
    window.message_bar.hide()

    def show(number: int, mark: Callable[[], object]) -> None:
        player.seek(number)
        studio.wait_until(lambda: player.number == number and session.current.result is not None)
        mark()

    show(4, player.mark_first)
    show(26, player.mark_last)
    show(13, lambda: None)
    studio.take(f"video-{theme}")
    studio.take_dialog(
        f"video-export-{theme}", "video_export", lambda dialog: dialog.folder.setText("~/drive")
    )
    session.view.set_arrangement("side")
    player.set_moving(True)
    session.lab.set_condition(Condition((Step("snow", 2),)))
    studio.wait_until(lambda: session.lab.pair.scores is not None)
    studio.take(f"video-snow-{theme}")
    session.close()
    window.close()
