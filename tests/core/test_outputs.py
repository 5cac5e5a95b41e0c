"""What mask files hold, and that no file is written twice or over an input."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import segformer_gui
from segformer_gui.core.annotation.mask import UNLABELLED
from segformer_gui.core.classes import ClassSet, class_set_of_names, known_class_set
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.images import read_image, read_labels, write_png
from segformer_gui.core.inference.prediction import Timings
from segformer_gui.core.outputs import (
    OUTPUT_KINDS,
    OutputKind,
    ProjectMask,
    encode_labels,
    output_endings,
    pixels_per_class,
    plan_outputs,
    write_outputs,
)
from segformer_gui.core.render import colorize


def test_cityscapes_ids_are_found_by_name_and_the_rest_is_unlabeled() -> None:
    classes = class_set_of_names(["lake", "Traffic_Light", "car"])
    labels = np.array([[0, 1, 2, 255]], np.uint8)

    assert encode_labels(labels, classes, "trainIds").tolist() == [[255, 6, 13, 255]]
    assert encode_labels(labels, classes, "labelIds").tolist() == [[0, 19, 26, 0]]


def test_cityscapes_own_ids_are_the_official_ones() -> None:
    classes = known_class_set("cityscapes")
    labels = np.arange(19, dtype=np.uint8)[None]

    official = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
    assert encode_labels(labels, classes, "labelIds").tolist() == [official]
    assert np.array_equal(encode_labels(labels, classes, "trainIds"), labels)


def test_index_keeps_ids_above_255_and_color_is_the_palettes() -> None:
    classes = class_set_of_names([f"c{i}" for i in range(300)])
    labels = np.array([[0, 299]], np.uint16)

    assert encode_labels(labels, classes, "index") is labels
    assert np.array_equal(encode_labels(labels, classes, "color"), colorize(labels, classes))


def test_a_model_without_any_cityscapes_class_cannot_write_its_ids() -> None:
    classes = class_set_of_names(["liver", "kidney"])

    with pytest.raises(UserError, match="format_needs_cityscapes"):
        encode_labels(np.zeros((1, 1), np.uint8), classes, "labelIds")


_TIMINGS = Timings(1.04, 20, 3)


@dataclass(frozen=True)
class _Outcome:
    labels: np.ndarray
    classes: ClassSet
    mean_confidence: float = 0.75
    timings: Timings = _TIMINGS
    device: str = "cpu"
    precision: str = "float32"
    notes: tuple[Note, ...] = (Note("memory_cpu", {}),)


@given(
    labels=hnp.arrays(
        np.uint8, st.tuples(st.integers(1, 700), st.integers(1, 5)), elements=st.integers(0, 18)
    )
)
def test_pixels_are_counted_as_one_by_one(labels: np.ndarray) -> None:
    counts = pixels_per_class(labels, 19)
    assert counts.tolist() == [int((labels == class_id).sum()) for class_id in range(19)]


def test_every_kind_is_written_and_statistics_say_what_was_seen(tmp_path: Path) -> None:
    image = tmp_path / "straße.png"
    pixels = np.full((4, 5, 3), 100, np.uint8)
    write_png(image, pixels)
    labels = np.zeros((4, 5), np.uint8)
    labels[0] = 13
    outcome = _Outcome(labels, known_class_set("cityscapes"))
    files = dict(
        zip(
            OUTPUT_KINDS,
            plan_outputs([image], tmp_path / "out", output_endings(OUTPUT_KINDS))[image],
            strict=True,
        )
    )

    write_outputs(files, outcome, image, "my-model", 0.5)

    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "straße.png",
        "straße_color.png",
        "straße_labelIds.png",
        "straße_overlay.png",
        "straße_statistics.json",
        "straße_trainIds.png",
    ]
    assert np.array_equal(read_labels(files["index"]), labels)
    assert np.unique(read_labels(files["labelIds"])).tolist() == [7, 26]
    assert read_image(files["overlay"])[3, 0].tolist() == [114, 82, 114]  # Half road, half grey.
    report = json.loads(files["statistics"].read_text("utf-8"))
    assert report["image"] == str(image)
    assert (report["width"], report["height"]) == (5, 4)
    assert report["classes"][13] == {"id": 13, "name": "car", "pixels": 5, "share": 0.25}
    assert sum(entry["share"] for entry in report["classes"]) == pytest.approx(1)
    assert (report["model"], report["class_set"]) == ("my-model", "cityscapes")
    assert report["mean_confidence"] == 0.75
    assert (report["ms"], report["notes"]) == (24.0, ["memory_cpu"])
    assert report["versions"]["segformer_gui"] == segformer_gui.__version__
    assert report["versions"]["torch"]


def test_a_mask_says_that_it_is_one_and_leaves_out_ended_classes(tmp_path: Path) -> None:
    classes = ClassSet("project", ("sky", "", "car"), ((1, 2, 3), (0, 0, 0), (4, 5, 6)))
    labels = np.array([[0, 2, 2, UNLABELLED]], np.uint8)
    image, files = tmp_path / "a.png", {"statistics": tmp_path / "a.json"}
    write_png(image, np.zeros((1, 4, 3), np.uint8))
    ids: dict[OutputKind, Path] = {"labelIds": tmp_path / "ids.png", "color": tmp_path / "c.png"}

    write_outputs({**files, **ids}, ProjectMask(labels, classes, "checked"), image)

    report = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert (report["source"], report["status"]) == ("mask", "checked")
    assert [(entry["id"], entry["share"]) for entry in report["classes"]] == [(0, 0.25), (2, 0.5)]
    assert report["unlabelled"] == 0.25
    assert "model" not in report
    assert read_labels(tmp_path / "ids.png").tolist() == [[23, 26, 26, 0]]
    assert read_image(tmp_path / "c.png")[0, 3].tolist() == [0, 0, 0]


def test_pixels_that_are_given_are_not_read_again(tmp_path: Path) -> None:
    outcome = _Outcome(np.zeros((2, 2), np.uint8), known_class_set("cityscapes"))
    pixels = np.full((2, 2, 3), 10, np.uint8)

    write_outputs({"overlay": tmp_path / "o.png"}, outcome, Path("gone.png"), "m", 0.0, pixels)

    assert np.array_equal(read_image(tmp_path / "o.png"), pixels)


def test_each_image_gets_its_files_by_stem(tmp_path: Path) -> None:
    images = [Path("a/x.jpg"), Path("b/y.tar.png")]

    plan = plan_outputs(images, tmp_path, [".png", "_overlay.png"])

    assert [[file.name for file in files] for files in plan.values()] == [
        ["x.png", "x_overlay.png"],
        ["y.tar.png", "y.tar_overlay.png"],
    ]


_part = st.sampled_from(["a", "b", "A", "x", "x_color", "x_overlay", "a_x", "x_2"])
_paths = st.builds(
    lambda parts, suffix: Path("/", *parts[:-1], parts[-1] + suffix),
    st.lists(_part, min_size=1, max_size=4),
    st.sampled_from([".png", ".jpg"]),
)


@given(
    images=st.lists(_paths, unique=True, max_size=12),
    endings=st.sampled_from(
        [[".png"], [".png", "_overlay.png"], output_endings(OUTPUT_KINDS), ["_statistics.json"]]
    ),
)
def test_no_two_images_share_a_file_even_where_case_is_ignored(
    images: list[Path], endings: list[str]
) -> None:
    plan = plan_outputs(images, Path("/nowhere"), endings)

    files = [str(file).casefold() for files in plan.values() for file in files]
    assert len(set(files)) == len(images) * len(endings)
    assert list(plan) == images


def test_images_of_one_name_are_told_apart_by_their_folders() -> None:
    images = [Path("run/a/x.png"), Path("run/b/x.png"), Path("./y.png")]

    plan = plan_outputs(images, Path("out"), [".png"])

    assert [files[0].name for files in plan.values()] == ["a_x.png", "b_x.png", "y.png"]


def test_writing_over_an_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="output_is_input"):
        plan_outputs([tmp_path / "sub" / ".." / "x.png"], tmp_path, [".png"])


def test_writing_into_a_project_is_refused(tmp_path: Path) -> None:
    """Where masks lie, that a person may have corrected."""
    (tmp_path / "project.json").touch()
    (tmp_path / "link").symlink_to(tmp_path / "masks")
    for name in ("masks", "touched", "journal", "link"):
        with pytest.raises(UserError, match="output_is_project"):
            plan_outputs([Path("x.png")], tmp_path / name, [".png"])
    assert plan_outputs([Path("x.png")], tmp_path / "out", [".png"])


def test_links_in_a_circle_are_images_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert plan_outputs([tmp_path / "loop.png"], tmp_path / "out", [".png"])
