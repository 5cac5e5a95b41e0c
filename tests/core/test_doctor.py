"""What a bare system lacks for Qt is named, and nothing else is."""

from __future__ import annotations

import sys

import pytest

from segformer_gui.core import doctor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems bring all of it")


def test_library_that_does_not_load_is_named(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(doctor, "_ALWAYS", ("libc.so.6", "libnobody-has-this.so.7"))
    assert doctor.missing_qt_libraries() == ["libnobody-has-this.so.7"]


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({"QT_QPA_PLATFORM": "xcb"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, False),
        ({"QT_QPA_PLATFORM": "", "WAYLAND_DISPLAY": ""}, True),
        ({"QT_QPA_PLATFORM": "", "WAYLAND_DISPLAY": "wayland-0"}, False),
    ],
)
def test_xcb_libraries_matter_only_where_xcb_is_used(monkeypatch, environment, asked):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(doctor, "_loads", lambda library: "xcb" not in library)
    assert ("libxcb-cursor.so.0" in doctor.missing_qt_libraries()) is asked
