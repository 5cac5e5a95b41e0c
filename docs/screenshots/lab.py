"""The corruption lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio import SAMPLES, Studio

from segformer_gui import app
from segformer_gui.core.corruption.condition import Condition, Step
from segformer_gui.core.settings import Theme

if TYPE_CHECKING:
    pass


def take_lab(theme: Theme) -> None:
    """The corruption lab."""
    studio = Studio(theme, (1440, 860))
    window, session, lab = studio.window, studio.session, studio.session.lab

    def show(condition: Condition) -> None:
        lab.set_condition(condition, len(condition.steps) - 1)
        studio.wait_until(lambda: lab.shown == condition and lab.pair.scores is not None)

    app.start(window, [SAMPLES / "street_03.png"])
    studio.wait_until(lambda: session.segmentation.result is not None)
    window.lab.corruption.raise_()
    window.lab.comparison.raise_()
    studio.wait_until(lambda: window.lab.comparison.pg is not None)
    session.view.set_arrangement("side")
    show(Condition((Step("snow", 2),)))
    studio.take(f"lab-side-{theme}")
    session.view.set_arrangement("wipe")
    session.view.set_pair_map("errors")
    studio.wait_until(lambda: lab.pair.map("errors") is not None)
    studio.take(f"lab-wipe-{theme}")
    session.view.set_pair_map(None)
    session.view.set_arrangement("single")
    window.lab.severities.raise_()
    studio.wait_until(lambda: window.lab.severities.pg is not None)
    window.lab.severities.start("grid")
    studio.wait_until(lambda: lab.sweep.running is None)
    window.model.hide()  # The table needs its room.
    show(Condition((Step("motion_blur", 4),)))
    studio.take(f"lab-all-{theme}")
    window.lab.severities.start("breaking")
    studio.wait_until(lambda: lab.sweep.running is None)
    studio.take(f"lab-breaking-{theme}", window.lab.severities)
    session.close()
    window.close()
