"""Figures that others have published, to stand beside one's own."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from segformer_gui.core.paths import shipped


@dataclass(frozen=True)
class PublishedRow:
    """A model's published mIoU, in 0..1: clean, and by corruption."""

    model: str
    clean: float
    miou: dict[str, float]

    @property
    def mpc(self) -> float:
        """Mean over the corruptions."""
        return sum(self.miou.values()) / len(self.miou)

    @property
    def rpc(self) -> float:
        """What is kept of the clean mIoU."""
        return self.mpc / self.clean


@dataclass(frozen=True)
class Published:
    """Rows of one table, where it stands, and what data its figures are of."""

    source: str
    data: str
    rows: tuple[PublishedRow, ...]


def published(protocol: str) -> Published | None:
    """What is known to be published under a protocol, from `resources/published`."""
    file = shipped("resources", "published", f"{protocol}.toml")
    if not file.is_file():
        return None
    document = tomllib.loads(file.read_text("utf-8"))
    rows = tuple(
        PublishedRow(
            row["model"],
            row["clean"] / 100,
            {
                name: value / 100
                for name, value in zip(document["columns"], row["miou"], strict=True)
            },
        )
        for row in document["row"]
    )
    return Published(document["source"], document["data"], rows)
