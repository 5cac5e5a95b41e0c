"""A clip that plays by a clock of the test's own."""

from __future__ import annotations

FRAMES = 20


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


def turn(player, clock: Clock, seconds: float) -> None:
    """Let time pass, and the player do what is due."""
    clock.now += seconds
    player._timer.stop()
    player._advance()
