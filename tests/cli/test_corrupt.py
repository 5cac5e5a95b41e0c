"""`segformer-gui corrupt`: the right files, or one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segformer_gui.core.corruption.corrupt import corrupt
from segformer_gui.core.images import read_image, write_png


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small picture with a name and a folder that need care."""
    path = tmp_path / "in [1]" / "straße.png"
    write_png(path, np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8))
    return path


@pytest.mark.parametrize("engine", ["fast", "reference"])
def test_files_are_what_the_core_computes(
    run: Callable, photo: Path, tmp_path: Path, engine: str
) -> None:
    options = ("--name", "fog", "--severity", 4, "--seed", 7, "--engine", engine)

    result = run("corrupt", photo.parent, *options, "--out", tmp_path / "out")

    assert (result.code, result.err) == (0, "")
    assert "1 images written to" in result.out
    written = read_image(tmp_path / "out" / photo.name)
    assert np.array_equal(written, corrupt(read_image(photo), "fog", 4, 7, engine))


def test_severity_3_and_seed_0_are_taken_where_none_is_given(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    assert run("corrupt", photo, "-n", "snow", "-o", tmp_path / "out").code == 0

    written = read_image(tmp_path / "out" / photo.name)
    assert np.array_equal(written, corrupt(read_image(photo), "snow", 3, 0))


def test_a_severity_between_the_benchmarks_is_named_off_protocol(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    result = run("corrupt", photo, "-n", "fog", "-s", "2.4", "-o", tmp_path / "out")

    assert result.code == 0
    assert "Severity 2.4 is off protocol" in result.err
    written = read_image(tmp_path / "out" / photo.name)
    assert np.array_equal(written, corrupt(read_image(photo), "fog", 2.4, 0))


def test_several_names_are_a_stack(run: Callable, photo: Path, tmp_path: Path) -> None:
    names = ("-n", "fog:1", "-n", "jpeg_compression")

    result = run("corrupt", photo, *names, "-s", 4, "--seed", 2, "-o", tmp_path / "out")

    assert result.code == 0
    assert "stack of 2 corruptions is off protocol" in result.err
    foggy = corrupt(read_image(photo), "fog", 1, 2)
    expected = corrupt(foggy, "jpeg_compression", 4, 3)
    assert np.array_equal(read_image(tmp_path / "out" / photo.name), expected)


def test_an_image_that_cannot_be_corrupted_is_named_and_the_others_are_written(
    run: Callable, photo: Path, tmp_path: Path
) -> None:
    tiny, broken = photo.with_name("tiny.png"), photo.with_name("broken.png")
    write_png(tiny, np.zeros((12, 40, 3), np.uint8))
    broken.write_bytes(photo.read_bytes()[:300])

    result = run("corrupt", photo.parent, "-n", "fog", "-o", tmp_path / "out")

    assert result.code == 2
    assert f"{broken} is not an image that can be read." in result.err
    assert f"{tiny}:\nError: 40 x 12 pixels are too few" in result.err
    assert [file.name for file in (tmp_path / "out").iterdir()] == [photo.name]


def test_bad_input_is_one_sentence_and_code_2(run: Callable, photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for arguments, sentence in (
        ((photo, "-n", "frog", "-o", out), "no corruption called frog. The closest names are f"),
        ((photo, "-n", "fog", "-s", "6", "-o", out), "no severity 6"),
        ((photo, "-n", "fog", "-s", "nan", "-o", out), "no severity nan"),
        ((photo, "-n", "fog", "-s", "2.5", "--engine", "reference", "-o", out), "a whole one"),
        ((photo, "-n", "fog", "--seed", "-1", "-o", out), "--seed"),
        ((photo, "-n", "fog", "-o", photo.parent), "would be overwritten"),
        ((tmp_path / "nowhere.png", "-n", "fog", "-o", out), "nowhere.png does not exist."),
    ):
        result = run("corrupt", *arguments)
        assert result.code == 2, arguments
        assert sentence in " ".join(result.err.split()), arguments
        assert "Traceback" not in result.err
    assert not out.exists()
