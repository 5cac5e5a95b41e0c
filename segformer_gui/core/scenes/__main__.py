"""Write the sample images and their labels: `python -m segformer_gui.core.scenes OUT_DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

from segformer_gui.core.images import write_png
from segformer_gui.core.scenes import render_scene

SAMPLE_SEEDS = (29, 44, 46, 36, 45, 22)


def write_samples(folder: Path) -> None:
    """Write `samples/street_NN.png` and `samples_labels/street_NN.png` below `folder`.

    Raises `UserError` as `write_atomically`.
    """
    for number, seed in enumerate(SAMPLE_SEEDS, start=1):
        image, labels = render_scene(seed)
        write_png(folder / "samples" / f"street_{number:02}.png", image)
        write_png(folder / "samples_labels" / f"street_{number:02}.png", labels)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the sample street scenes.")
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    write_samples(parser.parse_args().folder)
