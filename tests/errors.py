"""What a call raises, for tests."""

from __future__ import annotations

import pytest

from segformer_gui.core.errors import UserError


def code_of(call, *arguments, **named) -> str:
    """The code of the `UserError` that the call raises."""
    with pytest.raises(UserError) as error:
        call(*arguments, **named)
    return error.value.code
