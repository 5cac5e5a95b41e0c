"""Paths on the command line: what may not be read is told in our words, not in typer's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

import pytest
import typer
from typer.models import ParameterInfo

from segformer_gui.cli import app


def _callbacks(group: typer.Typer) -> Iterator[Callable]:
    for command in group.registered_commands:
        yield command.callback
    for below in group.registered_groups:
        yield from _callbacks(below.typer_instance)


@pytest.mark.parametrize("callback", list(_callbacks(app)), ids=lambda callback: callback.__name__)
def test_whether_a_path_may_be_read_is_left_to_the_core(callback):
    for name, parameter in typer.main.get_params_from_function(callback).items():
        kinds = {parameter.annotation, *get_args(parameter.annotation)}
        if any(getattr(kind, "__name__", "") == "Path" for kind in kinds):
            assert isinstance(parameter.default, ParameterInfo), name
            assert not parameter.default.readable, name
