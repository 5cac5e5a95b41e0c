"""`segformer-gui predict`: masks of images, as files."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from segformer_gui.cli.options import (
    CorruptOption,
    DeviceOption,
    Engine,
    EngineOption,
    FlipOption,
    JsonOption,
    ModelOption,
    PathsArgument,
    PrecisionOption,
    ScalesOption,
    SeedOption,
    SizeOption,
    SlidingOption,
    checked_condition,
    make_segmenter,
    segment_options,
)
from segformer_gui.cli.output import (
    BAD_INPUT,
    console,
    errors_as_sentences,
    print_error,
    print_json,
    print_notes,
    progress_bar,
)
from segformer_gui.cli.predict_video import (
    VIDEO_ENDINGS,
    EndOption,
    MovingOption,
    OverlayVideoOption,
    RateOption,
    SequenceOption,
    SideBySideOption,
    SmoothOption,
    StartOption,
    VideoOptions,
    predict_videos,
)
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.corruption.condition import Condition
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.images import (
    IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
    find_images,
    is_video,
    read_image,
    write_png,
)
from segformer_gui.core.inference.options import Measure, SegmentOptions
from segformer_gui.core.outputs import (
    LabelFormat,
    OutputKind,
    output_endings,
    plan_outputs,
    write_outputs,
)
from segformer_gui.core.palettes import Palette, painted
from segformer_gui.core.stages import spread, workers_for
from segformer_gui.core.video.video import RATE
from segformer_gui.core.video.work import VideoFiles, VideoWork

if TYPE_CHECKING:
    from segformer_gui.core.inference.prediction import Prediction
    from segformer_gui.core.inference.segmenter import Segmenter


def predict(
    paths: PathsArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the masks.", readable=False)],
    model: ModelOption = EMBEDDED_MODEL,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    size: SizeOption = "model",
    sliding: SlidingOption = False,
    flip: FlipOption = False,
    scales: ScalesOption = "1",
    with_overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the image with the mask over it.")
    ] = False,
    with_statistics: Annotated[
        bool,
        typer.Option("--statistics", help="Also write shares, confidence and versions as JSON."),
    ] = False,
    format_: Annotated[
        LabelFormat, typer.Option("--format", help="Class ids, colours, or Cityscapes' own ids.")
    ] = "index",
    palette: Annotated[
        Palette, typer.Option(help="Colours of the classes: the class set's own, or others.")
    ] = "own",
    confidence: Annotated[
        bool, typer.Option("--confidence", help="Also write the likeliest class's probability.")
    ] = False,
    entropy: Annotated[
        bool, typer.Option("--entropy", help="Also write the entropy of the classes, 0 to 1.")
    ] = False,
    margin: Annotated[
        bool, typer.Option("--margin", help="Also write the lead of the likeliest class.")
    ] = False,
    overlay_video: OverlayVideoOption = False,
    side_by_side: SideBySideOption = False,
    start: StartOption = 0,
    end: EndOption | None = None,
    smooth: SmoothOption = 0,
    moving: MovingOption = False,
    sequence: SequenceOption = False,
    rate: RateOption = RATE,
    corrupt: CorruptOption | None = None,
    seed: SeedOption = 0,
    engine: EngineOption = Engine.fast,
    json: JsonOption = False,
) -> None:
    """Segment images and videos and write their masks as <stem>.png.

    Beside it go <stem>_overlay.png and <stem>_statistics.json where they are asked for, and
    <stem>_confidence.png, _entropy and _margin as 16-bit grey: 0 to 65535 for 0 to 1.

    With --corrupt it is the corrupted image that is segmented and lies under the overlay; every
    image gets the same seed. A file that cannot be read is named and left out; the exit code is
    then 2.

    Of a video, every frame is segmented: its masks go to the folder <stem>_masks, numbered from
    000000.png, and what is asked for as <stem>_overlay.mp4, <stem>_side_by_side.mp4 and
    <stem>_video.json. --json and --statistics also measure how steady its masks are.
    """
    options = segment_options(size, sliding, flip, scales)
    with errors_as_sentences():
        beside: list[OutputKind] = []
        if with_overlay:
            beside.append("overlay")
        if with_statistics:
            beside.append("statistics")
        kinds: list[OutputKind] = [format_, *beside]
        asked: dict[Measure, bool] = {
            "confidence": confidence,
            "entropy": entropy,
            "margin": margin,
        }
        measures: list[Measure] = [measure for measure in asked if asked[measure]]
        endings = [".png", *output_endings(beside), *(f"_{m}.png" for m in measures)]
        found = list(paths) if sequence else find_images(paths, IMAGE_SUFFIXES | VIDEO_SUFFIXES)
        clips = [path for path in found if is_video(path)]
        outputs = plan_outputs([path for path in found if path not in clips], out, endings)
        video_outputs = plan_outputs(clips, out, VIDEO_ENDINGS)
        condition = checked_condition(corrupt, seed, engine) if corrupt else None
        segmenter = make_segmenter(model, device, precision)
        print_notes(segmenter.model.notes)
        wanted = _Wanted(options, kinds, measures, palette, condition)
        written, failed = _predict_all(segmenter, outputs, wanted)
        images: tuple[OutputKind, ...] = tuple(kind for kind in kinds if kind != "statistics")
        videos, failed_videos = predict_videos(
            segmenter,
            video_outputs,
            VideoOptions(
                options,
                VideoFiles(kinds=images, measures=tuple(measures), palette=palette),
                VideoWork(
                    condition=condition or Condition(),
                    moving=moving,
                    smoothing=smooth,
                    measured=json or with_statistics,
                ),
                rate,
                start,
                end,
                overlay_video,
                side_by_side,
                with_statistics,
            ),
        )
        failed += failed_videos
        if json:
            print_json(
                {
                    "model": segmenter.model.id,
                    "corruption": condition.to_json() if condition else None,
                    "written": written,
                    "videos": videos,
                    "failed": failed,
                }
            )
        else:
            if written or not clips:
                masks = f"{len(written)} masks written to {out}"
                console.print(masks, markup=False, soft_wrap=True)
            for video in videos:
                text = f"{video['frames']} frames of {video['video']} written to {out}"
                console.print(text, markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(BAD_INPUT)


@dataclass(frozen=True)
class _Wanted:
    """How to segment, and what to write of it."""

    options: SegmentOptions
    kinds: list[OutputKind]
    measures: list[Measure]
    palette: Palette
    condition: Condition | None


@dataclass(frozen=True)
class _Written:
    """What is said of an image whose files are written."""

    facts: dict[str, object]
    notes: tuple[Note, ...]


def _predict_all(
    segmenter: Segmenter, outputs: dict[Path, list[Path]], wanted: _Wanted
) -> tuple[list[dict[str, object]], list[str]]:
    """Facts of each mask written, and the images that failed.

    Some images are worked on at once: one is read or written while another is in the network, which
    on a processor makes better use of a core for each of several images than of all for one.
    """
    from segformer_gui.core.inference.threads import Admission  # With torch.

    admission, workers = Admission(segmenter), workers_for(len(outputs))

    def work(item: tuple[Path, list[Path]]) -> _Written | UserError:
        image_path, files = item
        try:
            image = read_image(image_path)
        except UserError as error:
            return error
        try:
            if wanted.condition is not None:
                image = wanted.condition.apply(image)
            prediction = admission.segment(image, wanted.options, workers)
            _write(segmenter.model.id, prediction, image, image_path, files, wanted)
        except UserError as error:
            if error.code in ("disk_full", "no_permission"):
                raise  # The output folder's, so no other image would fare better.
            return error
        return _Written(_facts(image_path, files, prediction), prediction.notes)

    written: list[dict[str, object]] = []
    failed: list[str] = []
    with closing(spread(work, iter(outputs.items()), workers)) as done, progress_bar() as progress:
        results = progress.track(done, total=len(outputs), description="Segmenting")
        for path, result in zip(outputs, results, strict=True):
            if isinstance(result, UserError):
                print_error(result, path)
                failed.append(str(path))
            else:
                print_notes(result.notes)
                written.append(result.facts)
    return written, failed


def _write(
    model: str,
    prediction: Prediction,
    image: NDArray[np.uint8],
    path: Path,
    files: list[Path],
    wanted: _Wanted,
) -> None:
    files_by_kind = dict(zip(wanted.kinds, files, strict=False))
    colored = replace(prediction, classes=painted(prediction.classes, wanted.palette))
    write_outputs(files_by_kind, colored, path, model, pixels=image, condition=wanted.condition)
    for measure, file in zip(wanted.measures, files[len(wanted.kinds) :], strict=True):
        write_png(file, np.round(prediction.measured(measure) * 65535).astype(np.uint16))


def _facts(image: Path, files: list[Path], prediction: Prediction) -> dict[str, object]:
    return {
        "image": str(image),
        "files": [str(file) for file in files],
        "width": prediction.labels.shape[1],
        "height": prediction.labels.shape[0],
        "device": prediction.device,
        "precision": prediction.precision,
        "ms": round(prediction.timings.total_ms, 1),
        "notes": [note.code for note in prediction.notes],
    }
