"""No permission, no space, no memory: one sentence on the command line and in the window.

What root may do regardless of permissions, and limits of a process, need a process of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.bad_input.table import NOISE, ROOT, python

PROGRAM = Path(__file__).with_name("limited.py")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="limits of a process and its user are tested on Linux"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Images and places to write to, in a folder that others may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for name in ("images", "closed", "out", "read_only", "home", "around/closed"):
        (folder / name).mkdir(parents=True)
    Image.fromarray(NOISE).save(folder / "images" / "fine.png")
    (folder / "out").chmod(0o777)
    yield folder
    for closed in (folder / "closed", folder / "around" / "closed"):
        closed.chmod(0o755)
    shutil.rmtree(folder)


def _told(limit: str, folder: Path) -> dict[str, str]:
    ended = python(PROGRAM, limit, folder, SEGFORMER_GUI_HOME=str(folder / "home"))
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert not any("Traceback" in text for text in told.values()), told
    return told


def test_what_nobody_may_read_or_write_is_one_sentence(folder):
    for place in (folder, ROOT, Path(sys.prefix)):
        for parent in (place, *place.parents):
            if os.getuid() == 0 and not parent.stat().st_mode & stat.S_IXOTH:
                pytest.skip(f"another user than root may not enter {parent}")
    Image.fromarray(NOISE).save(folder / "images" / "secret.png")
    (folder / "closed.pth").touch()
    for name in ("images/secret.png", "closed.pth", "closed", "around/closed"):
        (folder / name).chmod(0)
    (folder / "read_only").chmod(0o555)

    told = _told("permission", folder)

    refused = {
        "predict": "images/secret.png",
        "segment all": "images/secret.png",
        "predict folder": "closed",
        "open folder": "closed",
        "open folder around it": "around/closed",
        "predict with checkpoint": "closed.pth",
        "open checkpoint": "closed.pth",
        "predict to read-only": "read_only/street_01.png",
        "export to read-only": "read_only/street_01_color.png",
    }
    for what, path in refused.items():
        assert told[what].count("You have no permission for") == 1, told[what]
        assert f"{folder / path}." in told[what]
        assert what[:7] != "predict" or told[what].endswith("exit code 2")
    assert [path.name for path in (folder / "out").iterdir()] == ["fine.png"]
    # In the window, the image that may be read was segmented as soon as it was shown.
    assert "0 of 1 images were segmented" in told["segment all"]
    assert list((folder / "read_only").iterdir()) == []


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(folder):
    shutil.copy(ROOT / "resources" / "samples" / "street_02.png", folder / "images")
    told = _told("disk", folder)
    for what, place in (
        ("predict", "out"),
        ("export", "out"),
        ("models import", "home/models/copy"),
        ("models export", "out/model"),
    ):
        assert told[what].count(f"There is no space left to write {folder / place}/") == 1, told[
            what
        ]
        assert what == "export" or told[what].endswith("exit code 2")
    assert not list((folder / "out").glob(".*"))
    assert not (folder / "out" / "model").exists()
    assert not list((folder / "home" / "models").iterdir())


def test_memory_that_ends_while_an_image_is_read_is_one_sentence(folder):
    Image.new("RGB", (8000, 8000)).save(folder / "images" / "large.png")
    told = _told("memory", folder)
    for what in ("predict", "segment all"):
        assert told[what].count("There is not enough memory to open") == 1, told[what]
        assert str(folder / "images" / "large.png") in told[what]
    assert told["predict"].endswith("exit code 2")
    assert [path.name for path in (folder / "out").iterdir()] == ["fine.png"]
