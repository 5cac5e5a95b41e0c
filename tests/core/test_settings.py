"""Preferences survive a round trip, and a bad file never keeps the window from opening."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segformer_gui.core.settings import Settings, load_settings, save_settings

_text = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=30)


@given(
    settings=st.builds(
        Settings,
        theme=st.sampled_from(["system", "light", "dark"]),
        model=_text,
        device=st.sampled_from(["auto", "cpu", "cuda", "mps"]),
        opacity=st.floats(0, 1),
        recent=st.lists(_text, max_size=3).map(tuple),
        sequences=st.dictionaries(_text, st.floats(0.1, 1000), max_size=3),
        sliding=st.booleans(),
    )
)
def test_round_trip(settings, tmp_path_factory):
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    save_settings(settings, path)
    assert load_settings(path) == settings


def test_names_of_files_may_be_of_any_bytes(tmp_path):
    name = os.fsdecode(b"stra\xdfe")
    settings = Settings(recent=(name,), sequences={name: 10.0})
    save_settings(settings, tmp_path / "settings.toml")
    assert load_settings(tmp_path / "settings.toml") == settings


def test_no_file_gives_the_defaults(tmp_path):
    assert load_settings(tmp_path / "settings.toml") == Settings()


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe\x00", b"[[[["])
def test_broken_file_is_kept_aside(tmp_path, content):
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    assert load_settings(path) == Settings()
    assert (tmp_path / "settings.toml.broken").read_bytes() == content
    assert not path.exists()


def test_wrong_and_unknown_values_take_their_defaults(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text(
        'theme = "pink"\nopacity = true\nsliding = 1\nrecent = [1, 2]\nmodel = "m"\nnew = 3\n'
        '[sequences]\nfolder = "fast"\n'
    )
    assert load_settings(path) == Settings(model="m")


def test_whole_number_is_taken_for_a_fraction(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("opacity = 1\n")
    assert load_settings(path).opacity == 1.0
