"""The project file is read back as it was, and refused as a whole if it is not sound."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segformer_gui.core.classes import known_class_set
from segformer_gui.core.errors import UserError
from segformer_gui.core.project.record import (
    STATUSES,
    ImageRow,
    project_classes,
    read_record,
    record_bytes,
    sequence_of,
)

ROW = ImageRow("a", "../a.png", "00", 40, 30, "a")

file_names = st.text(st.characters(codec=None, exclude_characters="/\\\0"), min_size=1).filter(
    lambda name: name not in (".", "..")
)


@settings(max_examples=50, deadline=None)
@given(st.lists(file_names, unique_by=str.casefold, max_size=4), st.data())
def test_any_names_are_read_back(tmp_path_factory, names, data):
    path = tmp_path_factory.getbasetemp() / "project.json"
    rows = {
        name: ImageRow(
            name,
            f"some/{name}",
            "ab" * 32,
            data.draw(st.integers(1, 9999)),
            data.draw(st.integers(1, 9999)),
            data.draw(st.text()),
            data.draw(st.sampled_from(STATUSES)),
            data.draw(st.booleans()),
        )
        for name in names
    }
    classes = project_classes(data.draw(st.tuples(st.text(), st.text())), ((1, 2, 3), (4, 5, 6)))
    path.write_bytes(record_bytes(classes, rows))
    assert read_record(path) == (classes, rows)


def test_a_known_class_set_stays_one_until_a_name_changes(tmp_path):
    path = tmp_path / "project.json"
    cityscapes = known_class_set("cityscapes")
    recolored = replace(cityscapes, colors=((9, 9, 9), *cityscapes.colors[1:]))
    for classes in (cityscapes, recolored):
        path.write_bytes(record_bytes(classes, {}))
        assert read_record(path)[0] == classes
    renamed = project_classes(("street", *cityscapes.names[1:]), cityscapes.colors)
    assert renamed.label_ids == ()
    assert renamed.name == "project"


def test_other_programs_can_read_it(tmp_path):
    content = json.loads(record_bytes(known_class_set("camvid"), {"a": ROW}))
    assert content["classes"][0] == {"name": "sky", "color": [70, 130, 180]}
    assert content["images"][0]["path"] == "../a.png"
    assert content["images"][0]["status"] == "open"


def _changed(**changes: object) -> str:
    content = json.loads(record_bytes(known_class_set("camvid"), {"a": ROW}))
    content.update(changes)
    return json.dumps(content)


def _row(**changes: object) -> dict[str, object]:
    return json.loads(record_bytes(known_class_set("camvid"), {"a": ROW}))["images"][0] | changes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 1}',
        "[" * 100_000,
        _changed(version="1"),
        _changed(version=0),
        _changed(unknown=1),
        _changed(classes=[{"name": "a", "color": [0, 0, 256]}]),
        _changed(classes=[{"name": "a", "color": [0, 0, 0]}] * 256),
        _changed(images=[_row(), _row(id="A")]),
        _changed(images=[_row(id="../a")]),
        _changed(images=[_row(id="..")]),
        _changed(images=[_row(id="")]),
        _changed(images=[_row(width=0)]),
        _changed(images=[_row(status="fine")]),
    ],
)
def test_a_broken_file_is_named_and_left_as_it_is(tmp_path, text):
    path = tmp_path / "project.json"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        read_record(path)
    assert error.value.code == "project_broken"
    assert error.value.parameters["path"] == str(path)
    assert error.value.parameters["reason"]
    assert path.read_text() == text


def test_bytes_that_are_no_text_are_named(tmp_path):
    (tmp_path / "project.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError) as error:
        read_record(tmp_path / "project.json")
    assert error.value.code == "project_broken"


def test_a_newer_file_and_none_at_all_are_told_apart(tmp_path):
    path = tmp_path / "project.json"
    for make, code in (
        (lambda: None, "project_missing"),
        (lambda: path.write_text(_changed(version=2, extra="new")), "project_newer"),
    ):
        make()
        with pytest.raises(UserError) as error:
            read_record(path)
        assert error.value.code == code


@pytest.mark.parametrize(
    ("name", "sequence"),
    [
        ("0016E5_07959.png", "0016E5"),
        ("aachen_000001_000019_leftImg8bit.png", "aachen_000001"),
        ("beach.jpg", "holiday"),
        ("_1.jpg", "holiday"),
    ],
)
def test_sequences_are_guessed_from_names(name, sequence):
    assert sequence_of(Path("/data/holiday") / name) == sequence
