"""The window of the robustness benchmark."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from studio import SAMPLES, Studio

from segformer_gui import app
from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Theme


def take_benchmark(theme: Theme) -> None:
    """The window of the benchmark, with the embedded model on three sample scenes."""
    from segformer_gui.core.robustness.benchmark import Request

    place = Path(tempfile.gettempdir())
    data, out = place / "street-scenes", place / "street-scenes-kr16"
    for kind, source in ("images", SAMPLES), ("labels", shipped("resources", "samples_labels")):
        (data / kind).mkdir(parents=True, exist_ok=True)
        for image in sorted(source.glob("*.png"))[:3]:
            shutil.copy(image, data / kind)
    studio = Studio(theme, (1320, 840))
    window, run = studio.window, studio.session.benchmark
    app.start(window, [])
    studio.wait_until(lambda: studio.session.models.ready)
    window.actions_by_id["benchmark"].trigger()
    bench = window.lab.benchmark
    assert bench is not None, "its action has just opened it"
    bench.resize(1240, 820)
    bench.form.show_request(Request(data, ("segformer-b0-camvid",)), out)
    bench.go.click()
    studio.wait_until(lambda: not run.running)
    bench.message_bar.hide()
    bench.form.out.line.setText("~/benchmarks/street-scenes")
    bench.form.data.line.setText("~/street-scenes")
    for page, name in {
        bench.conditions: "conditions",
        bench.curves: "curves",
        bench.models: "models",
    }.items():
        bench.pages.setCurrentWidget(page)
        studio.wait_until(lambda: True)
        studio.take(f"benchmark-{name}-{theme}", bench)
    studio.session.close()
    window.close()
