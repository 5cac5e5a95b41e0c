"""What every verb prints alike: sentences for errors, progress bars, JSON."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from segformer_gui.core.errors import Note, UserError, memory_ended
from segformer_gui.messages import explain, explain_note

BAD_INPUT = 2
INTERRUPTED = 130

console = Console(highlight=False)
# Progress and problems go to standard error, so that standard output can be piped.
error_console = Console(stderr=True, highlight=False)


@contextmanager
def errors_as_sentences() -> Generator[None, None, None]:
    """Turn a `UserError` into a sentence, a hint and exit code 2; Ctrl+C into exit code 130.

    So do a closed folder, whoever looked into it, and memory that ended.
    """
    try:
        yield
    except UserError as error:
        print_error(error)
        raise SystemExit(BAD_INPUT) from error
    except PermissionError as error:
        print_error(UserError("no_permission", path=error.filename))
        raise SystemExit(BAD_INPUT) from error
    except Exception as error:
        if not memory_ended(error):
            raise
        print_error(UserError("memory_ended"))
        raise SystemExit(BAD_INPUT) from error
    except KeyboardInterrupt as error:
        error_console.print("Stopped.")
        raise SystemExit(INTERRUPTED) from error


def print_error(error: UserError, path: Path | None = None) -> None:
    """The sentence and hint of `error`, on standard error, after the `path` if it names none."""
    if path is not None and "path" not in error.parameters:
        error_console.print(f"{path}:", markup=False, soft_wrap=True)
    sentence, hint = explain(error)
    error_console.print(f"[bold red]Error:[/] {_plain(sentence)}", soft_wrap=True)
    error_console.print(_plain(hint), soft_wrap=True)


def print_notes(notes: tuple[Note, ...]) -> None:
    """Each note's sentence, on standard error."""
    for note in notes:
        error_console.print(
            f"[yellow]Note:[/] {_plain(explain_note(note.code, note.parameters))}", soft_wrap=True
        )


def print_json(content: object) -> None:
    """JSON on standard output; not-a-number would not be JSON and raises ValueError."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def progress_bar() -> Progress:
    """A bar with count, elapsed and remaining time on standard error; silent in a pipe."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=error_console,
        disable=not error_console.is_terminal,
        transient=True,
    )


@contextmanager
def interrupt_as_flag() -> Generator[Flag, None, None]:
    """The first Ctrl+C or SIGTERM sets the flag, so that the step can end; the next interrupts."""
    asked = Flag()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _: object) -> None:
        asked.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _plain(text: str) -> str:
    """`text` with rich's markup switched off: paths may hold brackets."""
    return text.replace("[", r"\[")
