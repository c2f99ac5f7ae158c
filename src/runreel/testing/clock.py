"""A clock for tests, which stands still but for what it is told."""

from __future__ import annotations

from runreel.testing.record import AT, SECOND


class Ticking:
    """A clock that goes on by one step each time it is asked, and never by itself."""

    def __init__(self, *, start: int = AT, step_us: int = SECOND) -> None:
        self._next = start
        self._step_us = step_us

    def __call__(self) -> int:
        instant = self._next
        self._next += self._step_us
        return instant
