"""A detached trainer: `python -m segformer_gui.core.training RUN`, with a recipe in the folder.

Of folds it goes on with the next one. `RUN --estimate` prints, as JSON, how long it would take, and
changes nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from collections import deque
from pathlib import Path

from segformer_gui.core.allocator import keep_large_blocks
from segformer_gui.core.errors import UserError
from segformer_gui.core.training.estimate import measure
from segformer_gui.core.training.events import Failed, Finished
from segformer_gui.core.training.folder import CHECKPOINT_FILE, RECIPE_FILE, asked
from segformer_gui.core.training.folds import next_fold
from segformer_gui.core.training.loop import log_event, train
from segformer_gui.core.training.recipe import read_recipe


def main() -> int:
    """Train until the end, or until asked to stop; what fails becomes the run's last event."""
    run = Path(sys.argv[1])
    keep_large_blocks()
    # The window and its inference come first: what a window's thread starts is behind that thread.
    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)
    if "--estimate" in sys.argv[2:]:
        return _estimate(run)
    terminated: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: terminated.append(number))
    try:
        while True:
            recipe = read_recipe(run / RECIPE_FILE)
            resume = (run / CHECKPOINT_FILE).is_file()
            events = train(recipe, run, resume=resume, stop=lambda: bool(terminated))
            (last,) = deque(events, maxlen=1)
            follows = next_fold(run.parent)
            # A stop that came too late for the run is meant for the folds after it.
            if follows is None or not isinstance(last, Finished) or asked(run) == "stop":
                break
            run = follows
    except UserError as error:
        return _fail(run, error)
    except Exception as error:  # noqa: BLE001 (the process's last boundary)
        traceback.print_exc()
        return _fail(run, UserError("training_failed", reason=str(error) or type(error).__name__))
    return 0


def _estimate(run: Path) -> int:
    try:
        print(measure(read_recipe(run / RECIPE_FILE)).to_line())  # noqa: T201 (its result)
    except UserError as error:
        facts = {key: str(value) for key, value in error.parameters.items()}
        print(json.dumps({"error": error.code, "parameters": facts}))  # noqa: T201
        return 1
    return 0


def _fail(run: Path, error: UserError) -> int:
    print(error, file=sys.stderr)  # noqa: T201 (its own log file)
    if error.code != "run_busy":  # That run goes on, in another process.
        with contextlib.suppress(OSError, UserError):  # A disk may be full to the last byte.
            parameters = {key: str(value) for key, value in error.parameters.items()}
            log_event(run, Failed(0, error.code, parameters))
    return 1


if __name__ == "__main__":
    sys.exit(main())
