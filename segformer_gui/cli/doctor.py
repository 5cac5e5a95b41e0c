"""`segformer-gui doctor`: what this machine has, and what it lacks."""

from __future__ import annotations

import typer

from segformer_gui.cli.options import JsonOption
from segformer_gui.cli.output import console, print_error, print_json
from segformer_gui.core.doctor import examine
from segformer_gui.messages import explain


def doctor(json: JsonOption = False) -> None:
    """Look at everything the application needs; exit code 1 if something is wrong."""
    checks = examine()
    if json:
        print_json(
            {
                check.name: {
                    "found": check.found,
                    "problem": " ".join(explain(check.problem)) if check.problem else None,
                }
                for check in checks
            }
        )
    else:
        for check in checks:
            mark = "[red]problem[/]" if check.problem else "[green]ok[/]     "
            console.print(f"{mark} {check.name}: ", end="")
            console.print(check.found, markup=False, soft_wrap=True)
            if check.problem:
                print_error(check.problem)
    if any(check.problem for check in checks):
        raise typer.Exit(1)
