"""Full disks and missing permissions: the work stays, and the reason is told.

In processes of their own: limits hold for a whole process, and root may do anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_BEGIN = """
import os, resource, sys
from pathlib import Path
import filelock  # Which nobody may not be able to read.
import numpy as np
from segformer_gui.core.annotation.mask import Mask
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import read_labels
from segformer_gui.core.project.project import Project
from tests.core.project.conftest import crash, draw, make_project

folder = Path(sys.argv[1])

def code_of(call, *arguments):
    try:
        call(*arguments)
    except UserError as error:
        return error.code

def same(a, b):
    return np.array_equal(a.labels, b.labels) and np.array_equal(a.touched, b.touched)

def become_nobody():
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534)
        os.setgroups([])
        os.setuid(65534)
"""


def run(program: str, folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    folder.chmod(0o755)
    command = [sys.executable, "-c", _BEGIN + program, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach, as pytest's own cannot."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(os.name == "nt", reason="the limit is POSIX's")
def test_a_full_disk_keeps_the_work_in_memory_and_says_so(tmp_path):
    run(
        """
project = make_project(folder)
document = project.document("img_0")
document.commit(draw(document.mask, 20, 20), "stroke")
project.save("img_0")
files = [project.mask_path("img_0"), project.folder / "touched/img_0.png"]
before = [path.read_bytes() for path in files]
record = (project.folder / "project.json").read_bytes()

resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
codes = []
for number in range(4):
    patch = draw(document.mask, 15 * number, 40, 2)
    codes.append(code_of(document.commit, patch, "stroke"))
assert codes == ["disk_full"] * 4, codes
assert code_of(document.undo) == "disk_full"
mask = Mask(*document.mask.settled())
assert (mask.labels == 2).any()
assert code_of(project.save, "img_0") == "disk_full"
project.update("img_0", hold_out=True)
assert code_of(project.store) == "disk_full"
assert code_of(project.class_edits.add, "dog") == "disk_full"
assert project.unsaved == ("img_0",)
assert [path.read_bytes() for path in files] == before
assert (project.folder / "project.json").read_bytes() == record
assert not list(project.folder.rglob(".write-*"))

resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert same(document.mask, mask)
document.commit(draw(document.mask, 70, 10), "stroke")
mask = Mask(*document.mask.settled())
again = crash(project)
assert same(again.document("img_0").mask, mask), "the journal has a gap"
again.save("img_0")
again.close()
assert np.array_equal(read_labels(files[0]), mask.labels)
""",
        tmp_path,
    )


@pytest.mark.skipif(os.name == "nt", reason="the limit is POSIX's")
@pytest.mark.parametrize("limit", [450, 750, 1100])
def test_a_disk_that_fills_up_in_the_middle_of_a_record_leaves_no_gap(tmp_path, limit):
    run(
        f"""
project = make_project(folder)
document = project.document("img_0")
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))
codes = []
for number in range(12):
    patch = draw(document.mask, 7 * number, 4 * number, number % 3)
    codes.append(code_of(document.commit, patch, "stroke"))
assert None in codes and "disk_full" in codes, codes
kept = crash(project)
states = kept.document("img_0").history
assert codes.index("disk_full") <= len(states) < 12
kept.close()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
document.commit(draw(document.mask, 3, 50), "stroke")
again = Project(project.folder)
assert same(again.document("img_0").mask, document.mask)
assert again.document("img_0").notes == ()
""",
        tmp_path,
    )


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="the system has no other user to be")
def test_without_permission_to_write_a_project_is_looked_at(open_folder):
    run(
        """
project = make_project(folder)
document = project.document("img_0")
document.commit(draw(document.mask, 20, 20), "stroke")
project.save("img_0")
document.commit(draw(document.mask, 60, 20), "stroke")
mask = Mask(*document.mask.settled())
project.close()
become_nobody()
project.folder.chmod(0o555)
for path in project.folder.iterdir():
    path.chmod(0o555 if path.is_dir() else 0o444)

reader = Project(project.folder)

assert reader.read_only.code == "no_permission"
assert same(reader.document("img_0").mask, mask)
assert code_of(reader.save, "img_0") == "no_permission"
assert code_of(reader.store) == "no_permission"
assert code_of(Project.create, project.folder / "new", reader.classes) == "no_permission"
project.folder.chmod(0o755)
""",
        open_folder,
    )


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="the system has no other user to be")
def test_permission_that_is_taken_away_meanwhile_costs_no_work(open_folder):
    run(
        """
become_nobody()
project = make_project(folder)
document = project.document("img_0")
document.commit(draw(document.mask, 20, 20), "stroke")
project.save("img_0")
before = project.mask_path("img_0").read_bytes()
places = [project.folder, *(path for path in project.folder.iterdir() if path.is_dir())]
for place in places:
    place.chmod(0o555)
assert code_of(document.commit, draw(document.mask, 60, 20), "stroke") == "no_permission"
assert code_of(project.save, "img_0") == "no_permission"
assert project.unsaved == ("img_0",)
assert project.mask_path("img_0").read_bytes() == before
for place in places:
    place.chmod(0o755)
project.save("img_0")
assert project.unsaved == ()
assert same(crash(project).document("img_0").mask, document.mask)
""",
        open_folder,
    )


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="the system has no other user to be")
def test_a_mask_that_may_not_be_read_is_named(open_folder):
    run(
        """
become_nobody()
project = make_project(folder)
document = project.document("img_0")
document.commit(draw(document.mask, 20, 20), "stroke")
project.save("img_0")
del document
project.mask_path("img_0").chmod(0)
again = crash(project)
assert code_of(again.document, "img_0") == "no_permission"
again.close()
(project.folder / "project.json").chmod(0)
assert code_of(Project, project.folder) == "no_permission"
""",
        open_folder,
    )
