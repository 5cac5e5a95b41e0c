"""Random patterns that are the same again and again: all frames of a video have theirs in common,
and so have images of one size under one seed.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, ParamSpec

import numpy as np
from numpy.typing import NDArray

_MOST_BYTES = 64 << 20  # A cloud of fog over a frame of 4K.

Arguments = ParamSpec("Arguments")
Pattern = NDArray[Any]


class _Store:
    """The patterns that were asked for last, with the generator's state after each was drawn."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[object, tuple[Pattern, Any]] = OrderedDict()

    def get(self, key: object) -> tuple[Pattern, Any] | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: object, pattern: Pattern, state: object) -> None:
        if pattern.nbytes > _MOST_BYTES:
            return
        with self._lock:
            self._kept[key] = pattern, state
            while sum(kept.nbytes for kept, _ in self._kept.values()) > _MOST_BYTES:
                self._kept.popitem(last=False)


_store = _Store()


def remembered(
    draw: Callable[Concatenate[np.random.Generator, Arguments], Pattern],
) -> Callable[Concatenate[np.random.Generator, Arguments], Pattern]:
    """`draw`, which is given a generator, but from memory where it was drawn from the same state.

    The result may not be written to. The generator then goes on as if it had been used.
    """

    @wraps(draw)
    def drawn(
        rng: np.random.Generator, *arguments: Arguments.args, **options: Arguments.kwargs
    ) -> Pattern:
        key = (draw, arguments, *options.items(), pickle.dumps(rng.bit_generator.state))
        found = _store.get(key)
        if found is not None:
            pattern, rng.bit_generator.state = found
            return pattern
        pattern = draw(rng, *arguments, **options)
        pattern.flags.writeable = False
        _store.put(key, pattern, rng.bit_generator.state)
        return pattern

    return drawn
