"""`segformer-gui finetune`: a model learns from labelled images, and is not to forget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from segformer_gui.cli.options import JsonOption
from segformer_gui.cli.output import (
    console,
    errors_as_sentences,
    interrupt_as_flag,
    print_json,
    print_notes,
    progress_bar,
)
from segformer_gui.cli.train import show_events
from segformer_gui.core.datasets import Layout, list_splits, open_dataset
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import write_atomically
from segformer_gui.core.training.options import Preset

if TYPE_CHECKING:
    from segformer_gui.core.training.recipe import Data, Recipe


def finetune(
    data: Annotated[Path, typer.Argument(help="Folder of images with masks.", readable=False)],
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
        int | None, typer.Option(min=1, help="Steps, in place of the preset's.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; see `runs`.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Fine-tune a model. Ctrl+C stops with a checkpoint; `runs start` goes on from it."""
    with errors_as_sentences():
        from segformer_gui.core.training import folder
        from segformer_gui.core.training.loop import train
        from segformer_gui.core.training.recipe import Data

        if everything and hold_out:
            raise typer.BadParameter("it holds nothing out", param_hint="--everything")
        chosen = Data(
            root=str(data.absolute()),
            layout=layout,
            splits=tuple(split or list_splits(data, layout)),
            held_out=tuple(hold_out or ()),
            class_names=tuple(class_names or ()),
            class_map=_renamed(rename or []),
        )
        recipe = _recipe(chosen, model, preset, propose=not (hold_out or everything))
        network = replace(recipe.network, classes="both" if new_classes else "initial")
        recipe = replace(recipe, network=network, seed=seed)
        if steps:
            recipe = replace(recipe, optimizer=replace(recipe.optimizer, steps=steps))
        if not json:
            held = ", ".join(recipe.data.held_out) or "nothing"
            console.print(f"Held out: {held}.", markup=False, soft_wrap=True)
        if detach:
            if (out / folder.CHECKPOINT_FILE).exists():
                raise UserError("run_exists", path=str(out))
            write_atomically(out / folder.RECIPE_FILE, recipe.to_toml().encode())
            folder.start_detached(out)
            console.print(f"Started; `segformer-gui runs follow {out}` shows it.", markup=False)
            return
        with interrupt_as_flag() as asked:
            show_events(train(recipe, out, stop=asked.is_set), json)
            if recipe.data.held_out and not asked.is_set():
                _prove(recipe, out, asked.is_set, json)


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


def _prove(recipe: Recipe, out: Path, stopped: Callable[[], bool], json: bool) -> None:
    """Before and after on the held-out images, as a table, and as `proof.json` in the run."""
    from segformer_gui.core.robustness.events import Measured
    from segformer_gui.core.training.proof import Prover

    prover = Prover(recipe, out)
    with progress_bar() as progress:
        task = progress.add_task("Proving it", total=None)
        for event in prover.measure(stopped):
            if isinstance(event, Measured):
                progress.update(task, completed=event.done, total=event.total)
    if stopped():
        return
    proof = prover.proof()
    content = proof.to_json()
    write_atomically(out / "proof.json", f"{dumps(content, indent=1)}\n".encode())
    if json:
        print_json({"event": "proved", **content})
        return
    before, after = proof.results.models
    table = Table("held out, mIoU %", "before", "after")
    rows = [("clean", before.clean_miou, after.clean_miou), ("corrupted", before.mpc, after.mpc)]
    rows += [
        (name, scores.miou, after.corruptions[name].miou)
        for name, scores in before.corruptions.items()
    ]
    for name, one, other in rows:
        table.add_row(name, f"{100 * one.value:.1f}", f"{100 * other.value:.1f}")
    console.print(table)
    print_notes((proof.verdict,))


def _renamed(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise typer.BadParameter(f"{pair!r} is not DATA=MODEL.", param_hint="--map")
    return dict(pair.split("=", 1) for pair in pairs)
