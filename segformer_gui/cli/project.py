"""`segformer-gui project`: create, info, predict, export."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segformer_gui.cli.options import (
    DeviceOption,
    FlipOption,
    JsonOption,
    ModelOption,
    PathsArgument,
    PrecisionOption,
    ScalesOption,
    SizeOption,
    SlidingOption,
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
from segformer_gui.core.annotation.predicted import accepted, in_classes
from segformer_gui.core.catalogue import EMBEDDED_MODEL
from segformer_gui.core.classes import (
    KNOWN_CLASS_SETS,
    ClassSet,
    known_class_set,
    read_class_names,
)
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import find_images, read_image
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.outputs import (
    LabelFormat,
    OutputKind,
    ProjectMask,
    output_endings,
    plan_outputs,
    write_outputs,
)
from segformer_gui.core.project.project import Project
from segformer_gui.core.project.record import STATUSES

if TYPE_CHECKING:
    from segformer_gui.core.inference.segmenter import Segmenter

_LEAST_SURE = 3  # Masks that are named.

project_app = typer.Typer(help="Images with masks to correct, as a folder.", no_args_is_help=True)

FolderArgument = Annotated[Path, typer.Argument(help="Folder of the project.", readable=False)]


@project_app.command()
def create(
    folder: FolderArgument,
    paths: PathsArgument,
    classes: Annotated[
        str,
        typer.Option(
            help=f"{', '.join(KNOWN_CLASS_SETS)}, or a text file with the name of a class a line."
        ),
    ] = "camvid",
) -> None:
    """Make a project of images, which stay where they are.

    A file that cannot be read is named and left out; the exit code is then 2.
    """
    with errors_as_sentences():
        images = find_images(paths)
        failed = 0
        with Project.create(folder, _class_set(classes)) as project:
            with progress_bar() as progress:
                task = progress.add_task("Adding", total=len(images))
                for _, error in project.add(images):
                    progress.advance(task)
                    if error is not None:
                        print_error(error)
                        failed += 1
            project.store()
            count = len(project.images)
        console.print(f"A project of {count} images is in {folder}", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(BAD_INPUT)


@project_app.command()
def info(
    folder: FolderArgument,
    verify: Annotated[
        bool, typer.Option("--verify", help="Also read every image and mask; exit code 2 if bad.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """What is in a project, and what a window that ended by itself left unsaved."""
    problems: list[UserError] = []
    with errors_as_sentences():
        project = Project(folder)
        project.close()  # It is only read: nobody shall have to wait for that.
        facts = _facts(project)
        if verify:
            share, problems = _verified(project)
            facts["corrected_share"] = share
            facts["problems"] = len(problems)
        for error in problems:
            print_error(error)
        if json:
            print_json(facts)
        else:
            for key, value in facts.items():
                shown = ", ".join(map(str, value)) if isinstance(value, list) else value
                console.print(f"{key:>16}  {shown}", markup=False, soft_wrap=True)
    if problems:
        raise typer.Exit(BAD_INPUT)


@project_app.command()
def predict(
    folder: FolderArgument,
    model: ModelOption = EMBEDDED_MODEL,
    all_: Annotated[
        bool, typer.Option("--all", help="Also images that have a mask; corrections stay.")
    ] = False,
    size: SizeOption = "model",
    sliding: SlidingOption = False,
    flip: FlipOption = False,
    scales: ScalesOption = "1",
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    json: JsonOption = False,
) -> None:
    """Fill the masks of a project with a model's predictions, never over what a person did.

    Classes are found by their names. The masks that the model is least sure of are named: they are
    most worth correcting. What cannot be read is named and left out; the exit code is then 2.
    """
    options = segment_options(size, sliding, flip, scales)
    with errors_as_sentences(), Project(folder) as project:
        project.check_writable()
        images = [image for image in project.images if all_ or not project.has_mask(image)]
        segmenter = make_segmenter(model, device, precision)
        print_notes(segmenter.model.notes)
        filled: dict[str, float] = {}
        with progress_bar() as progress:
            for image in progress.track(images, description="Segmenting"):
                try:
                    filled[image] = _fill(project, image, segmenter, options)
                except UserError as error:
                    if error.code in ("disk_full", "project_no_shared_classes"):
                        raise  # No other image would fare better.
                    print_error(error)
        failed = [image for image in images if image not in filled]
        if json:
            facts = {"filled": list(filled), "mean_confidence": filled, "failed": failed}
            print_json({"model": segmenter.model.id, **facts})
        else:
            console.print(f"{len(filled)} masks filled", markup=False, soft_wrap=True)
            for image in sorted(filled, key=lambda image: filled[image])[:_LEAST_SURE]:
                words = f"{100 * filled[image]:.1f} % sure: {image}"
                console.print(words, markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(BAD_INPUT)


@project_app.command()
def export(
    folder: FolderArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the masks.", readable=False)],
    format_: Annotated[
        LabelFormat, typer.Option("--format", help="Class ids, colours, or Cityscapes' own ids.")
    ] = "index",
    with_overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the image with the mask over it.")
    ] = False,
    with_statistics: Annotated[
        bool, typer.Option("--statistics", help="Also write the shares of the classes as JSON.")
    ] = False,
    checked: Annotated[
        bool, typer.Option("--checked", help="Only masks that a person says are right.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write the masks of a project as <stem>.png, with what a window has not saved yet.

    Images without a mask are left out. A mask that cannot be read is named; the exit code is then
    2.
    """
    with errors_as_sentences():
        project = Project(folder)
        project.close()  # It is only read: nobody shall have to wait for that.
        kinds: list[OutputKind] = [format_]
        if with_overlay:
            kinds.append("overlay")
        if with_statistics:
            kinds.append("statistics")
        images = {
            project.image_path(image): image
            for image, row in project.images.items()
            if (row.status == "checked" if checked else project.has_mask(image))
        }
        endings = [".png", *output_endings(kinds[1:])]
        written: list[dict[str, object]] = []
        with progress_bar() as progress:
            plan = plan_outputs(list(images), out, endings)
            for path, files in progress.track(plan.items(), description="Writing"):
                try:
                    mask = project.document(images[path]).mask
                    row = project.images[images[path]]
                    outcome = ProjectMask(mask.labels, project.classes, row.status)
                    write_outputs(dict(zip(kinds, files, strict=True)), outcome, path)
                except UserError as error:
                    if error.code == "disk_full":
                        raise  # No other mask would fare better.
                    print_error(error)
                    continue
                written.append(
                    {
                        "image": str(path),
                        "status": row.status,
                        "files": [str(file) for file in files],
                    }
                )
        failed = len(images) - len(written)
        if json:
            print_json({"written": written, "failed": failed})
        else:
            console.print(f"{len(written)} masks written to {out}", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(BAD_INPUT)


def _fill(project: Project, image: str, segmenter: Segmenter, options: SegmentOptions) -> float:
    """Put a prediction into a mask; returns its mean confidence, 0..1."""
    project.check_image(image)
    document = project.document(image)
    prediction = segmenter.segment(read_image(project.image_path(image)), options)
    print_notes(prediction.notes)
    labels = in_classes(prediction.labels, prediction.classes, project.classes)
    document.commit(document.mask.edit(accepted(document.mask, labels), touch=False), "accept")
    project.save(image)
    return prediction.mean_confidence


def _class_set(name: str) -> ClassSet:
    return known_class_set(name) if name in KNOWN_CLASS_SETS else read_class_names(Path(name))


def _facts(project: Project) -> dict[str, object]:
    rows = project.images.values()
    by_status = Counter(row.status for row in rows)
    return {
        "folder": str(project.folder),
        "images": len(project.images),
        **{status: by_status[status] for status in STATUSES},
        "hold_out": sum(row.hold_out for row in rows),
        "sequences": len({row.sequence for row in rows}),
        "unsaved": list(project.recovered),
        "classes": [name for name in project.classes.names if name],
    }


def _verified(project: Project) -> tuple[float, list[UserError]]:
    """Which share of the pixels a person touched, and what is wrong with images and masks."""
    problems: list[UserError] = []
    touched = pixels = 0
    with progress_bar() as progress:
        for image in progress.track(project.images, description="Reading"):
            try:
                project.check_image(image)
                mask = project.document(image).mask
            except UserError as error:
                problems.append(error)
                continue
            touched += int(mask.touched.sum())
            pixels += mask.touched.size
    return touched / max(1, pixels), problems
