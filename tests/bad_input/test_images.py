"""Bad and odd images in one table: the core names them, and the command line and the window go on.

Each file goes through all three. What decoding gives is compared in `core/test_images.py`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from segformer_gui.cli import predict as predict_verb
from segformer_gui.core.images import find_images, read_image, read_reduced, read_size
from segformer_gui.core.network.checkpoints import read_checkpoint
from segformer_gui.core.project.project import Project
from segformer_gui.messages import explain
from tests.bad_input.table import BAD_IMAGES, BOMBS, NOISE, ODD_IMAGES, python, refused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All of the table's images."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, (data, _) in (BAD_IMAGES | ODD_IMAGES).items():
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_bad_images_are_named_by_every_reader(folder, name):
    path, code = folder / name, BAD_IMAGES[name][1]
    for read in (read_image, lambda path: read_reduced(path, 128, 96)):
        error = refused(lambda read=read: read(path))
        assert (error.code, error.parameters["path"]) == (code, str(path))
        assert all(explain(error))


@pytest.mark.parametrize("name", ODD_IMAGES, ids=lambda name: name[:20])
def test_odd_images_are_read_in_their_shape(folder, name):
    shape = ODD_IMAGES[name][1]
    assert read_image(folder / name).shape == (*shape, 3)
    assert read_reduced(folder / name, 128, 96).shape == (*shape, 3)
    assert read_size(folder / name) == shape


def test_the_command_line_names_each_bad_image_and_segments_the_others(run, folder, tmp_path):
    result = run("predict", folder, "--out", tmp_path / "out", "--size", 64)
    assert result.code == 2
    assert "Traceback" not in result.err
    assert result.err.count("Error:") == len(BAD_IMAGES)
    for name, (_, code) in BAD_IMAGES.items():
        assert result.err.count(str(folder / name)) == 1
        hint = "Scale it down" if code == "image_too_large" else "It may be damaged"
        assert hint in result.err.split(str(folder / name))[1]
    written = {path.stem for path in (tmp_path / "out").iterdir()}
    assert written == {Path(name).stem for name in ODD_IMAGES}


def test_the_window_lists_each_bad_image_once_and_segments_the_others(window, folder):
    session = window.session
    session.images.open([folder])
    window.actions_by_id["segment_all"].trigger()
    assert session.segmentation.count() == len(ODD_IMAGES)
    lines = window.message_bar.details.toPlainText().splitlines()
    assert len(lines) == len(BAD_IMAGES)
    assert all(sum(name in line for line in lines) == 1 for name in BAD_IMAGES)
    for name in BAD_IMAGES | ODD_IMAGES:
        session.images.select(folder / name)
        assert (folder / name in session.images.errors) == (name in BAD_IMAGES)
        assert (session.images.picture is None) == (name in BAD_IMAGES)


def test_paths_that_are_too_long_are_one_sentence_everywhere(run, window, tmp_path):
    for path in (tmp_path / ("x" * 300 + ".png"), Path("/", "folder/" * 900)):
        assert refused(lambda path=path: find_images([path])).code == "file_unreadable"
        assert refused(lambda path=path: read_checkpoint(path)).code == "file_unreadable"
        window.session.images.open([path])
        assert "cannot be read" in window.message_bar.sentence.text()
        result = run("predict", path, "--out", tmp_path / "out")
        assert (result.code, "cannot be read" in result.err) == (2, True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_or_a_device_is_one_sentence_and_nothing_waits_for_it(run, window, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(tmp_path / "pipe.safetensors")
    (tmp_path / "endless.png").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "project.json")
    for name in ("pipe.png", "endless.png"):
        assert refused(lambda name=name: read_image(tmp_path / name)).code == "file_unreadable"
    error = refused(lambda: read_checkpoint(tmp_path / "pipe.safetensors"))
    assert error.code == "file_unreadable"
    assert refused(lambda: Project(tmp_path)).code == "file_unreadable"
    result = run("predict", tmp_path, "--out", tmp_path / "out")
    assert (result.code, result.err.count("it is a pipe or a device")) == (2, 2)
    window.session.images.open([tmp_path / "pipe.png"])
    assert set(window.session.images.errors) == {tmp_path / "pipe.png"}


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes are Linux's")
def test_a_name_of_bytes_that_are_no_text_is_an_image_like_any_other(run, window, tmp_path):
    path = tmp_path / os.fsdecode(b"stra\xdfe.png")
    Image.fromarray(NOISE).save(path)
    result = run("predict", path, "--out", tmp_path / "out", "--size", 64, "--json")
    assert result.code == 0
    (written,) = json.loads(result.out)["written"]
    assert Path(written["image"]) == path
    assert [each.name for each in (tmp_path / "out").iterdir()] == [path.name]
    window.session.images.open([path])
    assert window.session.segmentation.result is not None


def test_a_name_too_long_for_its_overlay_does_not_stop_the_others(run, tmp_path):
    for name in ("a" * 250, "b"):
        Image.fromarray(NOISE).save(tmp_path / f"{name}.png")
    result = run("predict", tmp_path, "--out", tmp_path / "out", "--overlay", "--size", 64)
    assert (result.code, result.err.count("could not be written")) == (2, 1)
    assert (tmp_path / "out" / "b_overlay.png").exists()


def test_images_that_vanish_are_named_and_the_others_go_on(run, window, tmp_path, monkeypatch):
    paths = [tmp_path / f"{name}.png" for name in "abc"]

    def fill() -> None:
        for path in paths:
            Image.fromarray(NOISE).save(path)

    def found(places, suffixes):
        images = find_images(places, suffixes)
        paths[1].unlink()
        return images

    fill()
    window.session.images.open(paths)
    paths[1].unlink()
    window.actions_by_id["segment_all"].trigger()
    assert window.session.segmentation.count() == 2
    assert "b.png does not exist" in window.message_bar.details.toPlainText()
    assert refused(lambda: read_image(paths[1])).code == "file_missing"
    fill()
    monkeypatch.setattr(sys.modules[predict_verb.__module__], "find_images", found)
    result = run("predict", *paths, "--out", tmp_path / "out", "--size", 64)
    assert (result.code, result.err.count("does not exist")) == (2, 1)
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_large_header_takes_no_memory(tmp_path):
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from segformer_gui.core import errors, images\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "for path in sys.argv[1:]:\n"
        "    for read in (images.read_image, images.read_size, images.read_labels):\n"
        "        try: read(Path(path))\n"
        "        except errors.UserError: pass\n"
        "print(peak() - before)\n"
    )
    for name, (data, _) in BOMBS.items():
        (tmp_path / name).write_bytes(data)
    ended = python("-c", program, *(tmp_path / name for name in BOMBS))
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(ended.stdout) * unit < 100e6
