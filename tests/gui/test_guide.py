"""The guide tells what is there: its table of keys, its pictures and its links are held to that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from segformer_gui.gui.actions import ENTRIES, MENUS, SUBMENUS
from segformer_gui.gui.entry import plain

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = ROOT / "docs" / "guide"
CHAPTERS = sorted(GUIDE.glob("*.md"))


def _table_of_keys() -> str:
    lines = ["| action | keys |", "| --- | --- |"]
    for menu, title in MENUS:
        lines.append(f"| **{plain(title)}** | |")
        for entry in ENTRIES:
            if entry.menu == menu and entry.keys:
                sub = f"{plain(SUBMENUS[entry.sub])} > " if entry.sub else ""
                keys = ", ".join(f"`{key}`" for key in entry.keys)
                lines.append(f"| {sub}{plain(entry.text)} | {keys} |")
    return "\n".join(lines)


def test_the_table_of_keys_is_that_of_the_actions():
    text = (GUIDE / "keys.md").read_text("utf-8")
    written = text.split("<!-- actions -->\n\n")[1].split("\n\n<!-- /actions -->")[0]
    assert written == _table_of_keys()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_what_a_chapter_links_to_is_there(chapter):
    text = chapter.read_text("utf-8")
    linked = re.findall(r'\]\(([^)#:]+)\)|(?:src|srcset)="([^"]+)"', text)
    for target in (inline or picture for inline, picture in linked):
        assert (GUIDE / target).exists(), target
    assert chapter.name in (GUIDE / "README.md").read_text("utf-8") or chapter.stem == "README"


def test_pictures_come_in_both_themes_and_stay_small():
    images = ROOT / "docs" / "images"
    light = {path.name.removesuffix("-light.png") for path in images.glob("*-light.png")}
    dark = {path.name.removesuffix("-dark.png") for path in images.glob("*-dark.png")}
    assert light == dark
    assert max(path.stat().st_size for path in images.iterdir()) < 3e5
    used = "\n".join(path.read_text("utf-8") for path in (*CHAPTERS, ROOT / "README.md"))
    assert [path.name for path in images.iterdir() if path.name not in used] == []
