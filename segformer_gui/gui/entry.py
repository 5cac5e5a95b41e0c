"""One row of the tables of actions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One row of the table. Those with the same `sub` are a choice of one, in a sub-menu."""

    id: str
    menu: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False
    separated: bool = False  # A line above it in its menu.
    sub: str = ""


def plain(text: str) -> str:
    """A menu's text without the marks of its mnemonics: "Save && &quit…" is "Save & quit"."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")
