"""`segformer-gui finetune`: a model learns from labelled images, and is not to forget."""

from __future__ import annotations

import json as json_module
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from segformer_gui.cli.options import JsonOption
from segformer_gui.cli.output import (
    console,
    errors_as_sentences,
    interrupt_as_flag,
    print_json,
    print_notes,
)
from segformer_gui.cli.train import show_events
from segformer_gui.core.catalogue import find_model
from segformer_gui.core.datasets import Layout, list_splits, open_dataset
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.files import write_atomically
from segformer_gui.core.training.options import Adjustments, Freeze, Preset

if TYPE_CHECKING:
    from collections.abc import Callable

    from segformer_gui.core.processes import Processes
    from segformer_gui.core.training.recipe import Data, Recipe


_ADVANCED = "In place of the preset's"


def finetune(
    data: Annotated[
        Path, typer.Argument(help="Project, or folder of images with masks.", readable=False)
    ],
    model: Annotated[
        str, typer.Option("--from", help="A name from `models list`, or a checkpoint's path.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="Folder of the run: log, checkpoint, model.", readable=False
        ),
    ],
    preset: Annotated[
        Preset, typer.Option(help="How much is learnt, and for how long.")
    ] = "balanced",
    layout: Annotated[
        Layout | None, typer.Option(help="How the files lie; detected unless given.")
    ] = None,
    split: Annotated[
        list[str] | None, typer.Option(help="Split to use; may be repeated. All unless given.")
    ] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(help="Sequence to prove it on; may be repeated. About a fifth unless given."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Hold nothing out: learn from all, prove nothing.")
    ] = False,
    leave_one_out: Annotated[
        bool,
        typer.Option(
            "--leave-one-out",
            help="A run for each sequence, which it holds out, one after the other.",
        ),
    ] = False,
    class_names: Annotated[
        list[str] | None, typer.Option("--class", help="Name of class 0, 1, ... of an index mask.")
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option("--map", help="DATA=MODEL: a class of the data as the model knows it."),
    ] = None,
    new_classes: Annotated[
        bool, typer.Option("--new-classes", help="Learn the classes that the model does not know.")
    ] = False,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps.", rich_help_panel=_ADVANCED)
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Crops a step.", rich_help_panel=_ADVANCED)
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Of the last block, at its highest.", rich_help_panel=_ADVANCED),
    ] = None,
    freeze: Annotated[
        Freeze | None,
        typer.Option(help="What stays exactly as it is.", rich_help_panel=_ADVANCED),
    ] = None,
    keep: Annotated[
        float | None,
        typer.Option(
            help="Share of the model from before in the new weights.",
            rich_help_panel=_ADVANCED,
        ),
    ] = None,
    distill: Annotated[
        float | None,
        typer.Option(
            help="Weight of what the model knew, where nothing is labelled.",
            rich_help_panel=_ADVANCED,
        ),
    ] = None,
    consistency: Annotated[
        float | None,
        typer.Option(
            help="Weight of predicting a corrupted twin like the crop itself.",
            rich_help_panel=_ADVANCED,
        ),
    ] = None,
    dice: Annotated[
        float | None, typer.Option(help="Weight of a Dice loss.", rich_help_panel=_ADVANCED)
    ] = None,
    lovasz: Annotated[
        float | None,
        typer.Option(help="Weight of a Lovász-softmax loss.", rich_help_panel=_ADVANCED),
    ] = None,
    ohem: Annotated[
        float | None,
        typer.Option(
            help="Share of the pixels that count, the hardest ones.", rich_help_panel=_ADVANCED
        ),
    ] = None,
    corruption: Annotated[
        list[str] | None,
        typer.Option(
            help="To train against; may be repeated, 'none' for none.", rich_help_panel=_ADVANCED
        ),
    ] = None,
    max_severity: Annotated[
        int | None,
        typer.Option(min=1, max=5, help="Of those corruptions.", rich_help_panel=_ADVANCED),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; see `runs`.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Fine-tune a model. Ctrl+C stops with a checkpoint; `runs start` goes on from it.

    A project is learnt from as it is now: its masks are copied into the run's folder. Under
    torchrun the processes share each batch.
    """
    with errors_as_sentences():
        from segformer_gui.core.processes import joined_processes
        from segformer_gui.core.training.recipe import Data

        _check_options(bool(hold_out), everything, leave_one_out)
        chosen = Data(
            root=str(data.absolute()),
            layout=layout,
            splits=tuple(split or list_splits(data, layout)),
            held_out=tuple(hold_out or ()),
            class_names=tuple(class_names or ()),
            class_map=_renamed(rename or []),
        )
        propose = not (hold_out or everything or leave_one_out)
        recipe = _recipe(chosen, _absolute(model), preset, propose)
        network = replace(recipe.network, classes="both" if new_classes else "initial")
        adjustments = Adjustments(
            steps=steps,
            batch=batch,
            learning_rate=learning_rate,
            freeze=freeze,
            keep=keep,
            distill=distill,
            consistency=consistency,
            dice=dice,
            lovasz=lovasz,
            ohem=ohem,
            corruptions=None
            if corruption is None
            else tuple(name for name in corruption if name != "none"),
            max_severity=max_severity,
            seed=seed,
        )
        recipe = _adjusted(replace(recipe, network=network), adjustments)
        if detach:
            _detach(recipe, out, leave_one_out)
            return
        with interrupt_as_flag() as asked, joined_processes() as processes:
            if leave_one_out:
                _leave_one_out(recipe, out, asked.is_set, processes, json)
            else:
                _run(recipe, out, asked.is_set, processes, json)


def _check_options(hold_out: bool, everything: bool, leave_one_out: bool) -> None:
    if everything and hold_out:
        raise typer.BadParameter("it holds nothing out", param_hint="--everything")
    if leave_one_out and (hold_out or everything):
        raise typer.BadParameter("it decides itself what is held out", param_hint="--leave-one-out")


def _adjusted(recipe: Recipe, adjustments: Adjustments) -> Recipe:
    from pydantic import ValidationError

    from segformer_gui.core.training.fine_tuning import adjusted

    try:
        return adjusted(recipe, adjustments)
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][-1] if first["loc"] else "steps").replace("_", "-")
        raise typer.BadParameter(first["msg"], param_hint=option) from error


def _detach(recipe: Recipe, out: Path, leave_one_out: bool) -> None:
    """Train in the background; a trainer of folds goes on from one to the next."""
    from segformer_gui.core.training import folder
    from segformer_gui.core.training.folds import next_fold, prepare_folds
    from segformer_gui.core.training.prepare import prepare_run

    run: Path | None = out
    if leave_one_out:
        prepare_folds(recipe, out)
        run = next_fold(out)
    elif (out / folder.CHECKPOINT_FILE).exists():
        run = None
    else:
        prepare_run(recipe, out)
    if run is None:
        raise UserError("run_exists", path=str(out))
    folder.wait_until_held(run, folder.start_detached(run))
    console.print(f"Started; `segformer-gui runs follow {run}` shows it.", markup=False)


def _absolute(model: str) -> str:
    """A model's name, or its path wherever a process is started."""
    entry = find_model(model)
    return str(Path(model).absolute()) if entry.origin == "local" else entry.id


def _recipe(data: Data, model: str, preset: Preset, propose: bool) -> Recipe:
    from segformer_gui.core.models import load_model
    from segformer_gui.core.training.fine_tuning import fine_tuning_recipe, propose_hold_out

    samples = [
        sample
        for split in data.splits or (None,)
        for sample in open_dataset(Path(data.root), data.layout, split).samples
    ]
    if propose:
        data = replace(data, held_out=propose_hold_out(samples))
    learnt = sum(sample.sequence not in data.held_out for sample in samples)
    return fine_tuning_recipe(data, model, load_model(model).short_side, learnt, preset)


def _run(
    recipe: Recipe, out: Path, stopped: Callable[[], bool], processes: Processes, json: bool
) -> None:
    from segformer_gui.core.training.folder import CHECKPOINT_FILE
    from segformer_gui.core.training.prepare import prepare_run

    if processes.first:
        if (out / CHECKPOINT_FILE).exists():
            raise UserError("run_exists", path=str(out))
        prepare_run(recipe, out)
    processes.told(True)  # The others read what the first one has written.
    _train(out, stopped, processes, json)


def _train(run: Path, stopped: Callable[[], bool], processes: Processes, json: bool) -> None:
    """Train the recipe in a run's folder, from its checkpoint if it has one, and show the proof."""
    from segformer_gui.core.training.folder import CHECKPOINT_FILE, PROOF_FILE, RECIPE_FILE
    from segformer_gui.core.training.loop import train
    from segformer_gui.core.training.recipe import read_recipe

    recipe = read_recipe(run / RECIPE_FILE)
    resume = processes.told((run / CHECKPOINT_FILE).exists())
    if processes.first and not json:
        held = ", ".join(recipe.data.held_out) or "nothing"
        console.print(f"Held out: {held}.", markup=False, soft_wrap=True)
    events = train(recipe, run, resume=resume, stop=stopped, processes=processes)
    if not processes.first:
        deque(events, maxlen=0)
        return
    show_events(events, json)
    if (run / PROOF_FILE).exists():
        _show_proof(json_module.loads((run / PROOF_FILE).read_text("utf-8")), json)


def _show_proof(proof: dict[str, Any], json: bool) -> None:
    """Before and after on the held-out images, as a table."""
    if json:
        print_json({"event": "proved", **proof})
        return
    table = Table("held out, mIoU %", "before", "after")
    rows = [("clean", proof["clean"]), ("corrupted", proof["corrupted"])]
    for name, pair in (*rows, *proof["corruptions"].items()):
        values = (pair[when]["value"] for when in ("before", "after"))
        table.add_row(name, *(f"{100 * value:.1f}" for value in values))
    console.print(table)
    agreement = 100 * proof["agreement"]
    console.print(f"{agreement:.1f} % of the pixels of images not trained on kept their class.")
    print_notes((Note(proof["verdict"], proof["parameters"]),))


def _leave_one_out(
    recipe: Recipe, out: Path, stopped: Callable[[], bool], processes: Processes, json: bool
) -> None:
    """A run in OUT/fold-SEQUENCE for each sequence; those that are proven are not run again."""
    from segformer_gui.core.training.folder import PROOF_FILE
    from segformer_gui.core.training.folds import folds_of, prepare_folds

    if processes.first:
        prepare_folds(recipe, out)
    processes.told(True)  # The others read what the first one has written.
    for run in folds_of(out).values():
        if processes.told((run / PROOF_FILE).exists()):
            continue
        _train(run, stopped, processes, json)
        if stopped():
            return
    if processes.first:
        _summarize(out, json)


def _summarize(out: Path, json: bool) -> None:
    """All folds in one table, and as `summary.json`."""
    from segformer_gui.core.training import folds

    rows = folds.table(out)
    content = f"{json_module.dumps(rows, indent=1)}\n"
    write_atomically(out / "summary.json", content.encode())
    if json:
        print_json({"event": "summary", "folds": rows})
        return
    table = Table("held out, mIoU %", "clean", "after", "change", "corrupted", "after", "change")
    for name, row in rows.items():
        cells: list[str] = []
        for quantity in ("clean", "corrupted"):
            before, after = (100 * row[quantity][when] for when in ("before", "after"))
            cells += [f"{before:.1f}", f"{after:.1f}", f"{after - before:+.1f}"]
        table.add_row(name, *cells)
    console.print(table)


def _renamed(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise typer.BadParameter(f"{pair!r} is not DATA=MODEL.", param_hint="--map")
    return dict(pair.split("=", 1) for pair in pairs)
