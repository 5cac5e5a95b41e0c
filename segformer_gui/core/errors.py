"""What the core tells the person in front of the screen: errors and notes, as codes."""

from __future__ import annotations

from dataclasses import dataclass

_MEMORY_ENDED = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "insufficient memory",
    "could not create a primitive",  # oneDNN, which has no other word for it.
)


class UserError(Exception):
    """Something the user can understand and act on.

    The core never writes sentences: it names what happened with a `code` and gives the facts as
    `parameters`; `segformer_gui.messages` turns both into a sentence and a hint, so that they can
    be translated and so that the window and the command line say the same.
    """

    def __init__(self, code: str, **parameters: object) -> None:
        super().__init__(code, parameters)
        self.code = code
        self.parameters = parameters

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.code}({facts})"


@dataclass(frozen=True)
class Note:
    """Something the user should know about a result or a model, such as a fallback.

    A code with parameters, like `UserError`, but nothing failed.
    """

    code: str
    parameters: dict[str, object]


def memory_ended(error: BaseException) -> bool:
    """Whether an error says that memory has ended: Python's own, torch's or OpenCV's."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(phrase in said for phrase in _MEMORY_ENDED)
