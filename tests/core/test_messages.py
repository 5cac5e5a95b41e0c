"""Every code that the source raises has a sentence, and every sentence a code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import segformer_gui
from segformer_gui import messages
from segformer_gui.core.doctor import APT_PACKAGES
from segformer_gui.core.errors import UserError

PACKAGE = Path(segformer_gui.__file__).parent
ROOT = PACKAGE.parent
SOURCES = [path for path in PACKAGE.rglob("*.py") if path.name != "messages.py"]


def codes_made_with(constructor: str) -> dict[str, set[str]]:
    """Codes given as a literal to `constructor` anywhere in the source, with their parameters."""
    found: dict[str, set[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == constructor):
                continue
            if not (node.args and isinstance(node.args[0], ast.Constant)):
                continue
            keywords = {k.arg for k in node.keywords if k.arg}
            if len(node.args) > 1 and isinstance(node.args[1], ast.Dict):
                keywords |= {k.value for k in node.args[1].keys if isinstance(k, ast.Constant)}
            # What `**_named(...)` adds, and `file_error` gives.
            if any(k.arg is None for k in node.keywords):
                keywords |= {"count", "keys"}
            found.setdefault(node.args[0].value, set()).update(keywords)
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_error_has_a_sentence_with_facts_that_are_given() -> None:
    for code, parameters in codes_made_with("UserError").items():
        sentence, hint = messages._ERRORS[code]
        assert fields(sentence) | fields(hint) <= parameters, code


def test_every_note_has_a_sentence_with_facts_that_are_given() -> None:
    notes = codes_made_with("Note")
    assert set(notes) == set(messages._NOTES)
    for code, parameters in notes.items():
        assert fields(messages._NOTES[code]) <= parameters, code


def test_no_sentence_is_left_over() -> None:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    for code in messages._ERRORS:
        assert re.search(rf'"{code}"', source), code


@pytest.mark.parametrize("code", sorted(messages._ERRORS))
def test_sentences_are_one_sentence_and_a_hint(code: str) -> None:
    sentence, hint = messages._ERRORS[code]
    assert sentence.rstrip()[-1] in ".:}", sentence
    assert sentence != hint
    assert hint


def test_explaining_fills_in_the_facts_in_the_wanted_language() -> None:
    error = UserError("image_too_large", path="a.png", width=9, height=8)

    sentence, hint = messages.explain(error)
    shouted, _ = messages.explain(error, lambda text: "! " + text)

    assert sentence.startswith("a.png is 9 x 8 pixels")
    assert hint
    assert shouted == "! " + sentence


def test_a_name_cannot_command_the_terminal() -> None:
    error = UserError("image_broken", path="straße\x1b[31m\udcff.png")

    sentence, _ = messages.explain(error)

    assert sentence.startswith(r"straße\x1b[31m\udcff.png")


def test_the_readme_names_the_system_packages_that_the_program_names() -> None:
    assert f"sudo apt-get install {APT_PACKAGES}\n" in (ROOT / "README.md").read_text("utf-8")
