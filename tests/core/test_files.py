"""Atomic writes, and what errors of the system mean."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error, remove_unfinished, write_atomically


def fail_with(number: int):
    def fail(*_args) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_content_arrives_whole_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "new" / "folder" / "file.bin"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(path.parent.iterdir()) == [path]


@given(st.binary(max_size=200))
def test_any_content_is_read_back(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "content.bin"
    write_atomically(path, content)
    assert path.read_bytes() == content


def test_pieces_are_joined_and_leave_nothing_when_one_fails(tmp_path):
    path = tmp_path / "file.bin"
    write_atomically(path, (part for part in (b"one ", b"two")))
    assert path.read_bytes() == b"one two"

    def broken():
        yield b"one"
        raise MemoryError

    with pytest.raises(MemoryError):
        write_atomically(path, broken())
    assert path.read_bytes() == b"one two"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EROFS, "no_permission"),
        (errno.EIO, "write_failed"),
    ],
)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_after_a_failure_the_old_file_is_as_it_was(tmp_path, monkeypatch, step, number, code):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    if step == "fsync":
        monkeypatch.setattr(os, "fsync", fail_with(number))
    else:
        monkeypatch.setattr(Path, "replace", fail_with(number))
    with pytest.raises(UserError) as error:
        write_atomically(path, b"new")
    assert error.value.code == code
    assert error.value.parameters["path"] == str(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_of_the_greatest_length_can_be_written(tmp_path):
    path = tmp_path / ("ä" * 125 + ".png")  # 254 bytes; a suffix for a temporary file would not fit
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"


def test_a_folder_in_the_way_or_a_file_as_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for path in (tmp_path / "folder", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        with pytest.raises(UserError) as error:
            write_atomically(path, b"content")
        assert error.value.code == "write_failed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_folder_without_permission(tmp_path, error_without_permission):
    tmp_path.chmod(0o500)
    call = "files.write_atomically(path, b'content')"
    assert error_without_permission(call, tmp_path / "file.bin") == "no_permission"
    tmp_path.chmod(0o700)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_unfinished_is_removed(tmp_path):
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from segformer_gui.core.files import write_atomically\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_atomically(Path(sys.argv[1]), b'content')"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for name in ("a.png", "b.png"):
        command = [sys.executable, "-c", program, tmp_path / name]
        assert subprocess.run(command, env=environment).returncode == -signal.SIGKILL
    (tmp_path / "notes.tmp").touch()
    assert len(list(tmp_path.iterdir())) == 3
    remove_unfinished(tmp_path)
    remove_unfinished(tmp_path / "nowhere")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.tmp"]


def test_a_missing_file_is_named_as_such():
    error = file_error(FileNotFoundError(errno.ENOENT, "gone"), Path("x"), "file_unreadable")
    assert (error.code, error.parameters) == ("file_missing", {"path": "x"})
